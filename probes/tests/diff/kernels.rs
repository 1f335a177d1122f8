// SPDX-License-Identifier: GPL-2.0

//! Two small kernels and a driver, and what is expected of their comparison.

use crate::fixture::{CommandResult, Fixture};

/// The files of the kernel. The old and the new one are the same, until a test changes the new one.
const KERNEL: [(&str, &str); 9] = [
    ("Makefile", "VERSION = 7\nPATCHLEVEL = 2\nSUBLEVEL = 1\nEXTRAVERSION =\n"),
    (
        "include/linux/fs.h",
        "#ifndef _FS_H\n#define _FS_H\n#include <linux/inner.h>\n#include <asm/page.h>\n\
         struct inode {\n\tumode_t i_mode;\n\tint i_other; /* protected by i_lock */\n\
         \tconst struct inode_operations *i_op;\n};\n\
         struct inode_operations {\n\tint (*mkdir)(struct inode *, umode_t);\n\
         \tint (*rmdir)(struct inode *dir);\n};\n\
         enum kind {\n\tKIND_FILE,\n\tKIND_DIR,\n};\n\
         enum phase {\n\tPHASE_ONE,\n};\nextern struct inode nop_inode;\n#define MAY_READ 0x04\n\
         /* Returns an errno. */\nextern int vfs_mkdir(struct inode *dir, umode_t mode);\n\
         int vfs_lookup(struct inode *dir, const char *name);\n\
         static inline void inode_lock(struct inode *inode)\n{\n\tdown_write(inode, 1);\n}\n\
         #endif\n",
    ),
    (
        "include/linux/inner.h",
        "void down_write(struct inode *inode, int class);\n\
         static inline bool is_short(const char *name)\n{\n\treturn !name[1];\n}\n",
    ),
    ("include/linux/unused.h", "int vfs_unused(void);\n#define MAY_READ 0x40\n"),
    ("include/asm-generic/page.h", "typedef unsigned short umode_t;\n"),
    (
        "fs/namei.c",
        "static int may_create(struct inode *dir)\n{\n\treturn dir->i_mode & MAY_READ;\n}\n\n\
         /**\n * vfs_mkdir - make a directory\n * The caller holds the lock of @dir.\n */\n\
         int vfs_mkdir(struct inode *dir, umode_t mode)\n{\n\tif (!may_create(dir))\n\
         \t\treturn -EACCES;\n\treturn dir->i_op->mkdir(dir, mode);\n}\nEXPORT_SYMBOL(vfs_mkdir);\n\n\
         int vfs_lookup(struct inode *dir, const char *name)\n{\n\treturn is_short(name);\n}\n\
         EXPORT_SYMBOL_GPL(vfs_lookup);\n\n\
         static int vfs_unused(void)\n{\n\treturn 1;\n}\n",
    ),
    (
        "fs/evict.c",
        "static void evict(struct inode *inode)\n{\n\tinode->i_op->rmdir(inode);\n}\n\n\
         static int make(struct inode *dir)\n{\n\
         \tconst struct inode_operations *ops = dir->i_op;\n\n\treturn ops->mkdir(dir, 0);\n}\n",
    ),
    (
        "kernel/rwsem.c",
        "void down_write(struct inode *inode, int class)\n{\n\twait(inode);\n}\nEXPORT_SYMBOL(down_write);\n",
    ),
    ("Documentation/filesystems/porting.rst", "Changes\n=======\n\nThe first entry.\n"),
];

/// A driver with its names, and two kernels.
pub fn kernels() -> Fixture {
    let fixture = Fixture::empty();
    for (name, text) in [
        (
            "compat/bindings/bindgen.args",
            "--use-core\n--allowlist-function vfs_mkdir\n--allowlist-function vfs_lookup\n\
             --allowlist-function vfs_none\n--allowlist-function shim_.*\n\
             --allowlist-type inode_operations\n--allowlist-var kind_KIND_DIR\n",
        ),
        ("compat/bindings/header.h", "#include <linux/fs.h>\n#include \"helpers.h\"\n"),
        (
            "compat/bindings/helpers.h",
            "#define SHIM_CONST(name) static const typeof(name) SHIM_CONST_##name = name\n\
             SHIM_CONST(MAY_READ);\n\
             static inline int shim_lock(struct inode *dir)\n{\n\tint local = 0;\n\
             \tenum phase phase;\n\n\tinode_lock(&nop_inode);\n\tinode_lock(dir);\n\treturn dir->i_mode & local;\n}\n",
        ),
        (
            "compat/dir.rs",
            "use bindings::{inode, inode_operations};\nconst T: inode_operations = inode_operations \
             { mkdir: None, rmdir: None };\nfn f(i: *mut inode) { bindings::shim_lock(i); bindings::vfs_mkdir(i, 0); }\n",
        ),
    ] {
        fixture.write(name, text);
    }
    for kernel in ["old", "new"] {
        for (name, text) in KERNEL {
            fixture.write(&format!("{kernel}/{name}"), text);
        }
        for name in ["vfs", "locking"] {
            fixture.write(
                &format!("{kernel}/Documentation/filesystems/{name}.rst"),
                "Text.\n",
            );
        }
    }
    fixture
}

/// Replaces text in a file of the new kernel.
pub fn replace(fixture: &Fixture, file: &str, from: &str, to: &str) {
    let name = format!("new/{file}");
    let text = fixture.read(&name);
    assert!(text.contains(from), "{name} has no {from:?}");
    fixture.write(&name, &text.replace(from, to));
}

/// Runs `diff` with options before the kernels.
pub fn diff(fixture: &Fixture, options: &[&str]) -> CommandResult {
    let mut command = fixture.command(&["diff"]);
    command
        .args(options)
        .args(["old", "new"])
        .output()
        .unwrap()
        .into()
}

/// The report of a comparison that succeeds and is complete.
pub fn report(fixture: &Fixture, options: &[&str]) -> String {
    let result = diff(fixture, options);
    assert_eq!(
        (result.status, result.err.as_str()),
        (Some(0), ""),
        "{}",
        result.out
    );
    result.out
}

/// Expects these differences and no others: each with the heading of its part, and its first line.
pub fn expect(report: &str, expected: &[(&str, &str)]) {
    let mut heading = "";
    let mut found = Vec::new();
    for line in report.lines() {
        if line.starts_with(|first: char| first.is_ascii_uppercase()) {
            heading = line.split(" (").next().unwrap();
        } else if line.starts_with("  ") && !line.starts_with("   ") && line != "  nothing" {
            found.push((heading, line.trim()));
        }
    }
    assert_eq!(found, expected, "{report}");
}
