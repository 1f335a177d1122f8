// SPDX-License-Identifier: GPL-2.0

//! Operations of directories: looking names up, making, removing and renaming them.

use core::{ffi::CStr, marker::PhantomData, ptr};

use bindings::{
    dentry, dev_t, ffi::c_char, ffi::c_int, ffi::c_uint, file, inode, inode_operations, mnt_idmap,
    umode_t,
};

use super::{
    inode::{common_slots, InodeOperations},
    Operations,
};
use crate::compat::{
    aref::ARef,
    dentry::Dentry,
    dirop::{CreateRequest, RemoveRequest, RenameRequest},
    error::{code, stale, to_status, Result},
    file::File,
    inode::Inode,
    raw::err_ptr,
    shims::{
        create_op::{self, Create, CreateOp},
        mkdir_op::{self, Mkdir, MkdirOp},
    },
    upper::{lower_dentry, Found, Lookup, Opened, StableDentry, TmpfileRequest, Upper},
};

/// What a directory does.
///
/// All of these are called with the directory's lock held exclusively, but for `lookup`, which may
/// have it shared. What they do, they do to the lower directory; the upper dentries and inodes
/// follow when they have returned.
pub(crate) trait DirectoryOperations: InodeOperations {
    /// Finds the lower dentry of a name, positive or negative.
    fn lookup<'a>(lookup: Lookup<'a>) -> Result<Found<'a>>;

    /// Makes a regular file.
    fn create(entry: CreateRequest<'_>, mode: umode_t) -> Result;

    /// Makes `entry` one more name of what `old` names.
    fn link(old: &Upper<Dentry>, entry: CreateRequest<'_>) -> Result;

    /// Removes a name of anything but a directory.
    fn unlink(entry: RemoveRequest<'_>) -> Result;

    /// Makes a symbolic link to `target`.
    fn symlink(entry: CreateRequest<'_>, target: &CStr) -> Result;

    /// Makes a directory.
    fn mkdir(entry: CreateRequest<'_>, mode: umode_t) -> Result;

    /// Removes an empty directory.
    fn rmdir(entry: RemoveRequest<'_>) -> Result;

    /// Makes a device, a FIFO or a socket.
    fn mknod(entry: CreateRequest<'_>, mode: umode_t, device: dev_t) -> Result;

    /// Makes one entry another, in the same directory or not; both directories are locked.
    fn rename(what: RenameRequest<'_>) -> Result;

    /// Makes a file without a name, and opens it behind `file`.
    fn tmpfile<'a>(file: TmpfileRequest<'a>, mode: umode_t) -> Result<Opened<'a>>;
}

/// The slots that directories fill.
pub(super) const fn table<T: Operations>() -> inode_operations {
    inode_operations {
        lookup: Some(lookup::<T>),
        create: <create_op::Answer as CreateOp<Slot<T>>>::TABLE.create,
        link: Some(link::<T>),
        unlink: Some(unlink::<T>),
        symlink: Some(symlink::<T>),
        mkdir: <mkdir_op::Answer as MkdirOp<Slot<T>>>::TABLE.mkdir,
        rmdir: Some(rmdir::<T>),
        mknod: Some(mknod::<T>),
        rename: Some(rename::<T>),
        tmpfile: Some(tmpfile::<T>),
        ..common_slots::<T>()
    }
}

/// Has `change` make an entry, and copies what that has changed of the directory.
///
/// # Safety
///
/// The contract of the operations that make an entry: `dir` and `dentry` are upper ones, counted for
/// the call, and `dir` is locked exclusively.
unsafe fn make<T: Operations>(
    dir: *mut inode,
    dentry: *mut dentry,
    change: impl FnOnce(CreateRequest<'_>) -> Result,
) -> c_int {
    // SAFETY: The caller of this function says so.
    let (dir, entry) = unsafe {
        (
            Upper::<Inode>::from_raw(dir),
            StableDentry::from_raw(dentry),
        )
    };
    // SAFETY: The VFS creates entries by negative dentries, and the caller ensures that `dir` is locked
    // exclusively.
    let made = change(unsafe {
        CreateRequest::new(entry, |entry, lower| {
            // `CreateRequest` calls this under the safety requirements of the call.
            entry.update_after_create::<T>(lower)
        })
    });
    dir.refresh();
    to_status(made)
}

/// Has `change` remove an entry, and copies what that has changed of the directory and the file.
///
/// # Safety
///
/// As for [`make`].
unsafe fn remove(
    dir: *mut inode,
    dentry: *mut dentry,
    change: impl FnOnce(RemoveRequest<'_>) -> Result,
) -> c_int {
    // SAFETY: The caller of this function says so.
    let (dir, entry) = unsafe {
        (
            Upper::<Inode>::from_raw(dir),
            StableDentry::from_raw(dentry),
        )
    };
    let removed = change(RemoveRequest::new(entry));
    if let Some(inode) = entry.upper_inode() {
        inode.refresh();
    }
    dir.refresh();
    to_status(removed)
}

unsafe extern "C" fn lookup<T: Operations>(
    _dir: *mut inode,
    dentry: *mut dentry,
    flags: c_uint,
) -> *mut dentry {
    // SAFETY: The VFS calls this with a dentry in lookup, whose parent is locked at least shared.
    let entry = unsafe { StableDentry::from_raw(dentry) };
    let mut lower = None;
    let found = T::lookup(Lookup::new(entry, &mut lower)).map(Found::forget);
    let other = found
        .and_then(|()| lower.ok_or(code::EIO))
        .and_then(|lower| splice::<T>(entry, lower, flags));
    match other {
        Ok(other) => other,
        Err(error) => err_ptr(error.to_errno()),
    }
}

/// Puts `lower` behind the new `entry`, and the entry into the cache. Returns the dentry that takes
/// its place, counted; null if none does.
///
/// Errors: `ENOMEM`; `ESTALE` if the directory has a dentry elsewhere that cannot be moved here now:
/// the VFS looks up once more, with `LOOKUP_REVAL`; `EEXIST` in its place if the caller wants the name
/// to be free, for which the VFS does not look up again.
fn splice<T: Operations>(
    entry: StableDentry<'_>,
    lower: ARef<Dentry>,
    flags: c_uint,
) -> Result<*mut dentry> {
    let inode = match lower.inode() {
        Some(inode) => Some(Upper::<Inode>::iget::<T>(entry.upper_super(), inode)?),
        None => None,
    };
    // SAFETY: The lookup goes on in this task, and has bound nothing before.
    unsafe { entry.set_lower(lower) };
    let Some(mut inode) = inode else {
        // SAFETY: The dentry is in lookup. Without an inode nothing takes its place.
        unsafe { bindings::d_splice_alias(ptr::null_mut(), entry.as_ptr()) };
        entry.try_verify();
        return Ok(ptr::null_mut());
    };
    // Attributes that changed below while nobody looked are fresh for those who look now.
    if !inode.is_up_to_date() {
        inode.refresh();
    }
    if inode.has_unusable_alias(&entry) {
        inode = inode.replace::<T>()?;
    }
    // SAFETY: The dentry is being looked up, so it is negative and unhashed.
    let mut other = unsafe { entry.splice(inode) };
    // The directory was moved below, and its dentry cannot follow, because a rename(2) of this task or
    // another one holds the locks. In the second attempt, which is the last one, it gets a new inode,
    // and with that a new dentry; unless another lookup has given it one elsewhere meanwhile.
    while flags & bindings::LOOKUP_REVAL as c_uint != 0 && other == Err(stale()) {
        let lower = entry.lower().positive()?;
        let inode = Upper::<Inode>::iget::<T>(entry.upper_super(), lower)?.replace::<T>()?;
        // SAFETY: The dentry is still being looked up: the first attempt has failed.
        other = unsafe { entry.splice(inode) };
    }
    match other {
        Ok(null) if null.is_null() => entry.try_verify(),
        Err(error) if error == stale() && flags & bindings::LOOKUP_EXCL as c_uint != 0 => {
            return Err(code::EEXIST);
        }
        _ => {}
    }
    other
}

/// The slots of `T` whose form is a question.
struct Slot<T>(PhantomData<T>);

impl<T: Operations> Create for Slot<T> {
    unsafe fn create(
        _idmap: *mut mnt_idmap,
        dir: *mut inode,
        dentry: *mut dentry,
        mode: umode_t,
    ) -> c_int {
        // SAFETY: The contract of this function is that of `make`.
        let status = unsafe { make::<T>(dir, dentry, |entry| T::create(entry, mode)) };
        // Security modules look at the inode of a file that was made. Where the entry could not follow,
        // the VFS finds the file when it looks the name up again.
        // SAFETY: The caller has counted the dentry.
        if status == 0 && unsafe { bindings::d_is_negative(dentry) } {
            return stale().to_errno();
        }
        status
    }
}

impl<T: Operations> Mkdir for Slot<T> {
    unsafe fn mkdir(
        _idmap: *mut mnt_idmap,
        dir: *mut inode,
        dentry: *mut dentry,
        mode: umode_t,
    ) -> c_int {
        // SAFETY: The contract of this function is that of `make`.
        unsafe { make::<T>(dir, dentry, |entry| T::mkdir(entry, mode)) }
    }
}

unsafe extern "C" fn link<T: Operations>(
    old: *mut dentry,
    dir: *mut inode,
    dentry: *mut dentry,
) -> c_int {
    // SAFETY: The VFS calls this with upper dentries, counted and locked as `make` wants.
    unsafe { make::<T>(dir, dentry, |entry| T::link(Upper::from_raw(old), entry)) }
}

unsafe extern "C" fn symlink<T: Operations>(
    _idmap: *mut mnt_idmap,
    dir: *mut inode,
    dentry: *mut dentry,
    target: *const c_char,
) -> c_int {
    // SAFETY: As for `link`; the target ends in a null byte.
    unsafe {
        make::<T>(dir, dentry, |entry| {
            T::symlink(entry, CStr::from_ptr(target.cast()))
        })
    }
}

unsafe extern "C" fn mknod<T: Operations>(
    _idmap: *mut mnt_idmap,
    dir: *mut inode,
    dentry: *mut dentry,
    mode: umode_t,
    device: dev_t,
) -> c_int {
    // SAFETY: As for `link`.
    unsafe { make::<T>(dir, dentry, |entry| T::mknod(entry, mode, device)) }
}

unsafe extern "C" fn unlink<T: Operations>(dir: *mut inode, dentry: *mut dentry) -> c_int {
    // SAFETY: As for `link`.
    unsafe { remove(dir, dentry, |entry| T::unlink(entry)) }
}

unsafe extern "C" fn rmdir<T: Operations>(dir: *mut inode, dentry: *mut dentry) -> c_int {
    // SAFETY: As for `link`.
    unsafe { remove(dir, dentry, |entry| T::rmdir(entry)) }
}

unsafe extern "C" fn rename<T: Operations>(
    _idmap: *mut mnt_idmap,
    old_dir: *mut inode,
    old: *mut dentry,
    new_dir: *mut inode,
    new: *mut dentry,
    flags: c_uint,
) -> c_int {
    // SAFETY: As for `link`; both directories are locked.
    let (old, new) = unsafe { (StableDentry::from_raw(old), StableDentry::from_raw(new)) };
    // SAFETY: The VFS has called this operation with these dentries and flags.
    let renamed = T::rename(unsafe { RenameRequest::new(old, new, flags) });
    for inode in [old.upper_inode(), new.upper_inode()].into_iter().flatten() {
        inode.refresh();
    }
    for dir in [old_dir, new_dir] {
        // SAFETY: As above.
        unsafe { Upper::<Inode>::from_raw(dir) }.refresh();
    }
    to_status(renamed)
}

unsafe extern "C" fn tmpfile<T: Operations>(
    _idmap: *mut mnt_idmap,
    _dir: *mut inode,
    file: *mut file,
    mode: umode_t,
) -> c_int {
    // SAFETY: The VFS opens `file`, whose dentry is new, unhashed, and a child of the directory.
    let (unnamed, entry) = unsafe {
        let dentry = (*bindings::shim_f_path(file)).dentry;
        (
            TmpfileRequest::from_raw(file),
            StableDentry::from_raw(dentry),
        )
    };
    let made = T::tmpfile(unnamed, mode).and_then(|Opened { .. }| {
        // SAFETY: There is the proof that `file` has a lower file.
        let lower = unsafe { lower_dentry(file) };
        let lower_inode = lower.positive()?;
        let inode = Upper::<Inode>::iget::<T>(entry.upper_super(), lower_inode)?.into_raw();
        // SAFETY: Nobody else sees the new dentry. It is negative, and the count on the inode goes
        // with it.
        unsafe {
            entry.set_lower(lower);
            bindings::d_mark_tmpfile(file, inode.as_ptr().cast());
            bindings::d_instantiate(entry.as_ptr(), inode.as_ptr().cast());
        }
        Ok(())
    });
    // SAFETY: The VFS is opening `file`.
    unsafe {
        let status = bindings::finish_open_simple(file, to_status(made));
        if (*file).f_mode & bindings::FMODE_OPENED == 0 {
            Upper::<File>::from_raw(file).put_lower();
        }
        status
    }
}
