// SPDX-License-Identifier: GPL-2.0

//! A private mount namespace. Other processes do not see the suite's mounts, and the mounts end
//! with the suite even if it is killed.

use rustix::io::Errno;
use rustix::mount::{mount_change, MountPropagationFlags};
use rustix::thread::{unshare_unsafe, UnshareFlags};

/// Moves the calling thread, and the threads it starts later, into a new mount namespace.
pub fn enter() -> Result<(), Errno> {
    // SAFETY: The descriptor table, on which other threads rely, stays shared. No other thread
    // relies on sharing this thread's root, working directory or umask.
    unsafe { unshare_unsafe(UnshareFlags::NEWNS | UnshareFlags::FS)? };
    mount_change(
        "/",
        MountPropagationFlags::PRIVATE | MountPropagationFlags::REC,
    )
}

/// Gives the calling thread a root, working directory and umask of its own (`CLONE_FS`).
pub fn unshare_fs() -> Result<(), Errno> {
    // SAFETY: The descriptor table, on which other threads rely, stays shared. No other thread
    // relies on sharing this thread's root, working directory or umask.
    unsafe { unshare_unsafe(UnshareFlags::FS) }
}
