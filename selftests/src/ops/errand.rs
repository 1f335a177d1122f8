// SPDX-License-Identifier: GPL-2.0

//! Operations that a process of their own performs.

use std::io::Read;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::io::Errno;

use super::execute::errno;
use crate::errand::{self, STUCK};
use crate::user_namespace::{become_id, enter, UserNamespace};
use crate::world::World;

/// How long an errand may take. What is locked stays locked, and what is only slow comes to its end.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Who does an errand.
#[derive(Clone, Copy, Debug)]
pub struct Persona<'n> {
    /// How the trace names it.
    pub name: &'static str,
    /// The user namespace; none is this process' own.
    pub namespace: Option<&'n UserNamespace>,
    /// The user and the group, as the namespace counts them.
    pub id: u32,
}

/// The user who runs the suite.
pub const ROOT: Persona = Persona {
    name: "another process",
    namespace: None,
    id: 0,
};

impl World<'_> {
    /// Has a process of its own perform operations, and records what came of each: `done`, or the
    /// error. An operation is a word and names of the world; a word that begins with `=` is no name.
    pub fn errand(&self, operations: &[&[&str]]) -> Result<String, Errno> {
        self.errand_as(ROOT, self.program(), operations)
    }

    /// Has a persona perform operations, by a program that need not lie in the world.
    pub fn errand_as(
        &self,
        who: Persona,
        program: &Path,
        operations: &[&[&str]],
    ) -> Result<String, Errno> {
        let shown: Vec<String> = operations.iter().map(|words| words.join(" ")).collect();
        self.step(format!("{}: {}", who.name, shown.join(", ")), || {
            let mut command = Command::new(program);
            command.arg("--errand");
            for (number, operation) in operations.iter().enumerate() {
                if number > 0 {
                    command.arg(errand::NEXT);
                }
                command.arg(operation[0]);
                command.args(
                    operation[1..]
                        .iter()
                        .map(|word| match word.strip_prefix('=') {
                            Some(word) => PathBuf::from(word),
                            None => self.path(word),
                        }),
                );
            }
            told(command, who)
        })
    }

    /// Has a persona execute a copy of `base0fs-selftest` that lies in the world, which tells what
    /// capabilities it got.
    pub fn capabilities_as(&self, who: Persona, name: &str) -> Result<String, Errno> {
        self.step(format!("{}: execute {name}", who.name), || {
            let mut command = Command::new(self.path(name));
            command.arg("--errand").arg("capabilities");
            told(command, who)
        })
    }
}

/// Runs a command as somebody, and returns what it printed. A process that does not end is left alone,
/// since it may be one that cannot be killed.
fn told(mut command: Command, who: Persona) -> Result<String, Errno> {
    match who.namespace {
        Some(namespace) => enter(&mut command, namespace, who.id).map_err(errno)?,
        None => {
            let become_other = move || become_id(who.id).map_err(Into::into);
            // SAFETY: Between fork and exec there are system calls only, which take no memory and no
            // lock.
            unsafe { command.pre_exec(become_other) };
        }
    }
    command.stdin(Stdio::null()).stdout(Stdio::piped());
    let mut child = command.spawn().map_err(errno)?;
    if !ends(&mut child)? {
        return Err(STUCK);
    }
    let mut text = String::new();
    let output = child.stdout.as_mut().expect("its output is a pipe");
    output.read_to_string(&mut text).map_err(errno)?;
    Ok(text.trim_end().to_owned())
}

/// Waits for a process, for a while.
fn ends(child: &mut Child) -> Result<bool, Errno> {
    let started = Instant::now();
    while child.try_wait().map_err(errno)?.is_none() {
        if started.elapsed() > PATIENCE {
            return Ok(false);
        }
        thread::sleep(Duration::from_millis(1));
    }
    Ok(true)
}
