// SPDX-License-Identifier: GPL-2.0

//! base0fs: a passthrough filesystem, which shows a directory a second time somewhere else.
//!
//! After `mount -t base0fs /lower /mnt`, every operation on /mnt is done on /lower. [`passthrough`]
//! decides what each operation does, in safe Rust, one file for each group of operations.
//! [`compat`] contains the code that calls C, and the code that differs between kernels.
//!
//! `passthrough` and each module in it has `#![forbid(unsafe_code)]`. This file cannot have it: it
//! is the root of the crate, and the lints of a root hold for the whole crate. compat and the
//! expansion of `module!` are parts of this crate, and need what it forbids.

// compat is a module of this crate, so that the kernel's build makes one object of both by its
// stock rule. The stock rule knows no dependency between two crates of one module. Kbuild adds one
// by hand, for the declarations of C, and would have to add another for compat. compat's directory
// lies beside this one, because other drivers are built on it too. That is why the module has a
// path.
#[path = "../compat/mod.rs"]
mod compat;

// Other drivers include this module too, to pass through what they do not change.
#[path = "passthrough.rs"]
mod passthrough;

use core::ffi::CStr;

use compat::registration::Registration;
use kernel::{prelude::*, ThisModule};

// The macro module! and the name of the module, from Kbuild.
include!(concat!(env!("COMPAT_GEN"), "/module.rs"));

/// The answers that compat-probe found for this kernel, as `modinfo -F compat` shows them too.
const ANSWERS: &str = include_str!(concat!(env!("COMPAT_GEN"), "/compat.line"));

/// The filesystem. It passes every operation through.
struct Base0fs;

impl passthrough::FileSystem for Base0fs {
    const NAME: &'static CStr = NAME;
}
impl passthrough::AclOperations for Base0fs {}
impl passthrough::DentryOperations for Base0fs {}
impl passthrough::DirectoryFileOperations for Base0fs {}
impl passthrough::DirectoryOperations for Base0fs {}
impl passthrough::FileOperations for Base0fs {}
impl passthrough::HandleOperations for Base0fs {}
impl passthrough::InodeOperations for Base0fs {}
impl passthrough::RegularFileOperations for Base0fs {}
impl passthrough::SymlinkOperations for Base0fs {}
impl passthrough::XattrOperations for Base0fs {}

/// The loaded module.
struct Module {
    _registration: Registration,
}

impl kernel::Module for Module {
    fn init(module: &'static ThisModule) -> Result<Self> {
        pr_info!("built for this kernel: {}\n", ANSWERS.trim_end());
        // This must be the last step that can fail: from here on the filesystem can be mounted.
        Ok(Self {
            _registration: Registration::new::<Base0fs>(module)?,
        })
    }
}
