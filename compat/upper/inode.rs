// SPDX-License-Identifier: GPL-2.0

//! Upper inodes. In one superblock, a lower inode has at most one *hashed* upper inode, shared by
//! its hard links.

use core::ptr::{addr_of_mut, NonNull};

use bindings::{ffi::c_int, ffi::c_void};

use crate::compat::{
    aref::ARef,
    deferred,
    error::{code, Result},
    inode::{AccessAnswer, AccessMask, Inode, Kind},
    mount::Mount,
    shims::inode_hash::{self, InodeHash},
    super_block::SuperBlock,
    tables::Tables,
    upper::{StableDentry, Upper},
};

impl Upper<Inode> {
    /// The lower inode.
    pub(crate) fn lower(&self) -> &Inode {
        // SAFETY: By the type invariant `i_private` points to the lower inode, which stays valid as
        // long as `self`.
        unsafe { &*(*self.as_ptr()).i_private.cast() }
    }

    /// The superblock.
    pub(crate) fn upper_super(&self) -> &Upper<SuperBlock> {
        // SAFETY: `self` is valid, and `i_sb` never changes. The superblock of an upper inode is an
        // upper one by the type invariant, and outlives its inodes.
        unsafe { Upper::from_raw((*self.as_ptr()).i_sb) }
    }

    /// The lower mount.
    pub(crate) fn lower_mount(&self) -> &Mount {
        self.upper_super().lower_mount()
    }

    /// Checks whether the caller has the access `mask` to the lower inode.
    ///
    /// Errors in the answer: those of [`Mount::permission`].
    pub(crate) fn lower_permission(&self, mask: AccessMask<'_>) -> AccessAnswer {
        let mount = self.lower_mount();
        // SAFETY: By the type invariant the lower inode belongs to the filesystem of the lower
        // mount, and this inode and its superblock hold references to the two. The caller is not in
        // RCU walk, since there it would have no `AccessMask`, so the VFS holds a reference to this
        // inode, and with it to the superblock.
        unsafe { mount.permission(mask.caller(), self.lower(), mask.bits()) }
    }

    /// Removes the inode from the inode cache, so that [`Self::iget`] makes a new one for the same
    /// lower inode.
    pub(in crate::compat) fn unhash(&self) {
        // SAFETY: `self` is valid. The call takes the locks that it needs.
        unsafe { bindings::remove_inode_hash(self.as_ptr()) };
    }

    /// Whether the inode is a directory with a dentry that cannot become `dentry`. There are two
    /// cases:
    ///
    /// - That dentry is the parent of `dentry`, or another ancestor of it, and so cannot move to
    ///   the place of `dentry`. `d_splice_alias()` warns of such a loop, and returns `ELOOP`. The
    ///   loop lasts from the move, in the lower filesystem, of a directory into its own former
    ///   subdirectory until both are looked up.
    /// - The lower filesystem has replaced its dentry, so the alias has another lower dentry than
    ///   `dentry`.
    pub(in crate::compat) fn has_unusable_alias(&self, dentry: &StableDentry<'_>) -> bool {
        self.kind() == Kind::Directory
            && self.alias().is_some_and(|alias| {
                let parent = dentry.parent().as_ptr();
                // SAFETY: This function holds a reference to `alias`, and `dentry` one to its
                // parent.
                let is_ancestor = unsafe { bindings::is_subdir(parent, alias.as_ptr()) };
                is_ancestor || !core::ptr::eq(alias.lower(), dentry.lower())
            })
    }

    /// Takes one more reference to the inode.
    pub(in crate::compat) fn to_aref(&self) -> ARef<Upper<Inode>> {
        // SAFETY: `self` is valid. The caller is not in RCU walk, so somebody holds a reference to
        // `self`.
        unsafe { bindings::ihold(self.as_ptr()) };
        // SAFETY: The reference taken above is ours.
        unsafe { ARef::from_raw(NonNull::from(self)) }
    }

    /// Whether the file is encrypted, and its key was removed in the filesystem that has it. Takes
    /// `i_lock` of the lower inode.
    pub(in crate::compat) fn has_lost_key(&self) -> bool {
        if self.is_lower_upper() {
            // SAFETY: The lower inode is an upper one too, and is valid as long as `self`. There
            // are at most `MAX_STACK_DEPTH` of them.
            return unsafe { Upper::<Inode>::from_raw(self.lower().as_ptr()) }.has_lost_key();
        }
        // SAFETY: The inode is valid. The caller does not hold its `i_lock`.
        unsafe { bindings::shim_has_lost_key(self.lower().as_ptr()) }
    }

    /// Whether the lower inode belongs to this driver, too, and so is an upper one.
    pub(in crate::compat) fn is_lower_upper(&self) -> bool {
        // SAFETY: Both inodes are valid, and keep their superblocks.
        unsafe {
            let (own, below) = ((*self.as_ptr()).i_sb, (*self.lower().as_ptr()).i_sb);
            (*own).s_type == (*below).s_type
        }
    }

    /// Whether this is the upper inode of `lower`.
    pub(crate) fn has_lower(&self, lower: &Inode) -> bool {
        core::ptr::eq(self.lower(), lower)
    }
}

/// The argument that `iget5_locked()` passes to [`iget_test`] and [`iget_set`].
struct IgetData {
    lower: *mut bindings::inode,
    /// Whether `iget_set` has run.
    is_new: bool,
}

/// Whether `inode` is the upper inode of the lower one in `data`.
///
/// # Safety
///
/// `inode` is an inode of an upper superblock, in the inode cache. `data` points to an `IgetData`.
unsafe extern "C" fn iget_test(inode: *mut bindings::inode, data: *mut c_void) -> c_int {
    // SAFETY: The safety requirements ensure that `data` points to an `IgetData`.
    let lower = unsafe { (*data.cast::<IgetData>()).lower };
    // SAFETY: The safety requirements ensure that `inode` is valid. `iget_set` has written
    // `i_private` before the inode entered the cache, and nobody writes it after that.
    c_int::from(unsafe { (*inode).i_private } == lower.cast())
}

/// Makes `inode` the upper inode of the lower one in `data`.
///
/// # Safety
///
/// `inode` is a new inode of an upper superblock, not in the cache yet. `data` points to an
/// `IgetData` that nobody else uses, and the caller of `iget5_locked()` holds a reference to its
/// lower inode.
unsafe extern "C" fn iget_set(inode: *mut bindings::inode, data: *mut c_void) -> c_int {
    // SAFETY: The safety requirements ensure that `data` points to an `IgetData`, which is ours.
    let data = unsafe { &mut *data.cast::<IgetData>() };
    // SAFETY: The safety requirements ensure that there is a reference to the lower inode already.
    unsafe { bindings::ihold(data.lower) };
    // INVARIANT: `i_private` holds the reference taken above until `evict`.
    // SAFETY: The safety requirements ensure that nobody else uses `inode`.
    unsafe { (*inode).i_private = data.lower.cast() };
    data.is_new = true;
    0
}

impl Upper<Inode> {
    /// The upper inode of `lower` in `sb`. Makes it if there is none. May sleep, and waits for an
    /// inode that another task sets up or evicts.
    ///
    /// Errors: `ENOMEM`.
    pub(in crate::compat) fn iget<T: Tables>(
        sb: &Upper<SuperBlock>,
        lower: &Inode,
    ) -> Result<ARef<Upper<Inode>>> {
        let mut data = IgetData {
            lower: lower.as_ptr(),
            is_new: false,
        };
        // SAFETY: `sb` is an upper superblock, and its inodes enter the cache here alone. `data`
        // outlives the call. The caller holds a reference to `lower`, by a dentry or by another
        // inode.
        let inode = unsafe {
            bindings::iget5_locked(
                sb.as_ptr(),
                inode_hash::Answer::of(lower.as_ptr() as usize),
                Some(iget_test),
                Some(iget_set),
                addr_of_mut!(data).cast(),
            )
        };
        let inode = NonNull::new(inode).ok_or(code::ENOMEM)?;
        // SAFETY: The call has returned a reference, which is ours. `iget_set` has made the inode
        // an upper one, now or earlier.
        let inode = unsafe { ARef::<Upper<Inode>>::from_raw(inode.cast()) };
        // The caller whose `iget_set` has run has to set the inode up; others wait for that.
        if data.is_new {
            // SAFETY: `iget_set` has run for this call, so the inode is new.
            unsafe { inode.set_up::<T>() };
            // SAFETY: The inode is new (`I_NEW`), and set up now.
            unsafe { bindings::unlock_new_inode(inode.as_ptr()) };
        }
        Ok(inode)
    }

    /// The upper inode in `sb` of the lower inode at the address `lower`, which need not be valid;
    /// `None` if there is none. May sleep.
    pub(in crate::compat) fn find(
        sb: &Upper<SuperBlock>,
        lower: *mut bindings::inode,
    ) -> Option<ARef<Upper<Inode>>> {
        let mut data = IgetData {
            lower,
            is_new: false,
        };
        // SAFETY: `sb` is an upper superblock, as are the inodes in its cache. `data` outlives the
        // call, and `iget_test` only compares the address.
        let inode = unsafe {
            bindings::ilookup5(
                sb.as_ptr(),
                inode_hash::Answer::of(lower as usize),
                Some(iget_test),
                addr_of_mut!(data).cast(),
            )
        };
        // SAFETY: The call has returned null, or a reference to an upper inode, which is ours.
        Some(unsafe { ARef::from_raw(NonNull::new(inode)?.cast()) })
    }

    /// Removes this inode from the inode cache, and makes a new one for the same lower inode.
    ///
    /// Errors: `ENOMEM`.
    pub(in crate::compat) fn replace<T: Tables>(&self) -> Result<ARef<Upper<Inode>>> {
        self.unhash();
        Self::iget::<T>(self.upper_super(), self.lower())
    }

    /// Gives a new inode its attributes and operations.
    ///
    /// # Safety
    ///
    /// The inode is new (`I_NEW`), so nobody else uses it, and this is called once.
    unsafe fn set_up<T: Tables>(&self) {
        let (inode, lower) = (self.as_ptr(), self.lower());
        self.init_alias();
        self.init_caller();
        // SAFETY: Nobody else uses the new inode.
        unsafe { self.init_attributes() };
        // SAFETY: Nobody else uses the new inode.
        unsafe { bindings::shim_dont_cache_acls(inode) };
        // SAFETY: Both inodes are valid. Nobody else uses the new one, and these members of the
        // lower one never change.
        let device = unsafe {
            (*inode).i_ino = (*lower.as_ptr()).i_ino;
            (*inode).i_blkbits = (*lower.as_ptr()).i_blkbits;
            (*lower.as_ptr()).i_rdev
        };
        // SAFETY: Nobody else uses the new inode, so its lock is free. `init_attributes` has set the
        // type, from which the call takes the class. `fill_super` has checked that there is a class
        // for the depth of the superblock.
        unsafe { bindings::shim_set_lock_class(inode) };
        let (operations, file_operations) = match lower.kind() {
            Kind::Directory => (T::DIRECTORY, Some(T::DIRECTORY_FILE)),
            Kind::Regular => (T::FILE, Some(T::REGULAR_FILE)),
            Kind::Symlink => (T::SYMLINK, None),
            Kind::Special => (T::FILE, None),
        };
        // SAFETY: Nobody else uses the new inode, and the table is static.
        unsafe { (*inode).i_op = operations };
        if let Some(operations) = file_operations {
            // SAFETY: Nobody else uses the new inode, and the table is static.
            unsafe { bindings::shim_set_fop(inode, operations) };
        }
        if lower.kind() == Kind::Special {
            // SAFETY: Nobody else uses the new inode.
            unsafe { bindings::init_special_inode(inode, lower.mode(), device) };
        }
    }

    /// Drops the reference to the lower inode (`evict_inode`).
    ///
    /// # Safety
    ///
    /// The VFS is evicting `self`, and calls this once.
    pub(in crate::compat) unsafe fn evict(&self) {
        let inode = self.as_ptr();
        // SAFETY: `self` is valid, and the safety requirements exclude other users of the page
        // cache.
        unsafe { bindings::truncate_inode_pages_final(addr_of_mut!((*inode).i_data)) };
        // SAFETY: The VFS is evicting the inode, and its page cache is empty.
        unsafe { bindings::clear_inode(inode) };
        // SAFETY: By the type invariant `i_private` points to the lower inode. The pointer stays
        // there, because a walk under the RCU read lock may still follow it: the lower inode is
        // freed by RCU too.
        let lower = unsafe { NonNull::new_unchecked((*inode).i_private) };
        // SAFETY: By the type invariant `i_private` holds a reference to the lower inode. It is
        // taken over here, once by the safety requirements.
        let lower = unsafe { ARef::<Inode>::from_raw(lower.cast()) };
        deferred::put_inode(self.lower_mount(), lower);
        // SAFETY: The VFS is evicting the inode, so nobody else uses it.
        unsafe { self.put_caller() };
    }
}
