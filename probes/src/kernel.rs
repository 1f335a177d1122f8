// SPDX-License-Identifier: GPL-2.0

//! The kernel's own crates. rust-analyzer reads no metadata, so it needs their sources.

use crate::crates::{absolute, Crate, Crates};
use crate::flags::cfgs;
use std::fs;
use std::path::{Path, PathBuf};

/// A crate of the kernel. No kernel has all of them.
struct KernelCrate {
    name: &'static str,
    /// Its root below `rust/`.
    root: &'static str,
    dependencies: &'static [&'static str],
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Plain,
    /// Compiled with the kernel's configuration, and with generated files.
    Configured,
    /// Procedural macros, which the compiler loads.
    Macros,
}

const fn entry(
    name: &'static str,
    root: &'static str,
    dependencies: &'static [&'static str],
    kind: Kind,
) -> KernelCrate {
    KernelCrate {
        name,
        root,
        dependencies,
        kind,
    }
}

/// The crates of kernels since 6.12. Each stands after its dependencies.
const CRATES: [KernelCrate; 10] = [
    entry("macros", "macros/lib.rs", &[], Kind::Macros),
    entry(
        "pin_init_internal",
        "pin-init/internal/src/lib.rs",
        &[],
        Kind::Macros,
    ),
    entry(
        "zerocopy_derive",
        "zerocopy-derive/lib.rs",
        &[],
        Kind::Macros,
    ),
    entry("build_error", "build_error.rs", &[], Kind::Plain),
    entry("ffi", "ffi.rs", &[], Kind::Plain),
    entry("zerocopy", "zerocopy/src/lib.rs", &[], Kind::Plain),
    entry(
        "pin_init",
        "pin-init/src/lib.rs",
        &["pin_init_internal", "macros"],
        Kind::Plain,
    ),
    entry(
        "bindings",
        "bindings/lib.rs",
        &["ffi", "pin_init"],
        Kind::Configured,
    ),
    entry(
        "uapi",
        "uapi/lib.rs",
        &["ffi", "pin_init"],
        Kind::Configured,
    ),
    entry(
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

/// The source tree of a kernel with Rust: `named`, or the one that the build directory `kernel` is
/// or leads to; `None` if it leads to none.
pub(crate) fn sources(kernel: &Path, named: Option<&Path>) -> Result<Option<PathBuf>, String> {
    let has_rust = |tree: &PathBuf| tree.join("rust/kernel/lib.rs").exists();
    if let Some(named) = named {
        return match fs::canonicalize(named) {
            Ok(tree) if has_rust(&tree) => Ok(Some(tree)),
            _ => Err(format!(
                "{} is not a source tree of a kernel with Rust (it has no rust/kernel/lib.rs): name another one with KSRC=DIR.",
                named.display()
            )),
        };
    }
    let tree = trees(kernel).into_iter().find(has_rust);
    tree.map(|tree| absolute(&tree)).transpose()
}

/// The directories that may be the source tree, or the common headers, of the kernel that was built
/// in `kernel`: itself, and where it leads.
pub(crate) fn trees(kernel: &Path) -> Vec<PathBuf> {
    let makefile = fs::read_to_string(kernel.join("Makefile")).unwrap_or_default();
    let included = makefile.lines().filter_map(|line| {
        let tree = line.strip_prefix("include ")?.strip_suffix("/Makefile")?;
        Some(kernel.join(tree))
    });
    let mut trees = vec![kernel.to_path_buf(), kernel.join("source")];
    trees.extend(included);
    trees
}

/// Adds the crates of the kernel that was built in `kernel` from `sources`.
pub(crate) fn add_crates(
    crates: &mut Crates,
    kernel: &Path,
    sources: &Path,
    environment: &[(&str, String)],
) -> Result<(), String> {
    let configuration = cfgs(&["@include/generated/rustc_cfg".to_string()], kernel)?;
    let generated = kernel.join("rust");
    for it in &CRATES {
        let root = sources.join("rust").join(it.root);
        if !root.exists() {
            continue;
        }
        let configured = it.kind == Kind::Configured;
        crates.add(Crate {
            name: it.name,
            root,
            dependencies: crates.dependencies(it.dependencies.iter().copied()),
            cfg: match it.name {
                "pin_init" => vec!["kernel".to_string()],
                _ if configured => configuration.clone(),
                _ => Vec::new(),
            },
            environment,
            generated: configured.then_some(&generated),
            macro_library: (it.kind == Kind::Macros)
                .then(|| generated.join(format!("lib{}.so", it.name))),
            project: None,
        });
    }
    Ok(())
}
