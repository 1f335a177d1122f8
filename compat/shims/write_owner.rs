// SPDX-License-Identifier: GPL-2.0

//! Question: where does an `i_rwsem` say which task holds it exclusively?
//!
//! This depends on the configuration. With `CONFIG_PREEMPT_RT` the lock is built upon an
//! `rt_mutex`, which names its owner. Otherwise it has a member for its owner.
//!
//! C headers: `include/linux/rwsem.h`, `include/linux/rwbase_rt.h`

use bindings::inode;

answers! { write_owner:
    "in_rt_mutex" => in_rt_mutex,
    "in_semaphore" => in_semaphore,
}

/// Says whether the current task holds a lock.
pub(crate) trait WriteOwner {
    /// Whether the current task holds the `i_rwsem` of `inode` exclusively.
    ///
    /// # Safety
    ///
    /// `inode` is valid.
    unsafe fn is_current(inode: *mut inode) -> bool;
}
