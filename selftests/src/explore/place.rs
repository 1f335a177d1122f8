// SPDX-License-Identifier: GPL-2.0

//! The paths of a script: a few names, a few levels deep, so that steps meet each other.

use std::ffi::CString;
use std::fmt::{self, Display, Formatter};

use proptest::prelude::*;
use proptest::sample::select;

/// Where a path starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Base {
    /// At the directory under comparison (`/d/f`).
    Top,
    /// At the working directory (`d/f`).
    Working,
    /// At an open file (`@2/d/f`).
    Slot(usize),
}

/// A path of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Where it starts.
    pub base: Base,
    names: Vec<&'static str>,
    slash: bool,
}

/// The names, as a script shows them. Those that are drawn more often are there more than once. The
/// first one is the simplest.
const NAMES: &[&str] = &[
    "d", "d", "d", "d", "d", "d", "e", "e", "e", "e", "f", "f", "f", "f", "f", "g", "g", "g", "l",
    "l", "l", "..", ".", "LONGEST", "TOO_LONG",
];

/// Paths that mostly lead somewhere, since a script begins with most of them, and some names beside
/// these. A user may not search `/e/d`, and `/e/l` leads to itself. Random names alone would lead
/// nowhere in most steps.
const USUAL: &[&str] = &[
    "/f", "/f", "/d", "/d", "/d/f", "/d/f", "/e", "/e/f", "/e/f", "/d/d", "/d/g", "/l", "/d/l",
    "d", "f", "@2/f", "@2/g", "/g", "/e/g", "/d/d/f", "/e/d/f", "/e/l/f",
];

/// What a script shows for the longest name, of 255 bytes.
const LONGEST: &str = "LONGEST";

/// What it shows for a name that is one byte longer.
const TOO_LONG: &str = "TOO_LONG";

/// The directory under comparison, as the actors see it.
pub const TOP: &str = "/w";

/// How many files an actor can have open.
pub const SLOTS: usize = 4;

impl Place {
    /// The path without its beginning: relative to the directory that `base` says, or absolute.
    pub fn path(&self) -> CString {
        let text = match self.base {
            Base::Top => format!("{TOP}/{}", self.rest()),
            Base::Working | Base::Slot(_) if self.names.is_empty() => ".".to_owned(),
            Base::Working | Base::Slot(_) => self.rest(),
        };
        CString::new(text).expect("no name contains a NUL")
    }

    /// What follows the start. A final slash stays.
    pub fn rest(&self) -> String {
        let name = |name: &&str| match *name {
            LONGEST => "n".repeat(255),
            TOO_LONG => "n".repeat(256),
            other => other.to_owned(),
        };
        let mut text = self.names.iter().map(name).collect::<Vec<_>>().join("/");
        if self.slash {
            text.push('/');
        }
        text
    }

    /// Reads what [`Display`] writes.
    pub fn parse(text: &str) -> Option<Self> {
        let (base, rest) = if let Some(rest) = text.strip_prefix('/') {
            (Base::Top, rest)
        } else if let Some(rest) = text.strip_prefix('@') {
            let (slot, rest) = rest.split_once('/').unwrap_or((rest, ""));
            let slot = slot.parse().ok().filter(|slot| *slot < SLOTS)?;
            (Base::Slot(slot), rest)
        } else {
            (Base::Working, text)
        };
        let (rest, slash) = match rest.strip_suffix('/') {
            Some(rest) => (rest, true),
            None => (rest, false),
        };
        let known = |name: &str| NAMES.iter().copied().find(|known| *known == name);
        let names = match rest {
            "" => Vec::new(),
            rest => rest.split('/').map(known).collect::<Option<Vec<_>>>()?,
        };
        Some(Self { base, names, slash })
    }

    /// Draws paths.
    pub fn strategy() -> BoxedStrategy<Self> {
        let base = prop_oneof![
            12 => Just(Base::Top),
            3 => Just(Base::Working),
            3 => (0..SLOTS).prop_map(Base::Slot),
        ];
        let names = prop_oneof![
            8 => proptest::collection::vec(select(NAMES), 1),
            7 => proptest::collection::vec(select(NAMES), 2),
            3 => proptest::collection::vec(select(NAMES), 3),
            1 => Just(Vec::new()),
        ];
        let slash = proptest::bool::weighted(0.04);
        let random = (base, names, slash).prop_map(|(base, names, slash)| {
            // A working directory without a name is `.`, which the text has to show.
            let names = match (base, names.is_empty()) {
                (Base::Working, true) => vec!["."],
                _ => names,
            };
            let slash = slash && !names.is_empty();
            Self { base, names, slash }
        });
        let usual = select(USUAL).prop_map(|text| Self::parse(text).expect("these are paths"));
        prop_oneof![3 => usual, 2 => random].boxed()
    }
}

impl Display for Place {
    fn fmt(&self, f: &mut Formatter) -> fmt::Result {
        let names = self.names.join("/");
        let slash = if self.slash { "/" } else { "" };
        match self.base {
            Base::Top => write!(f, "/{names}{slash}"),
            Base::Working => write!(f, "{names}{slash}"),
            Base::Slot(slot) if names.is_empty() => write!(f, "@{slot}"),
            Base::Slot(slot) => write!(f, "@{slot}/{names}{slash}"),
        }
    }
}
