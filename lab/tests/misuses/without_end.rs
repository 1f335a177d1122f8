// SPDX-License-Identifier: GPL-2.0

//! A driver forgets `lower()`, so its operation would call itself without end.

#![forbid(unsafe_code)]

use core::ffi::CStr;

use crate::compat::{
    dentry::Dentry,
    error::Result,
    file::{File, LockOwner},
    io::BytesTransferred,
    link::{LinkText, DelayedCall},
    super_block::SuperBlock,
    upper::{OpenRequest, Upper},
    xattr::XattrBuffer,
};

/// `lower!(OBJECT)` is the lower object; with the misuse, the object itself.
#[cfg(misuse)]
macro_rules! lower {
    ($object:expr) => {
        $object
    };
}
#[cfg(not(misuse))]
macro_rules! lower {
    ($object:expr) => {
        $object.lower()
    };
}

fn fsync(file: &Upper<File>) -> Result {
    lower!(file).fsync(0, 1, true) //~ E0599
}

fn flush(file: &Upper<File>, owner: LockOwner) -> Result {
    lower!(file).flush(owner) //~ E0599
}

fn fallocate(file: &Upper<File>) -> Result {
    lower!(file).fallocate(0, 0, 1) //~ E0599
}

fn fadvise(file: &Upper<File>) -> Result {
    lower!(file).fadvise(0, 1, 0) //~ E0599
}

fn fsync_of_an_opening(file: OpenRequest<'_>) -> Result {
    #[cfg(misuse)]
    file.fsync(0, 1, true)?; //~ E0599
    file.open_lower().map(|_| ())
}

fn listxattr<'a>(dentry: &Upper<Dentry>, names: XattrBuffer<'a>) -> Result<BytesTransferred<'a>> {
    lower!(dentry).list_xattr(names) //~ E0599
}

fn get_xattr<'a>(dentry: &Upper<Dentry>, name: &CStr, value: XattrBuffer<'a>) -> Result<BytesTransferred<'a>> {
    let mount = dentry.lower_mount();
    mount.get_xattr(lower!(dentry), name, value) //~ E0308
}

fn get_link<'a>(dentry: &'a Upper<Dentry>, done: DelayedCall<'a>) -> Result<LinkText<'a>> {
    lower!(dentry).get_link(done) //~ E0599
}

fn sync_fs(sb: &Upper<SuperBlock>) -> Result {
    lower!(sb).sync() //~ E0599
}

fn sync_fs_by_an_inode(dentry: &Upper<Dentry>) -> Result {
    #[cfg(misuse)]
    dentry.upper_inode().map(|inode| inode.super_block().sync()); //~ E0599
    dentry.upper_super().lower().sync()
}
