// SPDX-License-Identifier: GPL-2.0

//! Whose turn it is. The actors of a side act one after the other, and each one gives the turn to the
//! next. So a list of steps needs no round trip to the engine for each of them.
//!
//! Each actor has a pipe, and a byte in it is its turn. The engine makes the pipes, and the
//! processes of the actors open them by their paths in /proc.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::process;

use rustix::fd::{AsRawFd, OwnedFd};
use rustix::pipe::{pipe_with, PipeFlags};

use super::actors::{Actor, ACTORS};

/// The pipes of a side, which exist as long as this.
#[derive(Debug)]
pub struct Turns(Vec<OwnedFd>);

impl Turns {
    /// New pipes, in which nobody has the turn.
    pub fn new() -> io::Result<Self> {
        let one = |_| Ok(pipe_with(PipeFlags::CLOEXEC)?.0);
        ACTORS.iter().map(one).collect::<io::Result<_>>().map(Self)
    }

    /// The argument from which [`Seat::take`] knows the pipes.
    pub fn argument(&self) -> String {
        let path = |pipe: &OwnedFd| format!("/proc/{}/fd/{}", process::id(), pipe.as_raw_fd());
        self.0.iter().map(path).collect::<Vec<_>>().join(",")
    }
}

/// Where an actor waits for its turn, and from where it gives the turn to others.
#[derive(Debug)]
pub struct Seat {
    own: File,
    all: Vec<File>,
}

impl Seat {
    /// The seat of an actor. `argument` is that of [`Turns::argument`].
    pub fn take(actor: &Actor, argument: &str) -> io::Result<Self> {
        // Open for both, so that opening does not wait for somebody at the other end.
        let open = |path| OpenOptions::new().read(true).write(true).open(path);
        let all: Vec<File> = argument.split(',').map(open).collect::<io::Result<_>>()?;
        let own = place(actor.name).and_then(|place| all.get(place));
        let own = own.ok_or(io::ErrorKind::NotFound)?.try_clone()?;
        Ok(Self { own, all })
    }

    /// Waits for the actor's turn.
    pub fn wait(&mut self) -> io::Result<()> {
        self.own.read_exact(&mut [0])
    }

    /// Gives the turn to the actor of that name.
    pub fn pass(&mut self, name: &str) -> io::Result<()> {
        let pipe = place(name).and_then(|place| self.all.get_mut(place));
        pipe.ok_or(io::ErrorKind::NotFound)?.write_all(&[0])
    }
}

fn place(name: &str) -> Option<usize> {
    ACTORS.iter().position(|actor| actor.name == name)
}
