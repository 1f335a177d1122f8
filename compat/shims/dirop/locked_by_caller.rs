// SPDX-License-Identifier: GPL-2.0

//! The caller locks the parent's inode.
//!
//! Only without: bindings::start_creating_dentry

use bindings::{dentry, ffi::c_int, ffi::c_uint, EEXIST, EINVAL, ENOENT};

/// The answer.
pub(crate) struct Answer;

// SAFETY: A directory's entries change only under its `i_rwsem`, which is held from start to end;
// `start` makes the checks and takes the count.
unsafe impl super::Dirop for Answer {
    unsafe fn start_creating(parent: *mut dentry, child: *mut dentry) -> Result<(), c_int> {
        // SAFETY: The contract of this function is that of `start`.
        unsafe { start(parent, child, true, EEXIST) }
    }

    unsafe fn start_removing(parent: *mut dentry, child: *mut dentry) -> Result<(), c_int> {
        // SAFETY: The contract of this function is that of `start`.
        unsafe { start(parent, child, false, ENOENT) }
    }

    unsafe fn end(child: *mut dentry) {
        // SAFETY: `child` is counted, and its parent cannot change while the parent is locked, so
        // this is the inode that `start` locked.
        unsafe { bindings::inode_unlock((*(*child).d_parent).d_inode) };
        // SAFETY: The count that `start` took.
        unsafe { bindings::dput(child) };
    }
}

/// # Safety
///
/// As for `Dirop::start_creating`.
unsafe fn start(
    parent: *mut dentry,
    child: *mut dentry,
    negative: bool,
    otherwise: c_int,
) -> Result<(), c_int> {
    // SAFETY: `parent` is a counted directory, so its inode stays.
    let dir = unsafe { (*parent).d_inode };
    // SAFETY: The caller holds no lock of this filesystem.
    unsafe { bindings::inode_lock_nested(dir, bindings::I_MUTEX_PARENT as c_uint) };
    // SAFETY: `child` and `dir` are valid; under the lock the parent does not change.
    let is_entry = unsafe {
        (*child).d_parent == parent
            && bindings::d_unhashed(child) == 0
            && (*dir).i_flags & bindings::S_DEAD as c_uint == 0
    };
    // SAFETY: `child` is valid.
    let errno = if !is_entry {
        EINVAL
    // SAFETY: `child` is valid.
    } else if unsafe { bindings::d_is_negative(child) } != negative {
        otherwise
    } else {
        // SAFETY: `child` is counted by the caller.
        unsafe { bindings::dget(child) };
        return Ok(());
    };
    // SAFETY: Locked above.
    unsafe { bindings::inode_unlock(dir) };
    Err(-errno)
}
