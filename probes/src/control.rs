// SPDX-License-Identifier: GPL-2.0

//! Controls: what has to compile, and what must not, before a verdict means anything.

use crate::broken::{shown, Broken};
use crate::compiler::Compiler;
use crate::log::Log;
use crate::question::read;
use crate::source;
use std::path::{Path, PathBuf};

/// A file that is wrong on every kernel, in the way that answers of its family are wrong on some.
#[derive(Debug)]
pub(crate) struct Twin {
    pub(crate) name: String,
    pub(crate) file: PathBuf,
    /// The first sentence of the file: what is wrong with it.
    pub(crate) about: String,
    /// The error codes, or parts of messages, it may be rejected with.
    pub(crate) expected: Vec<String>,
}

impl Twin {
    /// Reads the twin `name` in `directory`.
    pub(crate) fn read(directory: &Path, name: &str) -> Result<Self, Broken> {
        let file = directory.join(format!("{name}.rs"));
        let text = read(&file)?;
        let expected: Vec<String> = source::directive(&text, "Rejected with")
            .iter()
            .flat_map(|list| list.split(','))
            .map(|one| one.trim().to_string())
            .collect();
        if expected.is_empty() {
            return Err(Broken::new(
                format!(
                    "the wrong twin {} does not say with which error it is rejected",
                    shown(&file)
                ),
                "Add a header line such as `//! Rejected with: E0308`.",
            ));
        }
        Ok(Self {
            name: name.to_string(),
            about: source::first_sentence(&text),
            expected,
            file,
        })
    }
}

/// The error that the plainly wrong unit has to be rejected with.
const WRONG: &str = "E0308";

/// Compiles an empty unit, then a plainly wrong one, with the very flags of the answers.
///
/// The empty unit names the crates that answers use, so that a crate which cannot be loaded is found
/// here and is not taken for something that the kernel lacks.
pub(crate) fn check(compiler: &Compiler, units: &Path, log: &mut Log) -> Result<(), Broken> {
    let mut empty = String::from("// Made by compat-probe: this unit has to compile.\n");
    for name in compiler.crates() {
        empty.push_str(&format!("extern crate {name} as _;\n"));
    }
    let compiled = compiler.compile_text(units, "empty", &empty, &[], log)?;
    if let Some(error) = compiled.errors.first() {
        return Err(Broken::new(
            "an empty unit does not compile with the flags of the kernel's build, so a rejected answer would prove nothing",
            "Make compiler, flags and the kernel's Rust metadata agree: it has to be the compiler that the kernel was built with.",
        )
        .words(error.words()));
    }
    let wrong =
        "// Made by compat-probe: this unit must not compile.\npub const WRONG: u32 = \"text\";\n";
    let compiled = compiler.compile_text(units, "wrong", wrong, &[], log)?;
    match compiled.errors.first() {
        Some(error) if error.code.as_deref() == Some(WRONG) => Ok(()),
        Some(error) => Err(Broken::new(
            format!("a unit with a text in the place of a number is not rejected for that ({WRONG}) but for something else"),
            "Look at what the compiler says there; as long as it misjudges this unit it cannot judge answers.",
        )
        .words(error.words())),
        None => Err(Broken::new(
            format!("{} accepts a unit with a text in the place of a number, so an accepted answer would prove nothing", compiler.program()),
            "Look at what the name of the compiler stands for here: a wrapper must pass on the compiler's errors and exit status.",
        )),
    }
}
