// SPDX-License-Identifier: GPL-2.0

//! Paths in messages.

use std::path::{Component, Path, PathBuf};

/// A path for people: relative to the working directory if it lies below that, and without `.` in
/// it. Not for a program: `./compiler` is another one than `compiler`.
pub(crate) fn display(path: &Path) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    let path = path.strip_prefix(&here).unwrap_or(path);
    let parts = path.components().filter(|part| *part != Component::CurDir);
    parts.collect::<PathBuf>().display().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_short() {
        for path in ["././bindgen.args", "./bindgen.args", "bindgen.args"] {
            assert_eq!(display(Path::new(path)), "bindgen.args");
        }
        let here = std::env::current_dir().unwrap();
        assert_eq!(display(&here.join("./a/./b.rs")), "a/b.rs");
        assert_eq!(display(Path::new("/a/./b.rs")), "/a/b.rs");
    }
}
