// SPDX-License-Identifier: GPL-2.0

//! The two directories: the mount, and what it shows.

use std::fs;
use std::path::{Path, PathBuf};

/// Where one tree is seen from.
#[derive(Clone, Debug)]
pub struct Place {
    pub above: PathBuf,
    pub below: PathBuf,
}

/// Which of the two an operation takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Side {
    Above,
    Below,
}

impl Side {
    pub fn name(self) -> &'static str {
        match self {
            Self::Above => "above",
            Self::Below => "below",
        }
    }
}

impl Place {
    /// The directory `name` in both, made below.
    pub fn make(&self, name: &str) -> Self {
        let inner = Self {
            above: self.above.join(name),
            below: self.below.join(name),
        };
        let _ = fs::remove_dir_all(&inner.below);
        fs::create_dir_all(&inner.below).expect("a directory below can be made");
        inner
    }

    pub fn on(&self, side: Side) -> &Path {
        match side {
            Side::Above => &self.above,
            Side::Below => &self.below,
        }
    }
}
