// SPDX-License-Identifier: GPL-2.0

//! Parts of a case that were skipped because the kernel or the lower filesystem lacks what they
//! need. The report names them: otherwise a skipped part would look like a tested one.

use std::sync::{Mutex, PoisonError};

static SKIPPED: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Notes that the running case skips a part, and why.
pub fn report(part: &str, why: &str) {
    let mut skipped = SKIPPED.lock().unwrap_or_else(PoisonError::into_inner);
    let line = format!("{part}: {why}");
    // A case runs on two directories and skips the same part on both.
    if !skipped.contains(&line) {
        skipped.push(line);
    }
}

/// Takes the lines noted since the last call.
pub fn take() -> Vec<String> {
    let mut skipped = SKIPPED.lock().unwrap_or_else(PoisonError::into_inner);
    std::mem::take(&mut skipped)
}
