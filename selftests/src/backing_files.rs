// SPDX-License-Identifier: GPL-2.0

//! Whether the kernel has open files with two paths (`backing_file_open()`), with which a mapping
//! through the mount has the path of the mount and keeps it busy. It has not without
//! CONFIG_FS_STACK, which overlayfs, for example, selects.

use std::fs::File;
use std::io::{BufRead, BufReader};

use crate::skipped;

/// Whether the kernel has them. If not, notes that the running case skips `part`.
///
/// The kernel's own table of symbols tells. Without that table (CONFIG_KALLSYMS) they are expected.
pub fn exist(part: &str) -> bool {
    let Ok(table) = File::open("/proc/kallsyms") else {
        return true;
    };
    let is_named = |line: String| line.split_whitespace().nth(2) == Some("backing_file_open");
    let exist = BufReader::new(table)
        .lines()
        .map_while(Result::ok)
        .any(is_named);
    if !exist {
        skipped::report(part, "the kernel has no backing files (CONFIG_FS_STACK)");
    }
    exist
}
