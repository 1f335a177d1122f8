// SPDX-License-Identifier: GPL-2.0

//! `ready.sh` and `tools.sh`: the messages of `make` where a driver cannot be built. Also `make clean`.

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

/// A directory with a kernel and tools. It is removed when the value is dropped.
struct Machine {
    dir: PathBuf,
    environment: BTreeMap<&'static str, String>,
}

impl Drop for Machine {
    fn drop(&mut self) {
        // A directory that is left over is not a failure of the test.
        _ = fs::remove_dir_all(&self.dir);
    }
}

/// Creates an empty directory.
fn temporary_directory() -> PathBuf {
    loop {
        let number = MACHINES.fetch_add(1, Ordering::Relaxed);
        let name = format!("refusals-{}-{number}", std::process::id());
        let directory = std::env::temp_dir().join(name);
        match fs::create_dir(&directory) {
            // An earlier process with this id has left it.
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            created => {
                created.unwrap();
                return directory;
            }
        }
    }
}

/// The Makefile of a driver, beside the probes.
const MAKEFILE: &str = "driver-name := lamp
driver-root := driver.rs
driver-questions := questions.rs
driver-header := bindings.h
driver-bindgen := bindgen.args
include $(or $(src),.)/probes/driver.mk
";

/// Makes `directory` the directory of a driver.
fn make_driver(directory: &Path) {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR"));
    fs::create_dir(directory.join("probes")).unwrap();
    for file in ["driver.mk", "Makefile.include", "ready.sh", "libclang.h"] {
        fs::copy(sources.join(file), directory.join("probes").join(file)).unwrap();
    }
    fs::write(directory.join("Makefile"), MAKEFILE).unwrap();
    for file in ["driver.rs", "questions.rs", "bindings.h", "bindgen.args"] {
        fs::write(directory.join(file), "").unwrap();
    }
}

/// `make` in `directory`, without the settings of a make that has started the tests.
fn make(directory: &Path) -> Command {
    let mut command = Command::new("make");
    command.current_dir(directory);
    for variable in ["MAKEFLAGS", "MAKELEVEL", "MFLAGS"] {
        command.env_remove(variable);
    }
    command
}

impl Machine {
    /// A machine with everything.
    fn new() -> Self {
        let dir = temporary_directory();
        let mut machine = Self {
            dir: fs::canonicalize(dir).unwrap(),
            environment: BTreeMap::new(),
        };
        machine.configure(CONFIGURATION);
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

    /// Sets the kernel's configuration.
    fn configure(&self, text: &str) {
        self.write("kdir/include/config/auto.conf", text);
    }

    /// Sets a tool to a shell script. `sh` reads the script: it could not be executed while the
    /// child of another test has inherited the open file.
    fn script(&mut self, variable: &'static str, name: &str, text: &str) {
        self.write(name, text);
        self.environment.insert(variable, format!("sh {name}"));
    }

    fn rustc(&mut self, text: &str) {
        self.script("RUSTC", "rustc", text);
    }

    /// Sets bindgen to one of this version, which runs `with_header` for a header.
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

    /// The status and the output, of both streams, of `ready.sh lamp KDIR`.
    fn run(&self, kdir: &str) -> (Option<i32>, String) {
        self.run_in(&self.dir, kdir)
    }

    /// The same with the project in `project`.
    fn run_in(&self, project: &Path, kdir: &str) -> (Option<i32>, String) {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/ready.sh");
        let output = Command::new("sh")
            .args(["-c", "exec sh \"$@\" 2>&1", "sh", script, "lamp", kdir])
            .current_dir(project)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .envs(&self.environment)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let printed = String::from_utf8(output.stdout).unwrap();
        (output.status.code(), printed)
    }

    /// Expects this message, and nothing else.
    fn expect_refusal(&self, message: &str) {
        self.expect_refusal_of("kdir", message);
    }

    fn expect_refusal_of(&self, kdir: &str, message: &str) {
        assert_eq!(
            self.run(kdir),
            (Some(1), format!("lamp: {message}\n")),
            "{kdir}"
        );
    }
}

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
        (Some(1), message.clone())
    );
    // `make` itself works there until it runs ready.sh.
    make_driver(&project);
    let output = make(&project)
        .arg(format!("KDIR={}", kdir.display()))
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let printed = String::from_utf8(output.stderr).unwrap();
    assert!(printed.starts_with(&message), "{printed}");
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
