// SPDX-License-Identifier: GPL-2.0

//! Paths in messages.

use std::path::Path;

/// A path for people: relative to the working directory if it lies below that.
pub(crate) fn display(path: &Path) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    path.strip_prefix(&here)
        .unwrap_or(path)
        .display()
        .to_string()
}
