// SPDX-License-Identifier: GPL-2.0

//! Advice about future reads.

use std::num::NonZeroU64;

use rustix::fd::{AsFd, AsRawFd};
use rustix::fs::{fadvise, Advice, OFlags};
use rustix::io::Errno;

use crate::case::{Case, Run};
use crate::ops::{last_errno, pattern, File, RDONLY, RDWR};
use crate::outcome::{Expect, Outcome};
use crate::test_dir::TestDir;

pub(super) const CASE: Case = Case {
    name: "fadvise",
    about: "posix_fadvise with each advice, and readahead",
    risk: "no data is at risk; reading may be slow",
    run: Run::Compared(run),
};

fn run(dir: &TestDir) -> Outcome {
    dir.write_file("f", &pattern(31, 30_000))?;
    let file = dir.open("f", RDWR)?;
    file.fsync()?;
    for advice in [
        Advice::Normal,
        Advice::Sequential,
        Advice::Random,
        Advice::NoReuse,
        Advice::WillNeed,
        Advice::DontNeed,
    ] {
        dir.step(format!("fadvise f {advice:?}"), || {
            fadvise(&file, 4_096, NonZeroU64::new(8_192), advice)
        })?;
        dir.step(format!("fadvise f {advice:?} to the end"), || {
            fadvise(&file, 0, None, advice)
        })?;
        file.pread(10, 8_000)?;
    }
    readahead(dir, &file)?;
    file.pread(10, 20_000)?;
    // The file's own filesystem refuses what it does not know.
    dir.step("an advice that does not exist", || {
        const NONE: i32 = 77;
        // SAFETY: The call takes no pointers. `file` keeps the descriptor open.
        match unsafe { libc::posix_fadvise(file.as_fd().as_raw_fd(), 0, 0, NONE) } {
            0 => Ok(()),
            error => Err(Errno::from_raw_os_error(error)),
        }
    })
    .refused(Errno::INVAL)?;

    dir.mknod("fifo", rustix::fs::FileType::Fifo, 0o600, 0)?;
    let fifo = dir.open("fifo", RDWR)?;
    dir.step("fadvise fifo", || fadvise(&fifo, 0, None, Advice::WillNeed))
        .refused(Errno::SPIPE)?;
    readahead(dir, &fifo).refused(Errno::INVAL)?;
    dir.mkdir("d", 0o755)?;
    let directory = dir.open("d", RDONLY)?;
    dir.step("fadvise d", || {
        fadvise(&directory, 0, None, Advice::WillNeed)
    })
    .compared();
    readahead(dir, &directory).refused(Errno::INVAL)?;
    let path = dir.open("f", OFlags::PATH)?;
    dir.step("fadvise of an O_PATH descriptor", || {
        fadvise(&path, 0, None, Advice::Normal)
    })
    .refused(Errno::BADF)
}

fn readahead(dir: &TestDir, file: &File) -> Result<(), Errno> {
    dir.step(format!("readahead {}", file.name()), || {
        // SAFETY: The call takes no pointers. `file` keeps the descriptor open.
        match unsafe { libc::readahead(file.as_fd().as_raw_fd(), 0, 30_000) } {
            0 => Ok(()),
            _ => Err(last_errno()),
        }
    })
}
