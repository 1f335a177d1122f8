// SPDX-License-Identifier: GPL-2.0

//! Whether an upper dentry and its lower one are in sync: one place in both trees, one file.
//!
//! This is the whole protocol, without the kernel: what is read, in which order, and under which
//! lock. `docs/architecture.md` has it as a state machine with the proof, and `lab/model` runs this
//! file through all interleavings with operations of both layers.
//!
//! The state is one number for each upper dentry, kept in `d_time`: both dentries' `d_seq` when the
//! two were last seen in sync. It is a cache of a comparison and nothing else. A dentry that changes
//! never gets back a `d_seq` that it had, so that what is remembered stays true for ever: of a pair
//! that has both numbers. Any task may therefore write it at any time, and however late. No operation
//! leaves a mark in it.
//!
//! One rule makes that enough to find out what is out of sync:
//!
//! - An operation from above changes the lower tree, and lets the upper dentries follow, under one
//!   hold of the lower directories' locks. So whoever holds the lock of a lower directory finds no
//!   such operation half done in it.

/// An upper dentry and the lower one behind it.
pub(crate) trait Pair {
    /// Keeps the lower directory locked.
    type Locked;

    /// The `d_seq` of the lower dentry; of a change that goes on, the count before it. What is read
    /// after it was not there before.
    fn lower_seq(&self) -> u32;

    /// Whether the lower dentry has changed, or is changing, since its `d_seq` was `seq`. What was read
    /// before it was there no later.
    fn lower_changed(&self, seq: u32) -> bool;

    /// As [`Self::lower_seq`], of the upper dentry.
    fn upper_seq(&self) -> u32;

    /// As [`Self::lower_changed`], of the upper dentry.
    fn upper_changed(&self, seq: u32) -> bool;

    /// Whether the lower dentry is hashed in the directory behind the upper dentry's parent, has the
    /// upper dentry's name, and has the inode behind the upper dentry's inode, or neither has one.
    ///
    /// The parts are read one after the other, without a lock.
    fn matches_lower(&self) -> bool;

    /// The number that [`Self::remember`] wrote last.
    fn remembered(&self) -> u64;

    /// Writes the number.
    fn remember(&self, number: u64);

    /// Waits until neither dentry is changing: for a few stores under a spinlock.
    fn wait(&self);

    /// Locks the directory behind the parent that the upper dentry has now, shared. May sleep.
    fn lock_lower_parent(&self) -> Self::Locked;
}

/// No pair has this number: a `d_seq` is even.
pub(crate) const NEVER: u64 = 1;

/// What is remembered of a pair whose dentries have these `d_seq`.
#[inline]
fn number(lower: u32, upper: u32) -> u64 {
    (u64::from(lower) << 32) | u64::from(upper)
}

/// Whether nothing has happened to either dentry since the two were last seen in sync.
///
/// Legal in RCU walk. This is what each step of a path walk costs.
#[inline]
pub(crate) fn is_unchanged(pair: &impl Pair) -> bool {
    number(pair.lower_seq(), pair.upper_seq()) == pair.remembered()
}

/// What a comparison found.
enum Found {
    InSync,
    OutOfSync,
    /// A dentry has changed since the comparison began.
    Torn,
}

/// Compares the two, of which the upper one had the `d_seq` `upper`, and remembers if they are in
/// sync.
fn compare(pair: &impl Pair, upper: u32) -> Found {
    let lower = pair.lower_seq();
    let alike = pair.matches_lower();
    if pair.upper_changed(upper) {
        return Found::Torn;
    }
    // Under the lock of the lower directory this is final, even if the lower dentry is changing: it
    // does so in another directory, and cannot come into this one.
    if !alike {
        return Found::OutOfSync;
    }
    if pair.lower_changed(lower) {
        return Found::Torn;
    }
    pair.remember(number(lower, upper));
    Found::InSync
}

/// Compares the two once, if need be, and remembers if they are in sync.
///
/// `false` tells nothing: an operation from above may be half done, and then the lower dentry alone
/// has changed.
pub(crate) fn try_sync(pair: &impl Pair) -> bool {
    is_unchanged(pair) || matches!(compare(pair, pair.upper_seq()), Found::InSync)
}

/// Whether the two are in sync, once all operations from above that were half done are over.
///
/// Locks the lower directory, shared, if a comparison without the lock does not find the two in
/// sync. May sleep.
pub(crate) fn sync(pair: &impl Pair) -> bool {
    if try_sync(pair) {
        return true;
    }
    loop {
        // Read before the parent is: if the dentry moves to a directory that is not locked here, the
        // comparison sees it.
        let upper = pair.upper_seq();
        let _locked = pair.lock_lower_parent();
        match compare(pair, upper) {
            Found::InSync => return true,
            Found::OutOfSync => return false,
            // Only a lookup that moves a directory's upper dentry, an operation that moved it before
            // the lock was taken, and a lower filesystem that drops its dentry lead here.
            Found::Torn => pair.wait(),
        }
    }
}
