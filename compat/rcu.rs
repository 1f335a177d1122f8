// SPDX-License-Identifier: GPL-2.0

//! RCU: keeping what is read without a count.
//!
//! C header: `include/linux/rcupdate.h`

/// Runs `f` with the RCU read lock held. `f` must not sleep.
pub(in crate::compat) fn read<R>(f: impl FnOnce() -> R) -> R {
    // SAFETY: The lock can be taken in every context, and is given back below.
    unsafe { bindings::rcu_read_lock() };
    let result = f();
    // SAFETY: Taken above, by this task.
    unsafe { bindings::rcu_read_unlock() };
    result
}
