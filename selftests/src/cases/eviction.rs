// SPDX-License-Identifier: GPL-2.0

//! Dentries and inodes that the kernel evicts from its caches, as it does under memory pressure.

use rustix::io::Errno;

use crate::case::{Case, Run};
use crate::ops::RDWR;
use crate::outcome::{Expect, Outcome};
use crate::test_dir::TestDir;

pub(super) const CASE: Case = Case {
    name: "eviction",
    about: "names and inodes are the same after the kernel has evicted them from its caches",
    risk: "files may seem lost or changed after the kernel has dropped its caches",
    run: Run::Compared(run),
};

fn run(dir: &TestDir) -> Outcome {
    for directory in ["a", "a/b", "a/b/c"] {
        dir.mkdir(directory, 0o755)?;
    }
    for number in 0..40 {
        dir.write_file(&format!("a/b/c/{number}"), b"content")?;
    }
    dir.link("a/b/c/0", "a/linked")?;
    dir.stat("a/missing").refused(Errno::NOENT)?;
    let numbers = |dir: &TestDir| {
        (0..40)
            .map(|number| {
                rustix::fs::lstat(dir.path(&format!("a/b/c/{number}"))).map(|stat| stat.st_ino)
            })
            .collect::<Result<Vec<_>, _>>()
    };
    let before = numbers(dir)?;
    let (file, directory) = (
        dir.open("a/b/c/1", RDWR)?,
        dir.open("a/b", crate::ops::RDONLY)?,
    );
    if dir.removes_open_files() {
        dir.unlink("a/b/c/1")?;
    }

    for round in 0..3 {
        dir.record("round", &round);
        // 2 drops dentries and inodes, not pages. In a container /proc/sys may be read-only.
        dir.record(
            "dropped",
            &std::fs::write("/proc/sys/vm/drop_caches", "2").is_ok(),
        );
        dir.list("a/b/c")?;
        dir.read_file("a/b/c/7")?;
        dir.same_inode("a/linked", "a/b/c/0")?;
        dir.inode_as_below("a/b/c/9")?;
        dir.stat("a/missing").refused(Errno::NOENT)?;
        // Open files stay in the cache.
        file.pwrite(b"still here", 0)?;
        file.fstat()?;
        dir.statat(&directory, "c/3", rustix::fs::AtFlags::empty())?;
        dir.open("a/b/c/2", RDWR)?.pwrite(b"again", 7)?;
    }
    dir.write_file("a/b/c/1", b"content")?;
    let after = numbers(dir)?;
    dir.record("inode numbers are as before", &(before[2..] == after[2..]));
    Ok(())
}
