// SPDX-License-Identifier: GPL-2.0

//! Giving back counts on files that go with them, while their filesystem may be frozen.
//!
//! The last count on a removed file takes the file with it, and that waits while the filesystem is
//! frozen. Upper dentries and inodes give back theirs wherever the VFS lets go of them: in a path
//! walk, with a directory locked, in memory reclaim. What waits there takes tasks with it that have
//! nothing to do with the frozen filesystem. So a count is given back at once if the filesystem can
//! be kept from freezing meanwhile, and otherwise by a work item that comes back every tenth of a
//! second until the filesystem thaws.

use core::{
    cell::UnsafeCell,
    mem::{self, MaybeUninit},
    ptr::{self, NonNull},
    sync::atomic::{AtomicPtr, Ordering},
};

use bindings::{delayed_work, work_struct};

use super::{aref::ARef, dentry::Dentry, inode::Inode, mount::Mount};

/// Gives back `dentry`, of the filesystem behind `mount`.
pub(in crate::compat) fn put_dentry(mount: &Mount, dentry: ARef<Dentry>) {
    let goes =
        dentry.inode().is_some_and(|inode| inode.is_removed()) || dentry.is_in_removed_directory();
    put(mount, goes, Object::Dentry(dentry));
}

/// Gives back `inode`, of the filesystem behind `mount`.
pub(in crate::compat) fn put_inode(mount: &Mount, inode: ARef<Inode>) {
    let goes = inode.is_removed();
    put(mount, goes, Object::Inode(inode));
}

/// What is counted; dropped to give the count back.
#[allow(dead_code)]
enum Object {
    Dentry(ARef<Dentry>),
    Inode(ARef<Inode>),
}

fn put(mount: &Mount, goes: bool, object: Object) {
    // Dropped here and now: what stays behind has nothing to wait for.
    if !goes {
        return;
    }
    if let Some(object) = mount.if_not_frozen(object, drop) {
        Item::defer(mount.to_aref(), object);
    }
}

/// A count that waits, in the list of all of them. The mount keeps the filesystem.
struct Item {
    object: Object,
    mount: ARef<Mount>,
    next: *mut Item,
}

/// The last item that was deferred; the others follow it.
static ITEMS: AtomicPtr<Item> = AtomicPtr::new(ptr::null_mut());

impl Item {
    /// Lets `object` wait. If there is no memory, the caller waits in its place.
    fn defer(mount: ARef<Mount>, object: Object) {
        let item = Self {
            object,
            mount,
            next: ptr::null_mut(),
        };
        // SAFETY: Any size can be asked for; the call does not sleep.
        let memory = unsafe { bindings::shim_alloc_now(mem::size_of::<Self>()) };
        match NonNull::new(memory.cast::<Self>()) {
            Some(place) => {
                // SAFETY: The memory is as large as an item, aligned for every type, and ours.
                unsafe { place.as_ptr().write(item) };
                Self::push(place);
                schedule();
            }
            None => drop(item),
        }
    }

    /// Adds an item, whose owner gives it away, to the list.
    fn push(item: NonNull<Self>) {
        let mut first = ITEMS.load(Ordering::Relaxed);
        loop {
            // SAFETY: The item is in no list, so that it is the caller's alone.
            unsafe { (*item.as_ptr()).next = first };
            let pushed = ITEMS.compare_exchange_weak(
                first,
                item.as_ptr(),
                Ordering::Release,
                Ordering::Relaxed,
            );
            match pushed {
                Ok(_) => return,
                Err(other) => first = other,
            }
        }
    }

    /// Empties the list and runs `f` on each item, which `f` gets to own.
    fn for_each(mut f: impl FnMut(NonNull<Self>)) {
        let mut first = ITEMS.swap(ptr::null_mut(), Ordering::Acquire);
        while let Some(item) = NonNull::new(first) {
            // SAFETY: The swap has made the items ours, and `f` has not got this one yet.
            first = unsafe { item.as_ref().next };
            f(item);
        }
    }

    /// Takes an item out of its memory, and frees that.
    fn unbox(item: NonNull<Self>) -> (Object, ARef<Mount>) {
        // SAFETY: The caller owns the item, which is not used after this.
        let Self { object, mount, .. } = unsafe { item.as_ptr().read() };
        // SAFETY: `defer` has allocated the memory.
        unsafe { bindings::kfree(item.as_ptr().cast()) };
        (object, mount)
    }
}

/// The work item that gives back what was deferred.
struct Work(UnsafeCell<MaybeUninit<delayed_work>>);

// SAFETY: After `start` only the kernel's workqueues look inside, which lock it.
unsafe impl Sync for Work {}

static WORK: Work = Work(UnsafeCell::new(MaybeUninit::zeroed()));

/// Prepares the work item, before the first filesystem can be mounted.
///
/// # Safety
///
/// Called once before each [`stop`], by the task that loads the module.
pub(in crate::compat) unsafe fn start() {
    // SAFETY: Nobody else uses the work item yet.
    unsafe { bindings::shim_init_delayed_work(WORK.0.get().cast(), Some(work)) };
}

/// Gives back everything that still waits; after that, none of this module's code runs here.
///
/// # Safety
///
/// [`start`] was called, and no filesystem is mounted or can be mounted.
pub(in crate::compat) unsafe fn stop() {
    // SAFETY: The work item is prepared, and nobody schedules it any more but itself.
    unsafe { bindings::cancel_delayed_work_sync(WORK.0.get().cast()) };
    Item::for_each(|item| {
        // Waits for the filesystem: the module cannot go before.
        drop(Item::unbox(item));
    });
}

/// Gives back what waits for filesystems that have thawed by now. May sleep.
pub(in crate::compat) fn flush() {
    // SAFETY: The work item was prepared before anything could be mounted.
    unsafe { bindings::flush_delayed_work(WORK.0.get().cast()) };
}

fn schedule() {
    // SAFETY: The work item was prepared before anything could be mounted.
    unsafe { bindings::shim_schedule_soon(WORK.0.get().cast()) };
}

unsafe extern "C" fn work(_work: *mut work_struct) {
    let mut left = false;
    Item::for_each(|item| {
        let mut kept = None;
        // SAFETY: The item is ours, and its mount stays at its place: `unbox` hands the count on.
        let mount = unsafe { &*ptr::from_ref::<Mount>(&item.as_ref().mount) };
        let frozen = mount.if_not_frozen((), |()| {
            let (object, mount) = Item::unbox(item);
            drop(object);
            kept = Some(mount);
        });
        if frozen.is_some() {
            // The same memory waits on: nothing can fail here.
            Item::push(item);
            left = true;
        }
        // The mount keeps the filesystem until it may freeze again.
        drop(kept);
    });
    if left {
        schedule();
    }
}
