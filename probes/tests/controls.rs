// SPDX-License-Identifier: GPL-2.0

//! The controls alone, as they are run before anything is compiled that a module needs.

mod world;

use world::{Ran, World};

fn controls(world: &World) -> Ran {
    let arguments = ["controls", "--out", "gen", "--rustc", &world.rustc, "--"];
    let mut command = world.command(&arguments);
    command.args(&world.flags).output().unwrap().into()
}

/// Expects the build to stop with a text that begins so, and has this in it.
fn stopped(world: &World, what: &str, more: &str) {
    let ran = controls(world);
    let begin = format!("compat-probe: environment broken: {what}");
    assert!(ran.err.starts_with(&begin), "{}", ran.err);
    assert!(ran.err.contains(more), "{}", ran.err);
    assert!(ran.err.contains("\n    next: "), "{}", ran.err);
    assert_eq!((ran.status, ran.out.as_str()), (Some(1), ""));
    world.no_answers();
}

#[test]
fn a_compiler_that_can_be_trusted_gets_a_line_and_is_asked_twice() {
    let world = World::new();
    let ran = controls(&world);
    assert_eq!(
        (ran.status, ran.out.as_str(), ran.err.as_str()),
        (
            Some(0),
            "  CONTROL an empty unit compiles, a wrong one is rejected\n",
            ""
        )
    );
    let log = world.read("gen/compat.log");
    assert_eq!(log.matches("\n== ").count(), 2, "{log}");
}

#[test]
fn bindings_need_not_be_there() {
    let mut world = World::new();
    world.flags.retain(|flag| !flag.starts_with("bindings"));
    world.flags.retain(|flag| flag != "--extern");
    std::fs::remove_file(world.dir.join("gen/bindings.rs")).unwrap();
    assert_eq!(controls(&world).status, Some(0));
}

#[test]
fn a_compiler_that_cannot_be_trusted_stops_the_build_and_takes_earlier_answers_away() {
    let compilers = [
        (
            "exit 0",
            "./compiler accepts a unit with a text in the place of a number",
            "a wrapper must pass on the compiler's errors",
        ),
        (
            "exit 3",
            "an empty unit does not compile",
            "but the compiler ended with exit status: 3",
        ),
        (
            "kill -SEGV $$",
            "an empty unit does not compile",
            "but the compiler ended with signal: 11 (SIGSEGV)",
        ),
        (
            "$RUSTC \"$@\"; exit 0",
            "./compiler prints errors about the unit `wrong` and yet ends with success",
            "rustc: error[E0308]",
        ),
    ];
    for (script, what, more) in compilers {
        let mut world = World::new();
        world.answered();
        world.compiler(&format!("[ \"$1\" = -vV ] && exec $RUSTC -vV; {script}"));
        stopped(&world, what, more);
    }
}

#[test]
fn a_compiler_that_is_not_there_is_named() {
    let mut world = World::new();
    world.answered();
    world.rustc = "no-such-rustc".to_string();
    stopped(
        &world,
        "the compiler no-such-rustc cannot be started",
        "Install the compiler that the kernel was built with",
    );
}
