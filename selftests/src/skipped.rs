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

static NOT_SUPPORTED: Mutex<Option<String>> = Mutex::new(None);

/// Notes that the running case cannot run on the plain directory, and why. So it says nothing about
/// the layer.
pub fn cannot_run_below(why: &str) {
    let mut reason = NOT_SUPPORTED.lock().unwrap_or_else(PoisonError::into_inner);
    *reason = Some(why.to_owned());
}

/// Takes what was noted by [`cannot_run_below`] since the last call.
pub fn take_not_supported() -> Option<String> {
    let mut reason = NOT_SUPPORTED.lock().unwrap_or_else(PoisonError::into_inner);
    reason.take()
}

/// Takes the lines noted since the last call.
pub fn take() -> Vec<String> {
    let mut skipped = SKIPPED.lock().unwrap_or_else(PoisonError::into_inner);
    std::mem::take(&mut skipped)
}
