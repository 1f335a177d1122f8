// SPDX-License-Identifier: GPL-2.0

//! Symbolic links: what they hold, in either mode of path walk.
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

/// What to do when the VFS no longer needs a link's text (`struct delayed_call`).
pub(crate) struct LinkUse<'a>(*mut bindings::delayed_call, PhantomData<&'a mut ()>);

impl<'a> LinkUse<'a> {
    /// # Safety
    ///
    /// `done` is valid and unset, and the VFS runs it when it is through with the text.
    pub(in crate::compat) unsafe fn from_raw(done: *mut bindings::delayed_call) -> Self {
        Self(done, PhantomData)
    }

    /// The text of the link `dentry`. May sleep.
    ///
    /// Errors: what the lower filesystem says.
    pub(crate) fn text_of(self, dentry: &'a Dentry) -> Result<LinkText<'a>> {
        dentry.positive()?;
        // SAFETY: Both are valid, and the dentry is positive. By the contract of `get_link` the text stays
        // until `done` is run, or as long as the inode, which the dentry keeps.
        unsafe { LinkText::new(bindings::vfs_get_link(dentry.as_ptr(), self.0)) }
    }

    /// The text of the lower link behind `inode`, if that can be had without sleeping.
    ///
    /// Errors: `ECHILD` if not.
    pub(crate) fn text_in_rcu_walk(self, inode: &RcuRef<'a, Inode>) -> Result<LinkText<'a>> {
        let inode = inode.lower().as_ptr();
        // SAFETY: The RCU read lock, which is held while there is a `RcuRef`, keeps the inode. By the
        // contract of `get_link`, which must not sleep without a dentry, the text stays until `done` is
        // run, or as long as the inode.
        unsafe { LinkText::new(bindings::shim_get_link_rcu(inode, self.0)) }
    }
}

/// The text of a symbolic link, for the VFS to follow.
///
/// # Invariants
///
/// The text stays as long as what was borrowed for `'a`: a dentry that somebody counts, or an inode
/// that the RCU read lock keeps. Or it stays until the VFS has run the `delayed_call` of the
/// [`LinkUse`] that it comes from.
pub(crate) struct LinkText<'a>(*const c_char, PhantomData<&'a CStr>);

impl LinkText<'_> {
    /// # Safety
    ///
    /// The type invariant holds for `text`, or `text` is null or an error.
    unsafe fn new(text: *const bindings::ffi::c_char) -> Result<Self> {
        match from_err_ptr(text.cast_mut()) {
            // INVARIANT: By the contract of this function.
            Ok(text) => Ok(Self(text.cast(), PhantomData)),
            Err(errno) => Err(from_negative(errno)),
        }
    }

    pub(in crate::compat) fn into_raw(self) -> *const bindings::ffi::c_char {
        self.0.cast()
    }
}
