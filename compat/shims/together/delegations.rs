// SPDX-License-Identifier: GPL-2.0

//! Every function of the VFS reports a delegated inode in the same kind of place.

use crate::compat::shims::{
    delegation::{self, Delegation},
    dirop,
    vfs_create::{self, VfsCreate},
    vfs_mkdir::{self, VfsMkdir},
    vfs_mknod::{self, VfsMknod},
    vfs_rmdir::{self, VfsRmdir},
    vfs_symlink::{self, VfsSymlink},
};

/// Compiles if all functions take the place of `D`, or none.
#[allow(dead_code)]
fn together<D, Create, Mkdir, Mknod, Rmdir, Symlink>()
where
    D: Delegation,
    Create: VfsCreate<D>,
    Mkdir: VfsMkdir<dirop::Answer, D>,
    Mknod: VfsMknod<D>,
    Rmdir: VfsRmdir<D>,
    Symlink: VfsSymlink<D>,
{
}

#[allow(dead_code)]
fn chosen() {
    together::<
        delegation::Answer,
        vfs_create::Answer,
        vfs_mkdir::Answer,
        vfs_mknod::Answer,
        vfs_rmdir::Answer,
        vfs_symlink::Answer,
    >();
}
