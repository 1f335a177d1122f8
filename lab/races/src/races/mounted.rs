// SPDX-License-Identifier: GPL-2.0

//! A mount inside a directory stays when the directory is renamed.

use std::fs;

use rustix::mount::{mount, unmount, MountFlags, UnmountFlags};

use crate::meeting;
use crate::race::{Race, Rounds};

pub const RACE: Race = Race {
    name: "mounted-directory",
    about: "a mount inside a directory that is renamed above stays",
    rounds: 4000,
    special: false,
    run,
};

fn run(rounds: &mut Rounds<'_>) {
    let place = rounds.place.make("mounted");
    let [d, e] = ["d", "e"].map(|name| place.above.join(name));
    let at = d.join("m");
    fs::create_dir(&d).expect("a directory can be made above");
    fs::create_dir(&at).expect("a directory can be made above");
    mount("races", &at, "tmpfs", MountFlags::empty(), None).expect("a tmpfs can be mounted");
    fs::write(at.join("marker"), "").expect("a new tmpfs can be written to");
    let names = [d.join("x"), e.join("x")];
    let look = || {
        for name in &names {
            let _ = fs::symlink_metadata(name);
        }
    };
    meeting::beside(look, 3, || {
        while !rounds.failed() && rounds.next() {
            let renamed = fs::rename(&d, &e).and_then(|()| fs::rename(&e, &d));
            rounds.note(renamed.err().map(|error| format!("a rename: {error}")));
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
