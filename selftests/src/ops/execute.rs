// SPDX-License-Identifier: GPL-2.0

//! Executing programs that lie in a test directory.

use std::fs;
use std::io::{self, BufRead, BufReader, Read};
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Command, Stdio};

use rustix::io::Errno;

use crate::test_dir::TestDir;

/// A program that runs until this is dropped.
#[derive(Debug)]
pub struct RunningProgram(Child);

impl TestDir<'_> {
    /// Copies `base0fs-selftest` into the test directory, executable for all users.
    pub fn install(&self, name: &str) -> Result<(), Errno> {
        self.step(format!("install {name}"), || {
            fs::copy(self.program(), self.path(name)).map_err(errno)?;
            fs::set_permissions(self.path(name), fs::Permissions::from_mode(0o755)).map_err(errno)
        })
    }

    /// Executes a file with one argument and empty input. Records its output and exit status.
    pub fn execute(&self, name: &str, argument: &str) -> Result<Vec<String>, Errno> {
        self.step(format!("execute {name} {argument}"), || {
            let mut command = Command::new(self.path(name));
            let output = command
                .arg(argument)
                .stdin(Stdio::null())
                .output()
                .map_err(errno)?;
            let text = String::from_utf8_lossy(&output.stdout)
                .trim_end()
                .replace(' ', "_");
            Ok(vec![text, output.status.to_string().replace(' ', "_")])
        })
    }

    /// Starts a copy of `base0fs-selftest`, and waits until it runs.
    pub fn start(&self, name: &str) -> Result<RunningProgram, Errno> {
        self.step_opaque(format!("start {name}"), || {
            let mut command = Command::new(self.path(name));
            command
                .arg("--pause")
                .stdin(Stdio::piped())
                .stdout(Stdio::piped());
            let mut running = RunningProgram(command.spawn().map_err(errno)?);
            let output = running.0.stdout.as_mut().expect("its output is a pipe");
            BufReader::new(output.by_ref())
                .read_line(&mut String::new())
                .map_err(errno)?;
            Ok(running)
        })
    }
}

impl Drop for RunningProgram {
    fn drop(&mut self) {
        // `wait` first closes the program's input. Then the program ends.
        let _ = self.0.wait();
    }
}

/// The error number of an error of the standard library.
pub fn errno(error: io::Error) -> Errno {
    Errno::from_io_error(&error).unwrap_or(Errno::IO)
}
