// SPDX-License-Identifier: GPL-2.0

//! Extended attributes of a file that is reached through a mount.
//!
//! C header: `include/linux/xattr.h`

use core::{ffi::CStr, marker::PhantomData, ptr};

use bindings::{ffi::c_int, ffi::c_void};

use super::{
    dentry::Dentry,
    error::{from_count, from_status, Result},
    mount::{Mount, WriteAccess},
};

/// Where a value or a list of names goes to; of no length where only the length is wanted.
pub(crate) struct XattrBuffer<'a> {
    start: *mut c_void,
    length: usize,
    _lifetime: PhantomData<&'a mut [u8]>,
}

impl XattrBuffer<'_> {
    /// # Safety
    ///
    /// `start` is valid for writes of `length` bytes while the value lives, or `length` is 0.
    pub(in crate::compat) unsafe fn from_raw(start: *mut c_void, length: usize) -> Self {
        Self {
            start,
            length,
            _lifetime: PhantomData,
        }
    }
}

impl Mount {
    /// Gets the value of the attribute `name`; returns its length in bytes.
    ///
    /// Errors: `ENODATA`, `ERANGE`, and what the lower filesystem says.
    pub(crate) fn get_xattr(
        &self,
        dentry: &Dentry,
        name: &CStr,
        value: XattrBuffer<'_>,
    ) -> Result<usize> {
        dentry.positive()?;
        // SAFETY: All are valid for the call, and the dentry is positive.
        from_count(unsafe {
            bindings::vfs_getxattr(
                self.idmap(),
                dentry.as_ptr(),
                name.as_ptr().cast(),
                value.start,
                value.length,
            )
        })
    }
}

impl Dentry {
    /// Lists the names of the attributes, a null byte after each; returns their length in bytes.
    pub(crate) fn list_xattr(&self, names: XattrBuffer<'_>) -> Result<usize> {
        self.positive()?;
        // SAFETY: All are valid for the call, and the dentry is positive.
        from_count(unsafe {
            bindings::vfs_listxattr(self.as_ptr(), names.start.cast(), names.length)
        })
    }
}

impl WriteAccess<'_> {
    /// Sets the attribute `name` (`XATTR_*`), or removes it if there is no value.
    ///
    /// Locks the inode. Errors: `EEXIST`, `ENODATA`, and what the lower filesystem says.
    pub(crate) fn set_xattr(
        &self,
        dentry: &Dentry,
        name: &CStr,
        value: Option<&[u8]>,
        flags: c_int,
    ) -> Result {
        dentry.positive()?;
        let (idmap, dentry, name) = (self.mount().idmap(), dentry.as_ptr(), name.as_ptr().cast());
        from_status(match value {
            // SAFETY: All are valid for the call.
            Some(value) => unsafe {
                let (start, length) = if value.is_empty() {
                    (ptr::null(), 0)
                } else {
                    (value.as_ptr(), value.len())
                };
                bindings::vfs_setxattr(idmap, dentry, name, start.cast(), length, flags)
            },
            // SAFETY: All are valid for the call.
            None => unsafe { bindings::vfs_removexattr(idmap, dentry, name) },
        })
    }
}
