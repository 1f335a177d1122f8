// SPDX-License-Identifier: GPL-2.0

//! RCU read-side critical sections.
//!
//! C header: `include/linux/rcupdate.h`

/// Runs `f` with the RCU read lock held. `f` must not sleep.
pub(in crate::compat) fn read<R>(f: impl FnOnce() -> R) -> R {
    // SAFETY: Every context may take the RCU read lock. It is released below, whatever `f` returns.
    unsafe { bindings::rcu_read_lock() };
    let result = f();
    // SAFETY: This task took the lock above.
    unsafe { bindings::rcu_read_unlock() };
    result
}
