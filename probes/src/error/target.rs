// SPDX-License-Identifier: GPL-2.0

//! Kernels whose files contradict each other.

use super::Message;
use crate::diagnostic::Diagnostic;
use std::path::PathBuf;

/// What describes the kernel contradicts itself.
#[derive(Debug)]
pub(crate) enum TargetError {
    Randomised {
        kernel: PathBuf,
    },
    /// Two files have different values of one setting; `None` where it is not set.
    ConfigurationsDiffer {
        name: String,
        first: (PathBuf, Option<String>),
        second: (PathBuf, Option<String>),
    },
    /// Of `total` symbols of the metadata, the kernel does not export `missing`.
    ForeignMetadata {
        kernel: PathBuf,
        missing: usize,
        total: usize,
    },
    /// `difference` names the member, and says where it is.
    LayoutDiffers {
        structure: String,
        difference: String,
        file: PathBuf,
    },
    /// The compiler fails on the unit that compares layouts.
    NotCompared {
        diagnostic: Diagnostic,
    },
}

/// Files of the kernel have their whole path here: some kernels' makefiles run in its directory, and
/// people do not.
impl TargetError {
    pub(super) fn message(&self) -> Message {
        match self {
            Self::Randomised { kernel } => Message::new(
                format!("the kernel in {} randomises the layout of its structures (CONFIG_RANDSTRUCT), and only its own C compiler knows the layout", kernel.display()),
                "Use a kernel that does not, or build one with CONFIG_RANDSTRUCT_NONE=y.",
            ),
            Self::ConfigurationsDiffer { name, first, second } => {
                let value = |(file, value): &(PathBuf, Option<String>)| match value {
                    Some(value) => format!("{value} in {}", file.display()),
                    None => format!("not set in {}", file.display()),
                };
                Message::new(
                    format!("the configuration of the kernel contradicts itself: {name} is {}, and {}, so C and Rust would be compiled for different kernels", value(first), value(second)),
                    "Configure and build the kernel again, or install its headers again: these files are made together.",
                )
            }
            Self::ForeignMetadata { kernel, missing, total } => Message::new(
                format!("the Rust metadata in {} is of another build of the kernel: of {total} symbols that it leads to, Module.symvers lacks {missing}", kernel.join("rust").display()),
                "Take rust/ and Module.symvers from the same build and flavour of the kernel; where the headers have no rust/, `kernel-rust-metadata` makes it.",
            ),
            Self::LayoutDiffers { structure, difference, file } => Message::new(
                format!("the structure `{structure}` has another layout in the headers than in the kernel: {difference} (the kernel's types are those of {})", file.display()),
                "Use the headers that the kernel was built with, with its configuration, or build the kernel again; BTF=FILE names the types of another one.",
            ),
            Self::NotCompared { diagnostic } => Message::new(
                "the layouts of the headers and of the kernel cannot be compared, because the compiler fails on the unit for it",
                "Look for the cause in the log; `make BTF=` does not compare them.",
            )
            .rustc(diagnostic),
        }
    }
}
