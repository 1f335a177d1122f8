// SPDX-License-Identifier: GPL-2.0

//! Operations from above, as `compat/dirop.rs` and the `follow_*` of `compat/upper/dentry.rs` do them.

use crate::{
    below,
    cpu::Cpu,
    dcache::{drop_from_cache, lock_and_find, make_positive, move_to, unlock, Found},
    mutant::Mutant,
    walk,
    world::{
        Inode,
        Layer::{Lower, Upper},
        Member, Part, Place, World, NONE,
    },
};

/// Counts an operation that is half done, or is so no more.
fn count(entries: &[Found], by: i8) -> impl FnOnce(&mut World) + '_ {
    move |world| {
        for &(entry, _) in entries {
            let half_done = &mut world.upper[entry].half_done;
            *half_done = half_done.wrapping_add_signed(by);
        }
    }
}

/// Has the VFS lock the upper directories and find an upper dentry for each place. If `suits` them,
/// locks the lower directories, has `change` change what has the names there, and `follow` let the
/// upper dentries follow. `asks`: whether the VFS asks about the first dentry again under its lock.
fn operate<T>(
    cpu: &Cpu<'_>,
    places: &[Place],
    asks: bool,
    suits: impl FnOnce(&[Found]) -> bool,
    change: impl FnOnce(&[Option<Found>]) -> Option<T>,
    follow: impl FnOnce(&[Found], T),
) {
    let entries = lock_and_find(cpu, Upper, places, |_| {});
    let entries: Option<Vec<Found>> = entries.into_iter().collect();
    let entries = entries.filter(|entries| suits(entries));
    if let Some(entries) = entries.filter(|entries| !asks || walk::sync(cpu, entries[0].0)) {
        let unlocks_early = cpu.mutant == Mutant::UnlocksEarly;
        let found = lock_and_find(cpu, Lower, places, count(&entries, 1));
        let changed = change(&found);
        if unlocks_early {
            unlock(cpu, Lower, places, |_| {});
        }
        if let Some(changed) = changed {
            follow(&entries, changed);
        }
        if unlocks_early {
            cpu.change("the operation is over", count(&entries, -1));
        } else {
            unlock(cpu, Lower, places, count(&entries, -1));
        }
    }
    unlock(cpu, Upper, places, |_| {});
}

fn lower_of(cpu: &Cpu<'_>, upper: usize) -> usize {
    let part = Part(Upper, upper, Member::Lower);
    cpu.read("d_fsdata is read", part, |world| {
        world.upper[upper].lower as u64
    }) as usize
}

/// `sync_after_lookup`: compares; a mutant remembers without a look.
pub(crate) fn remember(cpu: &Cpu<'_>, upper: usize, mutant: Mutant) {
    if cpu.mutant != mutant {
        walk::try_sync(cpu, upper);
        return;
    }
    cpu.change("d_time is written", |world| {
        world.upper[upper].time = world.number(upper);
    });
}

/// Renames `from` to `to`, or exchanges the two.
pub fn rename(cpu: &Cpu<'_>, from: Place, to: Place, exchange: bool, asks: bool) {
    operate(
        cpu,
        &[from, to],
        asks,
        |entries| entries[0].1 != NONE,
        |found| below::change(cpu, found, from, to, exchange),
        |entries, lower| {
            follow_renaming(cpu, (entries[0].0, entries[1].0), lower, from, to, exchange);
        },
    );
}

fn follow_renaming(
    cpu: &Cpu<'_>,
    (old, new): (usize, usize),
    (lower_old, lower_new): (usize, Option<usize>),
    from: Place,
    to: Place,
    exchange: bool,
) {
    let is_own = lower_old == lower_of(cpu, old);
    let moved = is_own
        && cpu.step("where the lower dentry is now", |world| {
            world.lower[lower_old].now.is_at(to).into()
        }) != 0;
    let exchanged = exchange && lower_new == Some(lower_of(cpu, new));
    if is_own && !moved {
        return;
    }
    if !moved || (exchange && !exchanged) {
        drop_from_cache(cpu, Upper, old);
        drop_from_cache(cpu, Upper, new);
        return;
    }
    if exchange {
        // Neither leaves the cache: for a moment both have one place.
        move_to(cpu, Upper, (new, to), (None, from), false);
        move_to(cpu, Upper, (old, from), (None, to), false);
    } else {
        move_to(cpu, Upper, (old, from), (Some(new), to), false);
    }
    if cpu.mutant == Mutant::TrustsItself {
        remember(cpu, old, Mutant::TrustsItself);
    }
}

/// Removes a name.
pub fn unlink(cpu: &Cpu<'_>, place: Place, asks: bool) {
    operate(
        cpu,
        &[place],
        asks,
        |entries| entries[0].1 != NONE,
        |found| below::remove(cpu, found[0]),
        |entries, _| drop_from_cache(cpu, Upper, entries[0].0),
    );
}

/// Gives a free name a file, or a directory.
pub fn create(cpu: &Cpu<'_>, place: Place, file: Inode, is_directory: bool, asks: bool) {
    operate(
        cpu,
        &[place],
        asks,
        |entries| entries[0].1 == NONE,
        |found| below::make(cpu, found[0], file),
        |entries, lower| follow_making(cpu, entries[0].0, lower, file, is_directory),
    );
}

fn follow_making(cpu: &Cpu<'_>, entry: usize, lower: usize, file: Inode, is_directory: bool) {
    let made = lower == lower_of(cpu, entry)
        && cpu.step("what the lower dentry is now", |world| {
            let now = &world.lower[lower].now;
            (now.hashed && now.inode != NONE).into()
        }) != 0;
    if !made || is_directory {
        drop_from_cache(cpu, Upper, entry);
    }
    if made {
        make_positive(cpu, Upper, entry, file);
        remember(cpu, entry, Mutant::TrustsItself);
    }
}
