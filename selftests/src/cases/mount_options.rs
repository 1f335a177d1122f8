// SPDX-License-Identifier: GPL-2.0

//! Mount options, error messages, and the mount table.

use std::ffi::{CStr, CString};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rustix::fs::{lstat, makedev, stat, utimensat, AtFlags, CWD};
use rustix::io::Errno;
use rustix::mount::{
    fsconfig_reconfigure, fsconfig_set_flag, fsconfig_set_string, fspick, mount, mount_bind,
    mount_remount, FsPickFlags, MountFlags,
};
use rustix::thread::{unshare_unsafe, UnshareFlags};

use crate::ask;
use crate::case::{Case, Run};
use crate::fixture::Fixture;
use crate::layer::{mount_with_options, unmount_retrying};
use crate::ops::ATIME_DUE;
use crate::outcome::{expect, Expect, Failure, Outcome};
use crate::show::errno_name;
use crate::skipped;

pub(super) const CASE: Case = Case {
    name: "mount_options",
    about: "options by fsconfig and by mount(2); refusals have a message; the mount table shows the source and the flags",
    risk: "no data is at risk; a wrong mount option may be accepted silently",
    run: Run::Configuring(run),
};

fn run(fixture: &Fixture, filesystem: &str) -> Outcome {
    let (source, target) = (fixture.create_dir("source")?, fixture.create_dir("target")?);
    fs::write(source.join("inside"), "content")?;
    let file = fixture.directory.join("file");
    fs::write(&file, "")?;
    let missing = fixture.directory.join("missing");
    let (value, path): (&Path, &Path) = (Path::new("value"), &source);
    refused(filesystem, &[], &target, Errno::INVAL, "no source")?;
    refused(
        filesystem,
        &[("source", path), ("nonsense", value)],
        &target,
        Errno::INVAL,
        "an unknown option",
    )?;
    refused(
        filesystem,
        &[("source", path), ("source", path)],
        &target,
        Errno::INVAL,
        "two sources",
    )?;
    refused(
        filesystem,
        &[("source", &file)],
        &target,
        Errno::NOTDIR,
        "a source that is a file",
    )?;
    refused(
        filesystem,
        &[("source", &missing)],
        &target,
        Errno::NOENT,
        "a source that does not exist",
    )?;

    of_a_namespace(fixture, filesystem, &target)?;

    mount_with_options(filesystem, &[("source", path)], &target)?;
    check_mount(filesystem, &source, &target)?;
    reconfigured(&target)?;
    sources_of_remounts(&source, &file, &target)?;
    unmount_retrying(&target)?;

    by_mount_2(filesystem, &source, &target)?;
    read_only(filesystem, &source, &target)?;
    inherited_flags(filesystem, &source, &target)
}

/// The same by mount(2), which older mount programs use.
fn by_mount_2(filesystem: &str, source: &Path, target: &Path) -> Outcome {
    let mount_2 = |flags, data: Option<&CStr>| mount(source, target, filesystem, flags, data);
    mount_2(MountFlags::empty(), Some(c"nonsense")).refused(Errno::INVAL)?;
    mount_2(MountFlags::empty(), None)?;
    check_mount(filesystem, source, target)?;
    unmount_retrying(target)?;
    mount_2(MountFlags::RDONLY, None)?;
    expect(
        "creating a file on a read-only mount fails",
        fs::write(target.join("new"), "").is_err(),
        true,
    )?;
    expect(
        "a file read on a read-only mount",
        fs::read_to_string(target.join("inside"))?.as_str(),
        "content",
    )?;
    Ok(unmount_retrying(target)?)
}

/// A filesystem that is mounted read-only, or remounted so, does not write lower access times. A
/// writable one does, as the lower mount's flags say.
fn read_only(filesystem: &str, source: &Path, target: &Path) -> Outcome {
    fs::create_dir(source.join("directory"))?;
    symlink("inside", source.join("link"))?;
    let is_left = ask::leaves_access_times(source);
    let names = ["inside", "directory", "link"];
    for how in ["mounted read-only", "made read-only", "mounted writable"] {
        let flags = match how {
            "mounted read-only" => MountFlags::RDONLY,
            _ => MountFlags::empty(),
        };
        mount(source, target, filesystem, flags, None)?;
        if how == "made read-only" {
            mount_remount(target, MountFlags::RDONLY, c"")?;
        }
        // A writable mount has to do what reading the lower directory itself does.
        let mut accessed = Vec::new();
        for (root, writable) in [(source, true), (target, how == "mounted writable")] {
            for name in names {
                utimensat(
                    CWD,
                    source.join(name),
                    &ATIME_DUE,
                    AtFlags::SYMLINK_NOFOLLOW,
                )?;
            }
            fs::read(root.join("inside"))?;
            fs::read_dir(root.join("directory"))?.for_each(drop);
            fs::read_link(root.join("link"))?;
            let moved = names.map(|name| {
                lstat(source.join(name)).map(|stat| stat.st_atime != ATIME_DUE.last_access.tv_sec)
            });
            match writable {
                true => accessed.push(moved),
                // The program of a file server reads without O_NOATIME, whatever the mount's flags.
                false if is_left => expect(how, moved, [Ok(false), Ok(false), Ok(false)])?,
                false => (),
            }
        }
        if is_left {
            expect(how, accessed.last(), accessed.first())?;
        }
        unmount_retrying(target)?;
    }
    fs::remove_dir(source.join("directory"))?;
    fs::remove_file(source.join("link"))?;
    Ok(())
}

/// The mount table shows nosuid, nodev and noexec of the lower mount as options of the upper
/// superblock. It can still be remounted read-only.
fn inherited_flags(filesystem: &str, source: &Path, target: &Path) -> Outcome {
    mount_bind(source, source)?;
    for (flag, name) in [
        (MountFlags::empty(), ""),
        (MountFlags::NOSUID, "nosuid"),
        (MountFlags::NODEV, "nodev"),
        (MountFlags::NOEXEC, "noexec"),
    ] {
        mount_remount(source, MountFlags::BIND | flag, c"")?;
        mount_with_options(filesystem, &[("source", source)], target)?;
        let (_, line) = mount_table_entry(target)?;
        let options = line.split(' ').nth(2).unwrap_or_default();
        let shown: Vec<_> = options
            .split(',')
            .filter(|option| ["nosuid", "nodev", "noexec"].contains(option))
            .collect();
        expect(
            "the flags in the mount table",
            shown.join(",").as_str(),
            name,
        )?;
        // A program that remounts passes on the options that the table shows.
        let data = std::ffi::CString::new(name).unwrap_or_default();
        mount_remount(target, MountFlags::RDONLY, &*data)?;
        mount_remount(target, MountFlags::empty(), &*data)?;
        mount_remount(target, MountFlags::empty(), c"nonsense").refused(Errno::INVAL)?;
        unmount_retrying(target)?;
    }
    // Over a lower mount that is read-only, it cannot become writable.
    mount_remount(source, MountFlags::BIND | MountFlags::RDONLY, c"")?;
    mount_with_options(filesystem, &[("source", source)], target)?;
    mount_remount(target, MountFlags::empty(), c"").refused(Errno::ROFS)?;
    mount_remount(target, MountFlags::RDONLY, c"")?;
    mount_remount(source, MountFlags::BIND, c"")?;
    mount_remount(target, MountFlags::empty(), c"")?;
    fs::write(target.join("reconfigured"), "")?;
    unmount_retrying(target)?;
    unmount_retrying(source)?;
    Ok(())
}

/// Expects a mount to fail with this error and with a message of the filesystem context. The
/// message begins with the filesystem's name, by which it is found in the kernel's log after
/// mount(2). The message about a second source is the VFS's own and has no name.
fn refused(
    filesystem: &str,
    options: &[(&str, &Path)],
    target: &Path,
    errno: Errno,
    what: &str,
) -> Outcome {
    let Err(refusal) = mount_with_options(filesystem, options, target) else {
        return Err(Failure(format!(
            "{what}: mounted, and has to be refused with {}",
            errno_name(errno)
        )));
    };
    let has_message = refusal.log.iter().any(|line| {
        let message = line.strip_prefix(&format!("e {filesystem}: "));
        message.is_some_and(|message| message.len() > 10) || line.ends_with("Multiple sources")
    });
    match refusal.errno == errno && has_message {
        true => Ok(()),
        false => Err(Failure(format!(
            "{what} has to be refused with {} and an error message in the mount's log, but {}",
            errno_name(errno),
            refusal.describe()
        ))),
    }
}

/// A filesystem can be remounted read-only and writable, and refuses unknown options then as well.
fn reconfigured(target: &Path) -> Outcome {
    let pick = || fspick(CWD, target, FsPickFlags::FSPICK_CLOEXEC);
    for (flag, writable) in [("ro", false), ("rw", true)] {
        let context = pick()?;
        fsconfig_set_flag(&context, flag)?;
        fsconfig_reconfigure(&context)?;
        expect(
            flag,
            fs::write(target.join("reconfigured"), "").is_ok(),
            writable,
        )?;
    }
    let context = pick()?;
    fsconfig_set_flag(&context, "nonsense").refused(Errno::INVAL)
}

/// Some programs pass the source when they remount. It cannot be changed. `sync` would have to be
/// an option of the lower filesystem.
fn sources_of_remounts(source: &Path, other: &Path, target: &Path) -> Outcome {
    let set_source = |path: &Path| {
        let context = fspick(CWD, target, FsPickFlags::FSPICK_CLOEXEC)?;
        fsconfig_set_string(&context, "source", path)?;
        fsconfig_reconfigure(&context)
    };
    set_source(source)?;
    set_source(other).refused(Errno::INVAL)?;
    set_source(target).refused(Errno::INVAL)?;
    mount_remount(target, MountFlags::SYNCHRONOUS, c"").refused(Errno::INVAL)?;
    mount_remount(target, MountFlags::LAZYTIME, c"")?;
    mount_remount(target, MountFlags::empty(), c"")?;
    Ok(())
}

/// A filesystem that a user namespace has mounted: its owner decides there who owns what. A process
/// in that namespace keeps it, and leads to it.
fn of_a_namespace(fixture: &Fixture, filesystem: &str, target: &Path) -> Outcome {
    let place = fixture.create_dir("place")?;
    let at = CString::new(place.as_os_str().as_bytes()).unwrap_or_default();
    let make = move || -> std::io::Result<()> {
        // SAFETY: The child has one thread, so no other thread relies on sharing anything.
        unsafe { unshare_unsafe(UnshareFlags::NEWUSER | UnshareFlags::NEWNS) }?;
        mount(c"place", &*at, c"tmpfs", MountFlags::empty(), None)?;
        Ok(())
    };
    let mut command = Command::new(fixture.program);
    command.arg("--pause");
    command.stdin(Stdio::piped()).stdout(Stdio::null());
    // SAFETY: Between fork and exec, `make` makes system calls only. It allocates no memory and
    // takes no lock, which another thread could have held at the fork.
    unsafe { command.pre_exec(make) };
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => {
            let why = format!("no user namespace can mount a tmpfs ({error})");
            skipped::report("a filesystem of a user namespace", &why);
            return Ok(());
        }
    };
    let source = PathBuf::from(format!("/proc/{}/root{}", child.id(), place.display()));
    let what = "a filesystem that a user namespace has mounted";
    let result = refused(
        filesystem,
        &[("source", &source)],
        target,
        Errno::PERM,
        what,
    );
    // `wait` first closes the child's input. Then the child ends.
    child.wait()?;
    result
}

/// Expects the mount to work, and the mount table to show it.
fn check_mount(filesystem: &str, source: &Path, target: &Path) -> Outcome {
    expect(
        "a file through the mount",
        fs::read_to_string(target.join("inside"))?.as_str(),
        "content",
    )?;
    let (mount, superblock) = mount_table_entry(target)?;
    let device = mount
        .split(' ')
        .nth(2)
        .and_then(|numbers| numbers.split_once(':'));
    let device =
        device.and_then(|(major, minor)| Some(makedev(major.parse().ok()?, minor.parse().ok()?)));
    expect(
        "the device in the mount table",
        device,
        Some(stat(target)?.st_dev),
    )?;
    let mut words = superblock.split(' ');
    expect(
        "the type in the mount table",
        words.next(),
        Some(filesystem),
    )?;
    expect(
        "the source in the mount table",
        words.next().map(PathBuf::from),
        Some(source.to_owned()),
    )
}

/// The mount table's fields about the mount and about the superblock, which `-` separates: see
/// proc_pid_mountinfo(5).
fn mount_table_entry(target: &Path) -> Result<(String, String), Failure> {
    let table = fs::read_to_string("/proc/thread-self/mountinfo")?;
    table
        .lines()
        .filter_map(|line| line.split_once(" - "))
        .find(|(mount, _)| mount.split(' ').nth(4).map(Path::new) == Some(target))
        .map(|(mount, superblock)| (mount.to_owned(), superblock.to_owned()))
        .ok_or_else(|| Failure("the mount table does not list the mount".into()))
}
