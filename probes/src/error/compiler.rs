// SPDX-License-Identifier: GPL-2.0

//! A compiler that cannot be trusted, or what it is given.

use super::Message;
use crate::diagnostic::Diagnostic;
use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::time::Duration;

/// The compiler, or what it was given for all answers, cannot be trusted.
#[derive(Debug)]
pub(crate) enum CompilerError {
    NotStarted {
        program: PathBuf,
        error: io::Error,
    },
    /// `-vV` prints no version of rustc, but `output`.
    NotRustc {
        program: PathBuf,
        status: ExitStatus,
        output: String,
    },
    NotRestarted {
        program: PathBuf,
        error: io::Error,
    },
    /// It has not ended in time; `doing` says what it was started for.
    Hangs {
        program: PathBuf,
        doing: String,
        limit: Duration,
    },
    Crashed {
        unit: String,
        diagnostic: Diagnostic,
    },
    ErrorsWithSuccess {
        program: PathBuf,
        unit: String,
        diagnostic: Diagnostic,
    },
    EmptyUnitRejected {
        diagnostic: Diagnostic,
    },
    WrongUnitAccepted {
        program: PathBuf,
    },
    WrongUnitMisjudged {
        expected: &'static str,
        diagnostic: Diagnostic,
    },
    /// `cfg`, among the compiler's flags, is the answer `answer` to a question.
    AnswerAmongFlags {
        cfg: String,
        answer: String,
    },
    /// An error without a file, while answers are compiled.
    ErrorWithoutFile {
        diagnostic: Diagnostic,
    },
    /// An error in a file that is neither an answer's nor a question's.
    ErrorElsewhere {
        diagnostic: Diagnostic,
    },
    OwnProgramNotFound {
        error: io::Error,
    },
}

/// What to do about a wrapper in the place of the compiler.
const WRAPPER: &str = "Check what the name of the compiler stands for: a wrapper must pass on the compiler's errors and exit status.";

impl CompilerError {
    pub(super) fn message(&self) -> Message {
        match self {
            Self::NotStarted { program, error } => Message::new(
                format!("the compiler {} cannot be started: {error}", program.display()),
                "Install the compiler that the kernel was built with, or name it (RUSTC=… for `make`).",
            ),
            Self::NotRustc { program, status, output } => Message {
                rustc: Some(output.clone()),
                ..Message::new(
                    format!("`{} -vV` does not print the version of a rustc ({status})", program.display()),
                    "Name the compiler that the kernel was built with (RUSTC=… for `make`).",
                )
            },
            Self::NotRestarted { program, error } => Message::new(
                format!("the compiler {} cannot be started again: {error}", program.display()),
                "Run `make` again when the machine has memory and file handles to spare.",
            ),
            Self::Hangs { program, doing, limit } => Message::new(
                format!("the compiler {} was started {doing}, did not end within {} s, and was killed", program.display(), limit.as_secs()),
                "Check what the name of the compiler stands for, and run `make` again; PROBE_LIMIT=SECONDS gives it more time on a machine that is that slow.",
            ),
            Self::Crashed { unit, diagnostic } => Message::new(
                format!("the compiler crashed on the unit `{unit}`"),
                "Build with another release of the compiler, or report the crash to its developers.",
            )
            .rustc(diagnostic),
            Self::ErrorsWithSuccess { program, unit, diagnostic } => Message::new(
                format!("{} prints errors about the unit `{unit}` but exits with success", program.display()),
                WRAPPER,
            )
            .rustc(diagnostic),
            Self::EmptyUnitRejected { diagnostic } => Message::new(
                "an empty unit does not compile with the flags of the kernel's build, so a rejected answer would prove nothing",
                "Use the compiler that the kernel was built with, the flags of its build, and its own Rust metadata.",
            )
            .rustc(diagnostic),
            Self::WrongUnitAccepted { program } => Message::new(
                format!("{} accepts a unit that assigns a string to an integer, so an accepted answer would prove nothing", program.display()),
                WRAPPER,
            ),
            Self::WrongUnitMisjudged { expected, diagnostic } => Message::new(
                format!("a unit that assigns a string to an integer is not rejected with {expected} but with another error"),
                "Correct what the compiler complains about: while it misjudges this unit, it cannot judge answers.",
            )
            .rustc(diagnostic),
            Self::ErrorWithoutFile { diagnostic } => Message::new(
                "the compiler fails on the answers and names no file",
                "Look for the cause in the log, and run `make` again when the machine has memory and disk space to spare.",
            )
            .rustc(diagnostic),
            Self::AnswerAmongFlags { cfg, answer } => Message::new(
                format!("the compiler's flags have `--cfg {cfg}`, but which answer is taken is for compat-probe to say"),
                format!("Remove it (from KRUSTFLAGS, for `make`); `make COMPAT={answer}` takes an answer to try it."),
            ),
            Self::ErrorElsewhere { diagnostic } => Message::new(
                "the compiler reports an error in a file that is not an answer",
                "What answers use has to compile on every kernel: correct the named file, or make the bindings and the flags again.",
            )
            .rustc(diagnostic),
            Self::OwnProgramNotFound { error } => Message::new(
                format!("compat-probe cannot find its own program: {error}"),
                "Mount /proc.",
            ),
        }
    }
}
