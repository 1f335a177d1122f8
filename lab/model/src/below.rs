// SPDX-License-Identifier: GPL-2.0

//! Operations directly in the lower tree, which know nothing of the upper one.

use crate::{
    dcache::{drop_from_cache, lock_and_find, make_positive, move_to, unlock, Found},
    executor::Executor,
    state::{Inode, Layer::Lower, Path, NONE},
};

/// Renames `from` to `to`, or exchanges the two.
pub fn rename(exec: &Executor<'_>, from: Path, to: Path, exchange: bool) {
    let found = lock_and_find(exec, Lower, &[from, to], |_| {});
    change(exec, &found, from, to, exchange);
    unlock(exec, Lower, &[from, to], |_| {});
}

/// Renames what was found under the lock. Returns the dentries that had the names.
pub(crate) fn change(
    exec: &Executor<'_>,
    found: &[Option<Found>],
    from: Path,
    to: Path,
    exchange: bool,
) -> Option<(usize, Option<usize>)> {
    let (old, file) = found[0]?;
    let has_new = found[1].is_some_and(|(_, file)| file != NONE);
    if file == NONE || (exchange && !has_new) {
        return None;
    }
    let new = found[1].map(|(new, _)| new);
    move_to(exec, Lower, (old, from), (new, to), exchange);
    Some((old, new))
}

/// Removes a name. Its dentry leaves the cache and keeps its inode, because the upper dentry holds
/// a reference to it.
pub fn unlink(exec: &Executor<'_>, path: Path) {
    let found = lock_and_find(exec, Lower, &[path], |_| {});
    remove(exec, found[0]);
    unlock(exec, Lower, &[path], |_| {});
}

/// Removes what was found under the lock. Returns its dentry.
pub(crate) fn remove(exec: &Executor<'_>, found: Option<Found>) -> Option<usize> {
    let (dentry, _) = found.filter(|(_, file)| *file != NONE)?;
    drop_from_cache(exec, Lower, dentry);
    Some(dentry)
}

/// Creates a file, by a name with a cached negative dentry.
pub fn create(exec: &Executor<'_>, path: Path, file: Inode) {
    let found = lock_and_find(exec, Lower, &[path], |_| {});
    make(exec, found[0], file);
    unlock(exec, Lower, &[path], |_| {});
}

/// Makes a negative dentry that was found under the lock positive. Returns it.
pub(crate) fn make(exec: &Executor<'_>, found: Option<Found>, file: Inode) -> Option<usize> {
    let (dentry, _) = found.filter(|(_, present)| *present == NONE)?;
    make_positive(exec, Lower, dentry, file);
    Some(dentry)
}

/// Drops a dentry from the cache, as the lower filesystem may do at any time without a lock.
pub fn drop_dentry(exec: &Executor<'_>, lower: usize) {
    drop_from_cache(exec, Lower, lower);
}
