// SPDX-License-Identifier: GPL-2.0

//! Operations that the lower filesystem refuses, after the layer has taken its locks. Kernels
//! differ in who unlocks the directory and releases the dentry on an error. Each operation
//! therefore fails twice, in a child process that may hang, and succeeds afterwards.

use std::path::Path;

use rustix::io::Errno;
use rustix::mount::{mount_bind, unmount, UnmountFlags};

use super::small_tmpfs::{compare_on_small_tmpfs, record_free};
use crate::case::{Case, Run};
use crate::child::HUNG;
use crate::fixture::Fixture;
use crate::ops::CHILD_TIMEOUT;
use crate::outcome::{Failure, Outcome};
use crate::show::errno_name;
use crate::test_dir::TestDir;

pub(super) const CASE: Case = Case {
    name: "failing_below",
    about: "operations that the lower filesystem refuses leave no directory locked, and work once it lets them",
    risk: "an operation that fails may leave its directory locked forever, for all programs",
    run: Run::Mounting(run),
};

fn run(fixture: &Fixture) -> Outcome {
    compare_on_small_tmpfs(fixture, c"size=1m,nr_inodes=60", scenario)
}

fn scenario(dir: &TestDir) -> Outcome {
    dir.mkdir("d", 0o755)?;
    dir.write_file("file", b"file")?;
    dir.mkdir("full", 0o755)?;
    dir.write_file("full/inside", b"")?;
    dir.mkdir("moving", 0o755)?;
    without_inodes(dir)?;
    not_empty(dir)?;
    mountpoints(dir)
}

/// Operations that need an inode, first while none is free.
fn without_inodes(dir: &TestDir) -> Outcome {
    dir.mkdir("filler", 0o755)?;
    let filler = |number: usize| format!("filler/{number}");
    let fill = || (0..100).take_while(|number| dir.mkdir(&filler(*number), 0o755).is_ok());
    for operation in [
        &["mkdir", "d/made"] as &[&str],
        &["create", "d/made"],
        &["mknod", "d/made"],
        &["symlink", "d/made"],
        &["link", "file", "d/made"],
        &["tmpfile", "d"],
        &["whiteout", "file", "d/made"],
    ] {
        // The inodes of the last round may be freed with a delay.
        record_free(dir, "removal")?;
        let fillers = fill().count();
        dir.record("fillers", &fillers);
        refused_twice(dir, operation, Errno::NOSPC, "d")?;
        (0..fillers).try_for_each(|number| dir.rmdir(&filler(number)))?;
        match operation[0] {
            // A whiteout would leave a device in the place of the file.
            "whiteout" => continue,
            "tmpfile" => succeeds(dir, operation)?,
            "mkdir" => {
                succeeds(dir, operation)?;
                dir.rmdir("d/made")?;
            }
            _ => {
                succeeds(dir, operation)?;
                dir.unlink("d/made")?;
            }
        }
    }
    Ok(())
}

/// A directory that is not empty can neither be removed nor replaced.
fn not_empty(dir: &TestDir) -> Outcome {
    refused_twice(dir, &["rmdir", "full"], Errno::NOTEMPTY, ".")?;
    refused_twice(dir, &["rename", "moving", "full"], Errno::NOTEMPTY, ".")?;
    succeeds(dir, &["rename", "moving", "d/moved"])?;
    refused_twice(dir, &["rename", "d/moved", "full"], Errno::NOTEMPTY, ".")?;
    refused_twice(dir, &["rename", "d/moved", "full"], Errno::NOTEMPTY, "d")?;
    succeeds(dir, &["rename", "d/moved", "moving"])?;
    dir.unlink("full/inside")?;
    succeeds(dir, &["rename", "moving", "full"])?;
    succeeds(dir, &["rmdir", "full"])
}

/// A mountpoint of the lower filesystem can neither be removed nor renamed.
fn mountpoints(dir: &TestDir) -> Outcome {
    dir.write_file("bound", b"covered below")?;
    dir.mkdir("other", 0o755)?;
    let (file, directory) = (dir.below().path("bound"), dir.below().path("other"));
    for place in [&file, &directory] {
        mount_bind(place, place)?;
    }
    let result = busy_mountpoints(dir);
    for place in [&file, &directory] {
        unmount(
            place as &Path,
            UnmountFlags::NOFOLLOW | UnmountFlags::DETACH,
        )?;
    }
    result?;
    succeeds(dir, &["exchange", "bound", "other"])?;
    succeeds(dir, &["rename", "other", "d/other"])?;
    succeeds(dir, &["unlink", "d/other"])?;
    succeeds(dir, &["rmdir", "bound"])
}

fn busy_mountpoints(dir: &TestDir) -> Outcome {
    for (operation, directory) in [
        (&["unlink", "bound"] as &[&str], "."),
        (&["rmdir", "other"], "."),
        (&["rename", "bound", "moved"], "."),
        (&["rename", "bound", "d/moved"], "d"),
        (&["rename", "file", "bound"], "."),
        (&["exchange", "file", "bound"], "."),
    ] {
        refused_twice(dir, operation, Errno::BUSY, directory)?;
    }
    Ok(())
}

/// Expects an operation to fail twice, and then a removal in the lower directory `directory` to
/// end: the removal would hang if the directory were still locked.
fn refused_twice(dir: &TestDir, operation: &[&str], error: Errno, directory: &str) -> Outcome {
    let error = errno_name(error);
    attempt(dir, &[operation, operation], &format!("{error}, {error}"))?;
    let missing = format!("{directory}/missing");
    attempt(&dir.below(), &[&["rmdir", &missing]], "ENOENT")
}

/// Expects an operation to succeed.
fn succeeds(dir: &TestDir, operation: &[&str]) -> Outcome {
    attempt(dir, &[operation], "done")
}

/// Performs operations in a child process, and expects it to end with this output.
fn attempt(dir: &TestDir, operations: &[&[&str]], expected: &str) -> Outcome {
    match dir.in_child(operations) {
        Ok(found) if found == expected => Ok(()),
        Ok(found) => Err(Failure(format!("{operations:?} has to end with {expected}: {found}"))),
        Err(HUNG) => Err(Failure(format!(
            "{operations:?} did not end within {} s: an operation that failed has left the lower directory \
             locked, so nobody can change it until this machine is rebooted",
            CHILD_TIMEOUT.as_secs()
        ))),
        Err(errno) => Err(Failure(format!(
            "{operations:?} could not be tried: {}",
            errno_name(errno)
        ))),
    }
}
