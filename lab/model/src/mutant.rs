// SPDX-License-Identifier: GPL-2.0

//! What can be wrong on purpose, so that the model is seen to find it.

/// A protocol, or an operation, with one thing wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mutant {
    /// Nothing is wrong.
    None,
    /// A comparison does not see that the upper dentry has changed meanwhile.
    UpperChangeUnseen,
    /// A comparison does not see that the lower dentry has changed meanwhile.
    LowerChangeUnseen,
    /// What is compared is remembered before it is known that nothing has changed meanwhile.
    RemembersFirst,
    /// A change of the lower dentry that goes on counts as none.
    OddIsEven,
    /// A comparison waits for no operation.
    NoLock,
    /// A comparison that a change has disturbed is repeated while that change goes on.
    NoWait,
    /// The number of the upper dentry is read after its parent is.
    ParentFirst,
    /// The number of the lower dentry is read after the dentries are compared.
    NumberLast,
    /// Names are not compared.
    NamesUnseen,
    /// What is remembered does not tell of which number of the upper dentry it is true.
    LowerNumberAlone,
    /// An operation from above unlocks the lower directories before the upper dentries follow.
    UnlocksEarly,
    /// An operation from above remembers that the two are in sync, without a look.
    TrustsItself,
    /// A lookup remembers that the two are in sync, without a look.
    TrustsLookup,
}

/// All that is wrong.
pub const ALL: &[Mutant] = &[
    Mutant::UpperChangeUnseen,
    Mutant::LowerChangeUnseen,
    Mutant::RemembersFirst,
    Mutant::OddIsEven,
    Mutant::NoLock,
    Mutant::NoWait,
    Mutant::ParentFirst,
    Mutant::NumberLast,
    Mutant::NamesUnseen,
    Mutant::LowerNumberAlone,
    Mutant::UnlocksEarly,
    Mutant::TrustsItself,
    Mutant::TrustsLookup,
];
