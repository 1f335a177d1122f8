// SPDX-License-Identifier: GPL-2.0

//! Question: what does `vfs_mkdir()` return, and what does it leave when it fails?
//!
//! Up to 6.14 an errno, and the dentry and the lock stay the caller's. From 6.15 to 6.18 a dentry: on
//! failure it has dropped the one it was given, and the lock stays. Since 6.19 (commit
//! fe497f0759e0) it has on failure also ended the change of the directory. The types tell the second
//! from the third form only because the third takes a delegated inode.
//!
//! A kernel that takes the delegated inode and leaves the lock when it fails would be told by no
//! compiler. The selftest `failures_below` fails there, because its second mkdir never returns.
//!
//! C header: `include/linux/fs.h`; `fs/namei.c` has the failure path

use bindings::{dentry, ffi::c_int, inode, mnt_idmap, umode_t};

use crate::compat::shims::dirop::EndDirop;

answers! { vfs_mkdir:
    "ends_on_failure" => ends_on_failure,
    "returns_dentry" => returns_dentry,
    "returns_errno" => returns_errno,
}

/// Makes a directory, and ends the change that was started for it.
///
/// # Safety
///
/// Whatever the outcome, on return the change is ended and the count of its start is dropped.
pub(crate) unsafe trait VfsMkdir<D: EndDirop> {
    /// Returns zero or a negative errno. On success runs `follow` before the change is ended, with
    /// the dentry that the directory has: another than the given one where the filesystem has found
    /// one, and negative or unhashed where the filesystem leaves it to the next lookup.
    ///
    /// # Safety
    ///
    /// `dentry` was returned by a start in `dir` and has not been ended; the idmap of the mount is
    /// `idmap`, and the caller has write access to the mount.
    unsafe fn call_and_end(
        idmap: *mut mnt_idmap,
        dir: *mut inode,
        dentry: *mut dentry,
        mode: umode_t,
        follow: impl FnOnce(*mut dentry),
    ) -> c_int;
}
