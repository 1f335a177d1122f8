// SPDX-License-Identifier: GPL-2.0

//! Operations that all inodes have.

use bindings::{
    dentry, ffi::c_char, ffi::c_int, ffi::c_uint, fiemap_extent_info, iattr, inode,
    inode_operations, kstat, mnt_idmap, path,
};

use crate::compat::{
    attribute::AttributeChange,
    dentry::Dentry,
    error::{to_status, Result},
    fileattr::{self, FileAttributes, NewFileAttributes},
    idmap::{CallerIdmap, LowerIdmap},
    inode::{AccessAnswer, AccessMask, Inode},
    io::{BytesTransferred, Fiemap},
    path::{AttributeQuery, Stat},
    raw::empty_inode_operations,
    upper::{RcuAccessMask, RcuRef, Upper},
    xattr::XattrBuffer,
};

/// The operations of every inode (`struct inode_operations`).
pub(crate) trait InodeOperations {
    /// Checks whether the caller may access `inode` as `mask` says.
    fn permission(inode: &Upper<Inode>, mask: AccessMask<'_>) -> Result<AccessAnswer>;

    /// The same in RCU walk, without sleeping. On `ECHILD` the VFS leaves RCU walk and calls
    /// [`Self::permission`].
    fn permission_in_rcu_walk(
        inode: RcuRef<'_, Inode>,
        mask: RcuAccessMask<'_>,
    ) -> Result<AccessAnswer>;

    /// Gets the attributes of a file. The VFS has cleared `stat`.
    fn getattr(dentry: &Upper<Dentry>, query: AttributeQuery, stat: &mut Stat) -> Result;

    /// Changes attributes. The inode's `i_rwsem` is held exclusively, and the upper mount is
    /// writable.
    fn setattr(change: AttributeChange<'_>) -> Result;

    /// Lists the names of the extended attributes.
    fn listxattr<'a>(
        dentry: &Upper<Dentry>,
        names: XattrBuffer<'a>,
    ) -> Result<BytesTransferred<'a>>;

    /// Gets the attributes of chattr(1). After `ENOIOCTLCMD` the VFS tries `ioctl` of the open
    /// file.
    fn get_file_attributes(dentry: &Upper<Dentry>, attributes: FileAttributes<'_>) -> Result;

    /// Sets the attributes of chattr(1). The inode's `i_rwsem` is held exclusively, and the upper
    /// mount is writable.
    fn set_file_attributes(dentry: &Upper<Dentry>, attributes: NewFileAttributes<'_>) -> Result;

    /// Lists the extents of a file.
    fn fiemap(inode: &Upper<Inode>, request: Fiemap<'_>) -> Result;
}

/// The idmap for lower functions, made of the one that the VFS has passed for `dentry`.
///
/// # Safety
///
/// `idmap` is valid for `'a`.
#[inline]
pub(super) unsafe fn lower_idmap<'a>(
    dentry: &'a Upper<Dentry>,
    idmap: *mut mnt_idmap,
) -> LowerIdmap<'a> {
    // SAFETY: The safety requirement of this function is that of the call.
    let caller = unsafe { CallerIdmap::from_raw(idmap) };
    dentry.lower_mount().idmap_for(caller)
}

/// A table with the operations of every inode.
pub(super) const fn common_slots<T: InodeOperations>() -> inode_operations {
    inode_operations {
        permission: Some(permission::<T>),
        setattr: Some(setattr::<T>),
        getattr: Some(getattr::<T>),
        listxattr: Some(listxattr::<T>),
        fileattr_get: Some(fileattr_get::<T>),
        fileattr_set: Some(fileattr_set::<T>),
        fiemap: Some(fiemap::<T>),
        ..empty_inode_operations()
    }
}

unsafe extern "C" fn permission<T: InodeOperations>(
    idmap: *mut mnt_idmap,
    inode: *mut inode,
    mask: c_int,
) -> c_int {
    // SAFETY: The inode has this table, so it is an upper inode. The VFS holds a reference to it
    // for the call or, if the mask has `MAY_NOT_BLOCK`, the RCU read lock.
    let inode = unsafe { Upper::from_raw(inode) };
    // SAFETY: The VFS keeps the mount that the caller uses, and with it the idmap, for the call.
    let caller = unsafe { CallerIdmap::from_raw(idmap) };
    match AccessMask::new(mask, caller) {
        Some(mask) => permission_in_ref_walk::<T>(inode, mask),
        None => {
            // SAFETY: `AccessMask::new()` is `None` only if the mask has `MAY_NOT_BLOCK`: the VFS
            // calls this in RCU walk.
            let inode = unsafe { RcuRef::new(inode) };
            AccessAnswer::into_raw(T::permission_in_rcu_walk(
                inode,
                RcuAccessMask::new(mask, caller),
            ))
        }
    }
}

/// Apart from the steps in RCU walk, which then need fewer registers.
#[inline(never)]
fn permission_in_ref_walk<T: InodeOperations>(inode: &Upper<Inode>, mask: AccessMask<'_>) -> c_int {
    inode.remember_caller(mask);
    AccessAnswer::into_raw(T::permission(inode, mask))
}

unsafe extern "C" fn setattr<T: InodeOperations>(
    idmap: *mut mnt_idmap,
    dentry: *mut dentry,
    change: *mut iattr,
) -> c_int {
    // SAFETY: The inode of the dentry has this table, so the dentry is an upper one. The VFS holds
    // a reference to it for the call.
    let dentry = unsafe { Upper::<Dentry>::from_raw(dentry) };
    // SAFETY: The VFS keeps the idmap for the call.
    let idmap = unsafe { lower_idmap(dentry, idmap) };
    // SAFETY: The VFS passes a valid change for this dentry, with this idmap.
    let change = unsafe { AttributeChange::for_lower(dentry, idmap, change) };
    let result = T::setattr(change);
    // Copy the attributes even after an error, because the VFS may have changed the upper inode
    // before the call. The VFS holds the inode's `i_rwsem` exclusively.
    if let Some(inode) = dentry.upper_inode() {
        inode.refresh_locked();
    }
    to_status(result)
}

unsafe extern "C" fn getattr<T: InodeOperations>(
    idmap: *mut mnt_idmap,
    path: *const path,
    stat: *mut kstat,
    mask: u32,
    flags: c_uint,
) -> c_int {
    // SAFETY: The inode of the path has this table, so the dentry is an upper one. The VFS holds a
    // reference to it for the call.
    let dentry = unsafe { Upper::<Dentry>::from_raw((*path).dentry) };
    // SAFETY: The VFS passes a cleared structure for this call alone.
    let stat = unsafe { Stat::from_raw(stat) };
    // Some kernels add an internal flag here, which `vfs_getattr()` does not accept.
    let flags = flags & bindings::AT_STATX_SYNC_TYPE as c_uint;
    let result = T::getattr(dentry, AttributeQuery { mask, flags }, stat);
    // SAFETY: The VFS keeps the idmap for the call.
    let idmap = unsafe { lower_idmap(dentry, idmap) };
    stat.map_ids(dentry.upper_super(), idmap);
    to_status(result)
}

unsafe extern "C" fn listxattr<T: InodeOperations>(
    dentry: *mut dentry,
    names: *mut c_char,
    length: usize,
) -> isize {
    // SAFETY: The inode of the dentry has this table, so the dentry is an upper one. The VFS holds
    // a reference to it for the call.
    let dentry = unsafe { Upper::from_raw(dentry) };
    // SAFETY: The VFS passes a buffer of `length` bytes for this call alone.
    let names = unsafe { XattrBuffer::from_raw(names.cast(), length) };
    BytesTransferred::into_raw(T::listxattr(dentry, names))
}

unsafe extern "C" fn fileattr_get<T: InodeOperations>(
    dentry: *mut dentry,
    attributes: *mut fileattr::Raw,
) -> c_int {
    // SAFETY: The inode of the dentry has this table, so the dentry is an upper one. The VFS holds
    // a reference to it for the call.
    let dentry = unsafe { Upper::from_raw(dentry) };
    // SAFETY: The VFS passes a structure for this call alone.
    let attributes = unsafe { FileAttributes::from_raw(attributes) };
    to_status(T::get_file_attributes(dentry, attributes))
}

unsafe extern "C" fn fileattr_set<T: InodeOperations>(
    idmap: *mut mnt_idmap,
    dentry: *mut dentry,
    attributes: *mut fileattr::Raw,
) -> c_int {
    // SAFETY: The inode of the dentry has this table, so the dentry is an upper one. The VFS holds
    // a reference to it for the call.
    let dentry = unsafe { Upper::<Dentry>::from_raw(dentry) };
    // SAFETY: The VFS keeps the mount that the caller uses, and with it the idmap, for the call.
    let idmap = unsafe { lower_idmap(dentry, idmap) };
    // SAFETY: The VFS passes a structure for this call alone.
    let attributes = unsafe { NewFileAttributes::from_raw(attributes, idmap) };
    let result = T::set_file_attributes(dentry, attributes);
    // The VFS checks flags on the upper inode, whose `i_rwsem` it holds exclusively.
    if let Some(inode) = dentry.upper_inode() {
        inode.refresh_locked();
    }
    to_status(result)
}

unsafe extern "C" fn fiemap<T: InodeOperations>(
    inode: *mut inode,
    info: *mut fiemap_extent_info,
    start: u64,
    length: u64,
) -> c_int {
    // SAFETY: The inode has this table, so it is an upper inode. The VFS holds a reference to it
    // for the call.
    let inode = unsafe { Upper::from_raw(inode) };
    // SAFETY: The VFS passes a structure for this call alone.
    let request = unsafe { Fiemap::from_raw(info, start, length) };
    to_status(T::fiemap(inode, request))
}
