// SPDX-License-Identifier: GPL-2.0

//! Running programs that lie in a world.

use std::fs;
use std::io::{self, BufRead, BufReader, Read};
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Command, Stdio};

use rustix::io::Errno;

use crate::world::World;

/// A program that runs until its input ends.
#[derive(Debug)]
pub struct Running(Child);

impl World<'_> {
    /// Copies `base0fs-selftest` into the world, executable for all.
    pub fn install(&self, name: &str) -> Result<(), Errno> {
        self.step(format!("install {name}"), || {
            fs::copy(self.program(), self.path(name)).map_err(errno)?;
            fs::set_permissions(self.path(name), fs::Permissions::from_mode(0o755)).map_err(errno)
        })
    }

    /// Executes a file of the world with one argument and without input; records what it prints and
    /// how it ends.
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

    /// Starts `base0fs-selftest` under a name in the world, and waits until it runs.
    pub fn start(&self, name: &str) -> Result<Running, Errno> {
        self.made(format!("start {name}"), || {
            let mut command = Command::new(self.path(name));
            command
                .arg("--hold")
                .stdin(Stdio::piped())
                .stdout(Stdio::piped());
            let mut running = Running(command.spawn().map_err(errno)?);
            let output = running.0.stdout.as_mut().expect("its output is a pipe");
            BufReader::new(output.by_ref())
                .read_line(&mut String::new())
                .map_err(errno)?;
            Ok(running)
        })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Waiting closes the program's input first, which ends it. A program that was killed is no
        // error here.
        let _ = self.0.wait();
    }
}

pub(super) fn errno(error: io::Error) -> Errno {
    Errno::from_io_error(&error).unwrap_or(Errno::IO)
}
