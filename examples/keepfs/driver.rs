// SPDX-License-Identifier: GPL-2.0

//! keepfs: shows a directory a second time, without the permission to remove or rename anything.

#[path = "../../compat/mod.rs"]
mod compat;
mod keep;
#[path = "../../base0fs/passthrough.rs"]
mod passthrough;

use compat::registration::Registration;
use kernel::{prelude::*, ThisModule};

// The macro module! and the name, from the Makefile.
include!(concat!(env!("COMPAT_GEN"), "/module.rs"));

/// The loaded module.
struct Module {
    _registration: Registration,
}

impl kernel::Module for Module {
    fn init(module: &'static ThisModule) -> Result<Self> {
        Ok(Self {
            _registration: Registration::new::<keep::KeepFs>(module)?,
        })
    }
}
