// SPDX-License-Identifier: GPL-2.0

//! Operations that fail in the lower filesystem, after the layer has prepared everything. Kernels differ
//! in who then unlocks the directory and drops the name, so that each operation fails twice, and then
//! works.

use std::path::Path;

use rustix::io::Errno;
use rustix::mount::{mount_bind, unmount, UnmountFlags};

use super::no_space::on_small_tmpfs;
use crate::bench::Bench;
use crate::case::{Case, Outcome, Run, Stop};
use crate::errand::STUCK;
use crate::ops::PATIENCE;
use crate::show::errno_name;
use crate::world::World;

pub(super) const CASE: Case = Case {
    name: "failing_below",
    about: "operations that the lower filesystem refuses leave no directory locked, and work once it lets them",
    risk: "an operation that fails may leave its directory locked for ever, for every user of it",
    run: Run::Mounting(run),
};

fn run(bench: &Bench) -> Outcome {
    on_small_tmpfs(bench, c"size=1m,nr_inodes=60", act)
}

fn act(w: &World) -> Outcome {
    w.mkdir("d", 0o755)?;
    w.write_file("file", b"file")?;
    w.mkdir("full", 0o755)?;
    w.write_file("full/inside", b"")?;
    w.mkdir("moving", 0o755)?;
    without_inodes(w)?;
    not_empty(w)?;
    busy(w)
}

/// An operation that makes something, first where no inode is left.
fn without_inodes(w: &World) -> Outcome {
    w.mkdir("filler", 0o755)?;
    let filler = |number: usize| format!("filler/{number}");
    let fill = || (0..100).take_while(|number| w.mkdir(&filler(*number), 0o755).is_ok());
    for operation in [
        &["mkdir", "d/made"] as &[&str],
        &["create", "d/made"],
        &["mknod", "d/made"],
        &["symlink", "d/made"],
        &["link", "file", "d/made"],
        &["tmpfile", "d"],
        &["whiteout", "file", "d/made"],
    ] {
        let fillers = fill().count();
        w.note("fillers", &fillers);
        refused_twice(w, operation, Errno::NOSPC, "d")?;
        (0..fillers).try_for_each(|number| w.rmdir(&filler(number)))?;
        match operation[0] {
            // This one would leave a device for the file.
            "whiteout" => continue,
            "tmpfile" => succeeds(w, operation)?,
            "mkdir" => {
                succeeds(w, operation)?;
                w.rmdir("d/made")?;
            }
            _ => {
                succeeds(w, operation)?;
                w.unlink("d/made")?;
            }
        }
    }
    Ok(())
}

/// A directory that holds something can neither be removed nor replaced.
fn not_empty(w: &World) -> Outcome {
    refused_twice(w, &["rmdir", "full"], Errno::NOTEMPTY, ".")?;
    refused_twice(w, &["rename", "moving", "full"], Errno::NOTEMPTY, ".")?;
    succeeds(w, &["rename", "moving", "d/moved"])?;
    refused_twice(w, &["rename", "d/moved", "full"], Errno::NOTEMPTY, ".")?;
    refused_twice(w, &["rename", "d/moved", "full"], Errno::NOTEMPTY, "d")?;
    succeeds(w, &["rename", "d/moved", "moving"])?;
    w.unlink("full/inside")?;
    succeeds(w, &["rename", "moving", "full"])?;
    succeeds(w, &["rmdir", "full"])
}

/// What is a mountpoint below can be neither removed nor renamed.
fn busy(w: &World) -> Outcome {
    w.write_file("bound", b"covered below")?;
    w.mkdir("other", 0o755)?;
    let (file, directory) = (w.below().path("bound"), w.below().path("other"));
    for place in [&file, &directory] {
        mount_bind(place, place)?;
    }
    let result = busy_names(w);
    for place in [&file, &directory] {
        unmount(
            place as &Path,
            UnmountFlags::NOFOLLOW | UnmountFlags::DETACH,
        )?;
    }
    result?;
    succeeds(w, &["exchange", "bound", "other"])?;
    succeeds(w, &["rename", "other", "d/other"])?;
    succeeds(w, &["unlink", "d/other"])?;
    succeeds(w, &["rmdir", "bound"])
}

fn busy_names(w: &World) -> Outcome {
    for (operation, directory) in [
        (&["unlink", "bound"] as &[&str], "."),
        (&["rmdir", "other"], "."),
        (&["rename", "bound", "moved"], "."),
        (&["rename", "bound", "d/moved"], "d"),
        (&["rename", "file", "bound"], "."),
        (&["exchange", "file", "bound"], "."),
    ] {
        refused_twice(w, operation, Errno::BUSY, directory)?;
    }
    Ok(())
}

/// Has another process try an operation twice, which has to be refused both times, and then use the
/// directory below, where nothing but its lock can be in the way.
fn refused_twice(w: &World, operation: &[&str], error: Errno, directory: &str) -> Outcome {
    let error = errno_name(error);
    attempt(w, &[operation, operation], &format!("{error}, {error}"))?;
    let proof = format!("{directory}/missing");
    attempt(&w.below(), &[&["rmdir", &proof]], "ENOENT")
}

/// Has another process try an operation, which has to succeed.
fn succeeds(w: &World, operation: &[&str]) -> Outcome {
    attempt(w, &[operation], "done")
}

fn attempt(w: &World, operations: &[&[&str]], expected: &str) -> Outcome {
    match w.errand(operations) {
        Ok(told) if told == expected => Ok(()),
        Ok(told) => Err(Stop(format!("{operations:?} has to end with {expected}: {told}"))),
        Err(STUCK) => Err(Stop(format!(
            "{operations:?} did not end within {} s: an operation that failed has left the lower directory \
             locked, so that nobody can change it until this machine is started anew",
            PATIENCE.as_secs()
        ))),
        Err(errno) => Err(Stop(format!(
            "{operations:?} could not be tried: {}",
            errno_name(errno)
        ))),
    }
}
