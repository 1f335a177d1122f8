// SPDX-License-Identifier: GPL-2.0

//! The processes of the actors: one for each actor and side, which live over many scripts.

use std::collections::btree_map::{BTreeMap, Entry};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use rustix::event::{poll, PollFd, PollFlags, Timespec};
use rustix::fd::{AsFd, AsRawFd};

use super::actors::{self, Actor};
use super::performer::{BEGIN, END, READY};
use super::stage::{Side, Sides};
use crate::user_namespace::UserNamespace;

/// How long a step may take. Only one that hangs takes so long.
const PATIENCE: Timespec = Timespec {
    tv_sec: 300,
    tv_nsec: 0,
};

/// What stands for the answer of a process that has not answered.
pub const HANGS: &str = "hangs";

/// What stands for the answer of a process that has ended.
pub const ENDED: &str = "the process has ended";

/// The processes.
#[derive(Debug)]
pub struct Crew {
    program: PathBuf,
    sides: Sides,
    members: BTreeMap<(Side, &'static str), Member>,
    /// The user namespaces that the members are in, by their maps, the outer one first.
    namespaces: BTreeMap<&'static [&'static str], UserNamespace>,
}

#[derive(Debug)]
struct Member {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    /// Whether it takes part in the running script.
    begun: bool,
}

impl Crew {
    /// No process yet. `program` is `base0fs-selftest`.
    pub fn new(program: PathBuf, sides: Sides) -> Self {
        Self {
            program,
            sides,
            members: BTreeMap::new(),
            namespaces: BTreeMap::new(),
        }
    }

    /// Has `actor` perform `operation` on both sides at once. Returns the answers of the plain
    /// directory and of the mount.
    pub fn perform(
        &mut self,
        actor: &'static Actor,
        operation: &str,
    ) -> Result<[String; 2], String> {
        for side in Side::BOTH {
            self.begin(side, actor)?;
        }
        for side in Side::BOTH {
            self.member(side, actor).send(operation);
        }
        Ok(Side::BOTH.map(|side| self.member(side, actor).receive()))
    }

    /// The actors that take part in the running script.
    pub fn present(&self) -> Vec<&'static Actor> {
        let present = self.members.iter().filter(|(_, member)| member.begun);
        let names = present.filter(|((side, _), _)| *side == Side::Plain);
        names
            .filter_map(|((_, name), _)| actors::find(name))
            .collect()
    }

    /// Ends the script: nobody has anything open. Removes the processes that did not answer.
    pub fn end(&mut self) {
        for member in self.members.values_mut() {
            if std::mem::take(&mut member.begun) {
                member.send(END);
                member.receive();
            }
        }
        self.members.retain(|_, member| member.is_alive());
    }

    fn member(&mut self, side: Side, actor: &'static Actor) -> &mut Member {
        let member = self.members.get_mut(&(side, actor.name));
        member.expect("the member has begun")
    }

    /// The path of the innermost user namespace with these maps, if there are any.
    fn namespace(&mut self, maps: &'static [&'static str]) -> Result<Option<String>, String> {
        let [outer @ .., map] = maps else {
            return Ok(None);
        };
        self.namespace(outer)?;
        if !self.namespaces.contains_key(maps) {
            let parent = self.namespaces.get(outer);
            let made = UserNamespace::new(&self.program, parent, map)
                .map_err(|error| format!("no user namespace can be made: {error}."))?;
            self.namespaces.insert(maps, made);
        }
        let descriptor = self.namespaces[maps].as_fd().as_raw_fd();
        Ok(Some(format!(
            "/proc/{}/fd/{descriptor}",
            std::process::id()
        )))
    }

    /// Makes the actor a part of the running script.
    fn begin(&mut self, side: Side, actor: &'static Actor) -> Result<(), String> {
        let namespace = self.namespace(actor.namespaces)?;
        let (program, root) = (&self.program, self.sides.root(side, actor.below));
        let member = match self.members.entry((side, actor.name)) {
            Entry::Occupied(member) => member.into_mut(),
            Entry::Vacant(place) => place.insert(Member::spawn(program, actor, &root, namespace)?),
        };
        if !member.begun {
            member.send(BEGIN);
            member.begun = true;
            let answer = member.receive();
            if answer != "done" {
                return Err(format!("{} cannot begin: {answer}.", actor.name));
            }
        }
        Ok(())
    }
}

impl Member {
    fn spawn(
        program: &Path,
        actor: &'static Actor,
        root: &Path,
        namespace: Option<String>,
    ) -> Result<Self, String> {
        let complain = |error| format!("the process of {} cannot be started: {error}.", actor.name);
        let mut child = Command::new(program)
            .args(["--actor", actor.name])
            .arg(root)
            .args(namespace)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(complain)?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            unreachable!("both were asked for")
        };
        let mut member = Self {
            child,
            input,
            output: BufReader::new(output),
            begun: false,
        };
        match member.receive() {
            answer if answer == READY => Ok(member),
            answer => Err(format!(
                "the process of {} is not ready: {answer}.",
                actor.name
            )),
        }
    }

    fn send(&mut self, line: &str) {
        // A process that has ended does not answer either, which is noticed there.
        let _ = self.input.write_all(format!("{line}\n").as_bytes());
    }

    fn receive(&mut self) -> String {
        let mut descriptors = [PollFd::new(self.output.get_ref(), PollFlags::IN)];
        // An answer is one line, and the next line comes only after the next operation.
        if poll(&mut descriptors, Some(&PATIENCE)) == Ok(0) {
            let _ = self.child.kill();
            return HANGS.to_owned();
        }
        let mut line = String::new();
        match self.output.read_line(&mut line) {
            Ok(1..) => line.trim_end_matches('\n').to_owned(),
            Ok(0) | Err(_) => ENDED.to_owned(),
        }
    }

    fn is_alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
