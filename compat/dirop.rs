// SPDX-License-Identifier: GPL-2.0

//! Changes of a directory: making, removing and renaming its entries, in both layers.
//!
//! Each change is one call, from write access to the lower mount that was got before. It locks the
//! lower directory, looks the *name* up in it, changes what is found, lets the upper dentries follow,
//! and unlocks. Two things follow from this:
//!
//! - A change from above is made to the file that has the name at that moment, whatever the VFS found
//!   when it looked the name up. No check that was made before the lock is relied upon: the lower VFS
//!   makes all of its own again.
//! - Whoever holds the lock of a lower directory finds both layers in sync ([`super::upper`]).
//!
//! `open(2)` is the exception: it goes on with the dentry that it has ([`Creating::create`]).
//!
//! C header: `include/linux/namei.h`

use core::ffi::CStr;

use bindings::{dentry, dev_t, ffi::c_int, ffi::c_uint, inode, qstr, umode_t};

use super::{
    dentry::Dentry,
    error::{code, from_negative, from_status, stale, Result},
    inode::Kind,
    mount::{Mount, WriteAccess},
    rcu,
    shims::{
        dirop::{self, Dirop, EndDirop, StartedChange},
        lookup_one::Answer as Lookup,
        vfs_create::{self, VfsCreate},
        vfs_mkdir::{self, VfsMkdir},
        vfs_mknod::{self, VfsMknod},
        vfs_rename::{self, VfsRename},
        vfs_rmdir::{self, VfsRmdir},
        vfs_symlink::{self, VfsSymlink},
    },
    upper::{Entry, Upper},
};

impl Entry<'_> {
    /// The inode of the directory below.
    fn lower_dir(&self) -> Result<*mut inode> {
        Ok(self.parent().lower().positive()?.as_ptr())
    }

    /// The name below, which is the name above.
    fn lower_name(&self) -> &qstr {
        self.name().as_raw()
    }

    /// Begins a change of the entry below.
    ///
    /// On success the caller ends it.
    fn begin(
        &self,
        write: &WriteAccess<'_>,
        start: unsafe fn(
            *mut bindings::mnt_idmap,
            *mut dentry,
            &qstr,
        ) -> core::result::Result<*mut dentry, c_int>,
    ) -> Result<StartedChange> {
        write.require(self.lower_mount())?;
        let (idmap, dir) = (write.mount().idmap(), self.lower_dir()?);
        let parent = self.parent().lower().as_ptr();
        // SAFETY: The upper parent counts the lower one, which is a positive dentry of a directory: the
        // VFS has looked the entry up in it. Only a rename of the entry changes its name. This task holds
        // no lock of the lower filesystem: every function of this module that locks a lower directory
        // unlocks it before it returns, and `follow`, which runs in between, comes back to none of them.
        let child = unsafe { start(idmap, parent, self.lower_name()) }.map_err(from_negative)?;
        // INVARIANT: `start` has returned `child`, and `dir` is the inode of `parent`.
        Ok(StartedChange { idmap, dir, child })
    }
}

/// Ends a change.
///
/// # Safety
///
/// `begun` has begun and has not ended.
unsafe fn end(begun: &StartedChange) {
    // SAFETY: The caller of this function says so.
    unsafe { <dirop::Answer as EndDirop>::end(begun.child) };
}

/// Lets an upper entry follow what was made below by the given lower dentry.
type Follow = fn(&Entry<'_>, *mut dentry) -> Result;

/// An entry that the VFS wants made.
pub(crate) struct Creating<'a> {
    entry: Entry<'a>,
    follow: Follow,
}

impl<'a> Creating<'a> {
    pub(in crate::compat) fn new(entry: Entry<'a>, follow: Follow) -> Self {
        Self { entry, follow }
    }

    /// The mount that the lower directory is reached by.
    pub(crate) fn lower_mount(&self) -> &'a Mount {
        self.entry.lower_mount()
    }

    /// Begins the change.
    ///
    /// Errors: `EEXIST` if the name has a file below by now.
    fn begin(&self, write: &WriteAccess<'_>) -> Result<StartedChange> {
        let begun = self
            .entry
            .begin(write, <dirop::Answer as Dirop<Lookup>>::start_creating)?;
        // SAFETY: The start has counted the child.
        if unsafe { bindings::d_is_negative(begun.child) } {
            return Ok(begun);
        }
        // SAFETY: StartedChange above.
        unsafe { end(&begun) };
        Err(code::EEXIST)
    }

    /// Changes the directory by `make`, and lets the upper layer follow.
    ///
    /// # Safety
    ///
    /// `make` makes the entry that it gets, in the directory that it gets, and returns zero or a
    /// negative errno.
    unsafe fn make(
        self,
        write: &WriteAccess<'_>,
        make: impl FnOnce(&StartedChange) -> c_int,
    ) -> Result {
        let begun = self.begin(write)?;
        let made = from_status(make(&begun)).and_then(|()| (self.follow)(&self.entry, begun.child));
        // SAFETY: StartedChange above.
        unsafe { end(&begun) };
        made
    }

    /// Makes a regular file, and the entry positive.
    ///
    /// `open(2)` goes on with the dentry that it has, so that the file has to be made by the one behind
    /// it.
    ///
    /// Errors: `ESTALE`, on which the VFS looks the name up again, once, if the name has a file by now,
    /// or another dentry; what the lower filesystem says.
    pub(crate) fn create(self, write: &WriteAccess<'_>, mode: umode_t) -> Result {
        write.require(self.entry.lower_mount())?;
        let (parent, lower) = (self.entry.parent().lower(), self.entry.lower());
        // INVARIANT: The start below is given `child`, and `dir` is the inode of `parent`.
        let begun = StartedChange {
            idmap: write.mount().idmap(),
            dir: self.entry.lower_dir()?,
            child: lower.as_ptr(),
        };
        // SAFETY: The upper dentries count the lower ones; the rest is as in `Entry::begin`.
        unsafe {
            <dirop::Answer as Dirop<Lookup>>::start_creating_at(parent.as_ptr(), begun.child)
        }
        .map_err(|_| stale())?;
        let made = if rcu::read(|| lower.has_name_of(&self.entry)) {
            // SAFETY: The change has begun, and the caller has write access to the mount.
            match unsafe { vfs_create::Answer::call(&begun, mode) } {
                // A file server has got the file from somebody else.
                errno if errno == code::EEXIST.to_errno() => Err(stale()),
                errno => from_status(errno),
            }
            .and_then(|()| (self.follow)(&self.entry, begun.child))
        } else {
            Err(stale())
        };
        // SAFETY: StartedChange above.
        unsafe { end(&begun) };
        made
    }

    /// Makes a directory.
    ///
    /// Errors: `EEXIST`, and what the lower filesystem says.
    pub(crate) fn mkdir(self, write: &WriteAccess<'_>, mode: umode_t) -> Result {
        let begun = self.begin(write)?;
        let mut followed = Ok(());
        // SAFETY: The change has begun, and the caller has write access to the mount. The call ends the
        // change.
        from_status(unsafe {
            <vfs_mkdir::Answer as VfsMkdir<dirop::Answer>>::call_and_end(&begun, mode, |made| {
                followed = (self.follow)(&self.entry, made)
            })
        })
        .and(followed)
    }

    /// Makes a device, a FIFO or a socket.
    ///
    /// Errors: as for [`Self::mkdir`]; `EINVAL` of the mode of anything else, which a filesystem would
    /// make as if it were one of these.
    pub(crate) fn mknod(self, write: &WriteAccess<'_>, mode: umode_t, device: dev_t) -> Result {
        let has_type = mode & bindings::S_IFMT as umode_t != 0;
        if !has_type || Kind::of(mode) != Kind::Special {
            return Err(code::EINVAL);
        }
        // SAFETY: The change has begun, and the caller has write access to the mount.
        unsafe { self.make(write, |begun| vfs_mknod::Answer::call(begun, mode, device)) }
    }

    /// Makes a symbolic link to `target`.
    ///
    /// Errors: as for [`Self::mkdir`].
    pub(crate) fn symlink(self, write: &WriteAccess<'_>, target: &CStr) -> Result {
        let target = target.as_ptr().cast();
        // SAFETY: The change has begun, and the caller has write access to the mount. `target` ends with
        // a NUL byte.
        unsafe { self.make(write, |begun| vfs_symlink::Answer::call(begun, target)) }
    }

    /// Makes one more name of the file that `old` names.
    ///
    /// Errors: as for [`Self::mkdir`]; `EXDEV` if `old` is of another superblock.
    pub(crate) fn link(self, write: &WriteAccess<'_>, old: &Upper<Dentry>) -> Result {
        write.require(old.lower_mount())?;
        old.lower().positive()?;
        let old = old.lower().as_ptr();
        // SAFETY: The change has begun, and the caller has write access to the mount; `old` is counted
        // by its upper dentry, positive, and of the same filesystem. Null asks not to wait for
        // delegations.
        unsafe {
            self.make(write, |begun| {
                bindings::vfs_link(
                    old,
                    begun.idmap,
                    begun.dir,
                    begun.child,
                    core::ptr::null_mut(),
                )
            })
        }
    }
}

/// An entry that the VFS wants removed.
pub(crate) struct Removing<'a>(Entry<'a>);

impl<'a> Removing<'a> {
    pub(in crate::compat) fn new(entry: Entry<'a>) -> Self {
        Self(entry)
    }

    /// The mount that the lower directory is reached by.
    pub(crate) fn lower_mount(&self) -> &'a Mount {
        self.0.lower_mount()
    }

    /// Changes the directory by `remove`, and lets the upper layer follow.
    ///
    /// # Safety
    ///
    /// `remove` removes the entry that it gets, of the directory that it gets, and returns zero or a
    /// negative errno.
    unsafe fn remove(
        self,
        write: &WriteAccess<'_>,
        remove: impl FnOnce(&StartedChange) -> c_int,
    ) -> Result {
        let begun = self
            .0
            .begin(write, <dirop::Answer as Dirop<Lookup>>::start_removing)?;
        let status = remove(&begun);
        if status == 0 {
            self.0.follow_removing(begun.child);
        }
        // SAFETY: StartedChange above.
        unsafe { end(&begun) };
        from_status(status)
    }

    /// Removes the name from what has it, unless that is a directory.
    ///
    /// Errors: `ENOENT`, and what the lower filesystem says.
    pub(crate) fn unlink(self, write: &WriteAccess<'_>) -> Result {
        // SAFETY: The change has begun, and the caller has write access to the mount. Null asks not to
        // wait for delegations.
        unsafe {
            self.remove(write, |begun| {
                bindings::vfs_unlink(begun.idmap, begun.dir, begun.child, core::ptr::null_mut())
            })
        }
    }

    /// Removes the empty directory that has the name.
    ///
    /// Errors: as for [`Self::unlink`].
    pub(crate) fn rmdir(self, write: &WriteAccess<'_>) -> Result {
        // SAFETY: The change has begun, and the caller has write access to the mount.
        unsafe { self.remove(write, |begun| vfs_rmdir::Answer::call(begun)) }
    }
}

/// An entry that the VFS wants to become another, in the same directory or not.
pub(crate) struct Renaming<'a> {
    old: Entry<'a>,
    new: Entry<'a>,
    flags: c_uint,
}

impl<'a> Renaming<'a> {
    pub(in crate::compat) fn new(old: Entry<'a>, new: Entry<'a>, flags: c_uint) -> Self {
        Self { old, new, flags }
    }

    /// The mount that both lower directories are reached by.
    pub(crate) fn lower_mount(&self) -> &'a Mount {
        self.old.lower_mount()
    }

    /// Renames what has the old name, replaces what has the new one, or exchanges the two.
    ///
    /// Errors: `ENOENT`, `ENOMEM`, and what the lower filesystem says.
    pub(crate) fn rename(self, write: &WriteAccess<'_>) -> Result {
        write.require(self.old.lower_mount())?;
        write.require(self.new.lower_mount())?;
        self.old.lower_dir()?;
        self.new.lower_dir()?;
        let exchanges = self.flags & bindings::RENAME_EXCHANGE as c_uint != 0;
        let spares = match exchanges {
            true => Some((self.old.placeholder()?, self.new.placeholder()?)),
            false => None,
        };
        // Copies: the upper dentries, which have the names, are moved within the call.
        let (old_name, new_name) = (*self.old.lower_name(), *self.new.lower_name());
        let what = vfs_rename::Renaming {
            idmap: write.mount().idmap(),
            old_parent: self.old.parent().lower().as_ptr(),
            old_name: &old_name,
            new_parent: self.new.parent().lower().as_ptr(),
            new_name: &new_name,
            flags: self.flags,
        };
        // SAFETY: The upper parents count the lower ones, which are positive dentries of directories,
        // of the one filesystem of the mount. What the names point to stays until the upper dentries are
        // moved, which is the last thing that the call does before it unlocks. No lock of that filesystem
        // is held, as in `Entry::begin`.
        from_status(unsafe {
            <vfs_rename::Answer as VfsRename<Lookup>>::call(&what, |old, new| {
                self.old
                    .follow_renaming(self.new, spares.as_ref(), old, new);
            })
        })
    }
}
