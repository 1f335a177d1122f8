// SPDX-License-Identifier: GPL-2.0

//! The ways in which the two sides can be mounted.

use std::ffi::CStr;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::{env, fs};

use rustix::fd::{AsFd, BorrowedFd};
use rustix::mount::{mount, mount_bind, mount_remount, MountFlags};

use crate::idmap::idmapped;
use crate::layer::Layer;
use crate::show::errno_name;
use crate::user_namespace::UserNamespace;

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
    /// Two mounts of one lower directory: those who work below work in the second one.
    Two,
    /// A lower mount that is idmapped, and a plain directory that is so too.
    Idmapped,
    /// One mount over a small tmpfs, and a plain directory in another one, which soon are full.
    Full,
}

/// The options of the filesystems of [`Variation::Full`].
const SMALL: &CStr = c"size=64k,nr_inodes=20,mode=777";

/// The flags of [`Variation::Flags`].
const FLAGS: MountFlags = MountFlags::NOSUID
    .union(MountFlags::NODEV)
    .union(MountFlags::NOEXEC)
    .union(MountFlags::NOATIME);

impl Variation {
    const NAMES: [(&'static str, Self); 6] = [
        ("single", Self::Single),
        ("stacked", Self::Stacked),
        ("flags", Self::Flags),
        ("two", Self::Two),
        ("idmapped", Self::Idmapped),
        ("full", Self::Full),
    ];

    /// The variation of that name.
    pub fn find(name: &str) -> Option<Self> {
        let found = Self::NAMES.iter().find(|(known, _)| *known == name);
        found.map(|(_, variation)| *variation)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        let found = Self::NAMES.iter().find(|(_, known)| *known == self);
        found.map_or("", |(name, _)| name)
    }

    /// All names.
    pub fn names() -> String {
        Self::NAMES.map(|(name, _)| name).join(", ")
    }

    /// Mounts a filesystem at the directory `data` if it shall have one of its own. Notes it in
    /// `mounted`.
    pub fn prepare(self, data: &Path, mounted: &mut Vec<PathBuf>) -> Result<(), String> {
        if self == Self::Full {
            mount("tmpfs", data, "tmpfs", MountFlags::empty(), SMALL)
                .map_err(|errno| complaint(data, errno_name(errno)))?;
            mounted.push(data.to_owned());
        }
        Ok(())
    }

    /// Shows the directory `data` at `top` as it is. Notes what it has mounted in `mounted`.
    pub fn bind(self, data: &Path, top: &Path, mounted: &mut Vec<PathBuf>) -> Result<(), String> {
        let complain = |errno| complaint(top, errno_name(errno));
        match self {
            Self::Idmapped => idmapped(data, top, namespace()?).map_err(complain)?,
            _ => mount_bind(data, top).map_err(complain)?,
        }
        mounted.push(top.to_owned());
        match self {
            Self::Flags => mount_remount(top, MountFlags::BIND | FLAGS, c"").map_err(complain),
            _ => Ok(()),
        }
    }

    /// Shows the directory `data` at `top` to those who work below the mount.
    pub fn mount_below(
        self,
        layer: &dyn Layer,
        data: &Path,
        top: &Path,
        mounted: &mut Vec<PathBuf>,
    ) -> Result<(), String> {
        match self {
            Self::Two => self.mount(layer, data, top, mounted),
            _ => self.bind(data, top, mounted),
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
        let source = match self {
            Self::Single | Self::Two | Self::Full => data,
            Self::Stacked | Self::Flags | Self::Idmapped => {
                fs::create_dir_all(&between)
                    .map_err(|error| complaint(&between, error.to_string()))?;
                match self {
                    Self::Stacked => {
                        layer
                            .mount(data, &between)
                            .map_err(|error| complaint(&between, error.describe()))?;
                        mounted.push(between.clone());
                    }
                    _ => self.bind(data, &between, mounted)?,
                }
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

/// The user namespace of [`Variation::Idmapped`].
fn namespace() -> Result<BorrowedFd<'static>, String> {
    static NAMESPACE: OnceLock<Result<UserNamespace, String>> = OnceLock::new();
    let made = NAMESPACE.get_or_init(|| {
        let program = env::current_exe().map_err(|error| error.to_string())?;
        UserNamespace::new(&program, None, IDMAP).map_err(|error| error.to_string())
    });
    match made {
        Ok(namespace) => Ok(namespace.as_fd()),
        Err(error) => Err(format!("no user namespace can be made: {error}.")),
    }
}

/// The ids on disk, and those that the mount shows: the first two users are exchanged.
const IDMAP: &str = "0 0 54321\n54321 54322 1\n54322 54321 1\n54323 54323 200000";

fn complaint(place: &Path, why: String) -> String {
    format!("{} cannot be mounted: {why}.", place.display())
}
