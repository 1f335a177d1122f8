// SPDX-License-Identifier: GPL-2.0

//! What a case gets that mounts the layer itself.

use std::fs;
use std::path::{Path, PathBuf};

use crate::case::{Outcome, Stop};
use crate::compare::limited;
use crate::layer::{Mounted, Refusal};
use crate::suite::{Places, Suite};
use crate::world::World;

/// An empty directory on the lower filesystem, and the layer to mount there.
#[derive(Clone, Copy)]
pub struct Bench<'a> {
    /// What all cases share.
    pub suite: &'a Suite<'a>,
    /// The case's own directory.
    pub directory: &'a Path,
}

impl Bench<'_> {
    /// A new directory.
    pub fn directory(&self, name: &str) -> Result<PathBuf, Stop> {
        let path = self.directory.join(name);
        fs::create_dir(&path)
            .map_err(|error| Stop(format!("{} cannot be made: {error}", path.display())))?;
        Ok(path)
    }

    /// New directories.
    pub fn directories<const N: usize>(&self, names: [&str; N]) -> Result<[PathBuf; N], Stop> {
        names
            .iter()
            .try_for_each(|name| self.directory(name).map(drop))?;
        Ok(names.map(|name| self.directory.join(name)))
    }

    /// Mounts the layer.
    pub fn mount<'p>(&self, source: &Path, target: &'p Path) -> Result<Mounted<'p>, Stop> {
        Mounted::new(self.suite.layer, source, target).map_err(Stop::from)
    }

    /// Runs `act` in the plain directory and through the layer, and stops where the answers differ;
    /// `stage` says in what part of the case that was.
    pub fn compare(&self, stage: &str, places: Places, act: fn(&World) -> Outcome) -> Outcome {
        match self.suite.both(act, places) {
            Ok(differences) if differences.is_empty() => Ok(()),
            Ok(differences) => Err(Stop(format!(
                "{stage}: {}",
                limited(differences).join("\n")
            ))),
            Err(complaint) => Err(Stop(format!("{stage}: {complaint}"))),
        }
    }
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Stop(refusal.sentence())
    }
}
