// SPDX-License-Identifier: GPL-2.0

//! The questions: one file for each point where kernels differ.
//!
//! A question's file says what changed, declares a trait, and lists the answers. Each answer is one
//! file in the directory of the question's name, and implements the trait. That file is also its
//! own *probe*: the build's program compat-probe compiles all answers against the target kernel.
//! Exactly one answer to each question has to compile. The build passes it to rustc as `--cfg
//! question="answer"`.
//!
//! A line `Only without: bindings::NAME` in an answer's file rejects the answer on a kernel that
//! has NAME, for an answer that would compile there too. Such an answer names the whole family that
//! its kernels are without, and uses something that only they have. `Only unexported:` is for
//! functions that the headers declare in any case, and `Only members of` for structures.
//!
//! A file states the type of each function that it calls, by `bindings::signatures!`, so that a
//! call cannot compile by accident. What the rest of compat calls is stated in [`common`] or, if it
//! depends on an answer, in that. `lab/tests/bindings` refuses a call of anything else. A structure
//! that compat makes names each member.
//!
//! Some answers need certain answers to other questions. Their traits take those as parameters, and
//! say which answers go together. compat-probe compiles the files in `together/` with the chosen
//! answers, and names those that do not fit each other.
//!
//! Answers use the bindings, [`super::raw`] and traits and types of other questions' files. They
//! use nothing else of compat, so that an error in the rest of compat cannot reject an answer.

/// Lists the answers to a question. The questions need not import it.
macro_rules! answers {
    ($($list:tt)*) => {
        bindings::answers! { $($list)* }
    };
}

pub(crate) mod async_lock;
pub(crate) mod backing_file_ctx;
pub(crate) mod backing_file_io;
pub(crate) mod backing_file_open;
pub(crate) mod backing_file_splice;
pub(crate) mod backing_tmpfile_open;
pub(crate) mod break_deleg;
pub(crate) mod common;
pub(crate) mod create_op;
pub(crate) mod d_revalidate_op;
pub(crate) mod default_dentry_ops;
pub(crate) mod delegation;
pub(crate) mod dirop;
pub(crate) mod dontcache;
pub(crate) mod export_nolocks;
pub(crate) mod export_open;
pub(crate) mod exportfs;
pub(crate) mod file_mmap;
pub(crate) mod fileattr_op;
pub(crate) mod freeze_super_op;
pub(crate) mod inode_hash;
pub(crate) mod lease_conflict;
pub(crate) mod lookup_one;
pub(crate) mod lookup_unchecked;
pub(crate) mod mkdir_op;
pub(crate) mod operations;
pub(crate) mod renamedata;
pub(crate) mod security_context;
pub(crate) mod update_time_op;
pub(crate) mod vfs_create;
pub(crate) mod vfs_mkdir;
pub(crate) mod vfs_mknod;
pub(crate) mod vfs_rename;
pub(crate) mod vfs_rmdir;
pub(crate) mod vfs_symlink;
pub(crate) mod write_owner;
