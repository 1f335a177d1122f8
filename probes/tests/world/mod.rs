// SPDX-License-Identifier: GPL-2.0

//! A small driver with questions, a small kernel to ask, and the real compiler, in a directory of their own.

// Each test program uses its own part of this.
#![allow(dead_code)]

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

static WORLDS: AtomicUsize = AtomicUsize::new(0);

/// What the kernel of these tests declares.
pub const BINDINGS: &str = r#"
#![allow(non_camel_case_types)]
#[repr(C)]
pub struct dentry { pub d_flags: u32 }
#[repr(C)]
pub struct inode_operations { pub mkdir: Option<unsafe extern "C" fn(dir: u32) -> i32> }
extern "C" {
    pub fn vfs_mkdir(dir: u32) -> i32;
    pub fn vfs_hidden(dir: u32) -> i32;
    pub fn vfs_secret(dir: u32) -> i32;
    #[link_name = "dget__extern"]
    pub fn dget(dentry: *mut dentry) -> *mut dentry;
}
"#;

/// What it exports.
pub const SYMVERS: &str = "0x00000000\tvfs_mkdir\tvmlinux\tEXPORT_SYMBOL_GPL\t\n\
                           0x00000000\tvfs_secret\tvmlinux\tEXPORT_SYMBOL\tVFS_INTERNAL\n";

/// An answer that fits: the call has one argument.
pub const ONE: &str = "//! The call takes one argument.\n\
    pub(crate) struct Answer;\n\
    impl super::Mkdir for Answer {\n    \
        unsafe fn call(dir: u32) -> i32 { unsafe { bindings::vfs_mkdir(dir) } }\n\
    }\n";

/// An answer that does not.
pub const TWO: &str = "//! The call takes two arguments.\n\
    pub(crate) struct Answer;\n\
    impl super::Mkdir for Answer {\n    \
        unsafe fn call(dir: u32) -> i32 { unsafe { bindings::vfs_mkdir(dir, 0) } }\n\
    }\n";

/// How a command ended and what it said.
#[derive(Debug)]
pub struct Ran {
    pub status: Option<i32>,
    pub out: String,
    pub err: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            status: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// A directory with everything; it goes away with the value.
pub struct World {
    pub dir: PathBuf,
    pub rustc: String,
    pub flags: Vec<String>,
    /// Options of `ask` that a test may want to change.
    pub options: Vec<String>,
    pub environment: Vec<(String, String)>,
}

impl Drop for World {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.dir).unwrap();
    }
}

impl World {
    /// One question, `mkdir`, with an answer that fits and one that does not, and one wrong twin.
    pub fn new() -> Self {
        let number = WORLDS.fetch_add(1, Ordering::Relaxed);
        let dir =
            std::env::temp_dir().join(format!("compat-probe-{}-{number}", std::process::id()));
        fs::create_dir(&dir).unwrap();
        let world = Self {
            dir: fs::canonicalize(dir).unwrap(),
            rustc: std::env::var("RUSTC").unwrap_or_else(|_| "rustc".to_string()),
            flags: [
                "--edition=2021",
                "--extern",
                "bindings=gen/libbindings.rmeta",
            ]
            .map(str::to_string)
            .to_vec(),
            options: vec!["--symvers=Module.symvers".to_string()],
            environment: Vec::new(),
        };
        world.write(
            "compat/raw.rs",
            "//! Support.\npub(crate) fn zero() -> i32 { 0 }\n",
        );
        world.write("compat/shims.rs", "");
        world.write(
            "compat/shims/controls/arity.rs",
            "//! A call with three arguments.\n//! Rejected with: E0061\n\
            pub(crate) unsafe fn wrong() -> i32 { unsafe { bindings::vfs_mkdir(1, 2, 3) } }\n",
        );
        world.question("mkdir", &[("takes_one", ONE), ("takes_two", TWO)]);
        world.write("Module.symvers", SYMVERS);
        world.bindings(BINDINGS);
        world
    }

    /// Writes a file.
    pub fn write(&self, name: &str, text: &str) {
        let path = self.dir.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.dir.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// Adds text to a file.
    pub fn append(&self, name: &str, text: &str) {
        self.write(name, &(self.read(name) + text));
    }

    pub fn has(&self, name: &str) -> bool {
        self.dir.join(name).exists()
    }

    /// Makes the bindings of the kernel, as source and as a crate.
    pub fn bindings(&self, text: &str) {
        self.write("gen/bindings.rs", text);
        let made = Command::new(&self.rustc)
            .args([
                "--edition=2021",
                "--crate-type=rlib",
                "--emit=metadata",
                "--out-dir=gen",
                "gen/bindings.rs",
            ])
            .current_dir(&self.dir)
            .status();
        assert!(made.unwrap().success());
    }

    /// Writes a question with the trait `Mkdir` and these answers, and lists it.
    pub fn question(&self, name: &str, answers: &[(&str, &str)]) {
        // Not there, most of the time.
        _ = fs::remove_dir_all(self.dir.join("compat/shims").join(name));
        let mut text = format!(
            "//! Question: what does `{name}` take?\n//!\n//! It changed.\n\
             pub(crate) trait Mkdir {{ unsafe fn call(dir: u32) -> i32; }}\n"
        );
        for (answer, source) in answers {
            text.push_str(&format!(
                "#[cfg({name} = \"{answer}\")]\nmod {answer};\n#[cfg({name} = \"{answer}\")]\npub(crate) use {answer}::*;\n"
            ));
            self.write(&format!("compat/shims/{name}/{answer}.rs"), source);
        }
        self.write(&format!("compat/shims/{name}.rs"), &text);
        let listed = format!("pub(crate) mod {name};\n");
        if !self.read("compat/shims.rs").contains(&listed) {
            self.append("compat/shims.rs", &listed);
        }
    }

    /// Makes a program that runs `script`, and takes it for the compiler. `$RUSTC` is the real one.
    pub fn compiler(&mut self, script: &str) {
        let text = format!("#!/bin/sh\nRUSTC='{}'\n{script}\n", self.rustc);
        // Written by another process: one that forks here meanwhile would keep the file open for
        // writing, and a program that is open for writing cannot be started.
        let mut writer = Command::new("sh")
            .args(["-c", "cat >compiler && chmod +x compiler"])
            .current_dir(&self.dir)
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        writer
            .stdin
            .take()
            .unwrap()
            .write_all(text.as_bytes())
            .unwrap();
        assert!(writer.wait().unwrap().success());
        self.rustc = "./compiler".to_string();
    }

    /// The command with these arguments.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_compat-probe"));
        command
            .args(arguments)
            .current_dir(&self.dir)
            .envs(self.environment.iter().cloned());
        command
    }

    fn asking(&self) -> Command {
        let mut command = self.command(&[
            "ask",
            "--questions",
            "compat/shims.rs",
            "--support",
            "compat/raw.rs",
            "--bindings",
            "gen/bindings.rs",
            "--out",
            "gen",
            "--rustc",
            &self.rustc,
        ]);
        command.args(&self.options).arg("--").args(&self.flags);
        command
    }

    /// Asks all questions.
    pub fn ask(&self) -> Ran {
        self.asking().output().unwrap().into()
    }

    /// Begins to ask all questions.
    pub fn start(&self) -> Child {
        self.asking()
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    }

    /// Asks all questions, and expects an answer to each.
    pub fn answered(&self) {
        let ran = self.ask();
        assert_eq!((ran.status, ran.err.as_str()), (Some(0), ""), "{}", ran.out);
        assert!(self.has("gen/compat.cfg"));
    }

    /// Asks all questions, and expects the build to stop with exactly this text.
    pub fn stopped(&self, text: &str) {
        let ran = self.ask();
        assert_eq!(ran.err, format!("{text}\n"));
        assert_eq!((ran.status, ran.out.as_str()), (Some(1), ""));
        self.no_answers();
    }

    /// Expects nothing that could be taken for an answer.
    pub fn no_answers(&self) {
        for name in ["compat.cfg", "compat.line", "compat_info.c", "compat.key"] {
            assert!(!self.has(&format!("gen/{name}")), "{name}");
        }
        let left: Vec<_> = fs::read_dir(self.dir.join("gen"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        assert!(
            !left
                .iter()
                .any(|name| name.to_string_lossy().ends_with(".aside")),
            "{left:?}"
        );
    }
}

/// When each file of a directory was last written.
pub fn times(directory: &Path) -> Vec<(PathBuf, std::time::SystemTime)> {
    let mut times: Vec<_> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.path(), entry.metadata().unwrap().modified().unwrap()))
        .collect();
    times.sort();
    times
}
