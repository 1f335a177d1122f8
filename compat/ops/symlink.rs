// SPDX-License-Identifier: GPL-2.0

//! Operations of symbolic links.

use bindings::{delayed_call, dentry, ffi::c_char, inode, inode_operations};

use super::inode::{common_slots, InodeOperations};
use crate::compat::{
    dentry::Dentry,
    error::Result,
    inode::Inode,
    link::{LinkText, LinkUse},
    raw::err_ptr,
    upper::{Upper, Walked},
};

/// What a symbolic link does.
pub(crate) trait SymlinkOperations: InodeOperations {
    /// The text of the link.
    fn get_link<'a>(dentry: &Upper<Dentry>, link: LinkUse<'a>) -> Result<LinkText<'a>>;

    /// The same in RCU walk: nothing may sleep, and `ECHILD` asks for a walk that may.
    fn get_link_in_rcu_walk<'a>(
        inode: Walked<'_, Inode>,
        link: LinkUse<'a>,
    ) -> Result<LinkText<'a>>;
}

/// The slots that symbolic links fill.
pub(super) const fn table<T: SymlinkOperations>() -> inode_operations {
    inode_operations {
        get_link: Some(get_link::<T>),
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
        // SAFETY: The VFS calls this with inodes that have this table; without a dentry it holds the
        // RCU read lock.
        T::get_link_in_rcu_walk(Walked::new(unsafe { Upper::from_raw(inode) }), link)
    } else {
        // SAFETY: With a dentry it counts that.
        T::get_link(unsafe { Upper::from_raw(dentry) }, link)
    };
    match text {
        Ok(text) => text.into_raw(),
        Err(error) => err_ptr(error.to_errno()),
    }
}
