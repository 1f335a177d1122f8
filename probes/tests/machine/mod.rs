// SPDX-License-Identifier: GPL-2.0

//! A machine with a kernel's build directory and tools that are shell scripts, and the directory of a driver.

// No test program uses all of it.
#![allow(dead_code)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

static MACHINES: AtomicUsize = AtomicUsize::new(0);

pub const COMPILER: &str = "rustc 1.85.1 (4eb161250 2025-03-15)";

pub const CONFIGURATION: &str = "CONFIG_X86_64=y\nCONFIG_MODULES=y\nCONFIG_RUST=y\n\
    CONFIG_RUSTC_VERSION_TEXT=\"rustc 1.85.1 (4eb161250 2025-03-15)\"\n";

/// A directory with a kernel and tools. It is removed when the value is dropped.
pub struct Machine {
    pub dir: PathBuf,
    pub environment: BTreeMap<&'static str, String>,
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
pub fn make_driver(directory: &Path) {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR"));
    fs::create_dir(directory.join("probes")).unwrap();
    for file in [
        "driver.mk",
        "Makefile.include",
        "ready.sh",
        "room.sh",
        "inputs.sh",
        "libclang.h",
    ] {
        fs::copy(sources.join(file), directory.join("probes").join(file)).unwrap();
    }
    fs::write(directory.join("Makefile"), MAKEFILE).unwrap();
    for file in ["driver.rs", "questions.rs", "bindings.h", "bindgen.args"] {
        fs::write(directory.join(file), "").unwrap();
    }
}

/// `make` in `directory`, without the settings of a make that has started the tests.
pub fn make(directory: &Path) -> Command {
    let mut command = Command::new("make");
    command.current_dir(directory);
    for variable in ["MAKEFLAGS", "MAKELEVEL", "MFLAGS"] {
        command.env_remove(variable);
    }
    command
}

impl Machine {
    /// A machine with everything.
    pub fn new() -> Self {
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

    pub fn write(&self, name: &str, text: &str) {
        let path = self.dir.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub fn remove(&self, name: &str) {
        fs::remove_file(self.dir.join(name)).unwrap();
    }

    /// Sets the kernel's configuration.
    pub fn configure(&self, text: &str) {
        self.write("kdir/include/config/auto.conf", text);
    }

    /// Sets a tool to a shell script. `sh` reads the script: it could not be executed while the
    /// child of another test has inherited the open file.
    pub fn script(&mut self, variable: &'static str, name: &str, text: &str) {
        self.write(name, text);
        self.environment.insert(variable, format!("sh {name}"));
    }

    pub fn rustc(&mut self, text: &str) {
        self.script("RUSTC", "rustc", text);
    }

    /// Sets bindgen to one of this version, which runs `with_header` for a header.
    pub fn bindgen(&mut self, version: &str, with_header: &str) {
        self.script(
            "BINDGEN",
            "bindgen",
            &format!(
                "case $* in\n--version) echo 'bindgen {version}' ;;\n*/libclang.h) {with_header} ;;\n\
                 *) echo \"what is $*?\" >&2 ;;\nesac"
            ),
        );
    }

    /// The status and the output, of both streams, of `ready.sh lamp KDIR`.
    pub fn run(&self, kdir: &str) -> (Option<i32>, String) {
        self.run_in(&self.dir, kdir)
    }

    /// The same with the project in `project`.
    pub fn run_in(&self, project: &Path, kdir: &str) -> (Option<i32>, String) {
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
    pub fn expect_refusal(&self, message: &str) {
        self.expect_refusal_of("kdir", message);
    }

    pub fn expect_refusal_of(&self, kdir: &str, message: &str) {
        assert_eq!(
            self.run(kdir),
            (Some(1), format!("lamp: {message}\n")),
            "{kdir}"
        );
    }
}
