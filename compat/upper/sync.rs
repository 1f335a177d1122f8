// SPDX-License-Identifier: GPL-2.0

//! Whether an upper dentry and its lower dentry are in sync: same location in both trees, same
//! file.
//!
//! This file is the whole protocol, without the kernel: what is read, in which order, and under
//! which lock. `docs/architecture.md` describes it as a state machine and proves it. `lab/model`
//! runs this file through all interleavings with operations on both layers.
//!
//! The state is one `u64` for each upper dentry, the *verifier*, stored in `d_time`. It contains
//! two numbers: the `d_seq` of both dentries when the two were last seen in sync. It caches a
//! comparison and nothing else. A changed dentry does not get back an earlier `d_seq`, except after
//! 2^31 changes to it without any change to the other dentry. Apart from that, the statement "a
//! pair with these two numbers is in sync" stays true, and any task may write a verifier at any
//! time. Operations keep no state of their own in the verifier.
//!
//! One rule makes it possible to decide that a pair is *not* in sync:
//!
//! - An operation from above holds the `i_rwsem` of the lower directories exclusively, from its
//!   first change to the lower tree until it has updated the upper dentries. A task that holds the
//!   `i_rwsem` of a lower directory, even shared, therefore sees no such operation in progress in
//!   that directory.

/// An upper dentry and its lower dentry.
pub(crate) trait DentryPair {
    /// Keeps the lower directory locked until the guard is dropped.
    type Guard;

    /// Reads the `d_seq` of the lower dentry; while a change is in progress, the number before it.
    ///
    /// Acquire: no later read is reordered before it.
    fn lower_seq(&self) -> u32;

    /// Whether the lower dentry has changed, or is changing, since its `d_seq` was `seq`.
    ///
    /// No earlier read is reordered after it.
    fn lower_changed(&self, seq: u32) -> bool;

    /// As [`Self::lower_seq`], for the upper dentry.
    fn upper_seq(&self) -> u32;

    /// As [`Self::lower_changed`], for the upper dentry.
    fn upper_changed(&self, seq: u32) -> bool;

    /// Whether all of this is true:
    ///
    /// - The lower dentry is hashed in the lower directory of the upper dentry's parent.
    /// - It has the upper dentry's name.
    /// - It has the lower inode of the upper dentry's inode, or both dentries are negative.
    ///
    /// Reads one member after the other, without a lock.
    fn matches_lower(&self) -> bool;

    /// The verifier that [`Self::set_verifier`] stored last.
    fn verifier(&self) -> u64;

    /// Stores a verifier.
    fn set_verifier(&self, verifier: u64);

    /// Waits until the changes now in progress are over, first of the upper, then of the lower
    /// dentry. A change is a few stores under a spinlock.
    fn wait_for_changes(&self);

    /// Locks the lower directory of the upper dentry's present parent, shared. May sleep. If there
    /// is no such directory, the guard holds no lock: then the lower dentry cannot be in it.
    fn lock_lower_parent(&self) -> Self::Guard;
}

/// The verifier of a pair that was never seen in sync. A `d_seq` that was read is even, so no pair
/// matches this number.
pub(crate) const UNVERIFIED: u64 = 1;

/// The verifier of a pair that was seen in sync with these `d_seq`.
#[inline]
fn verifier(lower_seq: u32, upper_seq: u32) -> u64 {
    (u64::from(lower_seq) << 32) | u64::from(upper_seq)
}

/// Whether neither dentry has changed since the two were last seen in sync.
///
/// Allowed in RCU walk. Every step of a path walk pays for this.
#[inline]
pub(crate) fn is_unchanged(pair: &impl DentryPair) -> bool {
    verifier(pair.lower_seq(), pair.upper_seq()) == pair.verifier()
}

/// The result of one comparison.
enum Comparison {
    InSync,
    OutOfSync,
    /// A dentry has changed since the comparison began.
    Retry,
}

/// Compares the two dentries, and stores the verifier if they are in sync. `upper_seq` was read
/// before.
fn compare(pair: &impl DentryPair, upper_seq: u32) -> Comparison {
    let lower_seq = pair.lower_seq();
    let matches = pair.matches_lower();
    if pair.upper_changed(upper_seq) {
        return Comparison::Retry;
    }
    // With the lower directory locked, this is final even if the lower dentry is being changed. The
    // shared `i_rwsem` excludes every rename, create and remove in the directory. It does not
    // exclude `d_splice_alias()` in a lookup of the lower filesystem, which moves a directory's
    // dentry. Such a move is never part of an operation from above, and the pair is out of sync
    // before or after it.
    if !matches {
        return Comparison::OutOfSync;
    }
    if pair.lower_changed(lower_seq) {
        return Comparison::Retry;
    }
    pair.set_verifier(verifier(lower_seq, upper_seq));
    Comparison::InSync
}

/// Returns true if the two dentries are unchanged, or if one comparison, without a lock, finds them
/// in sync. The comparison then stores the verifier.
///
/// `false` proves nothing: an operation from above may have changed the lower dentry and not
/// updated the upper one yet.
pub(crate) fn try_verify(pair: &impl DentryPair) -> bool {
    is_unchanged(pair) || matches!(compare(pair, pair.upper_seq()), Comparison::InSync)
}

/// Whether the two dentries are in sync.
///
/// Locks the lower directory of the parent, shared, unless a comparison without the lock finds the
/// two in sync. So it waits for every operation that holds the `i_rwsem` of that directory
/// exclusively. May sleep.
pub(crate) fn is_in_sync(pair: &impl DentryPair) -> bool {
    if try_verify(pair) {
        return true;
    }
    loop {
        // Read the number before the parent. If the dentry then moves to a directory that is not
        // locked here, the comparison notices.
        let upper_seq = pair.upper_seq();
        let _guard = pair.lock_lower_parent();
        match compare(pair, upper_seq) {
            Comparison::InSync => return true,
            Comparison::OutOfSync => return false,
            // Some task changed the upper dentry after `upper_seq` was read, or the lower dentry
            // while it was compared.
            Comparison::Retry => pair.wait_for_changes(),
        }
    }
}
