// SPDX-License-Identifier: GPL-2.0

//! Operations of a filesystem as a whole: mounting and unmounting it, its statistics, its options.
//!
//! C headers: `include/linux/fs_context.h`, `include/linux/fs.h`

use core::{
    ffi::CStr,
    ptr::{addr_of_mut, NonNull},
};

use bindings::{
    dentry, dev_t, ffi::c_int, ffi::c_uint, fs_context, fs_context_operations, fs_parameter, inode,
    kstatfs, seq_file, super_block, super_operations,
};

use super::{new_super_block::NewSuperBlock, Adapter, FsContext, Operations};
use crate::compat::{
    aref::ARef,
    deferred,
    dentry::Dentry,
    error::{code, no_such_option, to_status, Result},
    inode::Inode,
    mount::Mount,
    option::{MountOption, Parsed, ShownOptions},
    path::{OwnedPath, StatFs},
    raw::empty_super_operations,
    shims::freeze_super_op::{Answer as FreezeOp, Freeze, FreezeSuperOp},
    submount,
    super_block::SuperBlock,
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

    /// Ends the requests that wait for something outside of this machine. The caller, who may
    /// administer the filesystem, wants to unmount it by force (`MNT_FORCE` of umount2(2)), and may
    /// then be refused because it is in use.
    ///
    /// The VFS holds no lock.
    fn abort_requests(sb: &Upper<SuperBlock>);
}

/// The tables of one filesystem as a whole.
pub(super) trait SuperTables {
    const CONTEXT: &'static fs_context_operations;
    const SUPER: &'static super_operations;
}

impl<T: Operations> SuperTables for T {
    // Without `parse_monolithic`, security modules see each option.
    const CONTEXT: &'static fs_context_operations = &fs_context_operations {
        get_tree: Some(get_tree::<T>),
        parse_param: Some(parse_param::<T>),
        reconfigure: Some(reconfigure::<T>),
        free: None,
        dup: None,
        parse_monolithic: None,
    };
    const SUPER: &'static super_operations = &super_operations {
        drop_inode: Some(drop_inode),
        evict_inode: Some(evict_inode),
        freeze_super: <FreezeOp as FreezeSuperOp<Adapter<T>>>::TABLE.freeze_super,
        show_options: Some(show_options::<T>),
        statfs: Some(statfs::<T>),
        sync_fs: Some(sync_fs::<T>),
        thaw_super: <FreezeOp as FreezeSuperOp<Adapter<T>>>::TABLE.thaw_super,
        umount_begin: Some(umount_begin::<T>),
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

/// What [`get_tree`] passes to [`fill_super`] of a mount that is no submount.
struct Source {
    /// The lower directory, until `fill_super` takes it, and its device number.
    lower: Option<(OwnedPath, dev_t)>,
    crosses_submounts: bool,
}

unsafe extern "C" fn get_tree<T: Operations>(context: *mut fs_context) -> c_int {
    // SAFETY: The VFS passes a valid context to this call alone.
    let parameters = unsafe { FsContext::from_raw(context) };
    if parameters.submount().is_some() {
        // SAFETY: The VFS passes a valid context. `fill_super` sets up the superblock that this
        // call allocates, a new one for every mount.
        return unsafe { bindings::get_tree_nodev(context, Some(fill_super::<T>)) };
    }
    // This walk may wait for a server, or mount a submount. There is no superblock yet: its
    // `s_umount` would be held, and sync(2) of every user wait for it.
    let found = T::lower_root(&parameters).and_then(|lower| {
        T::check_lower(&parameters, &lower)?;
        let device = lower.as_path().device()?;
        Ok((lower, device))
    });
    let lower = match found {
        Ok(lower) => lower,
        Err(error) => return error.to_errno(),
    };
    let mut source = Source {
        lower: Some(lower),
        crosses_submounts: parameters.crosses_submounts(),
    };
    // SAFETY: The VFS passes a valid context, which nobody else uses during this call. `fill_super`
    // sets up the superblock that the call allocates, a new one for every mount. It uses `source`,
    // which lives longer, and `fs_private` no longer points to that afterwards.
    unsafe {
        let flag = (*context).fs_private;
        (*context).fs_private = addr_of_mut!(source).cast();
        let status = bindings::get_tree_nodev(context, Some(fill_super::<T>));
        (*context).fs_private = flag;
        status
    }
}

unsafe extern "C" fn fill_super<T: Operations>(
    sb: *mut super_block,
    context: *mut fs_context,
) -> c_int {
    // SAFETY: The VFS passes a valid context to this call alone.
    let parameters = unsafe { FsContext::from_raw(context) };
    // SAFETY: The VFS has allocated `sb` for this call and holds its `s_umount` exclusively. Other
    // tasks can find it in lists, but do not use it before this call has succeeded (`SB_BORN`).
    let sb = unsafe { NewSuperBlock::from_raw(sb) };
    let Some(mut request) = parameters.submount() else {
        // SAFETY: `get_tree` has stored the pointer, keeps the source until it returns, and does
        // not use it meanwhile.
        let source = unsafe { &mut *(*context).fs_private.cast::<Source>() };
        let lower = source.lower.take().ok_or(code::EINVAL);
        return to_status(lower.and_then(|(lower, device)| {
            sb.set_up::<T>(&parameters, lower, device, source.crosses_submounts)
        }));
    };
    // SAFETY: `submount::make` has made this context, and keeps the request until the mount is
    // made. Nobody else uses it meanwhile.
    let request = unsafe { request.as_mut() };
    to_status(request.take_lower().and_then(|(lower, device)| {
        T::check_lower(&parameters, &lower)?;
        sb.set_up_submount::<T>(&parameters, lower, device, request)
    }))
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
    // A submount ends whenever nobody has used it for a second, and has nothing of its own to write.
    // The lower filesystem stays mounted, and nobody has asked for all of it to be written.
    // SAFETY: The VFS passes a valid superblock, and holds its `s_umount`.
    if unsafe { submount::is_ending(sb) } {
        return 0;
    }
    // SAFETY: The superblock has this table, so it is an upper one. The VFS holds its `s_umount`,
    // so it stays mounted.
    let sb = unsafe { Upper::from_raw(sb) };
    to_status(T::sync_fs(sb, wait != 0))
}

unsafe extern "C" fn umount_begin<T: Operations>(sb: *mut super_block) {
    // SAFETY: The superblock has this table, so it is an upper one. umount2(2) has found it by a
    // path, whose mount it holds, so it stays mounted.
    T::abort_requests(unsafe { Upper::from_raw(sb) });
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
