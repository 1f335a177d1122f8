// SPDX-License-Identifier: GPL-2.0

//! Operations of symbolic links.

use core::marker::PhantomData;

use bindings::{delayed_call, dentry, ffi::c_char, ffi::c_int, inode, inode_operations};

use super::inode::{common_slots, InodeOperations};
use crate::compat::{
    dentry::Dentry,
    error::Result,
    inode::Inode,
    link::{LinkText, LinkUse},
    raw::err_ptr,
    shims::update_time_op::{self, UpdateTime, UpdateTimeOp},
    upper::{RcuRef, Upper},
};

/// What a symbolic link does.
pub(crate) trait SymlinkOperations: InodeOperations {
    /// Notes that the link was followed or read. The VFS has asked the upper mount and the upper inode
    /// whether that is to be noted.
    fn update_atime(inode: &Upper<Inode>);

    /// The text of the link.
    fn get_link<'a>(dentry: &'a Upper<Dentry>, link: LinkUse<'a>) -> Result<LinkText<'a>>;

    /// The same in RCU walk: nothing may sleep, and `ECHILD` asks for a walk that may.
    fn get_link_in_rcu_walk<'a>(
        inode: RcuRef<'a, Inode>,
        link: LinkUse<'a>,
    ) -> Result<LinkText<'a>>;
}

/// The slot of `T` whose form is a question.
struct Slot<T>(PhantomData<T>);

impl<T: SymlinkOperations> UpdateTime for Slot<T> {
    unsafe fn update_atime(inode: *mut inode) -> c_int {
        // SAFETY: The VFS calls this with inodes that have this table, counted for the call.
        T::update_atime(unsafe { Upper::from_raw(inode) });
        0
    }
}

/// The slots that symbolic links fill.
pub(super) const fn table<T: SymlinkOperations>() -> inode_operations {
    inode_operations {
        get_link: Some(get_link::<T>),
        update_time: <update_time_op::Answer as UpdateTimeOp<Slot<T>>>::TABLE.update_time,
        ..common_slots::<T>()
    }
}

unsafe extern "C" fn get_link<T: SymlinkOperations>(
    dentry: *mut dentry,
    inode: *mut inode,
    done: *mut delayed_call,
) -> *const c_char {
    // SAFETY: The VFS gives an unset call, and runs it when it is through.
    let link = unsafe { LinkUse::from_raw(done) };
    let text = if dentry.is_null() {
        // SAFETY: The VFS calls this with inodes that have this table, which only upper inodes have.
        // Without a dentry it is in RCU walk.
        let inode = unsafe { RcuRef::new(Upper::from_raw(inode)) };
        T::get_link_in_rcu_walk(inode, link)
    } else {
        // SAFETY: With a dentry it counts that, until it is through with the text.
        T::get_link(unsafe { Upper::from_raw(dentry) }, link)
    };
    match text {
        Ok(text) => text.into_raw(),
        Err(error) => err_ptr(error.to_errno()),
    }
}
