// SPDX-License-Identifier: GPL-2.0

//! Operations of directories: looking names up; creating, removing and renaming entries.
//!
//! C header: `include/linux/fs.h`

use core::{
    ffi::CStr,
    ptr::{self, NonNull},
};

use bindings::{
    dentry, dev_t, ffi::c_char, ffi::c_int, ffi::c_uint, file, inode, inode_operations, mnt_idmap,
    umode_t,
};

use super::{
    acl::{slots_with_acl, AclOperations},
    Adapter, Operations,
};
use crate::compat::{
    aref::ARef,
    dentry::Dentry,
    dirop::{CreateRequest, RemoveRequest, RenameRequest},
    error::{code, stale, to_status, Result},
    file::File,
    idmap::CallerIdmap,
    inode::Inode,
    raw::err_ptr,
    shims::{
        create_op::{self, Create, CreateOp},
        mkdir_op::{self, Mkdir, MkdirOp},
    },
    upper::{Found, Lookup, Opened, StableDentry, TmpfileRequest, Upper},
};

/// The operations of a directory.
///
/// The VFS holds the directory's `i_rwsem` exclusively. There are two exceptions: for `lookup` it
/// holds it shared or exclusively, and for `tmpfile` not at all. An operation changes the lower
/// directory. Before the lower directory is unlocked, compat updates the upper dentries
/// ([`crate::compat::dirop`]); after the operation, this module updates the attributes of the upper
/// inodes.
pub(crate) trait DirectoryOperations: AclOperations {
    /// Finds the lower dentry of a name, positive or negative.
    fn lookup<'a>(lookup: Lookup<'a>) -> Result<Found<'a>>;

    /// Creates a regular file.
    fn create(entry: CreateRequest<'_>, mode: umode_t) -> Result;

    /// Makes `entry` a hard link to the file `old`.
    fn link(old: &Upper<Dentry>, entry: CreateRequest<'_>) -> Result;

    /// Removes the name of a file that is not a directory.
    fn unlink(entry: RemoveRequest<'_>) -> Result;

    /// Creates a symbolic link to `target`.
    fn symlink(entry: CreateRequest<'_>, target: &CStr) -> Result;

    /// Creates a directory.
    fn mkdir(entry: CreateRequest<'_>, mode: umode_t) -> Result;

    /// Removes an empty directory.
    fn rmdir(entry: RemoveRequest<'_>) -> Result;

    /// Creates a device, a FIFO or a socket.
    fn mknod(entry: CreateRequest<'_>, mode: umode_t, device: dev_t) -> Result;

    /// Renames or exchanges entries of one or two directories, which are both locked.
    fn rename(what: RenameRequest<'_>) -> Result;

    /// Creates a file without a name, and opens it as the lower file of `file`.
    fn tmpfile<'a>(file: TmpfileRequest<'a>, mode: umode_t) -> Result<Opened<'a>>;
}

/// The table of directories.
pub(super) const fn table<T: Operations>() -> inode_operations {
    inode_operations {
        lookup: Some(lookup::<T>),
        create: <create_op::Answer as CreateOp<Adapter<T>>>::TABLE.create,
        link: Some(link::<T>),
        unlink: Some(unlink::<T>),
        symlink: Some(symlink::<T>),
        mkdir: <mkdir_op::Answer as MkdirOp<Adapter<T>>>::TABLE.mkdir,
        rmdir: Some(rmdir::<T>),
        mknod: Some(mknod::<T>),
        rename: Some(rename::<T>),
        tmpfile: Some(tmpfile::<T>),
        ..slots_with_acl::<T>()
    }
}

/// Calls `change` to create an entry, and copies the directory's attributes from below.
///
/// # Safety
///
/// `dir` is an upper inode and `dentry` an upper dentry, a child of a dentry of `dir`. Both are
/// referenced for the call, and `i_rwsem` of `dir` is held exclusively. `caller` was passed by the
/// VFS for this call, or comes from [`Upper::<Inode>::caller`] in it.
unsafe fn create_entry<T: Operations>(
    caller: CallerIdmap<'_>,
    dir: *mut inode,
    dentry: *mut dentry,
    change: impl FnOnce(CreateRequest<'_>) -> Result,
) -> c_int {
    // SAFETY: The safety requirements of this function ensure that `dir` is an upper inode,
    // referenced for the call.
    let dir = unsafe { Upper::<Inode>::from_raw(dir) };
    // SAFETY: The safety requirements of this function ensure that `dentry` is an upper dentry,
    // referenced for the call, whose parent is locked exclusively.
    let entry = unsafe { StableDentry::from_raw(dentry) };
    let idmap = entry.lower_mount().idmap_for(caller);
    let update = |entry: &StableDentry<'_>, lower| {
        // SAFETY: `CreateRequest` calls this under the safety requirements of the call.
        unsafe { entry.update_after_create::<T>(lower) }
    };
    // SAFETY: The VFS creates an entry through a negative dentry. The safety requirements of this
    // function ensure that its parent is locked exclusively. `update` has the safety requirements
    // of `update_after_create`.
    let request = unsafe { CreateRequest::new(entry, idmap, update) };
    let result = change(request);
    dir.refresh();
    to_status(result)
}

/// Calls `change` to remove an entry, and copies the attributes of the directory and the file from
/// below.
///
/// # Safety
///
/// The caller is the VFS, in `unlink` or `rmdir` of the directory `dir`.
///
/// `dir` is an upper inode and `dentry` an upper dentry, a child of a dentry of `dir`. Both are
/// referenced for the call, and `i_rwsem` of `dir` is held exclusively.
unsafe fn remove_entry(
    dir: *mut inode,
    dentry: *mut dentry,
    change: impl FnOnce(RemoveRequest<'_>) -> Result,
) -> c_int {
    // SAFETY: The safety requirements of this function ensure that `dir` is an upper inode,
    // referenced for the call.
    let dir = unsafe { Upper::<Inode>::from_raw(dir) };
    // SAFETY: The safety requirements of this function ensure that `dentry` is an upper dentry,
    // referenced for the call, whose parent is locked exclusively.
    let entry = unsafe { StableDentry::from_raw(dentry) };
    // SAFETY: The VFS has called this operation for the directory, whose `i_rwsem` the safety
    // requirements of this function ensure to be held exclusively.
    let caller = unsafe { dir.caller() };
    let idmap = entry.lower_mount().idmap_for(caller);
    let result = change(RemoveRequest::new(entry, idmap));
    if let Some(inode) = entry.upper_inode() {
        inode.refresh();
    }
    dir.refresh();
    to_status(result)
}

unsafe extern "C" fn lookup<T: Operations>(
    _dir: *mut inode,
    dentry: *mut dentry,
    flags: c_uint,
) -> *mut dentry {
    // SAFETY: The dentry's parent has this table, so the dentry is an upper one. It is being looked
    // up, and the VFS holds a reference to it, and the `i_rwsem` of the parent, shared or
    // exclusively.
    let entry = unsafe { StableDentry::from_raw(dentry) };
    let mut lower = None;
    let found = T::lookup(Lookup::new(entry, &mut lower)).map(Found::forget);
    let replacement = found
        .and_then(|()| lower.ok_or(code::EIO))
        // SAFETY: This task is looking the entry up for the VFS. The entry gets its lower dentry
        // here, once. The lower dentry comes from the lower directory, and so from the filesystem
        // of the lower mount.
        .and_then(|lower| unsafe { finish_lookup::<T>(entry, lower, flags) });
    if let Ok(replacement) = replacement {
        // The VFS does not revalidate what a lookup has found.
        let found = NonNull::new(replacement).map_or(dentry, NonNull::as_ptr);
        // SAFETY: `dentry` has its lower dentry now. A replacement is an upper dentry that has one,
        // and the call has returned a reference to it.
        let found = unsafe { Upper::<Dentry>::from_raw(found) };
        found.update_submount();
    }
    match replacement {
        Ok(replacement) => replacement,
        Err(error) => err_ptr(error.to_errno()),
    }
}

/// Ends a lookup: gives `entry` its lower dentry, and puts it into the dentry cache.
///
/// A directory has one dentry. If it has one elsewhere, that dentry moves to the place of `entry`,
/// and is returned with a reference. Otherwise the result is null.
///
/// Errors: `ENOMEM`; `ESTALE` if that other dentry cannot be moved now, on which the VFS repeats
/// the whole path walk once, with `LOOKUP_REVAL`. If the caller wants the name to be free
/// (`LOOKUP_EXCL`), the error is `EEXIST`: `filename_create()` does not retry after a failed
/// lookup. open(2) and renameat2(2) would retry, but `EEXIST` is right for them too, because a
/// directory has the name. `ELOOP` if that other dentry has become an ancestor of `entry`.
///
/// # Safety
///
/// This task is looking `entry` up, and has not given it a lower dentry yet. `lower` belongs to the
/// filesystem of the lower mount.
unsafe fn finish_lookup<T: Operations>(
    entry: StableDentry<'_>,
    lower: ARef<Dentry>,
    flags: c_uint,
) -> Result<*mut dentry> {
    let inode = match lower.inode() {
        Some(inode) => Some(Upper::<Inode>::iget::<T>(entry.upper_super(), inode)?),
        None => None,
    };
    // SAFETY: The safety requirements of this function are those of `set_lower()`.
    unsafe { entry.set_lower(lower) };
    let Some(mut inode) = inode else {
        // SAFETY: The safety requirements of this function ensure that the dentry is being looked
        // up. Without an inode the call only hashes it, and returns null.
        unsafe { bindings::d_splice_alias(ptr::null_mut(), entry.as_ptr()) };
        entry.try_verify();
        return Ok(ptr::null_mut());
    };
    // The inode may be an old one, and the lower inode may have changed since.
    if !inode.attributes_match() {
        inode.refresh();
    }
    if inode.has_unusable_alias(&entry) {
        inode = inode.replace::<T>()?;
    }
    // SAFETY: The safety requirements of this function ensure that the dentry is being looked up,
    // and so negative and unhashed.
    let mut replacement = unsafe { entry.splice(inode) };
    // `ESTALE` says that the directory was moved below, and that its dentry cannot move here,
    // because some task, maybe this one, holds `s_vfs_rename_mutex`, or the `i_rwsem` of the old
    // parent exclusively. The VFS walks only twice. In the second attempt the directory gets a new
    // inode and with it a new dentry. The loop repeats this if another lookup has given the new
    // inode a dentry elsewhere.
    while flags & bindings::LOOKUP_REVAL as c_uint != 0 && replacement == Err(stale()) {
        let lower = entry.lower().positive()?;
        let inode = Upper::<Inode>::iget::<T>(entry.upper_super(), lower)?.replace::<T>()?;
        // SAFETY: The dentry is still being looked up: the first attempt has failed.
        replacement = unsafe { entry.splice(inode) };
    }
    match replacement {
        Ok(null) if null.is_null() => {
            if let Some(inode) = entry.upper_inode() {
                inode.copy_label();
            }
            entry.try_verify();
        }
        Err(error) if error == stale() && flags & bindings::LOOKUP_EXCL as c_uint != 0 => {
            return Err(code::EEXIST);
        }
        _ => {}
    }
    replacement
}

impl<T: Operations> Create for Adapter<T> {
    unsafe fn create(
        idmap: *mut mnt_idmap,
        dir: *mut inode,
        dentry: *mut dentry,
        mode: umode_t,
    ) -> c_int {
        // SAFETY: The VFS keeps the idmap for the call.
        let caller = unsafe { CallerIdmap::from_raw(idmap) };
        // SAFETY: The inode has this table, so the two are upper ones. The safety requirements of
        // this function ensure that they are referenced, and that the directory is locked
        // exclusively.
        let status =
            unsafe { create_entry::<T>(caller, dir, dentry, |entry| T::create(entry, mode)) };
        // After success, security modules use the inode of the dentry. If the dentry could not be
        // given one, `ESTALE` makes the VFS look the name up again, and find the file.
        // SAFETY: The safety requirements of this function ensure that the dentry is referenced.
        if status == 0 && unsafe { bindings::d_is_negative(dentry) } {
            return stale().to_errno();
        }
        status
    }
}

impl<T: Operations> Mkdir for Adapter<T> {
    unsafe fn mkdir(
        idmap: *mut mnt_idmap,
        dir: *mut inode,
        dentry: *mut dentry,
        mode: umode_t,
    ) -> c_int {
        // SAFETY: The VFS keeps the idmap for the call.
        let caller = unsafe { CallerIdmap::from_raw(idmap) };
        // SAFETY: The inode has this table, so the two are upper ones. The safety requirements of
        // this function ensure that they are referenced, and that the directory is locked
        // exclusively.
        unsafe { create_entry::<T>(caller, dir, dentry, |entry| T::mkdir(entry, mode)) }
    }
}

unsafe extern "C" fn link<T: Operations>(
    old: *mut dentry,
    dir: *mut inode,
    dentry: *mut dentry,
) -> c_int {
    // SAFETY: `old` is a positive dentry of the same superblock, referenced for the call.
    let old = unsafe { Upper::<Dentry>::from_raw(old) };
    // SAFETY: The inode has this table, so `dir` is an upper one. The VFS holds its `i_rwsem`
    // exclusively, for this operation of the directory.
    let caller = unsafe { Upper::<Inode>::from_raw(dir).caller() };
    // SAFETY: The inode has this table, so `dir` and `dentry` are upper ones. The VFS holds
    // references to both for the call, and the `i_rwsem` of `dir` exclusively.
    let status = unsafe { create_entry::<T>(caller, dir, dentry, |entry| T::link(old, entry)) };
    // The link count has changed. The new dentry may have no inode, if the lower filesystem has
    // left its own to the next lookup.
    if let Some(inode) = old.upper_inode() {
        inode.refresh();
    }
    status
}

unsafe extern "C" fn symlink<T: Operations>(
    idmap: *mut mnt_idmap,
    dir: *mut inode,
    dentry: *mut dentry,
    target: *const c_char,
) -> c_int {
    // SAFETY: The VFS passes a string that ends in a null byte, and keeps it for the call.
    let target = unsafe { CStr::from_ptr(target.cast()) };
    // SAFETY: The VFS keeps the idmap for the call.
    let caller = unsafe { CallerIdmap::from_raw(idmap) };
    // SAFETY: The inode has this table, so `dir` and `dentry` are upper ones. The VFS holds
    // references to both for the call, and the `i_rwsem` of `dir` exclusively.
    unsafe { create_entry::<T>(caller, dir, dentry, |entry| T::symlink(entry, target)) }
}

unsafe extern "C" fn mknod<T: Operations>(
    idmap: *mut mnt_idmap,
    dir: *mut inode,
    dentry: *mut dentry,
    mode: umode_t,
    device: dev_t,
) -> c_int {
    // SAFETY: The VFS keeps the idmap for the call.
    let caller = unsafe { CallerIdmap::from_raw(idmap) };
    // SAFETY: The inode has this table, so `dir` and `dentry` are upper ones. The VFS holds
    // references to both for the call, and the `i_rwsem` of `dir` exclusively.
    unsafe { create_entry::<T>(caller, dir, dentry, |entry| T::mknod(entry, mode, device)) }
}

unsafe extern "C" fn unlink<T: Operations>(dir: *mut inode, dentry: *mut dentry) -> c_int {
    // SAFETY: The inode has this table, so `dir` and `dentry` are upper ones. The VFS holds
    // references to both for the call, and the `i_rwsem` of `dir` exclusively.
    unsafe { remove_entry(dir, dentry, |entry| T::unlink(entry)) }
}

unsafe extern "C" fn rmdir<T: Operations>(dir: *mut inode, dentry: *mut dentry) -> c_int {
    // SAFETY: The inode has this table, so `dir` and `dentry` are upper ones. The VFS holds
    // references to both for the call, and the `i_rwsem` of `dir` exclusively.
    unsafe { remove_entry(dir, dentry, |entry| T::rmdir(entry)) }
}

unsafe extern "C" fn rename<T: Operations>(
    idmap: *mut mnt_idmap,
    old_dir: *mut inode,
    old: *mut dentry,
    new_dir: *mut inode,
    new: *mut dentry,
    flags: c_uint,
) -> c_int {
    // SAFETY: The directories are of one superblock, and the old one has this table, so all are
    // upper ones. The VFS holds references to the dentries for the call, and the `i_rwsem` of both
    // directories exclusively.
    let (old, new) = unsafe { (StableDentry::from_raw(old), StableDentry::from_raw(new)) };
    // SAFETY: The VFS keeps the idmap for the call.
    let caller = unsafe { CallerIdmap::from_raw(idmap) };
    let idmap = old.lower_mount().idmap_for(caller);
    // SAFETY: The VFS has called this operation with these dentries and flags.
    let result = T::rename(unsafe { RenameRequest::new(old, new, idmap, flags) });
    for inode in [old.upper_inode(), new.upper_inode()].into_iter().flatten() {
        inode.refresh();
    }
    for dir in [old_dir, new_dir] {
        // SAFETY: Both are upper inodes, as above, and the VFS holds references to them for the
        // call.
        unsafe { Upper::<Inode>::from_raw(dir) }.refresh();
    }
    to_status(result)
}

unsafe extern "C" fn tmpfile<T: Operations>(
    idmap: *mut mnt_idmap,
    _dir: *mut inode,
    file: *mut file,
    mode: umode_t,
) -> c_int {
    // SAFETY: `vfs_tmpfile()` sets the path of `file` before this call. It holds a reference to the
    // dentry, and its caller holds the path of the directory, until the call returns.
    let dentry = unsafe { (*bindings::shim_f_path(file)).dentry };
    // SAFETY: The VFS is opening `file`, of the superblock of a directory that has this table, by a
    // dentry that it has allocated for this call and not hashed. `private_data` of a new file is
    // null.
    // It has called this operation with this idmap, and keeps it.
    let unnamed = unsafe { TmpfileRequest::from_raw(file, CallerIdmap::from_raw(idmap)) };
    // SAFETY: The dentry is an upper one, to which `vfs_tmpfile()` holds a reference. It is
    // negative and unhashed, and only this task has a reference to it.
    let entry = unsafe { StableDentry::from_raw(dentry) };
    let result = T::tmpfile(unnamed, mode).and_then(|Opened { .. }| {
        // SAFETY: `Opened` proves that `file` has a lower file, which it keeps.
        let lower = unsafe { Upper::<File>::from_raw(file) }.lower().dentry();
        let lower_inode = lower.positive()?;
        let inode = Upper::<Inode>::iget::<T>(entry.upper_super(), lower_inode)?.into_raw();
        // SAFETY: Nobody else can find the dentry, and it has no lower dentry yet. The lower file
        // was opened through the lower mount, so its dentry belongs to that filesystem.
        unsafe { entry.set_lower(lower) };
        // SAFETY: The dentry of `file` is negative and unhashed. `d_instantiate()` takes over the
        // reference to the inode.
        unsafe {
            bindings::d_mark_tmpfile(file, inode.as_ptr().cast());
            bindings::d_instantiate(entry.as_ptr(), inode.as_ptr().cast());
        }
        if let Some(inode) = entry.upper_inode() {
            inode.copy_label();
        }
        Ok(())
    });
    // SAFETY: The VFS is opening `file`, and the dentry has an inode if the result is a success.
    let status = unsafe { bindings::finish_open_simple(file, to_status(result)) };
    // SAFETY: The VFS is opening `file`, so only this task uses it.
    if unsafe { (*file).f_mode } & bindings::FMODE_OPENED == 0 {
        // SAFETY: The opening fails, so nobody else uses `file`, and the VFS does not call
        // `release`.
        unsafe { Upper::<File>::from_raw(file).put_lower() };
    }
    status
}
