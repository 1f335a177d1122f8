// SPDX-License-Identifier: GPL-2.0

//! The processes that race, as their driver sees them.

use std::collections::btree_map::{BTreeMap, Entry};
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use rustix::event::{poll, PollFd, PollFlags, Timespec};
use rustix::fd::OwnedFd;
use rustix::io::Errno;

use super::meeting::Meeting;
use super::racer::{Order, READY};
use crate::explore::actors::Actor;
use crate::explore::stage::{Side, Sides};
use crate::tasks::Observer;

/// Which racer: its side, its actor, and which one of those.
pub type Name = (Side, &'static str, usize);

/// Why a racer does not answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Silence {
    /// It hangs in the kernel. The text says where.
    Hangs(String),
    /// It has ended.
    Ended(String),
}

/// How long an answer is waited for before somebody looks what the task is doing.
const GLANCE: Timespec = Timespec {
    tv_sec: 10,
    tv_nsec: 0,
};

/// All racers, which live over many rounds.
pub struct Racers {
    program: PathBuf,
    sides: Sides,
    /// Where they meet.
    pub meeting: Meeting,
    memory: OwnedFd,
    racers: BTreeMap<Name, Racer>,
}

/// A process.
pub struct Racer {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Racers {
    /// No process yet. `program` is `base0fs-selftest`.
    pub fn new(program: PathBuf, sides: Sides) -> Result<Self, String> {
        let (meeting, memory) = Meeting::new()
            .map_err(|errno| format!("no memory can be shared with other processes: {errno}."))?;
        Ok(Self {
            program,
            sides,
            meeting,
            memory,
            racers: BTreeMap::new(),
        })
    }

    /// The racer of that name.
    pub fn get(
        &mut self,
        side: Side,
        actor: &'static Actor,
        number: usize,
    ) -> Result<&mut Racer, Silence> {
        match self.racers.entry((side, actor.name, number)) {
            Entry::Occupied(racer) => Ok(racer.into_mut()),
            Entry::Vacant(place) => {
                let mut command = Command::new(&self.program);
                command
                    .args(["--racer", actor.name])
                    .arg(self.sides.root(side, actor.below))
                    .arg(Meeting::path(&self.memory));
                Ok(place.insert(Racer::spawn(command)?))
            }
        }
    }

    /// Ends all of them.
    pub fn dismiss(&mut self) {
        self.racers.clear();
    }

    /// Kills a racer, and waits for its end.
    pub fn kill(
        &mut self,
        side: Side,
        actor: &'static Actor,
        number: usize,
    ) -> Result<(), Silence> {
        match self.racers.remove(&(side, actor.name, number)) {
            Some(mut racer) => racer.kill(),
            None => Ok(()),
        }
    }
}

impl Racer {
    fn spawn(mut command: Command) -> Result<Self, Silence> {
        let ended = |error: std::io::Error| Silence::Ended(error.to_string());
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().map_err(ended)?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            unreachable!("both were asked for")
        };
        let mut racer = Self {
            child,
            input,
            output: BufReader::new(output),
        };
        match racer.receive()? {
            answer if answer == READY => Ok(racer),
            answer => Err(Silence::Ended(format!("it is not ready: {answer}"))),
        }
    }

    /// The number of the process.
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// Tells it what to do.
    pub fn send(&mut self, order: &Order) {
        // A process that has ended does not answer either, which is noticed there.
        let _ = self
            .input
            .write_all(format!("{}\n", order.line()).as_bytes());
    }

    /// Tells it what to do, and waits for the answer.
    pub fn ask(&mut self, order: &Order) -> Result<String, Silence> {
        self.send(order);
        self.receive()
    }

    /// Its next answer.
    pub fn receive(&mut self) -> Result<String, Silence> {
        let mut observer = Observer::new(self.child.id());
        loop {
            let mut descriptors = [PollFd::new(self.output.get_ref(), PollFlags::IN)];
            match poll(&mut descriptors, Some(&GLANCE)) {
                Ok(0) => {}
                Err(Errno::INTR) => continue,
                _ => break,
            }
            if let Some(place) = observer.look() {
                return Err(Silence::Hangs(place));
            }
        }
        let mut line = String::new();
        match self.output.read_line(&mut line) {
            Ok(1..) => Ok(line.trim_end_matches('\n').to_owned()),
            Ok(0) | Err(_) => Err(Silence::Ended(match self.child.wait() {
                Ok(status) => status.to_string(),
                Err(error) => error.to_string(),
            })),
        }
    }

    /// Kills it, and waits for its end.
    fn kill(&mut self) -> Result<(), Silence> {
        let _ = self.child.kill();
        // The end of its output comes when it gives up its open files.
        loop {
            match self.receive() {
                Ok(_) => {}
                Err(Silence::Ended(_)) => return Ok(()),
                Err(Silence::Hangs(place)) => {
                    return Err(Silence::Hangs(format!("killed, and still there: {place}")))
                }
            }
        }
    }
}

impl Drop for Racer {
    fn drop(&mut self) {
        // One that hangs in the kernel has been reported by whoever waited for it.
        let _ = self.kill();
    }
}
