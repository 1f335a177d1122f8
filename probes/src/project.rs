// SPDX-License-Identifier: GPL-2.0

//! `rust-project.json`: the crates that Kbuild compiles, described for rust-analyzer.
//!
//! Cargo knows neither the crates of the kernel nor their flags. What the kernel's build knows and the
//! compiler itself is told is taken from there; only where things lie is known here.

use crate::crates::{text, Crate, Crates};
use crate::json::Value;
use crate::kernel;
use crate::outputs;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What the description is made from. The working directory is that of the project.
#[derive(Debug)]
pub(crate) struct Project {
    /// The directory that the kernel was built in.
    pub(crate) kernel: PathBuf,
    /// Its sources, if they are named.
    pub(crate) sources: Option<PathBuf>,
    pub(crate) rustc: PathBuf,
    /// The flags that modules of the kernel are compiled with.
    pub(crate) flags: Vec<String>,
    /// The directory of generated files.
    pub(crate) out: PathBuf,
    /// The root of the module.
    pub(crate) module: PathBuf,
    /// The crate of the bindings: its name for the module, and its root.
    pub(crate) bindings: (String, PathBuf),
    /// Crates for the host, by name and root; each may use those before it.
    pub(crate) host: Vec<(String, PathBuf)>,
}

impl Project {
    /// The description, and sentences about what is not in it.
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
        let kernel = whole(&self.kernel)?;
        let environment = [
            ("OBJTREE", kernel.display().to_string()),
            (
                "RUST_MODFILE",
                self.module.with_extension("").display().to_string(),
            ),
            ("COMPAT_GEN", whole(&self.out)?.display().to_string()),
        ];
        let mut crates = Crates::default();
        match kernel::sources(&kernel, self.sources.as_deref())? {
            Some(sources) => kernel::describe(&mut crates, &kernel, &sources, &environment)?,
            None => notes.push(format!(
                "{} does not lead to the kernel's Rust sources (rust/kernel/lib.rs), so rust-analyzer will not know the names of the crate `kernel`: name the source tree with KSRC=DIR (on Debian a package linux-source-VERSION has it).",
                self.kernel.display()
            )),
        }
        self.add_own(&mut crates, &kernel, &environment)?;
        let project = Value::object([
            ("sysroot", text(&sysroot)),
            ("sysroot_src", text(&library)),
            ("crates", crates.list()),
        ]);
        Ok((format!("{project}\n"), notes))
    }

    /// Describes the bindings, the module and the crates for the host.
    fn add_own(
        &self,
        crates: &mut Crates,
        kernel: &Path,
        environment: &[(&str, String)],
    ) -> Result<(), String> {
        let (here, out) = (whole(Path::new("."))?, whole(&self.out)?);
        let mut uses = crates.those(externs(&self.flags));
        let mut add = |name: &str, root: &Path, uses, cfg| {
            Ok::<_, String>(crates.add(Crate {
                name,
                root: whole(root)?,
                uses,
                cfg,
                environment,
                generated: Some(&out),
                macros: None,
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
        uses.push((bindings, name.clone()));
        let mut cfg = cfgs(&self.flags, kernel)?;
        cfg.extend(cfgs(&[format!("@{}", outputs::CFG)], &out)?);
        add(&stem(&self.module), &self.module, uses, cfg)?;
        Ok(())
    }

    /// Where the compiler has its own crates.
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

/// The name of the crate that a root has from its file.
fn stem(root: &Path) -> String {
    root.file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

/// What flags set by `--cfg`, also those in files of flags, which lie in `base`.
pub(crate) fn cfgs(flags: &[String], base: &Path) -> Result<Vec<String>, String> {
    let mut found = Vec::new();
    let mut flags = flags.iter();
    while let Some(flag) = flags.next() {
        if let Some(file) = flag.strip_prefix('@') {
            let path = base.join(file);
            let text = fs::read_to_string(&path).map_err(|error| {
                format!(
                    "reading {} failed: {error}: run `make` first.",
                    path.display()
                )
            })?;
            let lines: Vec<String> = text.lines().map(str::to_string).collect();
            found.extend(cfgs(&lines, base)?);
        } else if flag == "--cfg" {
            found.extend(flags.next().cloned());
        } else if let Some(cfg) = flag.strip_prefix("--cfg=") {
            found.push(cfg.to_string());
        }
    }
    Ok(found)
}

/// The names of the kernel's crates that flags bring in.
fn externs(flags: &[String]) -> impl Iterator<Item = &str> {
    let pairs = flags.iter().zip(flags.iter().skip(1));
    let named = pairs.filter(|(flag, name)| *flag == "--extern" && !name.contains('='));
    named.map(|(_, name)| name.as_str())
}

/// A path from the root, as rust-analyzer needs it.
pub(crate) fn whole(path: &Path) -> Result<PathBuf, String> {
    fs::canonicalize(path).map_err(|error| {
        format!(
            "{} cannot be used ({error}): run `make` first.",
            path.display()
        )
    })
}
