// SPDX-License-Identifier: GPL-2.0

//! The stamp of a build: whatever a build depends on, a change of it is seen.

mod machine;

use machine::Machine;
use std::process::Command;

const COMMAND: &str = "savedcmd_driver.o := rustc\n\nsource_driver.o := driver.rs\n\ndeps_driver.o := \\\n  \
    $(wildcard include/config/SMP) \\\n  part.rs \\\n  ./include/linux/fs.h \\\n\ndriver.o: $(deps_driver.o)\n";

/// A driver that was built for the kernel in `kdir`, which is a link.
fn built() -> Machine {
    let mut machine = Machine::new();
    for (file, text) in [
        ("driver/driver.rs", "mod part;"),
        ("driver/part.rs", "one"),
        ("driver/questions/mkdir.rs", "question"),
        ("driver/target/debug/tool", "program"),
        ("driver/examples/bell/gen/checked", ""),
        ("shared/rules.txt", "of a rule"),
        ("types", "of the kernel"),
        ("flags", "-g"),
        ("kdir/Makefile", "all:"),
        ("kdir/include/linux/fs.h", "struct inode;"),
        ("kdir/include/generated/autoconf.h", "#define"),
        ("kdir/arch/x86/Makefile", "flags"),
        // Headers have the kernel's own commands, and not all that those have read.
        (
            "kdir/include/config/auto.conf.cmd",
            "deps_config := \\\n  Kconfig \\\n",
        ),
        ("kdir/vmlinux", "types"),
        ("tools/first/other", ""),
        ("tools/second/lampc", "echo version $VERSION\n"),
        ("tools/second/wrapper", "cat ../tools/version\n"),
        ("tools/version", "one"),
    ] {
        machine.write(file, text);
    }
    sh(
        &machine,
        "chmod +x tools/second/*; cp -a kdir other; mv kdir real; ln -s real kdir; sleep 0.05; mkdir -p driver/gen/inputs; \
         cd driver/gen; : >checked; echo ../kdir/include/linux/fs.h >inputs/files; : >inputs/crates; \
         echo include/asm/fs.h >inputs/absent; echo include/asm >inputs/places; echo --cfg=a >compat.cfg; echo o >../driver.o; \
         echo ko >../lamp.ko",
    );
    machine.write("driver/.driver.o.cmd", COMMAND);
    let named = |name: &str| machine.dir.join(name).display().to_string();
    machine.write("driver/gen/files", &named("types"));
    machine.write(
        "driver/gen/rustc.args",
        &format!("-O\n@{}\n", named("flags")),
    );
    let path = std::env::var("PATH").unwrap();
    let at = machine.dir.join("tools").display().to_string();
    machine
        .environment
        .insert("PATH", format!("{at}/first:{at}/second:{path}"));
    machine
}

fn sh(machine: &Machine, script: &str) {
    let ran = Command::new("sh")
        .args(["-ec", script])
        .current_dir(&machine.dir)
        .status();
    assert!(ran.unwrap().success(), "{script}");
}

/// Runs a subcommand in the directory of the driver, and says whether it succeeds.
fn succeeds(machine: &Machine, arguments: &[&str]) -> bool {
    let mut command = Command::new(env!("CARGO_BIN_EXE_compat-probe"));
    for variable in ["MAKEFLAGS", "MAKELEVEL", "MFLAGS"] {
        command.env_remove(variable);
    }
    command
        .args(arguments)
        .current_dir(machine.dir.join("driver"))
        .envs(&machine.environment)
        .output()
        .unwrap()
        .status
        .success()
}

const USUAL: [&str; 6] = ["--out", "gen", "--target", "module", "--kernel", "../kdir"];

fn stamp(machine: &Machine) {
    let more = [
        "--tree",
        "../shared",
        "--tool",
        "lampc",
        "--tool",
        "wrapper",
    ];
    let arguments = [&["stamp"][..], &USUAL, &more, &["--", "KDIR=../kdir"]].concat();
    assert!(succeeds(machine, &arguments));
}

fn is_unchanged(machine: &Machine) -> bool {
    is_unchanged_for(machine, "KDIR=../kdir")
}

fn is_unchanged_for(machine: &Machine, word: &str) -> bool {
    succeeds(
        machine,
        &[&["unchanged"][..], &USUAL, &["--", word]].concat(),
    )
}

#[test]
fn nothing_has_changed() {
    let mut machine = built();
    assert!(!is_unchanged(&machine), "there is no stamp yet");
    stamp(&machine);
    assert!(is_unchanged(&machine));
    // What no build depends on.
    sh(
        &machine,
        "echo x >>driver/target/debug/tool; : >driver/gen/checked; : >tools/first/another; \
         : >driver/examples/bell/bell.o; : >driver/examples/bell/gen/stamp.module",
    );
    machine.environment.insert("TERM", "other".to_string());
    assert!(is_unchanged(&machine));
    let flags = " -j7 --jobserver-auth=fifo:/tmp/x -- V=1";
    machine.environment.insert("MAKEFLAGS", flags.to_string());
    stamp(&machine);
    let flags = " -- V=1";
    machine.environment.insert("MAKEFLAGS", flags.to_string());
    assert!(is_unchanged(&machine));
    let flags = " -- V=2";
    machine.environment.insert("MAKEFLAGS", flags.to_string());
    assert!(!is_unchanged(&machine));
}

#[test]
fn every_change_of_a_file_is_seen() {
    for change in [
        // Sources: another date, the same size and date, another file of an older date, none, a new one.
        "echo x >>driver/driver.rs",
        "cp -p driver/part.rs old; echo two >driver/part.rs; truncate -s 3 driver/part.rs; touch -r old driver/part.rs",
        "echo two >new; touch -d 2001-01-01 new; mv new driver/part.rs",
        "rm driver/questions/mkdir.rs",
        ": >driver/questions/vfs_mkdir.rs",
        ": >driver/GNUmakefile",
        // What the driver's own rules read elsewhere.
        "echo x >>shared/rules.txt",
        ": >shared/more.txt",
        // What the command line names.
        "echo x >>types",
        "echo x >>flags",
        // The kernel.
        "cp -p real/include/linux/fs.h old; echo 'struct dentry' >real/include/linux/fs.h; touch -r old real/include/linux/fs.h",
        "mkdir -p real/include/asm; : >real/include/asm/fs.h",
        "echo x >>real/Makefile",
        "echo x >>real/arch/x86/Makefile",
        "echo x >>real/Module.symvers",
        "echo x >>real/vmlinux",
        "echo x >>real/include/config/auto.conf",
        "echo x >>real/include/generated/autoconf.h",
        "echo x >>real/scripts/target.json",
        ": >real/scripts/mod/new",
        "cp -p real/rust/libkernel.rmeta new; mv new real/rust/libkernel.rmeta",
        "ln -sfn other kdir",
        // Tools: another program of the same version, one that is found earlier, one that another one runs.
        "cp -p tools/second/lampc new; mv new tools/second/lampc",
        "cp tools/second/lampc tools/first/lampc",
        "echo two >tools/version",
        "chmod -x tools/second/lampc",
        // What was made.
        "echo --cfg=b >driver/gen/compat.cfg",
        "rm driver/gen/compat.cfg",
        "rm driver/lamp.ko",
        "echo x >>driver/lamp.ko",
        "cp driver/driver.o new; mv new driver/driver.o",
        // The stamp itself.
        "rm driver/gen/stamp.module",
        "sed -i '$d' driver/gen/stamp.module",
        "sed -i /questions/d driver/gen/stamp.module",
        ": >driver/gen/stamp.module",
    ] {
        let machine = built();
        stamp(&machine);
        assert!(is_unchanged(&machine), "{change}");
        sh(&machine, change);
        assert!(!is_unchanged(&machine), "{change}");
    }
}

#[test]
fn every_change_of_the_circumstances_is_seen() {
    for (name, value) in [
        ("KCFLAGS", "-O3"),
        ("RUSTFLAGS", ""),
        ("LIBCLANG_PATH", "/opt"),
        ("VERSION", "two"),
        ("PATH", "/usr/bin:/bin"),
    ] {
        let mut machine = built();
        stamp(&machine);
        machine.environment.insert(name, value.to_string());
        assert!(!is_unchanged(&machine), "{name}");
    }
    let machine = built();
    stamp(&machine);
    assert!(!is_unchanged_for(&machine, "KDIR=../kdir COMPAT=a=b"));
    // What was made for one target says nothing about another one.
    let probe = [
        "unchanged",
        "--out",
        "gen",
        "--target",
        "probe",
        "--kernel",
        "../kdir",
        "--",
        "KDIR=../kdir",
    ];
    assert!(!succeeds(&machine, &probe));
}

#[test]
fn in_doubt_there_is_no_stamp() {
    for change in [
        // A source, a header and a tool that change while the build runs.
        "echo x >>driver/part.rs",
        "echo x >>real/include/linux/fs.h",
        "echo x >>tools/second/lampc",
        "echo x >>shared/rules.txt",
        "rm driver/questions/mkdir.rs",
        // What an object was compiled from, and is not there any more.
        "rm driver/part.rs",
        "rm real/include/linux/fs.h",
        // Nobody knows when the build began, or what bindgen has read.
        "rm driver/gen/checked",
        "rm driver/gen/inputs/files",
    ] {
        let machine = built();
        sh(&machine, &format!("sleep 0.05; {change}"));
        _ = succeeds(
            &machine,
            &[
                &["stamp"][..],
                &USUAL,
                &[
                    "--tree",
                    "../shared",
                    "--tool",
                    "lampc",
                    "--",
                    "KDIR=../kdir",
                ],
            ]
            .concat(),
        );
        assert!(!is_unchanged(&machine), "{change}");
    }
}
