// SPDX-License-Identifier: GPL-2.0

//! It writes a `struct lsm_context`.

use core::mem::MaybeUninit;

use bindings::{
    ffi::{c_int, c_void},
    inode, lsm_context,
};

bindings::signatures! {
    bindings::security_inode_getsecctx: fn(*mut inode, *mut lsm_context) -> c_int;
    bindings::security_inode_notifysecctx: fn(*mut inode, *mut c_void, u32) -> c_int;
    bindings::security_release_secctx: fn(*mut lsm_context);
}

pub(crate) struct Answer;

impl super::SecurityContext for Answer {
    unsafe fn copy(from: *mut inode, to: *mut inode) {
        let mut context = MaybeUninit::<lsm_context>::zeroed();
        let context = context.as_mut_ptr();
        // SAFETY: The safety requirements of this function ensure that `from` is valid. The
        // structure is valid for writes.
        if unsafe { bindings::security_inode_getsecctx(from, context) } != 0 {
            return;
        }
        // SAFETY: The call above has succeeded, and has written the text and its length. The safety
        // requirements of this function ensure that `to` is valid. If the module refuses the label,
        // `to` keeps its own.
        unsafe {
            bindings::security_inode_notifysecctx(to, (*context).context.cast(), (*context).len)
        };
        // SAFETY: The structure holds what the first call has written, and nobody uses it after
        // this.
        unsafe { bindings::security_release_secctx(context) };
    }
}
