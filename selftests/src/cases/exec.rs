// SPDX-License-Identifier: GPL-2.0

//! Executing programs that lie on the mount.

use rustix::fs::Access;
use rustix::io::Errno;
use rustix::mm::{MapFlags, ProtFlags};

use crate::case::{Case, Expect, Outcome, Run};
use crate::ops::{RDWR, WRONLY};
use crate::world::{World, ALICE, BOB};

pub(super) const CASE: Case = Case {
    name: "exec",
    about: "execute programs and scripts; ETXTBSY; set-id programs; programs that lie open or are removed",
    risk: "a program may run with rights that it must not have, or may be changed while it runs",
    run: Run::Compared(run),
};

fn run(w: &World) -> Outcome {
    w.install("program")?;
    w.chmod("program", 0o644)?;
    w.execute("program", "--version").refused(Errno::ACCESS)?;
    w.chmod("program", 0o755)?;
    w.execute("program", "--version")?;

    // A script whose interpreter lies on the mount, too.
    let interpreter = w.path("program");
    let script = format!("#!{} --version\n", interpreter.display());
    std::fs::write(w.path("script"), script)?;
    w.chmod("script", 0o755)?;
    w.execute("script", "ignored")?;
    w.unlink("script")?;

    w.write_file("nonsense", b"\x7fnonsense")?;
    w.chmod("nonsense", 0o755)?;
    w.execute("nonsense", "").refused(Errno::NOEXEC)?;
    w.mkdir("directory", 0o755)?;
    w.execute("directory", "").refused(Errno::ACCESS)?;
    w.execute("missing", "").refused(Errno::NOENT)?;

    busy(w)?;
    set_id(w)
}

fn busy(w: &World) -> Outcome {
    // Whether a file that is executed may be written has changed between kernels, and only the
    // comparison knows.
    let writer = w.open("program", RDWR)?;
    w.execute("program", "--version").either();
    writer.close()?;
    let running = w.start("program")?;
    w.open("program", WRONLY).either();
    w.truncate("program", 1 << 30).either();
    // What runs above cannot be written below either, nor the other way round.
    let below = w.below();
    below.open("program", WRONLY).either();
    drop(running);
    let running = below.start("program")?;
    w.open("program", WRONLY).either();
    drop(running);
    let writer = below.open("program", RDWR)?;
    w.execute("program", "--version").either();
    writer.close()?;
    let writer = w.open("program", RDWR)?;
    below.execute("program", "--version").either();
    // A shared mapping that can be written goes on being one after its descriptor.
    let mapping = writer.mmap(4_096, ProtFlags::READ | ProtFlags::WRITE, MapFlags::SHARED)?;
    writer.close()?;
    w.execute("program", "--version").either();
    below.execute("program", "--version").either();
    drop(mapping);
    w.execute("program", "--version")?;
    Ok(())
}

fn set_id(w: &World) -> Outcome {
    w.execute("program", "--hold")?;
    w.lchown("program", Some(ALICE.uid), Some(ALICE.gid))?;
    w.chmod("program", 0o6755)?;
    w.execute("program", "--hold")?;
    w.as_user(BOB, || w.execute("program", "--hold").map(|_| ()))?;
    w.chmod("program", 0o4700)?;
    w.as_user(BOB, || w.execute("program", "--hold").map(|_| ()))
        .refused(Errno::ACCESS)?;
    w.as_user(BOB, || w.access("program", Access::EXEC_OK))
        .refused(Errno::ACCESS)?;
    w.chmod("program", 0o755)?;

    // A program that runs is neither stopped nor changed by the removal of its name.
    let running = w.start("program")?;
    w.unlink("program")?;
    w.execute("program", "--version").refused(Errno::NOENT)?;
    drop(running);
    Ok(())
}
