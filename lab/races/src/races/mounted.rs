// SPDX-License-Identifier: GPL-2.0

//! A mount in a directory stays when that directory is renamed.

use std::fs;

use rustix::mount::{mount, unmount, MountFlags, UnmountFlags};

use crate::race::{Race, Rounds};
use crate::threads;

pub const RACE: Race = Race {
    name: "mounted-directory",
    description: "a mount stays when the directory that contains it is renamed above",
    rounds: 4000,
    explicit: false,
    body: run,
};

fn run(rounds: &mut Rounds<'_>) {
    let layers = rounds.layers.make("mounted");
    let [d, e] = ["d", "e"].map(|name| layers.above.join(name));
    let at = d.join("m");
    fs::create_dir(&d).expect("mkdir above succeeds");
    fs::create_dir(&at).expect("mkdir above succeeds");
    mount("races", &at, "tmpfs", MountFlags::empty(), None).expect("mounting a tmpfs succeeds");
    fs::write(at.join("marker"), "").expect("writing to a new tmpfs succeeds");
    let names = [d.join("x"), e.join("x")];
    let look_up = || {
        for name in &names {
            let _ = fs::symlink_metadata(name);
        }
    };
    threads::with_background(look_up, 3, || {
        while !rounds.failed() && rounds.next() {
            let renamed = fs::rename(&d, &e).and_then(|()| fs::rename(&e, &d));
            rounds.record(renamed.err().map(|error| format!("rename: {error}")));
            let round = rounds.done();
            rounds.expect(at.join("marker").exists(), || {
                format!("the mount is gone after {round} rounds")
            });
        }
    });
    for name in [d, e] {
        let _ = unmount(name.join("m"), UnmountFlags::DETACH);
    }
}
