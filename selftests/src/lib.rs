// SPDX-License-Identifier: GPL-2.0

//! The selftests of base0fs: each case runs on a plain directory and through the mount, and the
//! results are compared.
//!
//! The modules, in the order in which a run uses them:
//!
//! - [`command_line`] has the options, and [`run`] does what they ask for;
//! - [`start`] makes the mount namespace and the directory of a run;
//! - [`layer`] mounts the filesystem under test;
//! - [`identity`] tells which module and kernel the verdict is about, and [`record`] remembers it;
//! - [`scratch`] is the directory that holds everything a run creates, and removes it; the process
//!   [`janitor`] does so after a crash;
//! - [`suite`] runs a [`case`], which works on a [`test_dir`] or, if it mounts by itself, with a
//!   [`fixture`];
//! - [`ask`] finds out what the lower filesystem can do;
//! - [`ops`] are the operations of a case, and [`trace`] records them with their results;
//! - [`compare`] compares two traces, and [`tree`] two directory trees;
//! - [`report`] is what [`ktap`] and [`json`] write, and [`progress`] the line meanwhile.
//!
//! [`cases`] says how to write a case. [`explore`] draws scripts of operations at random and runs them
//! in the same way, and [`race`] runs two operations at the same moment.

pub mod ask;
pub mod backing_files;
pub mod case;
pub mod cases;
pub mod child;
pub mod clock;
pub mod command_line;
pub mod compare;
pub mod explore;
pub mod fixture;
pub mod identity;
pub mod idmap;
pub mod in_32_bits;
pub mod interrupt;
pub mod janitor;
pub mod json;
pub mod ktap;
pub mod layer;
pub mod namespace;
pub mod ops;
pub mod outcome;
pub mod patience;
pub mod progress;
pub mod race;
pub mod record;
pub mod report;
pub mod run;
pub mod scratch;
pub mod show;
pub mod skipped;
pub mod start;
pub mod suite;
pub mod tasks;
pub mod test_dir;
pub mod trace;
pub mod tree;
pub mod user_namespace;
