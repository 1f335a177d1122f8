// SPDX-License-Identifier: GPL-2.0

//! It cannot.
//!
//! Only members of bindings::export_operations: encode_fh, fh_to_dentry, fh_to_parent, get_name, get_parent
//! Only members of bindings::export_operations: commit_metadata, flags, get_uuid, map_blocks, commit_blocks, block_ops

use bindings::export_operations;

pub(crate) struct Answer;

impl super::ExportOpen for Answer {
    fn opens_itself(_: &export_operations) -> bool {
        false
    }
}
