// SPDX-License-Identifier: GPL-2.0

//! The process of an actor on one side, as the engine sees it.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use rustix::event::{poll, PollFd, PollFlags, Timespec};
use rustix::io::{read, Errno};

use super::actors::Actor;
use super::orders::Order;
use super::performer::READY;
use super::turns::Turns;

/// How long a list of steps may take. Only one that hangs takes so long.
const PATIENCE: Timespec = Timespec {
    tv_sec: 300,
    tv_nsec: 0,
};

/// Why a process does not answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Silence {
    /// It is still at work.
    Hangs,
    /// It has ended.
    Ended,
}

impl Silence {
    /// What stands for the answer.
    pub fn text(self) -> &'static str {
        match self {
            Self::Hangs => "hangs",
            Self::Ended => "the process has ended",
        }
    }
}

/// A process.
#[derive(Debug)]
pub struct Member {
    child: Child,
    input: ChildStdin,
    output: ChildStdout,
    /// The orders that are not yet sent.
    orders: String,
    /// How many answers have not come yet.
    awaited: usize,
    /// What has come.
    answers: Vec<u8>,
    /// Why nothing more comes.
    pub silence: Option<Silence>,
    /// Whether it takes part in the running script.
    pub begun: bool,
}

impl Member {
    /// Starts the process of `actor`, which is confined to `root`, in a user namespace if there is
    /// one.
    pub fn spawn(
        program: &Path,
        actor: &'static Actor,
        root: &Path,
        turns: &Turns,
        namespace: Option<String>,
    ) -> Result<Self, String> {
        let complain = |error| format!("the process of {} cannot be started: {error}.", actor.name);
        let mut child = Command::new(program)
            .args(["--actor", actor.name])
            .arg(root)
            .arg(turns.argument())
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
            output,
            orders: String::new(),
            awaited: 1,
            answers: Vec::new(),
            silence: None,
            begun: false,
        };
        receive(&mut [&mut member], true);
        match member.take_answers().first().map(String::as_str) {
            Some(READY) => Ok(member),
            answer => Err(format!(
                "the process of {} is not ready: {}.",
                actor.name,
                answer.unwrap_or(Silence::Ended.text())
            )),
        }
    }

    /// Adds to the orders of the process.
    pub fn tell(&mut self, order: Order) {
        let _ = writeln!(self.orders, "{order}");
        self.awaited += match order {
            Order::Begin | Order::End | Order::Perform(_) => 1,
            Order::Wait | Order::Pass(_) | Order::Answer => 0,
        };
    }

    /// Whether there are orders to send.
    pub fn has_orders(&self) -> bool {
        !self.orders.is_empty()
    }

    /// Sends the orders.
    pub fn send(&mut self) {
        self.tell(Order::Answer);
        // A process that has ended does not answer either, which is noticed there.
        let _ = self.input.write_all(self.orders.as_bytes());
        self.orders.clear();
    }

    /// The answers that have come, one for each order that has one.
    pub fn take_answers(&mut self) -> Vec<String> {
        let text = std::mem::take(&mut self.answers);
        let text = String::from_utf8_lossy(&text);
        text.lines().map(str::to_owned).collect()
    }

    fn is_awaited(&self) -> bool {
        self.awaited > 0 && self.silence.is_none()
    }

    fn give_up(&mut self, silence: Silence) {
        self.silence = Some(silence);
        let _ = self.child.kill();
    }

    /// Reads what has come.
    fn read(&mut self) {
        let mut part = [0; 65_536];
        match read(&self.output, &mut part) {
            Ok(length @ 1..) => {
                let part = &part[..length];
                let lines = part.iter().filter(|byte| **byte == b'\n').count();
                self.awaited = self.awaited.saturating_sub(lines);
                self.answers.extend_from_slice(part);
            }
            Err(Errno::INTR) => {}
            Ok(0) | Err(_) => self.give_up(Silence::Ended),
        }
    }
}

/// Waits until all of the processes have answered. If they act `alone`, also for those that answer
/// when others are silent; otherwise they may wait for the silent one.
pub fn receive(members: &mut [&mut Member], alone: bool) {
    loop {
        if !alone && members.iter().any(|member| member.silence.is_some()) {
            return;
        }
        let mut awaited: Vec<&mut Member> = members
            .iter_mut()
            .map(|member| &mut **member)
            .filter(|member| member.is_awaited())
            .collect();
        if awaited.is_empty() {
            return;
        }
        let ready: Vec<bool> = {
            let mut descriptors: Vec<PollFd> = awaited
                .iter()
                .map(|member| PollFd::new(&member.output, PollFlags::IN))
                .collect();
            match poll(&mut descriptors, Some(&PATIENCE)) {
                Ok(0) => Vec::new(),
                Ok(_) => descriptors
                    .iter()
                    .map(|descriptor| !descriptor.revents().is_empty())
                    .collect(),
                Err(_) => vec![false; descriptors.len()],
            }
        };
        match ready.is_empty() {
            true => awaited
                .iter_mut()
                .for_each(|member| member.give_up(Silence::Hangs)),
            false => awaited
                .iter_mut()
                .zip(ready)
                .filter(|(_, ready)| *ready)
                .for_each(|(member, _)| member.read()),
        }
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
