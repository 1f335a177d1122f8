// SPDX-License-Identifier: GPL-2.0

//! Operations of a filesystem as a whole: mounting and unmounting it, its statistics, its options.
//!
//! C headers: `include/linux/fs_context.h`, `include/linux/fs.h`

use core::{
    ffi::CStr,
    marker::PhantomData,
    mem::MaybeUninit,
    ptr::{self, NonNull},
};

use bindings::{
    dentry, dev_t, ffi::c_int, ffi::c_uint, fs_context, fs_context_operations, fs_parameter, inode,
    kstatfs, seq_file, super_block, super_operations,
};

use super::{dentry::DentryTable, handle::HandleTables, xattr::XattrTable, Adapter, Operations};
use crate::compat::{
    aref::ARef,
    deferred,
    dentry::Dentry,
    error::{code, from_status, no_such_option, to_status, Error, Result},
    inode::{Inode, Kind},
    mount::Mount,
    option::{MountOption, Parsed, ShownOptions},
    path::{OwnedPath, StatFs},
    raw::empty_super_operations,
    shims::{
        default_dentry_ops::{self, DefaultDentryOps},
        freeze_super_op::{Answer as FreezeOp, Freeze, FreezeSuperOp},
    },
    submount,
    super_block::{SuperBlock, MAX_STACK_DEPTH},
    upper::Upper,
};

/// The operations of a filesystem as a whole.
pub(crate) trait FileSystem: 'static {
    /// The name of the type, as in `mount -t NAME`.
    const NAME: &'static CStr;

    /// Takes an option of a mount that is being made, or of one whose options are being changed
    /// ([`FsContext::reconfigured`]). The VFS has taken `ro`, `rw` and the other flags that it
    /// knows.
    fn parse_option(context: &FsContext<'_>, option: MountOption<'_>) -> Result<Parsed>;

    /// Finds the lower directory that becomes the root of the new mount.
    fn lower_root(context: &FsContext<'_>) -> Result<OwnedPath>;

    /// Checks whether `lower` can be passed through: the result of [`Self::lower_root`], or what is
    /// mounted below it.
    fn check_lower(context: &FsContext<'_>, lower: &OwnedPath) -> Result;

    /// Gets the statistics of the filesystem. The VFS has cleared `stat`.
    fn statfs(dentry: &Upper<Dentry>, stat: &mut StatFs) -> Result;

    /// Shows the options of the filesystem. The VFS shows the flags of the mount itself.
    fn show_options(sb: &Upper<SuperBlock>, options: &mut ShownOptions<'_>);

    /// Applies the changed options of `context` to the mounted filesystem `sb`. After that the VFS
    /// sets [`FsContext::flags`].
    ///
    /// The VFS holds `s_umount` of `sb` exclusively.
    fn reconfigure(sb: &Upper<SuperBlock>, context: &FsContext<'_>) -> Result;

    /// Freezes the filesystem for user space (FIFREEZE): until it is thawed, changes wait.
    fn freeze(sb: &Upper<SuperBlock>) -> Result;

    /// Thaws the filesystem (FITHAW).
    fn thaw(sb: &Upper<SuperBlock>) -> Result;

    /// Writes all dirty data. If `wait` is true, waits until the data is written; otherwise it is
    /// enough to start writing.
    fn sync_fs(sb: &Upper<SuperBlock>, wait: bool) -> Result;
}

/// The parameters of a mount that is being made, and where its errors are reported
/// (`struct fs_context`).
///
/// # Invariants
///
/// The pointer is valid, and nobody else uses what it points to while the value lives.
pub(crate) struct FsContext<'a>(*mut fs_context, PhantomData<&'a mut fs_context>);

impl FsContext<'_> {
    /// # Safety
    ///
    /// `context` is valid, and nobody else uses it while the value lives.
    unsafe fn from_raw(context: *mut fs_context) -> Self {
        // INVARIANT: The safety requirements of this function are the type invariants.
        Self(context, PhantomData)
    }

    /// The source of the mount, the first argument of mount(2), if one was given.
    pub(crate) fn source(&self) -> Option<&CStr> {
        // SAFETY: The type invariants ensure that the context is valid.
        let source = unsafe { (*self.0).source };
        (!source.is_null()).then(|| {
            // SAFETY: The context owns the string, which ends in a null byte, and nobody replaces
            // it while the value lives.
            unsafe { CStr::from_ptr(source.cast()) }
        })
    }

    /// The mounted filesystem whose options are being changed; `None` for a new mount.
    pub(crate) fn reconfigured(&self) -> Option<&Upper<SuperBlock>> {
        // SAFETY: The type invariants ensure that the context is valid. A context that changes
        // options has a root.
        let sb = unsafe { bindings::shim_fc_reconfigured(self.0) };
        // SAFETY: The context has this filesystem's type, so the superblock is an upper one. The
        // context keeps it mounted.
        (!sb.is_null()).then(|| unsafe { Upper::from_raw(sb) })
    }

    /// Makes the new mount show what is mounted below the lower directory, or not.
    pub(crate) fn set_crosses_submounts(&self, crosses: bool) {
        if self.submount().is_none() {
            // SAFETY: The type invariants ensure that the context is valid and ours. Except for a
            // submount, `fs_private` is this flag alone.
            unsafe { (*self.0).fs_private = usize::from(crosses) as *mut _ };
        }
    }

    /// Whether the new mount shows what is mounted below the lower directory.
    fn crosses_submounts(&self) -> bool {
        // SAFETY: The type invariants ensure that the context is valid.
        !unsafe { (*self.0).fs_private }.is_null()
    }

    /// The submount that the context is for, if it is for one.
    fn submount(&self) -> Option<NonNull<submount::Request<'_>>> {
        // SAFETY: The type invariants ensure that the context is valid.
        let private =
            unsafe { bindings::shim_fc_is_submount(self.0).then_some((*self.0).fs_private) };
        private.and_then(NonNull::new).map(NonNull::cast)
    }

    /// The flags of the VFS that are being set. A flag that is being cleared, or is not mentioned,
    /// is not among them.
    pub(crate) fn flags(&self) -> SuperFlags {
        // SAFETY: The type invariants ensure that the context is valid.
        SuperFlags(unsafe { bindings::shim_fc_flags(self.0) })
    }

    /// Whether a filesystem that is read-only is being made writable.
    pub(crate) fn makes_writable(&self) -> bool {
        // SAFETY: The type invariants ensure that the context is valid.
        unsafe { bindings::shim_fc_makes_writable(self.0) }
    }

    /// Looks the path `name` up, from the root or working directory of the task that mounts. May
    /// sleep.
    ///
    /// Errors: `ENOENT`, `ENOTDIR`, `EACCES`, `ELOOP`, and those of the filesystems on the way.
    pub(crate) fn lookup_directory(&self, name: &CStr) -> Result<OwnedPath> {
        OwnedPath::of_directory(name)
    }

    /// Whether options for a security module were given, such as `context=` for SELinux.
    fn has_security_options(&self) -> bool {
        // SAFETY: The type invariants ensure that the context is valid.
        !unsafe { (*self.0).security }.is_null()
    }

    /// Reports why the mount fails, in the context's log and the kernel's. Returns `error`.
    pub(crate) fn refuse(&self, error: Error, why: &CStr) -> Error {
        let subject = match self.reconfigured() {
            Some(_) => c"remount",
            None => self.source().unwrap_or(c"(no source)"),
        };
        // SAFETY: The type invariants ensure that the context is valid and ours. A `CStr` ends in a
        // null byte.
        unsafe { bindings::shim_fc_error(self.0, subject.as_ptr().cast(), why.as_ptr().cast()) };
        error
    }
}

/// Flags of a superblock (`SB_*`).
#[derive(Clone, Copy)]
pub(crate) struct SuperFlags(c_uint);

impl SuperFlags {
    /// Whether data is to be written to the disk before a write returns (`sync`).
    pub(crate) fn is_synchronous(self) -> bool {
        self.0 & bindings::SB_SYNCHRONOUS as c_uint != 0
    }

    /// Whether changes to directories are to be written to the disk before they return (`dirsync`).
    pub(crate) fn is_dirsync(self) -> bool {
        self.0 & bindings::SB_DIRSYNC as c_uint != 0
    }
}

/// The tables of one filesystem as a whole.
trait SuperTables {
    const CONTEXT: &'static fs_context_operations;
    const SUPER: &'static super_operations;
}

impl<T: Operations> SuperTables for T {
    // Without `parse_monolithic`, security modules see each option.
    const CONTEXT: &'static fs_context_operations = &fs_context_operations {
        get_tree: Some(get_tree::<T>),
        parse_param: Some(parse_param::<T>),
        reconfigure: Some(reconfigure::<T>),
        // SAFETY: Every member is an `Option` of a function pointer, for which zero is valid.
        ..unsafe { MaybeUninit::zeroed().assume_init() }
    };
    const SUPER: &'static super_operations = &super_operations {
        drop_inode: Some(drop_inode),
        evict_inode: Some(evict_inode),
        freeze_super: <FreezeOp as FreezeSuperOp<Adapter<T>>>::TABLE.freeze_super,
        show_options: Some(show_options::<T>),
        statfs: Some(statfs::<T>),
        sync_fs: Some(sync_fs::<T>),
        thaw_super: <FreezeOp as FreezeSuperOp<Adapter<T>>>::TABLE.thaw_super,
        ..empty_super_operations()
    };
}

/// Prepares a new context, as the first step of a mount (`file_system_type.init_fs_context`).
///
/// # Safety
///
/// `context` is valid, new, and nobody else uses it during the call.
pub(in crate::compat) unsafe extern "C" fn init_fs_context<T: Operations>(
    context: *mut fs_context,
) -> c_int {
    // SAFETY: The safety requirements of this function ensure that the context is valid and ours.
    // The table is static.
    unsafe {
        (*context).ops = T::CONTEXT;
        // `i_version` of an upper directory's inode holds a dentry, so the VFS must not store
        // versions there.
        (*context).sb_flags &= !(bindings::SB_I_VERSION as c_uint);
    }
    0
}

unsafe extern "C" fn parse_param<T: Operations>(
    context: *mut fs_context,
    param: *mut fs_parameter,
) -> c_int {
    // SAFETY: The VFS passes a valid context to this call alone.
    let context = unsafe { FsContext::from_raw(context) };
    // SAFETY: The VFS passes a valid parameter to this call alone. `vfs_parse_fs_param()` has
    // checked that it has a key.
    let option = unsafe { MountOption::from_raw(param) };
    to_status(
        T::parse_option(&context, option).and_then(|parsed| match parsed {
            Parsed::Taken => Ok(()),
            Parsed::Unknown => Err(no_such_option()),
        }),
    )
}

unsafe extern "C" fn reconfigure<T: Operations>(context: *mut fs_context) -> c_int {
    // SAFETY: The VFS passes a valid context to this call alone.
    let context = unsafe { FsContext::from_raw(context) };
    to_status(match context.reconfigured() {
        Some(sb) => T::reconfigure(sb, &context),
        // The VFS does not reconfigure by another context.
        None => Err(code::EINVAL),
    })
}

unsafe extern "C" fn get_tree<T: Operations>(context: *mut fs_context) -> c_int {
    // SAFETY: The VFS passes a valid context. `fill_super` sets up the superblock that this call
    // allocates, a new one for every mount.
    unsafe { bindings::get_tree_nodev(context, Some(fill_super::<T>)) }
}

unsafe extern "C" fn fill_super<T: Operations>(
    sb: *mut super_block,
    context: *mut fs_context,
) -> c_int {
    // SAFETY: The VFS passes a valid context to this call alone.
    let context = unsafe { FsContext::from_raw(context) };
    // SAFETY: The VFS has allocated `sb` for this call and holds its `s_umount` exclusively. Other
    // tasks can find it in lists, but do not use it before this call has succeeded (`SB_BORN`).
    let sb = unsafe { NewSuperBlock::from_raw(sb) };
    let Some(mut request) = context.submount() else {
        return to_status(T::lower_root(&context).and_then(|lower| {
            T::check_lower(&context, &lower)?;
            let device = lower.as_path().device()?;
            sb.set_up::<T>(&context, lower, device)
        }));
    };
    // SAFETY: `submount::make` has made this context, and keeps the request until the mount is made.
    // Nobody else uses it meanwhile.
    let request = unsafe { request.as_mut() };
    to_status(request.take_lower().and_then(|(lower, device)| {
        T::check_lower(&context, &lower)?;
        sb.set_up_submount::<T>(&context, lower, device, request)
    }))
}

/// A superblock that [`fill_super`] sets up.
///
/// Only [`Self::set_up`] calls the other methods: each once, and in the order in which they stand
/// here. Their proofs rely on that.
///
/// # Invariants
///
/// The pointer is valid. While the value lives, nobody else reads or writes the members that a
/// filesystem sets.
struct NewSuperBlock<'a>(*mut super_block, PhantomData<&'a mut super_block>);

impl NewSuperBlock<'_> {
    /// # Safety
    ///
    /// `sb` is valid. While the value lives, nobody else reads or writes the members that a
    /// filesystem sets.
    unsafe fn from_raw(sb: *mut super_block) -> Self {
        // INVARIANT: The safety requirements of this function are the type invariants.
        Self(sb, PhantomData)
    }

    /// Makes it an upper superblock whose root has `lower` behind it. `device` is the device number
    /// that `lower` reports.
    ///
    /// Errors: `EINVAL` if the filesystem of `lower` must not have another on top; `ENOMEM`; those
    /// of that filesystem. The VFS calls [`kill_sb`] after an error too.
    fn set_up<T: Operations>(
        &self,
        context: &FsContext<'_>,
        lower: OwnedPath,
        device: dev_t,
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
        self.set_tables::<T>(context.crosses_submounts());
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
    fn set_up_submount<T: Operations>(
        &self,
        context: &FsContext<'_>,
        lower: OwnedPath,
        device: dev_t,
        request: &submount::Request<'_>,
    ) -> Result {
        self.set_up::<T>(context, lower, device)?;
        if request.is_readonly_above() {
            // SAFETY: The type invariants ensure that the superblock is valid and ours.
            unsafe { (*self.0).s_flags |= bindings::SB_RDONLY as usize };
        }
        // SAFETY: `set_up` has made it an upper superblock, and set its lower mount. `kill_sb` calls
        // `forget`.
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
        let handlers = ptr::from_ref(T::HANDLERS).cast_mut().cast();
        // SAFETY: The type invariants ensure that the superblock is valid and ours. The tables are
        // static, and the VFS does not write to them.
        unsafe {
            (*self.0).s_op = T::SUPER;
            (*self.0).s_xattr = handlers;
        }
        // SAFETY: The superblock is being set up, has no dentry yet, and the table is static.
        unsafe { default_dentry_ops::Answer::set(self.0, dentry_table) };
        // SAFETY: The superblock is valid, and nobody has taken one of these locks yet. `set_up()`
        // has checked that there is a class for its depth.
        unsafe { bindings::shim_set_super_lock_classes(self.0) };
    }

    /// Sets the operations on file handles: those that the lower filesystem has.
    fn set_handles<T: Operations>(&self, lower: &SuperBlock) {
        let table = T::table(lower.handles()).map_or(ptr::null(), ptr::from_ref);
        // SAFETY: The type invariants ensure that the superblock is valid and ours. The table is
        // static.
        unsafe { (*self.0).s_export_op = table };
    }

    /// Sets the lower mount. The reference to it belongs to the superblock until [`kill_sb`].
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
            // SAFETY: The root has this inode and its lower dentry, and the reference to it is ours.
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

/// Ends a superblock (`file_system_type.kill_sb`), including one that [`fill_super`] could not set
/// up.
///
/// # Safety
///
/// `sb` is a superblock that [`get_tree`] has made. Its last mount is gone, or it has none, and the
/// VFS calls this once.
pub(in crate::compat) unsafe extern "C" fn kill_sb(sb: *mut super_block) {
    // SAFETY: The safety requirements of this function ensure that nobody uses `sb` any more.
    // `get_tree_nodev()` makes superblocks that this call ends.
    unsafe { bindings::kill_anon_super(sb) };
    submount::forget(sb);
    // A deferred reference would keep the lower filesystem busy after this unmount. This drops the
    // deferred references, unless that filesystem is still frozen.
    deferred::flush();
    // SAFETY: The VFS frees `sb` only after this function has returned.
    let Some(mount) = NonNull::new(unsafe { (*sb).s_fs_info }) else {
        // `fill_super` failed before it set the lower mount.
        return;
    };
    // `s_fs_info` stays: a walk in RCU mode may still read it, and RCU frees the mount after that
    // walk.
    // SAFETY: `set_lower_mount()` gave a reference to the superblock, which drops it here, once.
    drop(unsafe { ARef::<Mount>::from_raw(mount.cast()) });
}

/// Tells the VFS not to cache an inode that nobody uses. Everything worth caching is cached below.
unsafe extern "C" fn drop_inode(_inode: *mut inode) -> c_int {
    1
}

unsafe extern "C" fn evict_inode(inode: *mut inode) {
    // SAFETY: The superblock has this table, so this is an upper inode. The VFS evicts it once,
    // after its last reference is gone.
    unsafe { Upper::<Inode>::from_raw(inode).evict() };
}

unsafe extern "C" fn statfs<T: Operations>(dentry: *mut dentry, stat: *mut kstatfs) -> c_int {
    // SAFETY: The superblock has this table, so this is an upper dentry. The VFS holds a reference
    // to it for the call.
    let dentry = unsafe { Upper::from_raw(dentry) };
    // SAFETY: The VFS passes a cleared structure to this call alone.
    let stat = unsafe { StatFs::from_raw(stat) };
    to_status(T::statfs(dentry, stat))
}

unsafe extern "C" fn show_options<T: Operations>(seq: *mut seq_file, root: *mut dentry) -> c_int {
    // SAFETY: The superblock has this table, so this is an upper dentry. The VFS holds a reference
    // to it for the call.
    let root = unsafe { Upper::<Dentry>::from_raw(root) };
    // SAFETY: The VFS passes a sequence file that only this task writes to.
    let mut options = unsafe { ShownOptions::from_raw(seq) };
    T::show_options(root.upper_super(), &mut options);
    0
}

unsafe extern "C" fn sync_fs<T: Operations>(sb: *mut super_block, wait: c_int) -> c_int {
    // SAFETY: The superblock has this table, so it is an upper one. The VFS holds its `s_umount`,
    // so it stays mounted.
    let sb = unsafe { Upper::from_raw(sb) };
    to_status(T::sync_fs(sb, wait != 0))
}

impl<T: Operations> Freeze for Adapter<T> {
    unsafe fn freeze(sb: *mut super_block) -> c_int {
        // SAFETY: The superblock has this table, so it is an upper one. The safety requirements
        // ensure that it stays mounted.
        to_status(T::freeze(unsafe { Upper::from_raw(sb) }))
    }

    unsafe fn thaw(sb: *mut super_block) -> c_int {
        // SAFETY: As in `freeze`.
        to_status(T::thaw(unsafe { Upper::from_raw(sb) }))
    }
}
