// SPDX-License-Identifier: GPL-2.0

//! The caller locks the inode of the parent, and looks the entry up.
//!
//! Only without: bindings::start_creating, bindings::start_creating_dentry
//! Only without: bindings::start_removing, bindings::end_dirop
//! Only without: bindings::start_renaming, bindings::end_renaming

use core::ptr::addr_of;

use bindings::{
    dentry,
    ffi::{c_int, c_uint},
    inode, mnt_idmap, qstr, EEXIST, EINVAL, ENOENT,
};

use crate::compat::shims::lookup_one::LookupOne;

// `lock_rename()` is not called here. It is for callers that lock directories, and no kernel offers
// it in which only the VFS may do that.
bindings::signatures! {
    bindings::inode_lock_nested: fn(*mut inode, c_uint);
    bindings::lock_rename: fn(*mut dentry, *mut dentry) -> *mut dentry;
}

pub(crate) struct Answer;

// SAFETY: `start` and `start_creating_at` take the `i_rwsem` of `parent` exclusively before they
// look the entry up or check it, and `end` releases it.
// - (a) The lookup returns a reference, and `start_creating_at` takes one.
// - (b) The lookup by `name` in `parent` has found the dentry, or `start_creating_at` has checked
//   its parent.
// - (c) A task that changes an entry of a directory holds its `i_rwsem`, exclusively or, in
//   `d_splice_alias()`, shared. The caller holds it exclusively.
unsafe impl<L: LookupOne> super::Dirop<L> for Answer {
    unsafe fn start_creating(
        idmap: *mut mnt_idmap,
        parent: *mut dentry,
        name: &qstr,
    ) -> Result<*mut dentry, c_int> {
        // SAFETY: The safety requirements of this function are those of `start`.
        unsafe { start::<L>(idmap, parent, name) }
    }

    unsafe fn start_creating_at(parent: *mut dentry, child: *mut dentry) -> Result<(), c_int> {
        // SAFETY: The safety requirements of this function ensure that `parent` is a referenced
        // directory, and that the caller holds no `i_rwsem` of its filesystem.
        let dir = unsafe { lock(parent) };
        // SAFETY: `child` and `dir` are referenced. If `child` is not an entry of the locked
        // directory, others may write `d_parent`, so it is read once. The same holds for the other
        // flags of `dir`.
        let is_entry = unsafe {
            addr_of!((*child).d_parent).read_volatile() == parent
                && bindings::d_unhashed(child) == 0
                && addr_of!((*dir).i_flags).read_volatile() & bindings::S_DEAD as c_uint == 0
        };
        let errno = if !is_entry {
            EINVAL
        // SAFETY: `child` is referenced.
        } else if !unsafe { bindings::d_is_negative(child) } {
            EEXIST
        } else {
            // SAFETY: `child` is referenced.
            unsafe { bindings::dget(child) };
            return Ok(());
        };
        // SAFETY: `lock` has locked `dir`, and this task has not unlocked it.
        unsafe { bindings::inode_unlock(dir) };
        Err(-errno)
    }

    unsafe fn start_removing(
        idmap: *mut mnt_idmap,
        parent: *mut dentry,
        name: &qstr,
    ) -> Result<*mut dentry, c_int> {
        // SAFETY: The safety requirements of this function are those of `start`.
        let child = unsafe { start::<L>(idmap, parent, name) }?;
        // SAFETY: `start` has taken a reference to `child`.
        if unsafe { bindings::d_is_negative(child) } {
            // SAFETY: `start` has returned `child`, and the change has not been ended.
            unsafe { <Self as super::EndDirop>::end(child) };
            return Err(-ENOENT);
        }
        Ok(child)
    }
}

impl super::EndDirop for Answer {
    type Lock = super::LockOfCaller;

    unsafe fn end(child: *mut dentry) {
        // SAFETY: `child` is referenced. It is an entry of the directory that the start has locked:
        // the start has found or checked it there, or `vfs_mkdir()` has returned it as the dentry
        // of the new directory. A task that moves it to another directory holds the `i_rwsem` of
        // its parent, exclusively to rename it, or shared in `d_splice_alias()`. This task holds
        // that `i_rwsem` exclusively. So its parent is the directory that the start has locked.
        unsafe { bindings::inode_unlock((*(*child).d_parent).d_inode) };
        // SAFETY: The safety requirements ensure that the caller gives up a reference to `child`.
        // It is dropped once, because the change has not been ended before.
        unsafe { bindings::dput(child) };
    }
}

/// Locks the directory `parent`, and returns its inode.
///
/// # Safety
///
/// `parent` is a referenced, positive dentry of a directory. The caller holds no `i_rwsem` of its
/// filesystem.
unsafe fn lock(parent: *mut dentry) -> *mut inode {
    // SAFETY: `parent` is valid. It keeps its inode, because it is positive and referenced.
    let dir = unsafe { (*parent).d_inode };
    // SAFETY: `dir` is valid, and the caller holds no `i_rwsem` of its filesystem.
    unsafe { bindings::inode_lock_nested(dir, bindings::I_MUTEX_PARENT as c_uint) };
    dir
}

/// Locks the directory `parent`, and looks `name` up in it. Unlocks the directory again on an
/// error.
///
/// # Safety
///
/// The same as for `Dirop::start_creating`.
unsafe fn start<L: LookupOne>(
    idmap: *mut mnt_idmap,
    parent: *mut dentry,
    name: &qstr,
) -> Result<*mut dentry, c_int> {
    // SAFETY: The safety requirements of this function ensure that `parent` is a referenced
    // directory, and that the caller holds no `i_rwsem` of its filesystem.
    let dir = unsafe { lock(parent) };
    // SAFETY: The safety requirements of this function ensure that `idmap` and `name` are valid.
    // `parent` is referenced and locked.
    unsafe { L::locked(idmap, name, parent) }.inspect_err(|_| {
        // SAFETY: `lock` has locked `dir`.
        unsafe { bindings::inode_unlock(dir) };
    })
}
