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
    mount_and_statfs mount_refusals mount_options mount_flags umount_busy stacking_depth
    lookup create read_write direct_io truncate mmap splice_sendfile seek fsync fallocate
    readdir mkdir_rmdir unlink link symlink mknod rename tmpfile
    setattr statx permission xattr immutable
    changes_below path_resolution exec inotify parallel
}
