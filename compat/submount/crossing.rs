// SPDX-License-Identifier: GPL-2.0

//! Going through a mountpoint in walks for which the VFS would not.

use core::{
    cell::UnsafeCell,
    ptr::{self, addr_of_mut},
    sync::atomic::Ordering,
};

use bindings::{ffi::c_int, ffi::c_uint, path};

use super::{mounted_below, Lock, TRIED};
use crate::compat::{
    dentry::Dentry,
    error::{code, from_status, stale, Result},
    idmap,
    upper::Upper,
};

/// A walk of [`cross`] that is going on. It is on the stack of its task, and in the list of these.
struct Crossing {
    next: *mut Crossing,
    /// The path with which the task walks, to be compared only.
    at: *const path,
}

/// The list of crossings. Only who has the [`Lock`] accesses it, and the members of what is in it.
struct Crossings(UnsafeCell<*mut Crossing>);

// SAFETY: Only who has the `Lock` accesses the list.
unsafe impl Sync for Crossings {}

static CROSSINGS: Crossings = Crossings(UnsafeCell::new(ptr::null_mut()));

impl Crossing {
    /// Puts `crossing` into the list. Returns false, and does not, if a crossing walks with
    /// `place`.
    ///
    /// # Safety
    ///
    /// `crossing` is valid, and stays so until [`Self::end`] was called for it.
    unsafe fn begin(crossing: *mut Self, place: *const path) -> bool {
        let _lock = Lock::take();
        let head = CROSSINGS.0.get();
        // SAFETY: This task has the lock. What is in the list is valid until `end` takes it out,
        // with the lock held. The safety requirements ensure that `crossing` is valid as long.
        unsafe {
            let mut other = *head;
            while let Some(crossing) = other.as_ref() {
                if crossing.at == place {
                    return false;
                }
                other = crossing.next;
            }
            (*crossing).next = *head;
            *head = crossing;
        }
        true
    }

    /// Takes `crossing` out of the list.
    ///
    /// # Safety
    ///
    /// [`Self::begin`] has put it there.
    unsafe fn end(crossing: *mut Self) {
        let _lock = Lock::take();
        let mut link = CROSSINGS.0.get();
        // SAFETY: This task has the lock. What is in the list is valid until it is taken out.
        unsafe {
            while !(*link).is_null() {
                if *link == crossing {
                    *link = (*crossing).next;
                    return;
                }
                link = addr_of_mut!((**link).next);
            }
        }
    }
}

/// Goes through the mountpoint at `place`, so that something is mounted there if something is
/// mounted below: for `d_manage`, which the VFS calls in each walk, before it looks for a mount.
///
/// The call walks too, so the VFS calls `d_manage` again. `place` is then the path of the outer
/// call, and there is nothing to do.
///
/// What the lower filesystem has not mounted yet (autofs, NFS) is left to the VFS. It is mounted in
/// the walks in which the VFS mounts it below, and stat(2) does not mount it.
///
/// Errors: those of [`super::make`]; `EPERM` if `is_idmapped`, that is if the mount of `place` has
/// an idmap, and what is mounted there is a submount without one; `ESTALE`, on which the VFS
/// repeats the path walk once, if the mountpoint was dropped from the dentry cache meanwhile.
///
/// # Safety
///
/// The VFS has passed `place` to `d_manage` of an upper dentry, outside of RCU walk.
pub(in crate::compat) unsafe fn cross(place: &path, is_idmapped: bool) -> Result {
    // SAFETY: The VFS passes a valid path.
    if unsafe { bindings::path_is_mountpoint(place) } {
        // Mount propagation has copied it, from a mount without an idmap.
        // SAFETY: As above.
        return match is_idmapped && unsafe { is_unmapped_submount(place) } {
            true => Err(code::EPERM),
            false => Ok(()),
        };
    }
    if TRIED.load(Ordering::Relaxed) == place.mnt {
        return Ok(());
    }
    let mut own = *place;
    let own_at = addr_of_mut!(own);
    let mut crossing = Crossing {
        next: ptr::null_mut(),
        at: own_at,
    };
    let crossing_at = addr_of_mut!(crossing);
    // SAFETY: `crossing` stays until `end`, below.
    if !unsafe { Crossing::begin(crossing_at, place) } {
        return Ok(());
    }
    // SAFETY: The VFS holds a reference to the dentry. It has looked it up, so the dentry has its
    // lower one.
    let mountpoint = unsafe { Upper::<Dentry>::from_raw(place.dentry) };
    let crossed = mounted_below(mountpoint, 0).and_then(|below| match below {
        // SAFETY: `own` is a copy of a valid path, and nobody else uses it.
        Some(_) => from_status(unsafe { walk_through(own_at) }),
        None => Ok(()),
    });
    // SAFETY: `begin` has put it into the list.
    unsafe { Crossing::end(crossing_at) };
    match crossed {
        // Nothing can be mounted on a dentry that is not hashed (`d_set_mounted()`). The walk has
        // found this one before it was dropped.
        Err(error) if error == code::ENOENT && !mountpoint.is_hashed() => Err(stale()),
        crossed => crossed,
    }
}

/// Whether what a walk from `place` comes to is a submount, by a mount without an idmap.
///
/// # Safety
///
/// `place` is a valid path. The caller may sleep.
unsafe fn is_unmapped_submount(place: &path) -> bool {
    let mut own = *place;
    // SAFETY: The references that are taken here belong to `own`. Each call replaces both together,
    // or neither. A mount keeps its superblock.
    unsafe {
        bindings::mntget(own.mnt);
        bindings::dget(own.dentry);
        while bindings::follow_down_one(&mut own) != 0 {}
        let sb = (*own.mnt).mnt_sb;
        let is_submount = || Lock::take().records().any(|record| record.sb == sb);
        let found = !idmap::is_idmapped(own.mnt) && is_submount();
        bindings::dput(own.dentry);
        bindings::mntput(own.mnt);
        found
    }
}

/// Walks from the mountpoint at `place` to what is mounted there, and mounts that if necessary.
/// Returns zero or a negative errno.
///
/// # Safety
///
/// `place` is a valid path, which nobody else uses. The caller holds no lock, and may sleep.
unsafe fn walk_through(place: *mut path) -> c_int {
    // SAFETY: The references that are taken here belong to `place`. The call replaces both together,
    // or neither.
    unsafe {
        bindings::mntget((*place).mnt);
        bindings::dget((*place).dentry);
        let status = bindings::follow_down(place, bindings::LOOKUP_AUTOMOUNT as c_uint);
        bindings::dput((*place).dentry);
        bindings::mntput((*place).mnt);
        status
    }
}
