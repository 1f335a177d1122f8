/* SPDX-License-Identifier: GPL-2.0 */

/*
 * What Rust cannot name for itself: macros, members of anonymous unions, constants that are
 * expressions. bindgen's --wrap-static-fns makes a callable function of each inline below, so
 * nothing here needs a prototype of its own or an export.
 *
 * Only accessors belong here. A difference in signature, ownership or behaviour is a question
 * in compat/shims.
 */

/* bindgen sees only constants it can fold; this keeps each one's C type. */
#define SHIM_CONST(name) static const typeof(name) SHIM_CONST_##name = name

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
SHIM_CONST(DCACHE_OP_REVALIDATE);
SHIM_CONST(EAGAIN);
SHIM_CONST(ECHILD);
SHIM_CONST(EEXIST);
SHIM_CONST(EINVAL);
SHIM_CONST(EIO);
SHIM_CONST(ELOOP);
SHIM_CONST(ENODATA);
SHIM_CONST(ENODEV);
SHIM_CONST(ENOENT);
SHIM_CONST(ENOMEM);
SHIM_CONST(ENOTDIR);
SHIM_CONST(ENOTEMPTY);
SHIM_CONST(EOPNOTSUPP);
SHIM_CONST(EPERM);
SHIM_CONST(EROFS);
SHIM_CONST(ESTALE);
SHIM_CONST(EWOULDBLOCK);
SHIM_CONST(FILESYSTEM_MAX_STACK_DEPTH);
SHIM_CONST(FMODE_OPENED);
SHIM_CONST(IOCB_APPEND);
SHIM_CONST(IOCB_DSYNC);
SHIM_CONST(IOCB_HIPRI);
SHIM_CONST(IOCB_NOWAIT);
SHIM_CONST(IOCB_SYNC);
SHIM_CONST(I_MUTEX_PARENT);
SHIM_CONST(LOOKUP_DIRECTORY);
SHIM_CONST(LOOKUP_FOLLOW);
SHIM_CONST(LOOKUP_RCU);
SHIM_CONST(LOOKUP_REVAL);
SHIM_CONST(MAY_NOT_BLOCK);
SHIM_CONST(MAY_WRITE);
SHIM_CONST(MNT_NODEV);
SHIM_CONST(MNT_NOEXEC);
SHIM_CONST(MNT_NOSUID);
SHIM_CONST(O_ACCMODE);
SHIM_CONST(O_APPEND);
SHIM_CONST(O_CREAT);
SHIM_CONST(O_EXCL);
SHIM_CONST(O_NOCTTY);
SHIM_CONST(O_RDONLY);
SHIM_CONST(O_TRUNC);
SHIM_CONST(RENAME_EXCHANGE);
SHIM_CONST(SB_I_NODEV);
SHIM_CONST(SB_I_NOEXEC);
SHIM_CONST(SB_I_NOUMASK);
SHIM_CONST(SB_RDONLY);
SHIM_CONST(S_APPEND);
SHIM_CONST(S_DEAD);
SHIM_CONST(S_DIRSYNC);
SHIM_CONST(S_IFDIR);
SHIM_CONST(S_IFLNK);
SHIM_CONST(S_IFMT);
SHIM_CONST(S_IFREG);
SHIM_CONST(S_IMMUTABLE);
SHIM_CONST(S_ISGID);
SHIM_CONST(S_ISUID);
SHIM_CONST(S_NOATIME);
SHIM_CONST(S_NOCMTIME);
SHIM_CONST(S_NOSEC);
SHIM_CONST(S_SYNC);

static inline const struct cred *shim_current_cred(void)
{
	return current_cred();
}

/* The name is in an anonymous union in some kernels and a plain member in others. */
static inline const struct qstr *shim_d_name(const struct dentry *dentry)
{
	return &dentry->d_name;
}

static inline unsigned int shim_qstr_len(const struct qstr *name)
{
	return name->len;
}

/* An even count: a reader that started inside a change will find the value gone. */
static inline unsigned int shim_d_seq(const struct dentry *dentry)
{
	return raw_seqcount_begin(&dentry->d_seq);
}

/* Whether names under this dentry are hashed or compared by rules of the filesystem's own. */
static inline bool shim_has_own_names(const struct dentry *dentry)
{
	return (dentry->d_flags & (DCACHE_OP_HASH | DCACHE_OP_COMPARE)) ||
	       sb_has_encoding(dentry->d_sb);
}

/* Whether ids and capabilities on the filesystem are those of the initial user namespace. */
static inline bool shim_is_in_init_user_ns(const struct super_block *sb)
{
	return sb->s_user_ns == &init_user_ns;
}

static inline bool shim_is_idmapped(const struct vfsmount *mnt)
{
	return mnt_idmap(mnt) != &nop_mnt_idmap;
}

static inline const struct path *shim_f_path(const struct file *file)
{
	return &file->f_path;
}

/* sync_filesystem() wants s_umount held, so that the filesystem stays mounted meanwhile. */
static inline int shim_sync(struct super_block *sb)
{
	int status;

	/* A filesystem that stacks on this one may hold its own: deeper ones have higher subclasses. */
	down_read_nested(&sb->s_umount, 1 + FILESYSTEM_MAX_STACK_DEPTH - sb->s_stack_depth);
	status = sync_filesystem(sb);
	up_read(&sb->s_umount);
	return status;
}

/*
 * The cached-inode form of an inode's link body, or what the filesystem can say without
 * sleeping. Called under rcu_read_lock().
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
 * fcntl(F_SETFL) reaches the user's file alone; a lower file opened for it has to follow. Reading
 * through a mount that wants no access times leaves them alone below as well. A file that may only
 * grow goes on doing so: fcntl may have asked an upper inode that did not know yet.
 */
static inline void shim_follow_flags(const struct file *user_file, struct file *lower)
{
	const unsigned int mask = O_APPEND | O_NONBLOCK | O_NDELAY | O_DIRECT | O_NOATIME;
	unsigned int flags = READ_ONCE(user_file->f_flags) & mask;

	if ((user_file->f_path.mnt->mnt_flags & MNT_NOATIME) ||
	    ((user_file->f_path.mnt->mnt_flags & MNT_NODIRATIME) &&
	     S_ISDIR(file_inode(user_file)->i_mode)))
		flags |= O_NOATIME;
	if (IS_APPEND(file_inode(lower)))
		flags |= lower->f_flags & O_APPEND;
	if (likely((lower->f_flags & mask) == flags))
		return;
	spin_lock(&lower->f_lock);
	lower->f_flags = (lower->f_flags & ~mask) | flags;
	lower->f_iocb_flags = iocb_flags(lower);
	spin_unlock(&lower->f_lock);
}

/*
 * The user's file can do what the lower one can. Its f_mapping stays its own: parts of the kernel
 * tell by the mapping's operations what kind of inode the file has, tmpfs's seals among them.
 */
static inline void shim_share_abilities(struct file *user_file, const struct file *lower)
{
	const fmode_t usual = FMODE_LSEEK | FMODE_PREAD | FMODE_PWRITE;

	user_file->f_mode |= lower->f_mode & (FMODE_CAN_ODIRECT | FMODE_NOWAIT);
	user_file->f_mode &= ~(usual & ~lower->f_mode);
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
 * An error, after the filesystem's name, that fsconfig() readers find in the context's log, and
 * everybody in the kernel's: most programs that mount read nothing else.
 */
static inline void shim_fc_error(struct fs_context *fc, const char *subject, const char *message)
{
	errorfc(fc, "%s: %s", subject, message);
	if (fc->log.log)
		printk(KERN_ERR "%s: %s: %s\n", fc->fs_type->name, subject, message);
}

static inline void shim_show_flag(struct seq_file *seq, const char *name)
{
	seq_show_option(seq, name, NULL);
}

/*
 * lockdep tells locks apart by filesystem type. A filesystem that can lie on another of its own
 * type needs a class for each depth, or every nesting looks like a deadlock.
 */
static inline void shim_set_lock_class(struct inode *inode)
{
	static struct lock_class_key dir_keys[FILESYSTEM_MAX_STACK_DEPTH + 1];
	static struct lock_class_key file_keys[FILESYSTEM_MAX_STACK_DEPTH + 1];
	int depth = inode->i_sb->s_stack_depth;

	if (S_ISDIR(inode->i_mode))
		lockdep_set_class(&inode->i_rwsem, &dir_keys[depth]);
	else
		lockdep_set_class(&inode->i_rwsem, &file_keys[depth]);
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
 * Whether reading a link leaves its access time as it is. atime_needs_update() is not exported;
 * a wrong "no" here costs one leave of RCU walk and nothing else.
 */
static inline bool shim_atime_is_fresh(const struct vfsmount *mnt, struct inode *inode)
{
	struct timespec64 atime, mtime, ctime;

	if (IS_NOATIME(inode) || (mnt->mnt_flags & MNT_NOATIME))
		return true;
	if (!(mnt->mnt_flags & MNT_RELATIME))
		return false;
	atime = inode_get_atime(inode);
	mtime = inode_get_mtime(inode);
	ctime = inode_get_ctime(inode);
	return timespec64_compare(&mtime, &atime) < 0 && timespec64_compare(&ctime, &atime) < 0 &&
	       ktime_get_real_seconds() - atime.tv_sec < 24 * 60 * 60;
}
