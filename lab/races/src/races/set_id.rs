// SPDX-License-Identifier: GPL-2.0

//! A set-id program never runs as an owner that it never had the set-id mode with.

use std::env;
use std::fs::{self, Permissions};
use std::os::unix::fs::{chown, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, ExitCode};

use crate::meeting;
use crate::race::{Race, Rounds};

pub const RACE: Race = Race {
    name: "set-id",
    about: "an exec while owner and set-id mode change below never mixes old and new",
    rounds: 3000,
    special: false,
    run,
};

/// The owner with the set-id mode, the one without, and the user who runs the program.
const GIVING: u32 = 1001;
const OTHER: u32 = 1002;
const CALLER: u32 = 1003;

/// What the program is asked to do when it is the one that is run.
const TELL: &str = "--tell-user";

/// If this process is the program with the set-id mode: the status that tells who it runs as.
pub fn tool() -> Option<ExitCode> {
    (env::args_os().nth(1)? == TELL).then(|| {
        ExitCode::from(match rustix::process::geteuid().as_raw() {
            CALLER => 10,
            GIVING => 11,
            OTHER => 12,
            _ => 13,
        })
    })
}

/// A copy of this program, and how to run it.
pub fn copy(to: &Path) {
    fs::copy("/proc/self/exe", to).expect("this program can be copied");
}

pub fn command(program: &Path) -> Command {
    let mut command = Command::new(program);
    command.arg(TELL).uid(CALLER).gid(CALLER).current_dir("/");
    command
}

fn run(rounds: &mut Rounds<'_>) {
    let place = rounds.place.make("set-id");
    let (above, below) = (place.above.join("tool"), place.below.join("tool"));
    copy(&below);
    for directory in [&rounds.place.below, &place.below] {
        fs::set_permissions(directory, Permissions::from_mode(0o755))
            .expect("a directory can be opened to others");
    }
    let flip = || {
        // Each chown takes the set-id mode away.
        for owner in [GIVING, OTHER] {
            let changed = chown(&below, Some(owner), Some(owner));
            changed.expect("root changes owners");
            if owner == GIVING {
                let mode = Permissions::from_mode(0o4755);
                fs::set_permissions(&below, mode).expect("root changes modes");
            }
            let _ = fs::symlink_metadata(&above);
        }
    };
    meeting::beside(flip, 1, || {
        meeting::beside(
            || {
                let _ = fs::symlink_metadata(&above);
            },
            1,
            || {
                while rounds.next() {
                    let status = command(&above).status();
                    let code = status.as_ref().ok().and_then(|status| status.code());
                    rounds.expect(matches!(code, Some(10 | 11)), || match code {
                        Some(12) => "the program ran as an owner who never gave the mode".into(),
                        _ => format!("the program ended with {status:?}"),
                    });
                }
            },
        );
    });
}
