// SPDX-License-Identifier: GPL-2.0

//! Question: how does a security module give the label of an inode as text?
//!
//! Up to 6.13 `security_inode_getsecctx()` writes a pointer and a length. Since 6.14 it writes a
//! structure with both and the number of the module.
//!
//! C header: `include/linux/security.h`

use bindings::inode;

answers! { security_context:
    "pointer_and_length" => pointer_and_length,
    "structure" => structure,
}

/// Copies labels from inode to inode.
pub(crate) trait SecurityContext {
    /// Gives `to` the label that the security module has in memory for `from`, such as that of
    /// SELinux or Smack. Does nothing if no module has labels. May sleep.
    ///
    /// # Safety
    ///
    /// Both inodes are valid and referenced for the call, and both have been attached to a dentry.
    unsafe fn copy(from: *mut inode, to: *mut inode);
}
