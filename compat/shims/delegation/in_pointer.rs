// SPDX-License-Identifier: GPL-2.0

//! In a pointer to the inode.

use core::ptr;

use bindings::{ffi::c_int, inode, renamedata};

pub(crate) struct Answer;

impl super::Delegation for Answer {
    type Place = *mut inode;

    fn empty() -> *mut inode {
        ptr::null_mut()
    }

    fn is_set(place: &*mut inode) -> bool {
        !place.is_null()
    }

    fn report_in(place: &mut *mut inode, arguments: &mut renamedata) {
        arguments.delegated_inode = place;
    }

    unsafe fn wait(place: &mut *mut inode) -> c_int {
        // SAFETY: The safety requirements of this function ensure that the place holds an inode
        // with its references, that the caller may sleep, and that it holds no lock of the inode.
        unsafe { bindings::break_deleg_wait(place) }
    }
}
