// SPDX-License-Identifier: GPL-2.0

//! The kernel's own crates, for rust-analyzer, which reads no metadata: it needs their sources.

use crate::crates::{Crate, Crates};
use crate::project::{cfgs, whole};
use std::fs;
use std::path::{Path, PathBuf};

/// A crate of some kernels.
struct Known {
    name: &'static str,
    /// Its root below `rust/`.
    root: &'static str,
    uses: &'static [&'static str],
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Plain,
    /// Compiled with the kernel's configuration, and with generated files.
    Configured,
    /// Run by the compiler.
    Macros,
}

const fn known(
    name: &'static str,
    root: &'static str,
    uses: &'static [&'static str],
    kind: Kind,
) -> Known {
    Known {
        name,
        root,
        uses,
        kind,
    }
}

/// The crates of kernels since 6.12, each after those it uses.
const KNOWN: [Known; 10] = [
    known("macros", "macros/lib.rs", &[], Kind::Macros),
    known(
        "pin_init_internal",
        "pin-init/internal/src/lib.rs",
        &[],
        Kind::Macros,
    ),
    known(
        "zerocopy_derive",
        "zerocopy-derive/lib.rs",
        &[],
        Kind::Macros,
    ),
    known("build_error", "build_error.rs", &[], Kind::Plain),
    known("ffi", "ffi.rs", &[], Kind::Plain),
    known("zerocopy", "zerocopy/src/lib.rs", &[], Kind::Plain),
    known(
        "pin_init",
        "pin-init/src/lib.rs",
        &["pin_init_internal", "macros"],
        Kind::Plain,
    ),
    known(
        "bindings",
        "bindings/lib.rs",
        &["ffi", "pin_init"],
        Kind::Configured,
    ),
    known(
        "uapi",
        "uapi/lib.rs",
        &["ffi", "pin_init"],
        Kind::Configured,
    ),
    known(
        "kernel",
        "kernel/lib.rs",
        &[
            "macros",
            "build_error",
            "pin_init",
            "ffi",
            "bindings",
            "uapi",
            "zerocopy",
            "zerocopy_derive",
        ],
        Kind::Configured,
    ),
];

/// A kernel's source tree that has Rust: `named`, or the one that the build directory `kernel` is or leads to.
pub(crate) fn sources(kernel: &Path, named: Option<&Path>) -> Result<Option<PathBuf>, String> {
    let has = |tree: &PathBuf| tree.join("rust/kernel/lib.rs").exists();
    if let Some(named) = named {
        return match fs::canonicalize(named) {
            Ok(tree) if has(&tree) => Ok(Some(tree)),
            _ => Err(format!(
                "{} is no source tree of a kernel with Rust (it has no rust/kernel/lib.rs): name another one with KSRC=DIR.",
                named.display()
            )),
        };
    }
    let makefile = fs::read_to_string(kernel.join("Makefile")).unwrap_or_default();
    let included = makefile.lines().filter_map(|line| {
        let tree = line.strip_prefix("include ")?.strip_suffix("/Makefile")?;
        Some(kernel.join(tree))
    });
    let mut trees = [kernel.to_path_buf(), kernel.join("source")]
        .into_iter()
        .chain(included);
    trees.find(has).map(|tree| whole(&tree)).transpose()
}

/// Describes the crates of the kernel that was built in `kernel` from `sources`.
pub(crate) fn describe(
    crates: &mut Crates,
    kernel: &Path,
    sources: &Path,
    environment: &[(&str, String)],
) -> Result<(), String> {
    let configuration = cfgs(&["@include/generated/rustc_cfg".to_string()], kernel)?;
    let generated = kernel.join("rust");
    for it in &KNOWN {
        let root = sources.join("rust").join(it.root);
        if !root.exists() {
            continue;
        }
        let configured = it.kind == Kind::Configured;
        crates.add(Crate {
            name: it.name,
            root,
            uses: crates.those(it.uses.iter().copied()),
            cfg: match it.name {
                "pin_init" => vec!["kernel".to_string()],
                _ if configured => configuration.clone(),
                _ => Vec::new(),
            },
            environment,
            generated: configured.then_some(&generated),
            macros: (it.kind == Kind::Macros).then(|| generated.join(format!("lib{}.so", it.name))),
            project: None,
        });
    }
    Ok(())
}
