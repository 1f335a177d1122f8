// SPDX-License-Identifier: GPL-2.0

//! Operations of a filesystem as a whole: mounting it, its figures, its end.
//!
//! C headers: `include/linux/fs_context.h`, `include/linux/fs.h`

use core::{ffi::CStr, marker::PhantomData, mem::MaybeUninit, ptr};

use bindings::{
    dentry, ffi::c_int, ffi::c_uint, fs_context, fs_context_operations, inode, kstatfs, seq_file,
    super_block, super_operations,
};

use super::{dentry::DentryTable, xattr::XattrTable, Operations};
use crate::compat::{
    aref::ARef,
    deferred,
    dentry::Dentry,
    error::{code, to_status, Error, Result},
    inode::Inode,
    option::ShownOptions,
    path::{FilesystemFigures, OwnedPath},
    shims::default_dentry_ops::{self, DefaultDentryOps},
    super_block::{SuperBlock, MAX_STACK_DEPTH},
    upper::Upper,
};

/// What a filesystem does as a whole.
pub(crate) trait FileSystem: 'static {
    /// What `mount -t` calls it.
    const NAME: &'static CStr;

    /// Finds the directory that is to be seen through the new mount.
    fn lower_root(source: &Source<'_>) -> Result<OwnedPath>;

    /// Fills in the figures of the filesystem.
    fn statfs(dentry: &Upper<Dentry>, figures: &mut FilesystemFigures) -> Result;

    /// Shows what holds for the mount beyond its own flags, which the VFS shows.
    fn show_options(sb: &Upper<SuperBlock>, options: &mut ShownOptions<'_>);

    /// Writes everything out; if not `wait`, it may also only begin to.
    fn sync_fs(sb: &Upper<SuperBlock>, wait: bool) -> Result;
}

/// What a person has given to be mounted, and where refusals go.
pub(crate) struct Source<'a> {
    context: *mut fs_context,
    _lifetime: PhantomData<&'a mut fs_context>,
}

impl Source<'_> {
    /// The name of it, if there is one.
    pub(crate) fn name(&self) -> Option<&CStr> {
        // SAFETY: The context is valid while the value lives, and owns the string.
        unsafe {
            let name = (*self.context).source;
            (!name.is_null()).then(|| CStr::from_ptr(name.cast()))
        }
    }

    /// Follows `name` to a directory, from the root or working directory of who mounts.
    ///
    /// Errors: `ENOENT`, `ENOTDIR`, `EACCES`, `ELOOP` and what filesystems on the way say.
    pub(crate) fn directory(&self, name: &CStr) -> Result<OwnedPath> {
        OwnedPath::of_directory(name)
    }

    /// Tells the person why there is no mount, through the context's log and the kernel's, and hands
    /// `error` back.
    pub(crate) fn refuse(&self, error: Error, why: &CStr) -> Error {
        let subject = self.name().unwrap_or(c"(no source)");
        // SAFETY: The context is valid while the value lives; the strings end in null bytes.
        unsafe {
            bindings::shim_fc_error(self.context, subject.as_ptr().cast(), why.as_ptr().cast())
        };
        error
    }
}

/// The tables of one filesystem, for the VFS to keep.
trait SuperTables {
    const CONTEXT: &'static fs_context_operations;
    const SUPER: &'static super_operations;
}

impl<T: Operations> SuperTables for T {
    // Options are parsed by the VFS: it takes the source, and refuses by name what it does not know.
    // A parser of one's own for the whole string would hide options from security modules.
    const CONTEXT: &'static fs_context_operations = &fs_context_operations {
        get_tree: Some(get_tree::<T>),
        // SAFETY: Every member is an `Option` of a function pointer; zero is `None`.
        ..unsafe { MaybeUninit::zeroed().assume_init() }
    };
    const SUPER: &'static super_operations = &super_operations {
        drop_inode: Some(drop_inode),
        evict_inode: Some(evict_inode),
        show_options: Some(show_options::<T>),
        statfs: Some(statfs::<T>),
        sync_fs: Some(sync_fs::<T>),
        // SAFETY: Every member is an `Option` of a function pointer; zero is `None`.
        ..unsafe { MaybeUninit::zeroed().assume_init() }
    };
}

/// Begins a mount: the first thing that the VFS asks of a filesystem.
///
/// # Safety
///
/// The VFS has made `context`, and calls this once for it.
pub(in crate::compat) unsafe extern "C" fn fill_context<T: Operations>(
    context: *mut fs_context,
) -> c_int {
    // SAFETY: By the contract of this function.
    unsafe {
        (*context).ops = T::CONTEXT;
        // Nobody may ask the VFS to count versions: the upper inodes of directories hold something else
        // in `i_version`.
        (*context).sb_flags &= !(bindings::SB_I_VERSION as c_uint);
    }
    0
}

unsafe extern "C" fn get_tree<T: Operations>(context: *mut fs_context) -> c_int {
    // SAFETY: The VFS gives a valid context; every mount gets a superblock of its own.
    unsafe { bindings::get_tree_nodev(context, Some(fill_super::<T>)) }
}

unsafe extern "C" fn fill_super<T: Operations>(
    sb: *mut super_block,
    context: *mut fs_context,
) -> c_int {
    let source = Source {
        context,
        _lifetime: PhantomData,
    };
    to_status(T::lower_root(&source).and_then(|lower| {
        // SAFETY: The VFS has made `sb` for this call, and holds its `s_umount` exclusively. Others find it
        // in lists, but leave it alone until it is born (`SB_BORN`), which follows.
        unsafe { set_up::<T>(sb, &source, lower) }
    }))
}

/// Makes `sb` an upper superblock, whose root is `lower`.
///
/// # Safety
///
/// `sb` is new, `s_umount` is held, and nobody else uses it.
unsafe fn set_up<T: Operations>(
    sb: *mut super_block,
    source: &Source<'_>,
    lower: OwnedPath,
) -> Result {
    let device = lower.as_path().device()?;
    let (mount, dentry) = lower.into_parts();
    let root = dentry.positive()?;
    // Lock classes are counted by depth.
    if root.super_block().stack_depth() >= MAX_STACK_DEPTH {
        let why =
            c"is on a filesystem that no other may be stacked on: mount what lies below it instead";
        return Err(source.refuse(code::EINVAL, why));
    }
    // SAFETY: By the contract of this function. `kill_super` gives the count on the mount back,
    // whether this succeeds or not; all tables are static.
    unsafe {
        let below = root.super_block().as_ptr();
        (*sb).s_stack_depth = (*below).s_stack_depth + 1;
        (*sb).s_maxbytes = (*below).s_maxbytes;
        (*sb).s_blocksize = (*below).s_blocksize;
        (*sb).s_blocksize_bits = (*below).s_blocksize_bits;
        (*sb).s_magic = (*below).s_magic;
        (*sb).s_time_gran = (*below).s_time_gran;
        (*sb).s_time_min = (*below).s_time_min;
        (*sb).s_time_max = (*below).s_time_max;
        // The lower directory decides whether the umask counts: it may have a default ACL.
        (*sb).s_iflags |= bindings::SB_I_NOUMASK as usize;
        let denied = bindings::SB_I_NODEV as usize | bindings::SB_I_NOEXEC as usize;
        (*sb).s_iflags |= (*below).s_iflags & denied;
        if mount.is_nodev() {
            (*sb).s_iflags |= bindings::SB_I_NODEV as usize;
        }
        if mount.is_noexec() {
            (*sb).s_iflags |= bindings::SB_I_NOEXEC as usize;
        }
        if mount.is_readonly() {
            (*sb).s_flags |= bindings::SB_RDONLY as usize;
        }
        (*sb).s_op = T::SUPER;
        (*sb).s_xattr = ptr::from_ref(T::HANDLERS).cast_mut().cast();
        default_dentry_ops::Answer::set(sb, T::TABLE);
        bindings::shim_set_super_lock_classes(sb);
        (*sb).s_fs_info = mount.into_raw().as_ptr().cast();
    }
    // SAFETY: `s_fs_info` is the lower mount from here on.
    // INVARIANT: Likewise.
    let upper: &Upper<SuperBlock> = unsafe { Upper::from_raw(sb) };
    let inode = Upper::<Inode>::iget::<T>(upper, root)?;
    // SAFETY: Nobody else sees the superblock, so that the inode is new.
    unsafe { (*inode.as_ptr()).i_rdev = device };
    // SAFETY: The count on the inode goes with it, also if there is no memory.
    let root = unsafe { bindings::d_make_root(inode.into_raw().as_ptr().cast()) };
    if root.is_null() {
        return Err(code::ENOMEM);
    }
    // SAFETY: The dentry is new, and becomes visible with `s_root`.
    unsafe {
        let root = Upper::<Dentry>::from_raw(root);
        root.set_lower(dentry);
        if let Some(inode) = root.upper_inode() {
            inode.set_alias(root.as_ptr());
        }
        let root = root.as_ptr();
        (*sb).s_root = root;
    }
    Ok(())
}

/// Ends a superblock that may have got no further than `fill_super`'s first line.
///
/// # Safety
///
/// The VFS ends `sb`, and calls this once.
pub(in crate::compat) unsafe extern "C" fn kill_super(sb: *mut super_block) {
    // SAFETY: By the contract of this function. The lower mount goes last, after every dentry and
    // inode. It is freed a grace period later, and `s_fs_info` stays, so that a walk under RCU that
    // has outlived the unmounting still reads a mount.
    unsafe {
        bindings::kill_anon_super(sb);
        deferred::flush();
        if let Some(mount) = ptr::NonNull::new((*sb).s_fs_info) {
            drop(ARef::<crate::compat::mount::Mount>::from_raw(mount.cast()));
        }
    }
}

/// An inode that nobody uses goes at once: what it would cache is cached below.
unsafe extern "C" fn drop_inode(_inode: *mut inode) -> c_int {
    1
}

unsafe extern "C" fn evict_inode(inode: *mut inode) {
    // SAFETY: The VFS evicts an upper inode, once.
    unsafe { Upper::<Inode>::from_raw(inode).evict() };
}

unsafe extern "C" fn statfs<T: Operations>(dentry: *mut dentry, figures: *mut kstatfs) -> c_int {
    // SAFETY: The VFS gives a counted upper dentry, and a structure of its own.
    to_status(unsafe {
        T::statfs(
            Upper::from_raw(dentry),
            FilesystemFigures::from_raw(figures),
        )
    })
}

unsafe extern "C" fn show_options<T: Operations>(seq: *mut seq_file, root: *mut dentry) -> c_int {
    // SAFETY: The VFS shows the mount of an upper dentry, counted by that, in a file of its own.
    let (root, mut options) =
        unsafe { (Upper::<Dentry>::from_raw(root), ShownOptions::from_raw(seq)) };
    T::show_options(root.upper_super(), &mut options);
    0
}

unsafe extern "C" fn sync_fs<T: Operations>(sb: *mut super_block, wait: c_int) -> c_int {
    // SAFETY: The VFS gives an upper superblock, and holds its `s_umount`.
    to_status(T::sync_fs(unsafe { Upper::from_raw(sb) }, wait != 0))
}
