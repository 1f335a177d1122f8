// SPDX-License-Identifier: GPL-2.0

//! It is: the files below state the types that compat relies on, one for each part of it.

mod acls;
mod attributes;
mod constants;
mod dentries;
mod directories;
mod files;
mod helpers;
mod inodes;
mod leases;
mod locks;
mod mounts;
mod numbers;
mod paths;
mod submounts;
mod super_blocks;
mod tasks;
mod xattrs;

#[allow(dead_code)] // The rest of compat relies on what it says, and does not name it.
pub(crate) struct Answer;

impl super::Common for Answer {}
