// SPDX-License-Identifier: GPL-2.0

//! Operations directly in the lower tree, which know nothing of the upper one.

use crate::{
    cpu::Cpu,
    dcache::{drop_from_cache, lock_and_find, make_positive, move_to, unlock, Found},
    world::{Inode, Layer::Lower, Place, NONE},
};

/// Renames `from` to `to`, or exchanges the two.
pub fn rename(cpu: &Cpu<'_>, from: Place, to: Place, exchange: bool) {
    let found = lock_and_find(cpu, Lower, &[from, to], |_| {});
    change(cpu, &found, from, to, exchange);
    unlock(cpu, Lower, &[from, to], |_| {});
}

/// Renames what was found under the lock. Returns the dentries that had the names.
pub(crate) fn change(
    cpu: &Cpu<'_>,
    found: &[Option<Found>],
    from: Place,
    to: Place,
    exchange: bool,
) -> Option<(usize, Option<usize>)> {
    let (old, file) = found[0]?;
    let has_new = found[1].is_some_and(|(_, file)| file != NONE);
    if file == NONE || (exchange && !has_new) {
        return None;
    }
    let new = found[1].map(|(new, _)| new);
    move_to(cpu, Lower, (old, from), (new, to), exchange);
    Some((old, new))
}

/// Removes a name. Its dentry, which the upper one counts, leaves the cache with its file.
pub fn unlink(cpu: &Cpu<'_>, place: Place) {
    let found = lock_and_find(cpu, Lower, &[place], |_| {});
    remove(cpu, found[0]);
    unlock(cpu, Lower, &[place], |_| {});
}

/// Removes what was found under the lock. Returns its dentry.
pub(crate) fn remove(cpu: &Cpu<'_>, found: Option<Found>) -> Option<usize> {
    let (dentry, _) = found.filter(|(_, file)| *file != NONE)?;
    drop_from_cache(cpu, Lower, dentry);
    Some(dentry)
}

/// Gives a name, which the cache knows as free, a file.
pub fn create(cpu: &Cpu<'_>, place: Place, file: Inode) {
    let found = lock_and_find(cpu, Lower, &[place], |_| {});
    make(cpu, found[0], file);
    unlock(cpu, Lower, &[place], |_| {});
}

/// Gives a name that was found free under the lock a file. Returns its dentry.
pub(crate) fn make(cpu: &Cpu<'_>, found: Option<Found>, file: Inode) -> Option<usize> {
    let (dentry, _) = found.filter(|(_, present)| *present == NONE)?;
    make_positive(cpu, Lower, dentry, file);
    Some(dentry)
}

/// Takes a dentry out of the cache: the lower filesystem may at any time, without a lock.
pub fn forget(cpu: &Cpu<'_>, lower: usize) {
    drop_from_cache(cpu, Lower, lower);
}
