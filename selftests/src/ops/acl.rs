// SPDX-License-Identifier: GPL-2.0

//! POSIX ACLs. A case writes one as text, such as `u::rw-,u:7:r--,g::---,m::r--,o::---`.

use rustix::fs::{lgetxattr, lremovexattr, lsetxattr, XattrFlags};
use rustix::io::Errno;

use crate::test_dir::TestDir;

/// Which of its two ACLs a file is asked for.
#[derive(Clone, Copy, Debug)]
pub enum Acl {
    /// The ACL that decides who may access the file.
    Access,
    /// The ACL that new entries of the directory inherit.
    Default,
}

impl Acl {
    /// The name of the extended attribute.
    pub fn attribute(self) -> &'static str {
        match self {
            Self::Access => "system.posix_acl_access",
            Self::Default => "system.posix_acl_default",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Access => "access",
            Self::Default => "default",
        }
    }
}

/// The version of the attribute's format (`POSIX_ACL_XATTR_VERSION`).
const VERSION: u32 = 2;

/// The id of entries that have none (`ACL_UNDEFINED_ID`).
const NO_ID: u32 = u32::MAX;

/// The letter of an entry, its tag without an id, and its tag with one.
const TAGS: [(&str, u16, u16); 4] = [("u", 1, 2), ("g", 4, 8), ("m", 0x10, 0), ("o", 0x20, 0)];

/// The value of the attribute, from its text. Panics if a case has a mistake in the text.
pub fn encode(text: &str) -> Vec<u8> {
    let mut value = VERSION.to_le_bytes().to_vec();
    for entry in text.split(',') {
        let [letter, id, permissions] = entry.split(':').collect::<Vec<_>>()[..] else {
            panic!("{entry} is not an entry of an ACL");
        };
        let (_, without_id, with_id) = TAGS
            .into_iter()
            .find(|tag| tag.0 == letter)
            .expect("the letter of an entry");
        let (tag, id) = match id {
            "" => (without_id, NO_ID),
            id => (with_id, id.parse().expect("the id of an entry")),
        };
        let bits = permissions.bytes().zip(["r", "w", "x"]).zip([4_u16, 2, 1]);
        let permissions: u16 = bits
            .filter(|((shown, letter), _)| *shown == letter.as_bytes()[0])
            .map(|(_, bit)| bit)
            .sum();
        value.extend(tag.to_le_bytes());
        value.extend(permissions.to_le_bytes());
        value.extend(id.to_le_bytes());
    }
    value
}

/// The text of a value.
pub fn decode(value: &[u8]) -> String {
    let number = |bytes: &[u8]| {
        bytes
            .iter()
            .rev()
            .fold(0_u32, |number, byte| (number << 8) | u32::from(*byte))
    };
    let entries = value.get(4..).unwrap_or_default().chunks(8).map(|entry| {
        let (tag, permissions) = (number(&entry[..2]), number(&entry[2..4]));
        let letter = TAGS
            .into_iter()
            .find(|(_, without_id, with_id)| [*without_id, *with_id].map(u32::from).contains(&tag))
            .map_or("?", |tag| tag.0);
        let id = match number(&entry[4..]) {
            NO_ID => String::new(),
            id => id.to_string(),
        };
        let letters = [(4, 'r'), (2, 'w'), (1, 'x')].map(|(bit, letter)| match permissions & bit {
            0 => '-',
            _ => letter,
        });
        format!("{letter}:{id}:{}", letters.iter().collect::<String>())
    });
    entries.collect::<Vec<_>>().join(",")
}

impl TestDir<'_> {
    /// Sets an ACL.
    pub fn setfacl(&self, file: &str, acl: Acl, text: &str) -> Result<(), Errno> {
        self.step(format!("setfacl {file} {} {text}", acl.name()), || {
            let value = encode(text);
            lsetxattr(
                self.path(file),
                acl.attribute(),
                &value,
                XattrFlags::empty(),
            )
        })
    }

    /// Gets an ACL.
    pub fn getfacl(&self, file: &str, acl: Acl) -> Result<String, Errno> {
        self.step(format!("getfacl {file} {}", acl.name()), || {
            let mut value = [0; 1_024];
            let length = lgetxattr(self.path(file), acl.attribute(), &mut value)?;
            Ok(decode(&value[..length]))
        })
    }

    /// Removes an ACL.
    pub fn removefacl(&self, file: &str, acl: Acl) -> Result<(), Errno> {
        self.step(format!("setfacl {file} {} none", acl.name()), || {
            lremovexattr(self.path(file), acl.attribute())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decode_reverses_encode() {
        let text = "u::rwx,u:7:r--,g::-w-,g:100008:--x,m::rw-,o::---";
        assert_eq!(decode(&encode(text)), text);
        assert_eq!(
            encode("o::r--"),
            [2, 0, 0, 0, 0x20, 0, 4, 0, 255, 255, 255, 255]
        );
        assert_eq!(decode(&[]), "");
    }
}
