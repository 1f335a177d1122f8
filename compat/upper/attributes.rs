// SPDX-License-Identifier: GPL-2.0

//! The attributes of upper inodes that the VFS uses itself. They are copies of the lower inode's.

use core::ptr::{addr_of_mut, NonNull};

use bindings::{kgid_t, kuid_t, umode_t};

use crate::compat::{
    aref::ARef,
    dentry::Dentry,
    inode::{ExclusiveGuard, Inode, Kind, SharedGuard},
    members::read_once,
    path::Path,
    shims::security_context::{self, SecurityContext},
    upper::Upper,
};

/// Writes a member that others may read at the same time (`WRITE_ONCE`).
///
/// The user of the macro serialises writers. Only [`Upper::copy_under_i_lock`], which holds
/// `i_lock`, and [`Upper::init_attributes`], which has the inode alone, use it.
macro_rules! write_once {
    ($object:expr, $member:ident, $value:expr) => {{
        let object = $object.as_ptr();
        // SAFETY: The reference ensures that the object is valid. The member is aligned and has a
        // plain type. Readers read it once, and the user of this macro serialises writers.
        unsafe { addr_of_mut!((*object).$member).write_volatile($value) }
    }};
}

/// Flags of the lower inode that the VFS checks on the upper one.
const COPIED_FLAGS: u32 =
    (bindings::S_SYNC | bindings::S_DIRSYNC | bindings::S_IMMUTABLE | bindings::S_APPEND) as u32;

/// Flags of every upper inode.
///
/// The lower filesystem maintains change times (`S_NOCMTIME`), and clears set-id bits and
/// capabilities on a write: `S_NOSEC` keeps the VFS from doing that here a second time.
const OWN_FLAGS: u32 = (bindings::S_NOCMTIME | bindings::S_NOSEC) as u32;

/// `S_NOATIME`, which every upper inode has except some symbolic links. The lower filesystem
/// maintains access times. But for a symbolic link the VFS calls `touch_atime()` on the upper one,
/// and `update_time` passes that on. So a symbolic link has the flag only where the lower mount or
/// inode forbids the update.
const NOATIME: u32 = bindings::S_NOATIME as u32;

/// The flags that this layer writes.
const WRITTEN_FLAGS: u32 = OWN_FLAGS | NOATIME | COPIED_FLAGS;

/// The bits that let a program run as its owner or group.
pub(super) const SET_ID: umode_t = (bindings::S_ISUID | bindings::S_ISGID) as umode_t;

/// The locks under which mode and owner of a set-id program are copied.
struct IdentityLocks<'a> {
    /// The upper inode's `i_rwsem`; `None` if the caller of the copy holds it, or has the inode
    /// alone.
    _own: Option<ExclusiveGuard<'a>>,
    /// The lower inode's `i_rwsem`.
    _lower: SharedGuard<'a>,
}

/// The mode, owner and group of an inode.
#[derive(Clone, Copy)]
struct Identity {
    mode: umode_t,
    uid: kuid_t,
    gid: kgid_t,
}

impl Upper<Inode> {
    /// The owner and group of the lower inode, as its mount maps them.
    #[inline]
    fn lower_owner(&self) -> (kuid_t, kgid_t) {
        let (mount, lower) = (self.lower_mount(), self.lower());
        // Most mounts map nothing, and every step of a path walk calls this.
        if !mount.is_idmapped() {
            return (read_once!(lower, i_uid), read_once!(lower, i_gid));
        }
        mount.owner_of(lower)
    }

    /// Whether the attributes that the VFS checks itself (mode, owner, flags, size; the times of a
    /// symbolic link) equal the lower inode's.
    #[inline]
    pub(crate) fn attributes_match(&self) -> bool {
        self.equals_plain_lower() || self.attributes_match_by_kind()
    }

    /// Whether this is no symbolic link, and the attributes simply equal those of the lower inode.
    /// Every step of a path walk asks this, and for nearly all files it is true. False proves
    /// nothing.
    #[inline]
    pub(super) fn equals_plain_lower(&self) -> bool {
        self.kind() != Kind::Symlink && self.has_plain_attributes()
    }

    /// As [`Self::equals_plain_lower`], also for symbolic links.
    #[inline]
    pub(super) fn equals_plain_lower_or_link(&self) -> bool {
        self.has_plain_attributes() && (self.kind() != Kind::Symlink || self.equals_plain_link())
    }

    /// Whether permissions, owner, flags and size equal those of the lower inode, and no rule makes
    /// a difference: there are no set-id bits, and the mount maps no ids.
    #[inline]
    fn has_plain_attributes(&self) -> bool {
        let lower = self.lower();
        let mode = self.mode();
        let permissions = !(bindings::S_IFMT as umode_t);
        mode & SET_ID == 0
            && (mode ^ lower.mode()) & permissions == 0
            && (self.flags() ^ lower.flags()) & COPIED_FLAGS == 0
            && read_once!(self, i_uid).val == read_once!(lower, i_uid).val
            && read_once!(self, i_gid).val == read_once!(lower, i_gid).val
            && self.size() == lower.size()
            && !self.lower_mount().is_idmapped()
    }

    /// Whether both symbolic links have their access times updated, by relatime below, and have the
    /// same times.
    #[inline]
    fn equals_plain_link(&self) -> bool {
        let lower = self.lower();
        self.flags() & NOATIME == 0
            && lower.updates_atime()
            && self.lower_mount().is_relatime_only()
            && self.has_lower_change_time()
            && read_once!(self, i_atime_nsec) == read_once!(lower, i_atime_nsec)
            && read_once!(self, i_mtime_nsec) == read_once!(lower, i_mtime_nsec)
            && read_once!(self, i_atime_sec) == read_once!(lower, i_atime_sec)
            && read_once!(self, i_mtime_sec) == read_once!(lower, i_mtime_sec)
    }

    /// [`Self::attributes_match`] by all rules.
    fn attributes_match_by_kind(&self) -> bool {
        let is_symlink = self.kind() == Kind::Symlink;
        let compared = COPIED_FLAGS | if is_symlink { NOATIME } else { 0 };
        self.has_identity(&self.expected_identity())
            && (self.flags() ^ self.expected_flags(is_symlink)) & compared == 0
            && self.size() == self.lower().size()
            && (!is_symlink || self.symlink_times_match())
    }

    #[cold]
    fn symlink_times_match(&self) -> bool {
        let (lower, mount) = (self.lower().as_ptr(), self.lower_mount().as_ptr());
        // SAFETY: The references ensure that both inodes and the mount are valid.
        unsafe { bindings::shim_has_link_times(self.as_ptr(), lower, mount) }
    }

    /// The mode and owner that this inode should have: those of the lower inode. The mode is read
    /// first.
    #[inline]
    fn expected_identity(&self) -> Identity {
        let mode = self.expected_mode();
        let (uid, gid) = self.lower_owner();
        Identity { mode, uid, gid }
    }

    /// The lower inode's mode; without set-id bits if the lower mount gives them no effect.
    ///
    /// The file type is never updated: a bad lower inode may report a wrong one.
    fn expected_mode(&self) -> umode_t {
        let type_bits = bindings::S_IFMT as umode_t;
        let mut mode = self.lower().mode();
        if self.lower_mount().is_nosuid() && self.lower().kind() == Kind::Regular {
            mode &= !SET_ID;
        }
        match self.mode() & type_bits {
            // The inode is new.
            0 => mode,
            own => own | mode & !type_bits,
        }
    }

    /// The flags that this inode should have.
    ///
    /// When the VFS follows a symbolic link, the upper mount and the upper inode decide whether the
    /// access time is updated. The upper inode forbids the update where the lower mount or inode
    /// does.
    fn expected_flags(&self, is_symlink: bool) -> u32 {
        let lower = self.lower();
        let updates_atime = is_symlink && !self.lower_mount().is_noatime() && lower.updates_atime();
        let atime = if updates_atime { 0 } else { NOATIME };
        OWN_FLAGS | lower.flags() & COPIED_FLAGS | atime
    }

    /// Whether the inode has this mode and this owner.
    #[inline]
    fn has_identity(&self, identity: &Identity) -> bool {
        self.mode() == identity.mode
            && read_once!(self, i_uid).val == identity.uid.val
            && read_once!(self, i_gid).val == identity.gid.val
    }

    /// Copies from the lower inode the attributes that the VFS checks itself.
    ///
    /// Takes `i_lock`. Leaves mode and owner of a set-id program alone if somebody holds `i_rwsem`
    /// of either inode: then [`Self::attributes_match`] stays false, and the next call tries again.
    /// exec(2), which relies on the two, opens the file first, and that calls
    /// [`Self::refresh_and_wait`].
    pub(crate) fn refresh(&self) {
        self.copy_attributes(|| {
            Some(IdentityLocks {
                _own: Some(self.try_lock()?),
                _lower: self.lower().lock_shared(false).ok()?,
            })
        });
    }

    /// As [`Self::refresh`], but waits for `i_rwsem` if mode and owner of a set-id program have to
    /// be copied. The caller does not hold `i_rwsem`.
    pub(in crate::compat) fn refresh_and_wait(&self) {
        self.copy_attributes(|| {
            Some(IdentityLocks {
                _own: Some(self.lock()),
                _lower: self.lower().lock_shared(true).ok()?,
            })
        });
    }

    /// As [`Self::refresh`]. The caller holds `i_rwsem` exclusively.
    pub(in crate::compat) fn refresh_locked(&self) {
        self.copy_attributes(|| self.lock_identity_below());
    }

    /// Locks the lower inode alone.
    fn lock_identity_below(&self) -> Option<IdentityLocks<'_>> {
        Some(IdentityLocks {
            _own: None,
            _lower: self.lower().lock_shared(true).ok()?,
        })
    }

    /// As [`Self::refresh_locked`], if mode or owner differ from those of the lower inode. Returns
    /// whether they did.
    pub(in crate::compat) fn refresh_identity_locked(&self) -> bool {
        let differs = !self.has_identity(&self.expected_identity());
        if differs {
            self.refresh_locked();
        }
        differs
    }

    /// Copies the attributes; mode and owner of a set-id program only if `lock` succeeds.
    ///
    /// exec(2) reads the mode first and the owner second, with `i_rwsem` held. If the two changed
    /// separately, or without that lock, exec(2) could combine a set-id bit with the wrong owner.
    fn copy_attributes<'a>(&'a self, lock: impl FnOnce() -> Option<IdentityLocks<'a>>) {
        if !self.is_copied() {
            self.copy_all(lock);
        }
    }

    /// As [`Self::copy_attributes`], without asking whether there is something to copy.
    fn copy_all<'a>(&'a self, lock: impl FnOnce() -> Option<IdentityLocks<'a>>) {
        let expected = self.expected_identity();
        if !self.is_set_id(self.mode()) && !self.is_set_id(expected.mode) {
            // This mode has no set-id bits, so with any owner it gives nobody's rights away.
            self.copy_under_i_lock(Some(expected), false);
        } else if self.has_identity(&expected) {
            self.copy_under_i_lock(None, false);
        } else if let Some(_locks) = lock() {
            self.copy_under_i_lock(Some(self.expected_identity()), true);
        } else {
            self.copy_under_i_lock(None, false);
        }
    }

    /// Whether the inode has all that [`Self::copy_under_i_lock`] copies. Most operations change none
    /// of it, and the copy takes `i_lock`.
    fn is_copied(&self) -> bool {
        let lower = self.lower();
        let expected = self.expected_flags(self.kind() == Kind::Symlink);
        (self.flags() ^ expected) & WRITTEN_FLAGS == 0
            && self.link_count() == lower.link_count()
            && read_once!(self, i_generation) == read_once!(lower, i_generation)
            && self.attributes_match()
    }

    /// Whether a file of this type with the mode `mode` is a program that runs as its owner or
    /// group.
    fn is_set_id(&self, mode: umode_t) -> bool {
        mode & SET_ID != 0 && self.lower().kind() == Kind::Regular
    }

    /// Gives a new inode the attributes of the lower one.
    ///
    /// # Safety
    ///
    /// Nobody else uses the inode.
    pub(super) unsafe fn init_attributes(&self) {
        // The memory may hold the file type of a freed inode. With mode zero, `copy_all` takes the
        // type from the lower inode.
        write_once!(self, i_mode, 0);
        // The memory may hold the change time of the same file. Without it the first operation
        // copies the label of the lower inode: a module has set that of the root after its dentry
        // got the inode.
        // SAFETY: Nobody else uses the inode, by the safety requirements.
        unsafe { bindings::shim_reset_change_time(self.as_ptr()) };
        self.copy_all(|| self.lock_identity_below());
    }

    /// Copies all attributes except mode and owner, which are set to `identity`.
    ///
    /// If the caller does not hold `i_rwsem`, and another task has made this a set-id program
    /// meanwhile, mode and owner are left alone.
    fn copy_under_i_lock(&self, identity: Option<Identity>, holds_i_rwsem: bool) {
        let lower = self.lower();
        let is_symlink = lower.kind() == Kind::Symlink;
        let flags = self.expected_flags(is_symlink);
        // SAFETY: `self` is valid. This task does not hold `i_lock`. It is released below, and
        // nothing in between sleeps.
        unsafe { bindings::shim_lock_inode(self.as_ptr()) };
        // Set `S_NOSEC` before the mode. Otherwise a write could see set-id bits without it, and
        // the VFS would clear them here.
        // SAFETY: `self` is valid. The VFS changes other flags without `i_lock`. The call is a
        // cmpxchg, so it loses no flag that the VFS sets. A plain store by the VFS may lose ours:
        // the next refresh restores `COPIED_FLAGS` and `NOATIME`. `OWN_FLAGS` are set since
        // `set_up`, so a plain store that changes another flag keeps them. `notify_change()` and
        // setting xattrs clear `S_NOSEC` with `i_rwsem` held exclusively; `setattr` and the xattr
        // operation set it again under that lock.
        unsafe { bindings::inode_set_flags(self.as_ptr(), flags, WRITTEN_FLAGS) };
        if let Some(Identity { mode, uid, gid }) = identity {
            if holds_i_rwsem || !self.is_set_id(self.mode()) {
                write_once!(self, i_mode, mode);
                write_once!(self, i_uid, uid);
                write_once!(self, i_gid, gid);
            }
        }
        let generation = read_once!(lower, i_generation);
        write_once!(self, i_generation, generation);
        let links = lower.link_count();
        if self.link_count() != links {
            // SAFETY: `self` is valid, and `i_lock` serialises writers of the link count.
            unsafe { bindings::set_nlink(self.as_ptr(), links) };
        }
        // SAFETY: `self` is valid, and `i_lock` serialises writers of the size.
        unsafe { bindings::i_size_write(self.as_ptr(), lower.size()) };
        if is_symlink {
            let mount = self.lower_mount().as_ptr();
            // SAFETY: Both inodes and the mount are valid, and `i_lock` serialises writers of the
            // times.
            unsafe { bindings::shim_set_link_times(self.as_ptr(), lower.as_ptr(), mount) };
        }
        // SAFETY: This task has taken `i_lock` above.
        unsafe { bindings::shim_unlock_inode(self.as_ptr()) };
    }

    /// Copies the lower inode's size.
    pub(crate) fn refresh_size(&self) {
        if self.size() == self.lower().size() {
            return;
        }
        // SAFETY: `self` is valid. This task does not hold `i_lock`. It is released below, and
        // nothing in between sleeps.
        unsafe { bindings::shim_lock_inode(self.as_ptr()) };
        // SAFETY: `self` is valid, and `i_lock` serialises writers of the size.
        unsafe { bindings::i_size_write(self.as_ptr(), self.lower().size()) };
        // SAFETY: This task has taken `i_lock` above.
        unsafe { bindings::shim_unlock_inode(self.as_ptr()) };
    }

    /// Gives this inode the label that a security module (SELinux, Smack) has for the lower one.
    ///
    /// When a dentry gets the inode, the module reads the label that is stored in the lower file.
    /// The lower inode may have another one: a file without a stored label has that of its
    /// filesystem.
    ///
    /// The caller keeps a dentry that has the inode.
    pub(in crate::compat) fn copy_label(&self) {
        // SAFETY: Both inodes are valid and referenced. Both have a dentry: the caller keeps an
        // upper one with this inode, which keeps a lower one with the lower inode.
        unsafe { security_context::Answer::copy(self.lower().as_ptr(), self.as_ptr()) };
    }

    /// Copies the security label again if it may have changed below since the last copy, that is
    /// if the change time of the lower inode is another one. That of a symbolic link has another
    /// use ([`Self::attributes_match`]), so its label is copied only with its dentry.
    ///
    /// The caller is not in RCU walk.
    #[inline]
    pub(crate) fn refresh_label(&self) {
        if self.kind() == Kind::Symlink || self.has_lower_change_time() {
            return;
        }
        // The time is read before the label. A later change of the label sets a later time.
        // SAFETY: Both inodes are valid.
        if unsafe { bindings::shim_copy_change_time(self.as_ptr(), self.lower().as_ptr()) } {
            self.copy_label();
        }
    }

    /// Whether the change time is that of the lower inode. May be false for a moment, if others set
    /// the time below. Not a call, because most operations ask this, and it is true.
    #[inline]
    fn has_lower_change_time(&self) -> bool {
        // The kernel keeps a flag in the highest bit of the nanoseconds (`I_CTIME_QUERIED`).
        const NANOSECONDS: u32 = u32::MAX >> 1;
        let lower = self.lower();
        (read_once!(self, i_ctime_nsec) ^ read_once!(lower, i_ctime_nsec)) & NANOSECONDS == 0
            && read_once!(self, i_ctime_sec) == read_once!(lower, i_ctime_sec)
    }

    /// Updates the access time of the lower symbolic link, by the rules of the lower mount.
    pub(crate) fn touch_lower_atime(&self) {
        // SAFETY: The lower inode is valid.
        let alias = unsafe { bindings::d_find_any_alias(self.lower().as_ptr()) };
        let Some(alias) = NonNull::new(alias) else {
            return;
        };
        // SAFETY: The call has returned a reference to the dentry, which is ours.
        let alias = unsafe { ARef::<Dentry>::from_raw(alias.cast()) };
        // SAFETY: By the type invariant the lower inode belongs to the filesystem of the lower
        // mount, and so do its dentries.
        unsafe { Path::new(self.lower_mount(), &alias) }.touch_atime();
        self.refresh();
    }
}
