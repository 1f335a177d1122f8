// SPDX-License-Identifier: GPL-2.0

//! Operations of dentries.
//!
//! C header: `include/linux/dcache.h`

use core::{
    marker::PhantomData,
    ptr::{self, NonNull},
};

use bindings::{dentry, dentry_operations, ffi::c_int, ffi::c_uint, inode, path, vfsmount};

use super::Adapter;
use crate::compat::{
    aref::ARef,
    dentry::{Dentry, LookupFlags},
    error::{from_negative, not_in_rcu_walk, to_status, Result},
    idmap,
    inode::{Inode, Kind},
    raw::{empty_dentry_operations, err_ptr},
    shims::d_revalidate_op::{Answer, DirAndName, Revalidate, RevalidateOp},
    submount,
    upper::{RcuRef, Upper},
};

/// The operations of a dentry (`struct dentry_operations`).
pub(crate) trait DentryOperations {
    /// Whether the cached `dentry` is still valid. If not, the VFS drops it and looks the name up
    /// again.
    fn revalidate(dentry: &Upper<Dentry>, flags: LookupFlags) -> Result<bool>;

    /// The same in RCU walk, without sleeping. On `ECHILD` the VFS leaves RCU walk and calls
    /// [`Self::revalidate`].
    fn revalidate_in_rcu_walk(dentry: RcuRef<'_, Dentry>, step: RcuWalkStep<'_>) -> Result<bool>;
}

/// The table for the dentries of one filesystem.
///
/// There is no `d_real`: overlayfs refuses an upper directory that has it
/// (`ovl_mount_dir_check()`).
pub(in crate::compat) trait DentryTable {
    /// The table.
    const TABLE: &'static dentry_operations;
    /// The table of a mount that shows what is mounted below.
    const WITH_SUBMOUNTS: &'static dentry_operations;
}

impl<T: DentryOperations> DentryTable for T {
    const TABLE: &'static dentry_operations = &dentry_operations {
        d_revalidate: <Answer as RevalidateOp<Adapter<T>>>::TABLE.d_revalidate,
        d_iput: Some(iput),
        d_release: Some(release),
        ..empty_dentry_operations()
    };
    const WITH_SUBMOUNTS: &'static dentry_operations = &dentry_operations {
        d_automount: Some(automount),
        d_manage: Some(manage),
        ..*Self::TABLE
    };
}

unsafe extern "C" fn automount(path: *mut path) -> *mut vfsmount {
    // SAFETY: The VFS passes a valid path to this call alone.
    let path = unsafe { &*path };
    if let Some(mount) = submount::try_automount(path.mnt) {
        return mount.as_ptr();
    }
    // SAFETY: The dentry has this table, so it is an upper one, and it has been looked up. The VFS
    // holds a reference to it, and is not in RCU walk.
    let mountpoint = unsafe { Upper::from_raw(path.dentry) };
    // SAFETY: The path keeps its mount.
    let is_idmapped = unsafe { idmap::is_idmapped(path.mnt) };
    match submount::make(mountpoint, is_idmapped) {
        Ok(mount) => mount.as_ptr(),
        Err(error) => err_ptr(error.to_errno()),
    }
}

unsafe extern "C" fn manage(path: *const path, is_rcu_walk: bool) -> c_int {
    // SAFETY: The VFS passes a valid path, with references to what it names or, in RCU walk, with
    // the RCU read lock.
    let path = unsafe { &*path };
    // SAFETY: As above.
    let is_idmapped = unsafe { idmap::is_idmapped(path.mnt) };
    if is_rcu_walk {
        // If nothing is mounted in this namespace, the VFS leaves RCU walk by itself.
        return match is_idmapped {
            true => not_in_rcu_walk().to_errno(),
            false => 0,
        };
    }
    // SAFETY: The dentry has this table, so it is an upper one. The VFS has references to what the
    // path names, and is not in RCU walk.
    to_status(unsafe { submount::cross(path, is_idmapped) })
}

impl<T: DentryOperations> Revalidate for Adapter<T> {
    unsafe fn revalidate(place: DirAndName, dentry: *mut dentry, flags: c_uint) -> c_int {
        // SAFETY: The dentry has this table, so it is an upper one, and the VFS revalidates a
        // dentry only after its lookup. The VFS holds a reference to it or, with `LOOKUP_RCU`, the
        // RCU read lock.
        let dentry = unsafe { Upper::from_raw(dentry) };
        match LookupFlags::new(flags) {
            Some(flags) => revalidate_in_ref_walk::<T>(dentry, flags),
            None => {
                // SAFETY: `LookupFlags::new()` is `None` only if the flags have `LOOKUP_RCU`: the
                // VFS holds the RCU read lock, and keeps the directory and the name of `place` for
                // the call. The directory is an upper inode, as the dentry in it is an upper one.
                let step = unsafe { RcuWalkStep::new(place, flags) };
                // SAFETY: As above, the VFS calls this in RCU walk.
                let dentry = unsafe { RcuRef::new(dentry) };
                from_validity(T::revalidate_in_rcu_walk(dentry, step))
            }
        }
    }
}

/// Apart from the steps in RCU walk, which then need fewer registers.
#[inline(never)]
fn revalidate_in_ref_walk<T: DentryOperations>(
    dentry: &Upper<Dentry>,
    flags: LookupFlags,
) -> c_int {
    from_validity(T::revalidate(dentry, flags))
}

unsafe extern "C" fn iput(dentry: *mut dentry, inode: *mut inode) {
    // SAFETY: The dentry has this table, so it and its inode are upper ones. The reference to the
    // inode was the dentry's, and the VFS gives it to this call.
    let inode = unsafe {
        ARef::<Upper<Inode>>::from_raw(NonNull::new_unchecked(inode.cast::<Upper<Inode>>()))
    };
    if inode.kind() == Kind::Directory {
        inode.forget_alias(dentry);
    }
}

unsafe extern "C" fn release(dentry: *mut dentry) {
    // SAFETY: The dentry has this table, so it is an upper one, and the VFS releases it once, as
    // its last operation.
    unsafe { Upper::<Dentry>::from_raw(dentry).release() };
}

/// [`RevalidateOp::call`] needs some type that fills the slot, and does not use it. Nobody calls
/// this `revalidate`.
struct Unused;

impl Revalidate for Unused {
    unsafe fn revalidate(_: DirAndName, _: *mut dentry, _: c_uint) -> c_int {
        1
    }
}

/// One step of a path walk in RCU mode: the upper directory and the name that it looks up there.
///
/// # Invariants
///
/// The pointers of `place` are null, or an upper inode and a name, both valid for `'a`. `flags` has
/// `LOOKUP_RCU`, and the RCU read lock is held for `'a`.
#[derive(Clone, Copy)]
pub(crate) struct RcuWalkStep<'a> {
    place: DirAndName,
    flags: c_uint,
    _lifetime: PhantomData<&'a ()>,
}

impl RcuWalkStep<'_> {
    /// # Safety
    ///
    /// The pointers of `place` are null, or an upper inode and a name, both valid while the value
    /// lives. `flags` has `LOOKUP_RCU`, and the RCU read lock is held while the value lives.
    unsafe fn new(place: DirAndName, flags: c_uint) -> Self {
        // INVARIANT: The safety requirements of this function are the type invariants.
        Self {
            place,
            flags,
            _lifetime: PhantomData,
        }
    }

    /// Whether this is the last step of the walk. Otherwise the VFS looks a name up in what this
    /// one leads to, and asks for the permission to do so before.
    #[inline]
    pub(in crate::compat) fn ends_walk(self) -> bool {
        self.flags & bindings::LOOKUP_PARENT as c_uint == 0
    }

    /// The same step below: the lower directory, and the name. Only the bytes of the name are the
    /// same there: its `qstr.hash` is salted with the upper parent.
    fn lower_place(self) -> DirAndName {
        NonNull::new(self.place.dir).map_or(self.place, |dir| DirAndName {
            // SAFETY: The type invariants ensure that the directory is an upper inode, and valid.
            dir: unsafe { Upper::<Inode>::from_raw(dir.as_ptr()) }
                .lower()
                .as_ptr(),
            ..self.place
        })
    }
}

impl RcuRef<'_, Dentry> {
    /// Whether the lower filesystem considers the lower dentry valid. The caller has seen the two
    /// dentries in sync, so the lower one has the name of this step.
    ///
    /// Errors: `ECHILD` if the lower filesystem would have to sleep, or if the dentry is not valid:
    /// [`Dentry::revalidate`] then drops it. Those of that filesystem.
    #[inline]
    pub(crate) fn lower_revalidate(&self, step: RcuWalkStep<'_>) -> Result<bool> {
        match self.lower().has_revalidate() {
            true => self.call_lower_revalidate(step),
            false => Ok(true),
        }
    }

    /// Calls the operation, which the lower dentry has.
    #[cold]
    fn call_lower_revalidate(&self, step: RcuWalkStep<'_>) -> Result<bool> {
        let lower = self.lower();
        // SAFETY: The dentry has the operation. The RCU read lock keeps it and the lower directory.
        // Their upper objects were in use when the walk found them. RCU frees a lower object only a
        // grace period after its upper object has dropped it. The VFS keeps the name for the step.
        // The flags have `LOOKUP_RCU`.
        let valid = from_revalidate(unsafe {
            <Answer as RevalidateOp<Unused>>::call(step.lower_place(), lower.as_ptr(), step.flags)
        })?;
        match valid {
            true => Ok(true),
            false => Err(not_in_rcu_walk()),
        }
    }
}

impl Dentry {
    /// Whether its filesystem considers the dentry valid. If not, drops it, and what is mounted on
    /// it and below it, as the VFS does in a walk through the lower directory. Otherwise the next
    /// lookup could find it again. May sleep.
    ///
    /// Errors: those of that filesystem.
    #[inline]
    pub(crate) fn revalidate(&self, flags: LookupFlags) -> Result<bool> {
        // Every step of a path walk calls this, and the dentries of local filesystems have no such
        // operation.
        if !self.has_revalidate() {
            return Ok(true);
        }
        let valid = self.call_revalidate(flags)?;
        if !valid {
            // SAFETY: `self` is a referenced dentry. The VFS calls this function while it holds the
            // upper parent's `i_rwsem` at most, as it does in a walk of its own, and may sleep.
            unsafe { bindings::d_invalidate(self.as_ptr()) };
        }
        Ok(valid)
    }

    /// Calls the operation, which the dentry has.
    #[cold]
    fn call_revalidate(&self, flags: LookupFlags) -> Result<bool> {
        if !<Answer as RevalidateOp<Unused>>::USES_DIR_AND_NAME {
            let place = DirAndName {
                dir: ptr::null_mut(),
                name: ptr::null(),
            };
            // SAFETY: The dentry is referenced and has the operation. This kernel's form does not
            // use `place`, and the flags do not have `LOOKUP_RCU`.
            return from_revalidate(unsafe {
                <Answer as RevalidateOp<Unused>>::call(place, self.as_ptr(), flags.bits())
            });
        }
        self.with_parent_and_name(|parent, name| {
            let place = DirAndName {
                dir: parent.positive()?.as_ptr(),
                name: name.as_raw(),
            };
            // SAFETY: The dentry is referenced and has the operation. The parent is referenced and
            // keeps its inode, `name` is a snapshot, and the flags do not have `LOOKUP_RCU`.
            from_revalidate(unsafe {
                <Answer as RevalidateOp<Unused>>::call(place, self.as_ptr(), flags.bits())
            })
        })
    }
}

/// Converts to what `d_revalidate` returns.
#[inline]
fn from_validity(valid: Result<bool>) -> c_int {
    match valid {
        Ok(valid) => c_int::from(valid),
        Err(error) => error.to_errno(),
    }
}

/// Converts what `d_revalidate` returns: positive for valid, zero for not, or a negative errno.
fn from_revalidate(status: c_int) -> Result<bool> {
    match status {
        0 => Ok(false),
        1.. => Ok(true),
        errno => Err(from_negative(errno)),
    }
}
