// SPDX-License-Identifier: GPL-2.0

//! `ready.sh` and `tools.sh`: the messages of `make` where a driver cannot be built.

mod machine;

use machine::{Machine, COMPILER, CONFIGURATION};
use std::fs;
use std::os::unix::fs::{symlink, PermissionsExt as _};
use std::path::PathBuf;
use std::process::Command;

/// The release of the running kernel, which packages have in their names.
fn release() -> String {
    let printed = Command::new("uname").arg("-r").output().unwrap().stdout;
    String::from_utf8(printed).unwrap().trim().to_string()
}

#[test]
fn with_everything_there_is_no_output() {
    assert_eq!(Machine::new().run("kdir"), (Some(0), String::new()));
}

#[test]
fn an_arm64_kernel_needs_no_target_file() {
    let machine = Machine::new();
    machine.configure(&CONFIGURATION.replace("X86_64", "ARM64"));
    machine.remove("kdir/scripts/target.json");
    assert_eq!(machine.run("kdir"), (Some(0), String::new()));
}

#[test]
fn the_compilers_version_may_stand_without_quotes() {
    let machine = Machine::new();
    machine.configure(&CONFIGURATION.replace('"', ""));
    assert_eq!(machine.run("kdir"), (Some(0), String::new()));
}

#[test]
fn the_kernels_directory_is_not_named() {
    Machine::new().expect_refusal_of(
        "",
        "KDIR is empty: name the directory that the kernel was built in, or that its headers package \
         installed, with KDIR=DIR.",
    );
}

#[test]
fn the_path_of_the_kernel_has_a_blank_or_a_colon() {
    let machine = Machine::new();
    for name in ["with blank", "with:colon", "with\ttab"] {
        symlink("kdir", machine.dir.join(name)).unwrap();
        machine.expect_refusal_of(name, &refused_path(name));
    }
    fs::create_dir(machine.dir.join("a blank")).unwrap();
    symlink("a blank", machine.dir.join("link")).unwrap();
    machine.expect_refusal_of("link", &refused_path("link"));
}

fn refused_path(kdir: &str) -> String {
    format!(
        "KDIR, '{kdir}', has a blank or a colon in its path (or in that of the target of a symbolic link), which the \
         kernel's makefiles do not support: move the kernel's directory, or rename it."
    )
}

#[test]
fn the_path_of_the_project_has_a_blank() {
    let machine = Machine::new();
    let project = machine.dir.join("my project");
    fs::create_dir(&project).unwrap();
    let message = format!(
        "lamp: the directory of this project, '{}', has a blank or a colon in its path, which the kernel's \
         makefiles do not support: move it, or rename it.\n",
        project.display()
    );
    let kdir = machine.dir.join("kdir");
    assert_eq!(
        machine.run_in(&project, kdir.to_str().unwrap()),
        (Some(1), message)
    );
}

#[test]
fn the_kernels_directory_does_not_exist() {
    Machine::new().expect_refusal_of(
        "nowhere",
        "there is no kernel build directory nowhere: name the directory that the kernel was built in, or that its \
         headers package installed, with KDIR=DIR.",
    );
    Machine::new().expect_refusal_of(
        "/lib/modules/9.9.9-none/build",
        "there is no kernel build directory /lib/modules/9.9.9-none/build: install the headers of the kernel (on \
         Debian linux-headers-9.9.9-none), or name another directory with KDIR=DIR.",
    );
}

#[test]
fn a_directory_above_the_kernel_may_not_be_searched() {
    let machine = Machine::new();
    machine.write("closed/kdir/file", "");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/ready.sh");
    fs::copy(script, machine.dir.join("ready.sh")).unwrap();
    let closed = machine.dir.join("closed");
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o600)).unwrap();
    // Root may search every directory.
    let is_root = Command::new("id").arg("-u").output().unwrap().stdout == b"0\n";
    let drop = "setpriv --reuid=65534 --regid=65534 --clear-groups sh ready.sh lamp closed/kdir";
    let plain = "sh ready.sh lamp closed/kdir";
    let output = Command::new("sh")
        .args(["-c", if is_root { drop } else { plain }])
        .current_dir(&machine.dir)
        .output()
        .unwrap();
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o700)).unwrap();
    let printed = String::from_utf8(output.stderr).unwrap();
    assert!(
        printed.contains(
            " may not search closed, so that the kernel build directory closed/kdir cannot be used: run make as \
             somebody who may, or let others search it (chmod a+x closed), or name another directory with KDIR=DIR."
        ),
        "{printed}"
    );
}

#[test]
fn the_directory_has_no_kernel() {
    let message = "kdir is not a kernel build directory, or was never configured (it has no \
                    include/config/auto.conf): name the directory that the kernel was built in, or that its \
                    headers package installed, with KDIR=DIR.";
    let machine = Machine::new();
    machine.remove("kdir/include/config/auto.conf");
    machine.expect_refusal(message);
    machine.expect_refusal_of("kdir/rust", &message.replace("kdir is", "kdir/rust is"));
}

#[test]
fn the_kernel_cannot_load_modules() {
    let machine = Machine::new();
    machine.configure(&CONFIGURATION.replace("CONFIG_MODULES=y", ""));
    machine.expect_refusal(
        "the kernel in kdir cannot load modules (CONFIG_MODULES is not set): use one that can, or build one \
         with CONFIG_MODULES=y.",
    );
}

#[test]
fn the_kernel_was_built_without_rust() {
    let machine = Machine::new();
    for without in ["", "# CONFIG_RUST is not set", "CONFIG_RUST=n"] {
        machine.configure(&CONFIGURATION.replace("CONFIG_RUST=y", without));
        machine.expect_refusal(
            "the kernel in kdir was built without Rust (CONFIG_RUST is not set): use one that has it, such as \
             Debian's from 6.18 on (the package linux-image-amd64 of trixie-backports), or build one with \
             CONFIG_RUST=y.",
        );
    }
}

#[test]
fn the_kernel_is_for_another_architecture() {
    let machine = Machine::new();
    machine.configure(&CONFIGURATION.replace("X86_64", "RISCV"));
    machine.expect_refusal(
        "the kernel in kdir is for neither x86-64 nor arm64, and bindgen's flags are known for no other \
         architecture: use a kernel for one of these.",
    );
}

#[test]
fn the_kernel_randomises_its_structures() {
    let machine = Machine::new();
    machine.configure(&format!("{CONFIGURATION}CONFIG_RANDSTRUCT=y\n"));
    machine.expect_refusal(
        "the kernel in kdir randomises the layout of its structures (CONFIG_RANDSTRUCT), and only its own C \
         compiler knows the layout: use one that does not, or build one with CONFIG_RANDSTRUCT_NONE=y.",
    );
}

#[test]
fn a_setting_of_the_configuration_is_among_the_flags() {
    for (variable, flags, setting) in [
        (
            "KCFLAGS",
            "-g -DCONFIG_DEBUG_RWSEMS=1",
            "-DCONFIG_DEBUG_RWSEMS=1",
        ),
        ("KCPPFLAGS", "-UCONFIG_SMP", "-UCONFIG_SMP"),
        ("KCPPFLAGS", "-D CONFIG_X", "CONFIG_X"),
        ("KRUSTFLAGS", "--cfg=CONFIG_X=\"y\"", "--cfg=CONFIG_X=\"y\""),
    ] {
        let mut machine = Machine::new();
        machine.environment.insert(variable, flags.to_string());
        machine.expect_refusal(&format!(
            "the flags for the compilers (KCPPFLAGS, KCFLAGS and KRUSTFLAGS) have the setting {setting}, but only \
             the files in kdir say how the kernel was configured: remove it, or build a kernel with that setting."
        ));
    }
    let mut machine = Machine::new();
    let flags = "-g -Wno-error * -DMY_CONFIG_X";
    machine.environment.insert("KCFLAGS", flags.to_string());
    assert_eq!(machine.run("kdir"), (Some(0), String::new()));
}

#[test]
fn a_flag_gives_structures_another_form() {
    for flag in ["-fshort-enums", "-fpack-struct", "-fpack-struct=4", "-m32"] {
        let mut machine = Machine::new();
        machine
            .environment
            .insert("KCFLAGS", format!("-g {flag} -O2"));
        machine.expect_refusal(&format!(
            "the flags for the compilers (KCPPFLAGS, KCFLAGS and KRUSTFLAGS) have {flag}, with which the kernel's \
             structures, numbers or calls would not be those of the kernel: remove it."
        ));
    }
}

#[test]
fn the_kernel_is_not_completely_built() {
    let machine = Machine::new();
    machine.remove("kdir/Module.symvers");
    machine.remove("kdir/scripts/mod/modpost");
    machine.expect_refusal(
        "the kernel in kdir was configured, but is not completely built (missing: Module.symvers, \
         scripts/mod/modpost): run make there, or name another directory with KDIR=DIR.",
    );
}

#[test]
fn the_rust_metadata_is_missing() {
    let files = [
        "rust/libcore.rmeta",
        "rust/libkernel.rmeta",
        "rust/libmacros.so",
        "scripts/target.json",
    ];
    let expect_refusal = |machine: &Machine, missing: &str, release: &str| {
        machine.expect_refusal(&format!(
            "the kernel has Rust, but kdir lacks the metadata that Rust modules are compiled against (missing: \
             {missing}): install it (on Ubuntu linux-lib-rust-{release}, on Fedora kernel-devel, on Arch \
             linux-headers). Debian does not package it: on Debian 13 run as root 'sh metadata {release}', \
             which makes it from the kernel's source package, and then 'make KDIR=$(sh metadata --path {release})'."
        ));
    };
    let new = || {
        let mut machine = Machine::new();
        machine
            .environment
            .insert("KERNEL_RUST_METADATA", "sh metadata".into());
        machine
    };
    let machine = new();
    for file in files {
        let machine = new();
        machine.remove(&format!("kdir/{file}"));
        expect_refusal(&machine, file, &release());
    }
    for file in files {
        machine.remove(&format!("kdir/{file}"));
    }
    // The kernel need not be the running one.
    machine.write(
        "kdir/include/config/kernel.release",
        "7.3.4+deb13-rt-amd64\n",
    );
    expect_refusal(&machine, &files.join(", "), "7.3.4+deb13-rt-amd64");
}

#[test]
fn the_compiler_is_missing() {
    let mut machine = Machine::new();
    machine
        .environment
        .insert("RUSTC", "no-such-rustc".to_string());
    machine.expect_refusal(&format!(
        "there is no Rust compiler 'no-such-rustc' (it was not found): install the one that the kernel was built \
         with, {COMPILER}, or name it with RUSTC=PROGRAM."
    ));
}

#[test]
fn the_compiler_fails_to_print_its_version() {
    let mut machine = Machine::new();
    machine.rustc("echo no toolchain >&2; exit 3");
    machine.expect_refusal(&format!(
        "there is no Rust compiler 'sh rustc' (its --version failed with status 3): install the one that the \
         kernel was built with, {COMPILER}, or name it with RUSTC=PROGRAM."
    ));
}

#[test]
fn the_compiler_hangs() {
    let mut machine = Machine::new();
    machine.environment.insert("READY_LIMIT", "1".to_string());
    machine.rustc("sleep 30");
    machine.expect_refusal(&format!(
        "there is no Rust compiler 'sh rustc' (its --version did not end within 1 s): install the one that the \
         kernel was built with, {COMPILER}, or name it with RUSTC=PROGRAM."
    ));
}

#[test]
fn bytes_that_a_terminal_would_obey_are_not_passed_on() {
    let mut machine = Machine::new();
    for printed in ["\\033[2Jx", "\\302\\2332Jx\\a", "\\177x"] {
        machine.rustc(&format!("printf 'rustc 1 {printed}\\n'"));
        let (status, printed) = machine.run("kdir");
        assert_eq!(status, Some(1));
        assert!(
            !printed.contains(|c: char| c.is_control() && c != '\n'),
            "{printed:?}"
        );
        assert!(printed.contains('?'), "{printed:?}");
    }
}

#[test]
fn the_compiler_is_not_the_kernels() {
    let mut machine = Machine::new();
    for other in [
        "rustc 1.95.0 (59807616e 2026-04-14)",
        "rustc 1.85.1",
        "none",
    ] {
        machine.rustc(&format!("[ {other:?} = none ] || echo '{other}'"));
        machine.expect_refusal(&format!(
            "the kernel was built with {COMPILER}, but 'sh rustc' is {other}, and only the same compiler can \
             read the kernel's Rust metadata: install that one, or name it with RUSTC=PROGRAM."
        ));
    }
}

#[test]
fn bindgen_is_missing() {
    let mut machine = Machine::new();
    machine
        .environment
        .insert("BINDGEN", "no-such-bindgen".to_string());
    machine.expect_refusal(
        "there is no bindgen 'no-such-bindgen' (it was not found), which reads the kernel's headers: install it \
         (on Debian the package bindgen), or name it with BINDGEN=PROGRAM.",
    );
}

#[test]
fn bindgen_is_another_program() {
    let mut machine = Machine::new();
    machine.script("BINDGEN", "other", "echo 'cbindgen 1.0'");
    machine.expect_refusal(
        "'sh other' is not bindgen (its --version printed: cbindgen 1.0): install bindgen (on Debian the package \
         bindgen), or name it with BINDGEN=PROGRAM.",
    );
}

#[test]
fn bindgen_is_too_old() {
    let mut machine = Machine::new();
    for (version, old) in [
        ("0.65.1", true),
        ("0.70.9", true),
        ("0.9.10", true),
        ("0.71.0", false),
        ("0.100.0", false),
        ("1.0.0", false),
    ] {
        machine.bindgen(version, "echo 'libclang is 19.1.7'");
        if old {
            machine.expect_refusal(&format!(
                "'sh bindgen' is version {version}, which is too old: install 0.71 or newer, or name one with \
                 BINDGEN=PROGRAM."
            ));
        } else {
            assert_eq!(machine.run("kdir"), (Some(0), String::new()), "{version}");
        }
    }
}

#[test]
fn bindgen_finds_no_libclang() {
    let mut machine = Machine::new();
    machine.bindgen(
        "0.71.1",
        "printf '\\nthread main panicked\\nUnable to find libclang: none\\n' >&2; exit 101",
    );
    machine.expect_refusal(
        "bindgen finds no libclang (it printed: Unable to find libclang: none): install it (on \
         Debian the package libclang-dev), or name its directory with LIBCLANG_PATH=DIR.",
    );
}

#[test]
fn bindgen_fails_with_another_error() {
    let mut machine = Machine::new();
    machine.bindgen("0.71.1", "printf '\\nno such symbol\\nmore\\n' >&2; exit 1");
    machine.expect_refusal(
        "bindgen finds no libclang (it printed: no such symbol): install it (on Debian the \
         package libclang-dev), or name its directory with LIBCLANG_PATH=DIR.",
    );
}

#[test]
fn libclang_is_too_old() {
    let mut machine = Machine::new();
    machine.bindgen("0.71.1", "echo 'libclang is 9.0.1-16'");
    machine.expect_refusal(
        "bindgen uses libclang 9.0.1, which is too old: install 13 or newer, or name the directory of one with \
         LIBCLANG_PATH=DIR.",
    );
}

#[test]
fn temporary_files_cannot_be_written() {
    let mut machine = Machine::new();
    for place in ["/nowhere", "/dev/null"] {
        machine.environment.insert("TMPDIR", place.to_string());
        machine.expect_refusal(&format!(
            "the compilers cannot write their temporary files into {place}: make it a directory that can be \
             written to, or name another with TMPDIR=DIR."
        ));
    }
}

#[test]
fn a_tool_of_the_kernels_makefiles_is_missing() {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tools.sh");
    let run = |arguments: &[&str]| {
        let output = Command::new("sh")
            .args([script, "lamp"])
            .args(arguments)
            .output();
        let output = output.unwrap();
        let printed = String::from_utf8(output.stderr).unwrap();
        (output.status.code(), printed)
    };
    let there = [
        "CC",
        "sh -c true",
        "LD",
        "sh -c true",
        "PAHOLE",
        "sh -c true",
    ];
    assert_eq!(run(&there), (Some(0), String::new()));
    for (kind, program, message) in [
        (
            "CC",
            "no/such-linux-gnu-gcc-14",
            "there is no C compiler 'no/such-linux-gnu-gcc-14' (it was not found), which the modules of this kernel \
             are compiled with: install it (on Debian the package gcc-14), or name it with CC=PROGRAM.",
        ),
        (
            "LD",
            "sh -c false",
            "there is no linker 'sh -c false' (its --version failed with status 1): install it (on Debian the package \
             binutils), or name it with LD=PROGRAM.",
        ),
        (
            "PAHOLE",
            "no-such-pahole",
            "there is no pahole 'no-such-pahole' (it was not found), which writes the type information of a module \
             (BTF), as this kernel's configuration requires: install it (on Debian the package pahole), or name it with \
             PAHOLE=PROGRAM.",
        ),
    ] {
        let mut arguments = there;
        let place = arguments.iter().position(|argument| *argument == kind);
        arguments[place.unwrap() + 1] = program;
        assert_eq!(run(&arguments), (Some(1), format!("lamp: {message}\n")));
    }
}

#[test]
fn clang_is_not_the_compiler_of_a_kernel_that_gcc_has_built() {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tools.sh");
    for (kind, version, refused) in [
        ("GCC", "Debian clang version 19.1.7", true),
        ("GCC", "gcc (Debian 14.2.0) 14.2.0", false),
        ("CC", "Debian clang version 19.1.7", false),
    ] {
        let program = format!("echo {version}");
        let output = Command::new("sh")
            .args([script, "lamp", kind, &program])
            .output()
            .unwrap();
        let printed = String::from_utf8(output.stderr).unwrap();
        let message = format!(
            "lamp: the C compiler '{program}' is clang, but the kernel was built with gcc, and its headers and flags \
             are for that: name it with CC=PROGRAM, without LLVM.\n"
        );
        let expected = match refused {
            true => (Some(1), message),
            false => (Some(0), String::new()),
        };
        assert_eq!((output.status.code(), printed), expected, "{kind}");
    }
}

#[test]
fn nothing_here_names_the_project_that_it_is_part_of() {
    let project = ["base", "0fs"].concat();
    let mut directories = vec![PathBuf::from(env!("CARGO_MANIFEST_DIR"))];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                directories.push(path);
                continue;
            }
            let text = String::from_utf8_lossy(&fs::read(&path).unwrap()).to_lowercase();
            assert!(
                !text.contains(&project),
                "{} names {project}",
                path.display()
            );
        }
    }
}
