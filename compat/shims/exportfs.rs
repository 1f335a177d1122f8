// SPDX-License-Identifier: GPL-2.0

//! Question: does the kernel have the functions for file handles?
//!
//! They are declared on every kernel, and exist with `CONFIG_EXPORTFS`. Nearly every kernel has
//! that option, because open_by_handle_at(2), fanotify(7) and overlayfs need it. The functions may
//! be in a module, on which this one then depends.
//!
//! C header: `include/linux/exportfs.h`

use bindings::{
    dentry,
    ffi::{c_int, c_void},
    fid, inode, vfsmount,
};

answers! { exportfs:
    "absent" => absent,
    "exported" => exported,
}

/// The function that decides whether the caller can use a dentry.
pub(crate) type Acceptable = Option<unsafe extern "C" fn(*mut c_void, *mut dentry) -> c_int>;

/// Writes handles, and finds files by them.
pub(crate) trait Exportfs {
    /// Whether the functions exist.
    const AVAILABLE: bool;

    /// Writes the handle of `inode` to `fid`, and names the directory `parent` in it unless that is
    /// null. Returns the type of the handle, `FILEID_INVALID` if it needs more words, or a negative
    /// errno. Writes the number of words to `words`.
    ///
    /// # Safety
    ///
    /// - `inode` is valid and referenced, and so is `parent` unless it is null.
    /// - `words` is valid for reads and writes. `fid` is valid for writes of as many words of 32
    ///   bits as that says; if there are none, it may be null.
    unsafe fn encode(
        inode: *mut inode,
        fid: *mut fid,
        words: *mut c_int,
        parent: *mut inode,
    ) -> c_int;

    /// Returns a dentry that `accept` accepts, with a reference for the caller, or null or a
    /// negative errno.
    ///
    /// # Safety
    ///
    /// - `mount` is valid and referenced, and the caller holds no `i_rwsem` of its filesystem.
    /// - `fid` is valid for reads of `words` words of 32 bits.
    /// - `accept` can be called with `context` and any referenced, positive dentry of the
    ///   filesystem.
    unsafe fn decode(
        mount: *mut vfsmount,
        fid: *mut fid,
        words: c_int,
        kind: c_int,
        accept: Acceptable,
        context: *mut c_void,
    ) -> Result<*mut dentry, c_int>;
}
