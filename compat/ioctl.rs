// SPDX-License-Identifier: GPL-2.0

//! Commands of ioctl(2) that the VFS leaves to the filesystem.
//!
//! A command is a number, and its argument whatever the filesystem makes of it: a pointer into the
//! caller's memory, a number, a descriptor of the caller. So a driver passes on only commands whose
//! meaning it knows.
//!
//! ```
//! use crate::compat::{
//!     error::{code, Result},
//!     file::File,
//!     ioctl::{Command, Ioctl, IoctlResult},
//!     upper::Upper,
//! };
//!
//! /// Passes on one command.
//! fn ioctl<'a>(file: &Upper<File>, ioctl: &Ioctl<'a>) -> Result<IoctlResult<'a>> {
//!     match ioctl.command() {
//!         Command::FS_GETVERSION => file.ioctl_lower(ioctl),
//!         _ => Err(code::ENOTTY),
//!     }
//! }
//! ```
//!
//! C headers: `include/uapi/linux/fs.h`, `fscrypt.h`, `fsverity.h`, `ext4.h`, `btrfs.h` there, and
//! `fs/xfs/libxfs/xfs_fs.h`

use core::marker::PhantomData;

use bindings::ffi::{c_int, c_long, c_uint, c_ulong};

use super::{
    error::{from_negative, Result},
    file::File,
};

/// One call of ioctl(2) on an open file.
pub(crate) struct Ioctl<'a> {
    command: Command,
    argument: c_ulong,
    /// Whether a 32-bit program makes the call.
    is_compat: bool,
    _lifetime: PhantomData<&'a ()>,
}

impl<'a> Ioctl<'a> {
    /// # Safety
    ///
    /// The VFS has called `unlocked_ioctl`, or `compat_ioctl` if `is_compat`, with this command and
    /// this argument, and the call lasts as long as the value.
    pub(in crate::compat) unsafe fn new(
        command: c_uint,
        argument: c_ulong,
        is_compat: bool,
    ) -> Self {
        Self {
            command: Command(command),
            argument,
            is_compat,
            _lifetime: PhantomData,
        }
    }

    /// The command.
    pub(crate) fn command(&self) -> Command {
        self.command
    }

    /// Makes the same call on `lower`, after the security module's check for it.
    pub(in crate::compat) fn call(&self, lower: &File) -> Result<IoctlResult<'a>> {
        let (file, Command(command), argument) = (lower.as_ptr(), self.command, self.argument);
        // SAFETY: `lower` is an open file. The VFS passes command and argument as the caller gave
        // them, so every filesystem checks them. The caller's memory is mapped as in the VFS's
        // call: this is the same task.
        let result = unsafe {
            match self.is_compat {
                true => bindings::shim_compat_ioctl(file, command, argument),
                false => bindings::shim_ioctl(file, command, argument),
            }
        };
        if result < 0 {
            return Err(from_negative(result as c_int));
        }
        Ok(IoctlResult(result, PhantomData))
    }
}

/// The result of a call that succeeded, which is not negative. Only the lower file makes one.
#[must_use]
pub(crate) struct IoctlResult<'a>(c_long, PhantomData<&'a ()>);

impl IoctlResult<'_> {
    /// Converts to what the VFS expects: a result or a negative errno.
    pub(in crate::compat) fn into_raw(result: Result<Self>) -> c_long {
        match result {
            Ok(result) => result.0,
            Err(error) => error.to_errno() as c_long,
        }
    }
}

/// The number of a command. It contains a type, a number within the type, the size of the
/// argument's structure, and whether the structure is read or written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Command(c_uint);

/// Names commands of the kernel's headers.
macro_rules! commands {
    ($($(#[$doc:meta])* $name:ident = $constant:ident;)*) => {
        $($(#[$doc])* pub(crate) const $name: Self = Self(bindings::$constant);)*
    };
}

/// Commands of all filesystems, and of those for which the kernel's headers have them. Those of
/// 32-bit programs have another number if their argument has the size of a `long`.
impl Command {
    commands! {
        /// Gets the number that tells apart files that had the same inode number (`i_generation`).
        FS_GETVERSION = FS_IOC_GETVERSION;
        /// The same in a 32-bit program.
        FS_GETVERSION_32 = FS_IOC32_GETVERSION;
        /// Sets that number.
        FS_SETVERSION = FS_IOC_SETVERSION;
        /// The same in a 32-bit program.
        FS_SETVERSION_32 = FS_IOC32_SETVERSION;
        /// Gets the flags of lsattr(1), from a filesystem without `fileattr_get`.
        FS_GETFLAGS = FS_IOC_GETFLAGS;
        /// Sets the flags of chattr(1), in a filesystem without `fileattr_set`.
        FS_SETFLAGS = FS_IOC_SETFLAGS;
        /// Gets flags, project id and extent size hints, from a filesystem without `fileattr_get`.
        FS_FSGETXATTR = FS_IOC_FSGETXATTR;
        /// Sets flags, project id and extent size hints, in a filesystem without `fileattr_set`.
        FS_FSSETXATTR = FS_IOC_FSSETXATTR;
        /// Gets the label of the filesystem.
        FS_GETFSLABEL = FS_IOC_GETFSLABEL;
        /// Lists what the blocks of the filesystem hold.
        FS_GETFSMAP = FS_IOC_GETFSMAP;
        /// Tells the device which blocks are free.
        FITRIM = FITRIM;

        /// Encrypts an empty directory, and all that will be created in it.
        SET_ENCRYPTION_POLICY = FS_IOC_SET_ENCRYPTION_POLICY;
        /// Gets a random number of the filesystem. The first call makes it.
        GET_ENCRYPTION_PWSALT = FS_IOC_GET_ENCRYPTION_PWSALT;
        /// Gets how a file is encrypted, in the first version of the structure.
        GET_ENCRYPTION_POLICY = FS_IOC_GET_ENCRYPTION_POLICY;
        /// Gets how a file is encrypted.
        GET_ENCRYPTION_POLICY_EX = FS_IOC_GET_ENCRYPTION_POLICY_EX;
        /// Gives the filesystem, in memory, a key to encrypted files.
        ADD_ENCRYPTION_KEY = FS_IOC_ADD_ENCRYPTION_KEY;
        /// Takes the caller's key away, and locks the files of that key that are not in use.
        REMOVE_ENCRYPTION_KEY = FS_IOC_REMOVE_ENCRYPTION_KEY;
        /// The same, whoever has added the key.
        REMOVE_ENCRYPTION_KEY_ALL_USERS = FS_IOC_REMOVE_ENCRYPTION_KEY_ALL_USERS;
        /// Gets whether the filesystem has a key.
        GET_ENCRYPTION_KEY_STATUS = FS_IOC_GET_ENCRYPTION_KEY_STATUS;
        /// Gets the nonce of an encrypted file.
        GET_ENCRYPTION_NONCE = FS_IOC_GET_ENCRYPTION_NONCE;

        /// Makes a file read-only, and each read of it verified (fs-verity).
        ENABLE_VERITY = FS_IOC_ENABLE_VERITY;
        /// Gets the digest of such a file.
        MEASURE_VERITY = FS_IOC_MEASURE_VERITY;
        /// Gets the hashes, descriptor or signature of such a file.
        READ_VERITY_METADATA = FS_IOC_READ_VERITY_METADATA;

        /// ext4's own number of [`Self::FS_GETVERSION`].
        EXT4_GETVERSION = EXT4_IOC_GETVERSION;
        /// The same in a 32-bit program.
        EXT4_GETVERSION_32 = EXT4_IOC32_GETVERSION;
        /// ext4's own number of [`Self::FS_SETVERSION`].
        EXT4_SETVERSION = EXT4_IOC_SETVERSION;
        /// The same in a 32-bit program.
        EXT4_SETVERSION_32 = EXT4_IOC32_SETVERSION;
        /// ext4: converts the block map of a file to extents, or back.
        EXT4_MIGRATE = EXT4_IOC_MIGRATE;
        /// ext4: allocates the blocks of data that is not written yet.
        EXT4_ALLOC_DA_BLKS = EXT4_IOC_ALLOC_DA_BLKS;
        /// ext4: reads the extents of a file into memory.
        EXT4_PRECACHE_EXTENTS = EXT4_IOC_PRECACHE_EXTENTS;
        /// ext4: gets the state of an inode.
        EXT4_GETSTATE = EXT4_IOC_GETSTATE;
        /// ext4: lists the extents of a file that are in memory.
        EXT4_GET_ES_CACHE = EXT4_IOC_GET_ES_CACHE;
        /// ext4: gets the UUID of the filesystem.
        EXT4_GETFSUUID = EXT4_IOC_GETFSUUID;

        /// btrfs: defragments a file.
        BTRFS_DEFRAG = BTRFS_IOC_DEFRAG;
        /// btrfs: defragments a part of a file.
        BTRFS_DEFRAG_RANGE = BTRFS_IOC_DEFRAG_RANGE;
        /// btrfs: gets a device of the filesystem.
        BTRFS_DEV_INFO = BTRFS_IOC_DEV_INFO;
        /// btrfs: gets the number of devices and the UUID.
        BTRFS_FS_INFO = BTRFS_IOC_FS_INFO;
        /// btrfs: gets the features of the filesystem.
        BTRFS_GET_FEATURES = BTRFS_IOC_GET_FEATURES;
        /// btrfs: gets what is known of a file's subvolume.
        BTRFS_GET_SUBVOL_INFO = BTRFS_IOC_GET_SUBVOL_INFO;
        /// btrfs: gets the subvolume of a file, or the path of an inode number.
        BTRFS_INO_LOOKUP = BTRFS_IOC_INO_LOOKUP;
        /// btrfs: gets how the space is used.
        BTRFS_SPACE_INFO = BTRFS_IOC_SPACE_INFO;
        /// btrfs: gets whether a subvolume is read-only.
        BTRFS_SUBVOL_GETFLAGS = BTRFS_IOC_SUBVOL_GETFLAGS;
        /// btrfs: writes all data.
        BTRFS_SYNC = BTRFS_IOC_SYNC;
        /// btrfs: reads metadata.
        BTRFS_TREE_SEARCH = BTRFS_IOC_TREE_SEARCH;
        /// btrfs: reads metadata.
        BTRFS_TREE_SEARCH_V2 = BTRFS_IOC_TREE_SEARCH_V2;
    }
}

/// Commands of xfs, whose numbers no header has that a module can include.
impl Command {
    /// Gets the alignment for direct I/O.
    pub(crate) const XFS_DIOINFO: Self = Self::xfs(READ, 30, 12);
    /// Lists the extents of a file.
    pub(crate) const XFS_GETBMAP: Self = Self::xfs(READ | WRITE, 38, 32);
    /// Lists the extents of a file's extended attributes.
    pub(crate) const XFS_GETBMAPA: Self = Self::xfs(READ | WRITE, 44, 32);
    /// Gets the project id and flags of a file's extended attributes.
    pub(crate) const XFS_FSGETXATTRA: Self = Self::xfs(READ, 45, 28);
    /// Lists the extents of a file with their flags.
    pub(crate) const XFS_GETBMAPX: Self = Self::xfs(READ | WRITE, 56, 32);
    /// Gets the geometry of an allocation group.
    pub(crate) const XFS_AG_GEOMETRY: Self = Self::xfs(READ | WRITE, 61, 128);
    /// Gets the geometry of the filesystem, in the first version of the structure.
    pub(crate) const XFS_FSGEOMETRY_V1: Self = Self::xfs(READ, 100, 112);
    /// Gets the number of free blocks and inodes.
    pub(crate) const XFS_FSCOUNTS: Self = Self::xfs(READ, 113, 32);
    /// Gets the geometry of the filesystem, in the fourth version of the structure.
    pub(crate) const XFS_FSGEOMETRY_V4: Self = Self::xfs(READ, 124, 112);
    /// Gets the geometry of the filesystem.
    pub(crate) const XFS_FSGEOMETRY: Self = Self::xfs(READ, 126, 256);

    /// The command `number` of the type `X`, with an argument of `size` bytes.
    const fn xfs(direction: c_uint, number: c_uint, size: c_uint) -> Self {
        let kind = b'X' as c_uint;
        Self(
            (direction << bindings::_IOC_DIRSHIFT)
                | (size << bindings::_IOC_SIZESHIFT)
                | (kind << bindings::_IOC_TYPESHIFT)
                | (number << bindings::_IOC_NRSHIFT),
        )
    }
}

/// The filesystem writes the structure, and the caller reads it.
const READ: c_uint = bindings::_IOC_READ as c_uint;
/// The caller writes the structure.
const WRITE: c_uint = bindings::_IOC_WRITE as c_uint;
