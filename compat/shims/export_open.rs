// SPDX-License-Identifier: GPL-2.0

//! Question: can a filesystem open files by handle in its own way?
//!
//! In 6.12 it cannot. In 6.18 `struct export_operations` has operations for that, `permission` and
//! `open`. Only filesystems of the kernel's own objects have them, such as pidfs. They decide who
//! may open what.
//!
//! C header: `include/linux/exportfs.h`

use bindings::export_operations;

answers! { export_open:
    "absent" => absent,
    "present" => present,
}

/// Filesystems that open files by handle in their own way.
pub(crate) trait ExportOpen {
    /// Whether the filesystem that has `table` is one of them.
    fn opens_itself(table: &export_operations) -> bool;
}
