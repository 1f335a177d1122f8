// SPDX-License-Identifier: GPL-2.0

//! Question: of which type is the hash by which the cache finds an inode?
//!
//! In 6.19 it is an `unsigned long`. In 7.1 it is a `u64`.
//!
//! C header: `include/linux/fs.h`

answers! { inode_hash:
    "long" => long,
    "fixed_width" => fixed_width,
}

/// The hash that `iget5_locked()` and `ilookup5()` take.
pub(crate) trait InodeHash {
    /// The type.
    type Hash;

    /// The hash of an inode that is found by an address.
    fn of(address: usize) -> Self::Hash;
}
