// SPDX-License-Identifier: GPL-2.0

//! What kind of thing a name is.

use super::items::Kind;
use super::tree::Tree;

/// What a name is in the headers of a kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Function,
    Inline,
    Macro,
    Constant,
    Type,
    Variable,
    Absent,
}

impl Form {
    pub(super) fn of(tree: &Tree, name: &str) -> Self {
        let has = |kind| !tree.declared(name, &[kind]).is_empty();
        if has(Kind::Prototype) {
            Self::Function
        } else if has(Kind::Function) {
            Self::Inline
        } else if has(Kind::Macro) {
            Self::Macro
        } else if has(Kind::Constant) {
            Self::Constant
        } else if has(Kind::Type) {
            Self::Type
        } else if has(Kind::Variable) {
            Self::Variable
        } else {
            Self::Absent
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Function => "a function",
            Self::Inline => "an inline function",
            Self::Macro => "a macro",
            Self::Constant => "a constant of an enum",
            Self::Type => "a type",
            Self::Variable => "a variable",
            Self::Absent => "absent",
        }
    }

    pub(super) fn is_function(self) -> bool {
        matches!(self, Self::Function | Self::Inline)
    }
}
