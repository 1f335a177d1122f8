// SPDX-License-Identifier: GPL-2.0

//! The ways in which the two sides can be mounted.

use std::fs;
use std::path::{Path, PathBuf};

use rustix::mount::{mount_bind, mount_remount, MountFlags};

use crate::layer::Layer;
use crate::show::errno_name;

/// How the layer is mounted, and on what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Variation {
    /// One mount over the lower directory.
    #[default]
    Single,
    /// A mount over another mount of the layer.
    Stacked,
    /// A lower mount with flags, and a plain directory with the same ones.
    Flags,
}

/// The flags of [`Variation::Flags`].
const FLAGS: MountFlags = MountFlags::NOSUID
    .union(MountFlags::NODEV)
    .union(MountFlags::NOEXEC)
    .union(MountFlags::NOATIME);

impl Variation {
    const NAMES: [(&'static str, Self); 3] = [
        ("single", Self::Single),
        ("stacked", Self::Stacked),
        ("flags", Self::Flags),
    ];

    /// The variation of that name.
    pub fn find(name: &str) -> Option<Self> {
        let found = Self::NAMES.iter().find(|(known, _)| *known == name);
        found.map(|(_, variation)| *variation)
    }

    /// All names.
    pub fn names() -> String {
        Self::NAMES.map(|(name, _)| name).join(", ")
    }

    /// Shows the directory `data` at `top` as it is. Notes what it has mounted in `mounted`.
    pub fn bind(self, data: &Path, top: &Path, mounted: &mut Vec<PathBuf>) -> Result<(), String> {
        mount_bind(data, top).map_err(|errno| complaint(top, errno_name(errno)))?;
        mounted.push(top.to_owned());
        match self {
            Self::Flags => mount_remount(top, MountFlags::BIND | FLAGS, c"")
                .map_err(|errno| complaint(top, errno_name(errno))),
            Self::Single | Self::Stacked => Ok(()),
        }
    }

    /// Shows the directory `data` at `top` by the layer. Mounts that it needs besides are beside
    /// `data`.
    pub fn mount(
        self,
        layer: &dyn Layer,
        data: &Path,
        top: &Path,
        mounted: &mut Vec<PathBuf>,
    ) -> Result<(), String> {
        let between = data.with_file_name("between");
        if self != Self::Single {
            fs::create_dir_all(&between).map_err(|error| complaint(&between, error.to_string()))?;
        }
        let source = match self {
            Self::Single => data,
            Self::Stacked => {
                layer
                    .mount(data, &between)
                    .map_err(|error| complaint(&between, error.describe()))?;
                mounted.push(between.clone());
                &between
            }
            Self::Flags => {
                self.bind(data, &between, mounted)?;
                &between
            }
        };
        layer
            .mount(source, top)
            .map_err(|error| complaint(top, error.describe()))?;
        mounted.push(top.to_owned());
        Ok(())
    }
}

fn complaint(place: &Path, why: String) -> String {
    format!("{} cannot be mounted: {why}.", place.display())
}
