// SPDX-License-Identifier: GPL-2.0

//! The handler for extended attributes, one for all names.
//!
//! C header: `include/linux/xattr.h`

use core::{ffi::CStr, ptr};

use bindings::{dentry, ffi::c_char, ffi::c_int, ffi::c_void, inode, mnt_idmap, xattr_handler};

use super::inode::lower_idmap;
use crate::compat::{
    dentry::Dentry,
    error::{no_data, to_status, Result},
    io::BytesTransferred,
    upper::Upper,
    xattr::{XattrBuffer, XattrChange},
};

/// The operations on extended attributes (`struct xattr_handler`).
pub(crate) trait XattrOperations {
    /// Gets the value of `name`.
    fn get_xattr<'a>(
        dentry: &Upper<Dentry>,
        name: &CStr,
        value: XattrBuffer<'a>,
    ) -> Result<BytesTransferred<'a>>;

    /// Sets or removes an attribute. The inode's `i_rwsem` is held exclusively, and the upper mount
    /// is writable.
    fn set_xattr(change: XattrChange<'_>) -> Result;
}

/// An array of handlers that ends in null, as the VFS expects it in `s_xattr`.
#[repr(transparent)]
pub(in crate::compat) struct XattrHandlers([*const xattr_handler; 3]);

/// The handlers of one filesystem.
pub(in crate::compat) trait XattrTable {
    /// The one handler that is called. Its prefix is empty, and so matches every name.
    const HANDLER: &'static xattr_handler;
    /// The array with [`Self::HANDLER`].
    const HANDLERS: &'static XattrHandlers;
    /// The array for a lower filesystem with attributes of users. An NFS server looks in it for a
    /// handler of these (`xattr_supports_user_prefix()`).
    const HANDLERS_WITH_USER: &'static XattrHandlers;
}

/// Stands behind [`XattrTable::HANDLER`], which takes all names, and so is never called.
const USER: &xattr_handler = &xattr_handler {
    name: ptr::null(),
    prefix: c"user.".as_ptr().cast(),
    flags: 0,
    list: None,
    get: None,
    set: None,
};

impl<T: XattrOperations> XattrTable for T {
    const HANDLER: &'static xattr_handler = &xattr_handler {
        name: ptr::null(),
        prefix: c"".as_ptr().cast(),
        flags: 0,
        list: None,
        get: Some(get::<T>),
        set: Some(set::<T>),
    };
    const HANDLERS: &'static XattrHandlers =
        &XattrHandlers([Self::HANDLER, ptr::null(), ptr::null()]);
    const HANDLERS_WITH_USER: &'static XattrHandlers =
        &XattrHandlers([Self::HANDLER, USER, ptr::null()]);
}

unsafe extern "C" fn get<T: XattrOperations>(
    _handler: *const xattr_handler,
    dentry: *mut dentry,
    _inode: *mut inode,
    name: *const c_char,
    value: *mut c_void,
    length: usize,
) -> c_int {
    // When the root dentry gets its inode, a security module may ask for its label. At that time
    // the root has no lower dentry.
    // SAFETY: The VFS holds a reference to the dentry for the call. Its lower dentry is set only
    // once, and by this task if it is the root.
    if unsafe { (*dentry).d_fsdata.is_null() } {
        return no_data().to_errno();
    }
    // SAFETY: The superblock of the dentry has this handler, so the dentry is an upper one. It has
    // its lower dentry, and the VFS holds a reference to it for the call.
    let dentry = unsafe { Upper::from_raw(dentry) };
    // SAFETY: The VFS passes a name that ends in a null byte, and keeps it for the call.
    let name = unsafe { CStr::from_ptr(name.cast()) };
    // SAFETY: The VFS passes a buffer of `length` bytes for this call alone.
    let value = unsafe { XattrBuffer::from_raw(value, length) };
    BytesTransferred::into_raw(T::get_xattr(dentry, name, value)) as c_int
}

unsafe extern "C" fn set<T: XattrOperations>(
    _handler: *const xattr_handler,
    idmap: *mut mnt_idmap,
    dentry: *mut dentry,
    _inode: *mut inode,
    name: *const c_char,
    value: *const c_void,
    length: usize,
    flags: c_int,
) -> c_int {
    // SAFETY: The superblock of the dentry has this handler, so the dentry is an upper one. The VFS
    // holds a reference to it for the call.
    let dentry = unsafe { Upper::<Dentry>::from_raw(dentry) };
    // SAFETY: The VFS passes a name that ends in a null byte, and keeps it for the call.
    let name = unsafe { CStr::from_ptr(name.cast()) };
    let value = (!value.is_null()).then(|| {
        // SAFETY: A value that is not null is valid for reads of `length` bytes, and the VFS keeps
        // it unchanged for the call.
        unsafe { core::slice::from_raw_parts(value.cast(), length) }
    });
    // SAFETY: The VFS keeps the idmap for the call.
    let idmap = unsafe { lower_idmap(dentry, idmap) };
    let (mount, lower) = (dentry.lower_mount(), dentry.lower());
    let result = T::set_xattr(XattrChange::new(mount, lower, idmap, name, value, flags));
    // An attribute can change the mode below. Before the VFS sets a security attribute, it clears
    // `S_NOSEC` of the upper inode. This flag has to be set again. The VFS holds the inode's
    // `i_rwsem` exclusively.
    if let Some(inode) = dentry.upper_inode() {
        inode.refresh_locked();
    }
    to_status(result)
}
