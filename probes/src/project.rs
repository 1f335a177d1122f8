// SPDX-License-Identifier: GPL-2.0

//! `rust-project.json`: the crates that Kbuild compiles, described for rust-analyzer.
//!
//! Cargo does not know the crates of the kernel, nor their flags. They are taken from the directory
//! that the kernel was built in, and from the flags that the kernel's build gives the compiler.

use crate::crates::{absolute, path_value, Crate, Crates};
use crate::flags::{cfgs, searched_crates};
use crate::json::Value;
use crate::kernel;
use crate::outputs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The input of the description. The working directory is the project's.
#[derive(Debug)]
pub(crate) struct Project {
    /// The directory that the kernel was built in.
    pub(crate) kernel: PathBuf,
    /// The kernel's sources, if they are named.
    pub(crate) sources: Option<PathBuf>,
    pub(crate) rustc: PathBuf,
    /// The flags that modules of the kernel are compiled with.
    pub(crate) flags: Vec<String>,
    /// The directory of generated files.
    pub(crate) out: PathBuf,
    /// The root of the module.
    pub(crate) module: PathBuf,
    /// The crate of the bindings: its name in the module, and its root.
    pub(crate) bindings: (String, PathBuf),
    /// Crates for the host: name and root. Each may use the ones before it.
    pub(crate) host: Vec<(String, PathBuf)>,
}

impl Project {
    /// The description, and notes about what is missing in it.
    pub(crate) fn describe(&self) -> Result<(String, Vec<String>), String> {
        let mut notes = Vec::new();
        let sysroot = self.sysroot()?;
        let library = match std::env::var_os("RUST_LIB_SRC") {
            Some(named) => PathBuf::from(named),
            None => sysroot.join("lib/rustlib/src/rust/library"),
        };
        if !library.join("core/src/lib.rs").exists() {
            notes.push(format!(
                "{} has no source of the crate `core`, so rust-analyzer will not know its names: install it (on Debian the package rust-src, with rustup the component rust-src), or name its directory with RUST_LIB_SRC=DIR.",
                library.display()
            ));
        }
        let kernel = absolute(&self.kernel)?;
        let environment = [
            ("OBJTREE", kernel.display().to_string()),
            (
                "RUST_MODFILE",
                self.module.with_extension("").display().to_string(),
            ),
            ("COMPAT_GEN", absolute(&self.out)?.display().to_string()),
        ];
        let mut crates = Crates::default();
        match kernel::sources(&kernel, self.sources.as_deref())? {
            Some(sources) => kernel::add_crates(&mut crates, &kernel, &sources, &environment)?,
            None => notes.push(format!(
                "{} does not lead to the kernel's Rust sources (rust/kernel/lib.rs), so rust-analyzer will not know the names of the crate `kernel`: name the source tree with KSRC=DIR (on Debian a package linux-source-VERSION has it).",
                self.kernel.display()
            )),
        }
        self.add_own(&mut crates, &kernel, &environment)?;
        let project = Value::object([
            ("sysroot", path_value(&sysroot)),
            ("sysroot_src", path_value(&library)),
            ("crates", crates.list()),
        ]);
        Ok((format!("{project}\n"), notes))
    }

    /// Adds the bindings, the module and the crates for the host.
    fn add_own(
        &self,
        crates: &mut Crates,
        kernel: &Path,
        environment: &[(&str, String)],
    ) -> Result<(), String> {
        let (here, out) = (absolute(Path::new("."))?, absolute(&self.out)?);
        let mut dependencies = crates.dependencies(searched_crates(&self.flags));
        let mut add = |name: &str, root: &Path, dependencies, cfg| {
            Ok::<_, String>(crates.add(Crate {
                name,
                root: absolute(root)?,
                dependencies,
                cfg,
                environment,
                generated: Some(&out),
                macro_library: None,
                project: Some(&here),
            }))
        };
        let (name, root) = &self.bindings;
        let bindings = add(&stem(root), root, Vec::new(), Vec::new())?;
        let mut host = Vec::new();
        for (name, root) in &self.host {
            let index = add(name, root, host.clone(), Vec::new())?;
            host.push((index, name.clone()));
        }
        dependencies.push((bindings, name.clone()));
        let mut cfg = cfgs(&self.flags, kernel)?;
        cfg.extend(cfgs(&[format!("@{}", outputs::CFG)], &out)?);
        add(&stem(&self.module), &self.module, dependencies, cfg)?;
        Ok(())
    }

    /// The directory of the compiler's own crates.
    fn sysroot(&self) -> Result<PathBuf, String> {
        let ended = match Command::new(&self.rustc)
            .args(["--print", "sysroot"])
            .output()
        {
            Ok(output) if output.status.success() => {
                return Ok(String::from_utf8_lossy(&output.stdout).trim().into());
            }
            Ok(output) => output.status.to_string(),
            Err(error) => error.to_string(),
        };
        Err(format!(
            "`{} --print sysroot` failed ({ended}): name the compiler that the kernel was built with (RUSTC=… for `make`).",
            self.rustc.display()
        ))
    }
}

/// The name that a crate has from the file of its root.
fn stem(root: &Path) -> String {
    root.file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}
