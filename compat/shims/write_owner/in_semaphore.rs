// SPDX-License-Identifier: GPL-2.0

//! In a member of the semaphore itself.
//!
//! The member is the address of a task with two flags in its lowest bits. The lowest flag says that
//! the task is a reader (`RWSEM_READER_OWNED` in `kernel/locking/rwsem.c`). Only the task itself
//! stores its address without that flag, when it gets the lock exclusively, and it clears the
//! member before it releases the lock.

use core::ptr::addr_of;

use bindings::inode;

pub(crate) struct Answer;

/// The other flag, with which tasks that wait tell each other not to spin.
const NONSPINNABLE: usize = 2;

impl super::WriteOwner for Answer {
    unsafe fn is_current(inode: *mut inode) -> bool {
        // SAFETY: The safety requirements of this function ensure that `inode` is valid. Other
        // tasks may write the member, which the machine reads in one access.
        let owner = unsafe { addr_of!((*inode).i_rwsem.owner.counter).read_volatile() };
        // SAFETY: There is always a current task.
        let task = unsafe { bindings::shim_current() };
        owner as usize & !NONSPINNABLE == task as usize
    }
}
