// SPDX-License-Identifier: GPL-2.0

//! Either the caller locks directories for every change, or the VFS does.

use crate::compat::shims::{
    delegation::{self, Delegation},
    dirop::{self, Dirop},
    lookup_one::{self, LookupOne},
    renamedata::{self, RenameData},
    vfs_mkdir::{self, VfsMkdir},
    vfs_rename::{self, VfsRename},
};

/// Compiles if `Rename` and `Mkdir` leave directories to those whom `E` leaves them to.
#[allow(dead_code)]
fn together<E, L, D, P, Mkdir, Rename>()
where
    E: Dirop<L>,
    L: LookupOne,
    D: RenameData,
    P: Delegation,
    Mkdir: VfsMkdir<E, P>,
    Rename: VfsRename<L, D, P, E>,
{
}

#[allow(dead_code)]
fn chosen() {
    together::<
        dirop::Answer,
        lookup_one::Answer,
        renamedata::Answer,
        delegation::Answer,
        vfs_mkdir::Answer,
        vfs_rename::Answer,
    >();
}
