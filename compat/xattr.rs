// SPDX-License-Identifier: GPL-2.0

//! Extended attributes of a file that is reached through a mount.
//!
//! C header: `include/linux/xattr.h`

use core::{ffi::CStr, marker::PhantomData, ops::Range, ptr};

use bindings::{ffi::c_int, ffi::c_void};

use super::{
    dentry::Dentry,
    error::{code, from_count, from_status, Result},
    io::Transferred,
    mount::{Mount, WriteAccess},
};

/// Where a value or a list of names goes to; of no length where only the length is wanted. Consumed by
/// what fills it.
pub(crate) struct XattrBuffer<'a> {
    start: *mut c_void,
    length: usize,
    _lifetime: PhantomData<&'a mut [u8]>,
}

impl<'a> XattrBuffer<'a> {
    /// Copies `value` there, or only tells its length if that alone is wanted.
    ///
    /// Errors: `ERANGE` if it does not fit.
    fn fill(self, value: &[u8]) -> Result<Transferred<'a>> {
        if self.length != 0 {
            if value.len() > self.length {
                return Err(code::ERANGE);
            }
            // SAFETY: The buffer is valid for writes of `length` bytes, which are no fewer, and nobody
            // else has it.
            unsafe { ptr::copy_nonoverlapping(value.as_ptr(), self.start.cast(), value.len()) };
        }
        // SAFETY: These bytes are in the buffer now, or only their number is wanted.
        unsafe { Transferred::new(value.len() as isize) }
    }

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

/// The longest name of an attribute, in bytes (`XATTR_NAME_MAX`).
const MAX_NAME: usize = 255;

/// The longest value, in bytes (`XATTR_SIZE_MAX`).
const MAX_VALUE: usize = 65536;

/// The attribute that holds file capabilities.
const CAPABILITIES: &CStr = c"security.capability";

/// The longest form of file capabilities, in bytes (`XATTR_CAPS_SZ_3`).
const MAX_CAPABILITIES: usize = 24;

/// Where the third form has the id of the namespace's root that the capabilities are of.
const ROOT_ID: Range<usize> = 20..24;

/// The third form, which is the second one with an id after it (`VFS_CAP_REVISION_3`).
const REVISION_3: u8 = 3;

/// Where both have their revision: the highest byte of the first word, which is little-endian.
const REVISION: usize = 3;

/// File capabilities as they are stored (`struct vfs_ns_cap_data`), or what stands in their place.
struct FileCapabilities {
    bytes: [u8; MAX_CAPABILITIES],
    length: usize,
}

impl FileCapabilities {
    /// The stored value; of one that is too long for any form, the beginning.
    fn new(value: &[u8]) -> Self {
        let mut bytes = [0; MAX_CAPABILITIES];
        let length = value.len().min(MAX_CAPABILITIES);
        for (byte, stored) in bytes.iter_mut().zip(value) {
            *byte = *stored;
        }
        Self { bytes, length }
    }

    fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or(&self.bytes)
    }

    /// The id of the root that the capabilities are of; `None` of a form that has no second word.
    fn root(&self) -> Option<u32> {
        match (self.length, self.bytes[REVISION]) {
            (24, REVISION_3) => {
                let [_, .., a, b, c, d] = self.bytes;
                Some(u32::from_le_bytes([a, b, c, d]))
            }
            (20, 2) => Some(0),
            _ => None,
        }
    }

    /// The same capabilities of another root. The second form is that of root 0.
    fn of_root(mut self, root: u32) -> Self {
        if self.length == 20 && root == 0 {
            return self;
        }
        self.bytes[REVISION] = REVISION_3;
        for (byte, of_id) in self.bytes[ROOT_ID].iter_mut().zip(root.to_le_bytes()) {
            *byte = of_id;
        }
        self.length = MAX_CAPABILITIES;
        self
    }

    /// As they are seen through `mount`. A root that it does not show becomes an id that no user
    /// namespace has, which the VFS knows how to refuse.
    fn mapped(self, mount: &Mount) -> Self {
        match self.root() {
            Some(root) if mount.is_idmapped() => {
                // SAFETY: The mount is valid.
                let seen = unsafe { bindings::shim_mapped_uid(mount.as_ptr(), root) };
                self.of_root(seen)
            }
            _ => self,
        }
    }

    /// As they are stored by the filesystem behind `mount`.
    ///
    /// Errors: `EINVAL` if it has no id for the root.
    fn unmapped(self, mount: &Mount) -> Result<Self> {
        match self.root() {
            Some(root) if mount.is_idmapped() => {
                // SAFETY: The mount is valid.
                match unsafe { bindings::shim_unmapped_uid(mount.as_ptr(), root) } {
                    u32::MAX => Err(code::EINVAL),
                    id => Ok(self.of_root(id)),
                }
            }
            _ => Ok(self),
        }
    }
}

impl Mount {
    /// Gets the value of the attribute `name`; returns its length in bytes.
    ///
    /// Errors: `ENODATA`, `ERANGE`, and what the lower filesystem says.
    pub(crate) fn get_xattr<'a>(
        &self,
        dentry: &Dentry,
        name: &CStr,
        value: XattrBuffer<'a>,
    ) -> Result<Transferred<'a>> {
        dentry.positive()?;
        // SAFETY: All are valid for the call, and the dentry is positive.
        unsafe {
            Transferred::new(bindings::vfs_getxattr(
                self.idmap(),
                dentry.as_ptr(),
                name.as_ptr().cast(),
                value.start,
                value.length,
            ))
        }
    }
}

impl Mount {
    /// Gets the file capabilities (`security.capability`) as they are stored; returns their length in
    /// bytes. The id in them is as seen through this mount.
    ///
    /// Nothing is translated to the caller's user namespace, which the VFS does on the upper layer; it
    /// has also checked the caller's right to get them.
    ///
    /// Errors: `ENODATA`, `ERANGE`, and what the lower filesystem says.
    pub(crate) fn get_file_capabilities<'a>(
        &self,
        dentry: &Dentry,
        value: XattrBuffer<'a>,
    ) -> Result<Transferred<'a>> {
        let inode = dentry.positive()?;
        let mut stored = [0; MAX_CAPABILITIES];
        // SAFETY: All are valid for the call, the dentry is positive, and the buffer is as long as said.
        let length = from_count(unsafe {
            bindings::__vfs_getxattr(
                dentry.as_ptr(),
                inode.as_ptr(),
                CAPABILITIES.as_ptr().cast(),
                stored.as_mut_ptr().cast(),
                stored.len(),
            )
        })?;
        let stored = stored.get(..length).ok_or(code::EIO)?;
        value.fill(FileCapabilities::new(stored).mapped(self).as_bytes())
    }
}

impl Dentry {
    /// Lists the names of the attributes, a null byte after each; returns their length in bytes.
    pub(crate) fn list_xattr<'a>(&self, names: XattrBuffer<'a>) -> Result<Transferred<'a>> {
        self.positive()?;
        // SAFETY: All are valid for the call, and the dentry is positive.
        unsafe {
            Transferred::new(bindings::vfs_listxattr(
                self.as_ptr(),
                names.start.cast(),
                names.length,
            ))
        }
    }
}

impl WriteAccess<'_> {
    /// Sets the file capabilities (`security.capability`) to a value as it is stored, or removes them
    /// if there is none.
    ///
    /// The value has been translated from the caller's user namespace already, and the caller's right
    /// to set it has been checked: the VFS does both on the upper layer. Here the id in it, which is as
    /// seen through the lower mount, becomes one of the lower filesystem.
    ///
    /// Locks the inode. Errors: `EINVAL` if the lower filesystem has no such id, and what it says.
    pub(crate) fn set_file_capabilities(
        &self,
        dentry: &Dentry,
        value: Option<&[u8]>,
        flags: c_int,
    ) -> Result {
        let Some(value) = value else {
            return self.set_xattr(dentry, CAPABILITIES, None, flags);
        };
        self.require_filesystem_of(dentry)?;
        let inode = dentry.positive()?;
        let value = FileCapabilities::new(value).unmapped(self.mount())?;
        let (idmap, bytes) = (self.mount().idmap(), value.as_bytes());
        let _locked = inode.lock();
        // SAFETY: All are valid for the call, the dentry is positive and its inode locked. Null asks not
        // to wait for delegations.
        from_status(unsafe {
            bindings::__vfs_setxattr_locked(
                idmap,
                dentry.as_ptr(),
                CAPABILITIES.as_ptr().cast(),
                bytes.as_ptr().cast(),
                bytes.len(),
                flags,
                ptr::null_mut(),
            )
        })
    }

    /// Errors: `EXDEV` if `dentry` is of another filesystem than the mount's.
    fn require_filesystem_of(&self, dentry: &Dentry) -> Result {
        if dentry.super_block() == self.mount().super_block().as_ptr() {
            Ok(())
        } else {
            Err(code::EXDEV)
        }
    }

    /// Sets the attribute `name` (`XATTR_*`), or removes it if there is no value.
    ///
    /// Locks the inode. Errors: `EEXIST`, `ENODATA`, and what the lower filesystem says; `ERANGE` and
    /// `E2BIG` of a name or a value that is longer than the VFS lets any be.
    pub(crate) fn set_xattr(
        &self,
        dentry: &Dentry,
        name: &CStr,
        value: Option<&[u8]>,
        flags: c_int,
    ) -> Result {
        self.require_filesystem_of(dentry)?;
        dentry.positive()?;
        if !(1..=MAX_NAME).contains(&name.to_bytes().len()) {
            return Err(code::ERANGE);
        }
        if value.is_some_and(|value| value.len() > MAX_VALUE) {
            return Err(code::E2BIG);
        }
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
