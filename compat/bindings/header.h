/* SPDX-License-Identifier: GPL-2.0 */

/*
 * The headers whose names compat uses. bindgen reads this file with the C flags of the target
 * kernel; which names come out is written in bindgen.args.
 *
 * All of these exist from 6.12 on. Headers that came or went since (linux/fs/super.h,
 * linux/fs_types.h) are reached through linux/fs.h and never named.
 */
#include <linux/backing-file.h>
#include <linux/btrfs.h>
#include <linux/compat.h>
#include <linux/cred.h>
#include <linux/dcache.h>
#include <linux/exportfs.h>
#include <linux/fadvise.h>
#include <linux/falloc.h>
#include <linux/file.h>
#include <linux/fiemap.h>
#include <linux/fileattr.h>
#include <linux/filelock.h>
#include <linux/fs.h>
#include <linux/fs_context.h>
#include <linux/fscrypt.h>
#include <linux/fsmap.h>
#include <linux/fsnotify.h>
#include <linux/mm.h>
#include <linux/mnt_idmapping.h>
#include <linux/module.h>
#include <linux/mount.h>
#include <linux/namei.h>
#include <linux/pagemap.h>
#include <linux/posix_acl.h>
#include <linux/rcupdate.h>
#include <linux/sched/signal.h>
#include <linux/security.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/splice.h>
#include <linux/statfs.h>
#include <linux/workqueue.h>
#include <linux/xattr.h>
#include <uapi/linux/ext4.h>
#include <uapi/linux/fscrypt.h>
#include <uapi/linux/fsverity.h>

#include "helpers.h"
