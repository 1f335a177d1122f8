// SPDX-License-Identifier: GPL-2.0

//! Every error after which no statement about the kernel is possible, and its message.
//!
//! The enums hold what was found, grouped by what is at fault. Each message is one sentence that
//! says what was tried and what was found, then the compiler's words if it found the error, then a
//! sentence that says what to do. All texts are in this file.

use crate::diagnostic::Diagnostic;
use crate::paths::display;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::Duration;

/// An error. If the source of one question is at fault, `question` names it.
#[derive(Debug)]
pub(crate) struct Error {
    kind: Box<ErrorKind>,
    pub(crate) question: Option<String>,
}

/// What is at fault.
#[derive(Debug)]
pub(crate) enum ErrorKind {
    File(FileError),
    Compiler(CompilerError),
    Declaration(DeclarationError),
    Source(SourceError),
    Symbol(SymbolError),
    Target(TargetError),
}

/// A file or directory cannot be used.
#[derive(Debug)]
pub(crate) struct FileError {
    /// What was tried, such as `reading`.
    doing: &'static str,
    path: PathBuf,
    error: io::Error,
    /// What to do.
    next: &'static str,
}

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

/// The tree of questions, answers and controls is not declared as it has to be.
#[derive(Debug)]
pub(crate) enum DeclarationError {
    QuestionNotListed {
        list: PathBuf,
        file: PathBuf,
        name: String,
    },
    NoQuestion {
        list: PathBuf,
    },
    SupportElsewhere {
        file: PathBuf,
        list: PathBuf,
    },
    NoModuleName {
        path: PathBuf,
    },
    NoAnswer {
        file: PathBuf,
        question: String,
    },
    AnswerNotListed {
        question_file: PathBuf,
        file: PathBuf,
        name: String,
    },
    /// The list of answers, `answers! { … }`, is wrong; `fault` says how.
    MalformedAnswers {
        file: PathBuf,
        line: usize,
        question: String,
        fault: String,
    },
    /// An answer that is to be taken is not there; `answers` are those of the question, if it is there.
    UnknownForced {
        question: String,
        answer: String,
        answers: Vec<String>,
    },
    /// A directory beside the questions belongs to none of them, and is not that of the controls.
    StrayDirectory {
        directory: PathBuf,
        controls: PathBuf,
    },
    NoExpectedError {
        file: PathBuf,
    },
    /// What `Only without:` names cannot be looked for in any of `crates`.
    InvalidAbsence {
        file: PathBuf,
        name: String,
        crates: Vec<String>,
    },
}

/// The compiler rejects a source file for a reason that says nothing about the kernel, or accepts a
/// negative control.
#[derive(Debug)]
pub(crate) enum SourceError {
    InvalidSyntax {
        file: PathBuf,
        diagnostic: Diagnostic,
    },
    MissingModule {
        file: PathBuf,
        diagnostic: Diagnostic,
    },
    Clash {
        file: PathBuf,
        diagnostic: Diagnostic,
    },
    /// A name is not found, and is not a path into a crate of the kernel.
    UnknownName {
        file: PathBuf,
        diagnostic: Diagnostic,
    },
    /// A name is missing in the bindings because bindgen's arguments do not list it.
    NotGenerated {
        file: PathBuf,
        name: String,
        /// The files that list the names for bindgen.
        lists: Vec<PathBuf>,
        diagnostic: Diagnostic,
    },
    TraitMismatch {
        file: PathBuf,
        diagnostic: Diagnostic,
    },
    QuestionUsesAnswer {
        file: PathBuf,
        diagnostic: Diagnostic,
    },
    QuestionRejected {
        file: PathBuf,
        diagnostic: Diagnostic,
    },
    ControlAccepted {
        file: PathBuf,
    },
    ControlMisjudged {
        file: PathBuf,
        expected: Vec<String>,
        diagnostic: Diagnostic,
    },
    /// The unit that tests for an absence is rejected, but not because something is absent.
    AbsenceMisjudged {
        unit: PathBuf,
        diagnostic: Diagnostic,
    },
    /// An answer that is to be taken cannot be built.
    ForcedUnusable {
        file: PathBuf,
        reason: String,
    },
    ChosenRejected {
        diagnostic: Diagnostic,
    },
}

/// The exported symbols cannot be determined, or a symbol that every answer needs is not exported.
#[derive(Debug)]
pub(crate) enum SymbolError {
    EmptySymvers {
        path: PathBuf,
    },
    InvalidSymvers {
        path: PathBuf,
        line: usize,
    },
    /// The crate of the bindings is imported whole or renamed.
    BindingsImportedWhole {
        file: PathBuf,
        line: usize,
        bindings: String,
    },
    SharedFileNeedsSymbol {
        file: PathBuf,
        reason: String,
    },
}

/// What describes the kernel contradicts itself.
#[derive(Debug)]
pub(crate) enum TargetError {
    Randomised {
        kernel: PathBuf,
    },
    /// Two files have different values of one setting; `None` where it is not set.
    ConfigurationsDiffer {
        name: String,
        first: (PathBuf, Option<String>),
        second: (PathBuf, Option<String>),
    },
    /// Of `total` symbols of the metadata, the kernel does not export `missing`.
    ForeignMetadata {
        kernel: PathBuf,
        missing: usize,
        total: usize,
    },
    /// `difference` names the member, and says where it is.
    LayoutDiffers {
        structure: String,
        difference: String,
        file: PathBuf,
    },
    /// The compiler fails on the unit that compares layouts.
    NotCompared {
        diagnostic: Diagnostic,
    },
}

/// The parts of a message.
struct Message {
    /// What was tried and found: a clause without a full stop.
    what: String,
    /// The compiler's words.
    rustc: Option<String>,
    /// What to do: a sentence.
    next: String,
}

impl Message {
    fn new(what: impl Into<String>, next: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            rustc: None,
            next: next.into(),
        }
    }

    fn rustc(mut self, diagnostic: &Diagnostic) -> Self {
        self.rustc = Some(diagnostic.title_and_span());
        self
    }
}

impl Error {
    /// Adds the question whose source is at fault.
    pub(crate) fn in_question(mut self, name: &str) -> Self {
        self.question = Some(name.to_string());
        self
    }

    /// The name of the variant, for programs: `UnknownName`, `FileError`, …
    pub(crate) fn kind(&self) -> String {
        let text = match &*self.kind {
            ErrorKind::File(error) => format!("{error:?}"),
            ErrorKind::Compiler(error) => format!("{error:?}"),
            ErrorKind::Declaration(error) => format!("{error:?}"),
            ErrorKind::Source(error) => format!("{error:?}"),
            ErrorKind::Symbol(error) => format!("{error:?}"),
            ErrorKind::Target(error) => format!("{error:?}"),
        };
        text.chars().take_while(|c| c.is_alphanumeric()).collect()
    }

    /// What to do: a sentence.
    pub(crate) fn next(&self) -> String {
        self.message().next
    }

    fn message(&self) -> Message {
        match &*self.kind {
            ErrorKind::File(error) => error.message(),
            ErrorKind::Compiler(error) => error.message(),
            ErrorKind::Declaration(error) => error.message(),
            ErrorKind::Source(error) => error.message(),
            ErrorKind::Symbol(error) => error.message(),
            ErrorKind::Target(error) => error.message(),
        }
    }
}

/// What was found, and the compiler's words; not what to do.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let message = self.message();
        write!(f, "error: {}.", message.what)?;
        if let Some(words) = &message.rustc {
            write!(f, "\n    rustc: {words}")?;
        }
        Ok(())
    }
}

impl From<ErrorKind> for Error {
    fn from(kind: ErrorKind) -> Self {
        Self {
            kind: Box::new(kind),
            question: None,
        }
    }
}

impl From<CompilerError> for Error {
    fn from(error: CompilerError) -> Self {
        ErrorKind::Compiler(error).into()
    }
}

impl From<DeclarationError> for Error {
    fn from(error: DeclarationError) -> Self {
        ErrorKind::Declaration(error).into()
    }
}

impl From<SourceError> for Error {
    fn from(error: SourceError) -> Self {
        ErrorKind::Source(error).into()
    }
}

impl From<SymbolError> for Error {
    fn from(error: SymbolError) -> Self {
        ErrorKind::Symbol(error).into()
    }
}

impl From<TargetError> for Error {
    fn from(error: TargetError) -> Self {
        ErrorKind::Target(error).into()
    }
}

impl FileError {
    /// `doing` says what was tried with `path`, and `next` what to do about it.
    // It is only made to be returned.
    #[allow(clippy::new_ret_no_self)]
    pub(crate) fn new(
        doing: &'static str,
        path: &Path,
        error: io::Error,
        next: &'static str,
    ) -> Error {
        let path = path.to_path_buf();
        ErrorKind::File(Self {
            doing,
            path,
            error,
            next,
        })
        .into()
    }

    fn message(&self) -> Message {
        let (doing, path) = (self.doing, display(&self.path));
        Message::new(format!("{doing} {path} failed: {}", self.error), self.next)
    }
}

/// What to do about a wrapper in the place of the compiler.
const WRAPPER: &str = "Check what the name of the compiler stands for: a wrapper must pass on the compiler's errors and exit status.";

impl CompilerError {
    fn message(&self) -> Message {
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

impl DeclarationError {
    fn message(&self) -> Message {
        match self {
            Self::QuestionNotListed { list, file, name } => Message::new(
                format!("{} does not list the question file {}", display(list), display(file)),
                format!("List it with `pub(crate) mod {name};`, or remove the file."),
            ),
            Self::NoQuestion { list } => Message::new(
                format!("{} lists no question", display(list)),
                "List each question with `pub(crate) mod question;`.",
            ),
            Self::SupportElsewhere { file, list } => Message::new(
                format!("the support file {} is not in the directory of {}", display(file), display(list)),
                "Move it there, so that answers name it in the same way in a probe and in the module.",
            ),
            Self::NoModuleName { path } => Message::new(
                format!("{} has a name that no module can have", display(path)),
                "Keep the questions in a directory whose name is a Rust identifier.",
            ),
            Self::NoAnswer { file, question } => Message::new(
                format!("the question file {} lists no answer", display(file)),
                format!("List the answers with `answers! {{ {question}: \"answer\" => answer }}`, or remove the question from the list of questions."),
            ),
            Self::AnswerNotListed { question_file, file, name } => Message::new(
                format!("{} does not list the answer file {}", display(question_file), display(file)),
                format!("Add `\"{name}\" => {name},` to its `answers!`, or remove the file."),
            ),
            Self::MalformedAnswers { file, line, question, fault } => Message::new(
                format!("{}:{line}: {fault}", display(file)),
                format!("List all answers once, in the form `answers! {{ {question}: \"answer\" => answer, }}`."),
            ),
            Self::UnknownForced { question, answer, answers } => match answers[..] {
                [] => Message::new(
                    format!("there is no question `{question}`, whose answer `{answer}` is to be taken"),
                    "Correct the name: `compat-probe table` lists the questions.",
                ),
                _ => Message::new(
                    format!("the question `{question}` has no answer `{answer}`, which is to be taken"),
                    format!("Name one of its answers: {}.", answers.join(", ")),
                ),
            },
            Self::StrayDirectory { directory, controls } => Message::new(
                format!("{} is neither the directory of a question nor that of the negative controls, {}, so the files in it would not be tried", display(directory), display(controls)),
                "Rename it, or list the question that it is for.",
            ),
            Self::NoExpectedError { file } => Message::new(
                format!("the negative control {} does not name the error that it is rejected with", display(file)),
                "Add a header line such as `//! Rejected with: E0308`.",
            ),
            Self::InvalidAbsence { file, name, crates } => Message::new(
                format!("{}: `Only without: {name}` names nothing in {}", display(file), crates.join(", ")),
                "Name a path such as `bindings::vfs_mkdir`, or a field such as `bindings::file_operations.iopoll`.",
            ),
        }
    }
}

impl SourceError {
    fn message(&self) -> Message {
        match self {
            Self::InvalidSyntax { file, diagnostic } => invalid_syntax(file, diagnostic),
            Self::MissingModule { file, diagnostic } => Message::new(
                format!("{} declares a module that has no file", display(file)),
                "Add the module's file, or remove the declaration.",
            )
            .rustc(diagnostic),
            Self::Clash { file, diagnostic } => Message::new(
                format!("{} defines or implements what another answer does too, and all answers are compiled together", display(file)),
                "Let each answer implement traits for types of its own; to build on another question, take that question's trait as a type parameter.",
            )
            .rustc(diagnostic),
            Self::UnknownName { file, diagnostic } => Message::new(
                format!("{} uses a name that is not found and is not a path into a crate of the kernel, so its absence says nothing about the kernel", display(file)),
                "Correct the name; if it is the kernel's, write its whole path where it is used or imported, such as `bindings::dentry`.",
            )
            .rustc(diagnostic),
            Self::NotGenerated { file, name, lists, diagnostic } => Message::new(
                format!(
                    "{} uses `{name}`, which the bindings of this kernel lack and {} does not list for bindgen: either it is misspelt, or on other kernels a listed name leads to it and on this one no longer does",
                    display(file),
                    lists.iter().map(|list| display(list)).collect::<Vec<_>>().join(" or ")
                ),
                "Correct the name; or list it there, so that its absence says something about the kernel, and add an answer for kernels without it.",
            )
            .rustc(diagnostic),
            Self::TraitMismatch { file, diagnostic } => Message::new(
                format!("{} does not implement the trait of its question as the question declares it", display(file)),
                "Give the answer the items of the trait, with the trait's types.",
            )
            .rustc(diagnostic),
            Self::QuestionUsesAnswer { file, diagnostic } => Message::new(
                format!("the question file {} uses a name that each of its answers defines", display(file)),
                "Use the chosen answer only outside of the question files.",
            )
            .rustc(diagnostic),
            Self::QuestionRejected { file, diagnostic } => Message::new(
                format!("the question file {} does not compile, whatever the answer", display(file)),
                "A question file has to compile on every kernel: correct it, or move what differs into the answers.",
            )
            .rustc(diagnostic),
            Self::ControlAccepted { file } => Message::new(
                format!("the negative control {} is accepted, so an accepted answer of its kind would prove nothing", display(file)),
                "Check that the bindings have the kernel's types for the names in this file; if the kernel now allows what is wrong in the file, make the file wrong in another way.",
            ),
            Self::ControlMisjudged { file, expected, diagnostic } => Message::new(
                format!("the negative control {} is rejected, but not with {}", display(file), expected.join(" or ")),
                "Make the control wrong in one way only, with names that every kernel has.",
            )
            .rustc(diagnostic),
            Self::AbsenceMisjudged { unit, diagnostic } => Message::new(
                format!("{} is rejected, but not because the kernel lacks what it names", display(unit)),
                "Correct the `Only without:` line that it is made from.",
            )
            .rustc(diagnostic),
            Self::ForcedUnusable { file, reason } => Message::new(
                format!("the answer {} is to be taken, and cannot be built: {reason}", display(file)),
                "Take an answer that compiles for this kernel, or correct this one.",
            ),
            Self::ChosenRejected { diagnostic } => Message::new(
                "the chosen answers do not compile without the others",
                "Let each answer use only `bindings`, `super` and the support modules.",
            )
            .rustc(diagnostic),
        }
    }
}

/// The place is part of the first sentence: the unit that was compiled for it is not the file
/// itself.
fn invalid_syntax(file: &Path, diagnostic: &Diagnostic) -> Message {
    let place = match diagnostic.primary.first() {
        Some(span) => format!("{}:{}:{}", display(file), span.line, span.column),
        None => display(file),
    };
    Message {
        rustc: Some(diagnostic.title()),
        ..Message::new(
            format!("{place} is not valid Rust, so the answer cannot be tried"),
            "Correct the syntax there; the log has the compiler's whole message.",
        )
    }
}

/// What to do about a wrong Module.symvers.
const SYMVERS: &str = "Name the Module.symvers that the kernel's build has made.";

impl SymbolError {
    fn message(&self) -> Message {
        match self {
            Self::EmptySymvers { path } => Message::new(
                format!("{} is empty, so the kernel's exported symbols are not known", display(path)),
                SYMVERS,
            ),
            Self::InvalidSymvers { path, line } => Message::new(
                format!("{}:{line}: this is not a line of a Module.symvers", display(path)),
                SYMVERS,
            ),
            Self::BindingsImportedWhole { file, line, bindings } => Message::new(
                format!("{}:{line} imports `{bindings}` whole or under another name, so the symbols that it uses cannot be seen", display(file)),
                format!("Name what is used: `{bindings}::name`."),
            ),
            Self::SharedFileNeedsSymbol { file, reason } => Message::new(
                format!("{} is compiled with every answer, and {reason}", display(file)),
                "Move the call into the answers to a question, or wrap it in a static inline function.",
            ),
        }
    }
}

/// Files of the kernel have their whole path here: some kernels' makefiles run in its directory, and
/// people do not.
impl TargetError {
    fn message(&self) -> Message {
        match self {
            Self::Randomised { kernel } => Message::new(
                format!("the kernel in {} randomises the layout of its structures (CONFIG_RANDSTRUCT), and only its own C compiler knows the layout", kernel.display()),
                "Use a kernel that does not, or build one with CONFIG_RANDSTRUCT_NONE=y.",
            ),
            Self::ConfigurationsDiffer { name, first, second } => {
                let value = |(file, value): &(PathBuf, Option<String>)| match value {
                    Some(value) => format!("{value} in {}", file.display()),
                    None => format!("not set in {}", file.display()),
                };
                Message::new(
                    format!("the configuration of the kernel contradicts itself: {name} is {}, and {}, so C and Rust would be compiled for different kernels", value(first), value(second)),
                    "Configure and build the kernel again, or install its headers again: these files are made together.",
                )
            }
            Self::ForeignMetadata { kernel, missing, total } => Message::new(
                format!("the Rust metadata in {} is of another build of the kernel: of {total} symbols that it leads to, Module.symvers lacks {missing}", kernel.join("rust").display()),
                "Take rust/ and Module.symvers from the same build and flavour of the kernel; where the headers have no rust/, `kernel-rust-metadata` makes it.",
            ),
            Self::LayoutDiffers { structure, difference, file } => Message::new(
                format!("the structure `{structure}` has another layout in the headers than in the kernel: {difference} (the kernel's types are those of {})", file.display()),
                "Use the headers that the kernel was built with, with its configuration, or build the kernel again; BTF=FILE names the types of another one.",
            ),
            Self::NotCompared { diagnostic } => Message::new(
                "the layouts of the headers and of the kernel cannot be compared, because the compiler fails on the unit for it",
                "Look for the cause in the log; `make BTF=` does not compare them.",
            )
            .rustc(diagnostic),
        }
    }
}

#[cfg(test)]
mod tests;
