// SPDX-License-Identifier: GPL-2.0

//! Hard links.

use rustix::io::Errno;

use crate::case::{Case, Run};
use crate::ops::RDWR;
use crate::outcome::{Expect, Outcome};
use crate::test_dir::TestDir;

pub(super) const CASE: Case = Case {
    name: "link",
    about: "hard links share an inode: number, attributes, data; refusals",
    risk: "data that is written through one hard link of a file may be missing through another",
    run: Run::Compared(run),
};

fn run(dir: &TestDir) -> Outcome {
    dir.write_file("one", b"shared content")?;
    dir.mkdir("d", 0o755)?;
    dir.record_times("link", "one", || dir.link("one", "d/two"))?;
    dir.same_inode("one", "d/two")?;
    dir.inode_as_below("d/two")?;
    dir.lstat("one")?;
    dir.lstat("d/two")?;

    // Each name shows at once what is done through the other.
    dir.chmod("one", 0o604)?;
    dir.lstat("d/two")?;
    dir.open("d/two", RDWR)?.write(b"SHARED")?;
    dir.read_file("one")?;
    dir.truncate("one", 9)?;
    dir.lstat("d/two")?;
    let open = dir.open("one", RDWR)?;
    dir.unlink("one")?;
    open.fstat()?;
    dir.lstat("d/two")?;
    dir.link("d/two", "one")?;
    dir.same_inode("one", "d/two")?;
    open.fstat()?;

    // Links that were created below, before any of the names was looked up above.
    dir.below().write_file("below", b"below")?;
    dir.below().link("below", "d/below too")?;
    dir.same_inode("below", "d/below too")?;
    dir.lstat("d/below too")?;

    dir.link("one", "d/two").refused(Errno::EXIST)?;
    dir.link("one", "d").refused(Errno::EXIST)?;
    dir.link("missing", "three").refused(Errno::NOENT)?;
    dir.link("one", "missing/three").refused(Errno::NOENT)?;
    dir.link("d", "directory-link").refused(Errno::PERM)?;

    // A symlink can have hard links as well.
    dir.symlink("d/two", "symlink")?;
    dir.link("symlink", "symlink-link")?;
    dir.same_inode("symlink", "symlink-link")?;
    dir.lstat("symlink-link")?;

    let names: Vec<String> = (0..40).map(|number| format!("d/name-{number}")).collect();
    names.iter().try_for_each(|name| dir.link("one", name))?;
    dir.lstat("one")?;
    names.iter().try_for_each(|name| dir.unlink(name))?;
    dir.lstat("one")?;
    Ok(())
}
