// SPDX-License-Identifier: GPL-2.0

//! Comparisons over small filesystems in memory, which nothing else uses.

use std::ffi::CStr;

use rustix::fs::statfs;
use rustix::io::Errno;
use rustix::mount::{mount, MountFlags};

use crate::fixture::{Directories, Fixture, Scenario};
use crate::layer::unmount_retrying;
use crate::outcome::Outcome;
use crate::test_dir::TestDir;

/// Runs `scenario` on a plain tmpfs, and through the layer over another one. `options` are tmpfs'
/// mount options.
pub(super) fn compare_on_small_tmpfs(
    fixture: &Fixture,
    options: &CStr,
    scenario: Scenario,
) -> Outcome {
    let [plain, lower, upper] = fixture.create_dirs(["plain", "lower", "mount"])?;
    for place in [&plain, &lower] {
        mount("small", place, "tmpfs", MountFlags::empty(), options)?;
    }
    let mounted = fixture.mount(&lower, &upper)?;
    let directories = Directories::new(&plain, &lower, &upper);
    fixture.compare("on a small tmpfs", directories, scenario)?;
    mounted.unmount()?;
    for place in [&plain, &lower] {
        unmount_retrying(place)?;
    }
    Ok(())
}

/// Records the free blocks and inodes, and waits until they are those of the plain directory:
/// reclaim may hold the last reference to a removed file for a moment.
pub(super) fn record_free(dir: &TestDir, after: &str) -> Result<(), Errno> {
    dir.eventually(format!("free after {after}"), || {
        statfs(dir.path(""))
            .map(|found| format!("{} blocks, {} inodes", found.f_bfree, found.f_ffree))
    })
    .map(drop)
}
