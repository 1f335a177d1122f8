// SPDX-License-Identifier: GPL-2.0

//! They receive the owner too, which is null for user space.

use bindings::{
    ffi::{c_int, c_void},
    freeze_holder, super_block, super_operations,
};

use crate::compat::raw::empty_super_operations;

bindings::signatures! {
    bindings::freeze_super: fn(*mut super_block, freeze_holder, *const c_void) -> c_int;
    bindings::thaw_super: fn(*mut super_block, freeze_holder, *const c_void) -> c_int;
}

pub(crate) struct Answer;

/// The holder that freezes on behalf of user space.
const USER: freeze_holder = freeze_holder::FREEZE_HOLDER_USERSPACE;

// SAFETY: Both functions make one call with the superblock that they received if the holder is user
// space, and none otherwise.
unsafe impl<H: super::Freeze> super::FreezeSuperOp<H> for Answer {
    const TABLE: super_operations = super_operations {
        freeze_super: Some(freeze_super::<H>),
        thaw_super: Some(thaw_super::<H>),
        ..empty_super_operations()
    };

    unsafe fn freeze(sb: *mut super_block) -> c_int {
        // SAFETY: The safety requirements ensure that `sb` is valid and mounted, and that its locks
        // are free. Its table is static.
        unsafe {
            match (*(*sb).s_op).freeze_super {
                Some(freeze) => freeze(sb, USER, core::ptr::null()),
                None => bindings::freeze_super(sb, USER, core::ptr::null()),
            }
        }
    }

    unsafe fn thaw(sb: *mut super_block) -> c_int {
        // SAFETY: As in `freeze`.
        unsafe {
            match (*(*sb).s_op).thaw_super {
                Some(thaw) => thaw(sb, USER, core::ptr::null()),
                None => bindings::thaw_super(sb, USER, core::ptr::null()),
            }
        }
    }
}

unsafe extern "C" fn freeze_super<H: super::Freeze>(
    sb: *mut super_block,
    who: freeze_holder,
    _owner: *const c_void,
) -> c_int {
    if who & USER != USER {
        return 0;
    }
    // SAFETY: The caller is the VFS, in `super_operations.freeze_super`.
    unsafe { H::freeze(sb) }
}

unsafe extern "C" fn thaw_super<H: super::Freeze>(
    sb: *mut super_block,
    who: freeze_holder,
    _owner: *const c_void,
) -> c_int {
    if who & USER != USER {
        return 0;
    }
    // SAFETY: The caller is the VFS, in `super_operations.thaw_super`.
    unsafe { H::thaw(sb) }
}
