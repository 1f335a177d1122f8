// SPDX-License-Identifier: GPL-2.0

//! Upper inodes: one for each lower inode, so that hard links share it.

use core::ptr::{addr_of, addr_of_mut, NonNull};

use bindings::{ffi::c_int, ffi::c_void, umode_t};

use crate::compat::{
    counted::Counted,
    error::{code, Result},
    inode::{read_once, Inode, Kind},
    mount::Mount,
    ops::Tables,
    super_block::SuperBlock,
    upper::Upper,
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

/// Flags of every upper inode. Times are the lower inode's affair, and so is the loss of set-id bits
/// and capabilities: `S_NOSEC` keeps the VFS from doing it here a second time.
const OWN_FLAGS: u32 = (bindings::S_NOATIME | bindings::S_NOCMTIME | bindings::S_NOSEC) as u32;

impl Upper<Inode> {
    /// The inode behind this one.
    pub(crate) fn lower(&self) -> &Inode {
        // SAFETY: By the type invariant `i_private` is a lower inode, kept as long as `self`.
        unsafe { &*(*self.as_ptr()).i_private.cast() }
    }

    /// The mount that the lower inode is reached by.
    pub(crate) fn lower_mount(&self) -> &Mount {
        // SAFETY: The superblock of an upper inode is an upper one.
        unsafe { Upper::<SuperBlock>::from_raw(self.super_block().as_ptr()) }.lower_mount()
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

    /// What the VFS decides upon by itself, permissions and the size above all, is as the lower inode
    /// has it.
    pub(crate) fn is_fresh(&self) -> bool {
        let lower = self.lower();
        let (uid, gid) = self.lower_owner();
        self.mode() == self.wanted_mode()
            && read_once!(self, i_uid).val == uid.val
            && read_once!(self, i_gid).val == gid.val
            && (self.flags() ^ lower.flags()) & COPIED_FLAGS == 0
            && self.size() == lower.size()
    }

    /// The lower inode's mode; without set-id bits if its mount has them without effect. The type
    /// stays what it was: that of an inode that has gone bad below is not to be trusted.
    fn wanted_mode(&self) -> umode_t {
        let type_bits = bindings::S_IFMT as umode_t;
        let mut mode = self.lower().mode();
        if self.lower_mount().is_nosuid() && self.lower().kind() == Kind::Regular {
            mode &= !((bindings::S_ISUID | bindings::S_ISGID) as umode_t);
        }
        match self.mode() & type_bits {
            0 => mode,
            own => own | mode & !type_bits,
        }
    }

    /// Copies from the lower inode what the VFS wants to find in this one.
    ///
    /// Takes `i_lock`. Changes below may be half seen: whoever relies on the copy asks
    /// [`Self::is_fresh`] next time.
    pub(crate) fn refresh(&self) {
        let lower = self.lower();
        let (uid, gid) = self.lower_owner();
        let mode = self.wanted_mode();
        let flags = OWN_FLAGS | (lower.flags() & COPIED_FLAGS);
        // SAFETY: `self` is valid. The VFS changes flags of its own under other locks than `i_lock`.
        unsafe {
            bindings::shim_lock_inode(self.as_ptr());
            // `S_NOSEC` comes back before the mode can bring set-id bits: a write that found the one
            // without the other would have the VFS remove them from here.
            bindings::inode_set_flags(self.as_ptr(), flags, OWN_FLAGS | COPIED_FLAGS);
        }
        write_once!(self, i_mode, mode);
        write_once!(self, i_uid, uid);
        write_once!(self, i_gid, gid);
        let generation = read_once!(lower, i_generation);
        write_once!(self, i_generation, generation);
        let links = lower.link_count();
        if self.link_count() != links {
            // SAFETY: `self` is valid.
            unsafe { bindings::set_nlink(self.as_ptr(), links) };
        }
        // SAFETY: `self` is valid, and writers of the size are serialised by `i_lock`.
        unsafe {
            bindings::i_size_write(self.as_ptr(), lower.size());
            bindings::shim_unlock_inode(self.as_ptr());
        }
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

    /// Whether `lower` is what this inode stands for.
    pub(crate) fn stands_for(&self, lower: &Inode) -> bool {
        core::ptr::eq(self.lower(), lower)
    }
}

/// What an upper inode is looked for by, and whether it had to be made.
struct Wanted {
    lower: *mut bindings::inode,
    is_new: bool,
}

/// # Safety
///
/// `inode` is an inode of an upper superblock and `data` a `Wanted`.
unsafe extern "C" fn test(inode: *mut bindings::inode, data: *mut c_void) -> c_int {
    // SAFETY: By the contract of this function.
    unsafe { c_int::from((*inode).i_private == (*data.cast::<Wanted>()).lower.cast()) }
}

/// # Safety
///
/// `inode` is a new inode of an upper superblock, seen by nobody else, and `data` a `Wanted` whose
/// lower inode is counted by the caller.
unsafe extern "C" fn set(inode: *mut bindings::inode, data: *mut c_void) -> c_int {
    // SAFETY: By the contract of this function.
    unsafe {
        let wanted = &mut *data.cast::<Wanted>();
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
    ) -> Result<Counted<Upper<Inode>>> {
        let mut wanted = Wanted {
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
        let inode = unsafe { Counted::<Upper<Inode>>::from_raw(inode.cast()) };
        // `set` runs for the one caller whose inode this becomes, and that one has to finish it.
        if wanted.is_new {
            inode.set_up::<T>();
            // SAFETY: New, and finished.
            unsafe { bindings::unlock_new_inode(inode.as_ptr()) };
        }
        Ok(inode)
    }

    /// Gives a new inode its identity and its operations; nobody else uses it yet.
    fn set_up<T: Tables>(&self) {
        let (inode, lower) = (self.as_ptr(), self.lower());
        // What the memory held before may have had a type; this inode has none yet.
        write_once!(self, i_mode, 0);
        self.refresh();
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
            bindings::iput((*inode).i_private.cast());
        }
    }
}
