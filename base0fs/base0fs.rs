// SPDX-License-Identifier: GPL-2.0

//! base0fs: everything under a directory, seen once more somewhere else.
//!
//! `mount -t base0fs /lower /mnt`, and every operation on /mnt reaches /lower. The driver is written
//! against [`compat`], in safe Rust, one file for each object of the VFS; it knows the rules of
//! stacking, and no kernel version.

#[path = "../compat/mod.rs"]
mod compat;

mod dentry;
mod dir;
mod file;
mod inode;
mod superblock;
mod symlink;
mod xattr;

use compat::registration::Registration;
use kernel::{prelude::*, ThisModule};

module! {
    type: Module,
    name: "base0fs",
    description: "Passthrough stacking filesystem",
    license: "GPL",
    alias: ["fs-base0fs"],
}

/// What compat-probe found out about the kernel, as `modinfo -F compat` has it too.
const ANSWERS: &str = include_str!(concat!(env!("COMPAT_GEN"), "/compat.line"));

/// The filesystem: what compat's traits are implemented for.
struct Base0fs;

/// The loaded module.
struct Module {
    _registration: Registration,
}

impl kernel::Module for Module {
    fn init(module: &'static ThisModule) -> Result<Self> {
        pr_info!("built for this kernel: {}\n", ANSWERS.trim_end());
        // The last step: from here on it can be mounted.
        Ok(Self {
            _registration: Registration::new::<Base0fs>(module)?,
        })
    }
}
