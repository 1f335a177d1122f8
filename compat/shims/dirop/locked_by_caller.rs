// SPDX-License-Identifier: GPL-2.0

//! The caller locks the parent's inode and looks up.
//!
//! Only without: bindings::start_creating

use bindings::{dentry, ffi::c_int, ffi::c_uint, inode, mnt_idmap, qstr, EEXIST, EINVAL, ENOENT};

use crate::compat::shims::lookup_one::LookupOne;

pub(crate) struct Answer;

// SAFETY: A directory's entries change only under its `i_rwsem`, which `start` takes before it looks
// the name up, and which stays held until `end`.
unsafe impl<L: LookupOne> super::Dirop<L> for Answer {
    unsafe fn start_creating(
        idmap: *mut mnt_idmap,
        parent: *mut dentry,
        name: &qstr,
    ) -> Result<*mut dentry, c_int> {
        // SAFETY: The caller of this function keeps what `start` asks for.
        unsafe { start::<L>(idmap, parent, name) }
    }

    unsafe fn start_creating_at(parent: *mut dentry, child: *mut dentry) -> Result<(), c_int> {
        // SAFETY: `parent` is a counted directory of which the caller holds no lock.
        let dir = unsafe { lock(parent) };
        // SAFETY: `child` and `dir` are valid; no entry of a locked directory is moved.
        let is_entry = unsafe {
            (*child).d_parent == parent
                && bindings::d_unhashed(child) == 0
                && (*dir).i_flags & bindings::S_DEAD as c_uint == 0
        };
        let errno = if !is_entry {
            EINVAL
        // SAFETY: `child` is counted.
        } else if !unsafe { bindings::d_is_negative(child) } {
            EEXIST
        } else {
            // SAFETY: `child` is counted by the caller of this function.
            unsafe { bindings::dget(child) };
            return Ok(());
        };
        // SAFETY: Locked above.
        unsafe { bindings::inode_unlock(dir) };
        Err(-errno)
    }

    unsafe fn start_removing(
        idmap: *mut mnt_idmap,
        parent: *mut dentry,
        name: &qstr,
    ) -> Result<*mut dentry, c_int> {
        // SAFETY: The caller of this function keeps what `start` asks for.
        let child = unsafe { start::<L>(idmap, parent, name) }?;
        // SAFETY: `start` has returned a counted dentry.
        if unsafe { bindings::d_is_negative(child) } {
            // SAFETY: Started above, and not ended yet.
            unsafe { <Self as super::EndDirop>::end(child) };
            return Err(-ENOENT);
        }
        Ok(child)
    }
}

impl super::EndDirop for Answer {
    unsafe fn end(child: *mut dentry) {
        // SAFETY: `child` is counted. Nothing leaves a locked directory but by the task that holds the
        // lock, so that the parent of `child` is the directory that `start` has locked.
        unsafe { bindings::inode_unlock((*(*child).d_parent).d_inode) };
        // SAFETY: The count is the one that `start` returned.
        unsafe { bindings::dput(child) };
    }
}

/// Locks `parent`, and returns its inode.
///
/// # Safety
///
/// `parent` is a counted directory of a filesystem of which the caller holds no lock.
unsafe fn lock(parent: *mut dentry) -> *mut inode {
    // SAFETY: `parent` is counted and positive, so that it keeps its inode.
    let dir = unsafe { (*parent).d_inode };
    // SAFETY: `dir` is valid, and the caller holds no lock of this filesystem.
    unsafe { bindings::inode_lock_nested(dir, bindings::I_MUTEX_PARENT as c_uint) };
    dir
}

/// Locks `parent` and looks `name` up.
///
/// # Safety
///
/// As for `Dirop::start_creating`.
unsafe fn start<L: LookupOne>(
    idmap: *mut mnt_idmap,
    parent: *mut dentry,
    name: &qstr,
) -> Result<*mut dentry, c_int> {
    // SAFETY: `parent` is a counted directory of which the caller holds no lock.
    let dir = unsafe { lock(parent) };
    // SAFETY: All pointers are valid, and `parent` is locked.
    unsafe { L::locked(idmap, name, parent) }.inspect_err(|_| {
        // SAFETY: Locked above.
        unsafe { bindings::inode_unlock(dir) };
    })
}
