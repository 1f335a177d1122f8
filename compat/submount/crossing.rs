// SPDX-License-Identifier: GPL-2.0

//! Going through a mountpoint in walks for which the VFS would not.

use core::{
    cell::UnsafeCell,
    ptr::{self, addr_of_mut},
    sync::atomic::Ordering,
};

use bindings::{ffi::c_uint, path};

use super::{Lock, TRIED};
use crate::compat::error::{from_status, Result};

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
/// Errors: those of [`super::make`].
pub(in crate::compat) fn cross(place: &path) -> Result {
    let is_tried = TRIED.load(Ordering::Relaxed) == place.mnt;
    // SAFETY: The VFS passes a valid path.
    if is_tried || unsafe { bindings::path_is_mountpoint(place) } {
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
    // SAFETY: The references that are taken here belong to `own`. The call replaces both together,
    // or neither. `d_manage` is called without locks, in a walk that may sleep.
    let crossed = unsafe {
        bindings::mntget((*own_at).mnt);
        bindings::dget((*own_at).dentry);
        let crossed = bindings::follow_down(own_at, bindings::LOOKUP_AUTOMOUNT as c_uint);
        bindings::dput((*own_at).dentry);
        bindings::mntput((*own_at).mnt);
        crossed
    };
    // SAFETY: `begin` has put it into the list.
    unsafe { Crossing::end(crossing_at) };
    from_status(crossed)
}
