// SPDX-License-Identifier: GPL-2.0

//! Upper dentries whose parent and name are stable, and the update of the upper dentry cache after
//! a change to the lower tree.
//!
//! Each `update_after_*` runs while the lower directories are still locked. [`super::sync`] relies
//! on that.

use core::{ops::Deref, ptr::NonNull};

use crate::compat::{
    aref::ARef,
    dentry::{Dentry, Name},
    error::{code, from_negative, Result},
    inode::{Inode, Kind},
    mount::Mount,
    raw::from_err_ptr,
    rcu,
    tables::Tables,
    upper::Upper,
};

/// A dentry whose parent and name do not change: its parent is locked, or it is being looked up, or
/// only this task has a reference to it.
///
/// # Invariants
///
/// `d_parent` and `d_name` do not change while the value lives, except by
/// [`StableDentry::update_after_rename`], or by `d_mark_tmpfile()`, which this task calls. After
/// that neither is read through this value.
#[derive(Clone, Copy)]
pub(crate) struct StableDentry<'a>(&'a Upper<Dentry>);

impl<'a> StableDentry<'a> {
    /// # Safety
    ///
    /// `dentry` is an upper dentry to which somebody holds a reference for `'a`. During `'a` one of
    /// these holds as well:
    ///
    /// - the `i_rwsem` of its parent is held exclusively;
    /// - it is being looked up, and is therefore negative and unhashed;
    /// - it is negative and unhashed, and only this task has a reference to it.
    pub(in crate::compat) unsafe fn from_raw(dentry: *mut bindings::dentry) -> Self {
        // INVARIANT: Two functions move a dentry. A rename holds the `i_rwsem` of its parent
        // exclusively, and `d_splice_alias()` holds it at least shared. So neither runs while that
        // lock is held exclusively by the caller's task. Both move only a dentry that is hashed or
        // an inode's alias. A negative, unhashed dentry is neither. `d_mark_tmpfile()` writes the
        // name of a new file's dentry. Only `tmpfile` calls it, in this task.
        // SAFETY: The safety requirements ensure that `dentry` is an upper dentry, valid for `'a`.
        Self(unsafe { Upper::from_raw(dentry) })
    }

    /// The parent directory.
    pub(crate) fn parent(&self) -> &'a Upper<Dentry> {
        // SAFETY: By the type invariant `d_parent` does not change for `'a`, and a dentry holds a
        // reference to its parent. The parent of an upper dentry is an upper dentry.
        unsafe { Upper::from_raw((*self.as_ptr()).d_parent) }
    }

    /// The lower mount.
    pub(crate) fn lower_mount(&self) -> &'a Mount {
        self.0.lower_mount()
    }

    /// The name.
    pub(crate) fn name(&self) -> Name<'a> {
        // SAFETY: `self` is valid for `'a`. By the type invariant the name, which lies in the
        // dentry or is kept by it, does not change.
        unsafe { Name::from_raw(bindings::shim_d_name(self.as_ptr())) }
    }

    /// Makes the dentry positive after the lower filesystem has created the file of `lower`. The
    /// lower directory is locked.
    ///
    /// Unhashes the dentry instead if it cannot become positive: `lower` is not its lower dentry,
    /// or the lower filesystem leaves its own dentry to the next lookup (it is negative or
    /// unhashed).
    ///
    /// Errors: `ENOMEM`. The dentry is unhashed then as well, and the next lookup finds the new
    /// file.
    ///
    /// # Safety
    ///
    /// The dentry is negative, and its directory's `i_rwsem` is held exclusively.
    pub(in crate::compat) unsafe fn update_after_create<T: Tables>(
        &self,
        lower: *mut bindings::dentry,
    ) -> Result {
        let own = self.lower();
        let lower_inode = own
            .inode()
            .filter(|_| lower == own.as_ptr() && own.is_hashed());
        let Some(lower_inode) = lower_inode else {
            self.unhash();
            return Ok(());
        };
        let inode =
            Upper::<Inode>::iget::<T>(self.upper_super(), lower_inode).inspect_err(|_| {
                self.unhash();
            })?;
        // A hard link finds an existing inode, whose link count has just changed.
        inode.refresh();
        // SAFETY: The safety requirements of this function are those of the call.
        unsafe { self.instantiate(inode) };
        if let Some(inode) = self.upper_inode() {
            inode.copy_label();
        }
        self.try_verify();
        Ok(())
    }

    /// Gives this negative dentry an inode, and hashes it (`d_splice_alias()`).
    ///
    /// Returns a reference to the dentry that the VFS uses instead, or null if that is this one.
    ///
    /// Errors: `ESTALE` if the directory has a dentry that cannot be moved here now; `ELOOP` if
    /// that dentry is an ancestor of this one.
    ///
    /// # Safety
    ///
    /// The dentry is negative and unhashed, and has its lower dentry. It is being looked up, or its
    /// directory's `i_rwsem` is held exclusively.
    pub(in crate::compat) unsafe fn splice(
        &self,
        inode: ARef<Upper<Inode>>,
    ) -> Result<*mut bindings::dentry> {
        if inode.kind() != Kind::Directory {
            let inode = inode.into_raw().as_ptr().cast();
            // SAFETY: The safety requirements are those of the call, which takes over our reference
            // to the inode, even on failure.
            return from_err_ptr(unsafe { bindings::d_splice_alias(inode, self.as_ptr()) })
                .map_err(from_negative);
        }
        let reference = inode.to_aref().into_raw().as_ptr().cast();
        // SAFETY: The safety requirements are those of the call, which takes over `reference`, one
        // more reference to the inode, even on failure.
        let spliced = from_err_ptr(unsafe { bindings::d_splice_alias(reference, self.as_ptr()) });
        if let Ok(other) = spliced {
            let alias = if other.is_null() {
                self.as_ptr()
            } else {
                other
            };
            // SAFETY: After success one of the two has the inode, and both were looked up. The
            // caller of this function keeps this dentry; the call has returned a reference to the
            // other one.
            unsafe { inode.set_alias(alias) };
        }
        spliced.map_err(from_negative)
    }

    /// Gives this negative dentry an inode.
    ///
    /// # Safety
    ///
    /// The dentry is negative, and its directory's `i_rwsem` is held exclusively.
    unsafe fn instantiate(&self, inode: ARef<Upper<Inode>>) {
        if inode.kind() != Kind::Directory {
            let inode = inode.into_raw().as_ptr().cast();
            // SAFETY: The safety requirements ensure that the dentry is negative, and stays so
            // during the call. The call takes over our reference to the inode.
            unsafe { bindings::d_instantiate(self.as_ptr(), inode) };
            return;
        }
        // If the new directory was renamed below meanwhile, a lookup from above may have found it
        // by its new name already. A directory must have one dentry: `d_splice_alias()` moves that
        // one here.
        self.unhash();
        // SAFETY: The safety requirements ensure that the dentry is negative and its directory
        // locked exclusively. It has just been unhashed, and a dentry with an entry to create has
        // its lower dentry.
        let spliced = unsafe { self.splice(inode) };
        // On failure the dentry stays unhashed.
        if let Ok(other) = spliced {
            // SAFETY: `other` is null, which the call ignores, or a reference that `splice`
            // returned.
            unsafe { bindings::dput(other) };
        }
    }

    /// Unhashes the dentry after the lower filesystem has removed `lower`. The lower directory is
    /// locked.
    pub(in crate::compat) fn update_after_remove(&self, lower: *mut bindings::dentry) {
        // A cached upper dentry would keep the lower inode, and its disk space, alive.
        self.unhash();
        self.unhash_inode_unless_lower_is(lower);
    }

    /// Moves the dentry to the location of `new` after the lower filesystem has renamed `lower_old`
    /// to the name of `lower_new`. Both lower directories are locked.
    ///
    /// `lower_old` and `lower_new` are the dentries that the lower lookup found by the two names.
    /// If `lower_old` is not the lower dentry of this one, the name had another file below: then
    /// both upper dentries are unhashed, and the next lookups find the present files.
    ///
    /// `placeholders` are given for an exchange: the first has the location of this dentry, the
    /// second that of `new`.
    ///
    /// # Safety
    ///
    /// The VFS has called `rename` for the two dentries, with `FS_RENAME_DOES_D_MOVE`, and the call
    /// is in progress. So it holds the `i_rwsem` of both parents exclusively, and
    /// `s_vfs_rename_mutex` if they differ. This dentry is positive; for an exchange `new` is as
    /// well.
    pub(in crate::compat) unsafe fn update_after_rename(
        &self,
        new: StableDentry<'_>,
        placeholders: Option<&(Placeholder, Placeholder)>,
        lower_old: *mut bindings::dentry,
        lower_new: *mut bindings::dentry,
    ) {
        let is_own = lower_old == self.lower().as_ptr();
        let has_moved = is_own && {
            let lower = self.lower();
            lower.is_hashed_in(new.parent().lower().as_ptr())
                && rcu::read(|| lower.has_name_of(&new))
        };
        if is_own && !has_moved {
            // Both are names of one file. Then the VFS renames nothing, and reports success.
            return;
        }
        new.unhash_inode_unless_lower_is(lower_new);
        let is_exchanged = lower_new == new.lower().as_ptr();
        if !has_moved || (placeholders.is_some() && !is_exchanged) {
            self.unhash();
            new.unhash();
            return;
        }
        let Some((at_old, at_new)) = placeholders else {
            // SAFETY: The safety requirements ensure that this dentry is positive, that the VFS
            // holds a reference to `new`, the `i_rwsem` of both parents exclusively, and
            // `s_vfs_rename_mutex` if they differ, and that the filesystem has
            // `FS_RENAME_DOES_D_MOVE`. The VFS has checked that neither dentry is an ancestor of
            // the other.
            return unsafe { self.move_to(new.as_ptr()) };
        };
        // Each dentry stays hashed throughout, because getcwd(2) reports an unhashed directory as
        // removed. Between the two moves both have the same location. A walk that finds the wrong
        // dentry sees it out of sync, and then waits for the lower `i_rwsem` that this task holds.
        // SAFETY: The safety requirements ensure that `new` is positive, that the `i_rwsem` of both
        // parents is held exclusively, and `s_vfs_rename_mutex` if they differ, and that the
        // filesystem has `FS_RENAME_DOES_D_MOVE`. `at_old` holds a reference, has the location of
        // this dentry, and has no children. The VFS has checked that `new` is no ancestor of this
        // dentry.
        unsafe { new.move_to(at_old.0.as_ptr()) };
        // SAFETY: This dentry is positive. The locks and `FS_RENAME_DOES_D_MOVE` are as above.
        // `at_new` holds a reference, has the location that `new` had, and has no children. The VFS
        // has checked that this dentry is no ancestor of `new`.
        unsafe { self.move_to(at_new.0.as_ptr()) };
    }

    /// Moves this dentry to the location of `target` (`d_move()`). The call unhashes `target`.
    ///
    /// # Safety
    ///
    /// This dentry is positive, and somebody holds a reference to `target`. Neither is an ancestor
    /// of the other. The `i_rwsem` of the parents of both is held exclusively, and
    /// `s_vfs_rename_mutex` if they differ. The caller does the work of `rename` in a filesystem
    /// with `FS_RENAME_DOES_D_MOVE`.
    unsafe fn move_to(&self, target: *mut bindings::dentry) {
        // SAFETY: The safety requirements are those of the call.
        unsafe { bindings::d_move(self.as_ptr(), target) };
    }

    /// Removes the dentry's inode from the inode cache if it is a directory, and the change was
    /// made to another lower dentry, `lower`.
    ///
    /// The VFS then marks this upper inode, the wrong one, as dead (`S_DEAD`). The inode is then no
    /// longer in the inode cache, so the lower directory gets a new one at the next lookup.
    fn unhash_inode_unless_lower_is(&self, lower: *mut bindings::dentry) {
        if let Some(inode) = self.upper_inode() {
            if inode.kind() == Kind::Directory && lower != self.lower().as_ptr() {
                inode.unhash();
            }
        }
    }

    /// Allocates a negative, unhashed dentry with the location of this one.
    ///
    /// Errors: `ENOMEM`.
    pub(in crate::compat) fn placeholder(&self) -> Result<Placeholder> {
        // SAFETY: By the type invariant parent and name are valid and do not change.
        let dentry = unsafe {
            bindings::d_alloc(self.parent().as_ptr(), bindings::shim_d_name(self.as_ptr()))
        };
        let dentry = NonNull::new(dentry).ok_or(code::ENOMEM)?;
        // SAFETY: The call has returned a valid dentry, and the reference to it is ours.
        Ok(Placeholder(unsafe { ARef::from_raw(dentry.cast()) }))
    }
}

impl Deref for StableDentry<'_> {
    type Target = Upper<Dentry>;

    fn deref(&self) -> &Upper<Dentry> {
        self.0
    }
}

/// An upper dentry that marks a location to which another dentry is moved. It never has a lower
/// dentry, so its type is not `Upper<Dentry>`. It is the one exception to the rule that a plain
/// `Dentry` is a lower one: only its pointer is used, and its reference is dropped.
pub(in crate::compat) struct Placeholder(ARef<Dentry>);
