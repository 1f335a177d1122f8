// SPDX-License-Identifier: GPL-2.0

//! In a structure.

use bindings::{delegated_inode, ffi::c_int, renamedata};

pub(crate) struct Answer;

impl super::Delegation for Answer {
    type Place = delegated_inode;

    fn empty() -> delegated_inode {
        delegated_inode {
            di_inode: core::ptr::null_mut(),
        }
    }

    fn is_set(place: &delegated_inode) -> bool {
        !place.di_inode.is_null()
    }

    fn report_in(place: &mut delegated_inode, arguments: &mut renamedata) {
        arguments.delegated_inode = place;
    }

    unsafe fn wait(place: &mut delegated_inode) -> c_int {
        // SAFETY: The safety requirements of this function ensure that the place holds an inode
        // with its references, that the caller may sleep, and that it holds no lock of the inode.
        unsafe { bindings::break_deleg_wait(place) }
    }
}
