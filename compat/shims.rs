// SPDX-License-Identifier: GPL-2.0

//! The questions: one file for each point at which kernels differ, one beneath it for each answer.
//!
//! A question's file says what changed and holds the trait; an answer's file implements it, and is
//! its own probe: compat-probe compiles all answers against the target kernel, exactly one of each
//! question has to fit, and the build sets `--cfg question="answer"` for it. No other file has a cfg
//! for a difference between kernels.
//!
//! Nothing here knows the nouns of the rest of compat: an answer rests on the bindings, on
//! [`super::raw`] and on other questions' traits, so that it compiles, or not, by itself.

pub(crate) mod backing_file_ctx;
pub(crate) mod backing_file_io;
pub(crate) mod backing_file_open;
pub(crate) mod backing_file_splice;
pub(crate) mod backing_tmpfile_open;
pub(crate) mod create_op;
pub(crate) mod d_revalidate_op;
pub(crate) mod default_dentry_ops;
pub(crate) mod dirop;
pub(crate) mod file_mmap;
pub(crate) mod lookup_one;
pub(crate) mod mkdir_op;
pub(crate) mod update_time_op;
pub(crate) mod vfs_create;
pub(crate) mod vfs_mkdir;
pub(crate) mod vfs_mknod;
pub(crate) mod vfs_rename;
pub(crate) mod vfs_rmdir;
pub(crate) mod vfs_symlink;
