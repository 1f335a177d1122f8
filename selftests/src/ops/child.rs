// SPDX-License-Identifier: GPL-2.0

//! Operations that a child process performs: see [`crate::child`].

use std::io::Read;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::io::Errno;

use super::execute::errno;
use crate::child::{HUNG, SEPARATOR};
use crate::test_dir::TestDir;
use crate::user_namespace::{enter, set_ids, UserNamespace};

/// How long a child may take. On a slow machine it takes less. An operation on a directory that
/// stays locked never ends.
pub const CHILD_TIMEOUT: Duration = Duration::from_secs(300);

/// The credentials of a child.
#[derive(Clone, Copy, Debug)]
pub struct Credentials<'n> {
    /// The name in the trace.
    pub name: &'static str,
    /// The user namespace. `None` is the namespace of this process.
    pub namespace: Option<&'n UserNamespace>,
    /// The user and the group id, in that namespace.
    pub id: u32,
}

/// Root, as which the suite itself runs.
pub const ROOT: Credentials = Credentials {
    name: "another process",
    namespace: None,
    id: 0,
};

impl TestDir<'_> {
    /// Has a child process perform operations, and records each one's result: `done` or the error.
    /// An operation is a word of [`crate::child::run`] and its arguments. An argument is a name in
    /// the test directory, or literal if it begins with `=`.
    pub fn in_child(&self, operations: &[&[&str]]) -> Result<String, Errno> {
        self.in_child_as(ROOT, self.program(), operations)
    }

    /// As `in_child`, with other credentials. `program` is a copy of `base0fs-selftest` that they
    /// allow to execute.
    pub fn in_child_as(
        &self,
        who: Credentials,
        program: &Path,
        operations: &[&[&str]],
    ) -> Result<String, Errno> {
        let shown: Vec<String> = operations.iter().map(|words| words.join(" ")).collect();
        let argument = |word: &&str| match word.strip_prefix('=') {
            Some(literal) => PathBuf::from(literal),
            None => self.path(word),
        };
        self.step(format!("{}: {}", who.name, shown.join(", ")), || {
            let mut command = Command::new(program);
            command.arg("--child");
            for (number, operation) in operations.iter().enumerate() {
                if number > 0 {
                    command.arg(SEPARATOR);
                }
                command.arg(operation[0]);
                command.args(operation[1..].iter().map(argument));
            }
            output_of(command, who)
        })
    }

    /// Executes `name`, a copy of `base0fs-selftest` in the test directory, with other credentials.
    /// Records the capabilities that the process got.
    pub fn capabilities_as(&self, who: Credentials, name: &str) -> Result<String, Errno> {
        self.step(format!("{}: execute {name}", who.name), || {
            let mut command = Command::new(self.path(name));
            command.arg("--child").arg("capabilities");
            output_of(command, who)
        })
    }
}

/// Runs a command with the given credentials, and returns what it printed. Does not kill a child
/// that hangs: a process that waits for a lock in the kernel cannot be killed.
fn output_of(mut command: Command, who: Credentials) -> Result<String, Errno> {
    match who.namespace {
        Some(namespace) => enter(&mut command, namespace, who.id).map_err(errno)?,
        None => {
            let set_ids = move || set_ids(who.id).map_err(Into::into);
            // SAFETY: Between fork and exec, `set_ids` makes system calls only. It allocates no
            // memory and takes no lock, which another thread could have held at the fork.
            unsafe { command.pre_exec(set_ids) };
        }
    }
    command.stdin(Stdio::null()).stdout(Stdio::piped());
    let mut child = command.spawn().map_err(errno)?;
    if !ends_in_time(&mut child)? {
        return Err(HUNG);
    }
    let mut text = String::new();
    let output = child.stdout.as_mut().expect("its output is a pipe");
    output.read_to_string(&mut text).map_err(errno)?;
    Ok(text.trim_end().to_owned())
}

/// Waits for a child, at most [`CHILD_TIMEOUT`].
fn ends_in_time(child: &mut Child) -> Result<bool, Errno> {
    let started = Instant::now();
    while child.try_wait().map_err(errno)?.is_none() {
        if started.elapsed() > CHILD_TIMEOUT {
            return Ok(false);
        }
        thread::sleep(Duration::from_millis(1));
    }
    Ok(true)
}
