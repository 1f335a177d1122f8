// SPDX-License-Identifier: GPL-2.0

//! How the VFS changes dentries: in the kernel's order, each store a step.

use crate::{
    cpu::Cpu,
    world::{Inode, Layer, Lock, Members, Place, World},
};

/// Dentries that a task changes together, whose `d_lock` it holds.
///
/// What it does to them is one step: nobody looks at two dentries of one layer at once, but for a
/// lookup by name, and that takes locks.
#[derive(Clone, Copy)]
struct Changed<'a, 'w> {
    cpu: &'a Cpu<'w>,
    layer: Layer,
    number: usize,
    other: Option<usize>,
}

impl<'a, 'w> Changed<'a, 'w> {
    /// Takes `d_lock`, and makes `d_seq` odd.
    fn begin(cpu: &'a Cpu<'w>, layer: Layer, number: usize, other: Option<usize>) -> Self {
        let changed = Self {
            cpu,
            layer,
            number,
            other,
        };
        cpu.step_or_wait("d_seq becomes odd", |world| {
            let numbers = || [Some(number), other].into_iter().flatten();
            if numbers().any(|at| world.dentry(layer, at).locked) {
                return None;
            }
            for at in numbers() {
                world.change(layer, at, |dentry| {
                    dentry.locked = true;
                    dentry.seq += 1;
                });
            }
            Some(0)
        });
        changed
    }

    fn set(
        &self,
        label: &'static str,
        set: impl FnOnce(&mut Members),
        set_other: impl FnOnce(&mut Members),
    ) {
        self.cpu.change(label, |world| {
            world.change(self.layer, self.number, |dentry| set(&mut dentry.now));
            if let Some(other) = self.other {
                world.change(self.layer, other, |other| set_other(&mut other.now));
            }
        });
    }

    /// Makes `d_seq` even, which is the one moment at which the truth changes, and gives `d_lock` back.
    fn end(&self) {
        self.cpu.change("d_seq becomes even", |world| {
            for at in [Some(self.number), self.other].into_iter().flatten() {
                world.change(self.layer, at, |dentry| {
                    dentry.seq += 1;
                    dentry.settled = dentry.now;
                    dentry.locked = false;
                });
            }
        });
    }
}

/// Moves a dentry from `from` to `to`, where `target` is (`__d_move()`). The target leaves the cache,
/// or gets the dentry's place if the two are exchanged. There is none if nobody else knows it.
///
/// The caller holds locks that keep both where they are.
pub fn move_to(
    cpu: &Cpu<'_>,
    layer: Layer,
    (number, from): (usize, Place),
    (target, to): (Option<usize>, Place),
    exchange: bool,
) {
    let changed = Changed::begin(cpu, layer, number, target);
    if from.0 != to.0 {
        changed.set(
            "d_parent",
            |dentry| dentry.parent = to.0,
            |target| {
                if exchange {
                    target.parent = from.0;
                }
            },
        );
    }
    changed.set(
        "d_name and d_hash",
        |dentry| {
            dentry.name = to.1;
            dentry.hashed = true;
        },
        |target| {
            if exchange {
                target.name = from.1;
            } else {
                target.hashed = false;
            }
        },
    );
    changed.end();
}

/// Takes a dentry out of the cache (`d_drop()`). Needs no lock of a directory.
pub fn drop_from_cache(cpu: &Cpu<'_>, layer: Layer, number: usize) {
    cpu.step_or_wait("the dentry is unhashed", |world| {
        if world.dentry(layer, number).locked {
            return None;
        }
        world.change(layer, number, |dentry| {
            dentry.locked = true;
            dentry.now.hashed = false;
        });
        Some(0)
    });
    cpu.change("d_seq is invalidated", |world| {
        world.change(layer, number, |dentry| {
            dentry.seq += 2;
            dentry.settled = dentry.now;
            dentry.locked = false;
        });
    });
}

/// Gives a dentry its inode (`d_instantiate()`), and hashes it if it is not (`d_add()`).
pub fn make_positive(cpu: &Cpu<'_>, layer: Layer, number: usize, inode: Inode) {
    let changed = Changed::begin(cpu, layer, number, None);
    changed.set("d_inode", |dentry| dentry.inode = inode, |_| {});
    changed.end();
    cpu.change("the dentry is hashed", |world| {
        world.change(layer, number, |dentry| {
            dentry.now.hashed = true;
            dentry.settled.hashed = true;
        });
    });
}

/// A dentry, and the file that it stands for.
pub type Found = (usize, Inode);

/// What lookups of `places` find in the layer's cache. The caller holds locks that keep it so.
pub fn find(cpu: &Cpu<'_>, layer: Layer, places: &[Place]) -> Vec<Option<Found>> {
    unpack(
        cpu.step("names are looked up", |world| pack(world, layer, places)),
        places,
    )
}

/// Locks directories exclusively, counts the entries that change, and looks `places` up.
pub fn lock_and_find(
    cpu: &Cpu<'_>,
    layer: Layer,
    places: &[Place],
    and: impl FnOnce(&mut World),
) -> Vec<Option<Found>> {
    // All at once: how the locks of one layer are ordered is the VFS's affair.
    let found = cpu.step_or_wait("directories are locked", |world| {
        let is_free = |lock: &mut Lock| !lock.writer && lock.readers == 0;
        if !places
            .iter()
            .all(|place| is_free(world.dir(layer, place.0)))
        {
            return None;
        }
        for place in places {
            world.dir(layer, place.0).writer = true;
        }
        and(world);
        Some(pack(world, layer, places))
    });
    unpack(found, places)
}

/// What is found, 16 bits a place, as a step returns it.
fn pack(world: &mut World, layer: Layer, places: &[Place]) -> u64 {
    places.iter().fold(0, |packed, &place| {
        let found = world.find(layer, place).map_or(0, |number| {
            ((number as u64 + 1) << 8) | u64::from(world.dentry(layer, number).settled.inode)
        });
        (packed << 16) | found
    })
}

fn unpack(packed: u64, places: &[Place]) -> Vec<Option<Found>> {
    let shifts = (0..places.len()).rev().map(|at| at * 16);
    shifts
        .map(|shift| {
            let number = ((packed >> (shift + 8)) & 0xff).checked_sub(1)?;
            Some((number as usize, (packed >> shift) as Inode))
        })
        .collect()
}

/// Unlocks them.
pub fn unlock(cpu: &Cpu<'_>, layer: Layer, places: &[Place], and: impl FnOnce(&mut World)) {
    cpu.change("directories are unlocked", |world| {
        for place in places {
            world.dir(layer, place.0).writer = false;
        }
        and(world);
    });
}

/// Locks a directory, shared.
pub fn lock_shared(cpu: &Cpu<'_>, layer: Layer, dir: u8) {
    cpu.step_or_wait("a directory is locked shared", |world| {
        let lock = world.dir(layer, dir);
        if lock.writer {
            return None;
        }
        lock.readers += 1;
        Some(0)
    });
}

/// Unlocks it.
pub fn unlock_shared(cpu: &Cpu<'_>, layer: Layer, dir: u8) {
    cpu.change("a directory is unlocked", |world| {
        world.dir(layer, dir).readers -= 1;
    });
}
