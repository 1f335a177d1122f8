// SPDX-License-Identifier: GPL-2.0

//! Files without a name.

use rustix::fs::{linkat, AtFlags, OFlags, CWD};
use rustix::io::Errno;

use crate::case::{Case, Run};
use crate::ops::{pattern, File, RDONLY, RDWR, WRONLY};
use crate::outcome::{Expect, Outcome};
use crate::test_dir::{TestDir, ALICE};

pub(super) const CASE: Case = Case {
    name: "tmpfile",
    about: "O_TMPFILE: create files without a name, use them, and give them one",
    risk: "files that are saved by O_TMPFILE may be lost, or visible before they are complete",
    run: Run::Compared(run),
};

const UNNAMED: OFlags = OFlags::TMPFILE.union(OFlags::RDWR);

fn run(dir: &TestDir) -> Outcome {
    dir.mkdir("d", 0o755)?;
    let file = dir.open_mode("d", UNNAMED, 0o640)?;
    file.fstat()?;
    file.flags()?;
    file.write(&pattern(19, 6_000))?;
    file.pread(50, 4_070)?;
    file.fchmod(0o604)?;
    dir.list("d")?;

    name_by_descriptor(dir, &file, "d/named")?;
    file.fstat()?;
    dir.read_file("d/named")?;
    dir.inode_as_below("d/named")?;
    name_by_proc(dir, &file, "d/named again")?;
    dir.same_inode("d/named", "d/named again")?;
    name_by_proc(dir, &file, "d/named").refused(Errno::EXIST)?;
    file.pwrite(b"after naming", 0)?;
    file.close()?;
    dir.read_file("d/named again")?;

    // With O_EXCL the file can never get a name.
    let private = dir.open_mode("d", UNNAMED | OFlags::EXCL, 0o600)?;
    private.write(b"private")?;
    name_by_proc(dir, &private, "d/private").refused(Errno::NOENT)?;
    private.ftruncate(3)?;
    private.fstat()?;
    private.close()?;
    dir.open("d", OFlags::TMPFILE | WRONLY)?
        .write(b"only for writing")?;

    dir.open("d", OFlags::TMPFILE | RDONLY)
        .refused(Errno::INVAL)?;
    dir.open("missing", UNNAMED).refused(Errno::NOENT)?;
    dir.open("d/named", UNNAMED).refused(Errno::NOTDIR)?;
    dir.as_user(ALICE, || dir.open("d", UNNAMED).map(|_| ()))
        .refused(Errno::ACCESS)?;
    dir.chmod("d", 0o777)?;
    dir.as_user(ALICE, || {
        let file = dir.open_mode("d", UNNAMED, 0o666)?;
        file.fstat()?;
        name_by_proc(dir, &file, "d/alice's")
    })?;
    dir.lstat("d/alice's")?;
    dir.open("d/alice's", RDWR)?;
    dir.list("d")?;
    Ok(())
}

fn name_by_descriptor(dir: &TestDir, file: &File, name: &str) -> Result<(), Errno> {
    dir.step(format!("linkat the descriptor to {name}"), || {
        linkat(file, "", CWD, dir.path(name), AtFlags::EMPTY_PATH)
    })
}

fn name_by_proc(dir: &TestDir, file: &File, name: &str) -> Result<(), Errno> {
    dir.step(format!("linkat /proc/self/fd to {name}"), || {
        linkat(
            CWD,
            file.proc_path(),
            CWD,
            dir.path(name),
            AtFlags::SYMLINK_FOLLOW,
        )
    })
}
