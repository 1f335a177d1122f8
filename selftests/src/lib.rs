// SPDX-License-Identifier: GPL-2.0

//! The install-time suite of base0fs: each case runs on a plain directory and through the mount,
//! and is compared.
//!
//! The parts, in the order in which a run uses them: [`layer`] mounts the filesystem under test,
//! [`scratch`] holds everything the run makes and removes it, [`suite`] runs a [`case`] in two
//! [`world`]s, [`trace`] keeps what each world answered, [`compare`] and [`tree`] say what differs,
//! and [`ktap`] reports it.

pub mod bench;
pub mod case;
pub mod cases;
pub mod clock;
pub mod compare;
pub mod errand;
pub mod interrupt;
pub mod ktap;
pub mod layer;
pub mod namespace;
pub mod ops;
pub mod remark;
pub mod scratch;
pub mod show;
pub mod suite;
pub mod trace;
pub mod tree;
pub mod user_namespace;
pub mod world;
