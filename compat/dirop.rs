// SPDX-License-Identifier: GPL-2.0

//! Directory operations: creating, removing and renaming entries, in both layers.
//!
//! Each operation is one call, made with write access to the lower mount. It locks the lower
//! directory, looks the *name* up in it, changes the entry that it finds, updates the upper
//! dentries, and unlocks. This has two consequences:
//!
//! - An operation from above affects the file that has the name at that moment, whatever the VFS
//!   found when it looked the name up. It relies on no check that was made before the lower
//!   directory was locked: the VFS makes all of its checks again for the lower directory.
//! - No operation from above is in progress in a lower directory whose `i_rwsem` another task holds
//!   ([`super::upper`]).
//!
//! `open(2)`, and mknod(2) of a regular file, are the exception: they continue with the dentry that
//! they have ([`CreateRequest::create`]).
//!
//! C header: `include/linux/namei.h`

use core::{ffi::CStr, marker::PhantomData, mem};

use bindings::{dentry, dev_t, ffi::c_int, ffi::c_uint, inode, qstr, umode_t};

use super::{
    delegation::{self, Place},
    dentry::Dentry,
    error::{code, from_negative, from_status, stale, Result},
    idmap::LowerIdmap,
    inode::Kind,
    mount::{Mount, WriteAccess},
    rcu,
    shims::{
        dirop::{self, Dirop, EndDirop, StartedChange},
        lookup_one::Answer as Lookup,
        renamedata::Answer as RenameData,
        vfs_create::{self, VfsCreate},
        vfs_mkdir::{self, VfsMkdir},
        vfs_mknod::{self, VfsMknod},
        vfs_rename::{self, VfsRename},
        vfs_rmdir::{self, VfsRmdir},
        vfs_symlink::{self, VfsSymlink},
    },
    upper::{StableDentry, Upper},
};

/// The form in which this kernel reports a delegated inode.
type Delegation = super::shims::delegation::Answer;

/// The form of `vfs_mkdir()` on this kernel.
type Mkdir = vfs_mkdir::Answer;

impl StableDentry<'_> {
    /// The lower directory of this dentry's parent, with its inode.
    ///
    /// Errors: `EXDEV` if `write` is for another mount. (`ENOENT` if the lower directory has no
    /// inode, which does not happen: the upper parent holds a reference to it, so it stays positive
    /// even after its removal.)
    fn lower_parent(&self, write: &WriteAccess<'_>) -> Result<(*mut dentry, *mut inode)> {
        write.require(self.lower_mount())?;
        let parent = self.parent().lower();
        Ok((parent.as_ptr(), parent.positive()?.as_ptr()))
    }

    /// The name of the entry, which is the same in both layers.
    fn lower_name(&self) -> &qstr {
        self.name().as_raw()
    }
}

/// A started change to an entry of a lower directory. Dropping the value ends the change: it
/// unlocks the directory and drops the reference to the child.
///
/// # Invariants
///
/// Nobody has ended `change`: the `i_rwsem` of its directory, exclusively, and a reference to its
/// child are held. For `'a` its idmap is valid, and there is write access to the mount through
/// which the directory is reached.
struct StartedDirop<'a> {
    change: StartedChange,
    _write: PhantomData<&'a WriteAccess<'a>>,
}

impl<'a> StartedDirop<'a> {
    /// # Safety
    ///
    /// A start of [`Dirop`] has returned `child`, or has received it, for the directory with the
    /// inode `dir`, and nobody has ended the change. `_write` is for a mount through which the
    /// caller has reached that directory.
    unsafe fn new(
        child: *mut dentry,
        dir: *mut inode,
        idmap: LowerIdmap<'a>,
        _write: &'a WriteAccess<'_>,
    ) -> Self {
        // INVARIANT: The safety requirements of this function, and the invariant of `LowerIdmap`,
        // are the invariants of both types.
        Self {
            change: StartedChange {
                idmap: idmap.as_ptr(),
                dir,
                child,
            },
            _write: PhantomData,
        }
    }

    /// The lower dentry.
    fn child(&self) -> *mut dentry {
        self.change.child
    }

    fn is_negative(&self) -> bool {
        // SAFETY: By the type invariant there is a reference to `child`.
        unsafe { bindings::d_is_negative(self.child()) }
    }
}

impl Drop for StartedDirop<'_> {
    fn drop(&mut self) {
        // SAFETY: By the type invariant the change was started, and has not been ended.
        unsafe { <dirop::Answer as EndDirop>::end(self.child()) };
    }
}

/// A started change that creates a lower entry.
///
/// # Invariants
///
/// `start_creating` or `start_creating_at` of [`Dirop`] has started it, and its child is negative.
struct StartedCreate<'a>(StartedDirop<'a>);

impl<'a> StartedCreate<'a> {
    /// Locks the lower directory, and looks the name up in it.
    ///
    /// Errors: `EEXIST` if the name exists there; those of [`StableDentry::lower_parent`] and
    /// [`Dirop::start_creating`].
    fn new(
        entry: &StableDentry<'_>,
        idmap: LowerIdmap<'a>,
        write: &'a WriteAccess<'_>,
    ) -> Result<Self> {
        let (parent, dir) = entry.lower_parent(write)?;
        // SAFETY: By its type invariant the idmap is valid. The upper parent holds a reference to
        // the lower one, a positive dentry of a directory: the VFS looks names up in it. `entry`
        // keeps its name. `write` is for the lower mount. This task holds no `i_rwsem` and
        // no `s_vfs_rename_mutex` of the lower filesystem: a function of compat that takes one
        // calls no driver before it has released it.
        let child = unsafe {
            <dirop::Answer as Dirop<Lookup>>::start_creating(
                idmap.as_ptr(),
                parent,
                entry.lower_name(),
            )
        }
        .map_err(from_negative)?;
        // SAFETY: Started above. `lower_parent` has checked that `write` is for the lower mount.
        let started = unsafe { StartedDirop::new(child, dir, idmap, write) };
        if !started.is_negative() {
            return Err(code::EEXIST);
        }
        // INVARIANT: `start_creating` has started it, and the child has just been found negative.
        // The guarantee of `Dirop` keeps it so.
        Ok(Self(started))
    }

    /// Locks the lower directory, to give the lower dentry of `entry` an inode.
    ///
    /// Errors: `ESTALE` if the lower dentry is positive, or no longer a hashed entry of the
    /// directory, or if the directory has been removed; those of [`StableDentry::lower_parent`].
    fn at(
        entry: &StableDentry<'_>,
        idmap: LowerIdmap<'a>,
        write: &'a WriteAccess<'_>,
    ) -> Result<Self> {
        let (parent, dir) = entry.lower_parent(write)?;
        let child = entry.lower().as_ptr();
        // SAFETY: The upper dentries hold references to `child` and to `parent`, a positive dentry
        // of a directory. `write` is for the lower mount. As in `new`, this task holds no `i_rwsem`
        // and no `s_vfs_rename_mutex` of the lower filesystem.
        unsafe { <dirop::Answer as Dirop<Lookup>>::start_creating_at(parent, child) }
            .map_err(|_| stale())?;
        // INVARIANT: `start_creating_at` has started it, and succeeds only for a negative child.
        // SAFETY: Started above. `lower_parent` has checked that `write` is for the lower mount.
        Ok(Self(unsafe { StartedDirop::new(child, dir, idmap, write) }))
    }

    /// Hands the duty to end the change to the caller. The result is not dropped with `self`.
    fn into_change(self) -> StartedChange {
        let StartedChange { idmap, dir, child } = self.0.change;
        mem::forget(self);
        StartedChange { idmap, dir, child }
    }
}

/// A started change that removes a lower entry.
///
/// # Invariants
///
/// `start_removing` of [`Dirop`] has started it.
struct StartedRemove<'a>(StartedDirop<'a>);

impl<'a> StartedRemove<'a> {
    /// Locks the lower directory, and looks the name up in it.
    ///
    /// Errors: `ENOENT` if the name does not exist there; those of [`StableDentry::lower_parent`]
    /// and [`Dirop::start_removing`].
    fn new(
        entry: &StableDentry<'_>,
        idmap: LowerIdmap<'a>,
        write: &'a WriteAccess<'_>,
    ) -> Result<Self> {
        let (parent, dir) = entry.lower_parent(write)?;
        // SAFETY: The safety requirements are those of `start_creating`, and hold as in
        // `StartedCreate::new`.
        let child = unsafe {
            <dirop::Answer as Dirop<Lookup>>::start_removing(
                idmap.as_ptr(),
                parent,
                entry.lower_name(),
            )
        }
        .map_err(from_negative)?;
        // INVARIANT: `start_removing` has started it.
        // SAFETY: Started above. `lower_parent` has checked that `write` is for the lower mount.
        Ok(Self(unsafe { StartedDirop::new(child, dir, idmap, write) }))
    }
}

/// [`StableDentry::update_after_create`] for the tables of one filesystem, with its safety
/// requirements. It is a function pointer, because only [`super::ops`] knows the type that has the
/// tables.
type UpdateAfterCreate = unsafe fn(&StableDentry<'_>, *mut dentry) -> Result;

/// A request of the VFS to create an entry.
///
/// # Invariants
///
/// `entry` is negative, and the `i_rwsem` of its directory is held exclusively for `'a`. `update`
/// has the safety requirements of [`StableDentry::update_after_create`].
pub(crate) struct CreateRequest<'a> {
    entry: StableDentry<'a>,
    idmap: LowerIdmap<'a>,
    update: UpdateAfterCreate,
}

impl<'a> CreateRequest<'a> {
    /// # Safety
    ///
    /// `entry` is negative, and the `i_rwsem` of its directory is held exclusively for `'a`.
    /// `update` has no safety requirements but those of [`StableDentry::update_after_create`].
    pub(in crate::compat) unsafe fn new(
        entry: StableDentry<'a>,
        idmap: LowerIdmap<'a>,
        update: UpdateAfterCreate,
    ) -> Self {
        // INVARIANT: The safety requirements of this function include the type invariants.
        Self {
            entry,
            idmap,
            update,
        }
    }

    /// The lower mount.
    pub(crate) fn lower_mount(&self) -> &'a Mount {
        self.entry.lower_mount()
    }

    /// Starts the change, runs `create`, which returns zero or a negative errno, and updates the
    /// upper dentry. The change ends on return. Repeats this while a delegation has to be given
    /// back.
    fn run(
        self,
        write: &WriteAccess<'_>,
        create: impl Fn(&StartedCreate<'_>, &mut Place) -> c_int,
    ) -> Result {
        delegation::retry(|place| {
            let started = StartedCreate::new(&self.entry, self.idmap, write)?;
            from_status(create(&started, place))?;
            // Without memory for an inode the upper dentry is unhashed. The entry exists all the same,
            // and the next lookup finds it.
            // SAFETY: By the type invariant `entry` is negative, and its directory is locked.
            let _ = unsafe { (self.update)(&self.entry, started.0.child()) };
            Ok(())
        })
    }

    /// Starts the change at the lower dentry of the entry, runs `create`, which returns zero or a
    /// negative errno, and makes the entry positive. The change ends on return. Repeats this while a
    /// delegation has to be given back.
    ///
    /// The caller of the operation continues with the dentry that it has: `open(2)` opens it, and
    /// `bind(2)` takes its inode. So the new file has to get the lower dentry of this dentry.
    ///
    /// Errors: `ESTALE`, on which the VFS repeats the whole path walk once, with `LOOKUP_REVAL`, if
    /// the name has a file or another dentry now, or if the lower filesystem leaves its own dentry
    /// to the next lookup; `ENOMEM` if there is no memory for an upper inode. The file exists below
    /// after the last two. Those of the lower filesystem.
    fn run_at_own(
        &self,
        write: &WriteAccess<'_>,
        create: impl Fn(&StartedCreate<'_>, &mut Place) -> c_int,
    ) -> Result {
        let entry = self.entry;
        delegation::retry(|place| {
            let started = StartedCreate::at(&entry, self.idmap, write)?;
            // `start_creating_at` does not check the name.
            if !rcu::read(|| entry.lower().has_name_of(&entry)) {
                return Err(stale());
            }
            from_status(create(&started, place))?;
            // SAFETY: By the type invariant `entry` is negative, and its directory is locked.
            unsafe { (self.update)(&entry, started.0.child()) }?;
            match entry.upper_inode() {
                Some(_) => Ok(()),
                None => Err(stale()),
            }
        })
    }

    /// Creates a regular file, and makes the entry positive.
    ///
    /// Errors: as for [`Self::run_at_own`].
    pub(crate) fn create(self, write: &WriteAccess<'_>, mode: umode_t) -> Result {
        self.run_at_own(write, |StartedCreate(dirop), place| {
            // SAFETY: By the type invariant of `StartedCreate` the change was started for creation.
            // By that of `StartedDirop` it has not been ended, and there is write access to the
            // mount.
            let status = unsafe {
                <vfs_create::Answer as VfsCreate<Delegation>>::call(&dirop.change, mode, place)
            };
            // A file server may report a file that another client has created.
            match status == code::EEXIST.to_errno() {
                true => stale().to_errno(),
                false => status,
            }
        })
    }

    /// Creates a directory.
    ///
    /// Errors: `EEXIST`; those of the lower filesystem.
    pub(crate) fn mkdir(self, write: &WriteAccess<'_>, mode: umode_t) -> Result {
        delegation::retry(|place| {
            let change = StartedCreate::new(&self.entry, self.idmap, write)?.into_change();
            let update = |created| {
                // An error means the same as in `run`.
                // SAFETY: By the type invariant `entry` is negative, and its directory is locked.
                let _ = unsafe { (self.update)(&self.entry, created) };
            };
            // SAFETY: By the type invariants `start_creating` of `dirop::Answer` has started the
            // change, it has not been ended, and there is write access to the mount.
            // `into_change` has left it to this call to end the change.
            let status = unsafe {
                <Mkdir as VfsMkdir<dirop::Answer, Delegation>>::call_and_end(
                    &change, mode, place, update,
                )
            };
            from_status(status)
        })
    }

    /// Creates a device, a FIFO or a socket, and makes the entry positive.
    ///
    /// Errors: as for [`Self::run_at_own`]; `EEXIST`; `EINVAL` if the mode has another file type, which a
    /// filesystem would not check.
    pub(crate) fn mknod(self, write: &WriteAccess<'_>, mode: umode_t, device: dev_t) -> Result {
        let has_type = mode & bindings::S_IFMT as umode_t != 0;
        if !has_type || Kind::of(mode) != Kind::Special {
            return Err(code::EINVAL);
        }
        let made = self.run_at_own(write, |StartedCreate(dirop), place| {
            // SAFETY: By the type invariants of `StartedCreate` and `StartedDirop` the change was
            // started for creation, has not been ended, and there is write access to the
            // mount.
            unsafe {
                let change = &dirop.change;
                <vfs_mknod::Answer as VfsMknod<Delegation>>::call(change, mode, device, place)
            }
        });
        if made == Err(stale()) {
            // bind(2) does not repeat the walk. It has an errno for a name that is taken.
            StartedCreate::new(&self.entry, self.idmap, write)?;
        }
        made
    }

    /// Creates a symbolic link to `target`.
    ///
    /// Errors: as for [`Self::mkdir`].
    pub(crate) fn symlink(self, write: &WriteAccess<'_>, target: &CStr) -> Result {
        let target = target.as_ptr().cast();
        self.run(write, |StartedCreate(dirop), place| {
            // SAFETY: By the type invariants of `StartedCreate` and `StartedDirop` the change was
            // started for creation, has not been ended, and there is write access to the
            // mount. `target` ends in a null byte.
            unsafe {
                let change = &dirop.change;
                <vfs_symlink::Answer as VfsSymlink<Delegation>>::call(change, target, place)
            }
        })
    }

    /// Creates a hard link to the file of `old`.
    ///
    /// Errors: as for [`Self::mkdir`]; `EXDEV` if `old` belongs to another superblock; `ESTALE` if
    /// the VFS has to check again whether the caller may link to `old`.
    pub(crate) fn link(self, write: &WriteAccess<'_>, old: &Upper<Dentry>) -> Result {
        write.require(old.lower_mount())?;
        old.lower().positive()?;
        // With `fs.protected_hardlinks` the VFS decides by mode and owner of the upper inode who
        // may link to the file of a descriptor. No path walk has compared these. A kernel server
        // has not asked the VFS.
        if let Some(inode) = old.upper_inode() {
            // SAFETY: The calls read the flags of the current task, which always exists.
            let is_server =
                unsafe { !bindings::shim_is_user_task() && !bindings::shim_is_worker() };
            // The VFS holds the `i_rwsem` of `old` exclusively.
            if !is_server && inode.refresh_identity_locked() {
                return Err(stale());
            }
        }
        let old = old.lower().as_ptr();
        self.run(write, |StartedCreate(dirop), place| {
            let &StartedChange { idmap, dir, child } = &dirop.change;
            // SAFETY: By the type invariants of `StartedCreate` and `StartedDirop` the change was
            // started for creation, has not been ended, and there is write access to the
            // mount. The upper dentry holds a reference to `old`, which is positive and belongs
            // to the same filesystem.
            unsafe { bindings::vfs_link(old, idmap, dir, child, place) }
        })
    }
}

/// A request of the VFS to remove an entry.
pub(crate) struct RemoveRequest<'a> {
    entry: StableDentry<'a>,
    idmap: LowerIdmap<'a>,
}

impl<'a> RemoveRequest<'a> {
    pub(in crate::compat) fn new(entry: StableDentry<'a>, idmap: LowerIdmap<'a>) -> Self {
        Self { entry, idmap }
    }

    /// The lower mount.
    pub(crate) fn lower_mount(&self) -> &'a Mount {
        self.entry.lower_mount()
    }

    /// Starts the change, runs `remove`, which returns zero or a negative errno, and updates the
    /// upper dentry. The change ends on return. Repeats this while a delegation has to be given
    /// back.
    fn run(
        self,
        write: &WriteAccess<'_>,
        remove: impl Fn(&StartedRemove<'_>, &mut Place) -> c_int,
    ) -> Result {
        // SAFETY: This task has not asked for the lower dentry. The VFS calls the operation with
        // the reference of its caller.
        unsafe { self.entry.release_lower_name(1) };
        delegation::retry(|place| {
            let started = StartedRemove::new(&self.entry, self.idmap, write)?;
            from_status(remove(&started, place))?;
            self.entry.update_after_remove(started.0.child());
            Ok(())
        })
    }

    /// Removes the name of a file that is not a directory.
    ///
    /// Errors: `ENOENT` if the name does not exist; those of the lower filesystem.
    pub(crate) fn unlink(self, write: &WriteAccess<'_>) -> Result {
        self.run(write, |StartedRemove(dirop), place| {
            let &StartedChange { idmap, dir, child } = &dirop.change;
            // SAFETY: By the type invariant of `StartedRemove` the change was started for removal.
            // By that of `StartedDirop` it has not been ended, and there is write access to the
            // mount.
            unsafe { bindings::vfs_unlink(idmap, dir, child, place) }
        })
    }

    /// Removes an empty directory.
    ///
    /// Errors: as for [`Self::unlink`].
    pub(crate) fn rmdir(self, write: &WriteAccess<'_>) -> Result {
        self.run(write, |StartedRemove(dirop), place| {
            // SAFETY: By the type invariants of `StartedRemove` and `StartedDirop` the change was
            // started for removal, has not been ended, and there is write access to the
            // mount.
            unsafe { <vfs_rmdir::Answer as VfsRmdir<Delegation>>::call(&dirop.change, place) }
        })
    }
}

/// A request of the VFS to rename an entry, in the same directory or to another.
///
/// # Invariants
///
/// The VFS has called `rename` with `old`, `new` and `flags`, and the call is in progress for `'a`.
/// So `old` is positive, and `new` is too if `flags` has `RENAME_EXCHANGE`. The `i_rwsem` of both
/// directories is held exclusively, and `s_vfs_rename_mutex` if they differ.
pub(crate) struct RenameRequest<'a> {
    old: StableDentry<'a>,
    new: StableDentry<'a>,
    idmap: LowerIdmap<'a>,
    flags: c_uint,
}

impl<'a> RenameRequest<'a> {
    /// # Safety
    ///
    /// The VFS has called `rename` with these arguments, and the call is in progress for `'a`.
    pub(in crate::compat) unsafe fn new(
        old: StableDentry<'a>,
        new: StableDentry<'a>,
        idmap: LowerIdmap<'a>,
        flags: c_uint,
    ) -> Self {
        // INVARIANT: The safety requirements of this function include the type invariants.
        Self {
            old,
            new,
            idmap,
            flags,
        }
    }

    /// The lower mount.
    pub(crate) fn lower_mount(&self) -> &'a Mount {
        self.old.lower_mount()
    }

    /// Renames the entry, which may replace another, or exchanges the two.
    ///
    /// Errors: `EXDEV` if `write` is for another mount, or if the lower directories have no common
    /// ancestor any more; `ENOMEM` if an exchange gets no memory; `ENOENT` if the old name does not
    /// exist, or the new one in an exchange; those of the lower filesystem.
    pub(crate) fn rename(self, write: &WriteAccess<'_>) -> Result {
        let (old_parent, _) = self.old.lower_parent(write)?;
        let (new_parent, _) = self.new.lower_parent(write)?;
        let exchanges = self.flags & bindings::RENAME_EXCHANGE as c_uint != 0;
        let placeholders = match exchanges {
            true => Some((self.old.placeholder()?, self.new.placeholder()?)),
            false => None,
        };
        // Copies, because the call moves the upper dentries, which hold the names.
        let (old_name, new_name) = (*self.old.lower_name(), *self.new.lower_name());
        let request = vfs_rename::Renaming {
            idmap: self.idmap.as_ptr(),
            old_parent,
            old_name: &old_name,
            new_parent,
            new_name: &new_name,
            flags: self.flags,
        };
        if !exchanges {
            // SAFETY: This task has not asked for the lower dentry. The VFS has its caller's
            // reference to the target, and one of its own.
            unsafe { self.new.release_lower_name(2) };
        }
        let mut new = Some(self.new);
        let mut update = |lower_old, lower_new| {
            let (old, placeholders) = (&self.old, placeholders.as_ref());
            // A rename that has succeeded is not repeated.
            let Some(new) = new.take() else { return };
            // SAFETY: By the type invariant the VFS has called `rename` for the two, the call is in
            // progress, and the dentries that are moved are positive. `Registration` sets
            // `FS_RENAME_DOES_D_MOVE`.
            unsafe { old.update_after_rename(new, placeholders, lower_old, lower_new) };
        };
        delegation::retry(|place| {
            // SAFETY: By its type invariant the idmap is valid. The upper parents hold references
            // to the lower ones, positive dentries of directories: the VFS looks names up in them.
            // Both belong to the filesystem of the mount that `write` is for. The strings of the
            // names are valid until `update` moves the upper dentries, after which the call only
            // unlocks. As in `StartedCreate::new`, this task holds no `i_rwsem` and no
            // `s_vfs_rename_mutex` of that filesystem.
            from_status(unsafe {
                <vfs_rename::Answer as VfsRename<Lookup, RenameData, Delegation, dirop::Answer>>::call(
                    &request,
                    place,
                    &mut update,
                )
            })
        })
    }
}
