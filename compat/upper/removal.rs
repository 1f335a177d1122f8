// SPDX-License-Identifier: GPL-2.0

//! Before the name of a file is removed whose filesystem counts the users of a dentry.
//!
//! On a file server, a file that one machine has open loses its content when another machine
//! removes its name. So a client does not remove the name of a file that it uses itself, but gives
//! it a hidden one until the last use has ended (`nfs_sillyrename()`). It takes each reference to
//! the dentry for a use. The reference of an upper dentry is none, if nobody uses that.

use core::ptr::NonNull;

use bindings::ffi::c_uint;

use crate::compat::{aref::ARef, dentry::Dentry, inode::Kind, upper::StableDentry};

impl StableDentry<'_> {
    /// Gives up the reference to the lower dentry of a file that is about to be removed, if the
    /// lower filesystem may ask for it, and nobody uses this dentry but the VFS, which holds
    /// `references` to it.
    ///
    /// The dentry is unhashed then, whether the removal succeeds or not. Its lower dentry is a new
    /// one of the same file, without a name. Somebody may still find this dentry by its inode.
    ///
    /// # Safety
    ///
    /// The caller has no reference to the lower dentry of this one, which may end here.
    pub(in crate::compat) unsafe fn release_lower_name(&self, references: c_uint) {
        if !self.lower().counts_users() || self.is_mounted_on() {
            return;
        }
        let Some(inode) = self.upper_inode() else {
            return;
        };
        if inode.kind() == Kind::Directory {
            return;
        }
        // Without memory the file gets the hidden name.
        let Some(nameless) = Dentry::nameless(inode.lower()) else {
            return;
        };
        // SAFETY: `self` is a valid upper dentry, and positive: the VFS has locked its directory.
        // `nameless` is a dentry of the filesystem of the lower mount, and its reference goes to
        // `self` if the call returns another dentry.
        let old =
            unsafe { bindings::shim_replace_lower(self.as_ptr(), nameless.as_ptr(), references) };
        if let Some(old) = NonNull::new(old) {
            // INVARIANT: `d_fsdata` holds the reference to it until `release`.
            let _ = nameless.into_raw();
            // SAFETY: The reference was that of `self`. The call has made sure that no task but
            // this one uses `self`, so nobody else follows the pointer to `old`, except in RCU
            // read-side sections, which a dentry outlives. By the safety requirements this task
            // does not either.
            drop(unsafe { ARef::<Dentry>::from_raw(old.cast()) });
        }
    }
}
