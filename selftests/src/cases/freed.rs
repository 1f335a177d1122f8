// SPDX-License-Identifier: GPL-2.0

//! What is removed gives back its space and its inode at once: the layer keeps nothing of it.

use std::thread::sleep;
use std::time::Duration;

use rustix::fs::{mkdir, rmdir, stat, statfs, Mode, OFlags, RenameFlags};
use rustix::io::Errno;

use super::no_space::on_small_tmpfs;
use crate::bench::Bench;
use crate::case::{expect, Case, Expect, Outcome, Run};
use crate::ops::{pattern, CREATE, RDONLY, RDWR};
use crate::suite::Places;
use crate::world::World;

pub(super) const CASE: Case = Case {
    name: "freed",
    about: "removed files and directories give back their space and inodes at once, open ones at the last close",
    risk: "no data is at risk; the lower filesystem may run full of removed files",
    run: Run::Mounting(run),
};

fn run(bench: &Bench) -> Outcome {
    on_small_tmpfs(bench, c"size=1m,nr_inodes=200", act)?;
    let [plain, lower, upper] = bench.directories(["plain-2", "lower-2", "mount-2"])?;
    let mounted = bench.mount(&lower, &upper)?;
    let places = Places::new(&plain, &lower, &upper);
    bench.compare(
        "on a filesystem that remembers missing names",
        places,
        missing,
    )?;
    Ok(mounted.unmount()?)
}

/// Records what is free. What memory reclaim had in hand just then comes back a little later.
fn free(w: &World, after: &str) -> Result<(), Errno> {
    w.settled(format!("free after {after}"), || {
        statfs(w.path(""))
            .map(|found| format!("{} blocks, {} inodes", found.f_bfree, found.f_ffree))
    })
    .map(drop)
}

/// A name that was found missing in a directory does not keep that directory when it is removed.
fn missing(w: &World) -> Outcome {
    // Others use this filesystem, too. What they take meanwhile is told from what is kept here by
    // trying again.
    let come_back = (0..5).any(|_| rounds_leave_nothing(w).is_ok_and(|nothing| nothing));
    w.note("inodes of removed directories come back", &come_back);
    expect("inodes of removed directories come back", come_back, true)
}

/// Whether most of many directories that were made and removed have given back their inodes.
fn rounds_leave_nothing(w: &World) -> Result<bool, Errno> {
    const ROUNDS: u64 = 300;
    let free = || statfs(w.path("")).map(|found| found.f_ffree);
    let before = free()?;
    for round in 0..ROUNDS {
        let directory = w.path(&format!("round-{round}"));
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

fn filled(w: &World, name: &str) -> Result<(), Errno> {
    w.write_file(name, &pattern(61, 20_000))
}

fn act(w: &World) -> Outcome {
    free(w, "nothing")?;
    filled(w, "f")?;
    w.unlink("f")?;
    free(w, "unlink")?;

    w.mkdir("d", 0o755)?;
    filled(w, "d/f")?;
    w.list("d")?;
    w.unlink("d/f")?;
    w.rmdir("d")?;
    free(w, "rmdir")?;

    w.symlink(&"t".repeat(500), "s")?;
    w.readlink("s")?;
    w.unlink("s")?;
    w.mknod("fifo", rustix::fs::FileType::Fifo, 0o600, 0)?;
    w.open("fifo", RDWR)?.close()?;
    w.unlink("fifo")?;
    free(w, "unlink of special files")?;

    filled(w, "f")?;
    filled(w, "g")?;
    w.stat("g")?;
    w.rename("f", "g")?;
    free(w, "rename over a file")?;
    w.mkdir("d", 0o755)?;
    w.mkdir("e", 0o755)?;
    w.rename("d", "e")?;
    w.rename_with("g", "e", RenameFlags::EXCHANGE)?;
    free(w, "rename over a directory")?;
    w.unlink("e")?;
    w.rmdir("g")?;
    free(w, "exchange and removal")?;

    filled(w, "f")?;
    w.link("f", "g")?;
    w.unlink("f")?;
    free(w, "unlink of one of two names")?;
    let (one, other) = (w.open("g", RDWR)?, w.open("g", RDONLY)?);
    w.unlink("g")?;
    free(w, "unlink while open")?;
    one.close()?;
    free(w, "the first close")?;
    other.close()?;
    free(w, "the last close")?;
    let mapping = {
        filled(w, "m")?;
        w.open("m", RDWR)?.mmap(
            4_096,
            rustix::mm::ProtFlags::READ,
            rustix::mm::MapFlags::SHARED,
        )?
    };
    w.unlink("m")?;
    free(w, "unlink while mapped")?;
    drop(mapping);
    free(w, "the end of a mapping")?;
    w.mkdir("d", 0o755)?;
    let directory = w.open("d", RDONLY)?;
    w.rmdir("d")?;
    directory.close()?;
    free(w, "the close of a removed directory")?;

    w.open(".", OFlags::TMPFILE | RDWR)?
        .write(&pattern(62, 20_000))?;
    free(w, "a file without a name")?;
    filled(w, "f")?;
    w.truncate("f", 100)?;
    free(w, "truncate")?;
    w.open("f", CREATE)?.fallocate(
        rustix::fs::FallocateFlags::PUNCH_HOLE | rustix::fs::FallocateFlags::KEEP_SIZE,
        0,
        4_096,
    )?;
    free(w, "a punched hole")?;
    w.unlink("f")?;

    removed_below(w)?;
    for round in 0..100 {
        let name = format!("round-{round}");
        w.mkdir(&name, 0o755)?;
        w.write_file(&format!("{name}/f"), b"x")?;
        w.unlink(&format!("{name}/f"))?;
        w.rmdir(&name)?;
    }
    free(w, "many rounds")?;
    // A name that was found missing in a directory does not keep that directory.
    for round in 0..100 {
        let name = format!("round-{round}");
        w.mkdir(&name, 0o755)?;
        w.stat(&format!("{name}/none")).refused(Errno::NOENT)?;
        w.rmdir(&name)?;
    }
    free(w, "many rounds with a missing name")?;
    w.mkdir("d", 0o755)?;
    w.mkdir("e", 0o755)?;
    w.stat("e/none").refused(Errno::NOENT)?;
    w.rename("d", "e")?;
    free(w, "rename over a directory with a missing name")?;
    w.rmdir("e")?;
    free(w, "rmdir of it")?;
    Ok(())
}

/// What was removed below is let go of when it is next asked for above.
fn removed_below(w: &World) -> Outcome {
    let below = w.below();
    filled(w, "f")?;
    w.mkdir("d", 0o755)?;
    filled(w, "d/f")?;
    below.unlink("f")?;
    below.unlink("d/f")?;
    below.rmdir("d")?;
    w.stat("d/f").refused(Errno::NOENT)?;
    w.stat("f").refused(Errno::NOENT)?;
    free(w, "removal below")?;
    filled(w, "f")?;
    filled(w, "g")?;
    below.rename("g", "f")?;
    w.stat("g").refused(Errno::NOENT)?;
    w.stat("f")?;
    free(w, "replacement below")?;
    w.unlink("f")?;
    free(w, "unlink of the replacement")?;
    Ok(())
}
