// SPDX-License-Identifier: GPL-2.0

//! Files that are made without a name.

use rustix::fd::{AsFd, AsRawFd};
use rustix::fs::{linkat, AtFlags, OFlags, CWD};
use rustix::io::Errno;

use crate::case::{Case, Expect, Outcome, Run};
use crate::ops::{pattern, File, RDONLY, RDWR, WRONLY};
use crate::world::{World, ALICE};

pub(super) const CASE: Case = Case {
    name: "tmpfile",
    about: "O_TMPFILE: files made without a name, used, and given one",
    risk: "files that are saved by O_TMPFILE may be lost, or be seen before they are whole",
    run: Run::Compared(run),
};

const UNNAMED: OFlags = OFlags::TMPFILE.union(OFlags::RDWR);

fn run(w: &World) -> Outcome {
    w.mkdir("d", 0o755)?;
    let file = w.open_mode("d", UNNAMED, 0o640)?;
    file.fstat()?;
    file.flags()?;
    file.write(&pattern(19, 6_000))?;
    file.pread(50, 4_070)?;
    file.fchmod(0o604)?;
    w.list("d")?;

    name_by_descriptor(w, &file, "d/named")?;
    file.fstat()?;
    w.read_file("d/named")?;
    w.inode_as_below("d/named")?;
    name_by_proc(w, &file, "d/named again")?;
    w.same_inode("d/named", "d/named again")?;
    name_by_proc(w, &file, "d/named").refused(Errno::EXIST)?;
    file.pwrite(b"after naming", 0)?;
    file.close()?;
    w.read_file("d/named again")?;

    // With O_EXCL there will never be a name; without one, the file ends with its descriptor.
    let private = w.open_mode("d", UNNAMED | OFlags::EXCL, 0o600)?;
    private.write(b"private")?;
    name_by_proc(w, &private, "d/private").refused(Errno::NOENT)?;
    private.ftruncate(3)?;
    private.fstat()?;
    private.close()?;
    w.open("d", OFlags::TMPFILE | WRONLY)?
        .write(b"only for writing")?;

    w.open("d", OFlags::TMPFILE | RDONLY)
        .refused(Errno::INVAL)?;
    w.open("missing", UNNAMED).refused(Errno::NOENT)?;
    w.open("d/named", UNNAMED).refused(Errno::NOTDIR)?;
    w.as_user(ALICE, || w.open("d", UNNAMED).map(|_| ()))
        .refused(Errno::ACCESS)?;
    w.chmod("d", 0o777)?;
    w.as_user(ALICE, || {
        let file = w.open_mode("d", UNNAMED, 0o666)?;
        file.fstat()?;
        name_by_proc(w, &file, "d/alice's")
    })?;
    w.lstat("d/alice's")?;
    w.open("d/alice's", RDWR)?;
    w.list("d")?;
    Ok(())
}

fn name_by_descriptor(w: &World, file: &File, name: &str) -> Result<(), Errno> {
    w.step(format!("linkat the descriptor to {name}"), || {
        linkat(file, "", CWD, w.path(name), AtFlags::EMPTY_PATH)
    })
}

fn name_by_proc(w: &World, file: &File, name: &str) -> Result<(), Errno> {
    w.step(format!("linkat /proc/self/fd to {name}"), || {
        let old = format!("/proc/self/fd/{}", file.as_fd().as_raw_fd());
        linkat(CWD, old, CWD, w.path(name), AtFlags::SYMLINK_FOLLOW)
    })
}
