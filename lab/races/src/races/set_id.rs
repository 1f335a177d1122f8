// SPDX-License-Identifier: GPL-2.0

//! A set-id program never runs as an owner under whom it did not have the set-id mode.

use std::env;
use std::fs::{self, Permissions};
use std::os::unix::fs::{chown, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, ExitCode};

use crate::race::{Race, Rounds};
use crate::threads;

pub const RACE: Race = Race {
    name: "set-id",
    description:
        "an exec never combines an old set-id mode with a new owner, while both change below",
    rounds: 3000,
    explicit: false,
    body: run,
};

/// The owner with the set-id mode, the owner without it, and the user who runs the program.
const SET_ID_OWNER: u32 = 1001;
const PLAIN_OWNER: u32 = 1002;
const CALLER: u32 = 1003;

/// The argument that makes this program report its user.
const REPORT_USER: &str = "--report-user";

/// If this process is the set-id program: the exit status that reports its effective user.
pub fn report_user() -> Option<ExitCode> {
    (env::args_os().nth(1)? == REPORT_USER).then(|| {
        ExitCode::from(match rustix::process::geteuid().as_raw() {
            CALLER => 10,
            SET_ID_OWNER => 11,
            PLAIN_OWNER => 12,
            _ => 13,
        })
    })
}

/// Copies this program.
pub fn copy_self(to: &Path) {
    fs::copy("/proc/self/exe", to).expect("copying this program succeeds");
}

/// The command that runs the copy as an unprivileged user.
pub fn command(program: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .arg(REPORT_USER)
        .uid(CALLER)
        .gid(CALLER)
        .current_dir("/");
    command
}

fn run(rounds: &mut Rounds<'_>) {
    let layers = rounds.layers.make("set-id");
    let (above, below) = (layers.above.join("tool"), layers.below.join("tool"));
    copy_self(&below);
    for directory in [&rounds.layers.below, &layers.below] {
        fs::set_permissions(directory, Permissions::from_mode(0o755)).expect("root changes modes");
    }
    let flip = || {
        // Each chown removes the set-id mode.
        for owner in [SET_ID_OWNER, PLAIN_OWNER] {
            let changed = chown(&below, Some(owner), Some(owner));
            changed.expect("root changes owners");
            if owner == SET_ID_OWNER {
                let mode = Permissions::from_mode(0o4755);
                fs::set_permissions(&below, mode).expect("root changes modes");
            }
            let _ = fs::symlink_metadata(&above);
        }
    };
    threads::with_background(flip, 1, || {
        threads::with_background(
            || {
                let _ = fs::symlink_metadata(&above);
            },
            1,
            || {
                while rounds.next() {
                    let status = command(&above).status();
                    let code = status.as_ref().ok().and_then(|status| status.code());
                    rounds.expect(matches!(code, Some(10 | 11)), || match code {
                        Some(12) => "the program ran as the owner without the set-id mode".into(),
                        _ => format!("the program ended with {status:?}"),
                    });
                }
            },
        );
    });
}
