// SPDX-License-Identifier: GPL-2.0

//! Which differences are found, and that nothing else is.

use crate::kernels::{expect, kernels, replace, report};

#[test]
fn equal_kernels_have_no_difference() {
    let text = report(&kernels(), &[]);
    assert_eq!(
        text,
        "old (7.2.1) -> new (7.2.1)\n\
         \n1. CHANGED WITHOUT A TYPE CHANGING: no compiler finds these\n\n  nothing\n\
         \n2. TYPES\n\n  nothing\n\n3. EXPORTS, AND WHAT A NAME IS\n\n  nothing\n\
         \n4. GONE AND COME\n\n  nothing\n\
         \nIn the headers of neither kernel, or in those of a processor: vfs_none\n\
         \n9 names compared: no difference\n"
    );
}

#[test]
fn each_kind_of_difference_is_in_its_part() {
    let (fs, namei) = ("include/linux/fs.h", "fs/namei.c");
    let (functions, values) = ("Functions", "Values");
    let (comments, members) = ("Comments and names of parameters", "Members");
    for (file, from, to, part, first) in [
        (namei, "-EACCES", "-EPERM", functions, "vfs_mkdir: body"),
        (namei, "is_short(name)", "!is_short(name)", functions, "vfs_lookup: body"),
        (
            namei,
            "int vfs_lookup(struct inode *dir, const char *name)\n{\n\treturn is_short(name);\n}\n",
            "#ifdef CONFIG_X\nint vfs_lookup(struct inode *dir, const char *name)\n{\n\treturn is_short(name);\n}\n#endif\n",
            functions,
            "vfs_lookup: compiled under another condition: always -> CONFIG_X",
        ),
        (fs, "down_write(inode, 1)", "down_write(inode, 2)", "Inline functions", "inode_lock: body"),
        (fs, "0x04", "0x08", values, "MAY_READ: value"),
        (fs, "KIND_FILE,", "KIND_FILE,\n\tKIND_LINK,", values, "kind_KIND_DIR: value"),
        (namei, "holds the lock", "holds no lock", comments, "vfs_mkdir: comment"),
        (fs, "Returns an", "Returns no", comments, "vfs_mkdir: comment at the prototype"),
        (fs, "by i_lock", "by RCU", comments, "inode: comments"),
        (fs, "umode_t mode);", "umode_t type);", comments, "vfs_mkdir: names of parameters"),
        (
            namei,
            "dir->i_mode & MAY_READ",
            "1",
            "Functions that these call",
            "may_create: called by vfs_mkdir",
        ),
        (
            "include/linux/inner.h",
            "name[1]",
            "name[2]",
            "Functions that these call",
            "is_short: called by vfs_lookup",
        ),
        (
            "kernel/rwsem.c",
            "wait(inode)",
            "spin(inode)",
            "Functions that these call",
            "down_write: called by inode_lock",
        ),
        (
            "fs/evict.c",
            "\tinode->i_op",
            "\tif (inode)\n\t\tinode->i_op",
            "Functions that call the driver",
            "evict: calls inode_operations.rmdir",
        ),
        (
            "fs/evict.c",
            "(dir, 0)",
            "(dir, 1)",
            "Functions that call the driver",
            "make: calls inode_operations.mkdir",
        ),
        (
            "Documentation/filesystems/porting.rst",
            "first entry.\n",
            "first entry.\n\nA new one.\n",
            "Documents",
            "Documentation/filesystems/porting.rst: entries",
        ),
        (
            "Documentation/filesystems/locking.rst",
            "Text",
            "Locks",
            "Documents",
            "Documentation/filesystems/locking.rst: text",
        ),
        (fs, "const char *name);", "struct qstr *name);", "Prototypes", "vfs_lookup: prototype"),
        (fs, "*, umode_t);", "*, int);", members, "inode_operations.mkdir: type"),
        (fs, "umode_t i_mode", "u32 i_mode", members, "inode.i_mode: type"),
        (
            fs,
            "\tint (*rmdir)",
            "\tint (*sync)(void);\n\tint (*rmdir)",
            members,
            "inode_operations.sync: new (no source names it)",
        ),
        (fs, "PHASE_ONE,", "PHASE_ONE,\n\tPHASE_TWO,", members, "phase: constants"),
        (
            fs,
            "extern struct inode nop",
            "extern const struct inode nop",
            "Prototypes",
            "nop_inode: declaration",
        ),
        (fs, "int i_other", "long i_other", members, "inode: members that no source names"),
        (
            namei,
            "EXPORT_SYMBOL(",
            "EXPORT_SYMBOL_GPL(",
            "Exports",
            "vfs_mkdir: EXPORT_SYMBOL -> EXPORT_SYMBOL_GPL",
        ),
        (
            namei,
            "EXPORT_SYMBOL_GPL(vfs_lookup);",
            "",
            "Exports",
            "vfs_lookup: EXPORT_SYMBOL_GPL -> not exported",
        ),
        (
            fs,
            "int vfs_lookup(struct inode *dir, const char *name);",
            "#define vfs_lookup(dir, name) 0",
            "Exports",
            "vfs_lookup: was a function, is a macro",
        ),
        (fs, "#define MAY_READ 0x04", "", "Gone", "MAY_READ: a macro"),
        (
            fs,
            "int vfs_lookup",
            "int vfs_none(void);\nint vfs_lookup",
            "Come",
            "vfs_none: a function",
        ),
    ] {
        let fixture = kernels();
        replace(&fixture, file, from, to);
        if first.starts_with("vfs_none") {
            fixture.write("new/fs/none.c", "int vfs_none(void)\n{\n\treturn 0;\n}\n");
        }
        let text = report(&fixture, &[]);
        // The documents are one difference for each file, the last line counts all.
        expect(&text, &[(part, first)]);
        let count = format!("names compared: {} 1\n", part.to_lowercase());
        assert!(text.ends_with(&count), "{text}");
    }
}

#[test]
fn what_does_not_change_what_is_compiled_is_no_difference() {
    let (fs, namei) = ("include/linux/fs.h", "fs/namei.c");
    for (file, from, to) in [
        (
            namei,
            "\tif (!may_create(dir))\n\t\treturn",
            "\tif ( !may_create( dir ) ) return",
        ),
        (namei, "holds the lock of", "holds the\n * lock of"),
        (namei, "\treturn 1;", "\treturn 2;"),
        (
            fs,
            "int (*rmdir)(struct inode *dir)",
            "int (*rmdir)(struct inode *parent)",
        ),
        (fs, "extern int vfs_mkdir", "int vfs_mkdir"),
        (fs, "0x04", " \\\n\t0x04 "),
        (fs, "0x04", "BIT(2)"),
        ("include/linux/unused.h", "0x40", "0x80"),
    ] {
        let fixture = kernels();
        replace(&fixture, file, from, to);
        expect(&report(&fixture, &[]), &[]);
    }
}

#[test]
fn what_moves_to_another_file_is_compared_there() {
    let fixture = kernels();
    replace(
        &fixture,
        "include/linux/fs.h",
        "#define MAY_READ 0x04\n",
        "",
    );
    replace(
        &fixture,
        "include/linux/inner.h",
        "void",
        "#define MAY_READ 0x04\nvoid",
    );
    let lookup =
        "int vfs_lookup(struct inode *dir, const char *name)\n{\n\treturn is_short(name);\n}\n\
                  EXPORT_SYMBOL_GPL(vfs_lookup);\n";
    replace(&fixture, "fs/namei.c", lookup, "");
    fixture.write("new/fs/lookup.c", lookup);
    expect(&report(&fixture, &[]), &[]);
}

#[test]
fn definitions_of_one_condition_are_compared_with_each_other() {
    let fixture = kernels();
    let name = "include/linux/inner.h";
    let variant = |value: &str| format!("static inline int v(void)\n{{\n\treturn {value};\n}}\n");
    let (stub, real) = (variant("0"), variant("f()"));
    fixture.append(
        "compat/bindings/helpers.h",
        "static inline int shim_v(void) { return v(); }\n",
    );
    fixture.append(
        &format!("old/{name}"),
        &format!("#ifndef A\n{stub}#else\n{real}#endif\n"),
    );
    // The two in the other order are the same two.
    fixture.append(
        &format!("new/{name}"),
        &format!("#ifdef A\n{real}#else\n{stub}#endif\n"),
    );
    expect(&report(&fixture, &[]), &[]);
    replace(&fixture, name, "f()", "f(1)");
    let text = report(&fixture, &[]);
    expect(&text, &[("Inline functions", "v: body")]);
    assert!(
        text.contains("-\treturn f();\n    +\treturn f(1);\n"),
        "{text}"
    );
    // Without the stub, the other one is still compared with itself.
    replace(&fixture, name, &format!("#else\n{stub}"), "");
    let text = report(&fixture, &[]);
    assert!(
        text.contains("-\treturn f();\n    +\treturn f(1);\n"),
        "{text}"
    );
}

#[test]
fn a_new_prototype_stands_beside_the_new_body() {
    let fixture = kernels();
    replace(
        &fixture,
        "include/linux/fs.h",
        "*dir, umode_t mode);",
        "*dir, int mode);",
    );
    replace(
        &fixture,
        "fs/namei.c",
        "*dir, umode_t mode)\n",
        "*dir, int mode)\n",
    );
    replace(&fixture, "fs/namei.c", "-EACCES", "-EPERM");
    let text = report(&fixture, &[]);
    expect(&text, &[("Prototypes", "vfs_mkdir: prototype, body")]);
    assert!(
        text.contains(
            "-int vfs_mkdir(struct inode *, umode_t)\n    +int vfs_mkdir(struct inode *, int)\n\
             \x20   fs/namei.c:10 -> fs/namei.c:10\n"
        ),
        "{text}"
    );
}

#[test]
fn a_function_that_became_inline_is_named_as_such() {
    let fixture = kernels();
    let body = "(struct inode *dir, const char *name)\n{\n\treturn is_short(name);\n}\n";
    replace(
        &fixture,
        "include/linux/fs.h",
        "int vfs_lookup(struct inode *dir, const char *name);\n",
        &format!("static inline int vfs_lookup{body}"),
    );
    replace(&fixture, "fs/namei.c", &format!("int vfs_lookup{body}"), "");
    replace(
        &fixture,
        "fs/namei.c",
        "EXPORT_SYMBOL_GPL(vfs_lookup);\n",
        "",
    );
    expect(
        &report(&fixture, &[]),
        &[(
            "Exports",
            "vfs_lookup: was a function, is an inline function",
        )],
    );
}
