// SPDX-License-Identifier: GPL-2.0

//! An `unsigned long`.

use bindings::{
    ffi::{c_int, c_ulong, c_void},
    inode, super_block,
};

bindings::signatures! {
    bindings::iget5_locked: fn(
        *mut super_block,
        c_ulong,
        Option<unsafe extern "C" fn(*mut inode, *mut c_void) -> c_int>,
        Option<unsafe extern "C" fn(*mut inode, *mut c_void) -> c_int>,
        *mut c_void,
    ) -> *mut inode;
    bindings::ilookup5: fn(
        *mut super_block,
        c_ulong,
        Option<unsafe extern "C" fn(*mut inode, *mut c_void) -> c_int>,
        *mut c_void,
    ) -> *mut inode;
}

pub(crate) struct Answer;

impl super::InodeHash for Answer {
    type Hash = c_ulong;

    #[inline]
    fn of(address: usize) -> c_ulong {
        address as c_ulong
    }
}
