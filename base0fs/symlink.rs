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
        upper::{Upper, Walked},
    },
    Base0fs,
};

impl SymlinkOperations for Base0fs {
    fn update_atime(inode: &Upper<Inode>) {
        inode.note_reading_below();
    }

    fn get_link<'a>(dentry: &'a Upper<Dentry>, link: LinkUse<'a>) -> Result<LinkText<'a>> {
        link.text_of(dentry.lower())
    }

    fn get_link_in_rcu_walk<'a>(
        inode: Walked<'a, Inode>,
        link: LinkUse<'a>,
    ) -> Result<LinkText<'a>> {
        link.text_in_rcu_walk(&inode)
    }
}
