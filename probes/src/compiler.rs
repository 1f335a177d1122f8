// SPDX-License-Identifier: GPL-2.0

//! The kernel's compiler, with the flags of the kernel's build.

use crate::diagnostic::Diagnostic;
use crate::error::{CompilerError, Error, FileError};
use crate::files::read_or;
use crate::flags;
use crate::limit;
use crate::log::Log;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

/// A compiler that was found and has printed its version.
#[derive(Clone, Debug)]
pub(crate) struct Compiler {
    program: PathBuf,
    /// The given flags, without those for the output.
    flags: Vec<String>,
    /// How many of them were given. The others are for this run.
    given: usize,
    /// What `rustc -vV` prints.
    pub(crate) version: String,
    /// How long one run may take.
    limit: Duration,
}

impl Compiler {
    /// Asks `program` for its version.
    ///
    /// Diagnostics will name files below the directories `unmapped` by their own paths, even where
    /// the flags map paths to others.
    pub(crate) fn find(
        program: &Path,
        flags: &[String],
        unmapped: &[&Path],
        limit: Duration,
    ) -> Result<Self, Error> {
        let output = limit::output(Command::new(program).arg("-vV"), limit).map_err(|error| {
            CompilerError::NotStarted {
                program: program.to_path_buf(),
                error,
            }
        })?;
        let output = output.ok_or_else(|| CompilerError::Hangs {
            program: program.to_path_buf(),
            doing: "to print its version".to_string(),
            limit,
        })?;
        let version = String::from_utf8_lossy(&output.stdout).into_owned();
        if !output.status.success() || !version.starts_with("rustc ") {
            let printed = String::from_utf8_lossy(&output.stderr);
            let first = printed.lines().chain(version.lines()).next();
            return Err(CompilerError::NotRustc {
                program: program.to_path_buf(),
                status: output.status,
                output: first.unwrap_or("(nothing)").to_string(),
            }
            .into());
        }
        let mut flags = flags::without_output(flags);
        let given = flags.len();
        if flags
            .iter()
            .any(|flag| flag.starts_with("--remap-path-prefix"))
        {
            // The file name attributes an error to an answer. The last mapping that matches counts.
            let unmapped = unmapped.iter().map(|path| path.display());
            flags.extend(unmapped.map(|path| format!("--remap-path-prefix={path}={path}")));
        }
        Ok(Self {
            program: program.to_path_buf(),
            flags,
            given,
            version,
            limit,
        })
    }

    /// The program that was started.
    pub(crate) fn program(&self) -> &Path {
        &self.program
    }

    /// The given flags, without those for the output.
    pub(crate) fn flags(&self) -> &[String] {
        &self.flags
    }

    /// The given flags alone.
    pub(crate) fn given_flags(&self) -> &[String] {
        &self.flags[..self.given]
    }

    /// The crates that the flags declare by `--extern`.
    pub(crate) fn crates(&self) -> Vec<&str> {
        flags::crates(&self.flags)
    }

    /// The crates that the flags declare without a file: the kernel's own.
    pub(crate) fn kernel_crates(&self) -> Vec<&str> {
        flags::searched_crates(&self.flags)
    }

    /// The same compiler without the kernel's own crates. Where it does not find a name, it searches
    /// all crates for a similar one, and these are the largest.
    pub(crate) fn without_kernel_crates(&self) -> Self {
        Self {
            flags: flags::without_searched_crates(&self.flags),
            ..self.clone()
        }
    }

    /// The first line of the version.
    pub(crate) fn release(&self) -> &str {
        self.version.lines().next().unwrap_or("")
    }

    /// Whether the compiler knows `--check-cfg`, stable since 1.80.
    pub(crate) fn knows_check_cfg(&self) -> bool {
        let mut numbers = self
            .release()
            .split([' ', '.'])
            .skip(1)
            .map(|part| part.parse::<u32>().unwrap_or(0));
        (numbers.next(), numbers.next()) >= (Some(1), Some(80))
    }

    /// Writes `text` as the root `name` of a unit into the directory `units`, compiles it, and
    /// returns the errors. No error means that it compiled.
    ///
    /// Lints are off: a warning that the kernel's build turns into an error says nothing about what
    /// the kernel offers. They are reported when the module itself is built.
    pub(crate) fn compile(
        &self,
        units: &Path,
        name: &str,
        text: &str,
        cfgs: &[String],
        log: &mut Log,
    ) -> Result<Vec<Diagnostic>, Error> {
        self.compile_to(units, name, text, cfgs, "metadata", log)
    }

    /// The same, and returns the code in LLVM's language, or the errors. The code is neither optimised
    /// nor described for a debugger, which would take most of the time.
    pub(crate) fn compile_to_llvm(
        &self,
        units: &Path,
        name: &str,
        text: &str,
        log: &mut Log,
    ) -> Result<Result<String, Vec<Diagnostic>>, Error> {
        let flags = ["-Copt-level=0", "-Cdebuginfo=0"].map(str::to_string);
        let errors = self.compile_to(units, name, text, &flags, "llvm-ir", log)?;
        if !errors.is_empty() {
            return Ok(Err(errors));
        }
        let made = units.join(format!("{name}.ll"));
        let code = read_or(
            &made,
            "Run `make` again when the machine has disk space to spare.",
        )?;
        Ok(Ok(code))
    }

    fn compile_to(
        &self,
        units: &Path,
        name: &str,
        text: &str,
        more: &[String],
        emit: &str,
        log: &mut Log,
    ) -> Result<Vec<Diagnostic>, Error> {
        let root = units.join(format!("{name}.rs"));
        std::fs::write(&root, text).map_err(|error| {
            FileError::new(
                "writing",
                &root,
                error,
                "Make the directory for generated files writable.",
            )
        })?;
        let mut command = Command::new(&self.program);
        command
            .args(&self.flags)
            .args([
                "--crate-type=rlib",
                "--cap-lints=allow",
                "--error-format=json",
            ])
            .arg(format!("--emit={emit}"))
            .arg("--out-dir")
            .arg(units)
            .args(more)
            .arg(&root);
        log.line(&format!("\n== {name}\n{command:?}"));
        let output = limit::output(&mut command, self.limit).map_err(|error| {
            CompilerError::NotRestarted {
                program: self.program.clone(),
                error,
            }
        })?;
        let output = output.ok_or_else(|| CompilerError::Hangs {
            program: self.program.clone(),
            doing: format!("to compile the unit `{name}`"),
            limit: self.limit,
        })?;
        self.errors(name, &output, log)
    }

    /// The errors in the output of the compiler, which has to match its exit status.
    fn errors(&self, unit: &str, output: &Output, log: &mut Log) -> Result<Vec<Diagnostic>, Error> {
        let text = String::from_utf8_lossy(&output.stderr);
        let errors: Vec<Diagnostic> = text.lines().filter_map(Diagnostic::read).collect();
        let plain: Vec<&str> = text.lines().filter(|line| !line.starts_with('{')).collect();
        errors.iter().for_each(|error| log.line(&error.rendered));
        plain.iter().for_each(|line| log.line(line));
        log.line(&format!("{}", output.status));
        if let Some(crash) = errors.iter().find(|error| error.crash) {
            return Err(CompilerError::Crashed {
                unit: unit.to_string(),
                diagnostic: crash.clone(),
            }
            .into());
        }
        match (output.status.success(), errors.first()) {
            (true, Some(first)) => Err(CompilerError::ErrorsWithSuccess {
                program: self.program.clone(),
                unit: unit.to_string(),
                diagnostic: first.clone(),
            }
            .into()),
            (true, None) | (false, Some(_)) => Ok(errors),
            // An error without a file: what that means is up to the caller.
            (false, None) => {
                let status = output.status;
                let text = match plain.iter().find(|line| !line.is_empty()) {
                    Some(line) => format!("{line} ({status})"),
                    None => format!("no error was printed, but the compiler ended with {status}"),
                };
                Ok(vec![Diagnostic::plain(&text)])
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_cfg_is_known_since_1_80() {
        for (version, known) in [
            ("rustc 1.78.0 (x)", false),
            ("rustc 1.80.1", true),
            ("rustc 2.0.0", true),
            ("", false),
        ] {
            let compiler = Compiler {
                program: "rustc".into(),
                flags: Vec::new(),
                given: 0,
                version: version.to_string(),
                limit: limit::USUAL,
            };
            assert_eq!(compiler.knows_check_cfg(), known, "{version}");
        }
    }
}
