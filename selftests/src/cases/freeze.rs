// SPDX-License-Identifier: GPL-2.0

//! FIFREEZE and FITHAW, on a filesystem that cannot be frozen: freezing one that can would stop the
//! machine that the suite runs on. lab/guest/administration.sh freezes.

use rustix::fd::AsRawFd;
use rustix::io::Errno;

use super::small_tmpfs::compare_on_small_tmpfs;
use crate::case::{Case, Run};
use crate::fixture::Fixture;
use crate::ops::{last_errno, File, RDONLY};
use crate::outcome::{Expect, Outcome};
use crate::test_dir::TestDir;

pub(super) const CASE: Case = Case {
    name: "freeze",
    about: "freezing and thawing through the mount have the result that they have on the lower filesystem",
    risk: "a backup that freezes the filesystem may copy it while it changes",
    run: Run::Mounting(run),
};

/// `FIFREEZE` and `FITHAW` of linux/fs.h.
const FREEZE: libc::c_ulong = 0xC004_5877;
const THAW: libc::c_ulong = 0xC004_5878;

fn run(fixture: &Fixture) -> Outcome {
    compare_on_small_tmpfs(fixture, c"size=1m", scenario)
}

fn scenario(dir: &TestDir) -> Outcome {
    dir.write_file("f", b"")?;
    for file in [dir.open(".", RDONLY)?, dir.open("f", RDONLY)?] {
        call(dir, "freeze", &file, FREEZE).refused(Errno::OPNOTSUPP)?;
        call(dir, "thaw", &file, THAW).refused(Errno::INVAL)?;
    }
    dir.write_file("f", b"not frozen")?;
    Ok(())
}

fn call(dir: &TestDir, name: &str, file: &File, request: libc::c_ulong) -> Result<(), Errno> {
    dir.step(format!("{name} {}", file.name()), || {
        // SAFETY: These requests use no argument. `file` keeps the descriptor open.
        match unsafe { libc::ioctl(rustix::fd::AsFd::as_fd(file).as_raw_fd(), request, 0) } {
            0 => Ok(()),
            _ => Err(last_errno()),
        }
    })
}
