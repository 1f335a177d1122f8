// SPDX-License-Identifier: GPL-2.0

//! A superblock that is being set up.
//!
//! C header: `include/linux/fs.h`

use core::{marker::PhantomData, ptr};

use bindings::{dev_t, super_block};

use super::{
    dentry::DentryTable, handle::HandleTables, super_block::SuperTables, xattr::XattrTable,
    FsContext, Operations,
};
use crate::compat::{
    aref::ARef,
    dentry::Dentry,
    error::{code, from_status, Result},
    inode::{Inode, Kind},
    mount::Mount,
    path::OwnedPath,
    shims::default_dentry_ops::{self, DefaultDentryOps},
    submount,
    super_block::{SuperBlock, MAX_STACK_DEPTH},
    upper::Upper,
};

/// A superblock that `fill_super` of [`super::super_block`] sets up.
///
/// Only [`Self::set_up`] calls the other methods: each once, and in the order in which they stand
/// here. Their proofs rely on that.
///
/// # Invariants
///
/// The pointer is valid. While the value lives, nobody else reads or writes the members that a
/// filesystem sets.
pub(super) struct NewSuperBlock<'a>(*mut super_block, PhantomData<&'a mut super_block>);

impl NewSuperBlock<'_> {
    /// # Safety
    ///
    /// `sb` is valid. While the value lives, nobody else reads or writes the members that a
    /// filesystem sets.
    pub(super) unsafe fn from_raw(sb: *mut super_block) -> Self {
        // INVARIANT: The safety requirements of this function are the type invariants.
        Self(sb, PhantomData)
    }

    /// Makes it an upper superblock whose root has `lower` behind it. `device` is the device number
    /// that `lower` reports. `crosses_submounts` says whether it shows what is mounted below.
    ///
    /// Errors: `EINVAL` if the filesystem of `lower` must not have another on top; `ENOMEM`; those
    /// of that filesystem. The VFS calls [`super::kill_sb`] after an error too.
    pub(super) fn set_up<T: Operations>(
        &self,
        context: &FsContext<'_>,
        lower: OwnedPath,
        device: dev_t,
        crosses_submounts: bool,
    ) -> Result {
        let (mount, lower_root) = lower.into_parts();
        let lower_inode = lower_root.positive()?;
        let lower_sb = lower_inode.super_block();
        // There is one lock class for each depth.
        if lower_sb.stack_depth() >= MAX_STACK_DEPTH {
            let why = c"is on a filesystem that no other may be stacked on: mount what lies below it instead";
            return Err(context.refuse(code::EINVAL, why));
        }
        self.copy_limits(lower_sb);
        self.copy_uuid(lower_sb);
        self.copy_restrictions(lower_sb, &mount);
        self.set_tables::<T>(crosses_submounts);
        self.set_xattr_handlers::<T>(lower_inode);
        self.set_handles::<T>(lower_sb);
        let upper = self.set_lower_mount(mount);
        let inode = Upper::<Inode>::iget::<T>(upper, lower_inode)?;
        let lower_sb = lower_sb.as_ptr();
        self.set_root(inode, lower_root, device)?;
        // SAFETY: The lower mount, which this superblock has now, keeps its superblock. That was
        // mounted, and so the security module has set it up.
        unsafe { self.copy_security_options(context, lower_sb) }
    }

    /// As [`Self::set_up`], for what is mounted below a lower directory.
    pub(super) fn set_up_submount<T: Operations>(
        &self,
        context: &FsContext<'_>,
        lower: OwnedPath,
        device: dev_t,
        request: &submount::Request<'_>,
    ) -> Result {
        self.set_up::<T>(context, lower, device, true)?;
        if request.is_readonly_above() {
            // SAFETY: The type invariants ensure that the superblock is valid and ours.
            unsafe { (*self.0).s_flags |= bindings::SB_RDONLY as usize };
        }
        // SAFETY: `set_up` has made it an upper superblock, and set its lower mount. `kill_sb`
        // calls `forget`.
        unsafe { request.record(Upper::from_raw(self.0)) }
    }

    /// Copies the limits of the lower filesystem, and sets the depth to one more than its depth.
    #[inline]
    fn copy_limits(&self, lower: &SuperBlock) {
        let (sb, lower) = (self.0, lower.as_ptr());
        // SAFETY: The type invariants ensure that `sb` is valid and ours. `lower` comes from a
        // reference, and its filesystem has set these members before it could be mounted.
        unsafe {
            (*sb).s_stack_depth = (*lower).s_stack_depth + 1;
            (*sb).s_maxbytes = (*lower).s_maxbytes;
            (*sb).s_blocksize = (*lower).s_blocksize;
            (*sb).s_blocksize_bits = (*lower).s_blocksize_bits;
            (*sb).s_magic = (*lower).s_magic;
            (*sb).s_time_gran = (*lower).s_time_gran;
            (*sb).s_time_min = (*lower).s_time_min;
            (*sb).s_time_max = (*lower).s_time_max;
        }
    }

    /// Copies the UUID, by which FS_IOC_GETFSUUID and the integrity subsystem identify the
    /// filesystem that holds the data.
    #[inline]
    fn copy_uuid(&self, lower: &SuperBlock) {
        // SAFETY: The type invariants ensure that the superblock is valid and ours. `lower` comes
        // from a reference.
        unsafe { bindings::shim_copy_uuid(self.0, lower.as_ptr()) };
    }

    /// Forbids above what the lower filesystem or the lower mount forbids. There are POSIX ACLs
    /// above if there are any below.
    #[inline]
    fn copy_restrictions(&self, lower: &SuperBlock, mount: &Mount) {
        // The lower directory applies the umask, unless it has a default ACL.
        // sync(2) visits the lower filesystem itself. syncfs(2) and unmounting call `sync_fs`.
        let mut internal_flags =
            bindings::SB_I_NOUMASK as usize | bindings::SB_I_SKIP_SYNC as usize;
        internal_flags |= lower.internal_flags()
            & (bindings::SB_I_NODEV as usize | bindings::SB_I_NOEXEC as usize);
        if mount.is_nodev() {
            internal_flags |= bindings::SB_I_NODEV as usize;
        }
        if mount.is_noexec() {
            internal_flags |= bindings::SB_I_NOEXEC as usize;
        }
        // Nothing can combine the idmap of the lower mount with another one ([`super::idmap`]).
        if mount.is_idmapped() {
            internal_flags |= bindings::SB_I_NOIDMAP as usize;
        }
        // SAFETY: The type invariants ensure that the superblock is valid and ours.
        unsafe { (*self.0).s_iflags |= internal_flags };
        let has_acls = lower.flags() & bindings::SB_POSIXACL as usize;
        // SAFETY: As above, the superblock is valid and ours.
        unsafe {
            // mount(2) may have set the flag.
            (*self.0).s_flags &= !(bindings::SB_POSIXACL as usize);
            (*self.0).s_flags |= has_acls;
        }
        if mount.is_readonly() {
            // SAFETY: As above, the superblock is valid and ours.
            unsafe { (*self.0).s_flags |= bindings::SB_RDONLY as usize };
        }
    }

    /// Sets the operations of the superblock and its dentries, and the lock classes for its depth.
    fn set_tables<T: Operations>(&self, crosses_submounts: bool) {
        let dentry_table = match crosses_submounts {
            true => T::WITH_SUBMOUNTS,
            false => T::TABLE,
        };
        // SAFETY: The type invariants ensure that the superblock is valid and ours. The table is
        // static.
        unsafe { (*self.0).s_op = T::SUPER };
        // SAFETY: The superblock is being set up, has no dentry yet, and the table is static.
        unsafe { default_dentry_ops::Answer::set(self.0, dentry_table) };
        // SAFETY: The superblock is valid, and nobody has taken one of these locks yet. `set_up()`
        // has checked that there is a class for its depth.
        unsafe { bindings::shim_set_super_lock_classes(self.0) };
    }

    /// Sets the handlers of extended attributes. `lower` is the inode of the lower root.
    fn set_xattr_handlers<T: Operations>(&self, lower: &Inode) {
        // SAFETY: The inode is valid, and has its superblock.
        let handlers = match unsafe { bindings::xattr_supports_user_prefix(lower.as_ptr()) } {
            0 => T::HANDLERS_WITH_USER,
            _ => T::HANDLERS,
        };
        // SAFETY: The type invariants ensure that the superblock is valid and ours. The array is
        // static, and the VFS does not write to it.
        unsafe { (*self.0).s_xattr = ptr::from_ref(handlers).cast_mut().cast() };
    }

    /// Sets the operations on file handles: those that the lower filesystem has.
    fn set_handles<T: Operations>(&self, lower: &SuperBlock) {
        let table = T::table(lower.handles()).map_or(ptr::null(), ptr::from_ref);
        // SAFETY: The type invariants ensure that the superblock is valid and ours. The table is
        // static.
        unsafe { (*self.0).s_export_op = table };
    }

    /// Sets the lower mount. The reference to it belongs to the superblock until
    /// [`super::kill_sb`].
    #[inline]
    fn set_lower_mount(&self, mount: ARef<Mount>) -> &Upper<SuperBlock> {
        // SAFETY: The type invariants ensure that the superblock is valid and ours.
        unsafe { (*self.0).s_fs_info = mount.into_raw().as_ptr().cast() };
        // INVARIANT: `s_fs_info` holds a reference to the lower mount.
        // SAFETY: The superblock is an upper one now. It stays valid while `self` lives.
        unsafe { Upper::from_raw(self.0) }
    }

    /// Makes the root dentry of `inode`, with `lower` behind it. `device` is the device number that
    /// `lower` reports.
    ///
    /// Errors: `ENOMEM`.
    #[inline]
    fn set_root(&self, inode: ARef<Upper<Inode>>, lower: ARef<Dentry>, device: dev_t) -> Result {
        let is_directory = inode.kind() == Kind::Directory;
        if is_directory {
            // SAFETY: The inode is the first of the new superblock, and nobody else can find it.
            unsafe { (*inode.as_ptr()).i_rdev = device };
        }
        // SAFETY: The superblock of the inode has its operations. The call takes over the reference
        // to the inode, even if it fails.
        let root = unsafe { bindings::d_make_root(inode.into_raw().as_ptr().cast()) };
        if root.is_null() {
            return Err(code::ENOMEM);
        }
        // INVARIANT: `d_fsdata` is null until `set_lower()` sets it.
        // SAFETY: The dentry belongs to an upper superblock, and the reference to it is ours until
        // `s_root` has it.
        let upper = unsafe { Upper::<Dentry>::from_raw(root) };
        // SAFETY: Nobody else can find the dentry, whose `d_fsdata` is null. The lower dentry and
        // the lower mount come from one path.
        unsafe { upper.set_lower(lower) };
        if let Some(inode) = upper.upper_inode().filter(|_| is_directory) {
            // SAFETY: The root has this inode and its lower dentry, and the reference to it is
            // ours.
            unsafe { inode.set_alias(root) };
        }
        // SAFETY: The type invariants ensure that the superblock is valid and ours. It takes over
        // the reference to the dentry.
        unsafe { (*self.0).s_root = root };
        Ok(())
    }

    /// Makes a security module treat the labels of this filesystem as those of the lower one, if
    /// the user has given no options for security modules.
    ///
    /// SELinux's policy lists the types of filesystems that store labels, and lists none that it
    /// does not know. With the lower filesystem's options it takes the labels that the lower files
    /// have. The VFS sets the options of the mount later, which without options changes nothing for
    /// a type with `FS_BINARY_MOUNTDATA`.
    ///
    /// Errors: those of the security module.
    ///
    /// # Safety
    ///
    /// `lower` is valid, and was mounted.
    unsafe fn copy_security_options(
        &self,
        context: &FsContext<'_>,
        lower: *const super_block,
    ) -> Result {
        if context.has_security_options() {
            return Ok(());
        }
        let mut ignored = 0;
        // SAFETY: The safety requirements of this function ensure that `lower` is valid and set up.
        // The type invariants ensure that this superblock is valid and ours. It has its root.
        from_status(unsafe { bindings::security_sb_clone_mnt_opts(lower, self.0, 0, &mut ignored) })
    }
}
