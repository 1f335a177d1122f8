// SPDX-License-Identifier: GPL-2.0

//! Operations of symbolic links.

use bindings::{delayed_call, dentry, ffi::c_char, ffi::c_int, inode, inode_operations};

use super::{
    inode::{common_slots, InodeOperations},
    Adapter,
};
use crate::compat::{
    dentry::Dentry,
    error::Result,
    inode::Inode,
    link::{DelayedCall, LinkText},
    raw::err_ptr,
    shims::update_time_op::{self, UpdateTime, UpdateTimeOp},
    upper::{RcuRef, Upper},
};

/// The operations of a symbolic link.
pub(crate) trait SymlinkOperations: InodeOperations {
    /// Updates the access time, because the link was followed or read. The VFS has checked that the
    /// upper mount and the upper inode allow access times to be updated.
    fn update_atime(inode: &Upper<Inode>);

    /// Gets the text of the link.
    fn get_link<'a>(dentry: &'a Upper<Dentry>, done: DelayedCall<'a>) -> Result<LinkText<'a>>;

    /// The same in RCU walk, without sleeping. On `ECHILD` the VFS leaves RCU walk and calls
    /// [`Self::get_link`].
    fn get_link_in_rcu_walk<'a>(
        inode: RcuRef<'a, Inode>,
        done: DelayedCall<'a>,
    ) -> Result<LinkText<'a>>;
}

impl<T: SymlinkOperations> UpdateTime for Adapter<T> {
    unsafe fn update_atime(inode: *mut inode) -> c_int {
        // SAFETY: The VFS calls this with an inode that has this table, so an upper inode, and
        // keeps it for the call.
        T::update_atime(unsafe { Upper::from_raw(inode) });
        0
    }
}

/// The table of symbolic links.
pub(super) const fn table<T: SymlinkOperations>() -> inode_operations {
    inode_operations {
        get_link: Some(get_link::<T>),
        update_time: <update_time_op::Answer as UpdateTimeOp<Adapter<T>>>::TABLE.update_time,
        ..common_slots::<T>()
    }
}

unsafe extern "C" fn get_link<T: SymlinkOperations>(
    dentry: *mut dentry,
    inode: *mut inode,
    done: *mut delayed_call,
) -> *const c_char {
    // SAFETY: The VFS passes a valid and unset call, and runs it after its last use of the text.
    let done = unsafe { DelayedCall::from_raw(done) };
    let text = if dentry.is_null() {
        // SAFETY: The inode has this table, so it is an upper inode. Without a dentry the VFS is in
        // RCU walk, and the RCU read lock keeps the inode until the text is not used any more.
        let inode = unsafe { RcuRef::new(Upper::from_raw(inode)) };
        T::get_link_in_rcu_walk(inode, done)
    } else {
        // SAFETY: The dentry is that of an inode with this table, so it is an upper one. The VFS
        // holds a reference to it until the text is not used any more.
        T::get_link(unsafe { Upper::from_raw(dentry) }, done)
    };
    match text {
        Ok(text) => text.into_raw(),
        Err(error) => err_ptr(error.to_errno()),
    }
}
