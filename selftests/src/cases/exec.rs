// SPDX-License-Identifier: GPL-2.0

//! Executing programs that lie on the mount.

use rustix::fs::Access;
use rustix::io::Errno;
use rustix::mm::{MapFlags, ProtFlags};

use crate::case::{Case, Run};
use crate::ops::{RDWR, WRONLY};
use crate::outcome::{Expect, Outcome};
use crate::test_dir::{TestDir, ALICE, BOB};

pub(super) const CASE: Case = Case {
    name: "exec",
    about: "execute programs and scripts; ETXTBSY; set-id programs; programs that lie open or are removed",
    risk: "a program may run with rights that it must not have, or may be changed while it runs",
    run: Run::Compared(run),
};

fn run(dir: &TestDir) -> Outcome {
    dir.install("program")?;
    dir.chmod("program", 0o644)?;
    dir.execute("program", "--version").refused(Errno::ACCESS)?;
    dir.chmod("program", 0o755)?;
    dir.execute("program", "--version")?;

    // A script whose interpreter lies on the mount, too.
    let interpreter = dir.path("program");
    let script = format!("#!{} --version\n", interpreter.display());
    std::fs::write(dir.path("script"), script)?;
    dir.chmod("script", 0o755)?;
    dir.execute("script", "ignored")?;
    dir.unlink("script")?;

    dir.write_file("nonsense", b"\x7fnonsense")?;
    dir.chmod("nonsense", 0o755)?;
    dir.execute("nonsense", "").refused(Errno::NOEXEC)?;
    dir.mkdir("directory", 0o755)?;
    dir.execute("directory", "").refused(Errno::ACCESS)?;
    dir.execute("missing", "").refused(Errno::NOENT)?;

    busy(dir)?;
    set_id(dir)
}

fn busy(dir: &TestDir) -> Outcome {
    // Whether a file that is executed may be written has changed between kernels, and only the
    // comparison knows.
    let writer = dir.open("program", RDWR)?;
    dir.execute("program", "--version").compared();
    writer.close()?;
    let running = dir.start("program")?;
    dir.open("program", WRONLY).compared();
    dir.truncate("program", 1 << 30).compared();
    // What runs above cannot be written below either, nor the other way round.
    let below = dir.below();
    below.open("program", WRONLY).compared();
    drop(running);
    let running = below.start("program")?;
    dir.open("program", WRONLY).compared();
    drop(running);
    let writer = below.open("program", RDWR)?;
    dir.execute("program", "--version").compared();
    writer.close()?;
    let writer = dir.open("program", RDWR)?;
    below.execute("program", "--version").compared();
    // A shared mapping that can be written goes on being one after its descriptor.
    let mapping = writer.mmap(4_096, ProtFlags::READ | ProtFlags::WRITE, MapFlags::SHARED)?;
    writer.close()?;
    dir.execute("program", "--version").compared();
    below.execute("program", "--version").compared();
    drop(mapping);
    dir.execute("program", "--version")?;
    Ok(())
}

fn set_id(dir: &TestDir) -> Outcome {
    dir.execute("program", "--pause")?;
    dir.lchown("program", Some(ALICE.uid), Some(ALICE.gid))?;
    dir.chmod("program", 0o6755)?;
    dir.execute("program", "--pause")?;
    dir.as_user(BOB, || dir.execute("program", "--pause").map(|_| ()))?;
    dir.chmod("program", 0o4700)?;
    dir.as_user(BOB, || dir.execute("program", "--pause").map(|_| ()))
        .refused(Errno::ACCESS)?;
    dir.as_user(BOB, || dir.access("program", Access::EXEC_OK))
        .refused(Errno::ACCESS)?;
    dir.chmod("program", 0o755)?;

    // A program that runs is neither stopped nor changed by the removal of its name.
    let running = dir.start("program")?;
    dir.unlink("program")?;
    dir.execute("program", "--version").refused(Errno::NOENT)?;
    drop(running);
    Ok(())
}
