// SPDX-License-Identifier: GPL-2.0

//! `compat-probe diff` on two small kernels: each kind of difference is found, and nothing else.

mod fixture;

use fixture::{CommandResult, Fixture};

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
fn kernels() -> Fixture {
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
fn replace(fixture: &Fixture, file: &str, from: &str, to: &str) {
    let name = format!("new/{file}");
    let text = fixture.read(&name);
    assert!(text.contains(from), "{name} has no {from:?}");
    fixture.write(&name, &text.replace(from, to));
}

/// Runs `diff` with options before the kernels.
fn diff(fixture: &Fixture, options: &[&str]) -> CommandResult {
    let mut command = fixture.command(&["diff"]);
    command
        .args(options)
        .args(["old", "new"])
        .output()
        .unwrap()
        .into()
}

/// The report of a comparison that succeeds and is complete.
fn report(fixture: &Fixture, options: &[&str]) -> String {
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
fn expect(report: &str, expected: &[(&str, &str)]) {
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
fn a_difference_has_places_users_and_lines() {
    let fixture = kernels();
    replace(
        &fixture,
        "fs/namei.c",
        "\t\treturn -EACCES;",
        "\t\treturn -EPERM;",
    );
    let text = report(&fixture, &[]);
    assert!(
        text.contains(
            "\n  vfs_mkdir: body\n    fs/namei.c:10 -> fs/namei.c:10\n    used in compat/dir.rs\n\
             \x20   @@ -11,5 +11,5 @@\n     {\n     \tif (!may_create(dir))\n    -\t\treturn -EACCES;\n\
             \x20   +\t\treturn -EPERM;\n     \treturn dir->i_op->mkdir(dir, mode);\n     }\n"
        ),
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

#[test]
fn of_a_name_that_is_gone_it_says_where_it_is_and_what_is_near() {
    let fixture = kernels();
    let prototype = "int vfs_lookup(struct inode *dir, const char *name);";
    replace(
        &fixture,
        "include/linux/fs.h",
        prototype,
        "int vfs_lookup_one(struct inode *dir);\nint other(void);",
    );
    replace(
        &fixture,
        "fs/namei.c",
        "int vfs_lookup(",
        "static int vfs_lookup(",
    );
    let porting = "Documentation/filesystems/porting.rst";
    replace(
        &fixture,
        porting,
        "entry.\n",
        "entry.\n\nIt isn't vfs_lookup() any longer.\n",
    );
    fixture.write("new/fs/internal.h", prototype);
    let text = report(&fixture, &[]);
    assert!(
        text.contains(
            "\n  vfs_lookup: a function\n    include/linux/fs.h:25 -> -\n\
             \x20    it is still static in fs/namei.c:18, declared in fs/internal.h:1\n\
             \x20    near new names: vfs_lookup_one (include/linux/fs.h:25)\n\
             \x20    Documentation/filesystems/porting.rst:6: It isn't vfs_lookup() any longer.\n"
        ),
        "{text}"
    );
}

#[test]
fn options_limit_lines_and_depth() {
    let fixture = kernels();
    replace(&fixture, "fs/namei.c", "dir->i_mode & MAY_READ", "1");
    expect(&report(&fixture, &["--depth", "0"]), &[]);
    replace(&fixture, "fs/namei.c", "-EACCES", "-EPERM");
    let text = report(&fixture, &["--depth=0", "--lines=3"]);
    assert!(
        text.contains("\n     \tif (!may_create(dir))\n    ... 4 more lines (--lines all)\n"),
        "{text}"
    );
    assert!(!report(&fixture, &["--depth=0", "--lines=all"]).contains("more lines"));
    // Nothing is called at a distance of two but what is called at one.
    fixture.append("new/fs/namei.c", "int deep(void)\n{\n\treturn 1;\n}\n");
    fixture.append("old/fs/namei.c", "int deep(void)\n{\n\treturn 2;\n}\n");
    for kernel in ["old", "new"] {
        let name = format!("{kernel}/fs/namei.c");
        let text = fixture
            .read(&name)
            .replacen("{\n\treturn ", "{\n\tdeep();\n\treturn ", 1);
        fixture.write(&name, &text);
    }
    assert!(!report(&fixture, &[]).contains("deep: called by"));
    assert!(report(&fixture, &["--depth=2"]).contains("\n  deep: called by may_create\n"));
}

#[test]
fn another_driver_brings_its_own_names() {
    let fixture = kernels();
    fixture.write(
        "drm/names.args",
        "--allowlist-function vfs_lookup\n--allowlist-function vfs_unused\n",
    );
    fixture.write(
        "drm/use.h",
        "#include <linux/unused.h>\n#include <linux/fs.h>\n",
    );
    fixture.write("drm/lib.rs", "fn f() { k::vfs_lookup(0, 0); }\n");
    replace(&fixture, "fs/namei.c", "-EACCES", "-EPERM");
    replace(
        &fixture,
        "fs/namei.c",
        "return is_short",
        "return !is_short",
    );
    replace(&fixture, "include/linux/unused.h", "(void)", "(int)");
    let text = diff(
        &fixture,
        &[
            "--sources=drm",
            "--names=drm/names.args",
            "--names=drm/use.h",
            "--bindings-crate=k",
        ],
    );
    expect(
        text.out.split_once("\n1.").unwrap().1,
        &[
            ("Functions", "vfs_lookup: body"),
            ("Prototypes", "vfs_unused: prototype"),
        ],
    );
    // The function behind the prototype is static.
    assert_eq!(text.status, Some(3));
    assert!(
        text.out.contains("the bodies of vfs_unused were not found"),
        "{}",
        text.out
    );
}

#[test]
fn of_headers_alone_the_report_says_what_was_not_compared() {
    let fixture = kernels();
    // A package of headers: the directory for one configuration leads to the common one.
    std::fs::rename(fixture.dir.join("new"), fixture.dir.join("common")).unwrap();
    for below in ["fs", "kernel", "Documentation"] {
        std::fs::remove_dir_all(fixture.dir.join("common").join(below)).unwrap();
    }
    fixture.write("new/Makefile", "include ../common/Makefile\n");
    fixture.write(
        "common/include/linux/inner.h",
        "#define MAY_READ 0x09\nvoid down_write(struct inode *inode, int class);\n",
    );
    fixture.write("new/Module.symvers", "0x0\tvfs_mkdir\tvmlinux\tEXPORT_SYMBOL_GPL\t\n0x0\tvfs_lookup\tvmlinux\tEXPORT_SYMBOL_GPL\t\n");
    let result = diff(&fixture, &[]);
    assert_eq!(
        (result.status, result.err.as_str()),
        (Some(3), ""),
        "{}",
        result.out
    );
    let (omitted, rest) = result.out.split_once("\n1.").unwrap();
    for sentence in [
        "old (7.2.1) -> new (7.2.1)\n\n*** NOT COMPARED ***\n",
        "\n  - Documentation/filesystems/porting.rst: new does not have it.\n",
        "\n  - new has no sources: no body of a function that is not inline, no comment above it, and no function that calls the driver was compared.\n",
        "\n  - new has a Module.symvers and no sources: it lists the exports of one configuration only",
    ] {
        assert!(omitted.contains(sentence), "{omitted}");
    }
    expect(
        rest,
        &[
            ("Values", "MAY_READ: value"),
            ("Exports", "vfs_mkdir: EXPORT_SYMBOL -> EXPORT_SYMBOL_GPL"),
        ],
    );
    std::fs::remove_file(fixture.dir.join("new/Module.symvers")).unwrap();
    let result = diff(&fixture, &[]);
    let sentence =
        "\n  - new has neither sources nor a valid Module.symvers: no export was compared.\n";
    assert!(result.out.contains(sentence), "{}", result.out);
}

#[test]
fn mistakes_are_named() {
    let fixture = kernels();
    let run = |arguments: &[&str]| -> CommandResult {
        fixture.command(arguments).output().unwrap().into()
    };
    for (arguments, status, mistake) in [
        (&["diff", "old"][..], 2, "NEW is missing; `compat-probe help` says how it is used."),
        (&["diff"], 2, "OLD is missing; `compat-probe help` says how it is used."),
        (&["diff", "old", "new", "third"], 2, "`third` is not one of "),
        (&["diff", "--lines=x", "old", "new"], 2, "--lines needs a number or `all`, and not `x`; "),
        (
            &["diff", "compat", "new"],
            1,
            "compat is neither the source tree of a kernel nor the directory of its headers (it does not lead to include/linux): name another directory.",
        ),
        (
            &["diff", "--sources=old/fs", "old", "new"],
            1,
            "neither old/fs nor the files of --names name anything of the kernel: name the directory of the driver's sources with --sources DIR, and bindgen's arguments with --names FILE.",
        ),
        (
            &["diff", "--names=none.args", "old", "new"],
            1,
            "error: reading none.args failed: No such file or directory (os error 2).\n    next: Create it, or remove what names it.",
        ),
    ] {
        let result = run(arguments);
        assert_eq!((result.status, result.out.as_str()), (Some(status), ""), "{arguments:?}");
        assert!(result.err.starts_with(&format!("compat-probe: {mistake}")), "{}", result.err);
    }
}
