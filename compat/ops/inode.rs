// SPDX-License-Identifier: GPL-2.0

//! Operations that inodes of all kinds have.

use bindings::{
    dentry, ffi::c_char, ffi::c_int, ffi::c_uint, iattr, inode, inode_operations, kstat, mnt_idmap,
    path,
};

use crate::compat::{
    attribute::AttributeChange,
    dentry::Dentry,
    error::{to_status, Result},
    inode::{AccessMask, Inode},
    io::Transferred,
    path::{AttributeQuery, Stat},
    raw::empty_inode_operations,
    upper::{RcuAccessMask, RcuRef, Upper},
    xattr::XattrBuffer,
};

/// What every inode does (`struct inode_operations`).
pub(crate) trait InodeOperations {
    /// Whether the caller may use `inode` as `mask` says.
    fn permission(inode: &Upper<Inode>, mask: AccessMask) -> Result;

    /// The same in RCU walk: nothing may sleep, and `ECHILD` asks for a walk that may.
    fn permission_in_rcu_walk(inode: RcuRef<'_, Inode>, mask: RcuAccessMask<'_>) -> Result;

    /// Fills `stat`, which the VFS has cleared.
    fn getattr(dentry: &Upper<Dentry>, query: AttributeQuery, stat: &mut Stat) -> Result;

    /// Makes `change`. The inode's lock is held exclusively, and the mount is writable.
    fn setattr(change: AttributeChange<'_>) -> Result;

    /// Lists the names of the extended attributes.
    fn listxattr<'a>(dentry: &Upper<Dentry>, names: XattrBuffer<'a>) -> Result<Transferred<'a>>;
}

/// The slots that all inodes fill.
pub(super) const fn common_slots<T: InodeOperations>() -> inode_operations {
    inode_operations {
        permission: Some(permission::<T>),
        setattr: Some(setattr::<T>),
        getattr: Some(getattr::<T>),
        listxattr: Some(listxattr::<T>),
        ..empty_inode_operations()
    }
}

unsafe extern "C" fn permission<T: InodeOperations>(
    _idmap: *mut mnt_idmap,
    inode: *mut inode,
    mask: c_int,
) -> c_int {
    // SAFETY: The VFS calls this with inodes that have this table, which only upper inodes have. It
    // counts them; or it holds the RCU read lock, and the mask has `MAY_NOT_BLOCK`.
    let inode = unsafe { Upper::from_raw(inode) };
    to_status(match AccessMask::new(mask) {
        Some(mask) => T::permission(inode, mask),
        None => {
            // SAFETY: The mask has `MAY_NOT_BLOCK`: the VFS holds the RCU read lock.
            let inode = unsafe { RcuRef::new(inode) };
            T::permission_in_rcu_walk(inode, RcuAccessMask::new(mask))
        }
    })
}

unsafe extern "C" fn setattr<T: InodeOperations>(
    _idmap: *mut mnt_idmap,
    dentry: *mut dentry,
    change: *mut iattr,
) -> c_int {
    // SAFETY: The VFS calls this with positive dentries of inodes that have this table, counted for
    // the call, and with the change that it wants of them.
    let (dentry, change) = unsafe {
        let dentry = Upper::<Dentry>::from_raw(dentry);
        (dentry, AttributeChange::for_lower(dentry, change))
    };
    let changed = T::setattr(change);
    // Also after a failure: the VFS may have prepared the upper inode for the change. It holds the
    // inode's lock exclusively.
    if let Some(inode) = dentry.upper_inode() {
        inode.refresh_locked();
    }
    to_status(changed)
}

unsafe extern "C" fn getattr<T: InodeOperations>(
    _idmap: *mut mnt_idmap,
    path: *const path,
    stat: *mut kstat,
    mask: u32,
    flags: c_uint,
) -> c_int {
    // SAFETY: The VFS calls this with paths to inodes that have this table, counted for the call, and
    // a structure of its own.
    let (dentry, stat) = unsafe { (Upper::from_raw((*path).dentry), Stat::from_raw(stat)) };
    // Some kernels add a flag of their own here, that no other function takes.
    let flags = flags & bindings::AT_STATX_SYNC_TYPE as c_uint;
    to_status(T::getattr(dentry, AttributeQuery { mask, flags }, stat))
}

unsafe extern "C" fn listxattr<T: InodeOperations>(
    dentry: *mut dentry,
    names: *mut c_char,
    length: usize,
) -> isize {
    // SAFETY: As for `setattr`; the buffer is `length` bytes long.
    let (dentry, names) = unsafe {
        (
            Upper::from_raw(dentry),
            XattrBuffer::from_raw(names.cast(), length),
        )
    };
    Transferred::into_raw(T::listxattr(dentry, names))
}
