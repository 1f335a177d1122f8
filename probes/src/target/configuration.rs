// SPDX-License-Identifier: GPL-2.0

//! The configuration of a kernel, which its build writes three times: for make, for C and for Rust.
//!
//! If they differ, C and Rust are compiled for two kernels that do not exist.

use crate::error::{Error, TargetError};
use crate::files::read_or;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// For make. The others are made from it.
const FOR_MAKE: &str = "include/config/auto.conf";
const FOR_C: &str = "include/generated/autoconf.h";
const FOR_RUST: &str = "include/generated/rustc_cfg";

const NEXT: &str =
    "KDIR has to be complete: run `make` there, or install the kernel's headers again.";

/// The settings in one of the files, by name; `y`, `m`, or the value as it stands there.
type Settings<'a> = BTreeMap<&'a str, &'a str>;

/// The files that decide about the configuration of the kernel in `kernel`.
pub(crate) fn files(kernel: &Path) -> [PathBuf; 3] {
    [FOR_MAKE, FOR_C, FOR_RUST].map(|file| kernel.join(file))
}

/// Compares the configurations of the kernel in `kernel`.
pub(crate) fn check(kernel: &Path) -> Result<(), Error> {
    let [make, c, rust] = files(kernel);
    let text = read_or(&make, NEXT)?;
    let for_make: Settings<'_> = text.lines().filter_map(setting_for_make).collect();
    if for_make.contains_key("RANDSTRUCT") {
        let kernel = kernel.to_path_buf();
        return Err(TargetError::Randomised { kernel }.into());
    }
    let text = read_or(&c, NEXT)?;
    let for_c: Settings<'_> = text.lines().filter_map(setting_for_c).collect();
    compare((&make, &for_make), (&c, &for_c))?;
    // A kernel without Rust has no such file. It is refused before.
    if !rust.exists() {
        return Ok(());
    }
    let text = read_or(&rust, NEXT)?;
    let for_rust: Settings<'_> = text.lines().filter_map(setting_for_rust).collect();
    // Only settings that are on, or built as a module, are told to Rust by their names.
    compare((&make, &for_make), (&rust, &for_rust))
}

/// `CONFIG_NAME=value`
fn setting_for_make(line: &str) -> Option<(&str, &str)> {
    line.strip_prefix("CONFIG_")?.split_once('=')
}

/// `#define CONFIG_NAME value`, where 1 stands for `y` unless the value is a number; and
/// `#define CONFIG_NAME_MODULE 1` for `m`.
fn setting_for_c(line: &str) -> Option<(&str, &str)> {
    line.strip_prefix("#define CONFIG_")?.split_once(' ')
}

/// `--cfg=CONFIG_NAME="value"`
fn setting_for_rust(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.strip_prefix("--cfg=CONFIG_")?.split_once('=')?;
    Some((name, value.strip_prefix('"')?.strip_suffix('"')?))
}

/// Fails if a setting of one file is missing in the other, or has another value there.
fn compare(
    (make, for_make): (&Path, &Settings<'_>),
    (other, found): (&Path, &Settings<'_>),
) -> Result<(), Error> {
    let differ = |name: &str, in_make: Option<&str>, in_other: Option<&str>| {
        Err(TargetError::ConfigurationsDiffer {
            name: format!("CONFIG_{name}"),
            first: (make.to_path_buf(), in_make.map(str::to_string)),
            second: (other.to_path_buf(), in_other.map(str::to_string)),
        }
        .into())
    };
    for (name, value) in for_make {
        let module = format!("{name}_MODULE");
        let in_other = match found.get(name) {
            None if *value == "m" && found.contains_key(module.as_str()) => Some("m"),
            Some(&"1") if *value == "y" => Some("y"),
            found => found.copied(),
        };
        if !same(value, in_other) {
            return differ(name, Some(value), in_other);
        }
    }
    for (name, value) in found {
        let known = for_make.contains_key(name)
            || (name.strip_suffix("_MODULE")).is_some_and(|name| for_make.get(name) == Some(&"m"));
        if !known {
            return differ(name, None, Some(value));
        }
    }
    Ok(())
}

/// Whether two values are the same. Strings may have escapes, and lose their quotes for Rust.
/// Hexadecimal numbers may lack their prefix for make.
fn same(value: &str, other: Option<&str>) -> bool {
    let plain = |value: &str| {
        let value = value.replace(['"', '\\'], "");
        value
            .strip_prefix("0x")
            .map(str::to_string)
            .unwrap_or(value)
    };
    other.is_some_and(|other| plain(value) == plain(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compared(for_make: &str, other: &str) -> Option<String> {
        let make: Settings<'_> = for_make.lines().filter_map(setting_for_make).collect();
        let read = match other.contains("--cfg") {
            true => setting_for_rust,
            false => setting_for_c,
        };
        let other: Settings<'_> = other.lines().filter_map(read).collect();
        let error = compare((Path::new("m"), &make), (Path::new("o"), &other)).err()?;
        Some(error.to_string())
    }

    #[test]
    fn the_three_forms_of_a_setting_are_the_same() {
        let make = "# A comment.\nCONFIG_A=y\nCONFIG_B=m\nCONFIG_C=1\nCONFIG_D=\"x y\"\nCONFIG_E=\"\"\nCONFIG_F=0x10\nCONFIG_G=0\n";
        let c = "#define CONFIG_A 1\n#define CONFIG_B_MODULE 1\n#define CONFIG_C 1\n#define CONFIG_D \"x y\"\n\
                 #define CONFIG_E \"\"\n#define CONFIG_F 0x10\n#define CONFIG_G 0x0\n";
        let rust = "--cfg=CONFIG_A\n--cfg=CONFIG_A=\"y\"\n--cfg=CONFIG_B\n--cfg=CONFIG_B=\"m\"\n--cfg=CONFIG_C=\"1\"\n\
                    --cfg=CONFIG_D=\"x y\"\n--cfg=CONFIG_E=\"\"\n--cfg=CONFIG_F=\"0x10\"\n--cfg=CONFIG_G=\"0\"\n";
        assert_eq!(compared(make, c), None);
        assert_eq!(compared(make, rust), None);
    }

    #[test]
    fn a_difference_is_named() {
        for (make, other) in [
            ("CONFIG_A=y\n", ""),
            ("", "#define CONFIG_A 1\n"),
            ("", "#define CONFIG_A_MODULE 1\n"),
            ("CONFIG_A=y\n", "#define CONFIG_A_MODULE 1\n"),
            ("CONFIG_A=m\n", "#define CONFIG_A 1\n"),
            ("CONFIG_A=2\n", "#define CONFIG_A 3\n"),
            ("CONFIG_A=y\n", "--cfg=CONFIG_A=\"m\"\n"),
        ] {
            let message = compared(make, other).unwrap();
            assert!(message.contains("CONFIG_A"), "{make} {other} {message}");
        }
    }
}
