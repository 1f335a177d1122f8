// SPDX-License-Identifier: GPL-2.0

//! The text of every message.

use super::*;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::Duration;

/// Expects this text, with what to do in the last line.
fn expect(error: impl Into<Error>, text: &str) {
    let error = error.into();
    assert_eq!(format!("{error}\n{}", error.next()), text);
}

fn missing() -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, "not found")
}

fn file() -> PathBuf {
    "mkdir/one.rs".into()
}

/// An error of the compiler in line 2 of [`file`].
fn diagnostic() -> Diagnostic {
    Diagnostic::read(
        r#"{"message":"wrong","code":{"code":"E0308"},"level":"error","rendered":"",
            "spans":[{"is_primary":true,"file_name":"mkdir/one.rs","line_start":2,"column_start":3}]}"#,
    )
    .unwrap()
}

#[test]
fn files() {
    expect(
        FileError::new("reading", Path::new("a.rs"), missing(), "Make it readable."),
        "error: reading a.rs failed: not found.\nMake it readable.",
    );
}

#[test]
fn the_compiler_cannot_be_used() {
    let program = || PathBuf::from("rustc");
    expect(
        CompilerError::NotStarted {
            program: program(),
            error: missing(),
        },
        "error: the compiler rustc cannot be started: not found.\n\
         Install the compiler that the kernel was built with, or name it (RUSTC=… for `make`).",
    );
    expect(
        CompilerError::NotRestarted {
            program: program(),
            error: missing(),
        },
        "error: the compiler rustc cannot be started again: not found.\n\
         Run `make` again when the machine has memory and file handles to spare.",
    );
    expect(
        CompilerError::NotRustc {
            program: program(),
            status: ExitStatus::from_raw(0),
            output: "cc 12.2.0".to_string(),
        },
        "error: `rustc -vV` does not print the version of a rustc (exit status: 0).\n    rustc: cc 12.2.0\n\
         Name the compiler that the kernel was built with (RUSTC=… for `make`).",
    );
    expect(
        CompilerError::OwnProgramNotFound { error: missing() },
        "error: compat-probe cannot find its own program: not found.\nMount /proc.",
    );
}

#[test]
fn the_compiler_cannot_be_trusted() {
    let (program, unit) = (|| PathBuf::from("rustc"), || "pass_1".to_string());
    let diagnostic = diagnostic();
    expect(
        CompilerError::Hangs {
            program: program(),
            doing: "to compile the unit `pass_1`".to_string(),
            limit: Duration::from_secs(600),
        },
        "error: the compiler rustc was started to compile the unit `pass_1`, did not end within 600 s, and was killed.\n\
         Check what the name of the compiler stands for, and run `make` again; PROBE_LIMIT=SECONDS gives it more time \
         on a machine that is that slow.",
    );
    expect(
        CompilerError::Crashed { unit: unit(), diagnostic: diagnostic.clone() },
        "error: the compiler crashed on the unit `pass_1`.\n    rustc: error[E0308]: wrong (mkdir/one.rs:2:3)\n\
         Build with another release of the compiler, or report the crash to its developers.",
    );
    expect(
        CompilerError::ErrorsWithSuccess { program: program(), unit: unit(), diagnostic: diagnostic.clone() },
        "error: rustc prints errors about the unit `pass_1` but exits with success.\n\
         \x20   rustc: error[E0308]: wrong (mkdir/one.rs:2:3)\n\
         Check what the name of the compiler stands for: a wrapper must pass on the compiler's errors and exit status.",
    );
    expect(
        CompilerError::EmptyUnitRejected { diagnostic: diagnostic.clone() },
        "error: an empty unit does not compile with the flags of the kernel's build, so a rejected answer would prove \
         nothing.\n    rustc: error[E0308]: wrong (mkdir/one.rs:2:3)\n\
         Use the compiler that the kernel was built with, the flags of its build, and its own Rust metadata.",
    );
    expect(
        CompilerError::WrongUnitAccepted { program: program() },
        "error: rustc accepts a unit that assigns a string to an integer, so an accepted answer would prove nothing.\n\
         Check what the name of the compiler stands for: a wrapper must pass on the compiler's errors and exit status.",
    );
    expect(
        CompilerError::WrongUnitMisjudged { expected: "E0001", diagnostic: diagnostic.clone() },
        "error: a unit that assigns a string to an integer is not rejected with E0001 but with another error.\n\
         \x20   rustc: error[E0308]: wrong (mkdir/one.rs:2:3)\n\
         Correct what the compiler complains about: while it misjudges this unit, it cannot judge answers.",
    );
    expect(
        CompilerError::ErrorWithoutFile { diagnostic: Diagnostic::plain("killed") },
        "error: the compiler fails on the answers and names no file.\n    rustc: error: killed\n\
         Look for the cause in the log, and run `make` again when the machine has memory and disk space to spare.",
    );
    expect(
        CompilerError::ErrorElsewhere { diagnostic },
        "error: the compiler reports an error in a file that is not an answer.\n\
         \x20   rustc: error[E0308]: wrong (mkdir/one.rs:2:3)\n\
         What answers use has to compile on every kernel: correct the named file, or make the bindings and the flags \
         again.",
    );
    expect(
        CompilerError::AnswerAmongFlags { cfg: "mkdir=\"one\"".into(), answer: "mkdir=one".into() },
        "error: the compiler's flags have `--cfg mkdir=\"one\"`, but which answer is taken is for compat-probe to say.\n\
         Remove it (from KRUSTFLAGS, for `make`); `make COMPAT=mkdir=one` takes an answer to try it.",
    );
}

#[test]
fn questions_are_not_declared() {
    let list = || PathBuf::from("shims.rs");
    expect(
        DeclarationError::QuestionNotListed {
            list: list(),
            file: "shims/mkdir.rs".into(),
            name: "mkdir".into(),
        },
        "error: shims.rs does not list the question file shims/mkdir.rs.\n\
         List it with `pub(crate) mod mkdir;`, or remove the file.",
    );
    expect(
        DeclarationError::NoQuestion { list: list() },
        "error: shims.rs lists no question.\nList each question with `pub(crate) mod question;`.",
    );
    expect(
        DeclarationError::SupportElsewhere {
            file: "other/raw.rs".into(),
            list: list(),
        },
        "error: the support file other/raw.rs is not in the directory of shims.rs.\n\
         Move it there, so that answers name it in the same way in a probe and in the module.",
    );
    expect(
        DeclarationError::NoModuleName { path: "/".into() },
        "error: / has a name that no module can have.\n\
         Keep the questions in a directory whose name is a Rust identifier.",
    );
}

#[test]
fn answers_are_not_declared() {
    let question_file = || PathBuf::from("mkdir.rs");
    expect(
        DeclarationError::NoAnswer { file: question_file(), question: "mkdir".into() },
        "error: the question file mkdir.rs lists no answer.\n\
         List the answers with `answers! { mkdir: \"answer\" => answer }`, or remove the question from the list of \
         questions.",
    );
    expect(
        DeclarationError::AnswerNotListed {
            question_file: question_file(),
            file: file(),
            name: "one".into(),
        },
        "error: mkdir.rs does not list the answer file mkdir/one.rs.\n\
         Add `\"one\" => one,` to its `answers!`, or remove the file.",
    );
    expect(
        DeclarationError::MalformedAnswers {
            file: question_file(),
            line: 7,
            question: "mkdir".into(),
            fault: "the answer `one` is listed twice".into(),
        },
        "error: mkdir.rs:7: the answer `one` is listed twice.\n\
         List all answers once, in the form `answers! { mkdir: \"answer\" => answer, }`.",
    );
    expect(
        DeclarationError::UnknownForced { question: "mkdir".into(), answer: "six".into(), answers: vec!["one".into(), "two".into()] },
        "error: the question `mkdir` has no answer `six`, which is to be taken.\nName one of its answers: one, two.",
    );
    expect(
        DeclarationError::UnknownForced {
            question: "rmdir".into(),
            answer: "six".into(),
            answers: Vec::new(),
        },
        "error: there is no question `rmdir`, whose answer `six` is to be taken.\n\
         Correct the name: `compat-probe table` lists the questions.",
    );
    expect(
        DeclarationError::StrayDirectory { directory: "mkdir/control".into(), controls: "mkdir/controls".into() },
        "error: mkdir/control is neither the directory of a question nor that of the negative controls, \
         mkdir/controls, so the files in it would not be tried.\nRename it, or list the question that it is for.",
    );
    expect(
        DeclarationError::NoExpectedError { file: "controls/arity.rs".into() },
        "error: the negative control controls/arity.rs does not name the error that it is rejected with.\n\
         Add a header line such as `//! Rejected with: E0308`.",
    );
    expect(
        DeclarationError::InvalidAbsence {
            file: file(),
            name: "vfs_mkdir".into(),
            crates: vec!["kernel".into(), "bindings".into()],
        },
        "error: mkdir/one.rs: `Only without: vfs_mkdir` names nothing in kernel, bindings.\n\
         Name a path such as `bindings::vfs_mkdir`, or a field such as `bindings::file_operations.iopoll`.",
    );
}

#[test]
fn answers_are_rejected_for_their_own_faults() {
    let (file, diagnostic) = (file(), diagnostic());
    let (file, diagnostic) = (|| file.clone(), || diagnostic.clone());
    for (error, text) in [
        (
            SourceError::MissingModule { file: file(), diagnostic: diagnostic() },
            "mkdir/one.rs declares a module that has no file.@\
             Add the module's file, or remove the declaration.",
        ),
        (
            SourceError::Clash { file: file(), diagnostic: diagnostic() },
            "mkdir/one.rs defines or implements what another answer does too, and all answers are compiled together.@\
             Let each answer implement traits for types of its own; to build on another question, take that \
             question's trait as a type parameter.",
        ),
        (
            SourceError::UnknownName { file: file(), diagnostic: diagnostic() },
            "mkdir/one.rs uses a name that is not found and is not a path into a crate of the kernel, so its absence \
             says nothing about the kernel.@\
             Correct the name; if it is the kernel's, write its whole path where it is used or imported, such as \
             `bindings::dentry`.",
        ),
        (
            SourceError::NotGenerated {
                file: file(),
                name: "bindings::nope".into(),
                lists: vec!["bindgen.args".into(), "helpers.h".into()],
                diagnostic: diagnostic(),
            },
            "mkdir/one.rs uses `bindings::nope`, which the bindings of this kernel lack and bindgen.args or helpers.h \
             does not list for bindgen: either it is misspelt, or on other kernels a listed name leads to it and on \
             this one no longer does.@\
             Correct the name; or list it there, so that its absence says something about the kernel, and add an \
             answer for kernels without it.",
        ),
        (
            SourceError::TraitMismatch { file: file(), diagnostic: diagnostic() },
            "mkdir/one.rs does not implement the trait of its question as the question declares it.@\
             Give the answer the items of the trait, with the trait's types.",
        ),
        (
            SourceError::AbsenceMisjudged { unit: file(), diagnostic: diagnostic() },
            "mkdir/one.rs is rejected, but not because the kernel lacks what it names.@\
             Correct the `Only without:` line that it is made from.",
        ),
        (
            SourceError::ChosenRejected { diagnostic: diagnostic() },
            "the chosen answers do not compile without the others.@\
             Let each answer use only `bindings`, `super` and the support modules.",
        ),
    ] {
        let words = "\n    rustc: error[E0308]: wrong (mkdir/one.rs:2:3)\n";
        expect(error, &format!("error: {}", text.replace('@', words)));
    }
    expect(
        SourceError::InvalidSyntax { file: file(), diagnostic: diagnostic() },
        "error: mkdir/one.rs:2:3 is not valid Rust, so the answer cannot be tried.\n    rustc: error[E0308]: wrong\n\
         Correct the syntax there; the log has the compiler's whole message.",
    );
}

#[test]
fn questions_and_controls_are_at_fault() {
    let (file, diagnostic) = (|| PathBuf::from("mkdir.rs"), diagnostic());
    expect(
        SourceError::QuestionUsesAnswer {
            file: file(),
            diagnostic: diagnostic.clone(),
        },
        "error: the question file mkdir.rs uses a name that each of its answers defines.\n\
         \x20   rustc: error[E0308]: wrong (mkdir/one.rs:2:3)\n\
         Use the chosen answer only outside of the question files.",
    );
    expect(
        SourceError::QuestionRejected { file: file(), diagnostic: diagnostic.clone() },
        "error: the question file mkdir.rs does not compile, whatever the answer.\n\
         \x20   rustc: error[E0308]: wrong (mkdir/one.rs:2:3)\n\
         A question file has to compile on every kernel: correct it, or move what differs into the answers.",
    );
    expect(
        SourceError::ControlAccepted { file: file() },
        "error: the negative control mkdir.rs is accepted, so an accepted answer of its kind would prove nothing.\n\
         Check that the bindings have the kernel's types for the names in this file; if the kernel now allows what is \
         wrong in the file, make the file wrong in another way.",
    );
    expect(
        SourceError::ControlMisjudged {
            file: file(),
            expected: vec!["E0061".into(), "E0425".into()],
            diagnostic,
        },
        "error: the negative control mkdir.rs is rejected, but not with E0061 or E0425.\n\
         \x20   rustc: error[E0308]: wrong (mkdir/one.rs:2:3)\n\
         Make the control wrong in one way only, with names that every kernel has.",
    );
}

#[test]
fn symbols_are_not_known_or_not_exported() {
    let path = || PathBuf::from("Module.symvers");
    expect(
        SymbolError::EmptySymvers { path: path() },
        "error: Module.symvers is empty, so the kernel's exported symbols are not known.\n\
         Name the Module.symvers that the kernel's build has made.",
    );
    expect(
        SymbolError::InvalidSymvers {
            path: path(),
            line: 3,
        },
        "error: Module.symvers:3: this is not a line of a Module.symvers.\n\
         Name the Module.symvers that the kernel's build has made.",
    );
    expect(
        SymbolError::BindingsImportedWhole { file: file(), line: 6, bindings: "bindings".into() },
        "error: mkdir/one.rs:6 imports `bindings` whole or under another name, so the symbols that it uses cannot be \
         seen.\nName what is used: `bindings::name`.",
    );
    expect(
        SymbolError::SharedFileNeedsSymbol {
            file: "raw.rs".into(),
            reason: "`vfs_hidden` is declared, but the kernel does not export it".into(),
        },
        "error: raw.rs is compiled with every answer, and `vfs_hidden` is declared, but the kernel does not export it.\n\
         Move the call into the answers to a question, or wrap it in a static inline function.",
    );
}

#[test]
fn the_kind_is_the_name_of_the_variant() {
    let error: Error = SourceError::ControlAccepted { file: file() }.into();
    assert_eq!(error.kind(), "ControlAccepted");
    let error = FileError::new("reading", Path::new("a"), missing(), "");
    assert_eq!(error.kind(), "FileError");
}

#[test]
fn the_kernel_contradicts_itself() {
    expect(
        TargetError::Randomised {
            kernel: "kdir".into(),
        },
        "error: the kernel in kdir randomises the layout of its structures (CONFIG_RANDSTRUCT), and only its own C \
         compiler knows the layout.\nUse a kernel that does not, or build one with CONFIG_RANDSTRUCT_NONE=y.",
    );
    expect(
        TargetError::ConfigurationsDiffer {
            name: "CONFIG_A".to_string(),
            first: ("auto.conf".into(), Some("y".to_string())),
            second: ("autoconf.h".into(), None),
        },
        "error: the configuration of the kernel contradicts itself: CONFIG_A is y in auto.conf, and not set in \
         autoconf.h, so C and Rust would be compiled for different kernels.\n\
         Configure and build the kernel again, or install its headers again: these files are made together.",
    );
    expect(
        TargetError::ForeignMetadata {
            kernel: "kdir".into(),
            missing: 43,
            total: 64,
        },
        "error: the Rust metadata in kdir/rust is of another build of the kernel: of 64 symbols that it leads to, \
         Module.symvers lacks 43.\n\
         Take rust/ and Module.symvers from the same build and flavour of the kernel; where the headers have no \
         rust/, `kernel-rust-metadata` makes it.",
    );
    expect(
        TargetError::LayoutDiffers {
            structure: "inode".to_string(),
            difference: "the member `i_op` is at byte 32 in the kernel, and at byte 16 in the headers".to_string(),
            file: "vmlinux".into(),
        },
        "error: the structure `inode` has another layout in the headers than in the kernel: the member `i_op` is at \
         byte 32 in the kernel, and at byte 16 in the headers (the kernel's types are those of vmlinux).\n\
         Use the headers that the kernel was built with, with its configuration, or build the kernel again; \
         BTF=FILE names the types of another one.",
    );
    expect(
        TargetError::NotCompared {
            diagnostic: diagnostic(),
        },
        "error: the layouts of the headers and of the kernel cannot be compared, because the compiler fails on the \
         unit for it.\n    rustc: error[E0308]: wrong (mkdir/one.rs:2:3)\n\
         Look for the cause in the log; `make BTF=` does not compare them.",
    );
}

#[test]
fn an_answer_that_is_to_be_taken_cannot_be_built() {
    expect(
        SourceError::ForcedUnusable {
            file: file(),
            reason: "`vfs_mkdir` is declared, but the kernel does not export it".to_string(),
        },
        "error: the answer mkdir/one.rs is to be taken, and cannot be built: `vfs_mkdir` is declared, but the kernel \
         does not export it.\nTake an answer that compiles for this kernel, or correct this one.",
    );
}
