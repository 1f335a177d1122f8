// SPDX-License-Identifier: GPL-2.0

//! In the `rt_mutex` inside the semaphore.
//!
//! A task that holds the semaphore exclusively holds the mutex. A task that holds it shared has
//! released the mutex. The member is the address of the owner, and its lowest bit says that other
//! tasks wait (`RT_MUTEX_HAS_WAITERS`).

use core::ptr::addr_of;

use bindings::inode;

pub(crate) struct Answer;

/// Whether other tasks wait.
const HAS_WAITERS: usize = 1;

impl super::WriteOwner for Answer {
    unsafe fn is_current(inode: *mut inode) -> bool {
        // SAFETY: The safety requirements of this function ensure that `inode` is valid. Other
        // tasks may write the member, which the machine reads in one access.
        let owner = unsafe { addr_of!((*inode).i_rwsem.rwbase.rtmutex.owner).read_volatile() };
        // SAFETY: There is always a current task.
        let task = unsafe { bindings::shim_current() };
        owner as usize & !HAS_WAITERS == task as usize
    }
}
