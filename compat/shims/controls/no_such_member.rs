// SPDX-License-Identifier: GPL-2.0

//! A member that no kernel's structure has.
//!
//! Rejected with: E0609

use bindings::super_block;

/// Read wrongly: no kernel's superblock has this member.
///
/// # Safety
///
/// It is never called.
pub(crate) unsafe fn read(sb: *mut super_block) -> u32 {
    // SAFETY: It is never called.
    unsafe { (*sb).s_member_of_no_kernel }
}
