// SPDX-License-Identifier: GPL-2.0

//! User namespaces: made for a mapping of ids, entered by processes, kept open by a descriptor.

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

/// A user namespace.
#[derive(Debug)]
pub struct UserNamespace(File);

impl AsFd for UserNamespace {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl UserNamespace {
    /// A namespace in `parent`, or in this process' own, that maps user and group ids by `map`: lines
    /// as user_namespaces(7) has them. It belongs to a process, running `program`, that has ended when
    /// this returns.
    pub fn new(program: &Path, parent: Option<&Self>, map: &str) -> io::Result<Self> {
        let mut command = Command::new(program);
        command
            .arg("--hold")
            .stdin(Stdio::piped())
            .stdout(Stdio::null());
        if let Some(parent) = parent {
            enter(&mut command, parent, 0)?;
        }
        let separate = || {
            // SAFETY: The new process has one thread, and shares nothing that the flag separates.
            unsafe { unshare_unsafe(UnshareFlags::NEWUSER) }.map_err(Into::into)
        };
        // SAFETY: Between fork and exec there is one system call, which takes no memory and no lock.
        unsafe { command.pre_exec(separate) };
        let mut holder = command.spawn()?;
        let own = format!("/proc/{}", holder.id());
        let namespace = ["uid_map", "gid_map"]
            .iter()
            .try_for_each(|name| write_map(program, parent, &format!("{own}/{name}"), map))
            .and_then(|()| File::open(format!("{own}/ns/user")));
        holder.wait()?;
        namespace.map(Self)
    }
}

/// Writes a mapping, which the kernel takes from the parent of the namespace only.
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
    command.args(["--errand", "write", file, map]);
    enter(&mut command, parent, 0)?;
    match command.output()?.stdout.as_slice() {
        b"done\n" => Ok(()),
        other => Err(io::Error::other(String::from_utf8_lossy(other).trim_end())),
    }
}

/// Has `command` run in a user namespace, as the user and the group that have this id there.
pub fn enter(command: &mut Command, namespace: &UserNamespace, id: u32) -> io::Result<()> {
    let namespace = namespace.0.try_clone()?;
    let enter = move || -> io::Result<()> {
        move_into_link_name_space(namespace.as_fd(), Some(LinkNameSpaceType::User))?;
        Ok(become_id(id)?)
    };
    // SAFETY: Between fork and exec there are system calls only, which take no memory and no lock.
    unsafe { command.pre_exec(enter) };
    Ok(())
}

/// Gives the calling thread the id of a user and a group, and no other groups.
pub fn become_id(id: u32) -> Result<(), Errno> {
    let (uid, gid) = (Uid::from_raw(id), Gid::from_raw(id));
    set_thread_groups(&[])?;
    set_thread_res_gid(gid, gid, gid)?;
    set_thread_res_uid(uid, uid, uid)
}
