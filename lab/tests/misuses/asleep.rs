// SPDX-License-Identifier: GPL-2.0

//! A driver brings into RCU walk, or out of it, what the other kind of walk must not have.

#![forbid(unsafe_code)]

use crate::compat::{
    dentry::{Dentry, LookupFlags},
    error::Result,
    inode::{AccessMask, Inode},
    ops::RcuWalkStep,
    upper::{Upper, RcuRef, RcuAccessMask},
};

fn flags_that_were_kept(
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

fn a_mask_that_was_kept(
    inode: RcuRef<'_, Inode>,
    mask: RcuAccessMask<'_>,
    kept: AccessMask,
) -> Result {
    #[cfg(misuse)]
    let mask = kept;
    #[cfg(not(misuse))]
    let _ = kept;
    inode.lower_permission(mask) //~ E0308
}

fn what_forbids_to_sleep(inode: &Upper<Inode>, mask: AccessMask, kept: RcuAccessMask<'_>) -> Result {
    #[cfg(misuse)]
    let mask = kept;
    #[cfg(not(misuse))]
    let _ = kept;
    inode.lower_permission(mask) //~ E0308
}

fn flags_that_forbid_to_sleep(dentry: &Dentry, flags: LookupFlags, kept: RcuWalkStep<'_>) -> Result<bool> {
    #[cfg(misuse)]
    let flags = kept;
    #[cfg(not(misuse))]
    let _ = kept;
    dentry.revalidate(flags) //~ E0308
}

fn a_lower_dentry(dentry: RcuRef<'_, Dentry>) -> bool {
    #[cfg(misuse)]
    let _ = dentry.lower(); //~ E0599
    dentry.is_up_to_date()
}

fn a_refresh(inode: RcuRef<'_, Inode>) -> bool {
    #[cfg(misuse)]
    inode.refresh(); //~ E0599
    inode.is_up_to_date()
}

fn an_operation_that_may_sleep(inode: RcuRef<'_, Inode>, mask: RcuAccessMask<'_>) -> Result {
    #[cfg(misuse)]
    inode.with_write_access(|_| Ok(()))?; //~ E0599
    inode.lower_permission(mask)
}
