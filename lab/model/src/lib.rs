// SPDX-License-Identifier: GPL-2.0

//! The protocol of `compat/upper/sync.rs`, run through all interleavings with what changes dentries.
//!
//! The protocol is the driver's own file. What is around it is a model: two dentry caches ([`world`]),
//! operations from above ([`above`]), operations from below ([`below`]), lookups from above
//! ([`lookup`]) and walks ([`walk`]). [`explore`] runs some of these at once, each step of each after
//! each step of the others, and checks the promises of `docs/architecture.md` in every state.

#![forbid(unsafe_code)]

pub mod above;
pub mod below;
pub mod cpu;
pub mod dcache;
pub mod explore;
pub mod lookup;
pub mod mutant;
pub mod pair;
pub mod scenarios;
pub mod walk;
pub mod world;

#[path = "../../../compat/upper/sync.rs"]
mod sync;
