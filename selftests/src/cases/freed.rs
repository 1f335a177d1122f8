// SPDX-License-Identifier: GPL-2.0

//! The space and the inodes of removed files. The layer must not keep a reference to a lower file
//! that was removed: the lower filesystem could not free it.

use std::thread::sleep;
use std::time::Duration;

use rustix::fs::{mkdir, rmdir, stat, statfs, FallocateFlags, FileType, Mode, OFlags, RenameFlags};
use rustix::io::Errno;
use rustix::mm::{MapFlags, ProtFlags};

use super::small_tmpfs::{compare_on_small_tmpfs, record_free};
use crate::case::{Case, Run};
use crate::fixture::{Directories, Fixture};
use crate::ops::{pattern, CREATE, RDONLY, RDWR};
use crate::outcome::{expect, Expect, Outcome};
use crate::test_dir::TestDir;

pub(super) const CASE: Case = Case {
    name: "freed",
    about: "removed files and directories give back their space and inodes at once, open ones at the last close",
    risk: "no data is at risk; removed files may fill the lower filesystem",
    run: Run::Mounting(run),
};

fn run(fixture: &Fixture) -> Outcome {
    compare_on_small_tmpfs(fixture, c"size=1m,nr_inodes=200", |dir| {
        record_free(dir, "nothing")?;
        removed(dir)?;
        replaced(dir)?;
        still_in_use(dir)?;
        freed_in_part(dir)?;
        removed_below(dir)?;
        many_rounds(dir)?;
        missing_name_in_replaced(dir)
    })?;
    // tmpfs keeps no negative dentries. The filesystem of the scratch directory may.
    let [plain, lower, upper] = fixture.create_dirs(["plain-2", "lower-2", "mount-2"])?;
    let mounted = fixture.mount(&lower, &upper)?;
    let directories = Directories::new(&plain, &lower, &upper);
    fixture.compare("with negative dentries", directories, missing_name)?;
    Ok(mounted.unmount()?)
}

fn create_file(dir: &TestDir, name: &str) -> Result<(), Errno> {
    dir.write_file(name, &pattern(61, 20_000))
}

fn removed(dir: &TestDir) -> Outcome {
    create_file(dir, "f")?;
    dir.unlink("f")?;
    record_free(dir, "unlink")?;

    dir.mkdir("d", 0o755)?;
    create_file(dir, "d/f")?;
    dir.list("d")?;
    dir.unlink("d/f")?;
    dir.rmdir("d")?;
    record_free(dir, "rmdir")?;

    dir.symlink(&"t".repeat(500), "s")?;
    dir.readlink("s")?;
    dir.unlink("s")?;
    dir.mknod("fifo", FileType::Fifo, 0o600, 0)?;
    dir.open("fifo", RDWR)?.close()?;
    dir.unlink("fifo")?;
    Ok(record_free(dir, "unlink of special files")?)
}

fn replaced(dir: &TestDir) -> Outcome {
    create_file(dir, "f")?;
    create_file(dir, "g")?;
    dir.stat("g")?;
    dir.rename("f", "g")?;
    record_free(dir, "rename over a file")?;
    dir.mkdir("d", 0o755)?;
    dir.mkdir("e", 0o755)?;
    dir.rename("d", "e")?;
    dir.rename_with("g", "e", RenameFlags::EXCHANGE)?;
    record_free(dir, "rename over a directory")?;
    dir.unlink("e")?;
    dir.rmdir("g")?;
    Ok(record_free(dir, "exchange and removal")?)
}

/// Files that have another name, or are open or mapped.
fn still_in_use(dir: &TestDir) -> Outcome {
    create_file(dir, "f")?;
    dir.link("f", "g")?;
    dir.unlink("f")?;
    record_free(dir, "unlink of one of two names")?;
    let (one, other) = (dir.open("g", RDWR)?, dir.open("g", RDONLY)?);
    dir.unlink("g")?;
    record_free(dir, "unlink while open")?;
    one.close()?;
    record_free(dir, "the first close")?;
    other.close()?;
    record_free(dir, "the last close")?;

    create_file(dir, "m")?;
    let mapping = dir
        .open("m", RDWR)?
        .mmap(4_096, ProtFlags::READ, MapFlags::SHARED)?;
    dir.unlink("m")?;
    record_free(dir, "unlink while mapped")?;
    drop(mapping);
    record_free(dir, "the end of a mapping")?;

    dir.mkdir("d", 0o755)?;
    let directory = dir.open("d", RDONLY)?;
    dir.rmdir("d")?;
    directory.close()?;
    record_free(dir, "the close of a removed directory")?;

    dir.open(".", OFlags::TMPFILE | RDWR)?
        .write(&pattern(62, 20_000))?;
    Ok(record_free(dir, "a file without a name")?)
}

fn freed_in_part(dir: &TestDir) -> Outcome {
    create_file(dir, "f")?;
    dir.truncate("f", 100)?;
    record_free(dir, "truncate")?;
    let hole = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
    dir.open("f", CREATE)?.fallocate(hole, 0, 4_096)?;
    record_free(dir, "a punched hole")?;
    Ok(dir.unlink("f")?)
}

/// A file that was removed below is released when its name is next looked up above.
fn removed_below(dir: &TestDir) -> Outcome {
    let below = dir.below();
    create_file(dir, "f")?;
    dir.mkdir("d", 0o755)?;
    create_file(dir, "d/f")?;
    below.unlink("f")?;
    below.unlink("d/f")?;
    below.rmdir("d")?;
    dir.stat("d/f").refused(Errno::NOENT)?;
    dir.stat("f").refused(Errno::NOENT)?;
    record_free(dir, "removal below")?;
    create_file(dir, "f")?;
    create_file(dir, "g")?;
    below.rename("g", "f")?;
    dir.stat("g").refused(Errno::NOENT)?;
    dir.stat("f")?;
    record_free(dir, "replacement below")?;
    dir.unlink("f")?;
    Ok(record_free(dir, "unlink of the replacement")?)
}

fn many_rounds(dir: &TestDir) -> Outcome {
    for round in 0..100 {
        let name = format!("round-{round}");
        dir.mkdir(&name, 0o755)?;
        dir.write_file(&format!("{name}/f"), b"x")?;
        dir.unlink(&format!("{name}/f"))?;
        dir.rmdir(&name)?;
    }
    record_free(dir, "many rounds")?;
    for round in 0..100 {
        let name = format!("round-{round}");
        dir.mkdir(&name, 0o755)?;
        dir.stat(&format!("{name}/none")).refused(Errno::NOENT)?;
        dir.rmdir(&name)?;
    }
    Ok(record_free(dir, "many rounds with a missing name")?)
}

fn missing_name_in_replaced(dir: &TestDir) -> Outcome {
    dir.mkdir("d", 0o755)?;
    dir.mkdir("e", 0o755)?;
    dir.stat("e/none").refused(Errno::NOENT)?;
    dir.rename("d", "e")?;
    record_free(dir, "rename over a directory with a missing name")?;
    dir.rmdir("e")?;
    Ok(record_free(dir, "rmdir of it")?)
}

/// A negative dentry in a removed directory does not keep the directory's inode.
fn missing_name(dir: &TestDir) -> Outcome {
    // Other programs use this filesystem, too, and may take inodes meanwhile. This does not happen
    // in all of five attempts.
    let come_back = (0..5).any(|_| inodes_come_back(dir).is_ok_and(|come_back| come_back));
    dir.record("inodes of removed directories come back", &come_back);
    expect("inodes of removed directories come back", come_back, true)
}

/// Creates and removes directories, and looks up a missing name in each. Returns whether at least
/// half of their inodes are free again.
fn inodes_come_back(dir: &TestDir) -> Result<bool, Errno> {
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
