// SPDX-License-Identifier: GPL-2.0

//! Question: do `super_operations.freeze_super` and `freeze_super()` receive the owner of the
//! freeze?
//!
//! In 6.12 they receive the superblock and the kind of the holder. In 6.18 and later they receive
//! the owner as well, which is null for user space. The same holds for `thaw_super`.
//!
//! C header: `include/linux/fs.h`

use bindings::{ffi::c_int, super_block, super_operations};

answers! { freeze_super_op:
    "receives_holder" => receives_holder,
    "receives_owner" => receives_owner,
}

/// What the slots call.
pub(crate) trait Freeze {
    /// Freezes `sb` for user space. Returns zero or a negative errno.
    ///
    /// # Safety
    ///
    /// The caller is the VFS, in `super_operations.freeze_super`: `sb` is valid for the call and
    /// mounted, and the caller holds no lock of it.
    unsafe fn freeze(sb: *mut super_block) -> c_int;

    /// Thaws `sb`, which user space has frozen. Returns zero or a negative errno.
    ///
    /// # Safety
    ///
    /// The caller is the VFS, in `super_operations.thaw_super`: as for [`Self::freeze`].
    unsafe fn thaw(sb: *mut super_block) -> c_int;
}

/// A table with `freeze_super` and `thaw_super`, and the calls of another superblock's operations.
///
/// # Safety
///
/// `freeze_super` calls `H::freeze` once, and `thaw_super` calls `H::thaw` once, with the
/// superblock that the VFS passed, if the holder is user space. If the holder is the kernel, they
/// return zero without a call: the kernel freezes the filesystems for itself one by one.
pub(crate) unsafe trait FreezeSuperOp<H: Freeze> {
    /// The other slots are empty.
    const TABLE: super_operations;

    /// Freezes `sb` for user space, by its own operation or by the VFS. Returns zero or a negative
    /// errno.
    ///
    /// # Safety
    ///
    /// `sb` is valid for the call and mounted, and its filesystem can be frozen. The caller holds
    /// no lock of it, and may sleep.
    unsafe fn freeze(sb: *mut super_block) -> c_int;

    /// Thaws `sb`, by its own operation or by the VFS. Returns zero or a negative errno.
    ///
    /// # Safety
    ///
    /// As for [`Self::freeze`].
    unsafe fn thaw(sb: *mut super_block) -> c_int;
}
