// SPDX-License-Identifier: GPL-2.0

//! Question: can a filesystem say that NFS servers cannot lock its files?
//!
//! In 6.12 it cannot. Since 6.15 it can, by `EXPORT_OP_NOLOCKS`. NFS does: a server that exports
//! files of another server cannot get its locks back after a reboot. In 6.12 the bit of this flag
//! has another meaning, and in 6.13 and 6.14 none.
//!
//! C header: `include/linux/exportfs.h`

use bindings::ffi::c_ulong;

answers! { export_nolocks:
    "absent" => absent,
    "present" => present,
}

/// The flag of filesystems whose files NFS servers cannot lock.
pub(crate) trait ExportNolocks {
    /// `EXPORT_OP_NOLOCKS`, or zero.
    const NOLOCKS: c_ulong;
}
