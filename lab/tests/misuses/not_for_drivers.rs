// SPDX-License-Identifier: GPL-2.0

//! A driver takes parts of compat into its hands: pairs that belong together, guards, counts, flags.

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

fn another_mount(path: &OwnedPath, dentry: &Upper<Dentry>) {
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

/// A walk may sleep, and not every operation may.
fn a_walk_of_its_own() {
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

/// A count that is forgotten keeps what its filesystem frees.
fn counts(dentry: &Upper<Dentry>, mount: &Mount) {
    #[cfg(misuse)]
    core::mem::forget(dentry.parent()); //~ E0624
    #[cfg(misuse)]
    core::mem::forget(dentry.lower().to_aref()); //~ E0624
    #[cfg(misuse)]
    core::mem::forget(mount.to_aref()); //~ E0624
    let _ = (dentry.lower(), mount.is_nosuid());
}

fn flags_of_rcu_walk() {
    #[cfg(misuse)]
    let _ = AccessMask::new(!0); //~ E0624
    #[cfg(misuse)]
    let _ = LookupFlags::new(!0); //~ E0624
}

fn a_mask_of_rcu_walk() {
    #[cfg(misuse)]
    let _ = RcuAccessMask::new(0); //~ E0624
}

fn a_wait_with_locks(mount: &Mount) {
    #[cfg(misuse)]
    mount.wait_for_thaw(); //~ E0624
    let _ = mount.is_nosuid();
}

fn a_wait_for_a_lock_of_ones_own(inode: &Upper<Inode>) {
    #[cfg(misuse)]
    inode.refresh_and_wait(); //~ E0624
    inode.refresh();
}

fn what_lies_behind_in_rcu_walk(inode: RcuRef<'_, Inode>) {
    #[cfg(misuse)]
    let _ = inode.lower(); //~ E0624
    let _ = inode.is_up_to_date();
}

fn an_inode_through_another_mount(mount: &Mount, inode: &Upper<Inode>, mask: AccessMask) {
    #[cfg(misuse)]
    let _ = mount.permission(inode.lower(), 0); //~ E0624
    let _ = (mount.is_nosuid(), inode.lower_permission(mask));
}
