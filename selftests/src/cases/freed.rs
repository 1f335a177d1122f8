// SPDX-License-Identifier: GPL-2.0

//! What is removed gives back its space and its inode at once: the layer keeps nothing of it.

use rustix::fs::{statfs, OFlags, RenameFlags};
use rustix::io::Errno;

use super::no_space::on_small_tmpfs;
use crate::bench::Bench;
use crate::case::{Case, Expect, Outcome, Run};
use crate::ops::{pattern, CREATE, RDONLY, RDWR};
use crate::world::World;

pub(super) const CASE: Case = Case {
    name: "freed",
    about: "removed files and directories give back their space and inodes at once, open ones at the last close",
    risk: "no data is at risk; the lower filesystem may run full of removed files",
    run: Run::Mounting(run),
};

fn run(bench: &Bench) -> Outcome {
    on_small_tmpfs(bench, c"size=1m,nr_inodes=200", act)
}

/// Records what is free.
fn free(w: &World, after: &str) -> Result<(), Errno> {
    w.step(format!("free after {after}"), || {
        statfs(w.path(""))
            .map(|found| format!("{} blocks, {} inodes", found.f_bfree, found.f_ffree))
    })
    .map(drop)
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
