/* SPDX-License-Identifier: GPL-2.0 */

/*
 * C that bindgen cannot translate (macros, members of anonymous unions, constants that are
 * expressions), and short C functions that are clearer in C. Its option --wrap-static-fns makes a
 * callable function of each inline below, so they need neither prototypes nor exports.
 *
 * Only helpers that are the same for all kernels belong here. A difference in signature, ownership
 * or behaviour is a question in compat/shims.
 */

/* bindgen translates only macros that it can fold. A variable also keeps the C type. */
#define SHIM_CONST(name) static const typeof(name) SHIM_CONST_##name = name

SHIM_CONST(ACL_TYPE_ACCESS);
SHIM_CONST(ACL_TYPE_DEFAULT);
SHIM_CONST(AT_STATX_SYNC_TYPE);
SHIM_CONST(ATTR_FILE);
SHIM_CONST(ATTR_FORCE);
SHIM_CONST(ATTR_KILL_PRIV);
SHIM_CONST(ATTR_KILL_SGID);
SHIM_CONST(ATTR_KILL_SUID);
SHIM_CONST(ATTR_MODE);
SHIM_CONST(ATTR_OPEN);
SHIM_CONST(ATTR_SIZE);
SHIM_CONST(ATTR_UID);
SHIM_CONST(ATTR_GID);
SHIM_CONST(RENAME_NOREPLACE);
SHIM_CONST(O_WRONLY);
SHIM_CONST(DCACHE_DISCONNECTED);
SHIM_CONST(DCACHE_MANAGED_DENTRY);
SHIM_CONST(DCACHE_MOUNTED);
SHIM_CONST(DCACHE_NEED_AUTOMOUNT);
SHIM_CONST(DCACHE_OP_REVALIDATE);
SHIM_CONST(EACCES);
SHIM_CONST(EAGAIN);
SHIM_CONST(ECHILD);
SHIM_CONST(EEXIST);
SHIM_CONST(EINVAL);
SHIM_CONST(EIO);
SHIM_CONST(EISDIR);
SHIM_CONST(ELOOP);
SHIM_CONST(ENODATA);
SHIM_CONST(ENODEV);
SHIM_CONST(ENOENT);
SHIM_CONST(ENOLCK);
SHIM_CONST(ENOMEM);
SHIM_CONST(ENOPARAM);
SHIM_CONST(ENOTDIR);
SHIM_CONST(ENOTEMPTY);
SHIM_CONST(EOPNOTSUPP);
SHIM_CONST(EPERM);
SHIM_CONST(ERANGE);
SHIM_CONST(ERESTARTNOHAND);
SHIM_CONST(ERESTARTNOINTR);
SHIM_CONST(ERESTARTSYS);
SHIM_CONST(EROFS);
SHIM_CONST(ESTALE);
SHIM_CONST(EWOULDBLOCK);
SHIM_CONST(EXDEV);
SHIM_CONST(EXPORT_FH_FID);
SHIM_CONST(EXPORT_OP_CLOSE_BEFORE_UNLINK);
SHIM_CONST(EXPORT_OP_FLUSH_ON_CLOSE);
SHIM_CONST(EXPORT_OP_NOATOMIC_ATTR);
SHIM_CONST(EXPORT_OP_NOSUBTREECHK);
SHIM_CONST(EXPORT_OP_NOWCC);
SHIM_CONST(EXPORT_OP_REMOTE_FS);
SHIM_CONST(FILEID_INVALID);
SHIM_CONST(FL_CLOSE);
SHIM_CONST(FL_FLOCK);
SHIM_CONST(FL_OFDLCK);
SHIM_CONST(FL_POSIX);
SHIM_CONST(FL_SLEEP);
SHIM_CONST(FMODE_BACKING);
SHIM_CONST(F_CANCELLK);
SHIM_CONST(F_GETLK);
SHIM_CONST(F_RDLCK);
SHIM_CONST(F_SETLK);
SHIM_CONST(F_UNLCK);
SHIM_CONST(FILESYSTEM_MAX_STACK_DEPTH);
SHIM_CONST(FMODE_OPENED);
SHIM_CONST(FS_ALLOW_IDMAP);
SHIM_CONST(FOP_BUFFER_RASYNC);
SHIM_CONST(FOP_BUFFER_WASYNC);
SHIM_CONST(FOP_DIO_PARALLEL_WRITE);
SHIM_CONST(FOP_MMAP_SYNC);
SHIM_CONST(FS_BINARY_MOUNTDATA);
SHIM_CONST(FS_RENAME_DOES_D_MOVE);
SHIM_CONST(IOCB_AIO_RW);
SHIM_CONST(IOCB_APPEND);
SHIM_CONST(IOCB_DIRECT);
SHIM_CONST(IOCB_NOWAIT);
SHIM_CONST(IOCB_WAITQ);
SHIM_CONST(I_MUTEX_PARENT);
SHIM_CONST(LOOKUP_AUTOMOUNT);
SHIM_CONST(LOOKUP_CREATE);
SHIM_CONST(LOOKUP_DIRECTORY);
SHIM_CONST(LOOKUP_EXCL);
SHIM_CONST(LOOKUP_FOLLOW);
SHIM_CONST(LOOKUP_PARENT);
SHIM_CONST(LOOKUP_RCU);
SHIM_CONST(LOOKUP_REVAL);
SHIM_CONST(MAX_HANDLE_SZ);
SHIM_CONST(MAY_EXEC);
SHIM_CONST(MAY_NOT_BLOCK);
SHIM_CONST(MAY_READ);
SHIM_CONST(MAY_WRITE);
SHIM_CONST(MNT_NOATIME);
SHIM_CONST(MNT_NODEV);
SHIM_CONST(MNT_NOEXEC);
SHIM_CONST(MNT_NOSUID);
SHIM_CONST(MNT_RELATIME);
SHIM_CONST(__FMODE_EXEC);
SHIM_CONST(O_ACCMODE);
SHIM_CONST(O_APPEND);
SHIM_CONST(O_CREAT);
SHIM_CONST(O_EXCL);
SHIM_CONST(O_NOATIME);
SHIM_CONST(O_NOCTTY);
SHIM_CONST(O_NONBLOCK);
SHIM_CONST(O_RDONLY);
SHIM_CONST(O_TRUNC);
SHIM_CONST(REMAP_FILE_CAN_SHORTEN);
SHIM_CONST(REMAP_FILE_DEDUP);
SHIM_CONST(RENAME_EXCHANGE);
SHIM_CONST(SB_I_VERSION);
SHIM_CONST(SB_I_NODEV);
SHIM_CONST(SB_I_NOEXEC);
SHIM_CONST(SB_I_NOIDMAP);
SHIM_CONST(SB_I_NOUMASK);
SHIM_CONST(SB_I_SKIP_SYNC);
SHIM_CONST(SB_NOATIME);
SHIM_CONST(SB_POSIXACL);
SHIM_CONST(SB_RDONLY);
SHIM_CONST(SB_SYNCHRONOUS);
SHIM_CONST(SB_DIRSYNC);
SHIM_CONST(STATX_BASIC_STATS);
SHIM_CONST(S_APPEND);
SHIM_CONST(S_DAX);
SHIM_CONST(S_DEAD);
SHIM_CONST(S_DIRSYNC);
SHIM_CONST(S_IFDIR);
SHIM_CONST(S_IFLNK);
SHIM_CONST(S_IFMT);
SHIM_CONST(S_IFREG);
SHIM_CONST(S_IMMUTABLE);
SHIM_CONST(S_IRUSR);
SHIM_CONST(S_ISGID);
SHIM_CONST(S_ISUID);
SHIM_CONST(S_IWUSR);
SHIM_CONST(S_NOATIME);
SHIM_CONST(S_NOCMTIME);
SHIM_CONST(S_NOSEC);
SHIM_CONST(S_SYNC);

/* The numbers of ioctl commands, which are unsigned int wherever the kernel takes one. */
#define SHIM_IOCTL(name) static const unsigned int SHIM_CONST_##name = name

SHIM_IOCTL(BTRFS_IOC_DEFRAG);
SHIM_IOCTL(BTRFS_IOC_DEFRAG_RANGE);
SHIM_IOCTL(BTRFS_IOC_DEV_INFO);
SHIM_IOCTL(BTRFS_IOC_FS_INFO);
SHIM_IOCTL(BTRFS_IOC_GET_FEATURES);
SHIM_IOCTL(BTRFS_IOC_GET_SUBVOL_INFO);
SHIM_IOCTL(BTRFS_IOC_INO_LOOKUP);
SHIM_IOCTL(BTRFS_IOC_SPACE_INFO);
SHIM_IOCTL(BTRFS_IOC_SUBVOL_GETFLAGS);
SHIM_IOCTL(BTRFS_IOC_SYNC);
SHIM_IOCTL(BTRFS_IOC_TREE_SEARCH);
SHIM_IOCTL(BTRFS_IOC_TREE_SEARCH_V2);
SHIM_IOCTL(EXT4_IOC32_GETVERSION);
SHIM_IOCTL(EXT4_IOC32_SETVERSION);
SHIM_IOCTL(EXT4_IOC_ALLOC_DA_BLKS);
SHIM_IOCTL(EXT4_IOC_GETFSUUID);
SHIM_IOCTL(EXT4_IOC_GETSTATE);
SHIM_IOCTL(EXT4_IOC_GETVERSION);
SHIM_IOCTL(EXT4_IOC_GET_ES_CACHE);
SHIM_IOCTL(EXT4_IOC_MIGRATE);
SHIM_IOCTL(EXT4_IOC_PRECACHE_EXTENTS);
SHIM_IOCTL(EXT4_IOC_SETVERSION);
SHIM_IOCTL(FITRIM);
SHIM_IOCTL(FS_IOC32_GETVERSION);
SHIM_IOCTL(FS_IOC32_SETVERSION);
SHIM_IOCTL(FS_IOC_ADD_ENCRYPTION_KEY);
SHIM_IOCTL(FS_IOC_ENABLE_VERITY);
SHIM_IOCTL(FS_IOC_FSGETXATTR);
SHIM_IOCTL(FS_IOC_FSSETXATTR);
SHIM_IOCTL(FS_IOC_GETFLAGS);
SHIM_IOCTL(FS_IOC_GETFSLABEL);
SHIM_IOCTL(FS_IOC_GETFSMAP);
SHIM_IOCTL(FS_IOC_GETVERSION);
SHIM_IOCTL(FS_IOC_GET_ENCRYPTION_KEY_STATUS);
SHIM_IOCTL(FS_IOC_GET_ENCRYPTION_NONCE);
SHIM_IOCTL(FS_IOC_GET_ENCRYPTION_POLICY);
SHIM_IOCTL(FS_IOC_GET_ENCRYPTION_POLICY_EX);
SHIM_IOCTL(FS_IOC_GET_ENCRYPTION_PWSALT);
SHIM_IOCTL(FS_IOC_MEASURE_VERITY);
SHIM_IOCTL(FS_IOC_READ_VERITY_METADATA);
SHIM_IOCTL(FS_IOC_REMOVE_ENCRYPTION_KEY);
SHIM_IOCTL(FS_IOC_REMOVE_ENCRYPTION_KEY_ALL_USERS);
SHIM_IOCTL(FS_IOC_SETFLAGS);
SHIM_IOCTL(FS_IOC_SETVERSION);
SHIM_IOCTL(FS_IOC_SET_ENCRYPTION_POLICY);
SHIM_CONST(_IOC_DIRSHIFT);
SHIM_CONST(_IOC_NRSHIFT);
SHIM_CONST(_IOC_READ);
SHIM_CONST(_IOC_SIZESHIFT);
SHIM_CONST(_IOC_TYPESHIFT);
SHIM_CONST(_IOC_WRITE);
SHIM_CONST(RWF_SUPPORTED);
/* Some kernels do not have these. An answer in compat/shims then finds that they are absent. */
#ifdef EXPORT_OP_ASYNC_LOCK
SHIM_CONST(EXPORT_OP_ASYNC_LOCK);
#endif
#ifdef FOP_ASYNC_LOCK
SHIM_CONST(FOP_ASYNC_LOCK);
#endif
#ifdef FOP_DONTCACHE
SHIM_CONST(FOP_DONTCACHE);
#endif
#ifdef IOCB_DONTCACHE
SHIM_CONST(IOCB_DONTCACHE);
#endif
#ifdef LEASE_BREAK_DELEG
SHIM_CONST(LEASE_BREAK_DELEG);
#endif
#ifdef LEASE_BREAK_NONBLOCK
SHIM_CONST(LEASE_BREAK_NONBLOCK);
#endif

/* What an answer that does without something requires of the configuration. */
static const bool SHIM_CONST_IS_WITHOUT_EXPORTFS = !IS_ENABLED(CONFIG_EXPORTFS);
static const bool SHIM_CONST_IS_WITHOUT_FS_STACK = !IS_ENABLED(CONFIG_FS_STACK);

static inline const struct cred *shim_current_cred(void)
{
	return current_cred();
}

/* Some kernels have the name in an anonymous union, others as a plain member. */
static inline const struct qstr *shim_d_name(const struct dentry *dentry)
{
	return &dentry->d_name;
}

/* The same name with the hash that it has in this directory. */
static inline struct qstr shim_hashed_name(const struct dentry *parent, const struct qstr *name)
{
	struct qstr hashed = QSTR_INIT(name->name, name->len);

	hashed.hash = full_name_hash(parent, hashed.name, hashed.len);
	return hashed;
}

/* Whether the dentry has changed, or is being changed, since its d_seq was seq, an even number. */
static inline bool shim_d_seq_changed(const struct dentry *dentry, unsigned int seq)
{
	return read_seqcount_retry(&dentry->d_seq, seq);
}

/*
 * Waits until the dentry is not being changed. With PREEMPT_RT, where the holder of d_lock may be
 * preempted, this takes d_lock.
 */
static inline void shim_d_seq_wait(const struct dentry *dentry)
{
	(void)read_seqcount_begin(&dentry->d_seq);
}

/*
 * Whether two dentries have the same name at this moment. Called under rcu_read_lock(), which keeps
 * replaced names. A name and a length that were read around a rename may not belong together. That
 * is safe, because every name ends in a null byte, and the comparison stops there.
 */
static inline bool shim_same_name(const struct dentry *one, const struct dentry *other)
{
	const unsigned char *a = READ_ONCE(one->d_name.name), *b = READ_ONCE(other->d_name.name);
	unsigned int length = READ_ONCE(one->d_name.len);

	if (READ_ONCE(other->d_name.len) != length)
		return false;
	for (unsigned int i = 0; i < length; i++) {
		unsigned char byte = READ_ONCE(a[i]);

		if (!byte || byte != READ_ONCE(b[i]))
			return false;
	}
	return true;
}

/*
 * Whether the filesystem drops the dentry with the last reference to it, and does not keep it in
 * the cache. It says so by an operation of its dentries or by a flag of them, and its root has these
 * operations and this flag as well. A filesystem in memory may say the same, and keep its dentries
 * by references of its own. Its root has no operations, or others. A dentry with both flags is that
 * of another layer of this kind.
 */
static inline bool shim_drops_unused(struct dentry *dentry)
{
	const unsigned int uncached = DCACHE_DONTCACHE | DCACHE_OP_REVALIDATE;
	const struct dentry *root = dentry->d_sb->s_root;
	unsigned int flags = READ_ONCE(dentry->d_flags);
	bool drops;

	if (likely(!(flags & (DCACHE_OP_DELETE | DCACHE_DONTCACHE))))
		return false;
	if ((flags & uncached) == uncached)
		return true;
	if (!dentry->d_op || dentry->d_op != root->d_op)
		return false;
	if (flags & READ_ONCE(root->d_flags) & DCACHE_DONTCACHE)
		return true;
	if (!(flags & DCACHE_OP_DELETE))
		return false;
	spin_lock(&dentry->d_lock);
	drops = dentry->d_op->d_delete(dentry);
	spin_unlock(&dentry->d_lock);
	return drops;
}

/*
 * Whether the filesystem takes each reference to the dentry for a use of the file, and gives a file
 * that is used a hidden name instead of removing it. Such a filesystem drops the dentry with the
 * last reference if it has a hidden name (d_delete), and removes that name when the dentry gives up
 * its inode (d_iput). Its files change elsewhere, so it revalidates dentries as well. It accepts
 * dentries without a name, which it makes for handles by itself.
 */
static inline bool shim_counts_users(const struct dentry *dentry)
{
	const unsigned int both = DCACHE_OP_REVALIDATE | DCACHE_OP_DELETE;

	return (READ_ONCE(dentry->d_flags) & both) == both && dentry->d_op->d_iput;
}

/*
 * Unhashes an upper dentry to which nobody has references but the `references` of the caller, and
 * sets its lower dentry. Returns the one before, or NULL if the dentry has other users. A task that
 * finds the dentry by its inode does so under i_lock, and so has a reference before this or finds
 * the new lower dentry. A walk in RCU mode may find either; it then finds that d_seq has changed.
 */
static inline struct dentry *shim_replace_lower(struct dentry *dentry, struct dentry *lower,
						unsigned int references)
{
	struct inode *inode = d_inode(dentry);
	struct dentry *old = NULL;

	spin_lock(&inode->i_lock);
	spin_lock(&dentry->d_lock);
	if (dentry->d_lockref.count == references) {
		__d_drop(dentry);
		old = dentry->d_fsdata;
		smp_store_release(&dentry->d_fsdata, lower);
	}
	spin_unlock(&dentry->d_lock);
	spin_unlock(&inode->i_lock);
	return old;
}

/* Makes the VFS drop the dentry with the last reference to it. */
static inline void shim_dont_cache(struct dentry *dentry)
{
	spin_lock(&dentry->d_lock);
	dentry->d_flags |= DCACHE_DONTCACHE;
	spin_unlock(&dentry->d_lock);
}

/* Whether the system call that opens the file has created it. */
static inline bool shim_is_created(const struct file *file)
{
	return file->f_mode & FMODE_CREATED;
}

/* The change of a file's permissions that chmod(2) makes. */
static inline struct iattr shim_mode_change(umode_t mode)
{
	return (struct iattr){ .ia_valid = ATTR_MODE | ATTR_CTIME, .ia_mode = mode };
}

/* Whether the filesystem hashes or compares the names in this directory itself. */
static inline bool shim_has_own_names(const struct dentry *dentry)
{
	return (dentry->d_flags & (DCACHE_OP_HASH | DCACHE_OP_COMPARE)) ||
	       sb_has_encoding(dentry->d_sb);
}

/* Whether the ids and capabilities on the filesystem belong to the initial user namespace. */
static inline bool shim_is_in_init_user_ns(const struct super_block *sb)
{
	return sb->s_user_ns == &init_user_ns;
}

static inline bool shim_is_readonly(struct vfsmount *mnt)
{
	return __mnt_is_readonly(mnt);
}

/*
 * The idmaps for lower functions that work for a caller of the upper layer: `whole` is for the ids of
 * lower inodes, `upper` for those of upper inodes, which are what the lower mount shows. Two idmaps
 * cannot be combined. If both mounts are idmapped, no id is mapped.
 */
struct shim_idmaps {
	struct mnt_idmap *whole, *upper;
};

static inline struct shim_idmaps shim_idmaps_of(const struct vfsmount *lower, struct mnt_idmap *caller)
{
	struct mnt_idmap *of_lower = mnt_idmap(lower);
	struct shim_idmaps idmaps = { caller, caller };

	if (likely(of_lower == &nop_mnt_idmap))
		return idmaps;
	if (caller == &nop_mnt_idmap)
		idmaps.whole = of_lower;
	else
		idmaps.whole = idmaps.upper = &invalid_mnt_idmap;
	return idmaps;
}

/* Changes the ids from those of an inode of the filesystem to those that the idmap shows. */
static inline void shim_map_stat(struct mnt_idmap *idmap, const struct super_block *sb,
				 struct kstat *stat)
{
	stat->uid = vfsuid_into_kuid(make_vfsuid(idmap, sb->s_user_ns, stat->uid));
	stat->gid = vfsgid_into_kgid(make_vfsgid(idmap, sb->s_user_ns, stat->gid));
}

/*
 * A copy of an ACL of the filesystem, with the ids that the idmap shows. Returns NULL if there is no
 * memory. Without CONFIG_FS_POSIX_ACL there is no ACL that it could be called for.
 */
static inline struct posix_acl *shim_mapped_acl(struct mnt_idmap *idmap, const struct super_block *sb,
						const struct posix_acl *acl)
{
	struct posix_acl *copy = NULL;

#ifdef CONFIG_FS_POSIX_ACL
	copy = posix_acl_clone(acl, GFP_KERNEL);
	for (unsigned int i = 0; copy && i < copy->a_count; i++) {
		struct posix_acl_entry *entry = &copy->a_entries[i];

		if (entry->e_tag == ACL_USER)
			entry->e_uid = vfsuid_into_kuid(make_vfsuid(idmap, sb->s_user_ns, entry->e_uid));
		else if (entry->e_tag == ACL_GROUP)
			entry->e_gid = vfsgid_into_kgid(make_vfsgid(idmap, sb->s_user_ns, entry->e_gid));
	}
#endif
	return copy;
}

/* The same with the ids that a mount of the filesystem shows. */
static inline struct posix_acl *shim_acl_through(const struct vfsmount *mnt, const struct posix_acl *acl)
{
	return shim_mapped_acl(mnt_idmap(mnt), mnt->mnt_sb, acl);
}

/* Returns an ACL with a reference, NULL, or an error pointer. */
static inline struct posix_acl *shim_get_inode_acl(struct inode *inode, int type)
{
#ifdef CONFIG_FS_POSIX_ACL
	return get_inode_acl(inode, type);
#else
	return ERR_PTR(-EOPNOTSUPP);
#endif
}

/* Makes the VFS ask for each ACL of the inode each time. */
static inline void shim_dont_cache_acls(struct inode *inode)
{
#ifdef CONFIG_FS_POSIX_ACL
	inode->i_acl = inode->i_default_acl = ACL_DONT_CACHE;
#endif
}

static inline const struct path *shim_f_path(const struct file *file)
{
	return &file->f_path;
}

/* sync_filesystem() requires s_umount, which keeps the filesystem mounted. */
static inline int shim_sync(struct super_block *sb)
{
	int status;

	/*
	 * The caller may hold that of a filesystem stacked on this one. Lower ones have higher
	 * subclasses.
	 */
	down_read_nested(&sb->s_umount, 1 + FILESYSTEM_MAX_STACK_DEPTH - sb->s_stack_depth);
	status = sync_filesystem(sb);
	up_read(&sb->s_umount);
	return status;
}

/*
 * The errors of writes that failed after they had returned (errseq_t). The upper s_wb_err holds a
 * value that the lower one has or had, and syncfs(2) reports a value once to each open file.
 *
 * This copies the present value, and marks an error as seen below: the caller is syncfs(2), which
 * reports it. Without the mark, the next error of the same kind would not change the lower value.
 * An unmount syncs too, and has nobody to report to; there s_root is null, and nothing is copied.
 */
static inline void shim_take_write_errors(struct super_block *upper, struct super_block *lower)
{
	errseq_t known = READ_ONCE(upper->s_wb_err), since = known;

	/* If the exchange fails, another syncfs(2) has stored a value that is at least as new. */
	if (upper->s_root && errseq_check_and_advance(&lower->s_wb_err, &since))
		(void)cmpxchg(&upper->s_wb_err, known, since);
}

/*
 * Makes syncfs(2) of a file that is being opened report the errors that it would report of a lower
 * file: those that happen from now on, and those that nobody has seen. The file has its path, and
 * may not have its inode yet.
 */
static inline void shim_sample_write_errors(struct file *user_file, const struct file *lower)
{
	struct super_block *upper = user_file->f_path.dentry->d_sb;
	errseq_t known = READ_ONCE(upper->s_wb_err);
	errseq_t seen = errseq_sample(&file_inode(lower)->i_sb->s_wb_err);

	/* Zero: there was no error, or nobody has seen it. */
	if (seen && seen != known)
		(void)cmpxchg(&upper->s_wb_err, known, seen);
	user_file->f_sb_err = errseq_sample(&upper->s_wb_err);
}

/* Whether the filesystem can be frozen, by the VFS or by itself. */
static inline bool shim_can_freeze(const struct super_block *sb)
{
	return sb->s_op->freeze_fs || sb->s_op->freeze_super;
}

/*
 * The target of a symbolic link: cached in the inode, or from the filesystem without sleeping.
 * Called under rcu_read_lock().
 */
static inline const char *shim_get_link_rcu(struct inode *inode, struct delayed_call *done)
{
	const char *body = READ_ONCE(inode->i_link);

	if (body)
		return body;
	if (!inode->i_op->get_link)
		return ERR_PTR(-EINVAL);
	return inode->i_op->get_link(NULL, inode, done);
}

static inline int shim_flush(struct file *file, fl_owner_t owner)
{
	return file->f_op->flush ? file->f_op->flush(file, owner) : 0;
}

/*
 * ioctl(2) on a file of any filesystem, without the commands that the VFS itself implements. Their
 * security checks come first, as in the system call.
 */
static inline long shim_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	long result = security_file_ioctl(file, cmd, arg);

	if (result)
		return result;
	if (!file->f_op->unlocked_ioctl)
		return -ENOTTY;
	result = file->f_op->unlocked_ioctl(file, cmd, arg);
	return result == -ENOIOCTLCMD ? -ENOTTY : result;
}

/* The same for a 32-bit program. */
static inline long shim_compat_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	long result = -ENOTTY;

#ifdef CONFIG_COMPAT
	result = security_file_ioctl_compat(file, cmd, arg);
	if (result)
		return result;
	if (!file->f_op->compat_ioctl)
		return -ENOTTY;
	result = file->f_op->compat_ioctl(file, cmd, arg);
#endif
	return result == -ENOIOCTLCMD ? -ENOTTY : result;
}

/* The idmap of the mount by which the file was opened. Valid as long as the file is open. */
static inline struct mnt_idmap *shim_file_idmap(const struct file *file)
{
	return mnt_idmap(file->f_path.mnt);
}

/* Whether the current task may set a lease on a file with this inode, as vfs_setlease() asks. */
static inline bool shim_may_lease(struct mnt_idmap *idmap, const struct inode *inode)
{
	return vfsuid_eq_kuid(i_uid_into_vfsuid(idmap, inode), current_fsuid()) || capable(CAP_LEASE);
}

/* Whether the current task may set the file capabilities of the inode, as cap_convert_nscap() asks. */
static inline bool shim_may_set_capabilities(struct mnt_idmap *idmap, const struct inode *inode)
{
	return capable_wrt_inode_uidgid(idmap, inode, CAP_SETFCAP);
}

static inline int shim_fiemap(struct inode *inode, struct fiemap_extent_info *info, u64 start,
			      u64 length)
{
	if (!inode->i_op->fiemap)
		return -EOPNOTSUPP;
	return inode->i_op->fiemap(inode, info, start, length);
}

static inline void shim_copy_uuid(struct super_block *sb, const struct super_block *lower)
{
	sb->s_uuid = lower->s_uuid;
	sb->s_uuid_len = lower->s_uuid_len;
}

/*
 * Whether the inode of the user's file has the owner that the lower mount shows. Then whoever opens
 * the file has asked what the owner may do: the VFS, or a layer above this one, whose idmap this
 * layer does not know.
 */
static inline bool shim_has_owner_of(const struct file *user_file, const struct path *lower)
{
	vfsuid_t shown = i_uid_into_vfsuid(mnt_idmap(lower->mnt), d_inode(lower->dentry));

	return vfsuid_eq_kuid(shown, file_inode(user_file)->i_uid);
}

/*
 * Whether the current task may have reads of the lower file leave its access time alone. The VFS
 * asked this for the inode of the user's file, which may have had an older owner.
 */
static inline bool shim_may_set_noatime(const struct file *user_file, const struct path *lower)
{
	struct shim_idmaps idmaps = shim_idmaps_of(lower->mnt, mnt_idmap(user_file->f_path.mnt));

	return inode_owner_or_capable(idmaps.whole, d_inode(lower->dentry));
}

/*
 * Copies the flags that fcntl(F_SETFL) has changed on the user's file alone. If the upper mount
 * does not update access times, or is read-only, reading does not update them below either. An
 * append-only file stays append-only even if fcntl() cleared O_APPEND: fcntl() checked the upper
 * inode, which may not have had the lower one's flag yet. O_NOATIME is copied when somebody uses
 * the file who may set it below.
 */
static inline void shim_copy_file_flags(const struct file *user_file, struct file *lower)
{
	const unsigned int mask = O_APPEND | O_NONBLOCK | O_NDELAY | O_DIRECT | O_NOATIME;
	unsigned int flags = READ_ONCE(user_file->f_flags) & mask;

	/* Nearly always the flags are the same, and no mount forbids access times. */
	if (likely((lower->f_flags & mask) == flags &&
		   !(user_file->f_path.mnt->mnt_flags &
		     (MNT_NOATIME | MNT_NODIRATIME | MNT_READONLY)) &&
		   !sb_rdonly(file_inode(user_file)->i_sb)))
		return;
	if (unlikely(flags & ~lower->f_flags & O_NOATIME) &&
	    !shim_may_set_noatime(user_file, &lower->f_path))
		flags &= ~O_NOATIME;
	if ((user_file->f_path.mnt->mnt_flags & (MNT_NOATIME | MNT_READONLY)) ||
	    sb_rdonly(file_inode(user_file)->i_sb) ||
	    ((user_file->f_path.mnt->mnt_flags & MNT_NODIRATIME) &&
	     S_ISDIR(file_inode(user_file)->i_mode)))
		flags |= O_NOATIME;
	if (IS_APPEND(file_inode(lower)))
		flags |= lower->f_flags & O_APPEND;
	if ((lower->f_flags & mask) == flags)
		return;
	spin_lock(&lower->f_lock);
	lower->f_flags = (lower->f_flags & ~mask) | flags;
	lower->f_iocb_flags = iocb_flags(lower);
	spin_unlock(&lower->f_lock);
}

/*
 * Gives the user's file the abilities of the lower one. The user's file keeps its own f_mapping:
 * parts of the kernel, such as tmpfs's seals, recognise the kind of inode by the mapping's
 * operations.
 */
static inline void shim_copy_file_modes(struct file *user_file, const struct file *lower)
{
	const fmode_t usual = FMODE_LSEEK | FMODE_PREAD | FMODE_PWRITE;

	user_file->f_mode |= lower->f_mode &
			     (FMODE_CAN_ATOMIC_WRITE | FMODE_CAN_ODIRECT | FMODE_NOWAIT);
	user_file->f_mode &= ~(usual & ~lower->f_mode);
}

/*
 * Gives a backing file the path that the user opened: /proc/PID/maps shows it, among others. The
 * user's file is a backing file itself, so that is the path of the uppermost filesystem. Some
 * kernels have taken the path of the user's file instead, which belongs to the filesystem in
 * between.
 *
 * An open backing file has write access to the mount of this path as long as it is FMODE_WRITER.
 * Nobody else uses the file yet. Returns 0 or a negative errno.
 */
static inline int shim_set_user_path(struct file *lower, struct file *user_file)
{
	const struct path *path = file_user_path(user_file);
	struct path *own, old;
	int error;

	if (!(lower->f_mode & FMODE_BACKING))
		return 0;
	own = (struct path *)backing_file_user_path(lower);
	if (path_equal(own, path))
		return 0;
	if (lower->f_mode & FMODE_WRITER) {
		error = mnt_get_write_access(path->mnt);
		if (error)
			return error;
	}
	old = *own;
	path_get(path);
	*own = *path;
	if (lower->f_mode & FMODE_WRITER)
		mnt_put_write_access(old.mnt);
	path_put(&old);
	return 0;
}

/*
 * Gives the file of a mapping the path that the user opened. A stacking filesystem below has put a
 * backing file of its own in the place of the lower file. Some kernels give that the path of the
 * lower file.
 *
 * Only mappings of the lower file, which belongs to the user's file alone, have that file, and only
 * mappings show its path. Several tasks may map the user's file at the same time. Without write
 * access to the mount, after a forced remount, the path stays.
 */
static inline void shim_set_path_of_mapping(const struct vm_area_struct *vma,
					    const struct file *lower, struct file *user_file)
{
	const struct path *path = file_user_path(user_file);
	struct file *mapped = vma->vm_file;
	struct path *own, old;
	bool writes;

	if (!(mapped->f_mode & FMODE_BACKING))
		return;
	own = (struct path *)backing_file_user_path(mapped);
	writes = mapped->f_mode & FMODE_WRITER;
	if (writes && mnt_get_write_access(path->mnt))
		return;
	path_get(path);
	old = *path;
	spin_lock(&mapped->f_lock);
	swap(*own, old);
	spin_unlock(&mapped->f_lock);
	if (writes)
		mnt_put_write_access(old.mnt);
	path_put(&old);
}

/*
 * do_mmap() has checked the inode of the user's file, which may not have had the lower one's flags
 * yet. This repeats the checks for the lower inode. Returns 0 or a negative errno.
 */
static inline int shim_check_mapping(const struct vm_area_struct *vma, const struct file *user_file,
				     const struct file *lower)
{
	const struct inode *inode = file_inode(lower);

	if (!(vma->vm_flags & VM_MAYSHARE))
		return 0;
	if ((vma->vm_flags & VM_WRITE) && IS_SWAPFILE(inode))
		return -ETXTBSY;
	if ((user_file->f_mode & FMODE_WRITE) && IS_APPEND(inode))
		return -EACCES;
	return 0;
}

/*
 * A read and a write of no bytes, which vfs_iocb_iter_read() and vfs_iocb_iter_write() do not pass
 * to the filesystem. The VFS has checked the user's file, and no data moves.
 */
static inline ssize_t shim_read_nothing(struct file *file, struct kiocb *iocb,
					struct iov_iter *iter)
{
	return file->f_op->read_iter ? file->f_op->read_iter(iocb, iter) : -EINVAL;
}

static inline ssize_t shim_write_nothing(struct file *file, struct kiocb *iocb,
					 struct iov_iter *iter)
{
	ssize_t written;

	if (!file->f_op->write_iter)
		return -EINVAL;
	file_start_write(file);
	written = file->f_op->write_iter(iocb, iter);
	file_end_write(file);
	return written;
}

static inline ssize_t shim_splice_write(struct pipe_inode_info *pipe, struct file *file,
					loff_t *position, size_t length, unsigned int flags)
{
	ssize_t spliced;

	if (!file->f_op->splice_write)
		return -EINVAL;
	file_start_write(file);
	spliced = file->f_op->splice_write(pipe, file, position, length, flags);
	file_end_write(file);
	return spliced;
}

/*
 * Reports an error of a mount in the context's log and, after the filesystem's name, in the
 * kernel's log: most programs that mount do not read the context's log.
 */
static inline void shim_fc_error(struct fs_context *fc, const char *subject, const char *message)
{
	/* Any user can make a path walk mount a submount, as often as he likes. */
	if (fc->purpose == FS_CONTEXT_FOR_SUBMOUNT) {
		printk_ratelimited(KERN_NOTICE "%s: %s: %s\n", fc->fs_type->name, subject, message);
		return;
	}
	errorfc(fc, "%s: %s", subject, message);
	if (fc->log.log)
		printk(KERN_ERR "%s: %s: %s\n", fc->fs_type->name, subject, message);
}

/* The superblock that a context changes the options of, or NULL if the context makes a new one. */
static inline struct super_block *shim_fc_reconfigured(const struct fs_context *fc)
{
	return fc->purpose == FS_CONTEXT_FOR_RECONFIGURE ? fc->root->d_sb : NULL;
}

/* The superblock flags that the context sets. mount(2) names them for a new mount without a mask. */
static inline unsigned int shim_fc_flags(const struct fs_context *fc)
{
	return fc->sb_flags;
}

static inline bool shim_fc_makes_writable(const struct fs_context *fc)
{
	return fc->purpose == FS_CONTEXT_FOR_RECONFIGURE && sb_rdonly(fc->root->d_sb) &&
	       (fc->sb_flags_mask & SB_RDONLY) && !(fc->sb_flags & SB_RDONLY);
}

static inline bool shim_param_is_flag(const struct fs_parameter *param)
{
	return param->type == fs_value_is_flag;
}

/* The text of an option that has one, or NULL. */
static inline const char *shim_param_string(const struct fs_parameter *param)
{
	return param->type == fs_value_is_string ? param->string : NULL;
}

static inline void shim_show_flag(struct seq_file *seq, const char *name)
{
	seq_show_option(seq, name, NULL);
}

/*
 * lockdep has one lock class for each filesystem type. A filesystem that can be stacked on one of
 * its own type needs a class for each depth, or lockdep reports every nesting as possible recursive
 * locking.
 */
static inline void shim_set_lock_class(struct inode *inode)
{
	static struct lock_class_key dir_keys[FILESYSTEM_MAX_STACK_DEPTH + 1];
	static struct lock_class_key file_keys[FILESYSTEM_MAX_STACK_DEPTH + 1];
	static struct lock_class_key record_keys[FILESYSTEM_MAX_STACK_DEPTH + 1];
	int depth = inode->i_sb->s_stack_depth;

	if (S_ISDIR(inode->i_mode))
		lockdep_set_class(&inode->i_rwsem, &dir_keys[depth]);
	else
		lockdep_set_class(&inode->i_rwsem, &file_keys[depth]);
	/* A change of record locks takes it (compat/lock.rs). */
	lockdep_set_class(&inode->i_data.invalidate_lock, &record_keys[depth]);
}

static inline void shim_set_super_lock_classes(struct super_block *sb)
{
	static struct lock_class_key write_keys[FILESYSTEM_MAX_STACK_DEPTH + 1][SB_FREEZE_LEVELS];
	static struct lock_class_key rename_keys[FILESYSTEM_MAX_STACK_DEPTH + 1];
	int depth = sb->s_stack_depth;

	for (int level = 0; level < SB_FREEZE_LEVELS; level++)
		lockdep_set_class(&sb->s_writers.rw_sem[level], &write_keys[depth][level]);
	lockdep_set_class(&sb->s_vfs_rename_mutex, &rename_keys[depth]);
}

static inline void shim_set_fop(struct inode *inode, const struct file_operations *fop)
{
	inode->i_fop = fop;
}

static inline unsigned int shim_i_nlink(const struct inode *inode)
{
	return inode->i_nlink;
}

static inline void shim_lock_inode(struct inode *inode)
{
	spin_lock(&inode->i_lock);
}

static inline void shim_unlock_inode(struct inode *inode)
{
	spin_unlock(&inode->i_lock);
}

/*
 * The times of the upper inode of a symbolic link. With relatime on the upper mount, the VFS
 * decides by them whether following the link updates the access time. If the lower mount is not
 * relatime (strictatime), each access of the link updates it. For this the upper inode has the
 * modification time as its access time, which to relatime means that the link was not read since.
 *
 * No lock protects times. A reader may see tv_sec and tv_nsec of different times. It then finds
 * them different, and the next walk compares again.
 */
static inline void shim_link_times(struct timespec64 times[3], const struct inode *lower,
				   const struct vfsmount *lower_mnt)
{
	times[1] = inode_get_mtime(lower);
	times[2] = inode_get_ctime(lower);
	times[0] = lower_mnt->mnt_flags & MNT_RELATIME ? inode_get_atime(lower) : times[1];
}

static inline bool shim_has_link_times(const struct inode *upper, const struct inode *lower,
				       const struct vfsmount *lower_mnt)
{
	struct timespec64 own[] = { inode_get_atime(upper), inode_get_mtime(upper), inode_get_ctime(upper) };
	struct timespec64 wanted[3];

	shim_link_times(wanted, lower, lower_mnt);
	return timespec64_equal(&own[0], &wanted[0]) && timespec64_equal(&own[1], &wanted[1]) &&
	       timespec64_equal(&own[2], &wanted[2]);
}

static inline void shim_set_link_times(struct inode *upper, const struct inode *lower,
				       const struct vfsmount *lower_mnt)
{
	struct timespec64 wanted[3];

	shim_link_times(wanted, lower, lower_mnt);
	inode_set_atime_to_ts(upper, wanted[0]);
	inode_set_mtime_to_ts(upper, wanted[1]);
	inode_set_ctime_to_ts(upper, wanted[2]);
}

/*
 * Copies the change time of a lower inode. Returns whether the upper one had another.
 *
 * Two changes within one tick of the clock can set the same time. A time so new is not copied, so
 * the next call returns true again. As above, so does a call that sees a mixture of two times.
 */
static inline bool shim_copy_change_time(struct inode *upper, const struct inode *lower)
{
	struct timespec64 own = inode_get_ctime(upper), wanted = inode_get_ctime(lower), now;

	if (likely(timespec64_equal(&own, &wanted)))
		return false;
	ktime_get_coarse_real_ts64(&now);
	if (timespec64_to_ns(&now) - timespec64_to_ns(&wanted) > (s64)lower->i_sb->s_time_gran)
		inode_set_ctime_to_ts(upper, wanted);
	else
		inode_set_ctime(upper, 0, 0);
	return true;
}

static inline void shim_reset_change_time(struct inode *upper)
{
	inode_set_ctime(upper, 0, 0);
}

static inline struct task_struct *shim_current(void)
{
	return current;
}

/* Whether the current task is in a system call that can be restarted. */
static inline bool shim_is_user_task(void)
{
	return !(current->flags & (PF_KTHREAD | PF_USER_WORKER | PF_IO_WORKER | PF_EXITING |
				   PF_SIGNALED | PF_DUMPCORE));
}

/* Whether the current task does the work of a user's task, without a system call to restart. */
static inline bool shim_is_worker(void)
{
	return current->flags & (PF_USER_WORKER | PF_IO_WORKER);
}

static inline void shim_sleep_a_little(void)
{
	schedule_timeout_killable(HZ / 100 + 1);
}

/* As shim_sleep_a_little(), but every signal ends the sleep. Returns whether one is pending. */
static inline bool shim_doze(void)
{
	schedule_timeout_interruptible(HZ / 100 + 1);
	return signal_pending(current);
}

static inline bool shim_signal_pending(void)
{
	return signal_pending(current);
}

/*
 * Makes the task appear to have a signal pending until recalc_sigpending(), which the return to
 * user space calls too. A system call that returns -ERESTARTNOINTR is then restarted, and an
 * interruptible wait ends at once.
 */
static inline void shim_pretend_signal(void)
{
	set_thread_flag(TIF_SIGPENDING);
}

/*
 * Maps an id of the filesystem to that seen through the mount, and back. Returns (u32)-1 if there
 * is none.
 */
static inline u32 shim_mapped_uid(const struct vfsmount *mnt, u32 id)
{
	struct user_namespace *ns = mnt->mnt_sb->s_user_ns;
	vfsuid_t seen = make_vfsuid(mnt_idmap(mnt), ns, make_kuid(ns, id));

	return from_kuid(&init_user_ns, vfsuid_into_kuid(seen));
}

static inline u32 shim_unmapped_uid(const struct vfsmount *mnt, u32 id)
{
	struct user_namespace *ns = mnt->mnt_sb->s_user_ns;
	kuid_t kuid = from_vfsuid(mnt_idmap(mnt), ns, VFSUIDT_INIT(make_kuid(&init_user_ns, id)));

	return from_kuid(ns, kuid);
}

/* Whether a walk to the dentry has to mount something: the VFS calls d_manage and d_automount. */
static inline void shim_set_automount(struct dentry *dentry, bool on)
{
	spin_lock(&dentry->d_lock);
	if (on)
		dentry->d_flags |= DCACHE_NEED_AUTOMOUNT | DCACHE_MANAGE_TRANSIT;
	else
		dentry->d_flags &= ~(DCACHE_NEED_AUTOMOUNT | DCACHE_MANAGE_TRANSIT);
	spin_unlock(&dentry->d_lock);
}

/*
 * Keeps a superblock until deactivate_super(), without keeping its mounts busy. Fails if its last
 * mount is gone. The caller knows that kill_sb has not returned.
 */
static inline bool shim_pin_super(struct super_block *sb)
{
	return atomic_inc_not_zero(&sb->s_active);
}

/*
 * The next inode of the superblock after prev, or the first one after NULL, with a reference. Drops
 * the reference to prev, which keeps the place in the list. Returns NULL at the end.
 */
static inline struct inode *shim_next_inode(struct super_block *sb, struct inode *prev)
{
	struct inode *next = prev, *found = NULL;

	might_sleep();
	spin_lock(&sb->s_inode_list_lock);
	if (!next)
		next = list_entry(&sb->s_inodes, struct inode, i_sb_list);
	list_for_each_entry_continue(next, &sb->s_inodes, i_sb_list) {
		found = igrab(next);
		if (found)
			break;
	}
	spin_unlock(&sb->s_inode_list_lock);
	iput(prev);
	cond_resched();
	return found;
}

/*
 * Whether the inode is encrypted and in use without a key, because the key was removed.
 * fscrypt_drop_inode() says so, and requires a filesystem that encrypts, and i_lock.
 */
static inline bool shim_has_lost_key(struct inode *inode)
{
	bool lost = false;

	if (IS_ENCRYPTED(inode)) {
		spin_lock(&inode->i_lock);
		lost = fscrypt_drop_inode(inode);
		spin_unlock(&inode->i_lock);
	}
	return lost;
}

/* Forgets the names of the inode that nobody uses and, of a directory, those below it. */
static inline void shim_forget_names(struct inode *inode)
{
	struct dentry *alias = S_ISDIR(inode->i_mode) ? d_find_any_alias(inode) : NULL;

	if (alias) {
		shrink_dcache_parent(alias);
		dput(alias);
	}
	d_prune_aliases(inode);
}

static inline bool shim_fc_is_submount(const struct fs_context *fc)
{
	return fc->purpose == FS_CONTEXT_FOR_SUBMOUNT;
}

/* Names a mount after the path, as the current task sees it. Returns 0 or a negative errno. */
static inline int shim_fc_set_source(struct fs_context *fc, const struct path *path)
{
	char *buffer = kmalloc(PATH_MAX, GFP_KERNEL);
	const char *name;

	if (!buffer)
		return -ENOMEM;
	name = d_path(path, buffer, PATH_MAX);
	fc->source = kstrdup(IS_ERR(name) ? fc->fs_type->name : name, GFP_KERNEL);
	kfree(buffer);
	return fc->source ? 0 : -ENOMEM;
}

/*
 * As fc_mount(), with the credentials of the kernel. Otherwise a security module would ask whether the
 * task that walks may mount with the options of the filesystem above: smack_set_mnt_opts() refuses
 * that to users, and selinux_set_mnt_opts() asks for a permission that they do not have. The user who
 * has mounted the filesystem above had it.
 */
static inline struct vfsmount *shim_fc_mount_as_kernel(struct fs_context *fc)
{
	const struct cred *old = override_creds(rcu_dereference_raw(init_task.cred));
	struct vfsmount *mount = fc_mount(fc);

	revert_creds(old);
	return mount;
}

static inline struct mutex *shim_submounts_mutex(void)
{
	static DEFINE_MUTEX(submounts);

	return &submounts;
}

static inline void shim_lock_submounts(void)
{
	mutex_lock(shim_submounts_mutex());
}

static inline void shim_unlock_submounts(void)
{
	mutex_unlock(shim_submounts_mutex());
}

static inline void shim_init_list(struct list_head *list)
{
	INIT_LIST_HEAD(list);
}

static inline void *shim_alloc(size_t size)
{
	return kmalloc(size, GFP_KERNEL);
}

static inline void shim_schedule_in_1s(struct delayed_work *work)
{
	schedule_delayed_work(work, HZ);
}

static inline pid_t shim_current_tgid(void)
{
	return current->tgid;
}

/* As after chmod(2). */
static inline void shim_notify_of_mode(struct dentry *dentry)
{
	fsnotify_change(dentry, ATTR_MODE);
}

static inline bool shim_is_executing(void)
{
	return current->in_execve;
}

/*
 * As vfs_lock_file(). A filesystem with locks of its own (`waits`) waits in its operation. That is
 * right for F_SETLKW alone: for F_SETLK, FL_SLEEP is a lock manager's wish to be called back.
 */
static inline int shim_lock_file(struct file *file, unsigned int command, struct file_lock *lock,
				 bool waits)
{
	if (waits && command == F_SETLK)
		lock->c.flc_flags &= ~FL_SLEEP;
	return vfs_lock_file(file, command, lock, NULL);
}

static inline int shim_flock(struct file *file, int command, struct file_lock *lock)
{
	if (file->f_op->flock)
		return file->f_op->flock(file, command, lock);
	return locks_lock_file_wait(file, lock);
}

/*
 * The owner of a POSIX lock that was taken on this very file, or NULL. An OFD lock is owned by its
 * file, and ends with it.
 */
static inline fl_owner_t shim_left_lock_owner(struct file *file)
{
	struct file_lock_context *context = locks_inode_context(file_inode(file));
	fl_owner_t owner = NULL;
	struct file_lock *lock;

	if (!context || list_empty_careful(&context->flc_posix))
		return NULL;
	spin_lock(&context->flc_lock);
	for_each_file_lock(lock, &context->flc_posix) {
		if (lock->c.flc_file == file && lock->c.flc_owner != (fl_owner_t)file) {
			owner = lock->c.flc_owner;
			break;
		}
	}
	spin_unlock(&context->flc_lock);
	return owner;
}

/* Whether the file may have leases. A stacking filesystem keeps those of its files further below. */
static inline bool shim_has_leases(struct file *file)
{
	struct file_lock_context *context = locks_inode_context(file_inode(file));

	if (file_inode(file)->i_sb->s_stack_depth)
		return true;
	return context && !list_empty_careful(&context->flc_lease);
}

/* The lease of file that owner has. Called with flc_lock held. */
static inline struct file_lease *shim_find_lease(struct file_lock_context *context,
						 struct file *file, fl_owner_t owner)
{
	struct file_lease *lease;

	for_each_file_lock(lease, &context->flc_lease)
		if (lease->c.flc_file == file && lease->c.flc_owner == owner)
			return lease;
	return NULL;
}

/* The type of the lease that a program has by this file, F_UNLCK if it has none. */
static inline int shim_lease_type(struct file *file)
{
	struct file_lock_context *context = locks_inode_context(file_inode(file));
	struct file_lease *lease;
	int type = F_UNLCK;

	if (!context)
		return type;
	spin_lock(&context->flc_lock);
	lease = shim_find_lease(context, file, file);
	if (lease)
		type = lease->c.flc_type;
	spin_unlock(&context->flc_lock);
	return type;
}

/*
 * Breaks the upper lease that a lower one stands for, in the way in which the lower one was broken.
 * Called with the flc_lock of the lower inode held. Returns whether there is no upper lease any
 * more. The lower one then ends at once.
 */
static inline bool shim_break_upper_lease(struct file_lease *lower)
{
	struct file *file = lower->c.flc_owner;
	struct inode *inode = file_inode(file);
	struct file_lock_context *context = locks_inode_context(inode);
	struct file_lease *lease;

	if (!context)
		return true;
	/* The class is that of the lower one, which has a smaller depth, or none. */
	spin_lock_nested(&context->flc_lock, inode->i_sb->s_stack_depth);
	lease = shim_find_lease(context, file, file);
	if (lease && lower->c.flc_flags & FL_UNLOCK_PENDING) {
		if (!(lease->c.flc_flags & FL_UNLOCK_PENDING)) {
			lease->c.flc_flags |= FL_UNLOCK_PENDING;
			lease->fl_break_time = lower->fl_break_time;
			lease->fl_lmops->lm_break(lease);
		}
	} else if (lease && !(lease->c.flc_flags & (FL_UNLOCK_PENDING | FL_DOWNGRADE_PENDING))) {
		lease->c.flc_flags |= FL_DOWNGRADE_PENDING;
		lease->fl_downgrade_time = lower->fl_downgrade_time;
		lease->fl_lmops->lm_break(lease);
	}
	spin_unlock(&context->flc_lock);
	return !lease;
}

/* Whether somebody waits for the lease that a program has by this file. */
static inline bool shim_is_lease_breaking(struct file *file)
{
	struct file_lock_context *context = locks_inode_context(file_inode(file));
	struct file_lease *lease;
	bool is_breaking;

	if (!context)
		return false;
	spin_lock(&context->flc_lock);
	lease = shim_find_lease(context, file, file);
	is_breaking = lease && lease->c.flc_flags & (FL_UNLOCK_PENDING | FL_DOWNGRADE_PENDING);
	spin_unlock(&context->flc_lock);
	return is_breaking;
}

/*
 * Whether another opening of the file excludes a lease, as the VFS decides it for programs. Returns
 * 0 or a negative errno.
 */
static inline int shim_lease_conflict(struct file *file, int type)
{
	struct inode *inode = file_inode(file);
	int writers = 0, readers = 0;

	if (type == F_RDLCK)
		return inode_is_open_for_write(inode) ? -EAGAIN : 0;
	if (type != F_WRLCK)
		return 0;
	if (file->f_mode & FMODE_WRITE)
		writers = 1;
	else if (file->f_mode & FMODE_READ)
		readers = 1;
	return atomic_read(&inode->i_writecount) == writers &&
	       atomic_read(&inode->i_readcount) == readers ? 0 : -EAGAIN;
}

/* Allocates without waiting, neither for memory nor for a filesystem. */
static inline void *shim_alloc_nowait(size_t size)
{
	return kmalloc(size, GFP_NOWAIT | __GFP_NOWARN);
}

static inline void shim_init_delayed_work(struct delayed_work *work, work_func_t func)
{
	INIT_DELAYED_WORK(work, func);
}

static inline void shim_schedule_in_100ms(struct delayed_work *work)
{
	schedule_delayed_work(work, HZ / 10 + 1);
}
