// SPDX-License-Identifier: GPL-2.0

//! File handles: a few numbers by which a filesystem finds a file again, without its name.
//!
//! name_to_handle_at(2), NFS servers and fanotify(7) ask for the handle of a file.
//! open_by_handle_at(2) and NFS servers give it back later, maybe after a reboot. They also give
//! back numbers that no filesystem ever wrote: only the filesystem can tell.
//!
//! An upper file has the handle of its lower file. So this module only passes handles to the lower
//! filesystem and back. [`super::upper::HandleRequest`] turns the lower file into an upper one.
//!
//! C header: `include/linux/exportfs.h`

use core::{
    marker::PhantomData,
    mem::size_of,
    ptr::{self, NonNull},
};

use bindings::{
    ffi::{c_int, c_ulong, c_void},
    fid,
};

use super::{
    aref::ARef,
    dentry::Dentry,
    error::{from_negative, not_supported, stale, Result},
    inode::{Inode, Kind},
    mount::Mount,
    raw::from_err_ptr,
    shims::{
        export_nolocks::{self, ExportNolocks},
        export_open::{self, ExportOpen},
        exportfs::{self, Exportfs},
    },
    super_block::SuperBlock,
};

/// The words of 32 bits in the largest handle (`MAX_HANDLE_SZ`).
const MAX_WORDS: usize = bindings::MAX_HANDLE_SZ as usize / size_of::<u32>();

/// Where the handle of one file is written.
///
/// # Invariants
///
/// For `'a`, `words` is valid and nobody else uses it. It says how many words of 32 bits `fid` has.
/// Those are valid for writes, and nobody else uses them. If there are none, `fid` may be null.
pub(crate) struct HandleBuffer<'a> {
    fid: *mut fid,
    words: *mut c_int,
    _lifetime: PhantomData<&'a mut ()>,
}

impl HandleBuffer<'_> {
    /// # Safety
    ///
    /// For as long as the value lives, `words` is valid and nobody else uses it. It says how many
    /// words of 32 bits `fid` has. Those are valid for writes, and nobody else uses them. If there
    /// are none, `fid` may be null.
    pub(in crate::compat) unsafe fn from_raw(fid: *mut u32, words: *mut c_int) -> Self {
        // INVARIANT: The safety requirements of this function are the type invariants.
        Self {
            fid: fid.cast(),
            words,
            _lifetime: PhantomData,
        }
    }
}

/// The answer to a [`HandleBuffer`]: the type of the handle that the filesystem has written, or
/// that the buffer is too small (`FILEID_INVALID`). Then the buffer says how many words it needs.
#[must_use]
pub(crate) struct Encoded<'a>(c_int, PhantomData<&'a mut ()>);

impl Encoded<'_> {
    /// The type (`FILEID_*`), never negative.
    pub(in crate::compat) fn into_raw(self) -> c_int {
        self.0
    }
}

/// A handle that somebody gives back. It may be one that no filesystem wrote.
///
/// # Invariants
///
/// For `'a`, `fid` has `words` words of 32 bits, which are valid for reads.
#[derive(Clone, Copy)]
pub(crate) struct Handle<'a> {
    fid: *mut fid,
    words: c_int,
    kind: c_int,
    _lifetime: PhantomData<&'a ()>,
}

impl Handle<'_> {
    /// # Safety
    ///
    /// For as long as the value lives, `fid` has `words` words of 32 bits, which are valid for
    /// reads.
    pub(in crate::compat) unsafe fn from_raw(fid: *mut fid, words: c_int, kind: c_int) -> Self {
        // INVARIANT: The safety requirements of this function are the type invariants.
        Self {
            fid,
            words,
            kind,
            _lifetime: PhantomData,
        }
    }
}

/// What a filesystem can do with handles.
#[derive(Clone, Copy)]
pub(in crate::compat) enum Handles {
    /// It writes none. The VFS then writes one for fanotify(7), from the inode number.
    None,
    /// It writes handles, and finds no file by them.
    WriteOnly,
    /// It finds a file by its handle.
    Files {
        /// A handle can name the directory of the file as well.
        with_parent: bool,
        /// NFS servers have to treat the filesystem as one on another machine.
        remote: bool,
    },
}

impl SuperBlock {
    /// What the filesystem can do with handles, and a filesystem on top of it.
    pub(in crate::compat) fn handles(&self) -> Handles {
        // SAFETY: `self` is a valid superblock. The table is set once, before the filesystem can be
        // mounted, and stays as long as the superblock.
        let Some(table) = (unsafe { (*self.as_ptr()).s_export_op.as_ref() }) else {
            return Handles::None;
        };
        if !exportfs::Answer::AVAILABLE || table.encode_fh.is_none() {
            return Handles::None;
        }
        // A filesystem that opens files by handle in its own way relies on that.
        if table.fh_to_dentry.is_none() || export_open::Answer::opens_itself(table) {
            return Handles::WriteOnly;
        }
        let remote = (bindings::EXPORT_OP_CLOSE_BEFORE_UNLINK
            | bindings::EXPORT_OP_REMOTE_FS
            | bindings::EXPORT_OP_FLUSH_ON_CLOSE) as c_ulong
            | export_nolocks::Answer::NOLOCKS;
        Handles::Files {
            with_parent: table.fh_to_parent.is_some(),
            remote: table.flags & remote != 0,
        }
    }
}

impl Inode {
    /// Writes the handle of this file. If `parent` is given, the handle also names that directory,
    /// if the filesystem has such handles. May sleep.
    ///
    /// Errors: those of the filesystem.
    pub(crate) fn encode_handle<'a>(
        &self,
        parent: Option<&Inode>,
        buffer: HandleBuffer<'a>,
    ) -> Result<Encoded<'a>> {
        let parent = parent.map_or(ptr::null_mut(), |parent| parent.as_ptr());
        // SAFETY: The references ensure that both inodes are valid. The type invariants of
        // `HandleBuffer` describe the buffer.
        let kind =
            unsafe { exportfs::Answer::encode(self.as_ptr(), buffer.fid, buffer.words, parent) };
        if kind < 0 {
            return Err(from_negative(kind));
        }
        Ok(Encoded(kind, PhantomData))
    }
}

impl Mount {
    /// Finds a dentry of the file that has `handle`. May sleep, and locks directories.
    ///
    /// `accept` gets one dentry of the file after the other, and decides. A directory has one
    /// dentry, and its path leads to the root of the filesystem. Any other file can have several,
    /// and one without a path. If the handle names the directory of such a file, and `accept` wants
    /// none of its dentries, the filesystem looks for it in that directory, and `accept` decides
    /// about that dentry as well.
    ///
    /// The caller holds no `i_rwsem` of the filesystem. Errors: `ENOMEM`; `ESTALE` if there is no
    /// such file, or if `accept` wants none of its dentries.
    pub(in crate::compat) fn decode_handle<F: Fn(&Dentry) -> bool>(
        &self,
        handle: Handle<'_>,
        accept: F,
    ) -> Result<ARef<Dentry>> {
        let Handle {
            fid, words, kind, ..
        } = handle;
        let context = ptr::from_ref(&accept).cast_mut().cast();
        // SAFETY: `self` is a valid mount, and the type invariants of `Handle` describe the handle.
        // `context` is an `F`, as `is_acceptable` requires, and stays for the call.
        let found = unsafe {
            let accept: exportfs::Acceptable = Some(is_acceptable::<F>);
            exportfs::Answer::decode(self.as_ptr(), fid, words, kind, accept, context)
        };
        let found = found.map_err(|errno| match errno {
            errno if errno == -(bindings::ENOMEM as c_int) => from_negative(errno),
            _ => stale(),
        })?;
        let found = NonNull::new(found.cast::<Dentry>()).ok_or_else(stale)?;
        // SAFETY: The call has returned a reference to a dentry, which is ours.
        Ok(unsafe { ARef::from_raw(found) })
    }

    /// Finds the directory that `handle` names beside its file. Otherwise as
    /// [`Self::decode_handle`].
    ///
    /// Errors: `ENOMEM`; `ESTALE` if the handle names no directory, or one that `accept` does not
    /// want; `EOPNOTSUPP` if the filesystem has no such handles.
    pub(in crate::compat) fn decode_parent<F: Fn(&Dentry) -> bool>(
        &self,
        handle: Handle<'_>,
        accept: F,
    ) -> Result<ARef<Dentry>> {
        let sb = self.super_block().as_ptr();
        // SAFETY: The mount keeps the superblock. The table stays as long as the superblock.
        let table = unsafe { (*sb).s_export_op.as_ref() };
        let find = table
            .and_then(|table| table.fh_to_parent)
            .ok_or_else(not_supported)?;
        // SAFETY: The table belongs to the superblock. The type invariants of `Handle` describe the
        // handle. The caller holds no lock of the filesystem.
        let parent = unsafe { find(sb, handle.fid, handle.words, handle.kind) };
        let parent = from_err_ptr(parent).map_err(|_| stale())?;
        let parent = NonNull::new(parent.cast::<Dentry>()).ok_or_else(stale)?;
        // SAFETY: The operation has returned a reference to a dentry, which is ours.
        let parent = unsafe { ARef::from_raw(parent) };
        // The dentry may have no path yet. `decode_handle` gives a directory its path.
        let mut space = [0_u32; MAX_WORDS];
        let mut words = MAX_WORDS as c_int;
        // SAFETY: `words` says how many words `space` has. Both are ours, and stay for the call.
        let buffer = unsafe { HandleBuffer::from_raw(space.as_mut_ptr(), &mut words) };
        let inode = parent
            .inode()
            .filter(|inode| inode.kind() == Kind::Directory);
        let kind = inode
            .ok_or_else(stale)?
            .encode_handle(None, buffer)?
            .into_raw();
        if kind == bindings::FILEID_INVALID as c_int || words as usize > MAX_WORDS {
            return Err(stale());
        }
        // SAFETY: The filesystem has written `words` words to `space`, which has that many.
        let handle = unsafe { Handle::from_raw(space.as_mut_ptr().cast(), words, kind) };
        self.decode_handle(handle, accept)
    }
}

/// Asks the closure of type `F` at `context` about `dentry`.
///
/// # Safety
///
/// `context` is valid, and `dentry` is a referenced, positive dentry.
unsafe extern "C" fn is_acceptable<F: Fn(&Dentry) -> bool>(
    context: *mut c_void,
    dentry: *mut bindings::dentry,
) -> c_int {
    // SAFETY: The safety requirements ensure that `context` is a valid `F`.
    let accept = unsafe { &*context.cast::<F>() };
    // SAFETY: The safety requirements ensure that the dentry is valid and referenced. It belongs to
    // a lower filesystem.
    c_int::from(accept(unsafe { &*dentry.cast::<Dentry>() }))
}
