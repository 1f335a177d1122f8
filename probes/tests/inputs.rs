// SPDX-License-Identifier: GPL-2.0

//! `inputs.sh`: what was built for another kernel, or from other headers, does not stay.

mod machine;

use machine::Machine;
use std::fs;
use std::process::Command;

/// A machine with a driver that was built from two headers in kdir.
fn built() -> Machine {
    build(Machine::new())
}

fn build(machine: Machine) -> Machine {
    for (file, text) in [
        ("kdir/include/fs.h", "struct inode { int i_mode; };\n"),
        ("kdir/include/mount.h", "struct mount;\n"),
        ("kdir/arch/include/asm.h", "struct page;\n"),
        (
            "driver/depfile",
            "bindings.rs: include/fs.h \\\n  include/mount.h\n",
        ),
        ("driver/gen/bindings.rs", "pub struct inode;\n"),
        ("driver/gen/compat-probe", "program"),
        ("driver/gen/.compat-probe.cmd", "command"),
        ("driver/gen/compat.cfg", "--cfg=a\n"),
        ("driver/lamp.ko", "module"),
        ("driver/src/lamp.o", "object"),
        ("driver/src/.lamp.o.cmd", "command"),
        ("driver/src/lamp.rs", "source"),
    ] {
        machine.write(file, text);
    }
    run(&machine, "kdir", "begin");
    run(
        &machine,
        "kdir",
        "record . ../driver/depfile -I./arch/include -Iarch/generated -I./include \
         rust/libkernel.rmeta Module.symvers none",
    );
    machine
}

/// Runs a task of inputs.sh in the kernel's directory, as older kernels' makefiles do.
fn run(machine: &Machine, kernel: &str, task: &str) {
    assert_eq!(printed(machine, kernel, task), "");
}

/// The same, with what it prints for make.
fn printed(machine: &Machine, kernel: &str, task: &str) -> String {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/inputs.sh");
    let (task, arguments) = task.split_once(' ').unwrap_or((task, ""));
    let path = std::env::var("PATH").unwrap_or_default();
    let ran = Command::new("sh")
        .args([script, task, "../driver"])
        .args(arguments.split_whitespace())
        .env_remove("LIBCLANG_PATH")
        .envs(&machine.environment)
        .env(
            "PATH",
            format!("{}:{path}", machine.dir.join("tools").display()),
        )
        .current_dir(machine.dir.join(kernel))
        .output()
        .unwrap();
    let printed = (
        ran.status.code(),
        String::from_utf8_lossy(&ran.stderr).into_owned(),
    );
    assert_eq!(printed, (Some(0), String::new()));
    String::from_utf8(ran.stdout).unwrap()
}

#[test]
fn what_cannot_be_removed_stops_make() {
    let machine = built();
    // Nobody, not even root, removes a directory as if it were a file.
    sh(
        &machine,
        "cd driver/gen; rm bindings.rs; mkdir bindings.rs; cd ../..; cp -a kdir other",
    );
    assert_eq!(printed(&machine, "kdir", "check ."), "");
    let sentence = printed(&machine, "other", "check .");
    assert!(
        sentence.starts_with(
            "what was built in ../driver for another kernel or from other headers cannot be removed: let "
        ) && sentence.ends_with(" write there, or remove ../driver/gen\n"),
        "{sentence}"
    );
}

/// Whether a build in the directory `kernel` keeps what was built.
fn keeps(machine: &Machine, kernel: &str) -> bool {
    run(machine, kernel, "check .");
    let left = [
        "lamp.ko",
        "src/lamp.o",
        "src/.lamp.o.cmd",
        "gen/bindings.rs",
        "gen/compat.cfg",
    ];
    let left = left.map(|file| machine.dir.join("driver").join(file).exists());
    assert!(left.iter().all(|there| *there == left[0]), "{left:?}");
    // Neither sources nor the program depend on the kernel.
    for file in ["src/lamp.rs", "gen/compat-probe", "gen/.compat-probe.cmd"] {
        assert!(machine.dir.join("driver").join(file).exists(), "{file}");
    }
    left[0]
}

fn sh(machine: &Machine, script: &str) {
    let ran = Command::new("sh")
        .args(["-ec", script])
        .current_dir(&machine.dir)
        .status();
    assert!(ran.unwrap().success(), "{script}");
}

#[test]
fn what_was_built_from_the_same_files_stays() {
    let machine = built();
    assert!(keeps(&machine, "kdir"));
    // Another date of the same contents changes nothing.
    sh(&machine, "touch kdir/include/fs.h");
    assert!(keeps(&machine, "kdir"));
    assert!(keeps(&machine, "kdir"));
}

#[test]
fn another_kernel_of_the_same_form_is_another_one() {
    let machine = built();
    sh(&machine, "cp -a kdir other");
    assert!(!keeps(&machine, "other"));
}

#[test]
fn a_link_that_leads_to_another_kernel_is_another_one() {
    let machine = built();
    sh(
        &machine,
        "cp -a kdir other && mv kdir first && ln -s other kdir",
    );
    assert!(!keeps(&machine, "kdir"));
}

#[test]
fn a_header_of_another_content_is_seen_whatever_its_date() {
    for change in [
        // An older date, the same size and date, and a file that takes the place.
        "echo changed >>kdir/include/fs.h; touch -d 2001-01-01 kdir/include/fs.h",
        "cp -p kdir/include/fs.h old; sed -i s/int/far/ kdir/include/fs.h; touch -r old kdir/include/fs.h",
        "echo other >new; touch -d 2001-01-01 new; mv new kdir/include/fs.h",
        "rm kdir/include/mount.h",
        "cp -p kdir/Module.symvers old; echo x >kdir/Module.symvers; touch -r old kdir/Module.symvers",
        "cp -p kdir/rust/libkernel.rmeta new; mv new kdir/rust/libkernel.rmeta",
    ] {
        let machine = built();
        sh(&machine, change);
        assert!(!keeps(&machine, "kdir"), "{change}");
    }
}

#[test]
fn a_new_header_that_lies_before_another_one_is_seen() {
    for (file, stays) in [
        ("kdir/arch/include/fs.h", false),
        ("kdir/arch/generated/mount.h", false),
        // What bindgen would not read, and what it would read after the other one.
        ("kdir/arch/include/inode.h", true),
        ("kdir/arch/generated/fs/mount.h", true),
        ("kdir/include/asm.h", true),
    ] {
        let machine = built();
        machine.write(file, "struct inode;\n");
        assert_eq!(keeps(&machine, "kdir"), stays, "{file}");
        assert_eq!(keeps(&machine, "kdir"), stays, "{file}");
    }
}

#[test]
fn a_new_header_before_many_others_is_seen_without_a_word() {
    let machine = Machine::new();
    let mut depfile = "bindings.rs:".to_string();
    for number in 0..3000 {
        let header = format!("include/a_header_with_a_long_name_{number}.h");
        machine.write(&format!("kdir/{header}"), "");
        depfile.push_str(&format!(" \\\n  {header}"));
    }
    machine.write("driver/depfile", &depfile);
    machine.write("driver/gen/bindings.rs", "");
    run(&machine, "kdir", "begin");
    run(
        &machine,
        "kdir",
        "record . ../driver/depfile -I./arch -I./include",
    );
    run(&machine, "kdir", "check .");
    assert!(machine.dir.join("driver/gen/bindings.rs").exists());
    machine.write("kdir/arch/a_header_with_a_long_name_0.h", "");
    run(&machine, "kdir", "check .");
    assert!(!machine.dir.join("driver/gen/bindings.rs").exists());
}

#[test]
fn another_bindgen_or_libclang_is_another_one() {
    // bindgen is what the script prints: the loader names the libraries that a program loads.
    let bindgen = "echo \"     9:\tcalling init: $LIBCLANG_PATH/libclang-19.so.1\"\n";
    for (change, stays) in [
        ("true", true),
        ("echo newer >>tools/bindgen", false),
        ("cp -p tools/bindgen new; mv new tools/bindgen", false),
        ("echo newer >llvm/libclang-19.so.1", false),
        ("ln -sf other/libclang llvm/libclang-19.so.1", false),
        ("rm llvm/libclang-19.so.1", false),
    ] {
        let mut machine = Machine::new();
        machine.write("tools/bindgen", bindgen);
        machine.write("llvm/libclang-19.so.1", "19.1.7");
        sh(&machine, "chmod +x tools/bindgen");
        // A script that was just written cannot always be executed: see Machine::script.
        let [command, libraries] =
            ["tools/bindgen", "llvm"].map(|name| machine.dir.join(name).display().to_string());
        machine
            .environment
            .insert("BINDGEN", format!("sh {command}"));
        machine.environment.insert("LIBCLANG_PATH", libraries);
        let mut machine = build(machine);
        sh(&machine, change);
        assert_eq!(keeps(&machine, "kdir"), stays, "{change}");
        if stays {
            machine
                .environment
                .insert("LIBCLANG_PATH", "/opt/llvm/lib".to_string());
            assert!(!keeps(&machine, "kdir"));
        }
    }
}

#[test]
fn times_of_an_image_say_nothing() {
    let machine = Machine::new();
    // The size, inode and times that one image has for each file, and the next one too.
    machine.write(
        "tools/stat",
        "#!/bin/sh\nshift 3; for file; do echo \"$file 30 7 1.000000000 1.000000000\"; done\n",
    );
    sh(&machine, "chmod +x tools/stat");
    let machine = build(machine);
    assert!(keeps(&machine, "kdir"));
    sh(&machine, "sed -i s/int/far/ kdir/include/fs.h");
    assert!(!keeps(&machine, "kdir"));
}

#[test]
fn a_header_that_changes_while_bindgen_reads_it_leaves_no_record() {
    let machine = built();
    run(&machine, "kdir", "begin");
    sh(&machine, "sleep 0.1; echo changed >>kdir/include/fs.h");
    run(&machine, "kdir", "record . ../driver/depfile");
    assert!(!keeps(&machine, "kdir"));
}

#[test]
fn a_record_that_was_made_without_sha256sum_is_none() {
    let machine = built();
    machine.write("driver/gen/inputs/sums", "");
    assert!(!keeps(&machine, "kdir"));
}

#[test]
fn a_kernel_and_a_driver_below_the_driver_are_left_alone() {
    let machine = built();
    let kept = [
        "driver/examples/bell/gen/checked",
        "driver/examples/bell/gen/bindings.rs",
        "driver/examples/bell/bell.ko",
        "driver/examples/bell/parts/bell.o",
        "driver/linux/include/config/auto.conf",
        "driver/linux/Module.symvers",
        "driver/linux/fs/namei.o",
    ];
    for file in kept {
        machine.write(file, "");
    }
    sh(&machine, "cp -a kdir other");
    assert!(!keeps(&machine, "other"));
    assert!(kept.iter().all(|file| machine.dir.join(file).exists()));
}

#[test]
fn without_a_record_nothing_stays() {
    let machine = built();
    fs::remove_dir_all(machine.dir.join("driver/gen/inputs")).unwrap();
    assert!(!keeps(&machine, "kdir"));
}

#[test]
fn a_source_with_an_older_date_is_built_again() {
    for change in [
        "echo other >new; touch -d 2001-01-01 new; mv new driver/src/lamp.rs",
        "echo other >driver/src/lamp.rs; touch -d 2001-01-01 driver/src/lamp.rs",
        // A file that the driver's own rules read.
        "echo other >new; touch -d 2001-01-01 new; mv new driver/version",
        "echo other >new; touch -d 2001-01-01 new; mv new shared/questions/lamp.rs",
    ] {
        let machine = built();
        machine.write("shared/questions/lamp.rs", "question");
        run(&machine, "kdir", "check . ../shared");
        sh(&machine, "sleep 0.1");
        sh(&machine, change);
        run(&machine, "kdir", "check . ../shared");
        for file in ["lamp.ko", "src/lamp.o", "src/.lamp.o.cmd", "gen/compat.cfg"] {
            assert!(!machine.dir.join("driver").join(file).exists(), "{change}");
        }
    }
}

#[test]
fn a_source_with_a_newer_date_is_left_to_make() {
    let machine = built();
    assert!(keeps(&machine, "kdir"));
    sh(&machine, "sleep 0.1; echo other >driver/src/lamp.rs");
    assert!(keeps(&machine, "kdir"));
}

#[test]
fn another_driver_says_nothing_of_the_dates() {
    let machine = built();
    assert!(keeps(&machine, "kdir"));
    sh(
        &machine,
        // Its objects are newer than the source that make builds again, and it has sources with older dates.
        "mkdir -p driver/bell/gen; touch driver/bell/gen/checked; sleep 0.1; echo other >driver/src/lamp.rs; sleep 0.1; \
         : >driver/bell/bell.o; : >driver/bell/bell.rs; touch -d 2001-01-01 driver/bell/bell.rs",
    );
    assert!(keeps(&machine, "kdir"));
}

#[test]
fn a_prober_with_an_older_date_is_built_again() {
    let machine = built();
    // The scripts of the machine itself cannot be changed, so they are copied.
    let copied = machine.dir.join("driver/probes/src");
    fs::create_dir_all(&copied).unwrap();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/inputs.sh");
    fs::copy(script, machine.dir.join("driver/probes/inputs.sh")).unwrap();
    machine.write("driver/probes/src/main.rs", "main");
    let check = "cd kdir; sh ../driver/probes/inputs.sh check ../driver . ../driver/probes; cd ..";
    sh(&machine, check);
    assert!(machine.dir.join("driver/gen/compat-probe").exists());
    sh(
        &machine,
        "sleep 0.1; touch -d 2001-01-01 driver/probes/src/main.rs",
    );
    sh(&machine, check);
    assert!(!machine.dir.join("driver/gen/compat-probe").exists());
    assert!(!machine.dir.join("driver/gen/.compat-probe.cmd").exists());
}

#[test]
fn a_new_header_beside_one_that_includes_another_by_quotes_is_seen() {
    let machine = Machine::new();
    machine.write(
        "kdir/include/linux/fs.h",
        "struct inode;\n  # include \"asm/page.h\" // its own directory comes first\n",
    );
    machine.write("kdir/include/asm/page.h", "struct page;\n");
    machine.write(
        "driver/depfile",
        "bindings.rs: include/linux/fs.h include/asm/page.h\n",
    );
    machine.write("driver/gen/bindings.rs", "pub struct inode;\n");
    run(&machine, "kdir", "begin");
    run(&machine, "kdir", "record . ../driver/depfile -I./include");
    run(&machine, "kdir", "check .");
    assert!(machine.dir.join("driver/gen/bindings.rs").exists());
    machine.write("kdir/include/linux/page.h", "");
    run(&machine, "kdir", "check .");
    assert!(machine.dir.join("driver/gen/bindings.rs").exists());
    machine.write("kdir/include/linux/asm/page.h", "struct page;\n");
    run(&machine, "kdir", "check .");
    assert!(!machine.dir.join("driver/gen/bindings.rs").exists());
}
