// SPDX-License-Identifier: GPL-2.0

//! Submounts: what is mounted below the lower directory shows at the same place above.
//!
//! A *mountpoint below* is a dentry on which something is mounted in the tree of the lower mount.
//! The upper dentry of such a mountpoint has `DCACHE_NEED_AUTOMOUNT`. A path walk to it calls
//! `d_automount`, which makes a *submount*: a superblock of its own, whose lower mount is the one
//! that is mounted there. So it has its own device number, and the rights of the mount below.
//!
//! - **Which mounts.** Those of the tree that the lower mount belongs to: the mounts of the
//!   administrator who has mounted this filesystem. Other mount namespaces have copies of that
//!   tree, and a mount in a copy is not in the tree.
//! - **How a mount below is noticed.** Mounting sets `DCACHE_MOUNTED` in the lower dentry, and
//!   changes no `d_seq`. Each step of a path walk looks at the flags of both dentries
//!   ([`Upper::needs_submount_update`]), which it reads anyway.
//! - **Which walks.** The VFS alone would not call `d_automount` for the last name of a path, as in
//!   stat(2) or for O_PATH, and would show the covered directory (`follow_automount()`). So
//!   `d_manage`, which it calls for each walk, begins a walk of its own that does ([`mod@crossing`]).
//!   What the lower filesystem mounts by itself (autofs, NFS) is mounted in the walks in which the
//!   VFS does it below: not by stat(2), or listing a directory would mount everything in it.
//! - **Which users.** Through an idmapped mount of this filesystem no submount is made: the VFS
//!   attaches it without an idmap (`finish_automount()`), so its users would have other ids there,
//!   and rights that they should not have. A submount with that idmap would be copied to all mounts
//!   that get mount events from this one, and these may have another idmap, or none. For the same
//!   reason a copy that an idmapped mount gets from one without an idmap cannot be reached there.
//! - **How a submount ends.** It holds a reference to the mount below, which is busy as long as the
//!   submount exists. A work item runs once a second, and unmounts the submounts that nobody has
//!   used since it last ran (`mark_mounts_for_expiry()`). The mount below can be unmounted then. A
//!   private clone of the mount below would not keep it busy. But then umount(8) below would
//!   succeed, and the filesystem stay mounted: nobody would know when the disk can be removed.
//! - **Copies.** A new mount namespace, `mount --rbind` and mount propagation copy submounts. Those
//!   in a new namespace expire (`CL_EXPIRE`). The others end with the original if they get mount
//!   events from its mount. A copy that does neither stays until it is unmounted, and the mount
//!   below is busy as long. Nothing finds such a copy, and `detach_mounts()` would unmount
//!   everything that is mounted on the dentry in any namespace, also what was mounted by others.
//! - **Lazy unmounting below** (`umount -l`), or mounting something else on top: the work item
//!   marks the submount as *stale*, and detaches it with all its copies. A walk that is faster does
//!   so, too. So whatever copies there are, the filesystem below then ends with its last use.
//!
//! C headers: `include/linux/mount.h`, `include/linux/namei.h`

mod crossing;
mod work;

use core::{
    cell::UnsafeCell,
    mem,
    ptr::{self, addr_of_mut, NonNull},
    sync::atomic::{AtomicPtr, AtomicU8, AtomicUsize, Ordering},
};

use bindings::{dev_t, ffi::c_uint, vfsmount};

use super::{
    dentry::Dentry,
    error::{code, from_negative, from_status, is_directory_error, Result},
    mount::Mount,
    path::OwnedPath,
    raw::from_err_ptr,
    super_block::SuperBlock,
    upper::{RcuRef, Upper},
};

use self::work::{schedule, EXPIRING};
pub(in crate::compat) use self::{
    crossing::cross,
    work::{start, stop},
};

/// What [`make`] passes to `fill_super` of the submount.
pub(in crate::compat) struct Request<'a> {
    /// The root of the mount below, until `fill_super` takes it, and its device number.
    lower: Option<(OwnedPath, dev_t)>,
    /// The upper dentry where the submount will be mounted.
    mountpoint: &'a Upper<Dentry>,
}

impl Request<'_> {
    /// The root of the mount below, and the device number that it reports. Errors: `EINVAL` if it
    /// was taken before.
    pub(in crate::compat) fn take_lower(&mut self) -> Result<(OwnedPath, dev_t)> {
        self.lower.take().ok_or(code::EINVAL)
    }

    /// Whether the superblock above the mountpoint was made read-only by its administrator, and not
    /// because the mount below it is read-only. The submount is then read-only too.
    pub(in crate::compat) fn is_readonly_above(&self) -> bool {
        let parent = self.mountpoint.upper_super();
        parent.is_readonly() && !parent.lower_mount().is_readonly()
    }

    /// Keeps a record of the submount `sb`, which [`forget`] removes.
    ///
    /// Errors: `ENOMEM`.
    ///
    /// # Safety
    ///
    /// `fill_super` sets `sb` up, and has set its lower mount. [`forget`] will be called for it.
    pub(in crate::compat) unsafe fn record(&self, sb: &Upper<SuperBlock>) -> Result {
        let lower = sb.lower_mount();
        Record::insert(Record {
            next: ptr::null_mut(),
            sb: sb.as_ptr(),
            parent: self.mountpoint.upper_super().as_ptr(),
            mountpoint: self.mountpoint.lower().as_ptr(),
            inode: self.mountpoint.lower().positive()?.as_ptr(),
            attached: place_of(lower),
            state: State::Fresh,
        })
    }
}

/// Makes a submount for the upper dentry `mountpoint`: for `d_automount`, whose result this is, a
/// mount that the VFS attaches, or a negative errno.
///
/// Errors: `EISDIR` if nothing is mounted below, on which the VFS goes on in the directory itself;
/// those of mounting a filesystem.
///
/// `EPERM` if `is_idmapped`: the upper mount of the walk has an idmap.
pub(in crate::compat) fn make(
    mountpoint: &Upper<Dentry>,
    is_idmapped: bool,
) -> Result<NonNull<vfsmount>> {
    let flags = bindings::LOOKUP_AUTOMOUNT as c_uint;
    let Some(lower) = mounted_below(mountpoint, flags)? else {
        return Err(is_directory_error());
    };
    if is_idmapped {
        return Err(code::EPERM);
    }
    // This may wait for a server, or for a user's program (FUSE). While the superblock is being set
    // up, sync(2) of every user waits for it.
    let device = lower.as_path().device()?;
    // SAFETY: `mountpoint` is valid, and its superblock has its type.
    let context = unsafe {
        let fs_type = (*mountpoint.upper_super().as_ptr()).s_type;
        bindings::fs_context_for_submount(fs_type, mountpoint.as_ptr())
    };
    let context = from_err_ptr(context).map_err(from_negative)?;
    let raw = lower.as_path().to_raw();
    let mut request = Request {
        lower: Some((lower, device)),
        mountpoint,
    };
    // SAFETY: The context is ours. The path is valid: `request` holds its references. `request`
    // outlives the context, which is dropped here.
    let mount = unsafe {
        (*context).fs_private = addr_of_mut!(request).cast();
        let named = from_status(bindings::shim_fc_set_source(context, &raw));
        let mount = named.and_then(|()| {
            from_err_ptr(bindings::shim_fc_mount_as_kernel(context)).map_err(from_negative)
        });
        bindings::put_fs_context(context);
        mount
    }?;
    // SAFETY: The mount is new, and the reference to it is ours.
    unsafe { hand_over(mount) }
}

/// What is mounted on the lower dentry of `mountpoint`; `None` if nothing is. With
/// `LOOKUP_AUTOMOUNT` in `flags`, mounts what the lower filesystem mounts there by itself.
///
/// Errors: those of the lower filesystem.
fn mounted_below(mountpoint: &Upper<Dentry>, flags: c_uint) -> Result<Option<OwnedPath>> {
    let (mount, dentry) = (mountpoint.lower_mount(), mountpoint.lower());
    let mut path = mountpoint.lower_path().to_raw();
    // SAFETY: The references that are taken here belong to `path`. The call replaces both together,
    // or neither. The caller may sleep and holds no lock.
    let status = unsafe {
        bindings::mntget(path.mnt);
        bindings::dget(path.dentry);
        from_status(bindings::follow_down(&mut path, flags))
    };
    // SAFETY: As above, `path` has a reference to each, which is ours, and the two belong together.
    let found = unsafe { OwnedPath::from_raw(path) };
    status?;
    if !ptr::eq(found.mount(), mount) {
        let own = ptr::eq(
            found.mount().super_block().as_ptr(),
            mountpoint.upper_super().as_ptr(),
        );
        // A mount of this filesystem itself would show it once more, without end.
        return Ok((!own).then_some(found));
    }
    if ptr::eq(found.dentry(), dentry) && !dentry.is_automount() {
        // SAFETY: `mountpoint` is valid.
        unsafe { bindings::shim_set_automount(mountpoint.as_ptr(), false) };
    }
    Ok(None)
}

/// Prepares `mount` for `finish_automount()`: puts it on the list of those that expire, and takes
/// the reference that this kernel's `finish_automount()` drops, if it drops one.
///
/// # Safety
///
/// `mount` is a new mount of an upper superblock, nobody else knows it, and the only reference is
/// the caller's.
unsafe fn hand_over(mount: *mut vfsmount) -> Result<NonNull<vfsmount>> {
    // SAFETY: The safety requirements of this function are those of the calls. The list is
    // initialised since `start`. The VFS takes the mount off the list when it is unmounted.
    unsafe {
        let taken = match taken_references(mount) {
            Ok(taken) => taken,
            Err(error) => {
                bindings::mntput(mount);
                return Err(error);
            }
        };
        if taken == 2 {
            bindings::mntget(mount);
        }
        bindings::mnt_set_expiry(mount, EXPIRING.as_ptr());
        Ok(NonNull::new_unchecked(mount))
    }
}

/// How many references `finish_automount()` takes over from `d_automount`; zero if not known yet.
///
/// Up to 6.15 it is two, since 6.16 it is one. No declaration tells the difference, so no question
/// can ask for it: this module finds out by calling it.
static TAKEN_REFERENCES: AtomicU8 = AtomicU8::new(0);

/// The mount with which a task is finding out [`TAKEN_REFERENCES`].
static TRIED: AtomicPtr<vfsmount> = AtomicPtr::new(ptr::null_mut());

/// The references that [`try_automount`] takes, so that the mount survives in any case.
const SPARE_REFERENCES: u8 = 3;

/// Finds out [`TAKEN_REFERENCES`]. A mount whose root is the mountpoint itself is refused by
/// `finish_automount()` before it takes a lock, and dropped as any other.
///
/// Errors: `EIO` if the VFS does not behave in either way.
///
/// # Safety
///
/// As for [`hand_over`].
unsafe fn taken_references(mount: *mut vfsmount) -> Result<u8> {
    let known = TAKEN_REFERENCES.load(Ordering::Relaxed);
    if known != 0 {
        return Ok(known);
    }
    let _lock = Lock::take();
    TRIED.store(mount, Ordering::Relaxed);
    // SAFETY: The safety requirements ensure that the mount is valid and ours. `path` has
    // references of its own to both, which are dropped here. The root is an upper dentry of the new
    // superblock.
    unsafe {
        let root = (*mount).mnt_root;
        let mut path = bindings::path {
            mnt: bindings::mntget(mount),
            dentry: bindings::dget(root),
        };
        bindings::shim_set_automount(root, true);
        bindings::follow_down(&mut path, bindings::LOOKUP_AUTOMOUNT as c_uint);
        bindings::shim_set_automount(root, false);
        bindings::dput(path.dentry);
        bindings::mntput(path.mnt);
    }
    if TRIED.swap(ptr::null_mut(), Ordering::Relaxed) == mount {
        // The VFS has not called `d_automount`.
        return Err(code::EIO);
    }
    // The mount has one reference of the caller's and the spare ones, without those that were
    // taken. The call finds a mount busy that has more than two. SAFETY: The mount is valid. At
    // least one of the references is left.
    let taken = if unsafe { bindings::may_umount_tree(mount) } != 0 {
        2
    } else {
        1
    };
    for _ in taken..SPARE_REFERENCES {
        // SAFETY: `try_automount` has taken these references, and they are still there.
        unsafe { bindings::mntput(mount) };
    }
    TAKEN_REFERENCES.store(taken, Ordering::Relaxed);
    Ok(taken)
}

/// If `mount` is the one that [`taken_references`] tries, takes the spare references and returns
/// it: `d_automount` has to return that.
pub(in crate::compat) fn try_automount(mount: *mut vfsmount) -> Option<NonNull<vfsmount>> {
    let order = Ordering::Relaxed;
    TRIED
        .compare_exchange(mount, ptr::null_mut(), order, order)
        .ok()?;
    for _ in 0..SPARE_REFERENCES {
        // SAFETY: The caller of `taken_references` has a reference to the mount, and this is called
        // within it: nobody else knows the mount.
        unsafe { bindings::mntget(mount) };
    }
    NonNull::new(mount)
}

/// Where `mount` is attached: the mount and the dentry that it covers, to be compared only. Null if
/// it is not attached.
fn place_of(mount: &Mount) -> (*mut vfsmount, *mut bindings::dentry) {
    // SAFETY: The mount is valid, and keeps its root. The references that are taken here belong to
    // `path`. The call replaces both together, or neither.
    unsafe {
        let mut path = bindings::path {
            mnt: bindings::mntget(mount.as_ptr()),
            dentry: bindings::dget((*mount.as_ptr()).mnt_root),
        };
        let place = match bindings::follow_up(&mut path) {
            0 => (ptr::null_mut(), ptr::null_mut()),
            _ => (path.mnt, path.dentry),
        };
        bindings::dput(path.dentry);
        bindings::mntput(path.mnt);
        place
    }
}

/// Whether something else is mounted on the root of `mount`.
fn is_covered(mount: &Mount) -> bool {
    // SAFETY: The mount is valid, and keeps its root.
    unsafe {
        let path = bindings::path {
            mnt: mount.as_ptr(),
            dentry: (*mount.as_ptr()).mnt_root,
        };
        bindings::path_is_mountpoint(&path)
    }
}

/// Whether the mount of a submount is still where it was.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// It is, as far as the work item knows.
    Fresh,
    /// It is not, and a walk may still reach the submount.
    Stale,
    /// It is not, and the submount was detached: only who uses it still does.
    Detached,
}

/// What is known of a submount. The pointers other than `next`, `sb` and `parent` are for
/// comparison only.
struct Record {
    next: *mut Record,
    /// The superblock of the submount. It is valid while the record is in the list.
    sb: *mut bindings::super_block,
    /// The superblock of the upper mountpoint. It is valid unless it is null.
    parent: *mut bindings::super_block,
    /// The lower dentry of the upper mountpoint.
    mountpoint: *mut bindings::dentry,
    /// The inode of that.
    inode: *mut bindings::inode,
    /// Where the mount below was attached.
    attached: (*mut vfsmount, *mut bindings::dentry),
    state: State,
}

/// The list of records, and what is protected by the same lock.
struct List {
    first: *mut Record,
    /// The record that the work item looks at next, or null. Users can make many records, so it
    /// does not search for that.
    next: *mut Record,
}

struct Records(UnsafeCell<List>);

// SAFETY: Only who has the `Lock` accesses the list.
unsafe impl Sync for Records {}

static RECORDS: Records = Records(UnsafeCell::new(List {
    first: ptr::null_mut(),
    next: ptr::null_mut(),
}));

/// How many records are [`State::Stale`]. Written with the lock held.
static STALE: AtomicUsize = AtomicUsize::new(0);

/// The lock of the records and the crossings, a mutex. It is taken last, except for the locks of
/// mounts.
struct Lock(());

impl Lock {
    fn take() -> Self {
        // SAFETY: The caller may sleep, and does not hold the lock.
        unsafe { bindings::shim_lock_submounts() };
        Self(())
    }

    /// The records.
    fn records(&mut self) -> impl Iterator<Item = &mut Record> {
        // SAFETY: This task has the lock. The list owns its records, and each is returned once.
        let mut next = unsafe { (*RECORDS.0.get()).first };
        core::iter::from_fn(move || {
            // SAFETY: As above.
            let record = unsafe { next.as_mut() }?;
            next = record.next;
            Some(record)
        })
    }

    /// Makes [`Self::advance`] begin with the first record.
    fn rewind(&mut self) {
        // SAFETY: This task has the lock.
        unsafe { (*RECORDS.0.get()).next = (*RECORDS.0.get()).first };
    }

    /// The record after that of the last call. Those that were made since [`Self::rewind`] are left
    /// out.
    fn advance(&mut self) -> Option<&mut Record> {
        let list = RECORDS.0.get();
        // SAFETY: This task has the lock. The list owns its records, and `forget` keeps `next` from
        // naming one that is not in the list any more.
        unsafe {
            let record = (*list).next.as_mut()?;
            (*list).next = record.next;
            Some(record)
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // SAFETY: `take` has taken the lock.
        unsafe { bindings::shim_unlock_submounts() };
    }
}

impl Record {
    /// The mount below.
    fn lower(&self) -> &Mount {
        // SAFETY: Who has a reference to a record has the lock. `forget` removes the record before
        // the superblock drops its lower mount. So the superblock is valid, an upper one, and has
        // its lower mount.
        unsafe { Upper::<SuperBlock>::from_raw(self.sb) }.lower_mount()
    }

    fn insert(record: Self) -> Result {
        // SAFETY: The call accepts every size, and the caller may sleep.
        let memory = unsafe { bindings::shim_alloc(mem::size_of::<Self>()) };
        let place = NonNull::new(memory.cast::<Self>()).ok_or(code::ENOMEM)?;
        let lock = Lock::take();
        let list = RECORDS.0.get();
        // SAFETY: The memory is ours, as large as a `Record`, and aligned for it. This task has the
        // lock, so nobody else uses the list.
        unsafe {
            place.as_ptr().write(Self {
                next: (*list).first,
                ..record
            });
            (*list).first = place.as_ptr();
        }
        drop(lock);
        schedule();
        Ok(())
    }

    fn set_state(&mut self, state: State) {
        if self.state == State::Stale {
            STALE.fetch_sub(1, Ordering::Relaxed);
        }
        if state == State::Stale {
            STALE.fetch_add(1, Ordering::Relaxed);
        }
        self.state = state;
    }
}

/// Removes the record of `sb`, if it is a submount, and `sb` from the records of submounts in it.
/// The superblock ends, and still has its lower mount.
pub(in crate::compat) fn forget(sb: *mut bindings::super_block) {
    let mut lock = Lock::take();
    for record in lock.records().filter(|record| record.parent == sb) {
        record.parent = ptr::null_mut();
    }
    let list = RECORDS.0.get();
    // SAFETY: This task has the lock. The list owns its records, which `insert` has allocated.
    unsafe {
        let mut link = addr_of_mut!((*list).first);
        while let Some(record) = (*link).as_mut() {
            if record.sb == sb {
                record.set_state(State::Detached);
                *link = record.next;
                if ptr::eq((*list).next, record) {
                    (*list).next = record.next;
                }
                bindings::kfree(ptr::from_mut(record).cast());
                return;
            }
            link = addr_of_mut!(record.next);
        }
    }
}

/// Whether the superblock `sb` is a submount, and its last mount is gone: `s_root` is null from the
/// moment at which the VFS begins to end it.
///
/// # Safety
///
/// `sb` is valid, and its `s_umount` is held.
pub(in crate::compat) unsafe fn is_ending(sb: *mut bindings::super_block) -> bool {
    // SAFETY: The safety requirements ensure that `sb` is valid. Nobody else writes the member while
    // `s_umount` is held.
    let has_ended = unsafe { (*sb).s_root.is_null() };
    has_ended && Lock::take().records().any(|record| record.sb == sb)
}

impl Upper<Dentry> {
    /// Whether walks do not go through what is mounted on the lower dentry, or look for something
    /// although nothing is mounted there any more, or a stale submount has to be detached. Allowed
    /// in RCU walk.
    #[inline]
    fn needs_submount_update(&self) -> bool {
        // Both are loads from memory that the walk has read the `d_seq` from.
        (self.lower().is_managed() || self.is_automount()) && self.compare_submounts()
    }

    #[cold]
    fn compare_submounts(&self) -> bool {
        if !self.has_automount() {
            return false;
        }
        match (self.is_automount(), self.is_mounted_on()) {
            (true, true) => STALE.load(Ordering::Relaxed) != 0,
            (true, false) => !self.is_mountpoint_below(),
            (false, _) => self.is_mountpoint_below(),
        }
    }

    /// Whether the lower dentry is a mountpoint in the tree of the lower mount, or becomes one when
    /// it is walked through.
    fn is_mountpoint_below(&self) -> bool {
        let path = self.lower_path().to_raw();
        // SAFETY: The lower mount and the lower dentry are valid, by a reference or by the RCU read
        // lock. The call does not sleep, and takes no reference.
        self.lower().is_automount() || unsafe { bindings::path_is_mountpoint(&path) }
    }

    /// Makes a path walk go through what is mounted on the lower dentry, if the mount has the
    /// option to show that. Returns false if the dentry is not valid any more. May sleep.
    pub(crate) fn update_submount(&self) -> bool {
        if !self.needs_submount_update() {
            return true;
        }
        if self.is_automount() {
            if self.is_mounted_on() {
                return !self.detach_stale();
            }
            // Otherwise a walk that must not leave the mount (`RESOLVE_NO_XDEV`) would end here.
            if !self.is_mountpoint_below() {
                // SAFETY: `self` is valid.
                unsafe { bindings::shim_set_automount(self.as_ptr(), false) };
            }
            return true;
        }
        // A negative dentry is no mountpoint.
        if self.upper_inode().is_some() {
            // SAFETY: `self` is valid.
            unsafe { bindings::shim_set_automount(self.as_ptr(), true) };
        }
        true
    }

    /// Detaches the submount on this dentry if it is stale. Returns whether it was.
    #[cold]
    fn detach_stale(&self) -> bool {
        let (parent, mountpoint) = (self.upper_super().as_ptr(), self.lower().as_ptr());
        let mut found = false;
        for record in Lock::take().records() {
            let is_here = record.parent == parent && record.mountpoint == mountpoint;
            if is_here && record.state == State::Stale {
                record.set_state(State::Detached);
                found = true;
            }
        }
        if found {
            // This detaches all mounts on the dentry, as the VFS does when `d_revalidate` returns
            // zero. The locks that the caller may hold are those under which the VFS does it.
            // SAFETY: `self` is valid.
            unsafe { bindings::d_invalidate(self.as_ptr()) };
            // On some kernels a detached mount that is in use stays on the dentry. The next lookup
            // must not find this dentry by the directory's inode.
            if let Some(inode) = self.upper_inode() {
                inode.unhash();
            }
        }
        found
    }
}

impl RcuRef<'_, Dentry> {
    /// Whether [`Upper::update_submount`] has something to do.
    #[inline]
    pub(crate) fn needs_submount_update(&self) -> bool {
        self.dentry().needs_submount_update()
    }
}
