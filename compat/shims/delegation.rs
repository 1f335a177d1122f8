// SPDX-License-Identifier: GPL-2.0

//! Question: in what does the VFS report the inode whose delegation a change has to wait for?
//!
//! Up to 6.18 it stores a pointer to the inode. Later, at the latest in 7.1, it stores the
//! pointer in a structure. 7.3 keeps the superblock active as well, in the same structure. So only
//! `break_deleg_wait()` of the kernel itself knows which references the place holds, and is the one
//! way to drop them.
//!
//! The functions that report in either form are pinned together here, with `break_deleg_wait()`:
//! what one stores, the other has to understand. Those that report in the new form alone are
//! questions of their own, such as `vfs_create`. Their answers that take a place require that it is
//! the structure. `break_deleg` is independent: it reports nothing.
//!
//! C headers: `include/linux/filelock.h`, `include/linux/fs.h`, `include/linux/xattr.h`

use bindings::{ffi::c_int, renamedata};

answers! { delegation:
    "in_pointer" => in_pointer,
    "in_structure" => in_structure,
}

/// The place for the inode.
pub(crate) trait Delegation {
    /// What functions such as `vfs_unlink()` take a pointer to.
    type Place;

    /// A place that holds no inode.
    fn empty() -> Self::Place;

    /// Whether the VFS has stored an inode there, with its references.
    fn is_set(place: &Self::Place) -> bool;

    /// Makes `vfs_rename()` report in the place, which has to live as long as these arguments.
    fn report_in(place: &mut Self::Place, arguments: &mut renamedata);

    /// Waits until the delegation is gone, and drops the references. Returns zero or a negative
    /// errno, `ERESTARTSYS` if a signal is pending. It then does not wait.
    ///
    /// # Safety
    ///
    /// A function of the VFS has stored an inode in the place, and nobody has called this for it
    /// since. The caller may sleep, and holds no lock of the inode.
    unsafe fn wait(place: &mut Self::Place) -> c_int;
}
