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

/// What is to be changed of which file, and to what (`struct iattr`).
pub(crate) struct AttributeChange<'a> {
    dentry: &'a Upper<Dentry>,
    change: iattr,
}

impl<'a> AttributeChange<'a> {
    /// The change that the VFS asks for on an upper file, as it is to be asked of the lower one.
    ///
    /// # Safety
    ///
    /// `change` is valid, and what the VFS gave to `inode_operations.setattr` with `dentry`.
    pub(in crate::compat) unsafe fn for_lower(
        dentry: &'a Upper<Dentry>,
        change: *const iattr,
    ) -> Self {
        // SAFETY: By the contract of this function; the structure is plain data.
        let mut change = unsafe { *change };
        // The VFS derives the mode from these once more below, and takes both at once for a bug.
        if change.ia_valid & flag(bindings::ATTR_KILL_SUID | bindings::ATTR_KILL_SGID) != 0 {
            change.ia_valid &= !flag(bindings::ATTR_MODE);
        }
        // The lower file is opened without O_TRUNC, so that nothing was truncated by that.
        change.ia_valid &= !flag(bindings::ATTR_OPEN);
        if change.ia_valid & flag(bindings::ATTR_FILE) != 0 {
            if dentry
                .upper_inode()
                .is_some_and(|inode| inode.kind() == Kind::Regular)
            {
                // SAFETY: The VFS truncates by an open regular file, which is an upper one.
                let file = unsafe { Upper::<File>::from_raw(change.ia_file) };
                change.ia_file = file.lower().as_ptr();
            } else {
                change.ia_valid &= !flag(bindings::ATTR_FILE);
            }
        }
        Self { dentry, change }
    }

    /// The file that is to be changed.
    pub(crate) fn dentry(&self) -> &'a Upper<Dentry> {
        self.dentry
    }

    /// Makes the change, of the lower file.
    ///
    /// Locks the inode. Errors: `ETXTBSY` if the file is to be truncated and is being executed, `EPERM`
    /// if it is to be truncated and is append-only; otherwise what the lower filesystem says. May wait for a lease on the file to be given back.
    pub(crate) fn apply(mut self, write: &WriteAccess<'_>) -> Result {
        write.require(self.dentry.lower_mount())?;
        let lower = self.dentry.lower();
        let inode = lower.inode().ok_or(code::ENOENT)?;
        let idmap = write.mount().idmap();
        let _writer = if self.asks_for(bindings::ATTR_SIZE) {
            // The VFS has asked the upper inode, which may not have known yet that the file is
            // append-only, and notify_change() leaves this check to its callers.
            if inode.is_append_only() {
                return Err(code::EPERM);
            }
            self.lose_privileges_by_writing(inode, idmap);
            Some(Writer::new(inode)?)
        } else {
            self.lose_privileges_by_moving(inode, idmap);
            None
        };
        let _locked = inode.lock();
        // SAFETY: All are valid and the inode is locked; null asks not to wait for delegations.
        from_status(unsafe {
            bindings::notify_change(idmap, lower.as_ptr(), &mut self.change, null_mut())
        })
    }

    fn asks_for(&self, bits: c_int) -> bool {
        self.change.ia_valid & flag(bits) != 0
    }

    /// Truncation takes set-id bits and capabilities away, as `truncate(2)` on the lower file would
    /// have: upper inodes are `S_NOSEC`, so that the VFS has left it to us.
    fn lose_privileges_by_writing(&mut self, inode: &Inode, idmap: *mut bindings::mnt_idmap) {
        if inode.flags() & flag(bindings::S_NOSEC) != 0 {
            return;
        }
        // SAFETY: Both are valid.
        let kill = unsafe { bindings::setattr_should_drop_suidgid(idmap, inode.as_ptr()) };
        if kill != 0 {
            self.change.ia_valid |= flag(kill as c_int) | flag(bindings::ATTR_FORCE);
        }
        // The VFS finds out by itself whether there are capabilities to lose.
        self.change.ia_valid |= flag(bindings::ATTR_KILL_PRIV);
    }

    /// So does a change of the owner. The VFS has asked the upper inode what there is to lose. Where
    /// set-id bits and capabilities have no effect on the lower mount, the upper inode shows none, but
    /// other mounts of the lower filesystem give them effect.
    fn lose_privileges_by_moving(&mut self, inode: &Inode, idmap: *mut bindings::mnt_idmap) {
        if self.asks_for(bindings::ATTR_UID | bindings::ATTR_GID)
            && self.asks_for(bindings::ATTR_KILL_SUID)
            && inode.kind() != Kind::Directory
        {
            // SAFETY: Both are valid.
            let kill = unsafe { bindings::setattr_should_drop_sgid(idmap, inode.as_ptr()) };
            self.change.ia_valid |= flag(kill as c_int) | flag(bindings::ATTR_KILL_PRIV);
        }
    }
}

/// A writer of a lower file, as long as the value lives.
///
/// # Invariants
///
/// `get_write_access()` has succeeded for the inode and has not been given back.
struct Writer<'a>(&'a Inode);

impl<'a> Writer<'a> {
    fn new(inode: &'a Inode) -> Result<Self> {
        // SAFETY: `inode` is valid.
        from_status(unsafe { bindings::get_write_access(inode.as_ptr()) })?;
        // INVARIANT: Taken above.
        let writer = Self(inode);
        // SAFETY: `inode` is valid, and no lock is held.
        from_status(unsafe {
            bindings::break_lease(inode.as_ptr(), bindings::O_WRONLY as c_uint)
        })?;
        Ok(writer)
    }
}

impl Drop for Writer<'_> {
    fn drop(&mut self) {
        // SAFETY: By the type invariant.
        unsafe { bindings::put_write_access(self.0.as_ptr()) };
    }
}

/// A constant of `ia_valid` or `i_flags`, with the type of those.
fn flag(bits: c_int) -> c_uint {
    bits as c_uint
}
