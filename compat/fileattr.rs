// SPDX-License-Identifier: GPL-2.0

//! The attributes that chattr(1) and the project quota use: flags, project id, extent size hints.
//!
//! C header: `include/linux/fileattr.h`

use core::marker::PhantomData;

use super::{
    dentry::Dentry,
    error::{from_status, Result},
    idmap::LowerIdmap,
    mount::WriteAccess,
    shims::fileattr_op::{self, FileattrOp},
};

/// The C structure, whose name differs between kernels.
pub(in crate::compat) type Raw = <fileattr_op::Answer as FileattrOp>::Attributes;

/// The output for the attributes of a file, which the VFS has cleared.
///
/// # Invariants
///
/// The pointer is valid, and nobody else uses what it points to while the value lives.
pub(crate) struct FileAttributes<'a>(*mut Raw, PhantomData<&'a mut Raw>);

impl FileAttributes<'_> {
    /// # Safety
    ///
    /// While the value lives, the pointer is valid, and nobody else uses what it points to.
    pub(in crate::compat) unsafe fn from_raw(attributes: *mut Raw) -> Self {
        // INVARIANT: The safety requirements of this function are the type invariants.
        Self(attributes, PhantomData)
    }
}

/// New attributes of a file. The VFS has made its checks with the upper inode, and has filled in
/// what is to stay.
///
/// # Invariants
///
/// The pointer is valid, and nobody else uses what it points to while the value lives.
pub(crate) struct NewFileAttributes<'a> {
    attributes: *mut Raw,
    idmap: LowerIdmap<'a>,
    _lifetime: PhantomData<&'a mut Raw>,
}

impl<'a> NewFileAttributes<'a> {
    /// # Safety
    ///
    /// While the value lives, the pointer is valid, and nobody else uses what it points to.
    pub(in crate::compat) unsafe fn from_raw(attributes: *mut Raw, idmap: LowerIdmap<'a>) -> Self {
        // INVARIANT: The safety requirements of this function are the type invariants.
        Self {
            attributes,
            idmap,
            _lifetime: PhantomData,
        }
    }
}

impl Dentry {
    /// Gets the attributes of the file.
    ///
    /// Errors: `ENOENT` if the dentry is negative; `ENOIOCTLCMD` if the filesystem has none, on
    /// which the VFS tries `ioctl` of the open file; those of the filesystem.
    pub(crate) fn get_file_attributes(&self, attributes: FileAttributes<'_>) -> Result {
        self.positive()?;
        // SAFETY: The dentry is positive. The type invariants of `FileAttributes` ensure that the
        // structure is valid and ours.
        from_status(unsafe { fileattr_op::Answer::get(self.as_ptr(), attributes.0) })
    }
}

impl WriteAccess<'_> {
    /// Sets the attributes of the file of `dentry`, if the caller may.
    ///
    /// Locks the inode. Errors: `EXDEV` if `dentry` is of another filesystem than the mount;
    /// `ENOENT` if it is negative; `ENOIOCTLCMD` if the filesystem has no such attributes; `EPERM`
    /// and `EINVAL` of the VFS; those of the filesystem.
    pub(crate) fn set_file_attributes(
        &self,
        dentry: &Dentry,
        attributes: NewFileAttributes<'_>,
    ) -> Result {
        self.require_filesystem_of(dentry)?;
        dentry.positive()?;
        let NewFileAttributes {
            attributes, idmap, ..
        } = attributes;
        let idmap = idmap.as_ptr();
        // SAFETY: The dentry is positive, and `self` is write access to a mount of its filesystem.
        // `idmap` comes from a `LowerIdmap`. The type invariants of `NewFileAttributes` ensure that
        // the structure is valid and ours.
        from_status(unsafe { fileattr_op::Answer::set(idmap, dentry.as_ptr(), attributes) })
    }
}
