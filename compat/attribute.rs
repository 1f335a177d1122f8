// SPDX-License-Identifier: GPL-2.0

//! Changes of a file's attributes: mode, owner, size, times.
//!
//! C header: `include/linux/fs.h`

use core::ptr::null_mut;

use bindings::{ffi::c_int, ffi::c_uint, iattr};

use super::{
    dentry::Dentry,
    error::{code, from_status, Result},
    file::File,
    inode::{Inode, Kind},
    mount::WriteAccess,
    upper::Upper,
};

/// What is to be changed, and to what (`struct iattr`).
pub(crate) struct AttributeChange(iattr);

impl AttributeChange {
    /// The change that the VFS asks for on an upper file, as it is to be asked of the lower one.
    ///
    /// # Safety
    ///
    /// `change` is valid, and what the VFS gave to `inode_operations.setattr` of an upper inode.
    pub(in crate::compat) unsafe fn for_lower(change: *const iattr, inode: &Upper<Inode>) -> Self {
        // SAFETY: By the contract of this function; the structure is plain data.
        let mut lower = unsafe { *change };
        // The VFS derives the mode from these once more below, and takes both at once for a bug.
        if lower.ia_valid & flag(bindings::ATTR_KILL_SUID | bindings::ATTR_KILL_SGID) != 0 {
            lower.ia_valid &= !flag(bindings::ATTR_MODE);
        }
        // The lower file is opened without O_TRUNC, so that nothing was truncated by that.
        lower.ia_valid &= !flag(bindings::ATTR_OPEN);
        if lower.ia_valid & flag(bindings::ATTR_FILE) != 0 {
            if inode.lower().kind() == Kind::Regular {
                // SAFETY: The VFS truncates by an open regular file, which is an upper one.
                lower.ia_file = unsafe { Upper::<File>::from_raw(lower.ia_file) }
                    .lower()
                    .as_ptr();
            } else {
                lower.ia_valid &= !flag(bindings::ATTR_FILE);
            }
        }
        Self(lower)
    }

    /// Whether the size changes.
    pub(crate) fn changes_size(&self) -> bool {
        self.0.ia_valid & flag(bindings::ATTR_SIZE) != 0
    }

    /// Makes the change, of what `dentry` names.
    ///
    /// A truncation also takes set-id bits and capabilities away, as `truncate(2)` itself would
    /// have: upper inodes are `S_NOSEC`, so that the VFS has left it to us.
    ///
    /// Locks the inode. Errors: what the lower filesystem says.
    pub(crate) fn apply(&mut self, write: &WriteAccess<'_>, dentry: &Dentry) -> Result {
        let inode = dentry.inode().ok_or(code::ENOENT)?;
        let idmap = write.mount().idmap();
        if self.changes_size() && inode.flags() & flag(bindings::S_NOSEC) == 0 {
            // SAFETY: Both are valid.
            let kill = unsafe { bindings::setattr_should_drop_suidgid(idmap, inode.as_ptr()) };
            if kill != 0 {
                self.0.ia_valid |= kill as c_uint | flag(bindings::ATTR_FORCE);
            }
            // The VFS finds out by itself whether there are capabilities to lose.
            self.0.ia_valid |= flag(bindings::ATTR_KILL_PRIV);
        }
        let _locked = inode.lock();
        // SAFETY: All are valid and the inode is locked; null asks not to wait for delegations.
        from_status(unsafe {
            bindings::notify_change(idmap, dentry.as_ptr(), &mut self.0, null_mut())
        })
    }
}

/// A constant of `ia_valid` or `i_flags`, with the type of those.
fn flag(bits: c_int) -> c_uint {
    bits as c_uint
}
