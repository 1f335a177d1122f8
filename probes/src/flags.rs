// SPDX-License-Identifier: GPL-2.0

//! The compiler's flags, and what can be read from them.

use std::fs;
use std::path::Path;

/// The flags for the output: what is made, its name and where it goes. compat-probe sets these
/// itself. Each takes its value after `=` or as the next argument.
const OUTPUT_FLAGS: [&str; 7] = [
    "--crate-name",
    "--crate-type",
    "--out-dir",
    "--emit",
    "--error-format",
    "--json",
    "-o",
];

/// The flags without those for the output.
pub(crate) fn without_output(given: &[String]) -> Vec<String> {
    let mut flags = Vec::new();
    let mut given = given.iter();
    while let Some(flag) = given.next() {
        let (name, value) = match flag.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (flag.as_str(), None),
        };
        if !OUTPUT_FLAGS.contains(&name) {
            flags.push(flag.clone());
        } else if value.is_none() {
            given.next();
        }
    }
    flags
}

/// The values of `--extern`: `NAME` or `NAME=FILE`, with options before a colon.
fn externs(flags: &[String]) -> Vec<&str> {
    let mut values = Vec::new();
    let mut flags = flags.iter();
    while let Some(flag) = flags.next() {
        if flag == "--extern" {
            values.extend(flags.next().map(String::as_str));
        } else {
            values.extend(flag.strip_prefix("--extern="));
        }
    }
    values
}

/// The names of the crates that `--extern` declares.
pub(crate) fn crates(flags: &[String]) -> Vec<&str> {
    let names = externs(flags).into_iter().map(|value| {
        let name = value.split('=').next().unwrap_or(value);
        name.rsplit(':').next().unwrap_or(name)
    });
    names.collect()
}

/// The crates that `--extern` declares without a file: the compiler searches for them, and for the
/// kernel's build these are the kernel's own.
pub(crate) fn searched_crates(flags: &[String]) -> Vec<&str> {
    let values = externs(flags).into_iter();
    values.filter(|value| !value.contains('=')).collect()
}

/// The flags without the crates that [`searched_crates`] finds.
pub(crate) fn without_searched_crates(given: &[String]) -> Vec<String> {
    let mut flags = Vec::new();
    let mut given = given.iter().peekable();
    let is_searched = |value: &str| !value.contains('=');
    while let Some(flag) = given.next() {
        let next = given.peek().filter(|_| flag == "--extern");
        if next.is_some_and(|value| is_searched(value)) {
            given.next();
        } else if !flag.strip_prefix("--extern=").is_some_and(is_searched) {
            flags.push(flag.clone());
        }
    }
    flags
}

/// The values of `--cfg`, including those in files of flags (`@file`), whose paths are relative to
/// `base`.
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
        } else {
            found.extend(flag.strip_prefix("--cfg=").map(str::to_string));
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flags(given: &[&str]) -> Vec<String> {
        given.iter().map(|flag| flag.to_string()).collect()
    }

    #[test]
    fn output_flags_are_removed_with_their_values() {
        let given = flags(&[
            "--crate-name",
            "x",
            "-Cpanic=abort",
            "--emit=dep-info=x.d",
            "-o",
            "x.o",
            "--out-dir=.",
            "-g",
        ]);
        assert_eq!(without_output(&given), ["-Cpanic=abort", "-g"]);
    }

    #[test]
    fn crates_are_found_in_both_forms_of_extern() {
        let given = flags(&[
            "--extern",
            "kernel",
            "--extern=priv,noprelude:bindings=gen/libbindings.rmeta",
            "-L",
            "x",
        ]);
        assert_eq!(crates(&given), ["kernel", "bindings"]);
        assert_eq!(searched_crates(&given), ["kernel"]);
    }

    #[test]
    fn searched_crates_are_removed_and_those_with_a_file_stay() {
        let given = flags(&[
            "--extern",
            "kernel",
            "--extern=zerocopy",
            "--extern",
            "bindings=x.rmeta",
            "--extern=priv:more=y.rmeta",
            "-g",
        ]);
        let left = [
            "--extern",
            "bindings=x.rmeta",
            "--extern=priv:more=y.rmeta",
            "-g",
        ];
        assert_eq!(without_searched_crates(&given), left);
    }
}
