// SPDX-License-Identifier: GPL-2.0

//! Upper superblocks: each has the mount through which all its lower objects are reached.
//!
//! C header: `include/linux/fs.h`

use core::ptr::{null_mut, NonNull};

use crate::compat::{
    aref::ARef,
    dentry::Dentry,
    inode::{Inode, Kind},
    mount::Mount,
    path::OwnedPath,
    super_block::SuperBlock,
    upper::Upper,
};

impl Upper<SuperBlock> {
    /// The lower superblock.
    pub(crate) fn lower(&self) -> &SuperBlock {
        self.lower_mount().super_block()
    }

    /// Whether `device` is the device number that the lower root reports. It can differ from that
    /// of the lower superblock: btrfs has one for each subvolume.
    pub(crate) fn is_root_device(&self, device: bindings::dev_t) -> bool {
        // SAFETY: The root and its inode are set before an operation gets the superblock, and stay.
        let root = unsafe { (*(*self.as_ptr()).s_root).d_inode };
        // SAFETY: The root is an inode of this, upper, superblock.
        let is_directory = unsafe { Upper::<Inode>::from_raw(root) }.kind() == Kind::Directory;
        // What is mounted below and is no directory is the only file of its superblock.
        // SAFETY: The inode is valid. `i_rdev` was written before an operation got the superblock,
        // and nothing else uses it in a directory.
        !is_directory || unsafe { (*root).i_rdev } == device
    }

    /// Whether what is mounted below the lower directory shows at the same place above.
    pub(crate) fn crosses_submounts(&self) -> bool {
        // SAFETY: The root is set before an operation gets the superblock, and stays as long as it
        // is mounted.
        let root = unsafe { Upper::<Dentry>::from_raw((*self.as_ptr()).s_root) };
        root.has_automount()
    }

    /// The root, which stays as long as the superblock is mounted.
    ///
    /// # Safety
    ///
    /// The current operation has reached the superblock through one of its mounts, and a reference
    /// to that mount is held. A mount keeps `s_root`.
    pub(in crate::compat) unsafe fn root(&self) -> ARef<Upper<Dentry>> {
        // SAFETY: `s_root` is set before an operation gets the superblock. The safety requirements
        // ensure that a mount of the superblock is referenced, and keeps `s_root`.
        let root = unsafe { bindings::dget((*self.as_ptr()).s_root) };
        // SAFETY: `dget()` returns its argument, which is not null. The reference that it has taken
        // is ours.
        unsafe { ARef::from_raw(NonNull::new_unchecked(root.cast())) }
    }

    /// Forgets the unused names of the encrypted files whose key was removed in the lower
    /// filesystem, and with them the inodes: they would keep the lower files in use. Other names
    /// stay, because every user can add and remove a key of his own. Returns whether there was such
    /// a file. May sleep.
    pub(crate) fn forget_names_without_key(&self) -> bool {
        let mut inode = null_mut();
        let mut found = false;
        loop {
            // SAFETY: `self` is a valid superblock, and an open file or another user of it keeps it
            // mounted. The call takes back the reference that it has returned before.
            inode = unsafe { bindings::shim_next_inode(self.as_ptr(), inode) };
            if inode.is_null() {
                return found;
            }
            // SAFETY: The reference to the inode is ours until the next call. The inode got its
            // lower inode before it entered the list of its superblock, an upper one.
            if unsafe { Upper::<Inode>::from_raw(inode) }.has_lost_key() {
                found = true;
                // SAFETY: As above. The caller may sleep.
                unsafe { bindings::shim_forget_names(inode) };
            }
        }
    }

    /// Whether `path` is the lower directory that was mounted, by the same mount. The superblock is
    /// mounted.
    pub(crate) fn has_lower_root(&self, path: &OwnedPath) -> bool {
        // SAFETY: The superblock is mounted, so it has its root, an upper dentry with a lower one.
        let root: &Upper<Dentry> = unsafe { Upper::from_raw((*self.as_ptr()).s_root) };
        core::ptr::eq(root.lower(), path.dentry())
            && core::ptr::eq(self.lower_mount(), path.mount())
    }

    /// Makes syncfs(2) above report, once for each open file, the errors of writes that failed
    /// below after they had returned. The caller is `sync_fs`, after the lower filesystem was
    /// synced.
    pub(crate) fn take_lower_write_errors(&self) {
        // SAFETY: Both superblocks are valid.
        unsafe { bindings::shim_take_write_errors(self.as_ptr(), self.lower().as_ptr()) };
    }

    /// The mount through which all lower objects are reached.
    pub(crate) fn lower_mount(&self) -> &Mount {
        // SAFETY: By the type invariant `s_fs_info` points to the lower mount, which stays valid as
        // long as `self`.
        unsafe { &*(*self.as_ptr()).s_fs_info.cast() }
    }
}
