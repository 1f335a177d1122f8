// SPDX-License-Identifier: GPL-2.0

//! What opens a lower file opens the kind of file that reading, mapping and splicing take.

use crate::compat::shims::{
    backing_file_ctx::EndWrite,
    backing_file_io::{self, BackingFileIo},
    backing_file_open::{self, BackingFileOpen},
    backing_file_splice::{self, BackingFileSplice},
    backing_tmpfile_open::{self, BackingTmpfileOpen},
    file_mmap::{self, FileMmap},
};

/// Compiles if `T`, `I` and `S` take what `O` opens.
#[allow(dead_code)]
fn together<O, T, I, S, M, H>()
where
    O: BackingFileOpen,
    T: BackingTmpfileOpen<O>,
    I: BackingFileIo<H, M, O>,
    S: BackingFileSplice<O>,
    M: FileMmap,
    H: EndWrite,
{
}

#[allow(dead_code)]
fn chosen<H: EndWrite>() {
    together::<
        backing_file_open::Answer,
        backing_tmpfile_open::Answer,
        backing_file_io::Answer,
        backing_file_splice::Answer,
        file_mmap::Answer,
        H,
    >();
}
