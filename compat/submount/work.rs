// SPDX-License-Identifier: GPL-2.0

//! The work item that ends submounts: those that nobody uses, and those that are stale.

use core::{cell::UnsafeCell, mem::MaybeUninit, ptr};

use bindings::{delayed_work, list_head, vfsmount, work_struct};

use super::{is_covered, place_of, Lock, State};
use crate::compat::{aref::ARef, mount::Mount, super_block::SuperBlock, upper::Upper};

/// A structure that C initialises in `start`, and that only functions of C use after that.
pub(super) struct Shared<T>(UnsafeCell<MaybeUninit<T>>);

// SAFETY: `start` initialises the structure before anybody uses it. After that it is passed to
// functions of C alone, which lock it themselves.
unsafe impl<T> Sync for Shared<T> {}

impl<T> Shared<T> {
    const fn new() -> Self {
        Self(UnsafeCell::new(MaybeUninit::zeroed()))
    }

    pub(super) fn as_ptr(&self) -> *mut T {
        self.0.get().cast()
    }
}

/// The submounts that expire when nobody uses them.
pub(super) static EXPIRING: Shared<list_head> = Shared::new();

static WORK: Shared<delayed_work> = Shared::new();

/// Initialises the work item and the list. Called before the first filesystem can be mounted.
///
/// # Safety
///
/// This is the first call, or the first after [`stop`], and no filesystem is mounted or can be
/// mounted.
pub(in crate::compat) unsafe fn start() {
    // SAFETY: The safety requirements ensure that nobody uses the two.
    unsafe {
        bindings::shim_init_list(EXPIRING.as_ptr());
        bindings::shim_init_delayed_work(WORK.as_ptr(), Some(work));
    }
}

/// Ends the work item, so that the module can be unloaded.
///
/// # Safety
///
/// [`start`] was called, and no filesystem is mounted or can be mounted.
pub(in crate::compat) unsafe fn stop() {
    // SAFETY: The safety requirements ensure that the work item is initialised. Without submounts
    // only the work item itself schedules it, and the call waits for that.
    unsafe { bindings::cancel_delayed_work_sync(WORK.as_ptr()) };
}

pub(super) fn schedule() {
    // SAFETY: `Registration::new` has called `start` before anything could be mounted. Only a
    // superblock and the work item call this.
    unsafe { bindings::shim_schedule_in_1s(WORK.as_ptr()) };
}

unsafe extern "C" fn work(_work: *mut work_struct) {
    // SAFETY: `start` has initialised the list.
    unsafe { bindings::mark_mounts_for_expiry(EXPIRING.as_ptr()) };
    Lock::take().rewind();
    while let Some((lower, attached)) = next_fresh() {
        if place_of(&lower) == attached && !is_covered(&lower) {
            continue;
        }
        // All submounts of this mount.
        for record in Lock::take().records() {
            let is_of_mount = ptr::eq(record.lower(), &*lower) && record.attached == attached;
            if is_of_mount && record.state == State::Fresh {
                record.set_state(State::Stale);
            }
        }
    }
    Lock::take().rewind();
    while let Some(mountpoint) = next_stale() {
        mountpoint.detach_stale();
    }
    let some_are_left = Lock::take().records().next().is_some();
    if some_are_left {
        schedule();
    }
}

/// A mount below, and where it was attached.
type Fresh = (ARef<Mount>, (*mut vfsmount, *mut bindings::dentry));

/// The mount of the next fresh record of this run of the work item.
fn next_fresh() -> Option<Fresh> {
    let mut lock = Lock::take();
    loop {
        let record = lock.advance()?;
        if record.state == State::Fresh {
            return Some((record.lower().to_aref(), record.attached));
        }
    }
}

/// The upper mountpoint of a stale submount.
struct Mountpoint {
    parent: Pinned,
    dentry: *mut bindings::dentry,
    inode: *mut bindings::inode,
}

impl Mountpoint {
    /// Detaches what is mounted there, unless the mountpoint is not found: its upper dentry is
    /// gone, or the name of a file with several names.
    fn detach_stale(&self) {
        // SAFETY: `parent` keeps the superblock, an upper one.
        let parent = unsafe { Upper::<SuperBlock>::from_raw(self.parent.0) };
        let alias = Upper::find(parent, self.inode).and_then(|inode| inode.alias());
        if let Some(alias) = alias.filter(|alias| ptr::eq(alias.lower().as_ptr(), self.dentry)) {
            alias.detach_stale();
        }
    }
}

/// A superblock that stays as it is while this value lives. Its mounts are not kept busy.
///
/// # Invariants
///
/// This value owns one successful `shim_pin_super()`.
struct Pinned(*mut bindings::super_block);

impl Drop for Pinned {
    fn drop(&mut self) {
        // SAFETY: The type invariants ensure that the superblock is kept by what this call drops.
        unsafe { bindings::deactivate_super(self.0) };
    }
}

/// The mountpoint of the next stale record of this run of the work item.
fn next_stale() -> Option<Mountpoint> {
    let mut lock = Lock::take();
    loop {
        let record = lock.advance()?;
        if record.state != State::Stale || record.parent.is_null() {
            continue;
        }
        // SAFETY: `forget` resets the pointer before `kill_sb` returns, and this task has the lock.
        if unsafe { bindings::shim_pin_super(record.parent) } {
            return Some(Mountpoint {
                // INVARIANT: The call above succeeded.
                parent: Pinned(record.parent),
                dentry: record.mountpoint,
                inode: record.inode,
            });
        }
    }
}
