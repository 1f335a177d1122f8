// SPDX-License-Identifier: GPL-2.0

//! One handler for extended attributes of every name.

use core::{ffi::CStr, mem::MaybeUninit, ptr};

use bindings::{dentry, ffi::c_char, ffi::c_int, ffi::c_void, inode, mnt_idmap, xattr_handler};

use crate::compat::{
    dentry::Dentry,
    error::{no_data, to_status, Result},
    io::Transferred,
    upper::Upper,
    xattr::XattrBuffer,
};

/// What extended attributes do (`struct xattr_handler`).
pub(crate) trait XattrOperations {
    /// Gets the value of `name`.
    fn get_xattr<'a>(
        dentry: &Upper<Dentry>,
        name: &CStr,
        value: XattrBuffer<'a>,
    ) -> Result<Transferred<'a>>;

    /// Sets the value of `name` (`XATTR_*`), or removes it if there is none. The inode's lock is held
    /// exclusively, and the mount is writable.
    fn set_xattr(dentry: &Upper<Dentry>, name: &CStr, value: Option<&[u8]>, flags: c_int)
        -> Result;
}

/// A list of handlers, ended by null, that no one writes.
#[repr(transparent)]
pub(in crate::compat) struct Handlers([*const xattr_handler; 2]);

/// The handlers, to be set for a superblock.
pub(in crate::compat) trait XattrTable {
    /// The one handler, whose empty prefix every name has.
    const HANDLER: &'static xattr_handler;
    /// The list of it.
    const HANDLERS: &'static Handlers;
}

impl<T: XattrOperations> XattrTable for T {
    const HANDLER: &'static xattr_handler = &xattr_handler {
        prefix: c"".as_ptr().cast(),
        get: Some(get::<T>),
        set: Some(set::<T>),
        // SAFETY: Every other member may be zero: no exact name, no flags, no list.
        ..unsafe { MaybeUninit::zeroed().assume_init() }
    };
    const HANDLERS: &'static Handlers = &Handlers([Self::HANDLER, ptr::null()]);
}

unsafe extern "C" fn get<T: XattrOperations>(
    _handler: *const xattr_handler,
    dentry: *mut dentry,
    _inode: *mut inode,
    name: *const c_char,
    value: *mut c_void,
    length: usize,
) -> c_int {
    // A security module is shown the root, and may ask for its label, when the root has an inode and no
    // lower dentry yet.
    // SAFETY: The dentry is valid. Nobody writes the member once it is set.
    if unsafe { (*dentry).d_fsdata.is_null() } {
        return no_data().to_errno();
    }
    // SAFETY: The VFS calls this with dentries of superblocks that have this handler, counted for the
    // call, a name that ends in a null byte, and a buffer of `length` bytes.
    let (dentry, name, value) = unsafe {
        (
            Upper::from_raw(dentry),
            CStr::from_ptr(name.cast()),
            XattrBuffer::from_raw(value, length),
        )
    };
    Transferred::into_raw(T::get_xattr(dentry, name, value)) as c_int
}

unsafe extern "C" fn set<T: XattrOperations>(
    _handler: *const xattr_handler,
    _idmap: *mut mnt_idmap,
    dentry: *mut dentry,
    _inode: *mut inode,
    name: *const c_char,
    value: *const c_void,
    length: usize,
    flags: c_int,
) -> c_int {
    // SAFETY: As for `get`; null stands for no value.
    let (dentry, name, value) = unsafe {
        (
            Upper::<Dentry>::from_raw(dentry),
            CStr::from_ptr(name.cast()),
            (!value.is_null()).then(|| core::slice::from_raw_parts(value.cast(), length)),
        )
    };
    let set = T::set_xattr(dentry, name, value, flags);
    // Some names change the mode, and the VFS has prepared the upper inode for that. It holds the
    // inode's lock exclusively.
    if let Some(inode) = dentry.upper_inode() {
        inode.refresh_locked();
    }
    to_status(set)
}
