// SPDX-License-Identifier: GPL-2.0

//! Question: who checks whether a file is open elsewhere, so that it gets no lease?
//!
//! Up to 6.18 the VFS does, in `check_conflicting_open()`. Since 6.19 it calls
//! `lm_open_conflict` of the lease's manager, which every manager has to have.
//!
//! C header: `include/linux/filelock.h`

use bindings::{ffi::c_int, file, file_lease, lease_manager_operations, list_head};

answers! { lease_conflict:
    "checked_by_manager" => checked_by_manager,
    "checked_by_vfs" => checked_by_vfs,
}

/// What a lease's manager does.
pub(crate) trait LeaseManager {
    /// `lm_break`: somebody waits for the lease. Returns whether the lease ends at once.
    ///
    /// # Safety
    ///
    /// The VFS calls it, with the `flc_lock` of the lease's inode held.
    unsafe extern "C" fn lm_break(lease: *mut file_lease) -> bool;

    /// `lm_change`: changes the type of the lease, or ends it.
    ///
    /// # Safety
    ///
    /// As for [`Self::lm_break`].
    unsafe extern "C" fn lm_change(
        lease: *mut file_lease,
        kind: c_int,
        ended: *mut list_head,
    ) -> c_int;

    /// `lm_open_conflict`: zero, or `EAGAIN` as a negative errno if another opening of the file
    /// excludes a lease of that kind.
    ///
    /// # Safety
    ///
    /// As for [`Self::lm_break`].
    #[allow(dead_code)] // Only some kernels have the slot.
    unsafe extern "C" fn lm_open_conflict(file: *mut file, kind: c_int) -> c_int;
}

/// The table of a lease's manager.
pub(crate) trait LeaseConflict<M: LeaseManager> {
    /// The table with the functions of `M`.
    const TABLE: lease_manager_operations;
}
