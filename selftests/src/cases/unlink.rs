// SPDX-License-Identifier: GPL-2.0

//! Removing names, and files that live on without one.

use rustix::io::Errno;

use crate::case::{Case, Expect, Outcome, Run};
use crate::ops::{pattern, CREATE, RDONLY, RDWR};
use crate::world::World;

pub(super) const CASE: Case = Case {
    name: "unlink",
    about: "remove names; a removed file that is open goes on working",
    risk: "another file than the one named may be removed, or an open one lose its data",
    run: Run::Compared(run),
};

fn run(w: &World) -> Outcome {
    w.write_file("f", b"content")?;
    w.link("f", "g")?;
    w.stamped("unlink of one of two names", "g", || w.unlink("f"))?;
    w.lstat("g")?;
    w.lstat("f").refused(Errno::NOENT)?;
    w.unlink("f").refused(Errno::NOENT)?;
    w.unlink("missing/f").refused(Errno::NOENT)?;
    w.unlink("g/f").refused(Errno::NOTDIR)?;
    w.stamped("unlink", ".", || w.unlink("g"))?;

    w.symlink("nowhere", "dangling")?;
    w.unlink("dangling")?;
    w.lstat("dangling").refused(Errno::NOENT)?;

    // Without a name, everything but finding it still works.
    let file = w.open("nameless", CREATE)?;
    file.write(&pattern(3, 9_000))?;
    w.unlink("nameless")?;
    file.fstat()?;
    file.pread(100, 4_090)?;
    file.pwrite(b"still here", 20_000)?;
    file.ftruncate(20_005)?;
    file.fchmod(0o600)?;
    file.fchown(Some(77), Some(88))?;
    file.fsync()?;
    file.fstat()?;
    file.pread(100, 19_990)?;
    w.open("nameless", RDONLY).refused(Errno::NOENT)?;

    // A new file may take the name while the old one is in use.
    w.write_file("nameless", b"the next one")?;
    file.pread(4, 0)?;
    w.read_file("nameless")?;
    file.close()?;

    // Removed while open twice, once for reading.
    w.write_file("shared", b"seen by both")?;
    let (reader, writer) = (w.open("shared", RDONLY)?, w.open("shared", RDWR)?);
    w.unlink("shared")?;
    writer.write(b"SEEN")?;
    writer.close()?;
    reader.read(64)?;
    reader.fstat()?;
    reader.close()?;

    w.mkdir("many", 0o755)?;
    let names: Vec<String> = (0..60).map(|number| format!("many/{number}")).collect();
    names
        .iter()
        .try_for_each(|name| w.write_file(name, name.as_bytes()))?;
    names
        .iter()
        .step_by(2)
        .try_for_each(|name| w.unlink(name))?;
    w.list("many")?;
    Ok(())
}
