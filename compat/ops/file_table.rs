// SPDX-License-Identifier: GPL-2.0

//! The tables of open files. The VFS asks the table of a file what the file can do, so a file has
//! one that fits its lower file.
//!
//! Lower files differ in nine features, and all those of a filesystem have the same. So a table is
//! made when the first file with its features is opened, and stays until the module is unloaded.
//!
//! C header: `include/linux/fs.h`

use core::{
    mem::size_of,
    ptr::null_mut,
    sync::atomic::{AtomicPtr, Ordering},
};

use bindings::file_operations;

use super::file::{
    directory_table, get_unmapped_area, regular_table, remap_file_range, DirectoryFileOperations,
    RegularFileOperations,
};
use crate::compat::{
    error::{code, Result},
    file::File,
    shims::{
        async_lock::{self, AsyncLock},
        dontcache::{self, DontCache},
    },
    upper::Upper,
};

/// The flags of `file_operations` that an open regular file has if its lower file has them.
const COPIED_FLAGS: [u32; 5] = [
    bindings::FOP_BUFFER_RASYNC as u32,
    bindings::FOP_BUFFER_WASYNC as u32,
    bindings::FOP_DIO_PARALLEL_WRITE as u32,
    bindings::FOP_MMAP_SYNC as u32,
    dontcache::Answer::FLAG,
];

/// `get_unmapped_area`: the filesystem chooses the addresses of mappings. The bits below this one
/// stand for [`COPIED_FLAGS`].
const PLACES_MAPPINGS: usize = 1 << COPIED_FLAGS.len();

/// `remap_file_range`. Without it the VFS refuses to share blocks before it looks at the arguments.
const SHARES_BLOCKS: usize = PLACES_MAPPINGS << 1;

/// `flush`. If a file has it, io_uring closes the file by a worker thread, and the program hears of
/// the end before the file is closed.
const FLUSHES: usize = SHARES_BLOCKS << 1;

/// The `lock` operation waits within the filesystem, so a lock manager in the kernel must not ask
/// for a lock that is queued (`FOP_ASYNC_LOCK`).
const LOCK_WAITS: usize = FLUSHES << 1;

/// What the table of an open file has: a set of the bits above.
#[derive(Clone, Copy)]
struct Features(usize);

impl Features {
    /// How many sets there are.
    const COUNT: usize = LOCK_WAITS << 1;

    /// What the open file `file` has. `always_flushes` says that the driver does more in `flush`
    /// than the lower filesystem.
    fn of(file: &Upper<File>, always_flushes: bool) -> Self {
        let (lower, has_own_locks) = (file.lower(), file.lower_has_own_locks());
        let mut flags = lower.operation_flags();
        if lower.is_dax() {
            // The VFS makes this exception by the upper inode, which does not have the lower one's
            // flag.
            flags &= !dontcache::Answer::FLAG;
        }
        let mut features = 0;
        for (at, flag) in COPIED_FLAGS.into_iter().enumerate() {
            if flags & flag != 0 {
                features |= 1 << at;
            }
        }
        for (has, feature) in [
            (lower.places_mappings(), PLACES_MAPPINGS),
            (lower.shares_blocks(), SHARES_BLOCKS),
            // Locks of such a file can lack their record (`Upper::remove_record_locks`).
            (
                always_flushes || lower.has_flush() || has_own_locks,
                FLUSHES,
            ),
            (has_own_locks, LOCK_WAITS),
        ] {
            if has {
                features |= feature;
            }
        }
        Self(features)
    }

    fn has(self, feature: usize) -> bool {
        self.0 & feature != 0
    }

    /// The table of open regular files with these features.
    fn table<T: RegularFileOperations>(self) -> file_operations {
        let mut table = regular_table::<T>();
        for (at, flag) in COPIED_FLAGS.into_iter().enumerate() {
            if self.has(1 << at) {
                table.fop_flags |= flag;
            }
        }
        if !self.has(LOCK_WAITS) {
            table.fop_flags |= async_lock::Answer::FLAG;
        }
        if self.has(PLACES_MAPPINGS) {
            table.get_unmapped_area = Some(get_unmapped_area);
        }
        if self.has(SHARES_BLOCKS) {
            table.remap_file_range = Some(remap_file_range::<T>);
        }
        if !self.has(FLUSHES) {
            table.flush = None;
        }
        table
    }
}

/// No table was made for these features yet.
#[allow(clippy::declare_interior_mutable_const)]
const NONE: AtomicPtr<file_operations> = AtomicPtr::new(null_mut());

/// The tables of open regular files that were made, by their [`Features`].
///
/// A pointer that is not null is a table from `shim_alloc()` that nobody writes to, until [`stop`]
/// frees it. One module has one driver (`Registration`), so all tables have the same functions.
static TABLES: [AtomicPtr<file_operations>; Features::COUNT] = [NONE; Features::COUNT];

/// The table for the open regular file `file`.
///
/// Errors: `ENOMEM`, which only the first file with these features can get.
pub(super) fn of_regular<T: RegularFileOperations>(
    file: &Upper<File>,
) -> Result<&'static file_operations> {
    let features = Features::of(file, T::CHANGES_FLUSH);
    let table = TABLES[features.0].load(Ordering::Acquire);
    if table.is_null() {
        return make_table::<T>(features);
    }
    // SAFETY: The table is complete, as the store of the pointer released it, and nobody writes to
    // it. It stays until `stop`, when no file is open.
    Ok(unsafe { &*table })
}

/// Makes the table for open regular files with these features, unless somebody else is faster.
///
/// Errors: `ENOMEM`.
#[cold]
fn make_table<T: RegularFileOperations>(features: Features) -> Result<&'static file_operations> {
    // SAFETY: The caller is `open`, which may sleep.
    let new = unsafe { bindings::shim_alloc(size_of::<file_operations>()) };
    let new = new.cast::<file_operations>();
    if new.is_null() {
        return Err(code::ENOMEM);
    }
    // SAFETY: The memory is ours, and large enough. `kmalloc()` aligns it for any type.
    unsafe { new.write(features.table::<T>()) };
    let (free, orders) = (null_mut(), (Ordering::AcqRel, Ordering::Acquire));
    let table = match TABLES[features.0].compare_exchange(free, new, orders.0, orders.1) {
        Ok(_) => new,
        Err(other) => {
            // SAFETY: Nobody else has got the memory.
            unsafe { bindings::kfree(new.cast()) };
            other
        }
    };
    // SAFETY: As in `of_regular`.
    Ok(unsafe { &*table })
}

/// The table for the open directory `file`.
pub(super) fn of_directory<T: DirectoryFileOperations>(
    file: &Upper<File>,
) -> &'static file_operations {
    match Features::of(file, T::CHANGES_FLUSH).has(FLUSHES) {
        true => T::FLUSHING,
        false => T::PLAIN,
    }
}

/// The tables of open directories, with and without `flush`.
pub(super) trait DirectoryTables {
    const FLUSHING: &'static file_operations;
    const PLAIN: &'static file_operations;
}

impl<T: DirectoryFileOperations> DirectoryTables for T {
    const FLUSHING: &'static file_operations = &directory_table::<T>();
    const PLAIN: &'static file_operations = &file_operations {
        flush: None,
        ..directory_table::<T>()
    };
}

/// Frees the tables.
///
/// # Safety
///
/// The filesystem type is not registered, no file of it is open, and none will be.
pub(in crate::compat) unsafe fn stop() {
    for place in &TABLES {
        let table = place.swap(null_mut(), Ordering::Acquire);
        // SAFETY: The table is null or was allocated, and the safety requirements ensure that no
        // file has it.
        unsafe { bindings::kfree(table.cast()) };
    }
}
