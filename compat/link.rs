// SPDX-License-Identifier: GPL-2.0

//! Symbolic links: reading one, in and outside of RCU walk.
//!
//! C header: `include/linux/fs.h`

use core::{
    ffi::{c_char, CStr},
    marker::PhantomData,
};

use super::{
    dentry::Dentry,
    error::{from_negative, Result},
    inode::Inode,
    raw::from_err_ptr,
    upper::RcuRef,
};

/// What the VFS calls when it no longer needs the text of a link (`struct delayed_call`).
///
/// There is one for each `get_link` operation. The filesystem that provides the text sets it.
///
/// # Invariants
///
/// The structure is valid and unset, and the VFS runs it after its last use of the text.
pub(crate) struct DelayedCall<'a>(*mut bindings::delayed_call, PhantomData<&'a mut ()>);

impl DelayedCall<'_> {
    /// # Safety
    ///
    /// `done` is valid and unset while the value lives, and the VFS runs it after its last use of
    /// the text.
    pub(in crate::compat) unsafe fn from_raw(done: *mut bindings::delayed_call) -> Self {
        // INVARIANT: The safety requirements of this function are the type invariants.
        Self(done, PhantomData)
    }
}

impl Dentry {
    /// The text of this link. May sleep.
    ///
    /// Errors: `ENOENT` if the dentry is negative; `EINVAL` if it is not a link; those of the
    /// filesystem.
    pub(crate) fn get_link<'a>(&'a self, done: DelayedCall<'a>) -> Result<LinkText<'a>> {
        self.positive()?;
        // SAFETY: The dentry is valid and positive, and `done` is valid and unset. The filesystem
        // keeps the text until `done` is run or, if it sets no call, as long as the inode, which
        // the dentry keeps.
        unsafe { LinkText::new(bindings::vfs_get_link(self.as_ptr(), done.0)) }
    }
}

impl<'a> RcuRef<'a, Inode> {
    /// The text of the lower link, if the filesystem can provide it without sleeping.
    ///
    /// Errors: `ECHILD` if it cannot.
    pub(crate) fn get_lower_link(&self, done: DelayedCall<'a>) -> Result<LinkText<'a>> {
        let inode = self.lower().as_ptr();
        // SAFETY: The RCU read lock, which is held for `'a`, keeps the inode, and `done` is valid
        // and unset. The call passes no dentry, so the filesystem must not sleep. It keeps the text
        // until `done` is run or, if it sets no call, as long as the inode.
        unsafe { LinkText::new(bindings::shim_get_link_rcu(inode, done.0)) }
    }
}

/// The text of a symbolic link, for the VFS to follow.
///
/// # Invariants
///
/// The pointer is null, or the text ends in a null byte. The text is valid until the VFS has run
/// the [`DelayedCall`] that was passed with the request for it, or as long as the object that is
/// borrowed for `'a`: a referenced dentry, or an inode under RCU.
pub(crate) struct LinkText<'a>(*const c_char, PhantomData<&'a CStr>);

impl LinkText<'_> {
    /// # Safety
    ///
    /// `text` is an error pointer, or the type invariants hold for it.
    unsafe fn new(text: *const bindings::ffi::c_char) -> Result<Self> {
        match from_err_ptr(text.cast_mut()) {
            // INVARIANT: The safety requirements of this function are the type invariants.
            Ok(text) => Ok(Self(text.cast(), PhantomData)),
            Err(errno) => Err(from_negative(errno)),
        }
    }

    /// The C string; null if the filesystem has followed the link itself.
    pub(in crate::compat) fn into_raw(self) -> *const bindings::ffi::c_char {
        self.0.cast()
    }
}
