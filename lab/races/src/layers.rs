// SPDX-License-Identifier: GPL-2.0

//! The two directories: the mount, and the lower directory that it shows.

use std::fs;
use std::path::{Path, PathBuf};

/// The two paths of one tree.
#[derive(Clone, Debug)]
pub struct Layers {
    pub above: PathBuf,
    pub below: PathBuf,
}

/// The layer in which an operation is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Layer {
    Above,
    Below,
}

impl Layer {
    pub fn name(self) -> &'static str {
        match self {
            Self::Above => "above",
            Self::Below => "below",
        }
    }
}

impl Layers {
    /// Makes the directory `name` below, and returns both paths of it.
    pub fn make(&self, name: &str) -> Self {
        let inner = Self {
            above: self.above.join(name),
            below: self.below.join(name),
        };
        let _ = fs::remove_dir_all(&inner.below);
        fs::create_dir_all(&inner.below).expect("mkdir below succeeds");
        inner
    }

    pub fn dir(&self, layer: Layer) -> &Path {
        match layer {
            Layer::Above => &self.above,
            Layer::Below => &self.below,
        }
    }
}
