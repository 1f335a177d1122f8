// SPDX-License-Identifier: GPL-2.0

//! Dropping references to files of a filesystem that may be frozen.
//!
//! Dropping the last reference to a removed file frees the file, and that waits while the
//! filesystem is frozen. The VFS drops upper dentries and inodes in any context: in a path walk,
//! with a directory locked, in memory reclaim. A task that waited there would block tasks that do
//! not use the frozen filesystem. So a reference is dropped at once if the filesystem can be kept
//! from freezing meanwhile, and otherwise by a work item that runs every tenth of a second until
//! the filesystem thaws.

use core::{
    cell::UnsafeCell,
    mem::{self, MaybeUninit},
    ptr::{self, NonNull},
    sync::atomic::{AtomicPtr, Ordering},
};

use bindings::{delayed_work, work_struct};

use super::{aref::ARef, dentry::Dentry, inode::Inode, mount::Mount};

/// Drops `dentry`, which belongs to the filesystem of `mount`.
pub(in crate::compat) fn put_dentry(mount: &Mount, dentry: ARef<Dentry>) {
    let may_free_file =
        dentry.inode().is_some_and(|inode| inode.is_removed()) || dentry.is_in_removed_directory();
    put(mount, may_free_file, Reference::Dentry(dentry));
}

/// Drops `inode`, which belongs to the filesystem of `mount`.
pub(in crate::compat) fn put_inode(mount: &Mount, inode: ARef<Inode>) {
    let may_free_file = inode.is_removed();
    put(mount, may_free_file, Reference::Inode(inode));
}

/// A reference to be dropped.
#[allow(dead_code)]
enum Reference {
    Dentry(ARef<Dentry>),
    Inode(ARef<Inode>),
}

fn put(mount: &Mount, may_free_file: bool, reference: Reference) {
    if !may_free_file {
        // The file has a name, so the put frees nothing, unless the file is removed right now.
        return;
    }
    if let Some(reference) = mount.if_not_frozen(reference, drop) {
        DeferredPut::enqueue(mount.to_aref(), reference);
    }
}

/// A deferred reference, as an item of the list. The mount keeps the filesystem mounted.
struct DeferredPut {
    reference: Reference,
    mount: ARef<Mount>,
    next: *mut DeferredPut,
}

/// The head of the list of deferred puts.
///
/// The list owns them: each was allocated by [`DeferredPut::enqueue`] and pushed by its owner.
static DEFERRED: AtomicPtr<DeferredPut> = AtomicPtr::new(ptr::null_mut());

impl DeferredPut {
    /// Defers the drop of `reference`. If there is no memory, drops it now, and the caller waits.
    fn enqueue(mount: ARef<Mount>, reference: Reference) {
        let put = Self {
            reference,
            mount,
            next: ptr::null_mut(),
        };
        // SAFETY: The call accepts every size, and does not sleep.
        let memory = unsafe { bindings::shim_alloc_nowait(mem::size_of::<Self>()) };
        match NonNull::new(memory.cast::<Self>()) {
            Some(place) => {
                // SAFETY: The memory is ours, and as large as a `DeferredPut`. `kmalloc()` aligns
                // it for every type without an alignment of its own.
                unsafe { place.as_ptr().write(put) };
                // SAFETY: Allocated and initialised above, and ours.
                unsafe { Self::push(place) };
                schedule();
            }
            None => drop(put),
        }
    }

    /// Adds `put` to the list.
    ///
    /// # Safety
    ///
    /// `put` was allocated by [`Self::enqueue`] and is initialised. The caller owns it, and gives
    /// it to the list.
    unsafe fn push(put: NonNull<Self>) {
        let mut head = DEFERRED.load(Ordering::Relaxed);
        loop {
            // SAFETY: The safety requirements ensure that `put` is valid. It is not in the list
            // yet, so nobody else uses it.
            unsafe { (*put.as_ptr()).next = head };
            let pushed = DEFERRED.compare_exchange_weak(
                head,
                put.as_ptr(),
                Ordering::Release,
                Ordering::Relaxed,
            );
            match pushed {
                Ok(_) => return,
                Err(other) => head = other,
            }
        }
    }

    /// Empties the list, and gives each of its items to `f`, which owns it from then on.
    fn drain(mut f: impl FnMut(NonNull<Self>)) {
        let mut head = DEFERRED.swap(ptr::null_mut(), Ordering::Acquire);
        while let Some(put) = NonNull::new(head) {
            // SAFETY: The swap has made the items ours, and `f` has not got this one yet. `Acquire`
            // makes what its owner stored before `push` visible.
            head = unsafe { put.as_ref().next };
            f(put);
        }
    }

    /// Moves the contents out of `put`, and frees its memory.
    ///
    /// # Safety
    ///
    /// `put` was allocated by [`Self::enqueue`] and is initialised. The caller owns it, and does
    /// not use it after this.
    unsafe fn into_parts(put: NonNull<Self>) -> (Reference, ARef<Mount>) {
        // SAFETY: The safety requirements ensure that `put` is valid, and that it is not read
        // again.
        let Self {
            reference, mount, ..
        } = unsafe { put.as_ptr().read() };
        // SAFETY: The safety requirements ensure that `enqueue` has allocated the memory, by
        // `kmalloc()`.
        unsafe { bindings::kfree(put.as_ptr().cast()) };
        (reference, mount)
    }
}

/// The work item that drops the deferred references.
struct Work(UnsafeCell<MaybeUninit<delayed_work>>);

// SAFETY: `start` initialises the work item before anybody uses it. After that it is passed to
// functions of the workqueue alone, which may be called by several tasks at once.
unsafe impl Sync for Work {}

static WORK: Work = Work(UnsafeCell::new(MaybeUninit::zeroed()));

impl Work {
    fn as_ptr(&self) -> *mut delayed_work {
        self.0.get().cast()
    }
}

/// Initialises the work item. Called before the first filesystem can be mounted.
///
/// # Safety
///
/// This is the first call, or the first after [`stop`], and no filesystem is mounted or can be
/// mounted.
pub(in crate::compat) unsafe fn start() {
    // SAFETY: The safety requirements ensure that nobody uses the work item: only superblocks
    // schedule it, and `stop` has cancelled it.
    unsafe { bindings::shim_init_delayed_work(WORK.as_ptr(), Some(work)) };
}

/// Drops all references that are still deferred. After that the work item does not run, so the
/// module can be unloaded.
///
/// # Safety
///
/// [`start`] was called, and no filesystem is mounted or can be mounted.
pub(in crate::compat) unsafe fn stop() {
    // SAFETY: The safety requirements ensure that the work item is initialised. Nobody but itself
    // schedules it any more, and the call waits for that.
    unsafe { bindings::cancel_delayed_work_sync(WORK.as_ptr()) };
    DeferredPut::drain(|put| {
        // SAFETY: `drain` has given `put` to this closure.
        let parts = unsafe { DeferredPut::into_parts(put) };
        // This waits for the filesystem to thaw: the module must not be unloaded before.
        drop(parts);
    });
}

/// Drops the deferred references to files of filesystems that have thawed. May sleep.
pub(in crate::compat) fn flush() {
    // SAFETY: `Registration::new` has called `start` before anything could be mounted, and only the
    // end of a superblock calls this.
    unsafe { bindings::flush_delayed_work(WORK.as_ptr()) };
}

fn schedule() {
    // SAFETY: As in `flush`: only objects of a superblock, and the work item itself, call this.
    unsafe { bindings::shim_schedule_in_100ms(WORK.as_ptr()) };
}

unsafe extern "C" fn work(_work: *mut work_struct) {
    let mut some_are_left = false;
    DeferredPut::drain(|put| {
        // SAFETY: `drain` has given `put` to this closure.
        let mount: *const Mount = unsafe { &*put.as_ref().mount };
        // SAFETY: The reference in `put` keeps the mount. After `into_parts` it is in `mount_ref`.
        let mount = unsafe { &*mount };
        let mut mount_ref = None;
        let frozen = mount.if_not_frozen((), |()| {
            // SAFETY: `put` is ours, and not used after this, because `if_not_frozen` then returns
            // `None`.
            let (reference, mount) = unsafe { DeferredPut::into_parts(put) };
            drop(reference);
            mount_ref = Some(mount);
        });
        if frozen.is_some() {
            // The same memory is used again, so this cannot fail.
            // SAFETY: The closure has not run, so `put` is still initialised and ours.
            unsafe { DeferredPut::push(put) };
            some_are_left = true;
        }
        // The mount has kept the filesystem mounted until here. The filesystem may freeze again
        // now.
        drop(mount_ref);
    });
    if some_are_left {
        schedule();
    }
}
