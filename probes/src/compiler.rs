// SPDX-License-Identifier: GPL-2.0

//! The kernel's compiler, with the flags of the kernel's build.

use crate::broken::{shown, Broken};
use crate::diagnostic::Diagnostic;
use crate::log::Log;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A compiler that was found and that said what it is.
#[derive(Debug)]
pub(crate) struct Compiler {
    program: PathBuf,
    /// The given flags, without those that name what is made and where.
    flags: Vec<String>,
    /// What `rustc -vV` prints.
    pub(crate) version: String,
}

/// What came of one unit.
#[derive(Debug)]
pub(crate) struct Compiled {
    /// The errors; none means that the unit compiled.
    pub(crate) errors: Vec<Diagnostic>,
}

/// Flags that say what is made, how it is called and where it goes: for a unit that is the prober's
/// business. Each takes its value after `=` or as the next argument.
const OUTPUT_FLAGS: [&str; 7] = [
    "--crate-name",
    "--crate-type",
    "--out-dir",
    "--emit",
    "--error-format",
    "--json",
    "-o",
];

fn without_output_flags(given: &[String]) -> Vec<String> {
    let mut flags = Vec::new();
    let mut given = given.iter();
    while let Some(flag) = given.next() {
        let (name, value) = flag
            .split_once('=')
            .map_or((flag.as_str(), None), |(n, v)| (n, Some(v)));
        if !OUTPUT_FLAGS.contains(&name) {
            flags.push(flag.clone());
        } else if value.is_none() {
            given.next();
        }
    }
    flags
}

impl Compiler {
    /// Asks `program` what it is. It will name files below the directories `named` as they are.
    pub(crate) fn find(program: &Path, flags: &[String], named: &[&Path]) -> Result<Self, Broken> {
        let output = Command::new(program).arg("-vV").output().map_err(|error| {
            Broken::new(
                format!("the compiler {} cannot be started: {error}", shown(program)),
                "Install the compiler that the kernel was built with, or name it (RUSTC=… for `make`).",
            )
        })?;
        let version = String::from_utf8_lossy(&output.stdout).into_owned();
        if !output.status.success() || !version.starts_with("rustc ") {
            let words = String::from_utf8_lossy(&output.stderr).into_owned();
            let words = words
                .lines()
                .chain(version.lines())
                .next()
                .unwrap_or("(nothing)");
            return Err(Broken::new(
                format!(
                    "{} does not say with `-vV` which rustc it is ({})",
                    shown(program),
                    output.status
                ),
                "Name the compiler that the kernel was built with (RUSTC=… for `make`).",
            )
            .words(words));
        }
        let mut flags = without_output_flags(flags);
        if flags
            .iter()
            .any(|flag| flag.starts_with("--remap-path-prefix"))
        {
            // Errors are told apart by file name, and the last mapping that matches counts.
            let named = named.iter().map(|path| path.display());
            flags.extend(named.map(|path| format!("--remap-path-prefix={path}={path}")));
        }
        Ok(Self {
            program: program.to_path_buf(),
            flags,
            version,
        })
    }

    /// The name the compiler was started by.
    pub(crate) fn program(&self) -> String {
        shown(&self.program)
    }

    /// The given flags.
    pub(crate) fn flags(&self) -> &[String] {
        &self.flags
    }

    /// The first line of its version.
    pub(crate) fn release(&self) -> &str {
        self.version.lines().next().unwrap_or("")
    }

    /// Whether it knows `--check-cfg`, stable since 1.80.
    pub(crate) fn knows_check_cfg(&self) -> bool {
        let mut numbers = self
            .release()
            .split([' ', '.'])
            .skip(1)
            .map(|part| part.parse::<u32>().unwrap_or(0));
        (numbers.next(), numbers.next()) >= (Some(1), Some(80))
    }

    /// The crates that the flags bring in by `--extern`.
    pub(crate) fn crates(&self) -> Vec<&str> {
        let mut names = Vec::new();
        let mut flags = self.flags.iter();
        while let Some(flag) = flags.next() {
            let given = match flag.strip_prefix("--extern=") {
                Some(given) => given,
                None if flag == "--extern" => flags.next().map_or("", String::as_str),
                None => continue,
            };
            let name = given.split('=').next().unwrap_or(given);
            names.push(name.rsplit(':').next().unwrap_or(name));
        }
        names
    }

    /// Writes `text` as the root of a unit into the directory `units` and compiles it.
    ///
    /// Lints are off: a warning that the kernel's build turns into an error says nothing about what
    /// the kernel offers, and it still speaks up when the module itself is built.
    pub(crate) fn compile_text(
        &self,
        units: &Path,
        name: &str,
        text: &str,
        more: &[String],
        log: &mut Log,
    ) -> Result<Compiled, Broken> {
        let root = units.join(format!("{name}.rs"));
        std::fs::write(&root, text).map_err(|error| {
            Broken::file(
                "writing the unit",
                &root,
                &error,
                "Make the directory for generated files writable.",
            )
        })?;
        let mut command = Command::new(&self.program);
        command
            .args(&self.flags)
            .args([
                "--crate-type=rlib",
                "--emit=metadata",
                "--cap-lints=allow",
                "--error-format=json",
            ])
            .arg("--out-dir")
            .arg(units)
            .args(more)
            .arg(&root);
        log.line(&format!("\n== {name}\n{command:?}"));
        let output = command.output().map_err(|error| {
            Broken::new(
                format!(
                    "the compiler {} cannot be started again: {error}",
                    self.program()
                ),
                "Run `make` again when the machine has the memory and the files for it.",
            )
        })?;
        let text = String::from_utf8_lossy(&output.stderr);
        let errors: Vec<Diagnostic> = text.lines().filter_map(Diagnostic::read).collect();
        let plain: Vec<&str> = text.lines().filter(|line| !line.starts_with('{')).collect();
        errors.iter().for_each(|error| log.line(&error.rendered));
        plain.iter().for_each(|line| log.line(line));
        log.line(&format!("{}", output.status));
        if let Some(crash) = errors.iter().find(|error| error.crash) {
            return Err(Broken::new(
                format!("the compiler crashed on the unit `{name}`"),
                "Build with another release of the compiler, or report the crash to its makers.",
            )
            .words(crash.title()));
        }
        match (output.status.success(), errors.is_empty()) {
            (true, true) | (false, false) => Ok(Compiled { errors }),
            (true, false) => Err(Broken::new(
                format!("{} prints errors about the unit `{name}` and yet ends with success", self.program()),
                "Look at what the name of the compiler stands for here: a wrapper must pass on its exit status.",
            )
            .words(errors[0].words())),
            // Whoever calls decides what it means: it is an error without a place.
            (false, true) => Ok(Compiled {
                errors: vec![Diagnostic::plain(&match plain.iter().find(|line| !line.is_empty()) {
                    Some(line) => format!("{line} ({})", output.status),
                    None => format!("no error was printed, but the compiler ended with {}", output.status),
                })],
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compiler(version: &str, flags: &[&str]) -> Compiler {
        let flags: Vec<String> = flags.iter().map(|flag| flag.to_string()).collect();
        Compiler {
            program: "rustc".into(),
            flags: without_output_flags(&flags),
            version: version.to_string(),
        }
    }

    #[test]
    fn what_a_unit_is_called_and_where_it_goes_is_not_taken_from_the_flags() {
        let given = [
            "--crate-name",
            "x",
            "-Cpanic=abort",
            "--emit=dep-info=x.d",
            "-o",
            "x.o",
            "--out-dir=.",
            "-g",
        ];
        assert_eq!(compiler("", &given).flags(), ["-Cpanic=abort", "-g"]);
    }

    #[test]
    fn crates_are_known_from_the_flags() {
        let given = [
            "--extern",
            "kernel",
            "--extern=priv,noprelude:bindings=gen/libbindings.rmeta",
            "-L",
            "x",
        ];
        assert_eq!(compiler("", &given).crates(), ["kernel", "bindings"]);
    }

    #[test]
    fn check_cfg_is_known_since_1_80() {
        for (version, known) in [
            ("rustc 1.78.0 (x)", false),
            ("rustc 1.80.1", true),
            ("rustc 2.0.0", true),
            ("", false),
        ] {
            assert_eq!(compiler(version, &[]).knows_check_cfg(), known, "{version}");
        }
    }
}
