// SPDX-License-Identifier: GPL-2.0

//! Symbolic links: the text is that of the lower link.

#![forbid(unsafe_code)]

use crate::{
    compat::{
        dentry::Dentry,
        error::Result,
        inode::Inode,
        link::{DelayedCall, LinkText},
        ops::SymlinkOperations,
        upper::{RcuRef, Upper},
    },
    Base0fs,
};

impl SymlinkOperations for Base0fs {
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
