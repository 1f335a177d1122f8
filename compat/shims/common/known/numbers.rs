// SPDX-License-Identifier: GPL-2.0

//! The widths of C's own names for numbers, for all of compat.

use bindings::{
    bool_, dev_t, ffi::c_void, fl_owner_t, fmode_t, freeze_holder, loff_t, pid_t, time64_t, umode_t,
};

const _: fn(umode_t) -> u16 = |it| it;
const _: fn(dev_t) -> u32 = |it| it;
const _: fn(fmode_t) -> u32 = |it| it;
const _: fn(freeze_holder) -> u32 = |it| it.0;
const _: fn(pid_t) -> i32 = |it| it;
const _: fn(loff_t) -> i64 = |it| it;
const _: fn(time64_t) -> i64 = |it| it;
const _: fn(bool_) -> bool = |it| it;
const _: fn(fl_owner_t) -> *mut c_void = |it| it;
