// SPDX-License-Identifier: GPL-2.0

//! Executing programs on the mount.

use rustix::fs::Access;
use rustix::io::Errno;
use rustix::mm::MapFlags;

use crate::case::{Case, Run};
use crate::ops::{RDWR, READ_WRITE, WRONLY};
use crate::outcome::{Expect, Outcome};
use crate::test_dir::{TestDir, ALICE, BOB};

pub(super) const CASE: Case = Case {
    name: "exec",
    about: "execute programs and scripts; ETXTBSY; set-id programs; programs that are open for writing or removed",
    risk: "a program may run with rights that it must not have, or may be changed while it runs",
    run: Run::Compared(run),
};

fn run(dir: &TestDir) -> Outcome {
    dir.install("program")?;
    dir.chmod("program", 0o644)?;
    dir.execute("program", "--version").refused(Errno::ACCESS)?;
    dir.chmod("program", 0o755)?;
    dir.execute("program", "--version")?;

    // A script whose interpreter is on the mount as well.
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
    // Kernels differ in whether an executed file can be written.
    let writer = dir.open("program", RDWR)?;
    dir.execute("program", "--version").compared();
    writer.close()?;
    let running = dir.start("program")?;
    dir.open("program", WRONLY).compared();
    dir.truncate("program", 1 << 30).compared();
    // The same between the layers: executed above and written below, and the reverse.
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
    // A writable shared mapping keeps the file open for writing.
    let mapping = writer.mmap(4_096, READ_WRITE, MapFlags::SHARED)?;
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

    // A running program continues after its name is removed.
    let running = dir.start("program")?;
    dir.unlink("program")?;
    dir.execute("program", "--version").refused(Errno::NOENT)?;
    drop(running);
    Ok(())
}
