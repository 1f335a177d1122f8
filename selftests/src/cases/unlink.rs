// SPDX-License-Identifier: GPL-2.0

//! Removing names, and files without a name.

use rustix::io::Errno;

use crate::case::{Case, Run};
use crate::ops::{pattern, CREATE, RDONLY, RDWR};
use crate::outcome::{Expect, Outcome};
use crate::test_dir::TestDir;

pub(super) const CASE: Case = Case {
    name: "unlink",
    about: "remove names; a removed file stays usable while it is open",
    risk: "the wrong file may be removed, or an open file may lose its data",
    run: Run::Compared(run),
};

fn run(dir: &TestDir) -> Outcome {
    dir.write_file("f", b"content")?;
    dir.link("f", "g")?;
    dir.record_times("unlink of one of two names", "g", || dir.unlink("f"))?;
    dir.lstat("g")?;
    dir.lstat("f").refused(Errno::NOENT)?;
    dir.unlink("f").refused(Errno::NOENT)?;
    dir.unlink("missing/f").refused(Errno::NOENT)?;
    dir.unlink("g/f").refused(Errno::NOTDIR)?;
    dir.record_times("unlink", ".", || dir.unlink("g"))?;

    dir.symlink("nowhere", "dangling")?;
    dir.unlink("dangling")?;
    dir.lstat("dangling").refused(Errno::NOENT)?;

    nameless(dir)?;
    removed_while_open_twice(dir)?;
    half_of_many(dir)
}

/// Every operation on an open file works after its name is removed.
fn nameless(dir: &TestDir) -> Outcome {
    let file = dir.open("nameless", CREATE)?;
    file.write(&pattern(3, 9_000))?;
    dir.unlink("nameless")?;
    file.fstat()?;
    file.pread(100, 4_090)?;
    file.pwrite(b"still here", 20_000)?;
    file.ftruncate(20_005)?;
    file.fchmod(0o600)?;
    file.fchown(Some(77), Some(88))?;
    file.fsync()?;
    file.fstat()?;
    file.pread(100, 19_990)?;
    dir.open("nameless", RDONLY).refused(Errno::NOENT)?;

    // A new file can get the name while the old one is in use.
    dir.write_file("nameless", b"the next one")?;
    file.pread(4, 0)?;
    dir.read_file("nameless")?;
    Ok(file.close()?)
}

fn removed_while_open_twice(dir: &TestDir) -> Outcome {
    dir.write_file("shared", b"seen by both")?;
    let (reader, writer) = (dir.open("shared", RDONLY)?, dir.open("shared", RDWR)?);
    dir.unlink("shared")?;
    writer.write(b"SEEN")?;
    writer.close()?;
    reader.read(64)?;
    reader.fstat()?;
    Ok(reader.close()?)
}

fn half_of_many(dir: &TestDir) -> Outcome {
    dir.mkdir("many", 0o755)?;
    let names: Vec<String> = (0..60).map(|number| format!("many/{number}")).collect();
    names
        .iter()
        .try_for_each(|name| dir.write_file(name, name.as_bytes()))?;
    names
        .iter()
        .step_by(2)
        .try_for_each(|name| dir.unlink(name))?;
    dir.list("many")?;
    Ok(())
}
