// SPDX-License-Identifier: GPL-2.0

//! Symbolic links: the text is that of the lower link.

#![forbid(unsafe_code)]

use crate::{
    compat::{
        dentry::Dentry,
        error::Result,
        inode::Inode,
        link::{DelayedCall, LinkText},
        ops::InodeOperations,
        upper::{RcuRef, Upper},
    },
    passthrough::passes_through,
};

/// The operations of a symbolic link.
pub(crate) trait SymlinkOperations: InodeOperations {
    fn update_atime(inode: &Upper<Inode>) {
        inode.touch_lower_atime();
    }

    fn get_link<'a>(dentry: &'a Upper<Dentry>, done: DelayedCall<'a>) -> Result<LinkText<'a>> {
        dentry.lower().get_link(done)
    }

    fn get_link_in_rcu_walk<'a>(
        inode: RcuRef<'a, Inode>,
        done: DelayedCall<'a>,
    ) -> Result<LinkText<'a>> {
        inode.get_lower_link(done)
    }
}

passes_through! { SymlinkOperations {
    fn update_atime(inode: &Upper<Inode>);
    fn get_link<'a>(dentry: &'a Upper<Dentry>, done: DelayedCall<'a>) -> Result<LinkText<'a>>;
    fn get_link_in_rcu_walk<'a>(inode: RcuRef<'a, Inode>, done: DelayedCall<'a>) -> Result<LinkText<'a>>;
}}
