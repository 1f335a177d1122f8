// SPDX-License-Identifier: GPL-2.0

//! Operations of dentries.

use core::{
    marker::PhantomData,
    ptr::{self, NonNull},
};

use bindings::{dentry, dentry_operations, ffi::c_int, ffi::c_uint};

use crate::compat::{
    dentry::{Dentry, LookupFlags},
    error::{from_negative, Result},
    inode::Inode,
    raw::empty_dentry_operations,
    shims::d_revalidate_op::{Answer, FoundBy, Revalidate, RevalidateOp},
    upper::{RcuRef, Upper},
};

/// What a dentry does (`struct dentry_operations`).
pub(crate) trait DentryOperations {
    /// Whether `dentry` still says what the filesystem would; if not, it is looked up again.
    fn revalidate(dentry: &Upper<Dentry>, flags: LookupFlags) -> Result<bool>;

    /// The same in RCU walk: nothing may sleep, and `ECHILD` asks for a walk that may.
    fn revalidate_in_rcu_walk(dentry: RcuRef<'_, Dentry>, step: RcuWalkStep<'_>) -> Result<bool>;
}

/// The table, to be set for a superblock.
pub(in crate::compat) trait DentryTable {
    /// All slots that dentries fill.
    const TABLE: &'static dentry_operations;
}

impl<T: DentryOperations> DentryTable for T {
    const TABLE: &'static dentry_operations = &dentry_operations {
        d_revalidate: <Answer as RevalidateOp<Slot<T>>>::TABLE.d_revalidate,
        d_release: Some(release),
        ..empty_dentry_operations()
    };
}

/// The slot of `T`, in the form that the question calls.
struct Slot<T>(PhantomData<T>);

impl<T: DentryOperations> Revalidate for Slot<T> {
    unsafe fn revalidate(found_by: FoundBy, dentry: *mut dentry, flags: c_uint) -> c_int {
        // SAFETY: The VFS revalidates dentries that have this table, past their lookup; it counts them,
        // or holds the RCU read lock.
        let dentry = unsafe { Upper::from_raw(dentry) };
        let valid = match LookupFlags::new(flags) {
            Some(flags) => T::revalidate(dentry, flags),
            // SAFETY: The flags have `LOOKUP_RCU`: the VFS holds the RCU read lock, and keeps the
            // directory and the name that it gives for the call.
            None => unsafe {
                let step = RcuWalkStep::from_raw(found_by, flags);
                T::revalidate_in_rcu_walk(RcuRef::new(dentry), step)
            },
        };
        match valid {
            Ok(valid) => c_int::from(valid),
            Err(error) => error.to_errno(),
        }
    }
}

unsafe extern "C" fn release(dentry: *mut dentry) {
    // SAFETY: The VFS frees a dentry that has this table, once.
    unsafe { Upper::<Dentry>::from_raw(dentry).release() };
}

/// No revalidation of its own: the slot is needed only for its type.
struct Unused;

impl Revalidate for Unused {
    unsafe fn revalidate(_: FoundBy, _: *mut dentry, _: c_uint) -> c_int {
        1
    }
}

/// One step of a path walk in RCU mode: the directory and the name that a dentry was found by.
///
/// # Invariants
///
/// The pointers of `found_by` are null, or an upper inode and a name that are valid for `'a`. `flags`
/// has `LOOKUP_RCU`, and the RCU read lock is held for `'a`.
#[derive(Clone, Copy)]
pub(crate) struct RcuWalkStep<'a> {
    found_by: FoundBy,
    flags: c_uint,
    _lifetime: PhantomData<&'a ()>,
}

impl RcuWalkStep<'_> {
    /// # Safety
    ///
    /// The type invariant holds while the value lives.
    unsafe fn from_raw(found_by: FoundBy, flags: c_uint) -> Self {
        // INVARIANT: By the contract of this function.
        Self {
            found_by,
            flags,
            _lifetime: PhantomData,
        }
    }

    /// The directory behind the one of this step, and the name, which is the same there.
    fn lower(self) -> FoundBy {
        NonNull::new(self.found_by.dir).map_or(self.found_by, |dir| FoundBy {
            // SAFETY: The directory is an upper inode, which the RCU read lock keeps.
            dir: unsafe { Upper::<Inode>::from_raw(dir.as_ptr()) }
                .lower()
                .as_ptr(),
            ..self.found_by
        })
    }
}

impl RcuRef<'_, Dentry> {
    /// Whether the lower filesystem still stands by the lower dentry. The two layers have been seen in
    /// sync, so that it is asked about the name of this step.
    ///
    /// Errors: `ECHILD` if it would have to sleep to tell; what else it says.
    pub(crate) fn lower_revalidate(&self, step: RcuWalkStep<'_>) -> Result<bool> {
        let lower = self.lower_dentry();
        if !lower.has_revalidate() {
            return Ok(true);
        }
        // SAFETY: The RCU read lock keeps the lower dentry and the directory behind the step's, which
        // their upper ones never let go of before a grace period is over, and the VFS keeps the name.
        // The call passes pointers on, and counts, locks and waits for nothing. The flags say that
        // this is RCU walk.
        answer(unsafe {
            <Answer as RevalidateOp<Unused>>::call(step.lower(), lower.as_ptr(), step.flags)
        })
    }
}

impl Dentry {
    /// Whether its own filesystem still stands by it. May sleep.
    ///
    /// Errors: what that filesystem says.
    #[inline]
    pub(crate) fn revalidate(&self, flags: LookupFlags) -> Result<bool> {
        // Local filesystems have nothing to be asked, and this is done for each name of a path.
        if !self.has_revalidate() {
            return Ok(true);
        }
        self.ask(flags)
    }

    #[cold]
    fn ask(&self, flags: LookupFlags) -> Result<bool> {
        if !<Answer as RevalidateOp<Unused>>::WANTS_FOUND_BY {
            let found_by = FoundBy {
                dir: ptr::null_mut(),
                name: ptr::null(),
            };
            // SAFETY: `self` is counted and has the operation, which this form asks by the dentry alone.
            return answer(unsafe {
                <Answer as RevalidateOp<Unused>>::call(found_by, self.as_ptr(), flags.bits())
            });
        }
        self.with_parent_and_name(|parent, name| {
            let found_by = FoundBy {
                dir: parent.positive()?.as_ptr(),
                name: name.as_raw(),
            };
            // SAFETY: `self` is counted and has the operation, the parent is counted and keeps its
            // inode, and the name is a copy.
            answer(unsafe {
                <Answer as RevalidateOp<Unused>>::call(found_by, self.as_ptr(), flags.bits())
            })
        })
    }
}

/// The answer of a `d_revalidate`.
fn answer(status: c_int) -> Result<bool> {
    match status {
        0 => Ok(false),
        1.. => Ok(true),
        errno => Err(from_negative(errno)),
    }
}
