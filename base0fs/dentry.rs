// SPDX-License-Identifier: GPL-2.0

//! Dentries: whether a cached name is still in sync with the lower directory.

#![forbid(unsafe_code)]

use crate::{
    compat::{
        dentry::{Dentry, LookupFlags},
        error::{not_in_rcu_walk, Result},
        ops::RcuWalkStep,
        upper::{RcuRef, Upper},
    },
    passthrough::passes_through,
};

/// The lower tree can change without an operation of this filesystem. A lower dentry that was
/// renamed or removed, or was given an inode, has another `d_seq` than the verifier in `d_time`
/// (which includes that of the upper dentry too). Then RCU walk ends, and `revalidate` compares the
/// layers. Most dentries have not changed, and the RCU walk continues.
pub(crate) trait DentryOperations {
    fn revalidate_in_rcu_walk(dentry: RcuRef<'_, Dentry>, step: RcuWalkStep<'_>) -> Result<bool> {
        if dentry.is_plainly_current(step) {
            return Ok(true);
        }
        revalidate_rare_step(dentry, step)
    }

    fn revalidate(dentry: &Upper<Dentry>, flags: LookupFlags) -> Result<bool> {
        if !dentry.lower().revalidate(flags)? || !dentry.is_in_sync() {
            return Ok(false);
        }
        if let Some(inode) = dentry.upper_inode() {
            if !inode.attributes_match() {
                inode.refresh();
            }
        }
        Ok(dentry.update_submount())
    }
}

/// Apart from the usual step, which then needs no registers for this one.
#[inline(never)]
fn revalidate_rare_step(dentry: RcuRef<'_, Dentry>, step: RcuWalkStep<'_>) -> Result<bool> {
    if !dentry.is_current(step) || dentry.needs_submount_update() {
        return Err(not_in_rcu_walk());
    }
    dentry.lower_revalidate(step)
}

passes_through! { DentryOperations {
    fn revalidate_in_rcu_walk(dentry: RcuRef<'_, Dentry>, step: RcuWalkStep<'_>) -> Result<bool>;
    fn revalidate(dentry: &Upper<Dentry>, flags: LookupFlags) -> Result<bool>;
}}
