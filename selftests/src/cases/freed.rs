// SPDX-License-Identifier: GPL-2.0

//! What is removed gives back its space and its inode at once: the layer keeps nothing of it.

use std::thread::sleep;
use std::time::Duration;

use rustix::fs::{mkdir, rmdir, stat, statfs, Mode, OFlags, RenameFlags};
use rustix::io::Errno;

use super::no_space::on_small_tmpfs;
use crate::case::{Case, Run};
use crate::fixture::{Directories, Fixture};
use crate::ops::{pattern, CREATE, RDONLY, RDWR};
use crate::outcome::{expect, Expect, Outcome};
use crate::test_dir::TestDir;

pub(super) const CASE: Case = Case {
    name: "freed",
    about: "removed files and directories give back their space and inodes at once, open ones at the last close",
    risk: "no data is at risk; the lower filesystem may run full of removed files",
    run: Run::Mounting(run),
};

fn run(fixture: &Fixture) -> Outcome {
    on_small_tmpfs(fixture, c"size=1m,nr_inodes=200", act)?;
    let [plain, lower, upper] = fixture.create_dirs(["plain-2", "lower-2", "mount-2"])?;
    let mounted = fixture.mount(&lower, &upper)?;
    let places = Directories::new(&plain, &lower, &upper);
    fixture.compare(
        "on a filesystem that remembers missing names",
        places,
        missing,
    )?;
    Ok(mounted.unmount()?)
}

/// Records what is free. What memory reclaim had in hand just then comes back a little later.
fn free(dir: &TestDir, after: &str) -> Result<(), Errno> {
    dir.eventually(format!("free after {after}"), || {
        statfs(dir.path(""))
            .map(|found| format!("{} blocks, {} inodes", found.f_bfree, found.f_ffree))
    })
    .map(drop)
}

/// A name that was found missing in a directory does not keep that directory when it is removed.
fn missing(dir: &TestDir) -> Outcome {
    // Others use this filesystem, too. What they take meanwhile is told from what is kept here by
    // trying again.
    let come_back = (0..5).any(|_| rounds_leave_nothing(dir).is_ok_and(|nothing| nothing));
    dir.record("inodes of removed directories come back", &come_back);
    expect("inodes of removed directories come back", come_back, true)
}

/// Whether most of many directories that were made and removed have given back their inodes.
fn rounds_leave_nothing(dir: &TestDir) -> Result<bool, Errno> {
    const ROUNDS: u64 = 300;
    let free = || statfs(dir.path("")).map(|found| found.f_ffree);
    let before = free()?;
    for round in 0..ROUNDS {
        let directory = dir.path(&format!("round-{round}"));
        mkdir(&directory, Mode::from_raw_mode(0o755))?;
        if stat(directory.join("none")).is_ok() {
            return Err(Errno::EXIST);
        }
        rmdir(&directory)?;
    }
    // A filesystem may free inodes in the background.
    for _ in 0..100 {
        if before.saturating_sub(free()?) < ROUNDS / 2 {
            return Ok(true);
        }
        sleep(Duration::from_millis(10));
    }
    Ok(false)
}

fn filled(dir: &TestDir, name: &str) -> Result<(), Errno> {
    dir.write_file(name, &pattern(61, 20_000))
}

fn act(dir: &TestDir) -> Outcome {
    free(dir, "nothing")?;
    filled(dir, "f")?;
    dir.unlink("f")?;
    free(dir, "unlink")?;

    dir.mkdir("d", 0o755)?;
    filled(dir, "d/f")?;
    dir.list("d")?;
    dir.unlink("d/f")?;
    dir.rmdir("d")?;
    free(dir, "rmdir")?;

    dir.symlink(&"t".repeat(500), "s")?;
    dir.readlink("s")?;
    dir.unlink("s")?;
    dir.mknod("fifo", rustix::fs::FileType::Fifo, 0o600, 0)?;
    dir.open("fifo", RDWR)?.close()?;
    dir.unlink("fifo")?;
    free(dir, "unlink of special files")?;

    filled(dir, "f")?;
    filled(dir, "g")?;
    dir.stat("g")?;
    dir.rename("f", "g")?;
    free(dir, "rename over a file")?;
    dir.mkdir("d", 0o755)?;
    dir.mkdir("e", 0o755)?;
    dir.rename("d", "e")?;
    dir.rename_with("g", "e", RenameFlags::EXCHANGE)?;
    free(dir, "rename over a directory")?;
    dir.unlink("e")?;
    dir.rmdir("g")?;
    free(dir, "exchange and removal")?;

    filled(dir, "f")?;
    dir.link("f", "g")?;
    dir.unlink("f")?;
    free(dir, "unlink of one of two names")?;
    let (one, other) = (dir.open("g", RDWR)?, dir.open("g", RDONLY)?);
    dir.unlink("g")?;
    free(dir, "unlink while open")?;
    one.close()?;
    free(dir, "the first close")?;
    other.close()?;
    free(dir, "the last close")?;
    let mapping = {
        filled(dir, "m")?;
        dir.open("m", RDWR)?.mmap(
            4_096,
            rustix::mm::ProtFlags::READ,
            rustix::mm::MapFlags::SHARED,
        )?
    };
    dir.unlink("m")?;
    free(dir, "unlink while mapped")?;
    drop(mapping);
    free(dir, "the end of a mapping")?;
    dir.mkdir("d", 0o755)?;
    let directory = dir.open("d", RDONLY)?;
    dir.rmdir("d")?;
    directory.close()?;
    free(dir, "the close of a removed directory")?;

    dir.open(".", OFlags::TMPFILE | RDWR)?
        .write(&pattern(62, 20_000))?;
    free(dir, "a file without a name")?;
    filled(dir, "f")?;
    dir.truncate("f", 100)?;
    free(dir, "truncate")?;
    dir.open("f", CREATE)?.fallocate(
        rustix::fs::FallocateFlags::PUNCH_HOLE | rustix::fs::FallocateFlags::KEEP_SIZE,
        0,
        4_096,
    )?;
    free(dir, "a punched hole")?;
    dir.unlink("f")?;

    removed_below(dir)?;
    for round in 0..100 {
        let name = format!("round-{round}");
        dir.mkdir(&name, 0o755)?;
        dir.write_file(&format!("{name}/f"), b"x")?;
        dir.unlink(&format!("{name}/f"))?;
        dir.rmdir(&name)?;
    }
    free(dir, "many rounds")?;
    // A name that was found missing in a directory does not keep that directory.
    for round in 0..100 {
        let name = format!("round-{round}");
        dir.mkdir(&name, 0o755)?;
        dir.stat(&format!("{name}/none")).refused(Errno::NOENT)?;
        dir.rmdir(&name)?;
    }
    free(dir, "many rounds with a missing name")?;
    dir.mkdir("d", 0o755)?;
    dir.mkdir("e", 0o755)?;
    dir.stat("e/none").refused(Errno::NOENT)?;
    dir.rename("d", "e")?;
    free(dir, "rename over a directory with a missing name")?;
    dir.rmdir("e")?;
    free(dir, "rmdir of it")?;
    Ok(())
}

/// What was removed below is let go of when it is next asked for above.
fn removed_below(dir: &TestDir) -> Outcome {
    let below = dir.below();
    filled(dir, "f")?;
    dir.mkdir("d", 0o755)?;
    filled(dir, "d/f")?;
    below.unlink("f")?;
    below.unlink("d/f")?;
    below.rmdir("d")?;
    dir.stat("d/f").refused(Errno::NOENT)?;
    dir.stat("f").refused(Errno::NOENT)?;
    free(dir, "removal below")?;
    filled(dir, "f")?;
    filled(dir, "g")?;
    below.rename("g", "f")?;
    dir.stat("g").refused(Errno::NOENT)?;
    dir.stat("f")?;
    free(dir, "replacement below")?;
    dir.unlink("f")?;
    free(dir, "unlink of the replacement")?;
    Ok(())
}
