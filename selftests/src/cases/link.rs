// SPDX-License-Identifier: GPL-2.0

//! Hard links: several names of one inode.

use rustix::io::Errno;

use crate::case::{Case, Expect, Outcome, Run};
use crate::ops::RDWR;
use crate::world::World;

pub(super) const CASE: Case = Case {
    name: "link",
    about: "hard links share an inode: number, attributes, data; refusals",
    risk: "hard links of a file may lose what was written through another",
    run: Run::Compared(run),
};

fn run(w: &World) -> Outcome {
    w.write_file("one", b"shared content")?;
    w.mkdir("d", 0o755)?;
    w.stamped("link", "one", || w.link("one", "d/two"))?;
    w.same_inode("one", "d/two")?;
    w.inode_as_below("d/two")?;
    w.lstat("one")?;
    w.lstat("d/two")?;

    // What is done by one name is seen by the other at once.
    w.chmod("one", 0o604)?;
    w.lstat("d/two")?;
    w.open("d/two", RDWR)?.write(b"SHARED")?;
    w.read_file("one")?;
    w.truncate("one", 9)?;
    w.lstat("d/two")?;
    let open = w.open("one", RDWR)?;
    w.unlink("one")?;
    open.fstat()?;
    w.lstat("d/two")?;
    w.link("d/two", "one")?;
    w.same_inode("one", "d/two")?;
    open.fstat()?;

    // Links that were made below are one inode, too, and were so before any name was looked up
    // above.
    w.below().write_file("below", b"below")?;
    w.below().link("below", "d/below too")?;
    w.same_inode("below", "d/below too")?;
    w.lstat("d/below too")?;

    w.link("one", "d/two").refused(Errno::EXIST)?;
    w.link("one", "d").refused(Errno::EXIST)?;
    w.link("missing", "three").refused(Errno::NOENT)?;
    w.link("one", "missing/three").refused(Errno::NOENT)?;
    w.link("d", "directory-link").refused(Errno::PERM)?;

    // A symlink can have hard links, too.
    w.symlink("d/two", "symlink")?;
    w.link("symlink", "symlink-link")?;
    w.same_inode("symlink", "symlink-link")?;
    w.lstat("symlink-link")?;

    let names: Vec<String> = (0..40).map(|number| format!("d/name-{number}")).collect();
    names.iter().try_for_each(|name| w.link("one", name))?;
    w.lstat("one")?;
    names.iter().try_for_each(|name| w.unlink(name))?;
    w.lstat("one")?;
    Ok(())
}
