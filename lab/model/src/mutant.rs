// SPDX-License-Identifier: GPL-2.0

//! Mutants: deliberate errors in the protocol or the operations, each of which the model has to
//! find.

/// The protocol and the operations with one error, or without.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mutant {
    /// No error.
    None,
    /// A comparison does not check whether the upper dentry has changed meanwhile.
    UpperChangeMissed,
    /// A comparison does not check whether the lower dentry has changed meanwhile.
    LowerChangeMissed,
    /// A comparison stores the verifier before it checks whether a dentry has changed meanwhile.
    VerifierStoredFirst,
    /// A `d_seq` that is odd, because a change is in progress, counts as the even one after it.
    OddSeqAccepted,
    /// A comparison does not lock the lower directory.
    NoLock,
    /// A comparison is retried without waiting for the change that disturbed it.
    NoWait,
    /// The `d_seq` of the upper dentry is read after its parent.
    ParentReadFirst,
    /// The `d_seq` of the lower dentry is read after the dentries are compared.
    LowerSeqReadLast,
    /// Names are not compared.
    NamesNotCompared,
    /// The verifier has the `d_seq` of the lower dentry alone.
    LowerSeqOnly,
    /// An operation from above unlocks the lower directories before it updates the upper dentries.
    UnlocksEarly,
    /// An operation from above stores the verifier without comparing.
    OperationSkipsComparison,
    /// A lookup stores the verifier without comparing.
    LookupSkipsComparison,
}

/// All mutants with an error.
pub const ALL: &[Mutant] = &[
    Mutant::UpperChangeMissed,
    Mutant::LowerChangeMissed,
    Mutant::VerifierStoredFirst,
    Mutant::OddSeqAccepted,
    Mutant::NoLock,
    Mutant::NoWait,
    Mutant::ParentReadFirst,
    Mutant::LowerSeqReadLast,
    Mutant::NamesNotCompared,
    Mutant::LowerSeqOnly,
    Mutant::UnlocksEarly,
    Mutant::OperationSkipsComparison,
    Mutant::LookupSkipsComparison,
];
