// SPDX-License-Identifier: GPL-2.0

//! What `make` says, before it begins, on a machine where base0fs cannot be built.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

static MACHINES: AtomicUsize = AtomicUsize::new(0);

const COMPILER: &str = "rustc 1.85.1 (4eb161250 2025-03-15)";

const CONFIGURATION: &str = "CONFIG_X86_64=y\nCONFIG_MODULES=y\nCONFIG_RUST=y\n\
    CONFIG_RUSTC_VERSION_TEXT=\"rustc 1.85.1 (4eb161250 2025-03-15)\"\n";

/// The directory of a kernel and the tools beside it; it goes away with the value.
struct Machine {
    dir: PathBuf,
    environment: BTreeMap<&'static str, String>,
}

impl Drop for Machine {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.dir).unwrap();
    }
}

impl Machine {
    /// A machine where nothing is missing.
    fn new() -> Self {
        let number = MACHINES.fetch_add(1, Ordering::Relaxed);
        let dir = std::env::temp_dir().join(format!("refusals-{}-{number}", std::process::id()));
        fs::create_dir(&dir).unwrap();
        let mut machine = Self {
            dir: fs::canonicalize(dir).unwrap(),
            environment: BTreeMap::new(),
        };
        machine.configured(CONFIGURATION);
        for file in [
            "Module.symvers",
            "scripts/mod/modpost",
            "scripts/target.json",
            "rust/libcore.rmeta",
            "rust/libkernel.rmeta",
            "rust/libmacros.so",
        ] {
            machine.write(&format!("kdir/{file}"), "");
        }
        machine.rustc(&format!("echo '{COMPILER}'"));
        machine.bindgen(
            "0.71.1",
            "echo 'x.h:1:9: warning: libclang is 19.1.7 (3+b1)' >&2",
        );
        machine
            .environment
            .insert("TMPDIR", machine.dir.to_str().unwrap().to_string());
        machine
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.dir.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn remove(&self, name: &str) {
        fs::remove_file(self.dir.join(name)).unwrap();
    }

    /// Gives the kernel this configuration.
    fn configured(&self, text: &str) {
        self.write("kdir/include/config/auto.conf", text);
    }

    /// A shell script, as a command: `sh` reads it, since a file that was just written cannot be
    /// started while another test forks.
    fn script(&mut self, variable: &'static str, name: &str, text: &str) {
        self.write(name, text);
        self.environment.insert(variable, format!("sh {name}"));
    }

    fn rustc(&mut self, text: &str) {
        self.script("RUSTC", "rustc", text);
    }

    /// A bindgen of this version that does this with a header.
    fn bindgen(&mut self, version: &str, with_header: &str) {
        self.script(
            "BINDGEN",
            "bindgen",
            &format!(
                "case $1 in\n--version) echo 'bindgen {version}' ;;\n*/libclang.h) {with_header} ;;\n\
                 *) echo \"what is $1?\" >&2 ;;\nesac"
            ),
        );
    }

    /// How `ready.sh KDIR` ends and what it says, on both streams together.
    fn ask(&self, kdir: &str) -> (Option<i32>, String) {
        self.ask_in(&self.dir, kdir)
    }

    /// The same for a project in `project`.
    fn ask_in(&self, project: &Path, kdir: &str) -> (Option<i32>, String) {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/ready.sh");
        let output = Command::new("sh")
            .args(["-c", "exec sh \"$@\" 2>&1", "sh", script, kdir])
            .current_dir(project)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .envs(&self.environment)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        (output.status.code(), said)
    }

    /// Expects this sentence and nothing else.
    fn refuses(&self, sentence: &str) {
        self.refuses_in("kdir", sentence);
    }

    fn refuses_in(&self, kdir: &str, sentence: &str) {
        assert_eq!(
            self.ask(kdir),
            (Some(1), format!("base0fs: {sentence}\n")),
            "{kdir}"
        );
    }
}

/// The release of the running kernel, as packages have it in their names.
fn release() -> String {
    let said = Command::new("uname").arg("-r").output().unwrap().stdout;
    String::from_utf8(said).unwrap().trim().to_string()
}

#[test]
fn nothing_is_said_when_nothing_is_missing() {
    assert_eq!(Machine::new().ask("kdir"), (Some(0), String::new()));
}

#[test]
fn an_arm64_kernel_needs_no_target_file() {
    let machine = Machine::new();
    machine.configured(&CONFIGURATION.replace("X86_64", "ARM64"));
    machine.remove("kdir/scripts/target.json");
    assert_eq!(machine.ask("kdir"), (Some(0), String::new()));
}

#[test]
fn a_version_in_a_configuration_without_quotes_is_understood() {
    let machine = Machine::new();
    machine.configured(&CONFIGURATION.replace('"', ""));
    assert_eq!(machine.ask("kdir"), (Some(0), String::new()));
}

#[test]
fn no_directory_is_named() {
    Machine::new().refuses_in(
        "",
        "KDIR is empty: name the directory that the kernel was built in, or that its headers package \
         installed, with KDIR=DIR.",
    );
}

#[test]
fn a_kernel_lies_where_its_makefiles_cannot_work() {
    let machine = Machine::new();
    for name in ["with blank", "with:colon", "with\ttab"] {
        symlink("kdir", machine.dir.join(name)).unwrap();
        machine.refuses_in(name, &lies(name));
    }
    fs::create_dir(machine.dir.join("a blank")).unwrap();
    symlink("a blank", machine.dir.join("link")).unwrap();
    machine.refuses_in("link", &lies("link"));
}

fn lies(kdir: &str) -> String {
    format!(
        "KDIR, '{kdir}', has a blank or a colon in its path (a symbolic link in it included), which the kernel's \
         makefiles cannot take: move the kernel's directory, or rename it."
    )
}

#[test]
fn the_project_lies_where_the_makefiles_cannot_work() {
    let machine = Machine::new();
    let project = machine.dir.join("my project");
    fs::create_dir(&project).unwrap();
    let sentence = format!(
        "base0fs: the directory of this project, '{}', has a blank or a colon in its path, which the kernel's \
         makefiles cannot take: move it, or rename it.\n",
        project.display()
    );
    let kdir = machine.dir.join("kdir");
    assert_eq!(
        machine.ask_in(&project, kdir.to_str().unwrap()),
        (Some(1), sentence.clone())
    );
    // `make` itself gets that far.
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    fs::create_dir(project.join("probes")).unwrap();
    for file in ["Makefile", "probes/ready.sh", "probes/libclang.h"] {
        fs::copy(sources.join(file), project.join(file)).unwrap();
    }
    let made = Command::new("make")
        .arg(format!("KDIR={}", kdir.display()))
        .current_dir(&project)
        .output()
        .unwrap();
    assert_eq!(made.status.code(), Some(2));
    let said = String::from_utf8(made.stderr).unwrap();
    assert!(said.starts_with(&sentence), "{said}");
}

#[test]
fn there_is_no_such_directory() {
    Machine::new().refuses_in(
        "nowhere",
        &format!(
            "there is no kernel build directory nowhere: install the headers of the kernel (on Debian \
             linux-headers-{}), or name another directory with KDIR=DIR.",
            release()
        ),
    );
}

#[test]
fn a_directory_is_no_kernel() {
    let sentence = "kdir is no kernel build directory, or was never configured (it has no \
                    include/config/auto.conf): name the directory that the kernel was built in, or that its \
                    headers package installed, with KDIR=DIR.";
    let machine = Machine::new();
    machine.remove("kdir/include/config/auto.conf");
    machine.refuses(sentence);
    machine.refuses_in("kdir/rust", &sentence.replace("kdir is", "kdir/rust is"));
}

#[test]
fn a_kernel_cannot_load_modules() {
    let machine = Machine::new();
    machine.configured(&CONFIGURATION.replace("CONFIG_MODULES=y", ""));
    machine.refuses(
        "the kernel in kdir cannot load modules (CONFIG_MODULES is not set): use one that can, or build one \
         with CONFIG_MODULES=y.",
    );
}

#[test]
fn a_kernel_was_built_without_rust() {
    let machine = Machine::new();
    for without in ["", "# CONFIG_RUST is not set", "CONFIG_RUST=n"] {
        machine.configured(&CONFIGURATION.replace("CONFIG_RUST=y", without));
        machine.refuses(
            "the kernel in kdir was built without Rust (CONFIG_RUST is not set): use one that has it, such as \
             Debian's from 6.18 on (the package linux-image-amd64 of trixie-backports), or build one with \
             CONFIG_RUST=y.",
        );
    }
}

#[test]
fn a_kernel_is_for_another_machine() {
    let machine = Machine::new();
    machine.configured(&CONFIGURATION.replace("X86_64", "RISCV"));
    machine.refuses(
        "the kernel in kdir is for neither x86-64 nor arm64, and base0fs is built for these alone: use a kernel \
         for one of them.",
    );
}

#[test]
fn a_kernel_shuffles_its_structures() {
    let machine = Machine::new();
    machine.configured(&format!("{CONFIGURATION}CONFIG_RANDSTRUCT=y\n"));
    machine.refuses(
        "the kernel in kdir shuffles its structures (CONFIG_RANDSTRUCT), and nobody but its own compiler knows \
         how: use one that does not, or build one with CONFIG_RANDSTRUCT_NONE=y.",
    );
}

#[test]
fn a_kernel_was_not_built_to_the_end() {
    let machine = Machine::new();
    machine.remove("kdir/Module.symvers");
    machine.remove("kdir/scripts/mod/modpost");
    machine.refuses(
        "the kernel in kdir was configured, but not built to the end (missing: Module.symvers, \
         scripts/mod/modpost): run make there, or name another directory with KDIR=DIR.",
    );
}

#[test]
fn what_rust_modules_are_compiled_against_is_missing() {
    let files = [
        "rust/libcore.rmeta",
        "rust/libkernel.rmeta",
        "rust/libmacros.so",
        "scripts/target.json",
    ];
    let refuses = |machine: &Machine, missing: &str, release: &str| {
        machine.refuses(&format!(
            "the kernel has Rust, but kdir lacks what Rust modules are compiled against (missing: {missing}): \
             install it (on Ubuntu linux-lib-rust-{release}, on Fedora kernel-devel, on Arch linux-headers), or, on \
             Debian, which does not package it, let, as root, 'lab/kernel --for {release}' make it from the kernel's \
             source package and then 'lab/root --run make KDIR=$(lab/kernel --for {release})/kdir' build the module."
        ));
    };
    let machine = Machine::new();
    for file in files {
        let machine = Machine::new();
        machine.remove(&format!("kdir/{file}"));
        refuses(&machine, file, &release());
    }
    for file in files {
        machine.remove(&format!("kdir/{file}"));
    }
    // That kernel need not be the one that runs.
    machine.write(
        "kdir/include/config/kernel.release",
        "7.3.4+deb13-rt-amd64\n",
    );
    refuses(&machine, &files.join(", "), "7.3.4+deb13-rt-amd64");
}

#[test]
fn there_is_no_compiler() {
    let mut machine = Machine::new();
    machine
        .environment
        .insert("RUSTC", "no-such-rustc".to_string());
    machine.refuses(&format!(
        "there is no Rust compiler 'no-such-rustc' (it was not found): install the one that the kernel was built \
         with, {COMPILER}, or name it with RUSTC=PROGRAM."
    ));
}

#[test]
fn the_compiler_cannot_say_its_version() {
    let mut machine = Machine::new();
    machine.rustc("echo no toolchain >&2; exit 3");
    machine.refuses(&format!(
        "there is no Rust compiler 'sh rustc' (its --version failed with status 3): install the one that the \
         kernel was built with, {COMPILER}, or name it with RUSTC=PROGRAM."
    ));
}

#[test]
fn the_compiler_is_not_that_of_the_kernel() {
    let mut machine = Machine::new();
    for other in [
        "rustc 1.95.0 (59807616e 2026-04-14)",
        "rustc 1.85.1",
        "none",
    ] {
        machine.rustc(&format!("[ {other:?} = none ] || echo '{other}'"));
        machine.refuses(&format!(
            "the kernel was built with {COMPILER}, but 'sh rustc' is {other}, and only the very same compiler can \
             read the kernel's Rust metadata: install that one, or name it with RUSTC=PROGRAM; for a \
             kernel of Debian 13's, 'lab/root --run make KDIR=kdir' as root has it."
        ));
    }
}

#[test]
fn there_is_no_bindgen() {
    let mut machine = Machine::new();
    machine
        .environment
        .insert("BINDGEN", "no-such-bindgen".to_string());
    machine.refuses(
        "there is no bindgen 'no-such-bindgen' (it was not found), which reads the kernel's headers: install it \
         (on Debian the package bindgen), or name it with BINDGEN=PROGRAM.",
    );
}

#[test]
fn bindgen_is_another_program() {
    let mut machine = Machine::new();
    machine.script("BINDGEN", "other", "echo 'cbindgen 1.0'");
    machine.refuses(
        "'sh other' is no bindgen (asked for its version, it said: cbindgen 1.0): install bindgen (on Debian the \
         package bindgen), or name it with BINDGEN=PROGRAM.",
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
            machine.refuses(&format!(
                "'sh bindgen' is version {version}, which is too old: install 0.71 or newer, or name one with \
                 BINDGEN=PROGRAM."
            ));
        } else {
            assert_eq!(machine.ask("kdir"), (Some(0), String::new()), "{version}");
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
    machine.refuses(
        "bindgen has no libclang to read headers with (it said: Unable to find libclang: none): install it (on \
         Debian the package libclang-dev), or name its directory with LIBCLANG_PATH=DIR.",
    );
}

#[test]
fn bindgen_fails_in_its_own_way() {
    let mut machine = Machine::new();
    machine.bindgen("0.71.1", "printf '\\nno such symbol\\nmore\\n' >&2; exit 1");
    machine.refuses(
        "bindgen has no libclang to read headers with (it said: no such symbol): install it (on Debian the \
         package libclang-dev), or name its directory with LIBCLANG_PATH=DIR.",
    );
}

#[test]
fn libclang_is_too_old() {
    let mut machine = Machine::new();
    machine.bindgen("0.71.1", "echo 'libclang is 9.0.1-16'");
    machine.refuses(
        "bindgen uses libclang 9.0.1, which is too old: install 13 or newer, or name the directory of one with \
         LIBCLANG_PATH=DIR.",
    );
}

#[test]
fn temporary_files_cannot_be_written() {
    let mut machine = Machine::new();
    for place in ["/nowhere", "/dev/null"] {
        machine.environment.insert("TMPDIR", place.to_string());
        machine.refuses(&format!(
            "the compilers cannot write their temporary files into {place}: make it a directory that can be \
             written to, or name another with TMPDIR=DIR."
        ));
    }
}

#[test]
fn a_program_that_the_kernels_makefiles_call_is_missing() {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tools.sh");
    let ask = |arguments: &[&str]| {
        let output = Command::new("sh").arg(script).args(arguments).output();
        let output = output.unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        (output.status.code(), said)
    };
    let there = [
        "CC",
        "sh -c true",
        "LD",
        "sh -c true",
        "PAHOLE",
        "sh -c true",
    ];
    assert_eq!(ask(&there), (Some(0), String::new()));
    for (kind, program, sentence) in [
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
            "there is no pahole 'no-such-pahole' (it was not found), which describes the types of a module (BTF), as \
             this kernel's configuration wants: install it (on Debian the package pahole), or name it with \
             PAHOLE=PROGRAM.",
        ),
    ] {
        let mut arguments = there;
        let place = arguments.iter().position(|argument| *argument == kind);
        arguments[place.unwrap() + 1] = program;
        assert_eq!(ask(&arguments), (Some(1), format!("base0fs: {sentence}\n")));
    }
}

#[test]
fn what_was_built_for_a_kernel_is_cleaned_and_what_was_built_for_this_machine_is_kept() {
    let machine = Machine::new();
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    fs::copy(sources.join("Makefile"), machine.dir.join("Makefile")).unwrap();
    let built = [
        "base0fs.ko",
        "base0fs/base0fs.o",
        ".base0fs.o.cmd",
        "gen/compat.cfg",
    ];
    let kept = [
        "base0fs/dir.rs",
        "target/debug/tool.d",
        "build/debian-7.3/base0fs.ko",
    ];
    for file in built.iter().chain(&kept) {
        machine.write(file, "");
    }
    let cleaned = Command::new("make")
        .arg("clean")
        .current_dir(&machine.dir)
        .status();
    assert!(cleaned.unwrap().success());
    assert!(built.iter().all(|file| !machine.dir.join(file).exists()));
    assert!(kept.iter().all(|file| machine.dir.join(file).exists()));
    let cleaned = Command::new("make")
        .arg("distclean")
        .current_dir(&machine.dir)
        .status();
    assert!(cleaned.unwrap().success());
    let left: Vec<_> = kept
        .iter()
        .filter(|file| machine.dir.join(file).exists())
        .collect();
    assert_eq!(left, [&kept[0]]);
}
