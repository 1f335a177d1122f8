// SPDX-License-Identifier: GPL-2.0

//! The answers of the last `make`, for a build script to pass to cargo.
//!
//! ```no_run
//! // build.rs
//! compat_probe::cargo::announce("../gen");
//! ```

use crate::outputs;
use std::path::Path;

/// Prints the instructions that pass the answers in `out` to the crate. Without answers, prints a
/// message and ends the build script with status 1.
pub fn announce(out: impl AsRef<Path>) {
    match instructions(out.as_ref()) {
        Ok(lines) => lines.iter().for_each(|line| println!("{line}")),
        Err(message) => {
            eprintln!("{message}");
            std::process::exit(1);
        }
    }
}

/// The instructions to cargo that pass the answers in `out` to a crate.
pub fn instructions(out: &Path) -> Result<Vec<String>, String> {
    let file = out.join(outputs::CFG);
    let text = std::fs::read_to_string(&file).map_err(|error| {
        format!(
            "compat-probe: there are no answers in {} ({error}): run `make` first, which makes them.",
            file.display()
        )
    })?;
    let mut lines = vec![format!("cargo::rerun-if-changed={}", file.display())];
    for line in text.lines() {
        let (name, value) = match (
            line.strip_prefix("--cfg="),
            line.strip_prefix("--check-cfg="),
        ) {
            (Some(cfg), _) => ("rustc-cfg", cfg),
            (_, Some(check)) => ("rustc-check-cfg", check),
            _ => {
                return Err(format!(
                "compat-probe: {} holds `{line}`, which is not an answer: run `make clean` and `make`.",
                file.display()
            ))
            }
        };
        lines.push(format!("cargo::{name}={value}"));
    }
    Ok(lines)
}
