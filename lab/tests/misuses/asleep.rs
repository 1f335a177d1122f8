// SPDX-License-Identifier: GPL-2.0

//! A driver brings into RCU walk, or out of it, what the other kind of walk must not have.

#![forbid(unsafe_code)]

use crate::compat::{
    dentry::{Dentry, LookupFlags},
    error::Result,
    inode::{AccessMask, Inode},
    ops::Step,
    upper::{Upper, Walked, WalkedMask},
};

fn flags_that_were_kept(
    dentry: Walked<'_, Dentry>,
    step: Step<'_>,
    kept: LookupFlags,
) -> Result<bool> {
    #[cfg(misuse)]
    let step = kept;
    #[cfg(not(misuse))]
    let _ = kept;
    dentry.lower_revalidate(step) //~ E0308
}

fn a_mask_that_was_kept(
    inode: Walked<'_, Inode>,
    mask: WalkedMask<'_>,
    kept: AccessMask,
) -> Result {
    #[cfg(misuse)]
    let mask = kept;
    #[cfg(not(misuse))]
    let _ = kept;
    inode.lower_permission(mask) //~ E0308
}

fn what_forbids_to_sleep(inode: &Upper<Inode>, mask: AccessMask, kept: WalkedMask<'_>) -> Result {
    #[cfg(misuse)]
    let mask = kept;
    #[cfg(not(misuse))]
    let _ = kept;
    inode.lower_permission(mask) //~ E0308
}

fn flags_that_forbid_to_sleep(dentry: &Dentry, flags: LookupFlags, kept: Step<'_>) -> Result<bool> {
    #[cfg(misuse)]
    let flags = kept;
    #[cfg(not(misuse))]
    let _ = kept;
    dentry.revalidate(flags) //~ E0308
}

fn a_lower_dentry(dentry: Walked<'_, Dentry>) -> bool {
    #[cfg(misuse)]
    let _ = dentry.lower(); //~ E0599
    dentry.is_fresh()
}

fn a_refresh(inode: Walked<'_, Inode>) -> bool {
    #[cfg(misuse)]
    inode.refresh(); //~ E0599
    inode.is_fresh()
}

fn an_operation_that_may_sleep(inode: Walked<'_, Inode>, mask: WalkedMask<'_>) -> Result {
    #[cfg(misuse)]
    inode.with_write_access(|_| Ok(()))?; //~ E0599
    inode.lower_permission(mask)
}
