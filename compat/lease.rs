// SPDX-License-Identifier: GPL-2.0

//! Leases: requests for an upper file, done on the file and on its lower file.
//!
//! - The lease of a **program** belongs to its own, upper, file: that has the descriptor, the
//!   signal and its receiver (`F_SETSIG`, `F_SETOWN`), and F_GETLEASE looks for it there. A second
//!   lease, on the lower file, stands for it. It notices who opens the file below, and breaks the
//!   upper lease. It has the upper file as its owner and ends before that file does, so the pointer
//!   never dangles. The lower file may live longer, because mappings keep it.
//! - Leases of **kernel servers** have owners and callbacks of their own. They are set on the lower
//!   file alone.
//!
//! # Lock order
//!
//! The VFS calls a lease's manager with `flc_lock` held, a spinlock. Breaking a lease above takes
//! that of the upper inode while that of the lower one is held. Nobody takes them in the opposite
//! order: compat calls the VFS for one layer after the other.
//!
//! C header: `include/linux/filelock.h`

use core::{marker::PhantomData, ptr::null_mut};

use bindings::{
    ffi::{c_int, c_uint, c_void},
    file_lease, lease_manager_operations, list_head,
};

use super::{
    error::{code, from_status, Result},
    file::File,
    idmap::CallerIdmap,
    inode::Kind,
    shims::lease_conflict::{self, LeaseConflict, LeaseManager},
    upper::Upper,
};

/// What the VFS asks for a file's lease or delegation.
///
/// Consumed by the function that does it.
///
/// # Invariants
///
/// `lease` and `private` are what the VFS has passed with `kind` to the `setlease` operation of
/// `file`, and the call is in progress for `'a`. Nobody else uses them.
pub(crate) struct LeaseRequest<'a> {
    file: *mut bindings::file,
    kind: c_int,
    lease: *mut *mut file_lease,
    private: *mut *mut c_void,
    _lifetime: PhantomData<&'a mut file_lease>,
}

impl LeaseRequest<'_> {
    /// # Safety
    ///
    /// The VFS has passed these to the `setlease` operation of `file`, and the call is in progress
    /// while the value lives.
    pub(in crate::compat) unsafe fn from_raw(
        file: *mut bindings::file,
        kind: c_int,
        lease: *mut *mut file_lease,
        private: *mut *mut c_void,
    ) -> Self {
        // INVARIANT: The safety requirements of this function are the type invariants.
        Self {
            file,
            kind,
            lease,
            private,
            _lifetime: PhantomData,
        }
    }

    fn ends_lease(&self) -> bool {
        self.kind == bindings::F_UNLCK
    }

    /// The owner of the lease: for a program's lease, its file.
    fn owner(&self) -> *mut c_void {
        // SAFETY: By the type invariant these come from the VFS, which passes the owner itself to
        // end a lease, and a lease otherwise.
        unsafe {
            match self.ends_lease() {
                true => *self.private,
                false => (**self.lease).c.flc_owner,
            }
        }
    }

    /// Whether the lease is that of a program, by `file` or by a file of this type above it. The
    /// request sets or changes a lease.
    fn is_of_program(&self, file: &Upper<File>) -> bool {
        // SAFETY: By the type invariant there is a lease.
        let manager = unsafe { (**self.lease).fl_lmops };
        self.owner() == file.as_ptr().cast() || core::ptr::eq(manager, &LOWER_LEASE)
    }
}

/// Proof that a request for a lease was answered.
///
/// # Invariants
///
/// The lower file has answered the request that the VFS made for `'a`.
#[must_use]
pub(crate) struct LeaseSet<'a>(PhantomData<&'a mut file_lease>);

/// The manager of lower leases that stand for upper ones.
struct LowerLease;

/// Its table. The address is also the mark of such a lease.
static LOWER_LEASE: lease_manager_operations =
    <lease_conflict::Answer as LeaseConflict<LowerLease>>::TABLE;

impl LeaseManager for LowerLease {
    unsafe extern "C" fn lm_break(lease: *mut file_lease) -> bool {
        // SAFETY: The VFS holds the `flc_lock` of the lower inode. The owner of the lease is an
        // upper file, which ends the lease, under this lock, before it is freed. So it is valid.
        unsafe { bindings::shim_break_upper_lease(lease) }
    }

    unsafe extern "C" fn lm_change(
        lease: *mut file_lease,
        kind: c_int,
        ended: *mut list_head,
    ) -> c_int {
        // SAFETY: The VFS passes its own arguments, with the `flc_lock` held. It has allocated the
        // lower file's owner, which the call resets, when it has set the lease.
        unsafe { bindings::lease_modify(lease, kind, ended) }
    }

    unsafe extern "C" fn lm_open_conflict(file: *mut bindings::file, kind: c_int) -> c_int {
        // SAFETY: The VFS passes the open file that the lease is for.
        unsafe { bindings::shim_lease_conflict(file, kind) }
    }
}

impl Upper<File> {
    /// Sets, changes or ends a lease of this file, in both layers.
    ///
    /// Errors: `EAGAIN` if the file is open elsewhere, or if there is no lease to be ended;
    /// `EACCES` if the caller does not own the lower file; those of the lower filesystem; `EINVAL`
    /// if the request is for another file.
    pub(crate) fn set_lease<'a>(&self, request: LeaseRequest<'a>) -> Result<LeaseSet<'a>> {
        if request.file != self.as_ptr() {
            return Err(code::EINVAL);
        }
        if !request.ends_lease() && request.is_of_program(self) && !self.may_lease() {
            return Err(code::EACCES);
        }
        let status = if request.owner() != self.as_ptr().cast() {
            self.set_lease_of_server(&request)
        } else if request.ends_lease() {
            let below = self.end_lower_lease();
            let (kind, private) = (request.kind, request.private);
            // SAFETY: By the type invariant of `LeaseRequest` this passes on a call of the VFS.
            let above =
                unsafe { bindings::generic_setlease(self.as_ptr(), kind, null_mut(), private) };
            below.and(from_status(above))
        } else {
            self.set_both_leases(&request)
        };
        // INVARIANT: One of the calls above has asked the lower file.
        status.map(|()| LeaseSet(PhantomData))
    }

    /// Whether the caller may set a lease on the lower file. The VFS asked this for the upper
    /// inode, whose owner may be older.
    fn may_lease(&self) -> bool {
        // SAFETY: `self` is open, and keeps its mount, which keeps the idmap.
        let caller = unsafe { CallerIdmap::from_raw(bindings::shim_file_idmap(self.as_ptr())) };
        let inode = self.inode();
        let idmap = inode.lower_mount().idmap_for(caller);
        // SAFETY: By its type invariant the idmap is valid, and the lower inode comes from a
        // reference.
        unsafe { bindings::shim_may_lease(idmap.as_ptr(), inode.lower().as_ptr()) }
    }

    /// Ends the lower lease that stands for that of this file, if there is one.
    ///
    /// The VFS is releasing this file, and has ended its own lease.
    pub(in crate::compat) fn remove_lower_lease(&self) {
        // SAFETY: The lower file is open.
        if unsafe { bindings::shim_has_leases(self.lower().as_ptr()) } {
            let _ = self.end_lower_lease();
        }
    }

    /// Ends the lower lease that stands for that of this file.
    ///
    /// Errors: `EAGAIN` if there is none; those of the lower filesystem.
    fn end_lower_lease(&self) -> Result {
        let mut owner: *mut c_void = self.as_ptr().cast();
        // SAFETY: The lower file is open. No lease is passed to end one, only its owner.
        from_status(unsafe {
            let lower = self.lower().as_ptr();
            bindings::kernel_setlease(lower, bindings::F_UNLCK, null_mut(), &mut owner)
        })
    }

    /// Sets or changes the lower lease that stands for that of this file. `flags` are its `FL_*`.
    fn set_lower_lease(&self, kind: c_int, flags: c_uint) -> Result {
        let lower = self.lower().as_ptr();
        // SAFETY: The caller may sleep. A new lease is ours until the VFS takes it, which it shows
        // by setting the pointer to null.
        unsafe {
            let mut lease = bindings::locks_alloc_lease();
            if lease.is_null() {
                return Err(code::ENOMEM);
            }
            (*lease).c.flc_file = lower;
            (*lease).c.flc_owner = self.as_ptr().cast();
            (*lease).c.flc_pid = bindings::shim_current_tgid();
            (*lease).c.flc_flags = flags;
            (*lease).c.flc_type = kind as u8;
            (*lease).fl_lmops = &LOWER_LEASE;
            let mut private: *mut c_void = null_mut();
            let status = bindings::kernel_setlease(lower, kind, &mut lease, &mut private);
            if !lease.is_null() {
                bindings::locks_free_lease(lease);
            }
            from_status(status)
        }
    }

    /// Sets or changes the lease of a program: first below, where others may have the file open.
    fn set_both_leases(&self, request: &LeaseRequest<'_>) -> Result {
        let (upper, kind) = (self.as_ptr(), request.kind);
        // SAFETY: By the type invariant of `LeaseRequest` there is a lease.
        let flags = unsafe { (**request.lease).c.flc_flags };
        self.set_lower_lease(kind, flags)?;
        // SAFETY: By the type invariant of `LeaseRequest` this passes on a call of the VFS.
        let above = from_status(unsafe {
            bindings::generic_setlease(upper, kind, request.lease, request.private)
        });
        if above.is_err() {
            // The lower lease has to be that of the upper one again, if there is one.
            // SAFETY: This file is open.
            let _ = match unsafe { bindings::shim_lease_type(upper) } {
                bindings::F_UNLCK => self.end_lower_lease(),
                former => self.set_lower_lease(former, flags),
            };
            return above;
        }
        // If somebody has broken the lower lease before there was an upper one, it has ended. It is
        // set again, unless the file is open elsewhere now. It was not set again, and need not be,
        // if somebody waits for the upper lease.
        let below = self.set_lower_lease(kind, flags);
        // SAFETY: This file is open.
        if below.is_ok() || unsafe { bindings::shim_is_lease_breaking(upper) } {
            return Ok(());
        }
        let mut owner: *mut c_void = upper.cast();
        // SAFETY: This file is open. No lease is passed to end one, only its owner.
        unsafe { bindings::generic_setlease(upper, bindings::F_UNLCK, null_mut(), &mut owner) };
        below
    }

    /// Sets or ends the lease of a server in the kernel, on the lower file.
    ///
    /// A server finds some of its leases by the upper inode: those for writing, when another client
    /// asks for the file's size, and those of directories, when an entry changes. It does not get
    /// these, and works without them. The lease of an upper file of another filesystem of this type
    /// is no server's.
    ///
    /// Errors: `EAGAIN`; those of the lower filesystem.
    fn set_lease_of_server(&self, request: &LeaseRequest<'_>) -> Result {
        let &LeaseRequest {
            kind,
            lease,
            private,
            ..
        } = request;
        let lower = self.lower().as_ptr();
        if request.ends_lease() {
            // SAFETY: The lower file is open, and the VFS has passed the owner.
            return from_status(unsafe {
                bindings::kernel_setlease(lower, kind, null_mut(), private)
            });
        }
        // SAFETY: By the type invariant of `LeaseRequest` there is a lease, which nobody else uses.
        unsafe {
            let set = *lease;
            let is_of_this_type = core::ptr::eq((*set).fl_lmops, &LOWER_LEASE);
            let is_directory = self.inode().kind() == Kind::Directory;
            if !is_of_this_type && (kind != bindings::F_RDLCK || is_directory) {
                return Err(code::EAGAIN);
            }
            (*set).c.flc_file = lower;
            let status = bindings::kernel_setlease(lower, kind, lease, private);
            // The VFS has set the pointer to null if it has taken the lease.
            if !(*lease).is_null() {
                (*set).c.flc_file = self.as_ptr();
            }
            from_status(status)
        }
    }
}
