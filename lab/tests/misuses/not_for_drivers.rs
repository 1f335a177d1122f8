// SPDX-License-Identifier: GPL-2.0

//! A driver uses what only compat may use: parts of a path, guards, references, flags.

#![forbid(unsafe_code)]

use crate::compat::{
    dentry::Dentry,
    inode::{AccessMask, Inode},
    mount::Mount,
    path::OwnedPath,
    upper::{Upper, RcuRef},
};
#[cfg(misuse)]
use crate::compat::{dentry::LookupFlags, path::Path, upper::RcuAccessMask};

fn path_with_another_mount(path: &OwnedPath, dentry: &Upper<Dentry>) {
    #[cfg(misuse)]
    let _ = Path::new(dentry.lower_mount(), path.dentry()); //~ E0624
    let _ = (path.dentry(), dentry.lower_path());
}

fn parts_of_a_path(path: OwnedPath) {
    #[cfg(misuse)]
    let _ = &path.mount; //~ E0616
    #[cfg(misuse)]
    let _ = &path.dentry; //~ E0616
    let _ = path.dentry();
}

/// A path walk may sleep, but not every operation may.
fn path_walk() {
    #[cfg(misuse)]
    let _ = OwnedPath::of_directory(c"/"); //~ E0624
}

fn locks(upper: &Upper<Inode>, lower: &Inode) {
    #[cfg(misuse)]
    core::mem::forget(upper.lock_shared(true)); //~ E0624
    #[cfg(misuse)]
    core::mem::forget(lower.lock()); //~ E0624
    let _ = (upper.mode(), lower.mode());
}

/// An object to which a reference is leaked is never freed.
fn references(dentry: &Upper<Dentry>, mount: &Mount) {
    #[cfg(misuse)]
    core::mem::forget(dentry.parent()); //~ E0624
    #[cfg(misuse)]
    core::mem::forget(dentry.lower().to_aref()); //~ E0624
    #[cfg(misuse)]
    core::mem::forget(mount.to_aref()); //~ E0624
    let _ = (dentry.lower(), mount.is_nosuid());
}

fn masks_and_flags_from_bits(mask: AccessMask<'_>) {
    #[cfg(misuse)]
    let _ = AccessMask::new(!0, mask.caller()); //~ E0624
    #[cfg(misuse)]
    let _ = LookupFlags::new(!0); //~ E0624
    let _ = mask.is_search_only();
}

fn rcu_mask_from_bits(mask: AccessMask<'_>) {
    #[cfg(misuse)]
    let _ = RcuAccessMask::new(0, mask.caller()); //~ E0624
    let _ = mask.is_search_only();
}

fn wait_for_thaw_with_locks(mount: &Mount) {
    #[cfg(misuse)]
    mount.wait_for_thaw(); //~ E0624
    let _ = mount.is_nosuid();
}

fn wait_for_a_lock_that_the_caller_holds(inode: &Upper<Inode>) {
    #[cfg(misuse)]
    inode.refresh_and_wait(); //~ E0624
    inode.refresh();
}

fn lower_inode_in_rcu_walk(inode: RcuRef<'_, Inode>) {
    #[cfg(misuse)]
    let _ = inode.lower(); //~ E0624
    let _ = inode.is_current();
}

/// The owners of files depend on the mount that the caller uses.
fn idmap_of_another_caller(mount: &Mount, mask: AccessMask<'_>) {
    #[cfg(misuse)]
    let _ = mount.idmap(); //~ E0624
    #[cfg(misuse)]
    let _ = mount.idmap_for(mask.caller()); //~ E0624
    let _ = (mount.is_nosuid(), mask.is_search_only());
}

fn permission_by_another_mount(mount: &Mount, inode: &Upper<Inode>, mask: AccessMask<'_>) {
    #[cfg(misuse)]
    let _ = mount.permission(mount.idmap_for(mask.caller()), inode.lower(), 0); //~ E0624
    let _ = (mount.is_nosuid(), inode.lower_permission(mask));
}
