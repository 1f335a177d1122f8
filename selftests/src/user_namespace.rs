// SPDX-License-Identifier: GPL-2.0

//! User namespaces with a given mapping of ids.

use std::fs::File;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use rustix::fd::{AsFd, BorrowedFd};
use rustix::fs::{Gid, Uid};
use rustix::io::Errno;
use rustix::thread::{
    move_into_link_name_space, set_thread_groups, set_thread_res_gid, set_thread_res_uid,
    unshare_unsafe, LinkNameSpaceType, UnshareFlags,
};

/// A user namespace, kept alive by a descriptor.
#[derive(Debug)]
pub struct UserNamespace(File);

impl AsFd for UserNamespace {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl UserNamespace {
    /// Creates a namespace in `parent`, or in that of this process. `map` maps user and group ids,
    /// in lines as in user_namespaces(7).
    ///
    /// A child that runs `program` (`base0fs-selftest`) creates the namespace. It has ended on
    /// return.
    pub fn new(program: &Path, parent: Option<&Self>, map: &str) -> io::Result<Self> {
        let mut command = Command::new(program);
        command
            .arg("--pause")
            .stdin(Stdio::piped())
            .stdout(Stdio::null());
        if let Some(parent) = parent {
            enter(&mut command, parent, 0)?;
        }
        let unshare = || {
            // SAFETY: The child has one thread, so no other thread relies on sharing anything.
            unsafe { unshare_unsafe(UnshareFlags::NEWUSER) }.map_err(Into::into)
        };
        // SAFETY: Between fork and exec, `unshare` makes one system call. It allocates no memory
        // and takes no lock, which another thread could have held at the fork.
        unsafe { command.pre_exec(unshare) };
        let mut child = command.spawn()?;
        let proc = format!("/proc/{}", child.id());
        let namespace = ["uid_map", "gid_map"]
            .iter()
            .try_for_each(|name| write_map(program, parent, &format!("{proc}/{name}"), map))
            .and_then(|()| File::open(format!("{proc}/ns/user")));
        // `wait` first closes the child's input. Then the child ends.
        child.wait()?;
        namespace.map(Self)
    }
}

/// Writes a mapping. The kernel accepts it only from the parent namespace. If this process is in
/// another one, a child enters the parent and writes.
fn write_map(
    program: &Path,
    parent: Option<&UserNamespace>,
    file: &str,
    map: &str,
) -> io::Result<()> {
    let Some(parent) = parent else {
        return std::fs::write(file, map);
    };
    let mut command = Command::new(program);
    command.args(["--child", "write", file, map]);
    enter(&mut command, parent, 0)?;
    match command.output()?.stdout.as_slice() {
        b"done\n" => Ok(()),
        other => Err(io::Error::other(String::from_utf8_lossy(other).trim_end())),
    }
}

/// Makes `command` run in a user namespace, with this user and group id there.
pub fn enter(command: &mut Command, namespace: &UserNamespace, id: u32) -> io::Result<()> {
    let namespace = namespace.0.try_clone()?;
    let enter = move || -> io::Result<()> {
        move_into_link_name_space(namespace.as_fd(), Some(LinkNameSpaceType::User))?;
        Ok(set_ids(id)?)
    };
    // SAFETY: Between fork and exec, `enter` makes system calls only. It allocates no memory and
    // takes no lock, which another thread could have held at the fork.
    unsafe { command.pre_exec(enter) };
    Ok(())
}

/// Sets the calling thread's user and group ids to `id`, and removes its supplementary groups.
pub fn set_ids(id: u32) -> Result<(), Errno> {
    let (uid, gid) = (Uid::from_raw(id), Gid::from_raw(id));
    set_thread_groups(&[])?;
    set_thread_res_gid(gid, gid, gid)?;
    set_thread_res_uid(uid, uid, uid)
}
