// SPDX-License-Identifier: GPL-2.0

//! `Makefile.include`: mistakes in a driver's Makefile, two makes at once, and what a failed or killed make leaves.

mod machine;

use machine::{make, make_driver, Machine, CONFIGURATION};
use std::fs;
use std::process::{Child, Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

#[test]
fn a_mistake_in_the_makefile_is_named() {
    let run = |arguments: &[&str]| {
        let machine = Machine::new();
        make_driver(&machine.dir);
        let output = make(&machine.dir).args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let printed = String::from_utf8(output.stderr).unwrap();
        printed.lines().next().unwrap_or_default().to_string()
    };
    let set = "set it as probes/driver.mk says.";
    for (arguments, message) in [
        (&["driver-name="][..], format!("driver.mk: the Makefile does not set driver-name: {set}")),
        (&["driver-root="], format!("lamp: the Makefile does not set driver-root: {set}")),
        (&["probe", "driver-header="], format!("lamp: the Makefile does not set driver-header: {set}")),
        (
            &["driver-root=no.rs"],
            "lamp: there is no no.rs, which driver-root names: make it, or correct the Makefile.".to_string(),
        ),
        (
            &["probe", "driver-controls=wrong"],
            "lamp: there is no wrong, which driver-controls names: make it, or correct the Makefile.".to_string(),
        ),
        (
            &["probe", "driver-root=no.rs", "KDIR=nowhere"],
            "lamp: there is no kernel build directory nowhere: name the directory that the kernel was built in, or \
             that its headers package installed, with KDIR=DIR."
                .to_string(),
        ),
    ] {
        assert_eq!(run(arguments), message, "{arguments:?}");
    }
}

#[test]
fn clean_removes_what_was_built_for_a_kernel() {
    let machine = Machine::new();
    make_driver(&machine.dir);
    let built = ["lamp.ko", "src/lamp.o", ".lamp.o.cmd", "gen/compat.cfg"];
    let kept = ["src/lamp.rs", "target/debug/tool.d", "build/7.3/lamp.ko"];
    for file in built.iter().chain(&kept) {
        machine.write(file, "");
    }
    let cleaned = make(&machine.dir).arg("clean").status();
    assert!(cleaned.unwrap().success());
    assert!(built.iter().all(|file| !machine.dir.join(file).exists()));
    assert!(kept.iter().all(|file| machine.dir.join(file).exists()));
}

#[test]
fn make_works_in_a_directory_with_a_blank_until_it_says_so() {
    let machine = Machine::new();
    let project = machine.dir.join("my project");
    fs::create_dir(&project).unwrap();
    make_driver(&project);
    let kdir = format!("KDIR={}", machine.dir.join("kdir").display());
    let output = make(&project).arg(kdir).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let printed = String::from_utf8(output.stderr).unwrap();
    assert!(
        printed.starts_with("lamp: the directory of this project, '"),
        "{printed}"
    );
}

/// A machine with a driver, whose kernel's makefile runs `script` to make the module.
fn with_driver(script: &str) -> Machine {
    let machine = Machine::new();
    make_driver(&machine.dir);
    machine.write(
        "kdir/Makefile",
        &format!("modules:\n\t@cd $(M) && {{ {script}; }}\ngen/compat_info.o:\n\t@cd $(M) && {{ {script}; }}\n"),
    );
    machine.write("gen/compat-probe", "#!/bin/sh\necho table\n");
    machine
}

/// `make` for the kernel of the machine.
fn make_for(machine: &Machine, arguments: &[&str]) -> Command {
    let mut command = make(&machine.dir);
    command
        .arg("KDIR=kdir")
        .args(arguments)
        .envs(&machine.environment)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn errors(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Waits until the file exists.
fn wait_for(machine: &Machine, file: &str) {
    let begun = Instant::now();
    while !machine.dir.join(file).exists() {
        assert!(begun.elapsed() < Duration::from_secs(60), "{file}");
        sleep(Duration::from_millis(20));
    }
}

#[test]
fn nothing_in_the_environment_changes_the_kernel_or_the_flags_of_its_compilers() {
    let machine = with_driver("env >environment");
    let names = [
        "BINDGEN_EXTRA_CLANG_ARGS",
        "BINDGEN_EXTRA_CLANG_ARGS_x86_64_linux_gnu",
        "CPATH",
        "C_INCLUDE_PATH",
        "KBUILD_OUTPUT",
        "KBUILD_EXTMOD_OUTPUT",
    ];
    for target in ["module", "probe"] {
        let output = make_for(&machine, &[target])
            .envs(names.map(|name| (name, "wrong")))
            .env("LIBCLANG_PATH", "right")
            .output()
            .unwrap();
        let environment = machine.dir.join("environment");
        let seen = fs::read_to_string(&environment).unwrap_or_else(|_| errors(&output));
        _ = fs::remove_file(environment);
        assert!(seen.contains("LIBCLANG_PATH=right\n"), "{seen}");
        assert!(!seen.contains("wrong"), "{seen}");
    }
}

#[test]
fn the_processor_of_another_kernel_is_not_that_of_this_one() {
    for (configured, given, is_kept) in [
        ("X86_64", "arm64", false),
        ("X86_64", "x86_64", true),
        ("ARM64", "arm64", true),
    ] {
        let machine = with_driver("env >environment");
        machine.configure(&CONFIGURATION.replace("X86_64", configured));
        let output = make_for(&machine, &[]).env("ARCH", given).output().unwrap();
        assert!(output.status.success(), "{}", errors(&output));
        let seen = fs::read_to_string(machine.dir.join("environment")).unwrap();
        let line = format!("ARCH={given}");
        assert_eq!(
            seen.lines().any(|it| it == line),
            is_kept,
            "{configured} {seen}"
        );
    }
}

#[test]
fn the_second_of_two_makes_waits_and_says_so() {
    // Each fails if it finds the other at work.
    let machine = with_driver(
        "mkdir working && : >begun; while [ ! -e go ]; do sleep 0.1; done; rmdir working",
    );
    let first = make_for(&machine, &[]).spawn().unwrap();
    wait_for(&machine, "begun");
    let second = make_for(&machine, &[]).spawn().unwrap();
    sleep(Duration::from_millis(500));
    machine.write("go", "");
    let finish = |make: Child| make.wait_with_output().unwrap();
    let (first, second) = (finish(first), finish(second));
    assert!(first.status.success(), "{}", errors(&first));
    assert!(second.status.success(), "{}", errors(&second));
    assert_eq!(errors(&first), "");
    assert!(
        errors(&second).starts_with("lamp: another make is at work in ")
            && errors(&second).ends_with("; waiting for its end.\n"),
        "{}",
        errors(&second)
    );
}

#[test]
fn a_make_that_is_killed_leaves_no_earlier_module() {
    let machine = with_driver(": >begun; sleep 1000");
    machine.write("lamp.ko", "of earlier sources");
    let mut killed = make_for(&machine, &[]);
    // A group of its own, so that everything in it can be killed.
    let mut killed = std::os::unix::process::CommandExt::process_group(&mut killed, 0)
        .spawn()
        .unwrap();
    wait_for(&machine, "begun");
    let group = format!("-{}", killed.id());
    let status = Command::new("kill").args(["-9", "--", &group]).status();
    assert!(status.unwrap().success());
    killed.wait().unwrap();
    assert!(!machine.dir.join("lamp.ko").exists());
}

#[test]
fn a_make_that_fails_leaves_no_module() {
    let machine = with_driver("exit 1");
    machine.write("lamp.ko", "of earlier sources");
    let output = make_for(&machine, &[]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(!machine.dir.join("lamp.ko").exists());
    assert!(!machine.dir.join("gen/lamp.ko.aside").exists());
}

#[test]
fn a_probe_without_all_answers_shows_those_that_were_found() {
    let report = "mkdir -p gen; echo '  \"verdict\": \"not answered\",' >gen/compat.json; echo no answer fits >&2; exit 1";
    let machine = with_driver(report);
    // The table is printed by a program, and another process writes it.
    let chmod = Command::new("chmod")
        .args(["+x", "gen/compat-probe"])
        .current_dir(&machine.dir)
        .status();
    assert!(chmod.unwrap().success());
    let output = make_for(&machine, &["probe"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let printed = errors(&output);
    assert!(printed.starts_with("no answer fits\n"), "{printed}");
    assert!(printed.contains("\ntable\n"), "{printed}");
    // After another failure there is no table.
    let machine = with_driver("echo broken >&2; exit 1");
    let output = make_for(&machine, &["probe"]).output().unwrap();
    assert!(!errors(&output).contains("table"), "{}", errors(&output));
}
