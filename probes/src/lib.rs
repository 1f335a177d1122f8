// SPDX-License-Identifier: GPL-2.0

//! Finds the implementation of each shim that fits the target kernel, by compiling all of them.
//!
//! A *question* is a point where kernels differ. Each *answer* to it is one source file, and that
//! file is its own probe: it fits if it compiles against the bindings of the target kernel and the
//! symbols that it calls are exported. Exactly one answer to each question has to fit. Everything
//! else stops the build with a message. The README beside this library says more.
//!
//! [`ask()`] does all of this: it takes a [`Request`] and gives an [`Outcome`]. [`command`] is the
//! program that the kernel's build calls, and [`cargo`] passes the answers on in a build script.
//!
//! ```no_run
//! use compat_probe::{ask, Outcome, Request};
//!
//! let request = Request {
//!     questions: "compat/shims.rs".into(),
//!     controls: "compat/shims/controls".into(),
//!     support: vec!["compat/raw.rs".into()],
//!     rustc: "rustc".into(),
//!     flags: vec!["--edition=2021".into()],
//!     bindings: "gen/bindings.rs".into(),
//!     bindings_crate: "bindings".into(),
//!     names: vec!["compat/bindings/bindgen.args".into()],
//!     symvers: Some("/lib/modules/7.3.4/build/Module.symvers".into()),
//!     kernel: Some("/lib/modules/7.3.4/build".into()),
//!     btf: None,
//!     forced: Vec::new(),
//!     limit: std::time::Duration::from_secs(600),
//!     out: "gen".into(),
//! };
//! match ask(&request) {
//!     Outcome::Unchanged => println!("the answers of the last run are current"),
//!     Outcome::Answered(summary) => println!("{summary}"),
//!     Outcome::Failed(messages) => eprintln!("{messages}"),
//! }
//! ```
//!
//! A run goes through these modules, in this order: `tree` reads the questions and answers,
//! `control` tries the compiler, `target` compares what
//! describes the kernel, `pass` compiles the units, `classifier` reads the errors, `symbol`
//! looks for exports, `verdict` decides, and `outputs` writes the files.

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
mod diff;
mod error;
mod explain;
mod files;
mod flags;
mod json;
mod kernel;
mod limit;
mod log;
mod names;
mod outputs;
mod pass;
mod paths;
mod project;
mod question;
mod report;
mod set;
mod source;
mod stamp;
mod symbol;
mod target;
mod tree;
mod unit;
mod verdict;

pub use arguments::Request;
pub use ask::{ask, Outcome};
