// SPDX-License-Identifier: GPL-2.0

//! Finds the implementation of each shim that fits the target kernel, by compiling all of them.
//!
//! A *question* is a point where kernels differ. Each *answer* to it is one source file, and that
//! file is its own probe: it fits if it compiles against the bindings of the target kernel and the
//! symbols that it calls are exported. Exactly one answer to each question has to fit. Everything
//! else stops the build with a message. The README beside this library says more.

mod arguments;
mod ask;
mod cache;
pub mod cargo;
mod classifier;
pub mod command;
mod compiler;
mod control;
mod crates;
mod diagnostic;
mod error;
mod files;
mod flags;
mod json;
mod kernel;
mod log;
mod names;
mod outputs;
mod pass;
mod paths;
mod project;
mod question;
mod report;
mod source;
mod symbol;
mod tree;
mod unit;
mod verdict;

pub use arguments::Request;
pub use ask::{ask, Outcome};
