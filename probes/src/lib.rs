// SPDX-License-Identifier: GPL-2.0

//! Asks which of several implementations of a shim fits the kernel at hand, by compiling them all.
//!
//! A *question* is a point where kernels differ. Each *answer* to it is one source file, and that file
//! is its own probe: it fits when it compiles against the bindings of the target kernel and when the
//! symbols it calls are exported. Exactly one answer to each question has to fit; anything else stops
//! the build with a sentence. See the README beside this library.

mod arguments;
mod ask;
mod broken;
mod cache;
pub mod cargo;
pub mod command;
mod compiler;
mod control;
mod crates;
mod diagnostic;
mod json;
mod judgement;
mod kernel;
mod log;
mod names;
mod outputs;
mod pass;
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
