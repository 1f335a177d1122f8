// SPDX-License-Identifier: GPL-2.0

//! What the report says of a difference, and of what was not compared.

use crate::fixture::CommandResult;
use crate::kernels::{diff, expect, kernels, replace, report};

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
