// SPDX-License-Identifier: GPL-2.0

//! Question: can files say that they support `RWF_DONTCACHE`?
//!
//! Since 6.14 a read or write can ask the kernel to drop its pages from the page cache afterwards.
//! The VFS passes such a request only to a file with the flag `FOP_DONTCACHE`.
//!
//! C header: `include/linux/fs.h`

answers! { dontcache:
    "absent" => absent,
    "flag" => flag,
}

/// The flag of `file_operations` for `RWF_DONTCACHE`.
pub(crate) trait DontCache {
    /// The flag, zero if there is none.
    const FLAG: u32;
}
