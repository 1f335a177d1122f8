// SPDX-License-Identifier: GPL-2.0

//! How far a run is, in one line on standard error.

use std::io::{self, IsTerminal, Write};

use crate::case::Case;

/// The line of a run. Dropping this removes the line from a terminal.
#[derive(Debug)]
pub struct Progress {
    cases: usize,
    begun: usize,
    terminal: bool,
}

impl Progress {
    /// Begins the line of a run of `cases` cases. Where standard error is not a terminal, this is
    /// all that it shows. A standard error that cannot be written to is not a failure of the run.
    pub fn new(cases: usize) -> Self {
        let terminal = io::stderr().is_terminal();
        if !terminal {
            let _ = writeln!(io::stderr(), "base0fs-selftest: running {cases} cases.");
        }
        Self {
            cases,
            begun: 0,
            terminal,
        }
    }

    /// Shows the case that begins.
    pub fn begin(&mut self, case: &Case) {
        self.begun += 1;
        if self.terminal {
            self.show(&format!(
                "base0fs-selftest: case {} of {}: {}",
                self.begun, self.cases, case.name
            ));
        }
    }

    /// Puts `line` in the place of the line before. The escape sequence erases the rest of it.
    fn show(&self, line: &str) {
        let _ = write!(io::stderr(), "\r{line}\x1b[K");
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.terminal {
            self.show("");
        }
    }
}
