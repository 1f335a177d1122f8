// SPDX-License-Identifier: GPL-2.0

//! Telling the kernel what will be read.

use std::num::NonZeroU64;

use rustix::fd::{AsFd, AsRawFd};
use rustix::fs::{fadvise, Advice, OFlags};
use rustix::io::Errno;

use crate::case::{Case, Expect, Outcome, Run};
use crate::ops::{last_errno, pattern, File, RDONLY, RDWR};
use crate::world::World;

pub(super) const CASE: Case = Case {
    name: "fadvise",
    about: "posix_fadvise with each advice, and readahead",
    risk: "no data is at risk; reading may be slow",
    run: Run::Compared(run),
};

fn run(w: &World) -> Outcome {
    w.write_file("f", &pattern(31, 30_000))?;
    let file = w.open("f", RDWR)?;
    file.fsync()?;
    for advice in [
        Advice::Normal,
        Advice::Sequential,
        Advice::Random,
        Advice::NoReuse,
        Advice::WillNeed,
        Advice::DontNeed,
    ] {
        w.step(format!("fadvise f {advice:?}"), || {
            fadvise(&file, 4_096, NonZeroU64::new(8_192), advice)
        })?;
        w.step(format!("fadvise f {advice:?} to the end"), || {
            fadvise(&file, 0, None, advice)
        })?;
        file.pread(10, 8_000)?;
    }
    readahead(w, &file)?;
    file.pread(10, 20_000)?;

    w.mknod("fifo", rustix::fs::FileType::Fifo, 0o600, 0)?;
    let fifo = w.open("fifo", RDWR)?;
    w.step("fadvise fifo", || fadvise(&fifo, 0, None, Advice::WillNeed))
        .refused(Errno::SPIPE)?;
    readahead(w, &fifo).refused(Errno::INVAL)?;
    w.mkdir("d", 0o755)?;
    let directory = w.open("d", RDONLY)?;
    w.step("fadvise d", || {
        fadvise(&directory, 0, None, Advice::WillNeed)
    })
    .either();
    readahead(w, &directory).refused(Errno::INVAL)?;
    let place = w.open("f", OFlags::PATH)?;
    w.step("fadvise of a place", || {
        fadvise(&place, 0, None, Advice::Normal)
    })
    .refused(Errno::BADF)
}

fn readahead(w: &World, file: &File) -> Result<(), Errno> {
    w.step(format!("readahead {}", file.name()), || {
        // SAFETY: The call takes no pointers, and the descriptor is open.
        match unsafe { libc::readahead(file.as_fd().as_raw_fd(), 0, 30_000) } {
            0 => Ok(()),
            _ => Err(last_errno()),
        }
    })
}
