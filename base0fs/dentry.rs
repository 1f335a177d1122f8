// SPDX-License-Identifier: GPL-2.0

//! Names: whether the cache above still agrees with the cache below.

#![forbid(unsafe_code)]

use crate::{
    compat::{
        dentry::{Dentry, LookupFlags},
        error::{not_in_rcu_walk, Result},
        ops::DentryOperations,
        upper::Upper,
    },
    Base0fs,
};

impl DentryOperations for Base0fs {
    /// The lower tree may change by itself. A lower dentry that was renamed, removed, or given an
    /// inode since has another sequence number than the one remembered here; most have not, and stay
    /// in RCU walk.
    fn revalidate(dentry: &Upper<Dentry>, flags: LookupFlags) -> Result<bool> {
        if !dentry.lower().revalidate(flags)? {
            return Ok(false);
        }
        let agrees = dentry.still_agrees();
        let is_fresh = dentry.upper_inode().map_or(true, |inode| inode.is_fresh());
        if agrees && is_fresh {
            return Ok(true);
        }
        if flags.in_rcu_walk() {
            return Err(not_in_rcu_walk());
        }
        if !agrees {
            let parent = dentry.parent();
            if !dentry.with_name(|name| dentry.agrees(&parent, name)) {
                return Ok(!flags.must_be_exact() && dentry.is_changing(&parent));
            }
        }
        if let Some(inode) = dentry.upper_inode() {
            inode.refresh();
        }
        Ok(true)
    }
}
