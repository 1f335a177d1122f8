// SPDX-License-Identifier: GPL-2.0

//! The cases, in the order in which they run: from what everything needs to what few programs do.

use crate::case::Case;

macro_rules! cases {
    ($($name:ident)*) => {
        $(mod $name;)*
        /// All cases.
        pub const CASES: &[Case] = &[$($name::CASE),*];
    };
}

cases! {
    mount_and_statfs lookup create read_write truncate mmap splice_sendfile seek fsync fallocate
    readdir mkdir_rmdir unlink link symlink mknod rename setattr permission xattr
}
