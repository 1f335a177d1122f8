// SPDX-License-Identifier: GPL-2.0

//! When nothing is asked again, when everything is, and what a run that does not end leaves.

mod world;

use std::fs;
use std::time::{Duration, Instant};
use world::{times, World, BINDINGS, ONE, SYMVERS};

/// A world whose compiler counts how often it compiles.
fn counted() -> World {
    let mut world = World::new();
    world
        .flags
        .extend(["--cfg=x", "@more.args"].map(str::to_string));
    world.write("more.args", "--cfg=y\n");
    world.write("more.names", "vfs_mkdir");
    world.compiler("[ \"$1\" = -vV ] || echo compiled >>count\nexec $RUSTC \"$@\"");
    world
}

type Change = fn(&mut World);

fn compiled(world: &World) -> usize {
    let count = world.read("count").lines().count();
    world.write("count", "");
    count
}

#[test]
fn a_second_run_compiles_nothing_and_touches_nothing() {
    let world = counted();
    world.answered();
    assert_eq!(compiled(&world), 4, "two controls and two passes");
    let before = times(&world.dir.join("gen"));
    let ran = world.ask();
    assert_eq!(
        (ran.status, ran.out.as_str(), ran.err.as_str()),
        (Some(0), "", "")
    );
    assert_eq!(compiled(&world), 0);
    assert_eq!(times(&world.dir.join("gen")), before);
}

#[test]
fn whatever_can_change_an_answer_makes_it_asked_again() {
    let changes: [(&str, Change); 17] = [
        ("the answer", |world| {
            world.append("compat/shims/mkdir/takes_one.rs", "\n")
        }),
        ("an answer that does not fit", |world| {
            world.append("compat/shims/mkdir/takes_two.rs", "\n")
        }),
        ("the question", |world| {
            world.append("compat/shims/mkdir.rs", "\n")
        }),
        ("the list of questions", |world| {
            world.append("compat/shims.rs", "\n")
        }),
        ("a support file", |world| {
            world.append("compat/raw.rs", "\n")
        }),
        ("a module of a support file", |world| {
            world.write("compat/raw/more.rs", "\n")
        }),
        ("a wrong twin", |world| {
            world.append("compat/shims/controls/arity.rs", "\n")
        }),
        ("another question", |world| {
            world.question("rmdir", &[("takes_one", ONE)])
        }),
        ("a flag", |world| world.flags.push("--cfg=z".to_string())),
        ("a file of flags", |world| {
            world.append("more.args", "--cfg=z\n")
        }),
        ("the bindings", |world| {
            world.write("gen/bindings.rs", &format!("{BINDINGS}\n"))
        }),
        ("the crate of the bindings", |world| {
            world.bindings(&BINDINGS.replace("d_flags: u32", "d_flags: u64"))
        }),
        ("the exported symbols", |world| {
            world.write(
                "Module.symvers",
                &format!("{SYMVERS}0x0\tx\tvmlinux\tEXPORT_SYMBOL\t\n"),
            )
        }),
        ("files of names", |world| {
            world.options.push("--names=more.names".to_string())
        }),
        ("a file of names", |world| world.append("more.names", "x")),
        ("the environment", |world| {
            world
                .environment
                .push(("RUSTC_BOOTSTRAP".to_string(), "0".to_string()))
        }),
        ("the compiler", |world| {
            world.rustc = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".to_string());
            world.compiler("[ \"$1\" = -vV ] || echo compiled >>count\n[ \"$1\" = -vV ] && exec echo rustc 1.99.0\nexec $RUSTC \"$@\"");
        }),
    ];
    let mut world = counted();
    world.answered();
    compiled(&world);
    for (name, change) in changes {
        change(&mut world);
        world.answered();
        assert!(compiled(&world) >= 4, "{name}");
        world.answered();
        assert_eq!(compiled(&world), 0, "{name}");
    }
}

#[test]
fn an_output_that_is_missing_or_was_changed_makes_it_asked_again() {
    let world = counted();
    world.answered();
    for name in [
        "compat.cfg",
        "compat.line",
        "compat_info.c",
        "compat.json",
        "compat.txt",
        "compat.log",
        "compat.key",
    ] {
        compiled(&world);
        fs::remove_file(world.dir.join("gen").join(name)).unwrap();
        world.answered();
        assert!(compiled(&world) > 0, "{name} was missing");
        world.append(&format!("gen/{name}"), "x");
        world.answered();
        assert!(compiled(&world) > 0, "{name} was changed");
    }
}

#[test]
fn the_same_answers_leave_what_the_module_is_built_from_untouched() {
    let world = World::new();
    world.answered();
    let of_the_module = |world: &World| {
        let mut found = times(&world.dir.join("gen"));
        found.retain(|(path, _)| {
            ["compat.cfg", "compat.line", "compat_info.c"]
                .iter()
                .any(|name| path.ends_with(name))
        });
        assert_eq!(found.len(), 3);
        found
    };
    let before = of_the_module(&world);
    world.append("compat/shims/mkdir/takes_two.rs", "\n");
    world.answered();
    assert_eq!(of_the_module(&world), before);
}

#[test]
fn a_run_that_fails_takes_the_earlier_answers_away() {
    let mut world = World::new();
    let rustc = world.rustc.clone();
    world.answered();
    world.rustc = "no-such-rustc".to_string();
    assert_eq!(world.ask().status, Some(1));
    world.no_answers();
    assert!(
        !world.read("gen/compat.log").contains("== pass_1"),
        "the earlier log"
    );
    world.rustc = rustc;
    world.answered();
    world.append("compat/shims/mkdir/takes_one.rs", "typo");
    assert_eq!(world.ask().status, Some(1));
    world.no_answers();
}

#[test]
fn an_interrupted_run_leaves_no_answers() {
    let mut world = World::new();
    world.answered();
    world.compiler(
        "case \"$*\" in *pass_1.rs) touch reached; while [ -e reached ]; do sleep 0.1; done;; esac; exec $RUSTC \"$@\"",
    );
    let mut child = world.start();
    let begun = Instant::now();
    while !world.has("reached") {
        assert!(
            begun.elapsed() < Duration::from_secs(60),
            "the compiler was not reached"
        );
        std::thread::sleep(Duration::from_millis(10));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    for name in [
        "compat.cfg",
        "compat.line",
        "compat_info.c",
        "compat.json",
        "compat.txt",
        "compat.key",
    ] {
        assert!(!world.has(&format!("gen/{name}")), "{name}");
    }
    world.rustc = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".to_string());
    world.answered();
}
