// SPDX-License-Identifier: GPL-2.0

//! Upper inodes: one for each lower inode, so that hard links share it.

use core::ptr::{addr_of_mut, NonNull};

use bindings::{ffi::c_int, ffi::c_void, umode_t};

use crate::compat::{
    aref::ARef,
    deferred,
    dentry::Dentry,
    error::{code, Result},
    inode::{AccessMask, ExclusiveGuard, Inode, Kind, SharedGuard},
    members::read_once,
    mount::Mount,
    path::Path,
    super_block::SuperBlock,
    tables::Tables,
    upper::{Entry, Upper},
};

/// Writes a member that others may read at the same time.
macro_rules! write_once {
    ($object:expr, $member:ident, $value:expr) => {{
        let object = $object.as_ptr();
        // SAFETY: The object is valid as long as the reference; the member is aligned and plain, and
        // writers are serialised by the caller.
        unsafe { addr_of_mut!((*object).$member).write_volatile($value) }
    }};
}

/// Flags of a lower inode that the VFS has to know of the upper one.
const COPIED_FLAGS: u32 =
    (bindings::S_SYNC | bindings::S_DIRSYNC | bindings::S_IMMUTABLE | bindings::S_APPEND) as u32;

/// Flags of every upper inode. Times of changes are the lower inode's affair, and so is the loss of set-id bits
/// and capabilities: `S_NOSEC` keeps the VFS from doing it here a second time.
const OWN_FLAGS: u32 = (bindings::S_NOCMTIME | bindings::S_NOSEC) as u32;

/// Access times are the lower inode's affair as well, but for links: the VFS notes itself that one was
/// followed, and asks the mount that it was followed on.
const NOATIME: u32 = bindings::S_NOATIME as u32;

/// The bits that let a program run as its owner or group.
const SET_ID: umode_t = (bindings::S_ISUID | bindings::S_ISGID) as umode_t;

impl Upper<Inode> {
    /// The inode behind this one.
    pub(crate) fn lower(&self) -> &Inode {
        // SAFETY: By the type invariant `i_private` is a lower inode, kept as long as `self`.
        unsafe { &*(*self.as_ptr()).i_private.cast() }
    }

    /// The mount that the lower inode is reached by.
    pub(crate) fn lower_mount(&self) -> &Mount {
        // SAFETY: The superblock of an upper inode is an upper one.
        unsafe { Upper::<SuperBlock>::from_raw((*self.as_ptr()).i_sb) }.lower_mount()
    }

    /// Whether the caller may use the lower inode as `mask` says.
    ///
    /// Errors: those of [`Mount::permission`].
    pub(crate) fn lower_permission(&self, mask: AccessMask) -> Result {
        // SAFETY: By the type invariant the lower inode belongs to the lower mount's filesystem, and
        // both are counted by upper objects. An operation outside of RCU walk, which alone gets an
        // `AccessMask`, has those counted.
        unsafe { self.lower_mount().permission(self.lower(), mask.bits()) }
    }

    /// The owner and group that the lower inode has through its mount.
    #[inline]
    fn lower_owner(&self) -> (bindings::kuid_t, bindings::kgid_t) {
        let (mount, lower) = (self.lower_mount(), self.lower());
        // Most mounts map nothing, and this is done in each step of a path walk.
        if !mount.is_idmapped() {
            return (read_once!(lower, i_uid), read_once!(lower, i_gid));
        }
        mount.owner_of(lower)
    }

    /// Whether the attributes that the VFS checks itself (mode, owner, flags, size; the times of a
    /// link) equal the lower inode's.
    pub(crate) fn is_up_to_date(&self) -> bool {
        let lower = self.lower();
        let (uid, gid) = self.lower_owner();
        let is_link = self.kind() == Kind::Symlink;
        let compared = COPIED_FLAGS | if is_link { NOATIME } else { 0 };
        self.mode() == self.expected_mode()
            && read_once!(self, i_uid).val == uid.val
            && read_once!(self, i_gid).val == gid.val
            && (self.flags() ^ self.expected_flags(is_link)) & compared == 0
            && self.size() == lower.size()
            && (!is_link || self.link_times_match())
    }

    #[cold]
    fn link_times_match(&self) -> bool {
        let (lower, mount) = (self.lower().as_ptr(), self.lower_mount().as_ptr());
        // SAFETY: All are valid.
        unsafe { bindings::shim_has_link_times(self.as_ptr(), lower, mount) }
    }

    /// The lower inode's mode; without set-id bits if its mount gives them no effect. The file type is
    /// never updated: a bad lower inode may report a wrong one.
    fn expected_mode(&self) -> umode_t {
        let type_bits = bindings::S_IFMT as umode_t;
        let mut mode = self.lower().mode();
        if self.lower_mount().is_nosuid() && self.lower().kind() == Kind::Regular {
            mode &= !SET_ID;
        }
        match self.mode() & type_bits {
            0 => mode,
            own => own | mode & !type_bits,
        }
    }

    /// The flags that this inode has to have.
    ///
    /// The VFS asks the upper mount whether following a link updates the access time, and the upper
    /// inode whether it ever does: it does not where the lower mount or inode wants none.
    fn expected_flags(&self, is_link: bool) -> u32 {
        let lower = self.lower();
        let updates_atime = is_link && !self.lower_mount().is_noatime() && lower.updates_atime();
        OWN_FLAGS | lower.flags() & COPIED_FLAGS | if updates_atime { 0 } else { NOATIME }
    }

    /// Copies from the lower inode what the VFS checks itself.
    ///
    /// Takes `i_lock`, and leaves owner and mode of a set-id program alone if somebody holds the
    /// inode's lock (`i_rwsem`): [`Self::is_up_to_date`] says so, and the next call tries again. Whoever
    /// relies on the two opens the file, which calls [`Self::refresh_and_wait`].
    pub(crate) fn refresh(&self) {
        self.copy(|| {
            let own = self.try_lock()?;
            let lower = self.lower().lock_shared(false).ok()?;
            Some((Some(own), lower))
        });
    }

    /// As [`Self::refresh`], but waits for the inode's lock (`i_rwsem`) if owner and mode of a set-id
    /// program have to be copied. The caller does not hold it.
    pub(in crate::compat) fn refresh_and_wait(&self) {
        self.copy(|| {
            let own = self.lock();
            let lower = self.lower().lock_shared(true).ok()?;
            Some((Some(own), lower))
        });
    }

    /// As [`Self::refresh`]. The caller holds the inode's lock (`i_rwsem`) exclusively, or nobody else
    /// sees the inode.
    pub(in crate::compat) fn refresh_locked(&self) {
        self.copy(|| Some((None, self.lower().lock_shared(true).ok()?)));
    }

    /// Copies; owner and mode of a set-id program only if `lock` succeeds.
    ///
    /// exec(2) reads the mode first and the owner second, under the inode's lock: if the two did not
    /// change together under that lock, it could give a set-id bit of the old owner to the new one.
    fn copy<'a>(
        &'a self,
        lock: impl FnOnce() -> Option<(Option<ExclusiveGuard<'a>>, SharedGuard<'a>)>,
    ) {
        let is_set_id = |mode: umode_t| mode & SET_ID != 0 && self.lower().kind() == Kind::Regular;
        let mode = self.expected_mode();
        if !is_set_id(self.mode()) && !is_set_id(mode) {
            // The mode was read before the owner is, and gives nobody's rights away.
            let identity = (mode, self.lower_owner());
            self.copy_under_i_lock(|| (!is_set_id(self.mode())).then_some(identity));
        } else if self.has_mode_and_owner(mode, self.lower_owner()) {
            self.copy_under_i_lock(|| None);
        } else if let Some(_locks) = lock() {
            let identity = (self.expected_mode(), self.lower_owner());
            self.copy_under_i_lock(|| Some(identity));
        } else {
            self.copy_under_i_lock(|| None);
        }
    }

    /// Whether the inode has this mode and this owner.
    fn has_mode_and_owner(
        &self,
        mode: umode_t,
        (uid, gid): (bindings::kuid_t, bindings::kgid_t),
    ) -> bool {
        self.mode() == mode
            && read_once!(self, i_uid).val == uid.val
            && read_once!(self, i_gid).val == gid.val
    }

    /// Copies everything but mode and owner, which `identity` gives. That runs with `i_lock` held, so
    /// that it sees what another task has copied meanwhile.
    fn copy_under_i_lock(
        &self,
        identity: impl FnOnce() -> Option<(umode_t, (bindings::kuid_t, bindings::kgid_t))>,
    ) {
        let lower = self.lower();
        let is_link = lower.kind() == Kind::Symlink;
        let flags = self.expected_flags(is_link);
        // SAFETY: `self` is valid. The VFS changes flags of its own under other locks than `i_lock`.
        unsafe {
            bindings::shim_lock_inode(self.as_ptr());
            // `S_NOSEC` comes before the mode. Otherwise a write could see set-id bits without it, and
            // the VFS would clear them here.
            bindings::inode_set_flags(self.as_ptr(), flags, OWN_FLAGS | NOATIME | COPIED_FLAGS);
        }
        if let Some((mode, (uid, gid))) = identity() {
            write_once!(self, i_mode, mode);
            write_once!(self, i_uid, uid);
            write_once!(self, i_gid, gid);
        }
        let generation = read_once!(lower, i_generation);
        write_once!(self, i_generation, generation);
        let links = lower.link_count();
        if self.link_count() != links {
            // SAFETY: `self` is valid.
            unsafe { bindings::set_nlink(self.as_ptr(), links) };
        }
        // SAFETY: Both are valid, and writers of the upper one's size and times are serialised by
        // `i_lock`.
        unsafe {
            bindings::i_size_write(self.as_ptr(), lower.size());
            if is_link {
                let mount = self.lower_mount().as_ptr();
                bindings::shim_set_link_times(self.as_ptr(), lower.as_ptr(), mount);
            }
            bindings::shim_unlock_inode(self.as_ptr());
        }
    }

    /// Notes that a link was read, in the lower filesystem and as its mount wants it noted.
    pub(crate) fn touch_lower_atime(&self) {
        // SAFETY: The lower inode is valid.
        let alias = NonNull::new(unsafe { bindings::d_find_any_alias(self.lower().as_ptr()) });
        let Some(alias) = alias else { return };
        // SAFETY: The call has counted the dentry.
        let alias = unsafe { ARef::<Dentry>::from_raw(alias.cast()) };
        // SAFETY: The lower inode belongs to the lower mount's filesystem, and so do its dentries.
        unsafe { Path::new(self.lower_mount(), &alias) }.touch_atime();
        self.refresh();
    }

    /// Makes the inode one that is no longer found by its lower inode. The next lookup makes a new one.
    pub(in crate::compat) fn unhash(&self) {
        // SAFETY: `self` is valid; the call takes the locks that it needs.
        unsafe { bindings::remove_inode_hash(self.as_ptr()) };
    }

    /// Whether the inode is a directory that has a dentry which cannot become `entry`.
    ///
    /// One that is `entry`'s parent, or lies above it, cannot: `d_splice_alias()` refuses such a loop,
    /// and says so in the kernel's log. A directory that was moved below into a directory that had been
    /// in it looks like this until both are looked up. One that has another lower dentry cannot either:
    /// the lower filesystem has put another in its place.
    pub(in crate::compat) fn has_unusable_alias(&self, entry: &Entry<'_>) -> bool {
        self.kind() == Kind::Directory
            && self.alias().is_some_and(|alias| {
                let parent = entry.parent().as_ptr();
                // SAFETY: `alias` is counted, and the entry keeps its parent.
                let lies_above = unsafe { bindings::is_subdir(parent, alias.as_ptr()) };
                lies_above || !core::ptr::eq(alias.lower(), entry.lower())
            })
    }

    /// Copies the lower inode's size.
    pub(crate) fn refresh_size(&self) {
        if self.size() == self.lower().size() {
            return;
        }
        // SAFETY: `self` is valid, and writers of the size are serialised by `i_lock`.
        unsafe {
            bindings::shim_lock_inode(self.as_ptr());
            bindings::i_size_write(self.as_ptr(), self.lower().size());
            bindings::shim_unlock_inode(self.as_ptr());
        }
    }

    /// One more count on the inode.
    pub(in crate::compat) fn to_aref(&self) -> ARef<Upper<Inode>> {
        // SAFETY: `self` is counted by whoever holds the reference to it, and the new count is ours.
        unsafe {
            bindings::ihold(self.as_ptr());
            ARef::from_raw(NonNull::from(self))
        }
    }

    /// Whether `lower` is what this inode stands for.
    pub(crate) fn has_lower(&self, lower: &Inode) -> bool {
        core::ptr::eq(self.lower(), lower)
    }
}

/// What an upper inode is looked for by, and whether it had to be made.
struct InodeKey {
    lower: *mut bindings::inode,
    is_new: bool,
}

/// # Safety
///
/// `inode` is an inode of an upper superblock and `data` a `InodeKey`.
unsafe extern "C" fn test(inode: *mut bindings::inode, data: *mut c_void) -> c_int {
    // SAFETY: By the contract of this function.
    unsafe { c_int::from((*inode).i_private == (*data.cast::<InodeKey>()).lower.cast()) }
}

/// # Safety
///
/// `inode` is a new inode of an upper superblock, seen by nobody else, and `data` a `InodeKey` whose
/// lower inode is counted by the caller.
unsafe extern "C" fn set(inode: *mut bindings::inode, data: *mut c_void) -> c_int {
    // SAFETY: By the contract of this function.
    unsafe {
        let wanted = &mut *data.cast::<InodeKey>();
        bindings::ihold(wanted.lower);
        (*inode).i_private = wanted.lower.cast();
        wanted.is_new = true;
    }
    0
}

impl Upper<Inode> {
    /// The one inode of `sb` that stands for `lower`, made if there is none.
    ///
    /// Errors: `ENOMEM`. May sleep, waiting for an inode that is coming or going.
    pub(in crate::compat) fn of<T: Tables>(
        sb: &Upper<SuperBlock>,
        lower: &Inode,
    ) -> Result<ARef<Upper<Inode>>> {
        let mut wanted = InodeKey {
            lower: lower.as_ptr(),
            is_new: false,
        };
        // The hash is a `u64` in some kernels, an `unsigned long` in others.
        #[allow(clippy::as_underscore)]
        // SAFETY: `test` and `set` get inodes of `sb`, and `wanted`, which outlives the call. `lower`
        // is counted by whoever holds the reference to it.
        let inode = unsafe {
            bindings::iget5_locked(
                sb.as_ptr(),
                lower.as_ptr() as usize as _,
                Some(test),
                Some(set),
                addr_of_mut!(wanted).cast(),
            )
        };
        let inode = NonNull::new(inode).ok_or(code::ENOMEM)?;
        // SAFETY: The inode is counted for us, and `set` has made it an upper inode, now or before.
        let inode = unsafe { ARef::<Upper<Inode>>::from_raw(inode.cast()) };
        // `set` runs for the one caller whose inode this becomes, and that one has to finish it.
        if wanted.is_new {
            inode.set_up::<T>();
            // SAFETY: New, and finished.
            unsafe { bindings::unlock_new_inode(inode.as_ptr()) };
        }
        Ok(inode)
    }

    /// A new inode in the place of this one, which is given up.
    ///
    /// Errors: `ENOMEM`.
    pub(in crate::compat) fn replace<T: Tables>(&self) -> Result<ARef<Upper<Inode>>> {
        self.unhash();
        // SAFETY: The superblock of an upper inode is an upper one.
        let sb = unsafe { Upper::<SuperBlock>::from_raw((*self.as_ptr()).i_sb) };
        Self::of::<T>(sb, self.lower())
    }

    /// Gives a new inode its identity and its operations; nobody else uses it yet.
    fn set_up<T: Tables>(&self) {
        let (inode, lower) = (self.as_ptr(), self.lower());
        // What the memory held before may have had a type; this inode has none yet.
        write_once!(self, i_mode, 0);
        self.refresh_locked();
        // SAFETY: The inode is new and locked; the tables are static.
        unsafe {
            (*inode).i_ino = (*lower.as_ptr()).i_ino;
            (*inode).i_blkbits = (*lower.as_ptr()).i_blkbits;
            bindings::shim_set_lock_class(inode);
            (*inode).i_op = match lower.kind() {
                Kind::Directory => T::DIRECTORY,
                Kind::Symlink => T::SYMLINK,
                Kind::Regular | Kind::Special => T::FILE,
            };
            match lower.kind() {
                Kind::Directory => bindings::shim_set_fop(inode, T::DIRECTORY_FILE),
                Kind::Regular => bindings::shim_set_fop(inode, T::REGULAR_FILE),
                Kind::Symlink => {}
                Kind::Special => {
                    bindings::init_special_inode(inode, lower.mode(), (*lower.as_ptr()).i_rdev)
                }
            }
        }
    }

    /// Lets go of the lower inode, as the last thing an inode does.
    ///
    /// # Safety
    ///
    /// The VFS is evicting `self`, and calls this once.
    pub(in crate::compat) unsafe fn evict(&self) {
        let inode = self.as_ptr();
        // SAFETY: By the contract of this function nobody else uses the inode. `i_private` stays as
        // it is, because a walk under RCU may still read it; what it points to is freed by RCU too.
        unsafe {
            bindings::truncate_inode_pages_final(addr_of_mut!((*inode).i_data));
            bindings::clear_inode(inode);
        }
        // SAFETY: `set` has left one count on the lower inode to this one, which is evicted once.
        let lower =
            unsafe { ARef::<Inode>::from_raw(NonNull::new_unchecked((*inode).i_private.cast())) };
        deferred::put_inode(self.lower_mount(), lower);
    }
}
