// SPDX-License-Identifier: GPL-2.0

//! What a case could not ask on this machine, said in the report: a part that was left out in silence
//! would pass for one that was proven.

use std::sync::{Mutex, PoisonError};

static REMARKS: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Says that a part of the running case was left out, and why.
pub fn left_out(part: &str, why: &str) {
    let mut remarks = REMARKS.lock().unwrap_or_else(PoisonError::into_inner);
    let remark = format!("left out: {part}: {why}");
    // A case runs in two worlds, which lack the same.
    if !remarks.contains(&remark) {
        remarks.push(remark);
    }
}

/// Takes what was said since the last time.
pub fn take() -> Vec<String> {
    let mut remarks = REMARKS.lock().unwrap_or_else(PoisonError::into_inner);
    std::mem::take(&mut remarks)
}
