// SPDX-License-Identifier: GPL-2.0

//! Lookups from above, as `lookup` of `compat/ops/directory.rs` does them: with no lower lock held when
//! the upper dentry gets its place.

use crate::{
    above::remember,
    cpu::Cpu,
    dcache::{find, lock_shared, make_positive, move_to, unlock_shared, Found},
    mutant::Mutant,
    world::{
        Layer::{Lower, Upper},
        Member, Place, NONE,
    },
};

/// Looks up a name that the upper cache does not know, and that is a directory. `spare` is the new
/// upper dentry.
pub fn directory(cpu: &Cpu<'_>, place: Place, spare: usize) {
    lock_shared(cpu, Upper, place.0);
    if find(cpu, Upper, &[place])[0].is_none() {
        if let Some(lower) = find(cpu, Lower, &[place])[0] {
            splice(cpu, place, lower, spare);
        }
    }
    unlock_shared(cpu, Upper, place.0);
}

/// The alias is in the directory of the lookup.
const SAME: u64 = 2;
/// The locks of a move between directories are not to be had.
const FAILED: u64 = 3;

fn splice(cpu: &Cpu<'_>, place: Place, (lower, file): Found, spare: usize) {
    if file == NONE {
        return;
    }
    let alias = cpu.step("a dentry of the directory is looked for", |world| {
        let found = world
            .upper
            .iter()
            .position(|upper| upper.dentry.settled.inode == file);
        found.map_or(0, |alias| alias as u64 + 1)
    });
    let Some(alias) = alias.checked_sub(1) else {
        cpu.change("the new dentry is bound", |world| {
            let entry = &mut world.upper[spare];
            entry.lower = lower;
            entry.time = crate::sync::NEVER;
            world.writes(Upper, spare, Member::Lower);
            world.change(Upper, spare, |dentry| {
                (dentry.now.parent, dentry.now.name) = place;
                dentry.settled = dentry.now;
            });
        });
        make_positive(cpu, Upper, spare, file);
        remember(cpu, spare, Mutant::TrustsLookup);
        return;
    };
    let alias = alias as usize;
    // The locks of a move between directories are tried, and not waited for.
    let from = cpu.step("locks are tried", |world| {
        let parent = world.upper[alias].dentry.now.parent;
        if parent == place.0 {
            return SAME;
        }
        let lock = &mut world.upper_dirs[usize::from(parent)];
        if world.upper_rename || lock.writer {
            return FAILED;
        }
        lock.readers += 1;
        world.upper_rename = true;
        parent.into()
    });
    if from == FAILED {
        return;
    }
    // Where the alias is stays while the locks are held, and an exchange is not wanted.
    move_to(cpu, Upper, (alias, place), (None, place), false);
    if cpu.mutant == Mutant::TrustsLookup {
        remember(cpu, alias, Mutant::TrustsLookup);
    }
    if from != SAME {
        cpu.change("locks are given back", |world| {
            world.upper_dirs[from as usize].readers -= 1;
            world.upper_rename = false;
        });
    }
}
