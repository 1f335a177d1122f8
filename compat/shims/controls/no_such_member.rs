// SPDX-License-Identifier: GPL-2.0

//! A read of a member that no kernel's structure has.
//!
//! Rejected with: E0609

use bindings::super_block;

/// Reads a member that no kernel's superblock has.
///
/// # Safety
///
/// Never called.
pub(crate) unsafe fn read(sb: *mut super_block) -> u32 {
    // SAFETY: Never called.
    unsafe { (*sb).s_member_of_no_kernel }
}
