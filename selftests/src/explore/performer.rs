// SPDX-License-Identifier: GPL-2.0

//! `base0fs-selftest --actor`: the process of an actor on one side. It performs the operation of
//! each line that it reads, and answers with a line.

use std::io::{self, BufRead, Write};
use std::path::Path;

use rustix::io::Errno;
use rustix::process::{chdir, chroot};

use super::actors::{self, Actor};
use super::hand::{Hand, NOTHING_OPEN};
use super::operation::{Answer, Operation};
use super::place::TOP;
use crate::show::errno_name;

/// The line that begins a script: nothing is open, and the working directory is the top.
pub const BEGIN: &str = "begin";

/// The line that ends a script: everything is closed, so that the mount can be unmounted.
pub const END: &str = "end";

/// What the process says when it is ready.
pub const READY: &str = "ready";

/// Runs the process. `words` are the actor's name and the directory that it is confined to.
pub fn run(words: &[String]) -> Result<(), String> {
    let [name, root, namespaces @ ..] = words else {
        return Err("an actor needs a name and a directory.".into());
    };
    let actor = actors::find(name).ok_or_else(|| format!("there is no actor {name}."))?;
    confine(actor, Path::new(root), namespaces).map_err(|errno| {
        format!(
            "{name} cannot be confined to {root}: {}.",
            errno_name(errno)
        )
    })?;
    let mut hand = Hand::new(actor);
    let (mut input, mut output) = (io::stdin().lock(), io::stdout().lock());
    let mut answer = READY.to_owned();
    let mut line = String::new();
    loop {
        answer.push('\n');
        output
            .write_all(answer.as_bytes())
            .and_then(|()| output.flush())
            .map_err(|error| format!("an actor cannot answer: {error}."))?;
        line.clear();
        match input.read_line(&mut line) {
            Ok(0) | Err(_) => return Ok(()),
            Ok(_) => {}
        }
        answer = match line.trim_end() {
            BEGIN => {
                actor.set_defaults();
                show(&chdir(TOP).map(|()| "done".to_owned()))
            }
            END => {
                hand = Hand::new(actor);
                show(&chdir("/").map(|()| "done".to_owned()))
            }
            text => show(&Operation::parse(text)?.perform(&mut hand)),
        };
    }
}

fn show(answer: &Answer) -> String {
    match answer {
        Ok(text) => text.clone(),
        Err(NOTHING_OPEN) => "nothing open".to_owned(),
        Err(errno) => errno_name(*errno),
    }
}

fn confine(actor: &Actor, root: &Path, namespaces: &[String]) -> Result<(), Errno> {
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
    actor.impersonate()
}

/// Ignores a signal. The operation that it is about then returns an error.
fn ignore(signal: i32) {
    // SAFETY: `SIG_IGN` is no function, so nothing of this process runs in a handler.
    unsafe { libc::signal(signal, libc::SIG_IGN) };
}
