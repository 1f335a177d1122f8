// SPDX-License-Identifier: GPL-2.0

//! `d_revalidate` receives the parent's inode and the name before the dentry.

use core::ptr::addr_of;

use bindings::{dentry, dentry_operations, ffi::c_int, ffi::c_uint, inode, qstr};

use crate::compat::raw::empty_dentry_operations;

/// The answer.
pub(crate) struct Answer;

// SAFETY: `revalidate` passes its arguments on as they came, once.
unsafe impl<H: super::Revalidate> super::RevalidateOp<H> for Answer {
    const TABLE: dentry_operations = dentry_operations {
        d_revalidate: Some(revalidate::<H>),
        ..empty_dentry_operations()
    };

    unsafe fn call(dentry: *mut dentry, flags: c_uint) -> c_int {
        // SAFETY: `dentry` is valid, and its table lives as long as its filesystem's module, which
        // the dentry pins; DCACHE_OP_REVALIDATE says that the slot is filled.
        let Some(ask) = (unsafe { (*(*dentry).d_op).d_revalidate }) else {
            return 1;
        };
        let in_rcu_walk = flags & bindings::LOOKUP_RCU as c_uint != 0;
        // Outside of RCU walk the parent has to be counted: it may be left by `dentry`, and removed.
        let parent = if in_rcu_walk {
            // SAFETY: `dentry` is valid, and the parent it has now is kept by RCU.
            unsafe { addr_of!((*dentry).d_parent).read_volatile() }
        } else {
            // SAFETY: `dentry` is counted.
            unsafe { bindings::dget_parent(dentry) }
        };
        // SAFETY: The parent is kept, and loses its inode only when it dies.
        let dir = unsafe { addr_of!((*parent).d_inode).read_volatile() };
        if dir.is_null() {
            // Only under RCU: a counted parent lives.
            return -bindings::ECHILD;
        }
        let mut snapshot = core::mem::MaybeUninit::<bindings::name_snapshot>::uninit();
        // SAFETY: `dentry` is valid; the call fills `snapshot`, whose name stays until released.
        unsafe { bindings::take_dentry_name_snapshot(snapshot.as_mut_ptr(), dentry) };
        // SAFETY: By the contract of this function; the name is the snapshot's.
        let answer = unsafe { ask(dir, &(*snapshot.as_ptr()).name, dentry, flags) };
        // SAFETY: Filled above and released once.
        unsafe { bindings::release_dentry_name_snapshot(snapshot.as_mut_ptr()) };
        if !in_rcu_walk {
            // SAFETY: Counted above.
            unsafe { bindings::dput(parent) };
        }
        answer
    }
}

unsafe extern "C" fn revalidate<H: super::Revalidate>(
    _dir: *mut inode,
    _name: *const qstr,
    dentry: *mut dentry,
    flags: c_uint,
) -> c_int {
    // SAFETY: The VFS keeps the contract of `d_revalidate`, which is `H::revalidate`'s own.
    unsafe { H::revalidate(dentry, flags) }
}
