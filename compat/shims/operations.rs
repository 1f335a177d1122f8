// SPDX-License-Identifier: GPL-2.0

//! Question: does compat know every operation that a filesystem can have?
//!
//! compat leaves the slots that it does not fill empty, and each kernel adds some. What the VFS does
//! for an empty slot differs: it refuses, or does something for the upper file alone, which is
//! wrong if the lower one has the operation. So somebody has to read about each new slot once. The
//! answer lists all that are known, also those that only some kernels have.
//!
//! Such a table is not written member by member, as other structures are: no list would compile on
//! two kernels. To add an operation to the list, find out what the VFS does where it is empty, and
//! fill it or say in the driver's documentation that it does not exist.
//!
//! C headers: `include/linux/fs.h`, `include/linux/fs/super_types.h`, `include/linux/dcache.h`,
//! `include/linux/exportfs.h`, `include/linux/filelock.h`, `include/linux/fs_context.h`,
//! `include/linux/xattr.h`

answers! { operations:
    "known" => known,
}

/// Says that the operations are known. Nothing calls it.
#[allow(dead_code)]
pub(crate) trait Operations {}
