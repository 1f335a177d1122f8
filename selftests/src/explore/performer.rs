// SPDX-License-Identifier: GPL-2.0

//! `base0fs-selftest --actor`: the process of an actor on one side. It carries out the orders that it
//! reads, and answers with a line for each.

use std::io::{self, BufRead, Write};
use std::path::Path;

use rustix::io::Errno;
use rustix::process::{chdir, chroot, set_parent_process_death_signal, Signal};

use super::actors::{self, Actor};
use super::hand::{Hand, NOTHING_OPEN};
use super::operation::{Answer, Operation};
use super::orders::Order;
use super::place::TOP;
use super::turns::Seat;
use crate::show::errno_name;

/// What the process says when it is ready.
pub const READY: &str = "ready";

/// Runs the process. `words` are the actor's name, the directory that it is confined to, and the
/// pipes of the turns.
pub fn run(words: &[String]) -> Result<(), String> {
    let [name, root, turns, namespaces @ ..] = words else {
        return Err("an actor needs a name, a directory and turns.".into());
    };
    let actor = actors::find(name).ok_or_else(|| format!("there is no actor {name}."))?;
    let complain = |error| format!("{name} cannot take turns: {error}.");
    let mut seat = Seat::take(actor, turns).map_err(complain)?;
    confine(actor, Path::new(root), namespaces).map_err(|errno| {
        format!(
            "{name} cannot be confined to {root}: {}.",
            errno_name(errno)
        )
    })?;
    let mut hand = Hand::new(actor);
    let (mut input, mut output) = (io::stdin().lock(), io::stdout().lock());
    let (mut answers, mut line) = (format!("{READY}\n"), String::from("\n"));
    loop {
        let answer = match Order::parse(line.trim_end_matches('\n')) {
            Order::Answer => {
                output
                    .write_all(answers.as_bytes())
                    .and_then(|()| output.flush())
                    .map_err(|error| format!("an actor cannot answer: {error}."))?;
                answers.clear();
                None
            }
            Order::Wait => {
                seat.wait().map_err(complain)?;
                None
            }
            Order::Pass(name) => {
                seat.pass(name).map_err(complain)?;
                None
            }
            Order::Begin => {
                actor.set_defaults();
                Some(show(&chdir(TOP).map(|()| "done".to_owned())))
            }
            Order::End => {
                hand = Hand::new(actor);
                Some(show(&chdir("/").map(|()| "done".to_owned())))
            }
            Order::Perform(text) => Some(show(&Operation::parse(text)?.perform(&mut hand))),
        };
        if let Some(answer) = answer {
            answers.push_str(&answer);
            answers.push('\n');
        }
        line.clear();
        match input.read_line(&mut line) {
            Ok(0) | Err(_) => return Ok(()),
            Ok(_) => {}
        }
    }
}

/// The answer as a line shows it.
pub fn show(answer: &Answer) -> String {
    match answer {
        Ok(text) => text.clone(),
        Err(NOTHING_OPEN) => "nothing open".to_owned(),
        Err(errno) => errno_name(*errno),
    }
}

/// Confines the calling process to a directory, and gives it the actor's credentials. `namespaces`
/// are paths of user namespaces to enter.
pub fn confine(actor: &Actor, root: &Path, namespaces: &[String]) -> Result<(), Errno> {
    let namespaces: Vec<std::fs::File> = namespaces
        .iter()
        .map(|path| std::fs::File::open(path).map_err(|_| Errno::NOENT))
        .collect::<Result<_, _>>()?;
    // A file has reached its limit, and a lease is broken.
    ignore(libc::SIGXFSZ);
    ignore(libc::SIGIO);
    chdir(root)?;
    chroot(".")?;
    for namespace in namespaces {
        rustix::thread::move_into_link_name_space(
            rustix::fd::AsFd::as_fd(&namespace),
            Some(rustix::thread::LinkNameSpaceType::User),
        )?;
    }
    actor.impersonate()?;
    // Other actors hold the pipe of this one's turns, so its end would not end this process.
    set_parent_process_death_signal(Some(Signal::KILL))
}

/// Ignores a signal. The operation that it is about then returns an error.
fn ignore(signal: i32) {
    // SAFETY: `SIG_IGN` is no function, so nothing of this process runs in a handler.
    unsafe { libc::signal(signal, libc::SIG_IGN) };
}
