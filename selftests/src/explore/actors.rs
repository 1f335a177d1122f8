// SPDX-License-Identifier: GPL-2.0

//! Who performs the steps of a script.

use rustix::fs::{Gid, Mode, Uid};
use rustix::io::Errno;
use rustix::process::umask;
use rustix::thread::{
    capabilities, remove_capability_from_bounding_set, set_capabilities, set_thread_groups,
    set_thread_res_gid, set_thread_res_uid, CapabilitySet,
};

use super::calls;

/// A task with credentials of its own.
#[derive(Debug)]
pub struct Actor {
    /// The name in a script.
    pub name: &'static str,
    /// How often it acts, compared with the others.
    pub weight: u32,
    /// Whether it works directly in the lower directory.
    pub below: bool,
    /// The ids of its user and group.
    pub id: u32,
    /// Its other groups.
    pub groups: &'static [u32],
    /// The capabilities that it lacks.
    pub without: CapabilitySet,
    /// The capabilities that it has although it is not root.
    pub with: CapabilitySet,
    /// The maps of the user namespaces that it is in, the outer one first.
    pub namespaces: &'static [&'static str],
    /// Its umask when a script begins.
    pub umask: u32,
}

/// The user and group id of the first user.
pub const ALICE: u32 = 54_321;
/// The user and group id of the second user.
pub const BOB: u32 = 54_322;

const ROOT: Actor = Actor {
    name: "root",
    weight: 8,
    below: false,
    id: 0,
    groups: &[],
    without: CapabilitySet::empty(),
    with: CapabilitySet::empty(),
    namespaces: &[],
    umask: 0o022,
};

/// Root's ids in the user namespace of a rootless container that the first user has started.
const ROOTLESS: &str = "0 54321 1\n1 100000 65535";

/// All actors. Steps of the first one are the simplest.
pub static ACTORS: &[Actor] = &[
    ROOT,
    Actor {
        name: "alice",
        weight: 5,
        id: ALICE,
        umask: 0o077,
        ..ROOT
    },
    Actor {
        name: "bob",
        weight: 2,
        id: BOB,
        umask: 0o002,
        ..ROOT
    },
    Actor {
        name: "member",
        weight: 2,
        id: BOB + 1,
        groups: &[ALICE, BOB],
        umask: 0o002,
        ..ROOT
    },
    Actor {
        name: "root-without-dac",
        weight: 1,
        without: CapabilitySet::DAC_OVERRIDE.union(CapabilitySet::DAC_READ_SEARCH),
        ..ROOT
    },
    Actor {
        name: "root-without-fowner",
        weight: 1,
        without: CapabilitySet::FOWNER,
        ..ROOT
    },
    Actor {
        name: "root-without-chown",
        weight: 1,
        without: CapabilitySet::CHOWN.union(CapabilitySet::FSETID),
        ..ROOT
    },
    Actor {
        name: "root-without-admin",
        weight: 1,
        without: CapabilitySet::SYS_ADMIN
            .union(CapabilitySet::SYS_RESOURCE)
            .union(CapabilitySet::LINUX_IMMUTABLE)
            .union(CapabilitySet::MKNOD)
            .union(CapabilitySet::SETFCAP)
            .union(CapabilitySet::LEASE),
        ..ROOT
    },
    Actor {
        name: "alice-reading",
        weight: 1,
        id: ALICE,
        with: CapabilitySet::DAC_READ_SEARCH,
        ..ROOT
    },
    Actor {
        name: "bob-owning",
        weight: 1,
        id: BOB,
        with: CapabilitySet::FOWNER.union(CapabilitySet::LEASE),
        ..ROOT
    },
    Actor {
        name: "container",
        weight: 2,
        namespaces: &[ROOTLESS],
        ..ROOT
    },
    Actor {
        name: "container-user",
        weight: 1,
        id: 1_000,
        namespaces: &[ROOTLESS],
        ..ROOT
    },
    Actor {
        name: "nested",
        weight: 1,
        namespaces: &[ROOTLESS, "0 1 1000"],
        ..ROOT
    },
    Actor {
        name: "stranger",
        weight: 1,
        namespaces: &["0 300000 65536"],
        ..ROOT
    },
    Actor {
        name: "below",
        weight: 8,
        below: true,
        ..ROOT
    },
    Actor {
        name: "alice-below",
        weight: 3,
        below: true,
        id: ALICE,
        ..ROOT
    },
];

/// The actor of that name.
pub fn find(name: &str) -> Option<&'static Actor> {
    ACTORS.iter().find(|actor| actor.name == name)
}

impl Actor {
    /// Gives the calling process the actor's credentials. In a user namespace the ids are those
    /// there.
    pub fn impersonate(&self) -> Result<(), Errno> {
        let groups: Vec<Gid> = self.groups.iter().map(|id| Gid::from_raw(*id)).collect();
        let (uid, gid) = (Uid::from_raw(self.id), Gid::from_raw(self.id));
        set_thread_groups(&groups)?;
        set_thread_res_gid(gid, gid, gid)?;
        for capability in self.without.iter() {
            remove_capability_from_bounding_set(capability)?;
        }
        if !self.with.is_empty() {
            rustix::thread::set_capabilities_secure_bits(
                rustix::thread::CapabilitiesSecureBits::KEEP_CAPS,
            )?;
        }
        set_thread_res_uid(uid, uid, uid)?;
        let mut sets = capabilities(None)?;
        match self.with.is_empty() {
            true => sets.permitted -= self.without,
            false => sets.permitted = self.with,
        }
        sets.effective = match self.id == 0 || !self.with.is_empty() {
            true => sets.permitted,
            false => sets.effective,
        };
        sets.inheritable = CapabilitySet::empty();
        set_capabilities(None, sets)
    }

    /// Sets what scripts change and later ones rely on.
    pub fn set_defaults(&self) {
        umask(Mode::from_raw_mode(self.umask));
        // There was no lower limit before the first script, so this is allowed.
        let _ = calls::limit_file_size(None);
    }
}
