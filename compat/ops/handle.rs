// SPDX-License-Identifier: GPL-2.0

//! Operations on file handles, for name_to_handle_at(2), fanotify(7) and NFS servers.
//!
//! C header: `include/linux/exportfs.h`

use core::mem::MaybeUninit;

use bindings::{
    dentry, export_operations,
    ffi::{c_int, c_ulong},
    fid, inode, super_block,
};

use super::Operations;
use crate::compat::{
    error::Result,
    handle::{Encoded, Handle, HandleBuffer, Handles},
    inode::Inode,
    raw::err_ptr,
    shims::export_nolocks::{self, ExportNolocks},
    upper::{Decoded, HandleRequest, Upper},
};

/// The operations on file handles (`struct export_operations`).
///
/// The VFS calls those that the lower filesystem has, too. It calls them without any `i_rwsem` of
/// the filesystem, except `encode_handle`, for which it may hold some.
pub(crate) trait HandleOperations {
    /// Writes the handle of `inode`. The handle also names its directory `parent`, if given.
    fn encode_handle<'a>(
        inode: &Upper<Inode>,
        parent: Option<&Upper<Inode>>,
        buffer: HandleBuffer<'a>,
    ) -> Result<Encoded<'a>>;

    /// Finds the file that has a handle.
    fn decode_handle<'a>(request: HandleRequest<'a>) -> Result<Decoded<'a>>;

    /// Finds the directory that a handle names beside its file.
    fn decode_parent<'a>(request: HandleRequest<'a>) -> Result<Decoded<'a>>;
}

/// What NFS servers have to know of every filesystem of this kind.
///
/// Operations from below take no upper lock. So one of them can come between the two readings of a
/// directory's attributes that a server makes, before and after a change from above. A client that
/// took the two for those before and after that change alone would not notice the change from
/// below.
const OWN_FLAGS: c_ulong =
    (bindings::EXPORT_OP_NOWCC | bindings::EXPORT_OP_NOATOMIC_ATTR) as c_ulong;

/// As [`OWN_FLAGS`], over a filesystem on another machine (NFS). A lower filesystem with one of the
/// flags that only NFS has gets all of them.
const REMOTE_FLAGS: c_ulong = OWN_FLAGS
    | (bindings::EXPORT_OP_NOSUBTREECHK
        | bindings::EXPORT_OP_CLOSE_BEFORE_UNLINK
        | bindings::EXPORT_OP_REMOTE_FS
        | bindings::EXPORT_OP_FLUSH_ON_CLOSE) as c_ulong
    | export_nolocks::Answer::NOLOCKS;

/// The tables for the file handles of one filesystem.
pub(in crate::compat) trait HandleTables {
    /// The lower filesystem finds no file by its handle.
    const WRITE_ONLY: &'static export_operations;
    /// It does.
    const FILES: &'static export_operations;
    /// It does, and has handles that name the directory too.
    const FILES_AND_PARENTS: &'static export_operations;
    /// It does, and is on another machine.
    const REMOTE_FILES: &'static export_operations;
    /// It does, is on another machine, and has handles that name the directory too.
    const REMOTE_FILES_AND_PARENTS: &'static export_operations;

    /// The table over a lower filesystem that has these handles.
    fn table(lower: Handles) -> Option<&'static export_operations> {
        match lower {
            Handles::None => None,
            Handles::WriteOnly => Some(Self::WRITE_ONLY),
            Handles::Files {
                with_parent,
                remote,
            } => Some(match (with_parent, remote) {
                (false, false) => Self::FILES,
                (true, false) => Self::FILES_AND_PARENTS,
                (false, true) => Self::REMOTE_FILES,
                (true, true) => Self::REMOTE_FILES_AND_PARENTS,
            }),
        }
    }
}

impl<T: Operations> HandleTables for T {
    const WRITE_ONLY: &'static export_operations = &export_operations {
        encode_fh: Some(encode_fh::<T>),
        flags: OWN_FLAGS,
        ..empty_table()
    };
    const FILES: &'static export_operations = &files::<T>(false, OWN_FLAGS);
    const FILES_AND_PARENTS: &'static export_operations = &files::<T>(true, OWN_FLAGS);
    const REMOTE_FILES: &'static export_operations = &files::<T>(false, REMOTE_FLAGS);
    const REMOTE_FILES_AND_PARENTS: &'static export_operations = &files::<T>(true, REMOTE_FLAGS);
}

/// A table that finds files.
///
/// `get_parent` and `get_name` stay empty: the VFS calls them for directories without a path, and
/// every upper directory has one. It finds the name of a file in its directory by reading that.
const fn files<T: Operations>(with_parent: bool, flags: c_ulong) -> export_operations {
    export_operations {
        encode_fh: Some(encode_fh::<T>),
        fh_to_dentry: Some(fh_to_dentry::<T>),
        fh_to_parent: if with_parent {
            Some(fh_to_parent::<T>)
        } else {
            None
        },
        flags,
        ..empty_table()
    }
}

/// A table in which every slot is empty.
const fn empty_table() -> export_operations {
    // SAFETY: Every member is an `Option` of a function pointer, a pointer or an integer, for which
    // zero is valid.
    unsafe { MaybeUninit::zeroed().assume_init() }
}

unsafe extern "C" fn encode_fh<T: Operations>(
    inode: *mut inode,
    fid: *mut u32,
    words: *mut c_int,
    parent: *mut inode,
) -> c_int {
    // SAFETY: The superblock of the inode has this table, so it is an upper inode. The caller holds
    // a reference to it.
    let inode = unsafe { Upper::<Inode>::from_raw(inode) };
    // SAFETY: A parent that is not null is an inode of the same superblock, which the caller keeps.
    let parent = (!parent.is_null()).then(|| unsafe { Upper::<Inode>::from_raw(parent) });
    // SAFETY: The caller passes a buffer to this call alone, and its length.
    let buffer = unsafe { HandleBuffer::from_raw(fid, words) };
    match T::encode_handle(inode, parent, buffer) {
        Ok(encoded) => encoded.into_raw(),
        Err(error) => error.to_errno(),
    }
}

unsafe extern "C" fn fh_to_dentry<T: Operations>(
    sb: *mut super_block,
    fid: *mut fid,
    words: c_int,
    kind: c_int,
) -> *mut dentry {
    // SAFETY: The VFS passes the arguments of this operation.
    unsafe { decode::<T>(sb, fid, words, kind, |request| T::decode_handle(request)) }
}

unsafe extern "C" fn fh_to_parent<T: Operations>(
    sb: *mut super_block,
    fid: *mut fid,
    words: c_int,
    kind: c_int,
) -> *mut dentry {
    // SAFETY: The VFS passes the arguments of this operation.
    unsafe { decode::<T>(sb, fid, words, kind, |request| T::decode_parent(request)) }
}

/// Calls `find` with the search for a handle.
///
/// # Safety
///
/// The arguments are those of `fh_to_dentry` or `fh_to_parent`, which the VFS is calling.
unsafe fn decode<T: Operations>(
    sb: *mut super_block,
    fid: *mut fid,
    words: c_int,
    kind: c_int,
    find: impl for<'a> FnOnce(HandleRequest<'a>) -> Result<Decoded<'a>>,
) -> *mut dentry {
    // SAFETY: The superblock has this table, so it is an upper one. `exportfs_decode_fh_raw()` has
    // got a mount of it, to which its caller holds a reference.
    let sb = unsafe { Upper::from_raw(sb) };
    // SAFETY: The VFS passes a handle of this length, and keeps it for the call.
    let handle = unsafe { Handle::from_raw(fid, words, kind) };
    // SAFETY: As above, a mount is referenced. `exportfs_decode_fh_raw()` itself locks directories,
    // so its caller holds no `i_rwsem` of the superblock.
    let request = unsafe { HandleRequest::new(sb, handle, Upper::<Inode>::iget::<T>) };
    match find(request) {
        Ok(found) => found.into_raw(),
        Err(error) => err_ptr(error.to_errno()),
    }
}
