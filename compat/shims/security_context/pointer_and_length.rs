// SPDX-License-Identifier: GPL-2.0

//! It writes a pointer and a length.

use core::ptr::null_mut;

use bindings::{
    ffi::{c_char, c_int, c_void},
    inode,
};

bindings::signatures! {
    bindings::security_inode_getsecctx: fn(*mut inode, *mut *mut c_void, *mut u32) -> c_int;
    bindings::security_inode_notifysecctx: fn(*mut inode, *mut c_void, u32) -> c_int;
    bindings::security_release_secctx: fn(*mut c_char, u32);
}

pub(crate) struct Answer;

impl super::SecurityContext for Answer {
    unsafe fn copy(from: *mut inode, to: *mut inode) {
        let (mut text, mut length): (*mut c_void, u32) = (null_mut(), 0);
        // SAFETY: The safety requirements of this function ensure that `from` is valid. The two
        // variables are valid for writes.
        if unsafe { bindings::security_inode_getsecctx(from, &mut text, &mut length) } != 0 {
            return;
        }
        // SAFETY: The call above has succeeded, and has written the text and its length. The safety
        // requirements of this function ensure that `to` is valid. If the module refuses the label,
        // `to` keeps its own.
        unsafe { bindings::security_inode_notifysecctx(to, text, length) };
        // SAFETY: The text and the length are those of the first call, and nobody uses them after
        // this.
        unsafe { bindings::security_release_secctx(text.cast(), length) };
    }
}
