// SPDX-License-Identifier: GPL-2.0

//! Whether the Rust metadata beside a kernel's headers is of the same build as the kernel.
//!
//! Metadata of another configuration loads, and code compiled against it may use the layouts of
//! that other kernel. But the mangled names differ. The crate `bindings` of the kernel has an
//! implementation of `Default` for most structures of C, and the kernel exports these functions.
//! Such a name contains the number of the implementation in its crate. So one structure that only
//! one of the configurations has changes all names behind it.
//!
//! The compiler makes the names from the metadata, and each has to be in Module.symvers.

use crate::compiler::Compiler;
use crate::error::{Error, TargetError};
use crate::log::Log;
use std::collections::{BTreeSet, HashSet};
use std::fmt::Write as _;
use std::path::Path;

/// How many names are compared: the first and the last one, and as many between. All of them would
/// take a second.
const SAMPLES: usize = 64;

/// The crate that re-exports the kernel's bindings.
const KERNEL: &str = "kernel";

/// The symbols that are compared.
pub(crate) struct Metadata<'a> {
    kernel: &'a Path,
    exported: HashSet<&'a str>,
    /// The structures whose implementations of `Default` are looked for.
    names: Vec<&'a str>,
}

impl<'a> Metadata<'a> {
    /// Finds the symbols of the kernel in `kernel` that lead from its metadata; `None` if there are
    /// none, or the flags of the compiler do not name the metadata.
    pub(crate) fn find(compiler: &Compiler, kernel: &'a Path, symvers: &'a str) -> Option<Self> {
        let exported: HashSet<&str> = symvers.lines().filter_map(symbol_in).collect();
        let mut implementations: Vec<(u64, &str)> = exported
            .iter()
            .filter_map(|name| implementation(name))
            .collect();
        implementations.sort_unstable();
        implementations.dedup();
        let names: Vec<&str> = samples(&implementations);
        (!names.is_empty() && compiler.crates().contains(&KERNEL)).then_some(Self {
            kernel,
            exported,
            names,
        })
    }

    /// The unit whose code names the symbols that the metadata leads to.
    pub(crate) fn unit(&self) -> String {
        let mut unit = String::new();
        for name in &self.names {
            _ = writeln!(
                unit,
                "const _: () = {{ #[used] static F: fn() -> ::{KERNEL}::bindings::{name} = <::{KERNEL}::bindings::{name} as ::core::default::Default>::default; }};"
            );
        }
        unit
    }

    /// Compiles the unit by itself and compares the symbols. Returns a sentence about what was compared.
    pub(crate) fn check(
        &self,
        compiler: &Compiler,
        units: &Path,
        log: &mut Log,
    ) -> Result<String, Error> {
        let text = format!(
            "// Made by compat-probe: the symbols that the kernel's Rust metadata leads to.\n{}",
            self.unit()
        );
        match compiler.compile_to_llvm(units, "metadata", &text, log)? {
            Ok(code) => self.compare(&code),
            Err(errors) => {
                let lines = errors
                    .iter()
                    .filter_map(|error| Some(error.primary.first()?.line));
                Err(self.foreign(lines.collect::<BTreeSet<usize>>().len()))
            }
        }
    }

    /// Compares the symbols in the code of the unit. Returns a sentence about what was compared.
    pub(crate) fn compare(&self, code: &str) -> Result<String, Error> {
        let wanted: BTreeSet<&str> = code
            .lines()
            .filter(|line| line.starts_with("declare"))
            .filter_map(|line| line.split(['@', '(']).nth(1))
            .filter(|name| implementation(name).is_some())
            .collect();
        match wanted
            .iter()
            .filter(|name| !self.exported.contains(*name))
            .count()
        {
            0 => Ok(format!(
                "{} symbols that the Rust metadata leads to are the kernel's.",
                wanted.len()
            )),
            missing => Err(self.foreign(missing)),
        }
    }

    fn foreign(&self, missing: usize) -> Error {
        TargetError::ForeignMetadata {
            kernel: self.kernel.to_path_buf(),
            missing,
            total: self.names.len(),
        }
        .into()
    }
}

/// The symbol in a line of Module.symvers.
fn symbol_in(line: &str) -> Option<&str> {
    line.split('\t').nth(1)
}

/// Evenly distributed implementations, with the first and the last one.
fn samples<'a>(implementations: &[(u64, &'a str)]) -> Vec<&'a str> {
    let last = implementations.len().saturating_sub(1);
    let count = implementations.len().min(SAMPLES);
    let places = (0..count).map(|sample| sample * last / count.saturating_sub(1).max(1));
    places.map(|place| implementations[place].1).collect()
}

/// The number of the implementation, and the type, in the mangled name of an implementation of
/// `Default` in the kernel's bindings: `_RNvXs94_NtCs…_8bindings12bindings_rawNtB6_11dev_pm_info
/// NtNtCs…_4core7default7Default7default`.
fn implementation(symbol: &str) -> Option<(u64, &str)> {
    let rest = symbol.strip_prefix("_RNvX")?;
    let (number, rest) = disambiguator(rest)?;
    let (_, rest) = disambiguator(rest.strip_prefix("NtC")?)?;
    let rest = rest.strip_prefix("8bindings12bindings_rawNtB")?;
    let rest = &rest[rest.find('_')? + 1..];
    let digits = rest.find(|c: char| !c.is_ascii_digit())?;
    let length: usize = rest[..digits].parse().ok()?;
    // A name that begins with a digit or an underscore has another underscore before it.
    let name = rest[digits..].strip_prefix('_').unwrap_or(&rest[digits..]);
    let rest = name.get(length..)?;
    let is_default = rest.starts_with("NtNtC") && rest.ends_with("4core7default7Default7default");
    is_default.then_some((number, &name[..length]))
}

/// The number that `s…_` stands for, in base 62; nothing stands for the first.
fn disambiguator(text: &str) -> Option<(u64, &str)> {
    let Some(rest) = text.strip_prefix('s') else {
        return Some((0, text));
    };
    let (digits, rest) = rest.split_once('_')?;
    let mut number: u64 = 0;
    for digit in digits.bytes() {
        let value = match digit {
            b'0'..=b'9' => digit - b'0',
            b'a'..=b'z' => digit - b'a' + 10,
            b'A'..=b'Z' => digit - b'A' + 36,
            _ => return None,
        };
        number = number.wrapping_mul(62).wrapping_add(u64::from(value));
    }
    Some((
        number.wrapping_add(if digits.is_empty() { 1 } else { 2 }),
        rest,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OF_CORE: &str = "NtNtCs2lKf6AS60Zg_4core7default7Default7default";

    #[test]
    fn a_mangled_name_is_read() {
        for (name, found) in [
            (
                "_RNvXs94_NtCsebv_8bindings12bindings_rawNtB6_11dev_pm_info",
                Some((564, "dev_pm_info")),
            ),
            (
                "_RNvXNtCsebv_8bindings12bindings_rawNtB2_4path",
                Some((0, "path")),
            ),
            (
                "_RNvXs_NtCsebv_8bindings12bindings_rawNtB4_4path",
                Some((1, "path")),
            ),
            (
                "_RNvXs0_NtCsebv_8bindings12bindings_rawNtB5_7__state",
                Some((2, "__state")),
            ),
            ("_RNvXs0_NtCsebv_8bindings12bindings_rawNtB5_99x", None),
            ("_RNvNtCs1_6kernel5print", None),
        ] {
            let name = format!("{name}{OF_CORE}").replace("7__state", "7___state");
            assert_eq!(implementation(&name), found, "{name}");
        }
    }

    #[test]
    fn samples_have_the_first_and_the_last() {
        let all: Vec<(u64, &str)> = (0..1000).map(|n| (n, "x")).collect();
        let places: Vec<u64> = (0..SAMPLES)
            .map(|s| (s * 999 / (SAMPLES - 1)) as u64)
            .collect();
        assert_eq!((places[0], places[SAMPLES - 1]), (0, 999));
        assert_eq!(samples(&all).len(), SAMPLES);
        assert_eq!(samples(&all[..1]).len(), 1);
        assert!(samples(&[]).is_empty());
    }
}
