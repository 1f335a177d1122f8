// SPDX-License-Identifier: GPL-2.0

//! Operations of dentries.

use bindings::{dentry, dentry_operations, ffi::c_int, ffi::c_uint};

use crate::compat::{
    dentry::{Dentry, LookupFlags},
    error::{from_negative, Result},
    raw::empty_dentry_operations,
    shims::d_revalidate_op::{Answer, Revalidate, RevalidateOp},
    upper::{Upper, Walked},
};

/// What a dentry does (`struct dentry_operations`).
pub(crate) trait DentryOperations {
    /// Whether `dentry` still says what the filesystem would; if not, it is looked up again.
    fn revalidate(dentry: &Upper<Dentry>, flags: LookupFlags) -> Result<bool>;

    /// The same in RCU walk: nothing may sleep, and `ECHILD` asks for a walk that may.
    fn revalidate_in_rcu_walk(dentry: Walked<'_, Dentry>, flags: LookupFlags) -> Result<bool>;
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
struct Slot<T>(core::marker::PhantomData<T>);

impl<T: DentryOperations> Revalidate for Slot<T> {
    unsafe fn revalidate(dentry: *mut dentry, flags: c_uint) -> c_int {
        // SAFETY: The VFS revalidates dentries that have this table, past their lookup; it counts them,
        // or holds the RCU read lock.
        let dentry = unsafe { Upper::from_raw(dentry) };
        let flags = LookupFlags(flags);
        let valid = if flags.in_rcu_walk() {
            T::revalidate_in_rcu_walk(Walked::new(dentry), flags)
        } else {
            T::revalidate(dentry, flags)
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
    unsafe fn revalidate(_: *mut dentry, _: c_uint) -> c_int {
        1
    }
}

impl Dentry {
    /// Whether its own filesystem still stands by it.
    ///
    /// Errors: what that filesystem says; `ECHILD` in RCU walk if it would have to sleep.
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
        // SAFETY: `self` is valid; in RCU walk under RCU, otherwise counted. It has the operation.
        let answer = unsafe { <Answer as RevalidateOp<Unused>>::call(self.as_ptr(), flags.0) };
        match answer {
            0 => Ok(false),
            1.. => Ok(true),
            errno => Err(from_negative(errno)),
        }
    }
}
