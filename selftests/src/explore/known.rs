// SPDX-License-Identifier: GPL-2.0

//! The differences that docs/behaviour.md describes, which are no finding. A test looks for their
//! words there.

use super::script::Act;

/// A known difference.
#[derive(Debug)]
pub struct Known {
    /// Its name.
    pub name: &'static str,
    /// Words of docs/behaviour.md that explain it.
    pub words: &'static str,
    /// Whether it explains that the plain directory gave the first answer, and the mount the second
    /// one.
    explains: fn(&Act, &str, &str) -> bool,
}

/// The table.
pub static KNOWN: &[Known] = &[Known {
    name: "ids-after-permissions",
    words: "fails with `EACCES` instead of `EOVERFLOW`",
    explains: |_, plain, mount| (plain, mount) == ("EOVERFLOW", "EACCES"),
}];

/// What the actors leave out, because nothing later could be compared. The second word of a pair is
/// from docs/behaviour.md.
pub static LEFT_OUT: &[(&str, &str)] = &[
    (
        "fifo-in-each-layer",
        "A FIFO or socket exists once in each layer",
    ),
    (
        "lease-of-a-mapped-file",
        "A lease ends when its descriptor is closed, even if the file is still mapped.",
    ),
    (
        "close-events",
        "The close event of a file comes when its descriptor is closed, even if the file is still mapped",
    ),
];

/// Why operations are left out of scripts in which somebody works directly in the lower directory:
/// the operation, and words of docs/behaviour.md.
pub static ABOVE_ALONE: &[(&str, &str)] = &[
    (
        "watch",
        "report changes made above, not those made below",
    ),
    (
        "unwatch",
        "report changes made above, not those made below",
    ),
    (
        "getcwd",
        "getcwd(2) and /proc/PID/cwd return the old path of a working directory that was moved below",
    ),
];

/// The name of the known difference that explains the two answers, if one does.
pub fn explains(act: &Act, plain: &str, mount: &str) -> Option<&'static str> {
    let known = KNOWN
        .iter()
        .find(|known| (known.explains)(act, plain, mount));
    known.map(|known| known.name)
}
