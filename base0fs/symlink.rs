// SPDX-License-Identifier: GPL-2.0

//! Symbolic links: the lower link's text.

#![forbid(unsafe_code)]

use crate::{
    compat::{
        dentry::Dentry,
        error::Result,
        inode::Inode,
        link::{LinkText, LinkUse},
        ops::SymlinkOperations,
        upper::{RcuRef, Upper},
    },
    Base0fs,
};

impl SymlinkOperations for Base0fs {
    fn update_atime(inode: &Upper<Inode>) {
        inode.touch_lower_atime();
    }

    fn get_link<'a>(dentry: &'a Upper<Dentry>, link: LinkUse<'a>) -> Result<LinkText<'a>> {
        link.text_of(dentry.lower())
    }

    fn get_link_in_rcu_walk<'a>(
        inode: RcuRef<'a, Inode>,
        link: LinkUse<'a>,
    ) -> Result<LinkText<'a>> {
        link.text_in_rcu_walk(&inode)
    }
}
