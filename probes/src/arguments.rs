// SPDX-License-Identifier: GPL-2.0

//! The command line.

use crate::limit;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

/// The input of one run.
#[derive(Clone, Debug)]
pub struct Request {
    /// The file that lists the questions (`compat/shims.rs`), or the directory of that name. Its
    /// parent directory is the module that contains it.
    pub questions: PathBuf,
    /// The directory of the negative controls.
    pub controls: PathBuf,
    /// Files beside the list of questions that answers may use (`compat/raw.rs`).
    pub support: Vec<PathBuf>,
    /// The compiler of the kernel.
    pub rustc: PathBuf,
    /// The flags that the kernel's build gives its compiler.
    pub flags: Vec<String>,
    /// The generated bindings, as source.
    pub bindings: PathBuf,
    /// The name of the crate made of them.
    pub bindings_crate: String,
    /// The files that list the names for bindgen. Without them no name is checked.
    pub names: Vec<PathBuf>,
    /// The kernel's Module.symvers. Without it no symbol is checked.
    pub symvers: Option<PathBuf>,
    /// The directory that the kernel was built in, or the one of its headers. Without it neither its
    /// configuration nor its Rust metadata is checked.
    pub kernel: Option<PathBuf>,
    /// A file with the kernel's types (BTF): its vmlinux, or /sys/kernel/btf/vmlinux. Without it no
    /// layout is compared.
    pub btf: Option<PathBuf>,
    /// Answers that are chosen whether they fit or not, to try them (question, answer).
    pub forced: Vec<(String, String)>,
    /// How long one run of the compiler may take.
    pub limit: Duration,
    /// The directory for generated files.
    pub out: PathBuf,
}

/// The text of `compat-probe help`.
pub(crate) const USAGE: &str = "\
compat-probe finds the answer to each compat question that fits the target kernel.

compat-probe ask --questions FILE --rustc PROGRAM --bindings FILE --out DIR [OPTION]... [-- FLAG...]
    --questions FILE      the list of questions, such as compat/shims.rs, or the directory of that name
    --support FILE        a file beside that list that answers use, such as compat/raw.rs (repeatable)
    --controls DIR        the negative controls (default: the directory `controls` beside the questions)
    --rustc PROGRAM       the compiler of the kernel
    --rustc-args FILE     its flags, one per line; more may follow after `--` (repeatable)
    --bindings FILE       the generated bindings
    --bindings-crate NAME the crate made of them (default: `bindings`)
    --names FILE          bindgen's arguments, or a header of the driver: an answer that uses a name which
                          is in none of these files is an error (repeatable)
    --symvers FILE        the kernel's Module.symvers; without it no symbol is checked
    --kernel DIR          the directory that the kernel was built in: its configuration has to be the same for
                          make, C and Rust, and its Rust metadata of the same build as its symbols
    --btf FILE            the kernel's types, in its vmlinux or in /sys/kernel/btf/vmlinux: the structures
                          that --names lists have to have the same layout there
    --force QUESTION=ANSWER
                          takes this answer if it compiles, whether it fits or not, to try it; the results
                          are marked (repeatable)
    --limit SECONDS       how long one run of the compiler may take (default: 600)
    --out DIR             the directory for compat.cfg, compat.json, compat.txt, compat.line,
                          compat_info.c and compat.log
compat-probe controls --rustc PROGRAM --out DIR [--rustc-args FILE] [--limit SECONDS] [-- FLAG...]
    checks only that the compiler accepts an empty unit and rejects a wrong one
compat-probe explain QUESTION --out DIR [--bindings FILE]
    prints what the last run found out about a question: what it asks, what each answer means, what this
    kernel answered, and the compiler's words for the others; if no answer fits, the form that the kernel has
    --bindings FILE       the generated bindings (default: `bindings.rs` in DIR)
compat-probe table --out DIR
    prints the answers as a table
compat-probe diff [--sources DIR] [--names FILE]... [--bindings-crate NAME] [--depth N] [--lines N] OLD NEW
    prints what changed between two kernels, of all that the driver uses: first what changed without a
    type changing, then types, exports, and names that are gone. OLD and NEW are source trees, or
    directories of headers; the report begins with what could not be compared.
    --sources DIR         the Rust sources that use the bindings (default: compat)
    --names FILE          bindgen's arguments, or a header of the driver whose name ends in .h
                          (repeatable; default: all that end in .args or .h in DIR/bindings)
    --bindings-crate NAME the crate of the bindings (default: `bindings`)
    --depth N             compares functions up to N calls away from those that the driver names
                          (default: 1)
    --lines N             shows N lines of each difference, or `all` (default: 40)
compat-probe rust-project --kernel DIR --rustc PROGRAM --rustc-args FILE --out DIR --module FILE
        --bindings NAME=FILE --file FILE [--kernel-source DIR] [--host NAME=FILE]...
    writes a description of the crates for rust-analyzer to --file; needs the answers of `ask`
    --kernel DIR          the directory that the kernel was built in; its flags are those of --rustc-args
    --kernel-source DIR   the kernel's sources, if that directory does not lead to them
    --module FILE         the root of the module, which is compiled with the answers in --out
    --bindings NAME=FILE  the root of the crate of the bindings, and its name in the module
    --host NAME=FILE      the root of a crate for the host, which may use the ones before it (repeatable)
compat-probe stamp --out DIR --target NAME --kernel DIR [--tool COMMAND]... [--tree DIR]... [-- WORD...]
    remembers everything that a build of NAME has read and made: the files in the directory around --out and
    in each --tree, the kernel, what each tool prints as its version, the environment, and each WORD
compat-probe unchanged --out DIR --target NAME --kernel DIR [-- WORD...]
    has status 0 if all of this is as it was, and otherwise 1
compat-probe help
    prints this
compat-probe version
    prints its version

Status: 0 for success, 1 for a failure (standard error says why), 2 for wrong usage; of `diff` 3, if a
part of the kernels could not be compared.
";

/// The arguments of a subcommand, taken one option at a time.
pub(crate) struct Arguments {
    given: Vec<(String, String)>,
    /// What is neither an option nor the value of one.
    pub(crate) operands: Vec<PathBuf>,
    /// What follows `--`.
    pub(crate) rest: Vec<String>,
}

impl Arguments {
    /// Reads `--name value` and `--name=value` pairs. Each name has to be one of `known`.
    pub(crate) fn read(
        arguments: impl Iterator<Item = OsString>,
        known: &[&str],
    ) -> Result<Self, String> {
        Self::read_with_operands(arguments, known, &[])
    }

    /// The same, and as many operands as `operands` has names for.
    pub(crate) fn read_with_operands(
        arguments: impl Iterator<Item = OsString>,
        known: &[&str],
        operands: &[&str],
    ) -> Result<Self, String> {
        let read = Self::read_all(arguments, known, operands.len())?;
        match operands.get(read.operands.len()) {
            Some(missing) => Err(format!("{missing} is missing")),
            None => Ok(read),
        }
    }

    fn read_all(
        arguments: impl Iterator<Item = OsString>,
        known: &[&str],
        operands: usize,
    ) -> Result<Self, String> {
        let mut arguments = arguments.map(|argument| {
            argument
                .into_string()
                .map_err(|odd| format!("{odd:?} is not UTF-8"))
        });
        let (mut given, mut found) = (Vec::new(), Vec::new());
        while let Some(argument) = arguments.next().transpose()? {
            if argument == "--" {
                return Ok(Self {
                    given,
                    operands: found,
                    rest: arguments.collect::<Result<_, _>>()?,
                });
            }
            if !argument.starts_with('-') && found.len() < operands {
                found.push(PathBuf::from(argument));
                continue;
            }
            let (name, value) = match argument.split_once('=') {
                Some((name, value)) => (name.to_string(), Some(value.to_string())),
                None => (argument, None),
            };
            if !known.contains(&name.as_str()) {
                return Err(format!("`{name}` is not one of {}", known.join(", ")));
            }
            let value = match value {
                Some(value) => value,
                None => arguments
                    .next()
                    .transpose()?
                    .ok_or(format!("{name} needs a value"))?,
            };
            given.push((name, value));
        }
        Ok(Self {
            given,
            operands: found,
            rest: Vec::new(),
        })
    }

    /// The values given for `name`.
    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        let given = self.given.iter().filter(|(given, _)| given == name);
        given.map(|(_, value)| value.as_str()).collect()
    }

    /// The value of an option that may be given once.
    pub(crate) fn optional(&self, name: &str) -> Result<Option<&str>, String> {
        match self.all(name)[..] {
            [] => Ok(None),
            [value] => Ok(Some(value)),
            _ => Err(format!("{name} is given twice")),
        }
    }

    /// The value of an option that has to be given.
    pub(crate) fn required(&self, name: &str) -> Result<&str, String> {
        self.optional(name)?
            .ok_or_else(|| format!("{name} is missing"))
    }

    /// How long one run of the compiler may take.
    pub(crate) fn limit(&self) -> Result<Duration, String> {
        match self.optional("--limit")? {
            None => Ok(limit::USUAL),
            Some(seconds) => match seconds.parse() {
                Ok(seconds) if seconds > 0 => Ok(Duration::from_secs(seconds)),
                _ => Err(format!(
                    "--limit needs a number of seconds, and not `{seconds}`"
                )),
            },
        }
    }

    /// The compiler's flags: those in the files of `--rustc-args`, and what follows `--`.
    pub(crate) fn flags(&self) -> Result<Vec<String>, String> {
        let mut flags = Vec::new();
        for file in self.all("--rustc-args") {
            let text = std::fs::read_to_string(file).map_err(|error| {
                format!("reading the compiler's flags from {file} failed: {error}")
            })?;
            flags.extend(
                text.lines()
                    .filter(|line| !line.is_empty())
                    .map(str::to_string),
            );
        }
        flags.extend(self.rest.iter().cloned());
        Ok(flags)
    }
}

impl Request {
    /// Reads the arguments of `compat-probe ask`.
    pub(crate) fn read(arguments: impl Iterator<Item = OsString>) -> Result<Self, String> {
        let arguments = Arguments::read(
            arguments,
            &[
                "--questions",
                "--support",
                "--controls",
                "--rustc",
                "--rustc-args",
                "--bindings",
                "--bindings-crate",
                "--names",
                "--symvers",
                "--kernel",
                "--btf",
                "--force",
                "--limit",
                "--out",
            ],
        )?;
        let questions = PathBuf::from(arguments.required("--questions")?);
        let controls = match arguments.optional("--controls")? {
            Some(directory) => PathBuf::from(directory),
            None => questions.with_extension("").join("controls"),
        };
        Ok(Self {
            controls,
            questions,
            support: arguments
                .all("--support")
                .iter()
                .map(PathBuf::from)
                .collect(),
            rustc: arguments.required("--rustc")?.into(),
            flags: arguments.flags()?,
            bindings: arguments.required("--bindings")?.into(),
            bindings_crate: arguments
                .optional("--bindings-crate")?
                .unwrap_or("bindings")
                .into(),
            names: arguments.all("--names").iter().map(PathBuf::from).collect(),
            symvers: arguments.optional("--symvers")?.map(PathBuf::from),
            kernel: arguments.optional("--kernel")?.map(PathBuf::from),
            forced: arguments
                .all("--force")
                .into_iter()
                .map(|given| match given.split_once('=') {
                    Some((question, answer)) => Ok((question.to_string(), answer.to_string())),
                    None => Err(format!("`{given}` is not of the form QUESTION=ANSWER")),
                })
                .collect::<Result<_, _>>()?,
            limit: arguments.limit()?,
            btf: arguments.optional("--btf")?.map(PathBuf::from),
            out: arguments.required("--out")?.into(),
        })
    }
}
