// SPDX-License-Identifier: GPL-2.0

//! A private mount namespace: what the suite mounts, nobody else sees, and it ends with the suite
//! even if that is killed.

use rustix::io::Errno;
use rustix::mount::{mount_change, MountPropagationFlags};
use rustix::thread::{unshare_unsafe, UnshareFlags};

/// Moves the calling thread, and the threads it will start, into a mount namespace of their own.
pub fn enter() -> Result<(), Errno> {
    // SAFETY: Neither flag touches the file descriptor table; the root, working directory and umask
    // that stop being shared with other threads are relied upon by nobody.
    unsafe { unshare_unsafe(UnshareFlags::NEWNS | UnshareFlags::FS)? };
    mount_change(
        "/",
        MountPropagationFlags::PRIVATE | MountPropagationFlags::REC,
    )
}

/// Gives the calling thread a umask and working directory of its own.
pub fn own_umask() -> Result<(), Errno> {
    // SAFETY: As in `enter`: only the root, working directory and umask stop being shared.
    unsafe { unshare_unsafe(UnshareFlags::FS) }
}
