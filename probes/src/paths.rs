// SPDX-License-Identifier: GPL-2.0

//! Paths and other text in messages.

use std::path::{Component, Path, PathBuf};

/// A path for people: relative to the working directory if it lies below that, and without `.` in
/// it. Not for a program: `./compiler` is another one than `compiler`.
pub(crate) fn display(path: &Path) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    let path = path.strip_prefix(&here).unwrap_or(path);
    let parts = path.components().filter(|part| *part != Component::CurDir);
    parts.collect::<PathBuf>().display().to_string()
}

/// The text with escapes in the place of what a terminal would obey: control characters, and those
/// that change the direction of writing. The compiler, or a wrapper of it, may print them.
pub(crate) fn visible(text: &str) -> String {
    let is_hidden = |c: char| {
        let is_direction = matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        is_direction || c.is_control() && c != '\n' && c != '\t'
    };
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match is_hidden(c) {
            true => shown.extend(c.escape_default()),
            false => shown.push(c),
        }
    }
    shown
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
