// SPDX-License-Identifier: GPL-2.0

//! Commands of ioctl(2): which of them reach the lower file.
//!
//! The VFS itself does those that it knows: FICLONE, FS_IOC_FIEMAP, FIONREAD and others. Of the
//! rest, a command is passed on if its meaning is known and
//!
//! - it concerns the file, or only reads what concerns the whole filesystem;
//! - it takes no descriptor, because that would be one of this filesystem;
//! - it makes or removes no names, which is for the directory operations.
//!
//! docs/behaviour.md lists them.

#![forbid(unsafe_code)]

use crate::compat::{
    error::{code, Result},
    file::File,
    ioctl::{Command, Ioctl, IoctlResult},
    upper::Upper,
};

/// What a command does to a file.
enum Effect {
    /// It changes nothing that the upper layer shows. Below, it needs no write access to the mount.
    Reads,
    /// It changes the file, or the filesystem, and needs write access to the mount.
    Writes,
    /// It locks all files of a key that nobody uses.
    RemovesKey,
}

/// What `command` does; `None` if it is not passed on.
fn effect(command: Command) -> Option<Effect> {
    let effect = match command {
        Command::FS_GETVERSION
        | Command::FS_GETVERSION_32
        | Command::FS_GETFLAGS
        | Command::FS_FSGETXATTR
        | Command::FS_GETFSLABEL
        | Command::FS_GETFSMAP
        | Command::FITRIM
        | Command::GET_ENCRYPTION_POLICY
        | Command::GET_ENCRYPTION_POLICY_EX
        | Command::GET_ENCRYPTION_KEY_STATUS
        | Command::GET_ENCRYPTION_NONCE
        | Command::ADD_ENCRYPTION_KEY
        | Command::MEASURE_VERITY
        | Command::READ_VERITY_METADATA
        | Command::EXT4_GETVERSION
        | Command::EXT4_GETVERSION_32
        | Command::EXT4_PRECACHE_EXTENTS
        | Command::EXT4_GETSTATE
        | Command::EXT4_GET_ES_CACHE
        | Command::EXT4_GETFSUUID
        | Command::XFS_DIOINFO
        | Command::XFS_GETBMAP
        | Command::XFS_GETBMAPA
        | Command::XFS_GETBMAPX
        | Command::XFS_FSGETXATTRA
        | Command::XFS_AG_GEOMETRY
        | Command::XFS_FSGEOMETRY_V1
        | Command::XFS_FSGEOMETRY_V4
        | Command::XFS_FSGEOMETRY
        | Command::XFS_FSCOUNTS
        | Command::BTRFS_DEV_INFO
        | Command::BTRFS_FS_INFO
        | Command::BTRFS_GET_FEATURES
        | Command::BTRFS_GET_SUBVOL_INFO
        | Command::BTRFS_INO_LOOKUP
        | Command::BTRFS_SPACE_INFO
        | Command::BTRFS_SUBVOL_GETFLAGS
        | Command::BTRFS_SYNC
        | Command::BTRFS_TREE_SEARCH
        | Command::BTRFS_TREE_SEARCH_V2 => Effect::Reads,
        // The first call of GET_ENCRYPTION_PWSALT makes the number that it gets.
        Command::FS_SETVERSION
        | Command::FS_SETVERSION_32
        | Command::FS_SETFLAGS
        | Command::FS_FSSETXATTR
        | Command::SET_ENCRYPTION_POLICY
        | Command::GET_ENCRYPTION_PWSALT
        | Command::ENABLE_VERITY
        | Command::EXT4_SETVERSION
        | Command::EXT4_SETVERSION_32
        | Command::EXT4_MIGRATE
        | Command::EXT4_ALLOC_DA_BLKS
        | Command::BTRFS_DEFRAG
        | Command::BTRFS_DEFRAG_RANGE => Effect::Writes,
        Command::REMOVE_ENCRYPTION_KEY | Command::REMOVE_ENCRYPTION_KEY_ALL_USERS => {
            Effect::RemovesKey
        }
        _ => return None,
    };
    Some(effect)
}

/// Does a command on the lower file.
///
/// Errors: `ENOTTY` if the command is not passed on, or if the lower filesystem does not know it.
pub(crate) fn do_lower<'a>(file: &Upper<File>, ioctl: &Ioctl<'a>) -> Result<IoctlResult<'a>> {
    match effect(ioctl.command()) {
        Some(Effect::Reads) => file.ioctl_lower(ioctl),
        Some(Effect::Writes) => file.change_by_ioctl_lower(ioctl),
        Some(Effect::RemovesKey) => remove_key(file, ioctl),
        None => Err(code::ENOTTY),
    }
}

/// Removes a key. The lower filesystem finds files in use that only this layer's cache of names
/// keeps. If it has removed the key, these names are forgotten, and it tries again. It reports anew
/// which files are in use. An error of the second call says that the first one has left nothing to
/// do.
fn remove_key<'a>(file: &Upper<File>, ioctl: &Ioctl<'a>) -> Result<IoctlResult<'a>> {
    let removed = file.ioctl_lower(ioctl)?;
    if !file.inode().upper_super().forget_names_without_key() {
        return Ok(removed);
    }
    let again = file.ioctl_lower(ioctl);
    Ok(again.unwrap_or(removed))
}
