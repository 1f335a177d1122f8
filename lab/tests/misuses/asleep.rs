// SPDX-License-Identifier: GPL-2.0

//! A driver calls in RCU walk what may sleep, or uses outside of RCU walk a value of RCU walk.

#![forbid(unsafe_code)]

use crate::compat::{
    dentry::{Dentry, LookupFlags},
    error::Result,
    inode::{AccessAnswer, AccessMask, Inode},
    ops::RcuWalkStep,
    upper::{Upper, RcuRef, RcuAccessMask},
};

fn lookup_flags_in_rcu_walk(
    dentry: RcuRef<'_, Dentry>,
    step: RcuWalkStep<'_>,
    kept: LookupFlags,
) -> Result<bool> {
    #[cfg(misuse)]
    let step = kept;
    #[cfg(not(misuse))]
    let _ = kept;
    dentry.lower_revalidate(step) //~ E0308
}

fn access_mask_in_rcu_walk(
    inode: RcuRef<'_, Inode>,
    mask: RcuAccessMask<'_>,
    kept: AccessMask<'_>,
) -> AccessAnswer {
    #[cfg(misuse)]
    let mask = kept;
    #[cfg(not(misuse))]
    let _ = kept;
    inode.lower_permission(mask) //~ E0308
}

fn rcu_access_mask_outside_of_rcu_walk(inode: &Upper<Inode>, mask: AccessMask<'_>, kept: RcuAccessMask<'_>) -> AccessAnswer {
    #[cfg(misuse)]
    let mask = kept;
    #[cfg(not(misuse))]
    let _ = kept;
    inode.lower_permission(mask) //~ E0308
}

fn rcu_walk_step_outside_of_rcu_walk(dentry: &Dentry, flags: LookupFlags, kept: RcuWalkStep<'_>) -> Result<bool> {
    #[cfg(misuse)]
    let flags = kept;
    #[cfg(not(misuse))]
    let _ = kept;
    dentry.revalidate(flags) //~ E0308
}

fn lower_dentry(dentry: RcuRef<'_, Dentry>, step: RcuWalkStep<'_>) -> bool {
    #[cfg(misuse)]
    let _ = dentry.lower(); //~ E0624
    dentry.is_current(step)
}

fn refresh(inode: RcuRef<'_, Inode>) -> bool {
    #[cfg(misuse)]
    inode.refresh(); //~ E0599
    inode.is_current()
}

fn operation_that_may_sleep(inode: RcuRef<'_, Inode>, mask: RcuAccessMask<'_>) -> Result<AccessAnswer> {
    #[cfg(misuse)]
    inode.with_write_access(|_| Ok(()))?; //~ E0599
    Ok(inode.lower_permission(mask))
}
