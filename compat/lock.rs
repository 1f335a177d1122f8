// SPDX-License-Identifier: GPL-2.0

//! Record locks and flock: requests for an upper file, done on its lower file.
//!
//! A lock has to meet those that are taken directly below, by other mounts and by file servers. So
//! it is taken on the lower file, and the lower lock decides. The VFS keeps locks in lists of the
//! inode, and looks for some of them in those of the upper inode, where it takes them away and
//! shows them. So the same lock is entered for the upper file as well, as a *record*, after it was
//! granted below. Filesystems with locks of their own do this too. By the record the VFS knows that
//! it has to release locks when a descriptor is closed, a lock manager knows for which files it has
//! locks, and `/proc/PID/fdinfo` shows the lock. [`super::lease`] has the leases.
//!
//! A record lock and its record change together, in a [`Turn`]. A filesystem with locks of its own
//! may wait within its operation, so there the two can differ: such a file has the operation
//! `flush`, by which [`Upper::remove_record_locks`] releases locks without a record.
//! [`Upper::remove_leftovers`] does so when the file itself ends.
//!
//! A lock manager in the kernel, such as an NFS server, does not wait. The VFS leaves its request
//! in the queue of the lower lock, and calls the manager back when that lock is gone. The manager
//! then makes the request again. So a request in a queue has no record.
//!
//! C header: `include/linux/filelock.h`

use core::{
    marker::PhantomData,
    ptr::{null_mut, NonNull},
};

use bindings::{
    ffi::{c_int, c_uint, c_void},
    file_lock,
};

use super::{
    error::{code, from_negative, Error, Result},
    file::{File, LockOwner},
    inode::Inode,
    upper::Upper,
};

/// What the VFS asks for a file's record locks or flock.
///
/// Consumed by the function that does it.
///
/// # Invariants
///
/// `lock` is valid for `'a`, `file` is its file, and nobody else uses it.
pub(crate) struct LockRequest<'a> {
    file: *mut bindings::file,
    lock: *mut file_lock,
    command: c_int,
    _lifetime: PhantomData<&'a mut file_lock>,
}

impl<'a> LockRequest<'a> {
    /// # Safety
    ///
    /// The VFS has passed `lock` and `command` to the `lock` or `flock` operation of its file, and
    /// the call is in progress for `'a`.
    pub(in crate::compat) unsafe fn from_raw(lock: *mut file_lock, command: c_int) -> Self {
        // INVARIANT: The VFS passes a valid lock to this call alone.
        Self {
            // SAFETY: The safety requirements ensure that `lock` is valid.
            file: unsafe { (*lock).c.flc_file },
            lock,
            command,
            _lifetime: PhantomData,
        }
    }

    /// Errors: `EINVAL` if the request is for another file than `file`, or if it is for flock and
    /// `is_flock` says that it is not, or the other way round.
    fn require(&self, file: &Upper<File>, is_flock: bool) -> Result {
        let asks_for_flock = self.has_flag(bindings::FL_FLOCK as c_uint);
        match self.file == file.as_ptr() && is_flock == asks_for_flock {
            true => Ok(()),
            false => Err(code::EINVAL),
        }
    }

    fn has_flag(&self, flag: c_uint) -> bool {
        // SAFETY: By the type invariant `lock` is valid, and nobody else uses it.
        unsafe { (*self.lock).c.flc_flags & flag != 0 }
    }

    fn is_unlock(&self) -> bool {
        // SAFETY: By the type invariant `lock` is valid, and nobody else uses it.
        c_int::from(unsafe { (*self.lock).c.flc_type }) == bindings::F_UNLCK
    }

    /// Whether a lock manager in the kernel asks, which looks for its locks in the upper inode.
    fn is_of_manager(&self) -> bool {
        // SAFETY: By the type invariant `lock` is valid, and nobody else uses it.
        !unsafe { (*self.lock).fl_lmops }.is_null()
    }

    /// Runs `f` with the request made for the lower file of `file`. The owner of an OFD lock or
    /// flock is its file, so it becomes the lower file as well.
    ///
    /// While a request waits for another lock, others may read it. They find the one file or the
    /// other, and both stay valid until the VFS has ended the wait. They compare its owner with
    /// those of other requests for the lower file, so it keeps the lower owner until it is made
    /// again.
    fn on_lower(&self, file: &Upper<File>, f: impl FnOnce(*mut bindings::file) -> c_int) -> c_int {
        let (upper, lower) = (file.as_ptr(), file.lower().as_ptr());
        let (upper_owner, lower_owner): (*mut c_void, *mut c_void) = (upper.cast(), lower.cast());
        let lock = self.lock;
        // SAFETY: By the type invariant `lock` is valid, and nobody else changes these members.
        unsafe {
            (*lock).c.flc_file = lower;
            if (*lock).c.flc_owner == upper_owner {
                (*lock).c.flc_owner = lower_owner;
            }
        }
        let status = f(lower);
        // A conflicting lock, which F_GETLK finds, has an owner of its own.
        // SAFETY: As above; `f` has not freed it.
        unsafe {
            (*lock).c.flc_file = upper;
            if (*lock).c.flc_owner == lower_owner && !is_deferred(status) {
                (*lock).c.flc_owner = upper_owner;
            }
        }
        status
    }

    /// Gives a request that is made again after a wait the owner that it had before. That of an OFD
    /// lock is its file.
    fn restore_owner(&self, file: &Upper<File>) {
        if self.has_flag(bindings::FL_OFDLCK as c_uint) {
            // SAFETY: By the type invariant `lock` is valid, and nobody else changes it. It does
            // not wait any more.
            unsafe { (*self.lock).c.flc_owner = file.as_ptr().cast() };
        }
    }
}

/// Whether a request waits (`FILE_LOCK_DEFERRED`).
fn is_deferred(status: c_int) -> bool {
    status > 0
}

/// Proof that a request was answered by the lower file.
///
/// # Invariants
///
/// The lower file has answered the request that the VFS made for `'a`.
#[must_use]
pub(crate) struct Locked<'a>(c_int, PhantomData<&'a mut file_lock>);

impl Locked<'_> {
    /// # Safety
    ///
    /// `status` is what the lower file has returned for the request, not negative.
    unsafe fn new<'a>(status: c_int) -> Result<Locked<'a>> {
        match status {
            // INVARIANT: The safety requirements of this function are the type invariants.
            0.. => Ok(Locked(status, PhantomData)),
            errno => Err(from_negative(errno)),
        }
    }

    /// Zero, or `FILE_LOCK_DEFERRED`: the VFS waits, and calls the operation again.
    pub(in crate::compat) fn into_raw(self) -> c_int {
        self.0
    }
}

/// A lock structure of our own.
///
/// # Invariants
///
/// `locks_alloc_lock()` has allocated it. It is not in any list.
struct OwnLock(NonNull<file_lock>);

impl OwnLock {
    /// Errors: `ENOLCK` without memory.
    fn new() -> Result<Self> {
        // SAFETY: The caller may sleep.
        let lock = unsafe { bindings::locks_alloc_lock() };
        // INVARIANT: Allocated above.
        NonNull::new(lock).map(Self).ok_or_else(no_locks)
    }

    fn as_ptr(&self) -> *mut file_lock {
        self.0.as_ptr()
    }

    /// A copy of `request` for `file`, which never waits.
    fn copy_of(request: &LockRequest<'_>, file: &Upper<File>) -> Result<Self> {
        let copy = Self::new()?;
        // SAFETY: Both structures are valid, and `copy` is new. The call takes a reference to the
        // owner, if its manager counts references.
        unsafe {
            bindings::locks_copy_conflock(copy.as_ptr(), request.lock);
            let lock = copy.as_ptr();
            (*lock).c.flc_file = file.as_ptr();
            (*lock).c.flc_flags &= !(bindings::FL_SLEEP as c_uint);
        }
        Ok(copy)
    }
}

impl Drop for OwnLock {
    fn drop(&mut self) {
        // SAFETY: By the type invariant it was allocated, and is in no list. The VFS copies what it
        // enters into a list.
        unsafe { bindings::locks_free_lock(self.as_ptr()) };
    }
}

/// `ENOLCK`: no memory for a lock.
fn no_locks() -> Error {
    from_negative(-bindings::ENOLCK)
}

/// While it exists, no other task changes the record locks of the inode and their records.
///
/// The lock is the `invalidate_lock` of the upper inode, which the VFS takes only for a page cache.
/// Upper inodes have none. A task holds no other lock of base0fs when it takes it, except that of
/// the upper inode over this one, and sleeps with it only to allocate memory.
struct Turn<'a>(&'a Upper<Inode>);

impl<'a> Turn<'a> {
    /// Waits for the turn.
    fn take(inode: &'a Upper<Inode>) -> Self {
        // SAFETY: The inode is valid, and its mapping is its own. The caller may sleep, and does
        // not hold the lock.
        unsafe { bindings::filemap_invalidate_lock((*inode.as_ptr()).i_mapping) };
        Self(inode)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        // SAFETY: `take` has taken the lock of this inode.
        unsafe { bindings::filemap_invalidate_unlock((*self.0.as_ptr()).i_mapping) };
    }
}

impl Upper<File> {
    /// Tests, takes or releases a record lock of the lower file (POSIX or OFD).
    ///
    /// Does not wait unless the lower filesystem does: the VFS waits, without locks.
    ///
    /// Errors: `EAGAIN`, `EDEADLK`, `ENOLCK`, and those of the lower filesystem; `EINVAL` if the
    /// request is for flock or for another file.
    pub(crate) fn lock_lower<'a>(&self, request: LockRequest<'a>) -> Result<Locked<'a>> {
        request.require(self, false)?;
        request.restore_owner(self);
        let (lock, command) = (request.lock, request.command);
        let status = match command {
            bindings::F_GETLK => request.on_lower(self, |lower| {
                // SAFETY: The lower file is open, and `lock` is valid and for that file now.
                unsafe { bindings::vfs_test_lock(lower, lock) }
            }),
            bindings::F_CANCELLK => request.on_lower(self, |lower| {
                // SAFETY: The lower file is open, and `lock` is valid and for that file now.
                unsafe { bindings::vfs_cancel_lock(lower, lock) }
            }),
            _ => self.set_record_lock(&request)?,
        };
        // SAFETY: The calls have made the lower file answer the request.
        unsafe { Locked::new(status) }
    }

    fn set_record_lock(&self, request: &LockRequest<'_>) -> Result<c_int> {
        let record = OwnLock::copy_of(request, self)?;
        let _turn = (!self.lower_has_own_locks()).then(|| Turn::take(self.inode()));
        if request.is_unlock() {
            // SAFETY: The file is open, and `record` is valid and for this file. Without memory to
            // split a record, it stays, which does no harm.
            unsafe { bindings::posix_lock_file(self.as_ptr(), record.as_ptr(), null_mut()) };
            if request.has_flag(bindings::FL_CLOSE as c_uint) && self.owns(request) {
                // The end of an open file releases its OFD locks. The lower file's own end does.
                return Ok(0);
            }
        }
        let status = self.set_lower_lock(request, request.command as c_uint);
        if status == 0 && !request.is_unlock() {
            self.record(request, &record)?;
        }
        Ok(status)
    }

    fn set_lower_lock(&self, request: &LockRequest<'_>, command: c_uint) -> c_int {
        let waits = self.lower_has_own_locks();
        request.on_lower(self, |lower| {
            // SAFETY: The lower file is open, and the lock is valid and for that file now. A
            // filesystem with locks of its own waits by itself for F_SETLKW alone, and must not
            // wait otherwise.
            unsafe { bindings::shim_lock_file(lower, command, request.lock, waits) }
        })
    }

    /// Whether the owner of the lock is this file, as for OFD locks and flock.
    fn owns(&self, request: &LockRequest<'_>) -> bool {
        // SAFETY: By the type invariant the lock is valid, and nobody else uses it.
        unsafe { (*request.lock).c.flc_owner == self.as_ptr().cast() }
    }

    /// Enters `record` for this file, after the lower file has granted the lock.
    ///
    /// A conflicting record is one that another task is about to take away or has lost below, in a
    /// filesystem with locks of its own. A program's lock then remains without a record. That of a
    /// lock manager must have one, so it takes the others away.
    ///
    /// Errors: `ENOLCK` if there is no memory for a record that the lock must have. The lock is
    /// released then.
    fn record(&self, request: &LockRequest<'_>, record: &OwnLock) -> Result {
        /// How many records can be in the way.
        const MAX_CONFLICTS: usize = 1_000;

        if !request.is_of_manager() && self.lower_has_own_locks() {
            // SAFETY: The file is open, and `record` is valid and for this file.
            unsafe { bindings::posix_lock_file(self.as_ptr(), record.as_ptr(), null_mut()) };
            return Ok(());
        }
        let mut status = 0;
        for _ in 0..MAX_CONFLICTS {
            let conflict = OwnLock::new()?;
            // SAFETY: The file is open, and both locks are valid and ours. On `EAGAIN` the call
            // makes `conflict` a copy of the other lock. Unlocking the part of it that is in
            // `record` takes the conflict away.
            unsafe {
                let (file, record, other) = (self.as_ptr(), record.as_ptr(), conflict.as_ptr());
                status = bindings::posix_lock_file(file, record, other);
                if status != code::EAGAIN.to_errno() {
                    break;
                }
                (*other).c.flc_type = bindings::F_UNLCK as u8;
                (*other).c.flc_flags = bindings::FL_POSIX as c_uint;
                (*other).c.flc_file = file;
                (*other).fl_start = (*other).fl_start.max((*record).fl_start);
                (*other).fl_end = (*other).fl_end.min((*record).fl_end);
                bindings::posix_lock_file(file, other, null_mut());
            }
        }
        if status == 0 {
            return Ok(());
        }
        // SAFETY: The lock is valid, and the lower file has granted it.
        unsafe { (*request.lock).c.flc_type = bindings::F_UNLCK as u8 };
        self.set_lower_lock(request, bindings::F_SETLK as c_uint);
        Err(no_locks())
    }

    /// Takes or releases the flock of the lower file. May wait, until a signal interrupts it.
    ///
    /// Errors: `EWOULDBLOCK`, `ENOMEM`, and those of the lower filesystem; `EINVAL` if the request
    /// is for a record lock or for another file.
    pub(crate) fn flock_lower<'a>(&self, request: LockRequest<'a>) -> Result<Locked<'a>> {
        request.require(self, true)?;
        let (inode, lock, command) = (self.inode().as_ptr(), request.lock, request.command);
        let record = OwnLock::copy_of(&request, self)?;
        // SAFETY: The inode is that of the open file, and `record` is valid and for this file. A
        // lock that is taken replaces the one before, even if it is not granted.
        unsafe {
            (*record.as_ptr()).c.flc_type = bindings::F_UNLCK as u8;
            bindings::locks_lock_inode_wait(inode, record.as_ptr());
        }
        let is_unlock = request.is_unlock();
        if is_unlock && request.has_flag(bindings::FL_CLOSE as c_uint) {
            // The end of an open file releases its flock. The lower file's own end does.
            // SAFETY: The lower file keeps the lock until then, as the VFS's own file would.
            return unsafe { Locked::new(0) };
        }
        let status = request.on_lower(self, |lower| {
            // SAFETY: The lower file is open, and `lock` is valid and for that file now.
            unsafe { bindings::shim_flock(lower, command, lock) }
        });
        if status == 0 && !is_unlock {
            // SAFETY: As above. The lock is valid. A record that does not fit is left out, and the
            // call does not wait, because `record` has no `FL_SLEEP`.
            unsafe {
                (*record.as_ptr()).c.flc_type = (*lock).c.flc_type;
                bindings::locks_lock_inode_wait(inode, record.as_ptr());
            }
        }
        // SAFETY: The call has made the lower file answer the request.
        unsafe { Locked::new(status) }
    }

    /// Releases the record locks of `owner`, one of whose descriptors of this file is closed. First
    /// those with a record, as the VFS would, then any that has none.
    pub(in crate::compat) fn remove_record_locks(&self, owner: LockOwner) {
        // SAFETY: Both files are open. The owner is a token that nobody dereferences.
        unsafe {
            bindings::locks_remove_posix(self.as_ptr(), owner.0);
            bindings::locks_remove_posix(self.lower().as_ptr(), owner.0);
        }
    }

    /// Releases record locks that the lower file still has.
    ///
    /// A lock without a record is left if a descriptor was closed while another thread took the
    /// lock: the VFS then looks for the record. The lock must not outlive the file. A lock of this
    /// file itself (OFD, flock) lives as long as the lower file, which a mapping may keep.
    ///
    /// The VFS is releasing this file.
    pub(in crate::compat) fn remove_leftovers(&self) {
        let lower = self.lower().as_ptr();
        let mut last = null_mut();
        loop {
            // SAFETY: The lower file is open.
            let owner = unsafe { bindings::shim_left_lock_owner(lower) };
            // A filesystem that fails to release a lock would fail again.
            if owner.is_null() || owner == last {
                break;
            }
            // SAFETY: The lower file is open. The owner is a token that nobody dereferences.
            unsafe { bindings::locks_remove_posix(lower, owner) };
            last = owner;
        }
    }
}
