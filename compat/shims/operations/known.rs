// SPDX-License-Identifier: GPL-2.0

//! It does.
//!
//! Only members of bindings::dentry_operations: d_revalidate, d_weak_revalidate, d_hash
//! Only members of bindings::dentry_operations: d_compare, d_delete, d_init, d_release, d_prune
//! Only members of bindings::dentry_operations: d_iput, d_dname, d_automount, d_manage, d_real
//! Only members of bindings::dentry_operations: d_unalias_trylock, d_unalias_unlock
//! Only members of bindings::export_operations: encode_fh, fh_to_dentry, fh_to_parent, get_name
//! Only members of bindings::export_operations: get_parent, commit_metadata, get_uuid
//! Only members of bindings::export_operations: map_blocks, commit_blocks, flags, permission
//! Only members of bindings::export_operations: open, block_ops
//! Only members of bindings::file_operations: owner, fop_flags, llseek, read, write, read_iter
//! Only members of bindings::file_operations: write_iter, iopoll, iterate_shared, poll
//! Only members of bindings::file_operations: unlocked_ioctl, compat_ioctl, mmap, open, flush
//! Only members of bindings::file_operations: release, fsync, fasync, lock, get_unmapped_area
//! Only members of bindings::file_operations: check_flags, flock, splice_write, splice_read
//! Only members of bindings::file_operations: splice_eof, setlease, fallocate, show_fdinfo
//! Only members of bindings::file_operations: copy_file_range, remap_file_range, fadvise
//! Only members of bindings::file_operations: uring_cmd, uring_cmd_iopoll, mmap_prepare
//! Only members of bindings::file_operations: mmap_capabilities
//! Only members of bindings::file_system_type: name, fs_flags, init_fs_context, parameters
//! Only members of bindings::file_system_type: mount, kill_sb, owner, next, fs_supers
//! Only members of bindings::file_system_type: s_lock_key, s_umount_key, s_vfs_rename_key
//! Only members of bindings::file_system_type: s_writers_key, i_lock_key, i_mutex_key
//! Only members of bindings::file_system_type: invalidate_lock_key, i_mutex_dir_key, list
//! Only members of bindings::fs_context_operations: free, dup, parse_param, parse_monolithic
//! Only members of bindings::fs_context_operations: get_tree, reconfigure
//! Only members of bindings::inode_operations: lookup, get_link, permission, get_inode_acl
//! Only members of bindings::inode_operations: readlink, create, link, unlink, symlink, mkdir
//! Only members of bindings::inode_operations: rmdir, mknod, rename, setattr, getattr, listxattr
//! Only members of bindings::inode_operations: fiemap, update_time, atomic_open, tmpfile
//! Only members of bindings::inode_operations: get_acl, set_acl, fileattr_set, fileattr_get
//! Only members of bindings::inode_operations: get_offset_ctx, sync_lazytime
//! Only members of bindings::lease_manager_operations: lm_break, lm_change, lm_setup
//! Only members of bindings::lease_manager_operations: lm_breaker_owns_lease, lm_open_conflict
//! Only members of bindings::lease_manager_operations: lm_breaker_timedout
//! Only members of bindings::super_operations: alloc_inode, destroy_inode, free_inode
//! Only members of bindings::super_operations: dirty_inode, write_inode, drop_inode, evict_inode
//! Only members of bindings::super_operations: put_super, sync_fs, freeze_super, freeze_fs
//! Only members of bindings::super_operations: thaw_super, unfreeze_fs, statfs, remount_fs
//! Only members of bindings::super_operations: umount_begin, show_options, show_devname
//! Only members of bindings::super_operations: show_path, show_stats, quota_read, quota_write
//! Only members of bindings::super_operations: get_dquots, nr_cached_objects
//! Only members of bindings::super_operations: free_cached_objects, shutdown, remove_bdev
//! Only members of bindings::super_operations: report_error, sync_inode_metadata
//! Only members of bindings::xattr_handler: name, prefix, flags, list, get, set

#[allow(dead_code)] // The rest of compat relies on what it says, and does not name it.
pub(crate) struct Answer;

impl super::Operations for Answer {}
