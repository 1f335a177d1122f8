// SPDX-License-Identifier: GPL-2.0

//! A driver asks for a lower object that does not exist yet.

#![forbid(unsafe_code)]

use crate::compat::upper::{Lookup, OpenRequest, TmpfileRequest};

fn of_a_tmpfile(file: TmpfileRequest<'_>) {
    #[cfg(misuse)]
    let _ = file.dentry().lower(); //~ E0599
    let _ = file.parent().lower();
}

fn of_a_lookup(lookup: Lookup<'_>) {
    #[cfg(misuse)]
    let _ = lookup.lower(); //~ E0599
    let _ = lookup.find_lower();
}

fn of_an_opening(file: OpenRequest<'_>) {
    #[cfg(misuse)]
    let _ = file.lower(); //~ E0599
    let _ = file.dentry().lower();
}
