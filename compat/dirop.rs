// SPDX-License-Identifier: GPL-2.0

//! Changes of a lower directory: making, removing and renaming its entries.
//!
//! Each takes a [`WriteAccess`] to the mount first and locks second. An entry may by then no longer be
//! what it was when the VFS looked it up, at the beginning of the same system call, because the lower
//! tree was changed meanwhile. What that change has made true for a moment at least is the answer, or
//! `ESTALE`, upon which the VFS looks the path up again, once.

use core::ffi::CStr;

use bindings::{dev_t, ffi::c_uint, umode_t};

use super::{
    dentry::Dentry,
    error::{code, from_status, stale, Error, Result},
    mount::WriteAccess,
    shims::{
        dirop::{self, Dirop},
        vfs_create::{self, VfsCreate},
        vfs_mkdir::{self, VfsMkdir},
        vfs_mknod::{self, VfsMknod},
        vfs_rename::{self, VfsRename},
        vfs_rmdir::{self, VfsRmdir},
        vfs_symlink::{self, VfsSymlink},
    },
};

/// An entry, positive or negative, and the directory that it was found in, both of them lower ones.
///
/// # Invariants
///
/// Both are counted by somebody, and the parent is a positive dentry of a directory.
#[derive(Clone, Copy)]
pub(crate) struct LowerEntry<'a> {
    parent: &'a Dentry,
    child: &'a Dentry,
}

impl<'a> LowerEntry<'a> {
    /// # Safety
    ///
    /// The type invariant holds for `'a`.
    pub(in crate::compat) unsafe fn new(parent: &'a Dentry, child: &'a Dentry) -> Self {
        // INVARIANT: By the contract of this function.
        Self { parent, child }
    }

    /// The inode of the directory.
    fn dir(&self) -> *mut bindings::inode {
        // SAFETY: By the type invariant; a counted positive dentry stays so.
        unsafe { (*self.parent.as_ptr()).d_inode }
    }

    /// Whether the directory has been removed.
    fn is_orphan(&self) -> bool {
        // SAFETY: The inode is valid, as above.
        unsafe { (*self.dir()).i_flags & bindings::S_DEAD as c_uint != 0 }
    }

    /// Whether the entry is, now, in the directory.
    fn is_in_place(&self) -> bool {
        // SAFETY: Both are counted; the parent pointer is only compared.
        unsafe {
            core::ptr::addr_of!((*self.child.as_ptr()).d_parent).read_volatile()
                == self.parent.as_ptr()
                && bindings::d_unhashed(self.child.as_ptr()) == 0
        }
    }
}

/// A negative entry that is about to get an inode.
///
/// # Invariants
///
/// `Dirop::start_creating` has succeeded for the entry, and has not been ended.
pub(crate) struct Creating<'a> {
    write: &'a WriteAccess<'a>,
    entry: LowerEntry<'a>,
}

impl<'a> Creating<'a> {
    /// Locks the directory.
    ///
    /// Errors: `ENOENT` if the directory has been removed; `taken` if the name has got a file since it
    /// was found without one, even if that is gone again.
    pub(crate) fn start(
        write: &'a WriteAccess<'a>,
        entry: LowerEntry<'a>,
        taken: Error,
    ) -> Result<Self> {
        // SAFETY: Both are counted by the upper dentries that they are behind, and of one
        // filesystem, of which no lock is held: no other change is going on in this task.
        unsafe { dirop::Answer::start_creating(entry.parent.as_ptr(), entry.child.as_ptr()) }
            .map_err(|_| {
                if entry.is_orphan() {
                    code::ENOENT
                } else {
                    taken
                }
            })?;
        // INVARIANT: Started above.
        Ok(Self { write, entry })
    }

    /// Makes a regular file.
    pub(crate) fn create(self, mode: umode_t) -> Result {
        // SAFETY: By the type invariant, and `write` is access to the mount.
        from_status(unsafe {
            vfs_create::Answer::call(
                self.write.mount().idmap(),
                self.entry.dir(),
                self.entry.child.as_ptr(),
                mode,
            )
        })
    }

    /// Makes a directory.
    pub(crate) fn mkdir(self, mode: umode_t) -> Result {
        // SAFETY: By the type invariant, and `write` is access to the mount. The upper dentry has a
        // count of its own on the child.
        let status = unsafe {
            <vfs_mkdir::Answer as VfsMkdir<dirop::Answer>>::call_and_end(
                self.write.mount().idmap(),
                self.entry.dir(),
                self.entry.child.as_ptr(),
                mode,
            )
        };
        // The call has ended what was started.
        core::mem::forget(self);
        from_status(status)
    }

    /// Makes a device, a FIFO or a socket.
    pub(crate) fn mknod(self, mode: umode_t, device: dev_t) -> Result {
        // SAFETY: By the type invariant, and `write` is access to the mount.
        from_status(unsafe {
            vfs_mknod::Answer::call(
                self.write.mount().idmap(),
                self.entry.dir(),
                self.entry.child.as_ptr(),
                mode,
                device,
            )
        })
    }

    /// Makes a symbolic link to `target`.
    pub(crate) fn symlink(self, target: &CStr) -> Result {
        // SAFETY: By the type invariant, and `write` is access to the mount.
        from_status(unsafe {
            vfs_symlink::Answer::call(
                self.write.mount().idmap(),
                self.entry.dir(),
                self.entry.child.as_ptr(),
                target.as_ptr().cast(),
            )
        })
    }

    /// Makes one more name of the file `old`.
    pub(crate) fn link(self, old: &Dentry) -> Result {
        // SAFETY: By the type invariant, and `write` is access to the mount; `old` is counted, and
        // null asks not to wait for delegations.
        from_status(unsafe {
            bindings::vfs_link(
                old.as_ptr(),
                self.write.mount().idmap(),
                self.entry.dir(),
                self.entry.child.as_ptr(),
                core::ptr::null_mut(),
            )
        })
    }
}

impl Drop for Creating<'_> {
    fn drop(&mut self) {
        // SAFETY: By the type invariant.
        unsafe { dirop::Answer::end(self.entry.child.as_ptr()) };
    }
}

/// A positive entry that is about to lose its inode.
///
/// # Invariants
///
/// `Dirop::start_removing` has succeeded for the entry, and has not been ended.
pub(crate) struct Removing<'a> {
    write: &'a WriteAccess<'a>,
    entry: LowerEntry<'a>,
}

impl<'a> Removing<'a> {
    /// Locks the directory.
    ///
    /// Errors: `ENOENT` if the entry has left the directory since it was found there, even if there is
    /// another by now.
    pub(crate) fn start(write: &'a WriteAccess<'a>, entry: LowerEntry<'a>) -> Result<Self> {
        // SAFETY: As for `Creating::start`.
        unsafe { dirop::Answer::start_removing(entry.parent.as_ptr(), entry.child.as_ptr()) }
            .map_err(|_| code::ENOENT)?;
        // INVARIANT: Started above.
        Ok(Self { write, entry })
    }

    /// Removes a name of anything but a directory.
    pub(crate) fn unlink(self) -> Result {
        // SAFETY: By the type invariant, and `write` is access to the mount; null asks not to wait
        // for delegations.
        from_status(unsafe {
            bindings::vfs_unlink(
                self.write.mount().idmap(),
                self.entry.dir(),
                self.entry.child.as_ptr(),
                core::ptr::null_mut(),
            )
        })
    }

    /// Removes an empty directory.
    pub(crate) fn rmdir(self) -> Result {
        // SAFETY: By the type invariant, and `write` is access to the mount.
        from_status(unsafe {
            vfs_rmdir::Answer::call(
                self.write.mount().idmap(),
                self.entry.dir(),
                self.entry.child.as_ptr(),
            )
        })
    }
}

impl Drop for Removing<'_> {
    fn drop(&mut self) {
        // SAFETY: By the type invariant.
        unsafe { dirop::Answer::end(self.entry.child.as_ptr()) };
    }
}

/// Makes the entry `old` the entry `new` (`RENAME_*`), locking both directories.
///
/// Errors: `ENOENT` if `old` has left its directory since it was found there, `ESTALE` if `new` has;
/// otherwise what the lower filesystem says.
pub(crate) fn rename(
    write: &WriteAccess<'_>,
    old: LowerEntry<'_>,
    new: LowerEntry<'_>,
    flags: c_uint,
) -> Result {
    let what = vfs_rename::Renaming {
        idmap: write.mount().idmap(),
        old_parent: old.parent.as_ptr(),
        old: old.child.as_ptr(),
        new_parent: new.parent.as_ptr(),
        new: new.child.as_ptr(),
        flags,
    };
    // SAFETY: All are counted by the upper dentries that they are behind, and of one filesystem, of
    // which no lock is held.
    match unsafe { vfs_rename::Answer::call(&what) } {
        errno if errno == -bindings::EINVAL && !old.is_in_place() => Err(code::ENOENT),
        errno if errno == -bindings::EINVAL && !new.is_in_place() => Err(stale()),
        errno => from_status(errno),
    }
}
