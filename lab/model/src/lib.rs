// SPDX-License-Identifier: GPL-2.0

//! Model checking of `compat/upper/sync.rs`: the protocol runs through all interleavings with
//! operations that change dentries.
//!
//! The protocol is the driver's own file. Everything around it is a model: two dentry caches
//! ([`state`], [`dcache`]), operations from above ([`above`]), operations from below ([`below`]),
//! lookups from above ([`lookup`]) and path walks ([`walk`]). [`explore`] runs some of these
//! concurrently, in every order of their steps, and checks the properties of `docs/architecture.md`
//! in every state.

#![forbid(unsafe_code)]

pub mod above;
pub mod below;
pub mod dcache;
pub mod executor;
pub mod explore;
pub mod lookup;
pub mod mutant;
pub mod pair;
pub mod scenarios;
pub mod state;
pub mod walk;

#[path = "../../../compat/upper/sync.rs"]
mod sync;
