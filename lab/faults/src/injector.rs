// SPDX-License-Identifier: GPL-2.0

//! The kernel's fault injection: the n-th allocation of this thread fails.
//!
//! Documentation/fault-injection/fault-injection.rst describes the files.

use std::cell::Cell;
use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::Path;

/// The kinds of allocations that fail: of the slab allocator and of whole pages.
const KINDS: [&str; 2] = ["failslab", "fail_page_alloc"];

/// Where the kernel shows the settings of each kind.
const DEBUGFS: &str = "/sys/kernel/debug";

/// Makes allocations fail.
#[derive(Debug)]
pub struct Injector {
    fail_nth: File,
}

impl Injector {
    /// Prepares allocations that may sleep to fail, without a message each. Only allocations that
    /// the module `module` takes part in count, if there is one. An error says in one sentence what
    /// the kernel lacks.
    pub fn new(module: Option<&str>) -> Result<Self, String> {
        let (start, end) = match module {
            Some(name) => text_of(name)?,
            None => (0, u64::MAX),
        };
        for kind in KINDS {
            set(kind, "ignore-gfp-wait", "N")?;
            set(kind, "verbose", "0")?;
            set(kind, "stacktrace-depth", "32")?;
            set(kind, "require-start", &format!("{start:#x}"))?;
            set(kind, "require-end", &format!("{end:#x}"))?;
        }
        set("fail_page_alloc", "min-order", "0")?;
        let path = "/proc/thread-self/fail-nth";
        let fail_nth = File::options()
            .read(true)
            .write(true)
            .open(path)
            .map_err(|error| format!("{path} cannot be opened ({error}); run this as root on a kernel with CONFIG_FAULT_INJECTION"))?;
        Ok(Self { fail_nth })
    }

    /// A window in which allocation number `nth` fails, from 1; none for 0.
    pub fn window(&self, nth: u32) -> Window<'_> {
        Window {
            injector: self,
            nth,
            failed: Cell::new(false),
        }
    }

    fn arm(&self, nth: u32) {
        let text = nth.to_string();
        let written = self.fail_nth.write_at(text.as_bytes(), 0);
        assert_eq!(written.ok(), Some(text.len()), "fail-nth takes a number");
    }

    /// How many allocations may still succeed before one fails; 0 if one has failed.
    fn remaining(&self) -> u32 {
        let mut text = [0; 16];
        let length = self.fail_nth.read_at(&mut text, 0).unwrap_or(0);
        let text = String::from_utf8_lossy(&text[..length]);
        text.trim().parse().expect("fail-nth shows a number")
    }
}

/// One try of an operation, of which at most one allocation fails.
#[derive(Debug)]
pub struct Window<'i> {
    injector: &'i Injector,
    nth: u32,
    failed: Cell<bool>,
}

impl Window<'_> {
    /// Performs the system call under test. Only its allocations count.
    pub fn during<R>(&self, system_call: impl FnOnce() -> R) -> R {
        if self.nth == 0 {
            return system_call();
        }
        self.injector.arm(self.nth);
        let result = system_call();
        self.failed.set(self.injector.remaining() == 0);
        self.injector.arm(0);
        result
    }

    /// Whether the allocation has failed. If not, the call has fewer allocations.
    pub fn failed(&self) -> bool {
        self.failed.get()
    }
}

/// The addresses of a module: its code begins it.
fn text_of(module: &str) -> Result<(u64, u64), String> {
    let modules = fs::read_to_string("/proc/modules")
        .map_err(|error| format!("/proc/modules cannot be read ({error}); mount /proc"))?;
    let line = modules
        .lines()
        .find(|line| line.split(' ').next() == Some(module))
        .ok_or_else(|| format!("the module {module} is not loaded; load it with insmod"))?;
    let words: Vec<&str> = line.split(' ').collect();
    let size = words.get(1).and_then(|size| size.parse::<u64>().ok());
    let address = words
        .get(5)
        .and_then(|address| u64::from_str_radix(address.trim_start_matches("0x"), 16).ok())
        .filter(|address| *address != 0);
    match (address, size) {
        (Some(start), Some(size)) => Ok((start, start + size)),
        _ => Err(format!(
            "/proc/modules shows no address in `{line}`; run this as root"
        )),
    }
}

fn set(kind: &str, setting: &str, value: &str) -> Result<(), String> {
    let path = Path::new(DEBUGFS).join(kind).join(setting);
    fs::write(&path, value).map_err(|error| {
        format!(
            "{} cannot be set to {value} ({error}); run this as root on a kernel with CONFIG_FAILSLAB, CONFIG_FAIL_PAGE_ALLOC, \
             CONFIG_FAULT_INJECTION_DEBUG_FS and CONFIG_FAULT_INJECTION_STACKTRACE_FILTER, with debugfs mounted",
            path.display()
        )
    })
}
