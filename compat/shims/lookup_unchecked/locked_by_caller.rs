// SPDX-License-Identifier: GPL-2.0

//! `lookup_one_qstr_excl()`, for which the caller locks the directory exclusively.
//!
//! Only without: bindings::lookup_noperm_unlocked, bindings::lookup_noperm

use bindings::{
    dentry,
    ffi::{c_char, c_int, c_uint},
    qstr,
};

use crate::compat::raw::from_err_ptr;

// `lookup_one_len_unlocked()` is not called here: it checks permissions. Since there are functions
// that do not, it is gone.
bindings::signatures! {
    bindings::lookup_one_len_unlocked: fn(*const c_char, *mut dentry, c_int) -> *mut dentry;
    bindings::lookup_one_qstr_excl: fn(*const qstr, *mut dentry, c_uint) -> *mut dentry;
}

pub(crate) struct Answer;

impl super::LookupUnchecked for Answer {
    unsafe fn call(name: &qstr, base: *mut dentry) -> Result<*mut dentry, c_int> {
        // SAFETY: The safety requirements of this function ensure that `base` is a valid dentry and
        // that the bytes of the name are readable.
        let name = unsafe { bindings::shim_hashed_name(base, name) };
        // SAFETY: `base` is a referenced dentry of a directory, so it keeps its inode. The caller
        // does not hold the lock.
        let dir = unsafe { (*base).d_inode };
        // SAFETY: As above, `dir` is valid and not locked by the caller.
        unsafe { bindings::inode_lock(dir) };
        // Since 6.15 the call returns a negative dentry only with this flag, and `ENOENT` without
        // it.
        let flags = bindings::LOOKUP_CREATE as c_uint;
        // SAFETY: `name` has the hash that it has in `base`, which is locked.
        let found = unsafe { bindings::lookup_one_qstr_excl(&name, base, flags) };
        // SAFETY: Locked above.
        unsafe { bindings::inode_unlock(dir) };
        from_err_ptr(found)
    }
}
