// SPDX-License-Identifier: GPL-2.0

//! What is mounted below the lower directory, with the option `submounts` and without it.

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;
use std::thread;

use rustix::fd::AsFd;
use rustix::fs::{stat, Mode, OFlags, ResolveFlags};
use rustix::io::Errno;
use rustix::mount::{
    mount, mount_bind, mount_bind_recursive, mount_change, unmount, MountFlags,
    MountPropagationFlags, UnmountFlags,
};

use crate::case::{Case, Run};
use crate::fixture::{Directories, Fixture};
use crate::idmap::idmapped;
use crate::layer::{unmount_retrying, MountGuard};
use crate::ops::{iowr, Command, RDONLY};
use crate::outcome::{expect, Expect, Failure, Outcome};
use crate::patience::Patience;
use crate::show::errno_name;
use crate::skipped;
use crate::test_dir::{TestDir, ALICE};
use crate::user_namespace::UserNamespace;

pub(super) const CASE: Case = Case {
    name: "submounts",
    about: "with the option submounts, what is mounted below shows above, with the rights of that mount, and can be unmounted below",
    risk: "data may be written to the directory under a mount instead of the mounted filesystem, or a mount may stay busy",
    run: Run::Configuring(run),
};

fn run(fixture: &Fixture, filesystem: &str) -> Outcome {
    let [plain, lower, upper, other] = fixture.create_dirs(["plain", "lower", "mount", "other"])?;
    for root in [&plain, &lower] {
        for name in ["early", "late", "private"] {
            fs::create_dir(root.join(name))?;
            fs::write(root.join(name).join("file"), "covered")?;
        }
        fs::write(root.join("file"), "covered")?;
        fs::write(root.join("bound"), "bound")?;
    }
    let options = |data| mount(&lower, &upper, filesystem, MountFlags::empty(), Some(data));

    options(c"")?;
    let mounted = MountGuard::adopt(&upper);
    let early = Tmpfs::new(&lower.join("early"))?;
    expect(
        "without the option",
        read(&upper, "early/file")?.as_str(),
        "covered",
    )?;
    options_unchanged(&upper)?;
    drop(early);
    mounted.unmount()?;

    options(c"submounts")?;
    let mounted = MountGuard::adopt(&upper);
    let table = fs::read_to_string("/proc/self/mounts")?;
    let name = format!(" {filesystem} ");
    let shown = |line: &str| line.contains(&name) && line.contains("submounts");
    expect(
        "the option in the mount table",
        table.lines().any(shown),
        true,
    )?;
    fixture.compare(
        "mounts below",
        Directories::new(&plain, &lower, &upper),
        scenario,
    )?;
    source(&lower, &upper, &other, filesystem)?;
    lifetime(&lower, &upper)?;
    lazily_unmounted(&lower, &upper)?;
    replaced(&lower, &upper)?;
    above_and_below(&lower, &upper)?;
    private(&lower, &upper)?;
    copied(&lower, &upper, &other)?;
    idmapped_above(fixture, &lower, &upper, &other)?;
    unwritten(&lower, &upper)?;
    mounted_by_lower(fixture, filesystem)?;
    // Mounts below do not keep the mount busy, and are not kept busy by it afterwards.
    let below = Tmpfs::new(&lower.join("early"))?;
    expect(
        "before unmounting",
        read(&upper, "early/file")?.as_str(),
        "mounted",
    )?;
    mounted.unmount()?;
    below.unmount()?;

    // A mount in its own lower directory shows the directory that it covers, not itself again.
    let inside = lower.join("private");
    mount(
        &lower,
        &inside,
        filesystem,
        MountFlags::empty(),
        Some(c"submounts"),
    )?;
    let mounted = MountGuard::adopt(&inside);
    expect(
        "a mount of itself",
        read(&inside, "private/file")?.as_str(),
        "covered",
    )?;
    Ok(mounted.unmount()?)
}

/// The same on a plain directory and through the mount. Each step mounts in the lower directory.
fn scenario(dir: &TestDir) -> Outcome {
    let below = dir.below().path("");
    let early = Tmpfs::new(&below.join("early"))?;
    // The first walk is that of a user who may not mount.
    dir.as_user(ALICE, || dir.read_file("early/file"))?;
    // A descriptor that opens nothing, and a look at the mountpoint alone.
    let place = dir.open("early", OFlags::PATH)?;
    dir.openat2(&place, "file", RDONLY, ResolveFlags::empty())?
        .read(10)?;
    place.close()?;
    dir.stat("early")?;
    dir.read_file("early/file")?;
    dir.write_file("early/new", b"new")?;
    dir.mkdir("early/inner", 0o755)?;
    dir.rename("early/new", "moved").refused(Errno::XDEV)?;
    dir.rmdir("early").refused(Errno::BUSY)?;
    dir.same_inode("early/..", ".")?;
    let inner = Tmpfs::new(&below.join("early/inner"))?;
    dir.read_file("early/inner/file")?;
    dir.list("early/inner")?;

    // The walk has seen this directory before something is mounted there.
    dir.read_file("late/file")?;
    let late = Tmpfs::new(&below.join("late"))?;
    dir.read_file("late/file")?;
    late.remount(MountFlags::RDONLY)?;
    dir.write_file("late/file", b"").refused(Errno::ROFS)?;

    mount_bind(below.join("bound"), below.join("file"))?;
    dir.read_file("file")?;
    dir.write_file("file", b"written to the bound file")?;
    let bound = Tmpfs(below.join("file"));
    dir.read_file("bound")?;
    let file = dir.open("late/file", RDONLY)?;
    let differs = stat(dir.path("late"))?.st_dev != stat(dir.path(""))?.st_dev;
    dir.record("a device number of its own", &differs);
    dir.openat2(
        &dir.open(".", RDONLY)?,
        "late",
        OFlags::PATH,
        ResolveFlags::NO_XDEV,
    )
    .refused(Errno::XDEV)?;
    file.close()?;
    for place in [bound, inner, early, late] {
        place.unmount()?;
    }
    // Nothing is mounted there any more.
    let root = dir.open(".", RDONLY)?;
    for name in ["early", "late", "file"] {
        dir.openat2(&root, name, OFlags::PATH, ResolveFlags::NO_XDEV)?;
    }
    dir.read_file("early/file")?;
    dir.read_file("late/file")?;
    dir.read_file("file")?;
    Ok(())
}

/// The path of a lower directory leads to a mount below, which is mounted above by this walk.
fn source(lower: &Path, upper: &Path, target: &Path, filesystem: &str) -> Outcome {
    let below = Tmpfs::new(&lower.join("early"))?;
    let source = upper.join("early");
    mount(&source, target, filesystem, MountFlags::empty(), Some(c""))?;
    let mounted = MountGuard::adopt(target);
    expect("a mount of it", read(target, "file")?.as_str(), "mounted")?;
    mounted.unmount()?;
    below.unmount()
}

/// A mount below is busy while it is used above.
fn lifetime(lower: &Path, upper: &Path) -> Outcome {
    let below = Tmpfs::new(&lower.join("early"))?;
    let mut file = File::open(upper.join("early/file"))?;
    unmount(&below.0, UnmountFlags::NOFOLLOW).refused(Errno::BUSY)?;
    let mut content = String::new();
    file.read_to_string(&mut content)?;
    expect("a file in use", content.as_str(), "mounted")?;
    drop(file);
    below.unmount()?;
    expect(
        "after unmounting",
        read(upper, "early/file")?.as_str(),
        "covered",
    )
}

/// `umount -l` below: new walks see the directory under the mount, and who uses the mount still
/// can.
fn lazily_unmounted(lower: &Path, upper: &Path) -> Outcome {
    let below = Tmpfs::new(&lower.join("late"))?;
    let mut file = File::open(upper.join("late/file"))?;
    unmount(&below.0, UnmountFlags::DETACH)?;
    eventually(upper, "late/file", "covered")?;
    let mut content = String::new();
    file.read_to_string(&mut content)?;
    expect("a file that is in use", content.as_str(), "mounted")
}

/// Something else is mounted in the place of a mount that is in use, and on top of it.
fn replaced(lower: &Path, upper: &Path) -> Outcome {
    let below = Tmpfs::new(&lower.join("late"))?;
    let in_use = File::open(upper.join("late/file"))?;
    unmount(&below.0, UnmountFlags::DETACH)?;
    let second = Tmpfs::new(&lower.join("late"))?;
    fs::write(second.0.join("file"), "second")?;
    eventually(upper, "late/file", "second")?;
    let third = Tmpfs::new(&lower.join("late"))?;
    fs::write(third.0.join("file"), "third")?;
    eventually(upper, "late/file", "third")?;
    third.unmount()?;
    eventually(upper, "late/file", "second")?;
    drop(in_use);
    second.unmount()
}

/// A mount above covers what is mounted below, and shows again what it covers when it is unmounted.
fn above_and_below(lower: &Path, upper: &Path) -> Outcome {
    let above = Tmpfs::new(&upper.join("late"))?;
    fs::write(upper.join("late/file"), "above")?;
    let below = Tmpfs::new(&lower.join("late"))?;
    expect("a mount above", read(upper, "late/file")?.as_str(), "above")?;
    above.unmount()?;
    expect(
        "a mount below",
        read(upper, "late/file")?.as_str(),
        "mounted",
    )?;
    below.unmount()
}

/// What is mounted in another mount namespace does not show, not even there.
fn private(lower: &Path, upper: &Path) -> Outcome {
    let shared = Tmpfs::new(&lower.join("early"))?;
    let there = || {
        // SAFETY: The thread ends with this closure, and shares nothing of a mount namespace.
        unsafe { rustix::thread::unshare_unsafe(rustix::thread::UnshareFlags::NEWNS)? };
        let private = MountPropagationFlags::PRIVATE | MountPropagationFlags::REC;
        mount_change("/", private)?;
        mount(
            "private",
            lower.join("private"),
            "tmpfs",
            MountFlags::empty(),
            c"size=1m",
        )?;
        let shown = fs::read_to_string(upper.join("private/file")).map_err(|_| Errno::IO)?;
        let mounted = fs::read_to_string(upper.join("early/file")).map_err(|_| Errno::IO)?;
        Ok::<_, Errno>((shown, mounted))
    };
    let seen = thread::scope(|scope| scope.spawn(there).join());
    let seen = seen.map_err(|_| Failure("panicked in a mount namespace".into()))??;
    let (shown, mounted) = (seen.0.as_str(), seen.1.as_str());
    expect(
        "in a mount namespace",
        (shown, mounted),
        ("covered", "mounted"),
    )?;
    shared.unmount()
}

/// A copy that nobody unmounts does not keep what was lazily unmounted below.
fn copied(lower: &Path, upper: &Path, copy: &Path) -> Outcome {
    let below = Tmpfs::new(&lower.join("early"))?;
    expect("mounted", read(upper, "early/file")?.as_str(), "mounted")?;
    mount_bind_recursive(upper, copy)?;
    let copied = MountGuard::adopt(copy);
    let place = copy.join("early");
    expect("the copy in the mount table", is_listed(&place)?, true)?;
    unmount(&below.0, UnmountFlags::DETACH)?;
    let mut patience = Patience::of_seconds(5);
    while is_listed(&place)? {
        if !patience.lasts() {
            return Err(Failure("the copy stays mounted".into()));
        }
    }
    expect("the copy", read(copy, "early/file")?.as_str(), "covered")?;
    Ok(copied.unmount()?)
}

fn is_listed(place: &Path) -> Result<bool, Failure> {
    let table = fs::read_to_string("/proc/self/mounts")?;
    Ok(table.contains(&format!(" {} ", place.display())))
}

/// An idmapped mount shows neither what is mounted below nor what that covers.
fn idmapped_above(fixture: &Fixture, lower: &Path, upper: &Path, mapped: &Path) -> Outcome {
    let Ok(namespace) = UserNamespace::new(fixture.program, None, "0 100000 65536") else {
        skipped::report("idmapped mounts", "no user namespace can be made");
        return Ok(());
    };
    // The two mounts get each other's mount events, as on a system on which / is shared.
    mount_change(upper, MountPropagationFlags::SHARED)?;
    match idmapped(upper, mapped, namespace.as_fd()) {
        Err(Errno::INVAL) => {
            skipped::report(
                "idmapped mounts",
                "the lower filesystem does not support them",
            );
            return Ok(());
        }
        other => other?,
    }
    let _mapped = MountGuard::adopt(mapped);
    let below = Tmpfs::new(&lower.join("late"))?;
    let refused = || {
        for flags in [RDONLY, OFlags::PATH] {
            rustix::fs::open(mapped.join("late"), flags, Mode::empty()).refused(Errno::PERM)?;
        }
        rustix::fs::open(mapped.join("late/file"), RDONLY, Mode::empty()).refused(Errno::PERM)
    };
    refused()?;
    let in_use = File::open(upper.join("late/file"))?;
    expect(
        "a copy in the idmapped mount",
        is_listed(&mapped.join("late"))?,
        true,
    )?;
    refused()?;
    expect(
        "without an idmap",
        read(upper, "late/file")?.as_str(),
        "mounted",
    )?;
    drop(in_use);
    below.unmount()?;
    Ok(mount_change(upper, MountPropagationFlags::PRIVATE)?)
}

/// What the lower filesystem mounts by itself is mounted by the walks that do this below. That of
/// stat(2) does not. debugfs mounts tracefs on one of its directories.
fn mounted_by_lower(fixture: &Fixture, filesystem: &str) -> Outcome {
    let [lower, upper] = fixture.create_dirs(["debugfs", "above"])?;
    let none = MountFlags::empty();
    if mount("debugfs", &lower, "debugfs", none, c"").is_err() {
        skipped::report("what a lower filesystem mounts", "there is no debugfs");
        return Ok(());
    }
    let below = MountGuard::adopt(&lower);
    let place = lower.join("tracing");
    if stat(&place).is_err() || is_listed(&place)? {
        skipped::report(
            "what a lower filesystem mounts",
            "debugfs has no directory on which it mounts tracefs",
        );
        return Ok(());
    }
    mount(&lower, &upper, filesystem, none, Some(c"submounts"))?;
    let mounted = MountGuard::adopt(&upper);
    let device = |path: &Path| stat(path).map(|found| found.st_dev);
    let own = device(&upper)?;
    expect(
        "the directory has the device of the mount",
        device(&upper.join("tracing"))? == own,
        true,
    )?;
    expect("mounted below by stat(2)", is_listed(&place)?, false)?;
    let opened = File::open(upper.join("tracing"))?;
    expect("mounted below by open(2)", is_listed(&place)?, true)?;
    expect(
        "what was mounted has its own device",
        rustix::fs::fstat(&opened)?.st_dev != own,
        true,
    )?;
    drop(opened);
    mounted.unmount()?;
    unmount_retrying(&place)?;
    Ok(below.unmount()?)
}

/// What ends because nobody uses it does not write all data of the lower filesystem to its disk.
fn unwritten(lower: &Path, upper: &Path) -> Outcome {
    // Others may have all data written meanwhile, by sync(2) or because memory is short. They do not
    // each time.
    for attempt in 0..10 {
        let data = lower.join(format!("private/data{attempt}"));
        fs::write(&data, vec![b'd'; 1 << 20])?;
        if attempt == 0 && !is_delayed(&data)? {
            skipped::report(
                "data that is not written yet",
                "the lower filesystem allocates it at once",
            );
            return Ok(());
        }
        mount_bind(lower.join("private"), lower.join("early"))?;
        let bound = Tmpfs(lower.join("early"));
        fs::metadata(upper.join("early"))?;
        // This succeeds when the submount has ended.
        bound.unmount()?;
        if is_delayed(&data)? {
            return Ok(());
        }
    }
    expect("delayed after one of ten submounts", false, true)
}

/// Whether some block of the file is not allocated yet (`FIEMAP_EXTENT_DELALLOC`).
fn is_delayed(path: &Path) -> Result<bool, Failure> {
    const FIEMAP: Command = iowr("FS_IOC_FIEMAP", b'f', 11, 32);
    const EXTENTS: usize = 64;
    const DELAYED: u32 = 4;
    // `struct fiemap`, followed by as many `struct fiemap_extent` as its last but one member says.
    let mut argument = vec![0; 32 + 56 * EXTENTS];
    argument[8..16].copy_from_slice(&u64::MAX.to_ne_bytes());
    argument[24..28].copy_from_slice(&(EXTENTS as u32).to_ne_bytes());
    match FIEMAP.call(File::open(path)?, &mut argument) {
        Err(Errno::OPNOTSUPP) => return Ok(false),
        other => other?,
    };
    let word = |at: usize| u32::from_ne_bytes([0, 1, 2, 3].map(|byte| argument[at + byte]));
    let found = (word(20) as usize).min(EXTENTS);
    Ok((0..found).any(|extent| word(32 + 56 * extent + 40) & DELAYED != 0))
}

/// Waits until the file has this content: what is unmounted below shows for a moment.
fn eventually(root: &Path, name: &str, content: &str) -> Outcome {
    let mut patience = Patience::of_seconds(5);
    loop {
        let found = read(root, name)?;
        if found == content {
            return Ok(());
        }
        if !patience.lasts() {
            return Err(Failure(format!(
                "{name} has to be {content:?}, and is {found:?}"
            )));
        }
    }
}

/// The option cannot be set later.
fn options_unchanged(upper: &Path) -> Outcome {
    rustix::mount::mount_remount(upper, MountFlags::empty(), c"submounts").refused(Errno::INVAL)
}

fn read(root: &Path, name: &str) -> Result<String, Failure> {
    Ok(fs::read_to_string(root.join(name))?)
}

/// A tmpfs with a file, or another mount. Dropping this detaches it.
struct Tmpfs(std::path::PathBuf);

impl Tmpfs {
    fn new(place: &Path) -> Result<Self, Errno> {
        mount("submounts", place, "tmpfs", MountFlags::empty(), c"size=1m")?;
        fs::write(place.join("file"), "mounted").map_err(|_| Errno::IO)?;
        Ok(Self(place.to_owned()))
    }

    fn remount(&self, flags: MountFlags) -> Result<(), Errno> {
        rustix::mount::mount_remount(&self.0, MountFlags::BIND | flags, c"")
    }

    /// Unmounts it: above, the last use was a moment ago. The failure says what is mounted below
    /// and above, so that it tells a submount that stays from a reference that is leaked.
    #[track_caller]
    fn unmount(mut self) -> Outcome {
        let place = std::mem::take(&mut self.0);
        // What it covered must stay mounted.
        std::mem::forget(self);
        let Err(errno) = unmount_retrying(&place) else {
            return Ok(());
        };
        let table = fs::read_to_string("/proc/self/mountinfo")?;
        let mounted: Vec<_> = table
            .lines()
            .filter(|line| line.contains("base0fs-selftest"))
            .collect();
        Err(Failure::here(&format!(
            "{} cannot be unmounted ({}) beside these mounts: {}",
            place.display(),
            errno_name(errno),
            mounted.join("; ")
        )))
    }
}

impl Drop for Tmpfs {
    fn drop(&mut self) {
        let _ = unmount(&self.0, UnmountFlags::NOFOLLOW | UnmountFlags::DETACH);
    }
}
