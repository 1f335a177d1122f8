// SPDX-License-Identifier: GPL-2.0

//! What the kernel forgets of a mount under memory pressure, it finds again.

use rustix::io::Errno;

use crate::case::{Case, Expect, Outcome, Run};
use crate::ops::RDWR;
use crate::world::World;

pub(super) const CASE: Case = Case {
    name: "eviction",
    about: "names and inodes that the kernel drops from its caches come back the same",
    risk: "files may seem lost or changed once the kernel has dropped its caches",
    run: Run::Compared(run),
};

fn run(w: &World) -> Outcome {
    for directory in ["a", "a/b", "a/b/c"] {
        w.mkdir(directory, 0o755)?;
    }
    for number in 0..40 {
        w.write_file(&format!("a/b/c/{number}"), b"content")?;
    }
    w.link("a/b/c/0", "a/linked")?;
    w.stat("a/missing").refused(Errno::NOENT)?;
    let numbers = |w: &World| {
        (0..40)
            .map(|number| {
                rustix::fs::lstat(w.path(&format!("a/b/c/{number}"))).map(|stat| stat.st_ino)
            })
            .collect::<Result<Vec<_>, _>>()
    };
    let before = numbers(w)?;
    let (file, directory) = (w.open("a/b/c/1", RDWR)?, w.open("a/b", crate::ops::RDONLY)?);
    w.unlink("a/b/c/1")?;

    for round in 0..3 {
        w.note("round", &round);
        // Names and inodes, not pages. Where the kernel's switches are closed to us, there is
        // nothing to drop.
        w.note(
            "dropped",
            &std::fs::write("/proc/sys/vm/drop_caches", "2").is_ok(),
        );
        w.list("a/b/c")?;
        w.read_file("a/b/c/7")?;
        w.same_inode("a/linked", "a/b/c/0")?;
        w.inode_as_below("a/b/c/9")?;
        w.stat("a/missing").refused(Errno::NOENT)?;
        // What is open is not dropped.
        file.pwrite(b"still here", 0)?;
        file.fstat()?;
        w.statat(&directory, "c/3", rustix::fs::AtFlags::empty())?;
        w.open("a/b/c/2", RDWR)?.pwrite(b"again", 7)?;
    }
    w.write_file("a/b/c/1", b"content")?;
    let after = numbers(w)?;
    w.note("inode numbers are as before", &(before[2..] == after[2..]));
    Ok(())
}
