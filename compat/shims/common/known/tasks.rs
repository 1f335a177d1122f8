// SPDX-License-Identifier: GPL-2.0

//! Memory, RCU, signals and deferred work, for `compat/deferred.rs`, `compat/rcu.rs` and
//! `compat/delegation.rs`.

use bindings::{delayed_work, ffi::c_void};

bindings::signatures! {
    bindings::cancel_delayed_work_sync: fn(*mut delayed_work) -> bool;
    bindings::flush_delayed_work: fn(*mut delayed_work) -> bool;
    bindings::kfree: fn(*const c_void);
    bindings::rcu_barrier: fn();
    bindings::rcu_read_lock: fn();
    bindings::rcu_read_unlock: fn();
    bindings::recalc_sigpending: fn();
}
