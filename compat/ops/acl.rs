// SPDX-License-Identifier: GPL-2.0

//! Operations on POSIX ACLs, which all inodes have except symbolic links.
//!
//! C headers: `include/linux/fs.h`, `include/linux/posix_acl.h`

use bindings::{dentry, ffi::c_int, inode, inode_operations, mnt_idmap, posix_acl};

use super::inode::{common_slots, lower_idmap, InodeOperations};
use crate::compat::{
    acl::{AclChange, AclKind, AclRequest, FoundAcl},
    dentry::Dentry,
    error::{not_in_rcu_walk, to_status, Result},
    raw::err_ptr,
    upper::Upper,
};

/// The operations on the POSIX ACLs of a file.
pub(crate) trait AclOperations: InodeOperations {
    /// Gets an ACL. The VFS has checked nothing: everybody who can reach a file may read its ACL.
    fn get_acl<'a>(request: AclRequest<'a>) -> Result<FoundAcl<'a>>;

    /// Sets or removes an ACL. The inode's `i_rwsem` is held exclusively, and the upper mount is
    /// writable.
    fn set_acl(change: AclChange<'_>) -> Result;
}

/// A table with the operations of every inode, and those on ACLs.
pub(super) const fn slots_with_acl<T: AclOperations>() -> inode_operations {
    inode_operations {
        get_inode_acl: Some(get_inode_acl::<T>),
        get_acl: Some(get_acl::<T>),
        set_acl: Some(set_acl::<T>),
        ..common_slots::<T>()
    }
}

unsafe extern "C" fn get_inode_acl<T: AclOperations>(
    inode: *mut inode,
    kind: c_int,
    in_rcu_walk: bool,
) -> *mut posix_acl {
    if in_rcu_walk {
        // The VFS asks for an ACL in RCU walk only where it checks permissions itself. It never
        // does that for upper inodes, which have `permission`.
        return err_ptr(not_in_rcu_walk().to_errno());
    }
    // SAFETY: The inode has this table, so it is an upper inode. The caller holds a reference to it
    // for the call.
    let inode = unsafe { Upper::from_raw(inode) };
    into_raw(T::get_acl(AclRequest::of_kernel(inode, AclKind::new(kind))))
}

unsafe extern "C" fn get_acl<T: AclOperations>(
    idmap: *mut mnt_idmap,
    dentry: *mut dentry,
    kind: c_int,
) -> *mut posix_acl {
    // SAFETY: The inode of the dentry has this table, so the dentry is an upper one. The VFS holds
    // a reference to it for the call.
    let dentry = unsafe { Upper::<Dentry>::from_raw(dentry) };
    // SAFETY: The VFS keeps the idmap for the call.
    let idmap = unsafe { lower_idmap(dentry, idmap) };
    let request = AclRequest::of_user(dentry, idmap, AclKind::new(kind));
    into_raw(T::get_acl(request))
}

unsafe extern "C" fn set_acl<T: AclOperations>(
    idmap: *mut mnt_idmap,
    dentry: *mut dentry,
    acl: *mut posix_acl,
    kind: c_int,
) -> c_int {
    // SAFETY: The inode of the dentry has this table, so the dentry is an upper one. The VFS holds
    // a reference to it for the call.
    let dentry = unsafe { Upper::<Dentry>::from_raw(dentry) };
    // SAFETY: The VFS keeps the idmap for the call.
    let idmap = unsafe { lower_idmap(dentry, idmap) };
    // SAFETY: The VFS passes null or an ACL, and keeps it for the call.
    let change = unsafe { AclChange::new(dentry, idmap, acl, AclKind::new(kind)) };
    let result = T::set_acl(change);
    // An access ACL contains the permissions of the mode, and setting one can clear the
    // set-group-id bit. The VFS holds the inode's `i_rwsem` exclusively.
    if let Some(inode) = dentry.upper_inode() {
        inode.refresh_locked();
    }
    to_status(result)
}

/// Converts to what the VFS expects: an ACL with a reference for the caller, null, or an error
/// pointer.
fn into_raw(found: Result<FoundAcl<'_>>) -> *mut posix_acl {
    match found {
        Ok(acl) => acl.into_raw(),
        Err(error) => err_ptr(error.to_errno()),
    }
}
