// SPDX-License-Identifier: GPL-2.0

//! An encrypted directory (fscrypt), with and without its key. Without the key its files have
//! encoded names.

use std::collections::BTreeSet;

use rustix::io::Errno;

use crate::case::{Case, Run};
use crate::ops::{ior, iowr, Command, RDONLY};
use crate::outcome::{expect, Expect, Outcome};
use crate::patience::Patience;
use crate::skipped;
use crate::test_dir::TestDir;

pub(super) const CASE: Case = Case {
    name: "encryption",
    about:
        "an encrypted directory shows the names that the lower one shows, with and without its key",
    risk: "names and content of encrypted files may stay readable after the key was removed",
    run: Run::Compared(run),
};

pub(super) const SET_POLICY: Command = ior("FS_IOC_SET_ENCRYPTION_POLICY", b'f', 19, 12);
pub(super) const GET_POLICY: Command = iowr("FS_IOC_GET_ENCRYPTION_POLICY_EX", b'f', 22, 9);
pub(super) const ADD_KEY: Command = iowr("FS_IOC_ADD_ENCRYPTION_KEY", b'f', 23, 80);
pub(super) const REMOVE_KEY: Command = iowr("FS_IOC_REMOVE_ENCRYPTION_KEY", b'f', 24, 64);
pub(super) const KEY_STATUS: Command = iowr("FS_IOC_GET_ENCRYPTION_KEY_STATUS", b'f', 26, 128);

/// The number of bytes that name a key, after a word that says how it is named.
const KEY_NAME: usize = 40;

fn run(dir: &TestDir) -> Outcome {
    let Ok(key) = add_key(dir) else {
        skipped::report("encryption", "the lower filesystem does not support it");
        return Ok(());
    };
    dir.mkdir("d", 0o755)?;
    set_policy(dir, "d", &key)?;
    dir.write_file("d/file", b"secret")?;
    dir.mkdir("d/directory", 0o755)?;
    dir.write_file("d/directory/inside", b"secret too")?;
    dir.symlink("the target", "d/link")?;
    dir.list("d")?;
    dir.open("d", RDONLY)?
        .ioctl_as_below(GET_POLICY, &policy_request())
        .compared();
    // Removed above and below in turn; what is in use is locked as well only if nothing keeps it.
    for remover in [dir, &dir.below()] {
        remove_key(dir, remover, &key)?;
        status(dir, &key)?;
        without_key(dir)?;
        add_key(dir)?;
        with_key(dir)?;
    }
    Ok(())
}

/// Adds the key of the case, and returns its name.
fn add_key(dir: &TestDir) -> Result<Vec<u8>, Errno> {
    let mut argument = vec![0; 80];
    // A key named by its hash, which the kernel writes.
    argument[0] = 2;
    argument[KEY_NAME] = 64;
    argument.extend((0..64).map(|byte| byte as u8));
    dir.open(".", RDONLY)?.ioctl(ADD_KEY, &mut argument)?;
    argument.truncate(KEY_NAME);
    Ok(argument)
}

/// Encrypts a directory: the second version, AES-256-XTS and AES-256-CTS-CBC.
fn set_policy(dir: &TestDir, name: &str, key: &[u8]) -> Outcome {
    let mut policy = vec![2, 1, 4, 0x2, 0, 0, 0, 0];
    policy.extend(&key[8..24]);
    dir.open(name, RDONLY)?.ioctl(SET_POLICY, &mut policy)?;
    Ok(())
}

fn policy_request() -> Vec<u8> {
    let mut request = 24_u64.to_ne_bytes().to_vec();
    request.resize(32, 0);
    request
}

/// Removes the key. Files count as in use while the kernel writes them out or keeps their names, so
/// this repeats it until all are locked.
fn remove_key(dir: &TestDir, remover: &TestDir, key: &[u8]) -> Outcome {
    let is_above = std::ptr::eq(dir, remover);
    let mut patience = Patience::of_seconds(5);
    let root = remover.open(".", RDONLY)?;
    remover.step("remove the key until no file is in use", || loop {
        let mut argument = key.to_vec();
        argument.resize(64, 0);
        match REMOVE_KEY.call(&root, &mut argument) {
            Ok(_) if argument[KEY_NAME] & 1 != 0 && patience.lasts() => {}
            Ok(_) if argument[KEY_NAME] & 1 != 0 => return Err(Errno::BUSY),
            Ok(_) | Err(Errno::NOKEY) => return Ok(()),
            Err(errno) => return Err(errno),
        }
        // From below, the layer's own cache counts as use.
        if !is_above {
            drop_caches();
        }
    })?;
    Ok(())
}

/// Makes the kernel drop names and inodes that nobody uses.
fn drop_caches() {
    let _ = std::fs::write("/proc/sys/vm/drop_caches", "2");
}

/// Records whether the filesystem has the key.
fn status(dir: &TestDir, key: &[u8]) -> Outcome {
    let mut argument = key.to_vec();
    argument.resize(128, 0);
    dir.open(".", RDONLY)?.ioctl(KEY_STATUS, &mut argument)?;
    dir.record("status", &u32::from(argument[64]));
    Ok(())
}

fn names(dir: &TestDir) -> std::io::Result<BTreeSet<String>> {
    std::fs::read_dir(dir.path("d"))?
        .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
        .collect()
}

fn without_key(dir: &TestDir) -> Outcome {
    for name in ["d/file", "d/directory", "d/directory/inside", "d/link"] {
        dir.lstat(name).refused(Errno::NOENT)?;
    }
    dir.mkdir("d/new", 0o755).compared();
    dir.write_file("d/new", b"").compared();
    let (above, below) = (names(dir)?, names(&dir.below())?);
    expect("names", above.len(), 3)?;
    dir.record("names are those below", &(above == below));
    // The order of the encoded names is random.
    let mut found = Vec::new();
    for name in &above {
        let path = format!("d/{name}");
        let (here, lower) = (dir.path(&path), dir.below().path(&path));
        let here = rustix::fs::lstat(here)?;
        let is_same = here.st_ino == rustix::fs::lstat(lower)?.st_ino;
        let opened = std::fs::File::open(dir.path(&path)).map(drop);
        found.push(format!(
            "mode {:o} is the one below: {is_same}, opens: {}",
            here.st_mode,
            opened.is_ok()
        ));
    }
    found.sort();
    dir.record("files by encoded names", &found);
    Ok(())
}

/// The encoded names are gone, also from the caches.
fn with_key(dir: &TestDir) -> Outcome {
    dir.list("d")?;
    dir.read_file("d/file")?;
    dir.read_file("d/directory/inside")?;
    dir.readlink("d/link")?;
    let (above, below) = (names(dir)?, names(&dir.below())?);
    dir.record("names are those below", &(above == below));
    Ok(())
}
