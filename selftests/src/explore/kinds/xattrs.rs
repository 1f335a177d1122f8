// SPDX-License-Identifier: GPL-2.0

//! Extended attributes, and the ACLs and capabilities that are some of them.

use rustix::fs::{
    fgetxattr, flistxattr, fremovexattr, fsetxattr, getxattr, lgetxattr, listxattr, llistxattr,
    lremovexattr, lsetxattr, removexattr, setxattr, XattrFlags,
};

use super::{done, PLACE, SLOT};
use crate::explore::operation::{Kind, Scope};
use crate::explore::word::Domain;
use crate::ops::{encode_acl, pattern};
use crate::show::Show;

const ATTRIBUTES: &[&str] = &[
    "user.one",
    "user.two",
    "trusted.one",
    "security.one",
    "security.capability",
    "system.posix_acl_access",
    "system.posix_acl_default",
    "unknown.one",
    "user.",
];

const ATTRIBUTE: Domain = Domain::OneOf(&[
    ("user.one", 0),
    ("user.two", 1),
    ("trusted.one", 2),
    ("security.one", 3),
    ("security.capability", 4),
    ("system.posix_acl_access", 5),
    ("system.posix_acl_default", 6),
    ("unknown.one", 7),
    ("user.", 8),
]);

const ACL: Domain = Domain::OneOf(&[("access", 0), ("default", 1)]);

const ACLS: &[&str] = &[
    "u::rwx,g::r-x,o::r-x",
    "u::rw-,u:54321:rw-,g::---,m::rw-,o::---",
    "u::rwx,u:54322:r-x,g::rwx,g:54321:rwx,m::rwx,o::---",
    "u::---,g::---,o::rwx",
    "u::rwx,u:54321:rwx,g::---,m::---,o::---",
];

const FLAGS: Domain = Domain::Flags(&[("CREATE", 1), ("REPLACE", 2)]);
const LENGTH: Domain = Domain::Number(&[4, 0, 1, 20, 300, 3_000]);
const FOLLOW: Domain = Domain::OneOf(&[("follow", 0), ("nofollow", 1)]);

pub(super) const KINDS: &[Kind] = &[
    Kind {
        name: "setxattr",
        weight: 6,
        arguments: &[PLACE, ATTRIBUTE, LENGTH, FLAGS, FOLLOW],
        scope: Scope::Everywhere,
        perform: |hand, words| {
            let path = hand.path(words.place(0))?;
            let name = ATTRIBUTES[words.size(1)];
            let value = value(name, words.size(2));
            let flags = XattrFlags::from_bits_retain(words.bits(3));
            match words.number(4) {
                0 => setxattr(path, name, &value, flags),
                _ => lsetxattr(path, name, &value, flags),
            }
            .map(done)
        },
    },
    Kind {
        name: "getxattr",
        weight: 4,
        arguments: &[PLACE, ATTRIBUTE, Domain::Number(&[4_096, 0, 1, 20]), FOLLOW],
        scope: Scope::Everywhere,
        perform: |hand, words| {
            let path = hand.path(words.place(0))?;
            let name = ATTRIBUTES[words.size(1)];
            let mut value = vec![0; words.size(2)];
            let length = match words.number(3) {
                0 => getxattr(path, name, &mut value[..]),
                _ => lgetxattr(path, name, &mut value[..]),
            }?;
            Ok(shown(&value, length))
        },
    },
    Kind {
        name: "listxattr",
        weight: 3,
        arguments: &[PLACE, Domain::Number(&[4_096, 0, 1, 20]), FOLLOW],
        scope: Scope::Everywhere,
        perform: |hand, words| {
            let path = hand.path(words.place(0))?;
            let mut list = vec![0; words.size(1)];
            let length = match words.number(2) {
                0 => listxattr(path, &mut list[..]),
                _ => llistxattr(path, &mut list[..]),
            }?;
            Ok(listed(&list, length))
        },
    },
    Kind {
        name: "removexattr",
        weight: 3,
        arguments: &[PLACE, ATTRIBUTE, FOLLOW],
        scope: Scope::Everywhere,
        perform: |hand, words| {
            let path = hand.path(words.place(0))?;
            let name = ATTRIBUTES[words.size(1)];
            match words.number(2) {
                0 => removexattr(path, name),
                _ => lremovexattr(path, name),
            }
            .map(done)
        },
    },
    Kind {
        name: "fsetxattr",
        weight: 3,
        arguments: &[SLOT, ATTRIBUTE, LENGTH, FLAGS],
        scope: Scope::Everywhere,
        perform: |hand, words| {
            let name = ATTRIBUTES[words.size(1)];
            let value = value(name, words.size(2));
            let flags = XattrFlags::from_bits_retain(words.bits(3));
            fsetxattr(hand.file(words.size(0))?, name, &value, flags).map(done)
        },
    },
    Kind {
        name: "fgetxattr",
        weight: 2,
        arguments: &[SLOT, ATTRIBUTE],
        scope: Scope::Everywhere,
        perform: |hand, words| {
            let mut value = vec![0; 4_096];
            let name = ATTRIBUTES[words.size(1)];
            let length = fgetxattr(hand.file(words.size(0))?, name, &mut value[..])?;
            Ok(shown(&value, length))
        },
    },
    Kind {
        name: "flistxattr",
        weight: 1,
        arguments: &[SLOT],
        scope: Scope::Everywhere,
        perform: |hand, words| {
            let mut list = vec![0; 4_096];
            let length = flistxattr(hand.file(words.size(0))?, &mut list[..])?;
            Ok(listed(&list, length))
        },
    },
    Kind {
        name: "fremovexattr",
        weight: 1,
        arguments: &[SLOT, ATTRIBUTE],
        scope: Scope::Everywhere,
        perform: |hand, words| {
            let name = ATTRIBUTES[words.size(1)];
            fremovexattr(hand.file(words.size(0))?, name).map(done)
        },
    },
    Kind {
        name: "setfacl",
        weight: 6,
        arguments: &[PLACE, ACL, Domain::Number(&[0, 1, 2, 3, 4])],
        scope: Scope::Everywhere,
        perform: |hand, words| {
            let path = hand.path(words.place(0))?;
            let acl = encode_acl(ACLS[words.size(2) % ACLS.len()]);
            setxattr(path, acl_name(words.number(1)), &acl, XattrFlags::empty()).map(done)
        },
    },
];

fn acl_name(number: u64) -> &'static str {
    match number {
        0 => "system.posix_acl_access",
        _ => "system.posix_acl_default",
    }
}

/// A value that the attribute can have: a file capability for its name, any bytes for others.
fn value(name: &str, length: usize) -> Vec<u8> {
    match (name, length) {
        // `struct vfs_cap_data` of version 2 with CAP_NET_BIND_SERVICE.
        ("security.capability", 20) => [0x0200_0001_u32, 1 << 10, 0, 0, 0]
            .iter()
            .flat_map(|word| word.to_le_bytes())
            .collect(),
        _ => pattern(length as u8, length),
    }
}

fn shown(value: &[u8], length: usize) -> String {
    match value.get(..length) {
        // A buffer without bytes asks for the length only.
        None => format!("{length} bytes"),
        Some(value) => value.to_vec().show(),
    }
}

fn listed(list: &[u8], length: usize) -> String {
    let Some(list) = list.get(..length) else {
        return format!("{length} bytes");
    };
    let mut names: Vec<String> = list
        .split(|byte| *byte == 0)
        .filter(|name| !name.is_empty())
        .map(|name| name.escape_ascii().to_string())
        .collect();
    names.sort();
    names.show()
}
