// SPDX-License-Identifier: GPL-2.0

//! Changes to the data of a file, which take its set-id bits.

use crate::compat::{
    dentry::Dentry,
    error::Result,
    file::File,
    inode::Inode,
    upper::{attributes::SET_ID, Upper},
};

/// Runs `change`. Returns its result, and whether the file has lost set-id bits meanwhile.
fn losing_set_id<R>(lower: &Inode, change: impl FnOnce() -> R) -> (R, bool) {
    let before = lower.mode();
    let result = change();
    (result, before & !lower.mode() & SET_ID != 0)
}

impl Upper<File> {
    /// Changes the data of the lower file by `change`.
    ///
    /// The lower filesystem removes set-id bits before such a change (`file_remove_privs()`), which
    /// those who watch the lower file are told. Upper inodes have `S_NOSEC`, so that the VFS does
    /// not do the same above. If the file has lost such bits, this copies the mode, and tells those
    /// who watch the upper file that attributes have changed (`IN_ATTRIB`).
    ///
    /// The caller does not hold `i_rwsem` of the upper inode.
    pub(crate) fn change_data<R>(&self, change: impl FnOnce() -> R) -> R {
        let (result, is_lost) = losing_set_id(self.inode().lower(), change);
        if is_lost {
            self.inode().refresh();
            // SAFETY: `self` is open, and keeps its dentry.
            unsafe {
                bindings::shim_notify_of_mode((*bindings::shim_f_path(self.as_ptr())).dentry)
            };
        }
        result
    }
}

impl Upper<Dentry> {
    /// Changes the attributes of the lower file `lower`, that of this dentry, by `change`, which
    /// the VFS does not take for a change of the mode, such as a truncation. Tells those who watch
    /// the upper file if it has lost set-id bits, as [`Upper<File>::change_data`] does.
    ///
    /// `is_asked` is whether the lower filesystem is known to take such bits. The client of a file
    /// server may learn of the new mode later.
    ///
    /// The caller copies the attributes.
    pub(in crate::compat) fn change_untold(
        &self,
        lower: &Inode,
        is_asked: bool,
        change: impl FnOnce() -> Result,
    ) -> Result {
        let (result, is_lost) = losing_set_id(lower, change);
        if is_lost || is_asked && result.is_ok() {
            // SAFETY: `self` is valid.
            unsafe { bindings::shim_notify_of_mode(self.as_ptr()) };
        }
        result
    }
}
