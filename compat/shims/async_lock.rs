// SPDX-License-Identifier: GPL-2.0

//! Question: can files with a `lock` operation say that it does not wait for another lock?
//!
//! Since 6.13 an NFS server asks a file with the flag `FOP_ASYNC_LOCK` to queue its request. The VFS
//! calls the server back when the other lock is gone. The same holds for files without a `lock`
//! operation. In 6.12 no file of a local filesystem gets such requests: the clients ask again from
//! time to time. One series of changes has added this flag and removed `EXPORT_OP_ASYNC_LOCK`.
//!
//! C header: `include/linux/fs.h`

answers! { async_lock:
    "absent" => absent,
    "flag" => flag,
}

/// The flag of `file_operations` for queued locks.
pub(crate) trait AsyncLock {
    /// The flag, zero if there is none.
    const FLAG: u32;
}
