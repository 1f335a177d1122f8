// SPDX-License-Identifier: GPL-2.0

//! Changes to a file's attributes: mode, owner, size, times.
//!
//! C header: `include/linux/fs.h`

use bindings::{ffi::c_int, ffi::c_uint, iattr};

use super::{
    delegation,
    dentry::Dentry,
    error::{code, from_status, Result},
    file::File,
    idmap::LowerIdmap,
    inode::{Inode, Kind},
    mount::WriteAccess,
    upper::Upper,
};

/// A change of attributes that the VFS requests on an upper file, prepared for the lower file
/// (`struct iattr`).
pub(crate) struct AttributeChange<'a> {
    dentry: &'a Upper<Dentry>,
    idmap: LowerIdmap<'a>,
    change: iattr,
    /// Whether the VFS tells those who watch the upper file that its attributes have changed
    /// (`fsnotify_change()`).
    is_told: bool,
}

impl<'a> AttributeChange<'a> {
    /// Prepares the change of the file `dentry` for its lower file.
    ///
    /// # Safety
    ///
    /// `change` is valid for reads, and the VFS passed it to `inode_operations.setattr` with
    /// `dentry` and the idmap from which `idmap` was made.
    pub(in crate::compat) unsafe fn for_lower(
        dentry: &'a Upper<Dentry>,
        idmap: LowerIdmap<'a>,
        change: *const iattr,
    ) -> Self {
        // SAFETY: The safety requirements of this function ensure that `change` is valid for reads.
        // The structure is plain data, so it may be copied.
        let mut change = unsafe { *change };
        let told = bindings::ATTR_MODE | bindings::ATTR_UID | bindings::ATTR_GID;
        let is_told = change.ia_valid & flag(told) != 0;
        // `notify_change()` derives the mode from the KILL flags, and calls BUG() if it gets both.
        if change.ia_valid & flag(bindings::ATTR_KILL_SUID | bindings::ATTR_KILL_SGID) != 0 {
            change.ia_valid &= !flag(bindings::ATTR_MODE);
        }
        // `ATTR_OPEN` says that open(O_TRUNC) truncates the file. The lower file is opened without
        // O_TRUNC.
        change.ia_valid &= !flag(bindings::ATTR_OPEN);
        if change.ia_valid & flag(bindings::ATTR_FILE) != 0 {
            if dentry
                .upper_inode()
                .is_some_and(|inode| inode.kind() == Kind::Regular)
            {
                // SAFETY: With `ATTR_FILE`, `ia_file` is an open file of the dentry's inode. Open
                // regular files of an upper inode are upper files.
                let file = unsafe { Upper::<File>::from_raw(change.ia_file) };
                change.ia_file = file.lower().as_ptr();
            } else {
                change.ia_valid &= !flag(bindings::ATTR_FILE);
            }
        }
        Self {
            dentry,
            idmap,
            change,
            is_told,
        }
    }

    /// The file to be changed.
    pub(crate) fn dentry(&self) -> &'a Upper<Dentry> {
        self.dentry
    }

    /// Changes the lower file.
    ///
    /// Locks the lower inode. Leases and delegations on the file have to be given back first
    /// ([`super::delegation`]). Errors:
    /// `ETXTBSY` if the file is truncated while it is executed; `EPERM` if it is truncated and
    /// append-only; those of the lower filesystem.
    pub(crate) fn apply(mut self, write: &WriteAccess<'_>) -> Result {
        write.require(self.dentry.lower_mount())?;
        let lower = self.dentry.lower();
        let inode = lower.inode().ok_or(code::ENOENT)?;
        // The ids in the change are those that the caller sees.
        let idmap = self.idmap.as_ptr();
        let _writer = if self.has_any(bindings::ATTR_SIZE) {
            // `notify_change()` leaves this check to its callers. The VFS checked the upper inode,
            // which may not be up to date.
            if inode.is_append_only() {
                return Err(code::EPERM);
            }
            self.kill_privileges_on_truncate(inode, idmap);
            let writer = WriterGuard::new(inode)?;
            // For an open file, opening it has done that. The file may have a lease itself.
            if !self.has_any(bindings::ATTR_FILE) {
                delegation::break_leases(inode)?;
            }
            Some(writer)
        } else {
            self.kill_privileges_on_chown(inode, idmap);
            None
        };
        let change = || {
            delegation::retry(|place| {
                // The call writes to its argument.
                let mut change = self.change;
                let _locked = inode.lock();
                // SAFETY: `lower` is a positive dentry, and the guard above holds the `i_rwsem` of
                // its inode. By its type invariant `idmap` is valid. `change` is the VFS's own
                // change, with lower objects in the place of upper ones.
                from_status(unsafe {
                    bindings::notify_change(idmap, lower.as_ptr(), &mut change, place)
                })
            })
        };
        if self.has_any(bindings::ATTR_SIZE) || !self.is_told {
            self.dentry
                .change_untold(inode, self.takes_set_id(inode), change)
        } else {
            change()
        }
    }

    /// Whether the change has any of these `ATTR_*` bits.
    fn has_any(&self, bits: c_int) -> bool {
        self.change.ia_valid & flag(bits) != 0
    }

    /// Whether `notify_change()` takes set-id bits of the lower inode, which has some.
    fn takes_set_id(&self, inode: &Inode) -> bool {
        let takes = |kill, bit| self.has_any(kill) && u32::from(inode.mode()) & bit as u32 != 0;
        takes(bindings::ATTR_KILL_SUID, bindings::S_ISUID)
            || takes(bindings::ATTR_KILL_SGID, bindings::S_ISGID)
    }

    /// Makes a truncation remove set-id bits and file capabilities, as truncate(2) on the lower
    /// file would. The VFS has not asked for that: upper inodes have `S_NOSEC`, which says that
    /// there are none.
    fn kill_privileges_on_truncate(&mut self, inode: &Inode, idmap: *mut bindings::mnt_idmap) {
        if inode.flags() & flag(bindings::S_NOSEC) != 0 {
            return;
        }
        // SAFETY: `inode` comes from a reference, and `apply` has got `idmap` from a `LowerIdmap`.
        let kill = unsafe { bindings::setattr_should_drop_suidgid(idmap, inode.as_ptr()) };
        if kill != 0 {
            self.change.ia_valid |= flag(kill as c_int) | flag(bindings::ATTR_FORCE);
        }
        // `notify_change()` checks whether the file has capabilities.
        self.change.ia_valid |= flag(bindings::ATTR_KILL_PRIV);
    }

    /// Makes chown(2) remove the set-group-id bit and file capabilities, also if it changes neither
    /// id. The VFS decided this by the upper inode, which may not be up to date. If the lower mount
    /// is nosuid, the upper inode shows neither, but both have effect through other mounts of the
    /// lower filesystem.
    fn kill_privileges_on_chown(&mut self, inode: &Inode, idmap: *mut bindings::mnt_idmap) {
        // `chown_common()` sets the flag for all files but directories. A write to an overlayfs over
        // this filesystem can set it too, and takes the same bits (`file_remove_privs()`).
        if self.has_any(bindings::ATTR_KILL_SUID) && inode.kind() != Kind::Directory {
            // SAFETY: `inode` comes from a reference, and `apply` has got `idmap` from a
            // `LowerIdmap`.
            let kill = unsafe { bindings::setattr_should_drop_sgid(idmap, inode.as_ptr()) };
            self.change.ia_valid |= flag(kill as c_int) | flag(bindings::ATTR_KILL_PRIV);
        }
    }
}

/// Keeps a file from being executed while it is truncated.
///
/// # Invariants
///
/// This value owns one successful `get_write_access()` of the inode.
struct WriterGuard<'a>(&'a Inode);

impl<'a> WriterGuard<'a> {
    /// Errors: `ETXTBSY` if the file is being executed.
    fn new(inode: &'a Inode) -> Result<Self> {
        // SAFETY: `inode` comes from a reference.
        from_status(unsafe { bindings::get_write_access(inode.as_ptr()) })?;
        // INVARIANT: The call above succeeded.
        Ok(Self(inode))
    }
}

impl Drop for WriterGuard<'_> {
    fn drop(&mut self) {
        // SAFETY: The type invariants ensure that `self` owns the access that this call drops.
        unsafe { bindings::put_write_access(self.0.as_ptr()) };
    }
}

/// Converts a constant to the type of `ia_valid` and `i_flags`.
fn flag(bits: c_int) -> c_uint {
    bits as c_uint
}
