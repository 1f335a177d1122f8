// SPDX-License-Identifier: GPL-2.0

//! The description of a small kernel and a small driver for rust-analyzer.

mod fixture;

use fixture::{CommandResult, Fixture};
use std::process::Command;

/// A fixture with a kernel that was built in `kdir`, from sources in `ksrc`.
fn with_kernel() -> Fixture {
    let mut fixture = Fixture::new();
    fixture.flags = [
        "@./flags", "--cfg", "MODULE", "--extern", "kernel", "--extern", "macros",
    ]
    .map(str::to_string)
    .to_vec();
    fixture.write("kdir/flags", "--cfg=FROM_A_FILE=\"y\"\n-Cpanic=abort\n");
    fixture.write(
        "kdir/include/generated/rustc_cfg",
        "--cfg=CONFIG_X\n--cfg=CONFIG_X=\"y\"\n",
    );
    fixture.write("kdir/Makefile", "include ../ksrc/Makefile\n");
    for root in ["macros/lib.rs", "bindings/lib.rs", "kernel/lib.rs"] {
        fixture.write(&format!("ksrc/rust/{root}"), "");
    }
    fixture.write(
        "gen/compat.cfg",
        "--cfg=mkdir=\"takes_one\"\n--check-cfg=cfg(any())\n",
    );
    for root in ["driver/driver.rs", "bound/bound.rs", "tool/lib.rs"] {
        fixture.write(root, "");
    }
    fixture
        .environment
        .push(("RUST_LIB_SRC".to_string(), "/library".to_string()));
    fixture
}

fn describe(fixture: &Fixture, more: &[&str]) -> CommandResult {
    let arguments = "rust-project --kernel kdir --out gen --module driver/driver.rs \
                     --bindings bindings=bound/bound.rs --host tool=tool/lib.rs --file project.json";
    let mut arguments: Vec<&str> = arguments.split_whitespace().collect();
    arguments.extend(["--rustc", &fixture.rustc]);
    arguments.extend(more);
    arguments.push("--");
    let mut command = fixture.command(&arguments);
    command.args(&fixture.flags).output().unwrap().into()
}

/// The description without blanks, with `HERE` for the directory of the fixture.
fn described(fixture: &Fixture) -> String {
    let text = fixture.read("project.json");
    let text: String = text.split_whitespace().collect();
    text.replace(fixture.dir.to_str().unwrap(), "HERE")
}

/// A crate in the description.
fn krate(
    name: &str,
    root: &str,
    deps: &str,
    cfg: &str,
    own: bool,
    include: &str,
    macros: &str,
) -> String {
    let exclude = if own {
        "\"HERE/build\",\"HERE/target\""
    } else {
        ""
    };
    let (is_macros, library) = match macros {
        "" => (false, String::new()),
        library => (
            true,
            format!(",\"proc_macro_dylib_path\":\"HERE/{library}\""),
        ),
    };
    format!(
        "{{\"display_name\":\"{name}\",\"root_module\":\"HERE/{root}\",\"edition\":\"2021\",\"deps\":[{deps}],\
         \"cfg\":[{cfg}],\"env\":{{\"OBJTREE\":\"HERE/kdir\",\"RUST_MODFILE\":\"driver/driver\",\
         \"COMPAT_GEN\":\"HERE/gen\"}},\"is_workspace_member\":{own},\"source\":{{\"include_dirs\":[{include}],\
         \"exclude_dirs\":[{exclude}]}},\"is_proc_macro\":{is_macros}{library}}}"
    )
}

#[test]
fn each_crate_has_its_dependencies_and_flags() {
    let fixture = with_kernel();
    let result = describe(&fixture, &[]);
    assert_eq!(
        (result.status, result.out.as_str(), result.err.as_str()),
        (
            Some(0),
            "",
            "compat-probe: NOTE: /library has no source of the crate `core`, so rust-analyzer will not know its \
             names: install it (on Debian the package rust-src, with rustup the component rust-src), or name its \
             directory with RUST_LIB_SRC=DIR.\n"
        )
    );
    let sysroot = Command::new(&fixture.rustc)
        .args(["--print", "sysroot"])
        .output()
        .unwrap();
    let configured = r#""CONFIG_X","CONFIG_X=\"y\"""#;
    let own = r#""HERE","HERE/gen""#;
    let crates = [
        krate(
            "macros",
            "ksrc/rust/macros/lib.rs",
            "",
            "",
            false,
            r#""HERE/ksrc/rust/macros""#,
            "kdir/rust/libmacros.so",
        ),
        krate(
            "bindings",
            "ksrc/rust/bindings/lib.rs",
            "",
            configured,
            false,
            r#""HERE/ksrc/rust/bindings","HERE/kdir/rust""#,
            "",
        ),
        krate(
            "kernel",
            "ksrc/rust/kernel/lib.rs",
            r#"{"crate":0,"name":"macros"},{"crate":1,"name":"bindings"}"#,
            configured,
            false,
            r#""HERE/ksrc/rust/kernel","HERE/kdir/rust""#,
            "",
        ),
        krate("bound", "bound/bound.rs", "", "", true, own, ""),
        krate("tool", "tool/lib.rs", "", "", true, own, ""),
        krate(
            "driver",
            "driver/driver.rs",
            r#"{"crate":2,"name":"kernel"},{"crate":0,"name":"macros"},{"crate":3,"name":"bindings"}"#,
            r#""FROM_A_FILE=\"y\"","MODULE","mkdir=\"takes_one\"""#,
            true,
            own,
            "",
        ),
    ];
    assert_eq!(
        described(&fixture),
        format!(
            "{{\"sysroot\":\"{}\",\"sysroot_src\":\"/library\",\"crates\":[{}]}}",
            String::from_utf8_lossy(&sysroot.stdout).trim(),
            crates.join(",")
        )
    );
}

#[test]
fn without_the_kernels_sources_the_rest_is_described() {
    let fixture = with_kernel();
    fixture.write("kdir/Makefile", "");
    let result = describe(&fixture, &[]);
    assert!(
        result.err.ends_with(
            "compat-probe: NOTE: kdir does not lead to the kernel's Rust sources (rust/kernel/lib.rs), so \
             rust-analyzer will not know the names of the crate `kernel`: name the source tree with KSRC=DIR (on \
             Debian a package linux-source-VERSION has it).\n"
        ),
        "{}",
        result.err
    );
    assert_eq!(result.status, Some(0));
    let text = described(&fixture);
    assert!(
        !text.contains("ksrc") && text.contains("HERE/driver/driver.rs"),
        "{text}"
    );
    // The sources can be named.
    assert_eq!(
        describe(&fixture, &["--kernel-source", "ksrc"]).status,
        Some(0)
    );
    assert!(described(&fixture).contains("HERE/ksrc/rust/kernel/lib.rs"));
}

#[test]
fn missing_inputs_are_named() {
    let cases: [(&[&str], &str, &str); 4] = [
        (&["--kernel-source", "kdir"], "", "kdir is not a source tree of a kernel with Rust (it has no rust/kernel/lib.rs): name another one with KSRC=DIR."),
        (&[], "gen/compat.cfg", "reading HERE/gen/compat.cfg failed: No such file or directory (os error 2): run `make` first."),
        (&[], "driver/driver.rs", "driver/driver.rs cannot be used (No such file or directory (os error 2)): run `make` first."),
        (&[], "kdir/flags", "reading HERE/kdir/./flags failed: No such file or directory (os error 2): run `make` first."),
    ];
    for (more, missing, message) in cases {
        let fixture = with_kernel();
        if !missing.is_empty() {
            std::fs::remove_file(fixture.dir.join(missing)).unwrap();
        }
        let result = describe(&fixture, more);
        assert_eq!(
            (
                result.status,
                result.err.replace(fixture.dir.to_str().unwrap(), "HERE")
            ),
            (Some(1), format!("compat-probe: {message}\n"))
        );
        assert!(!fixture.has("project.json"));
    }
    let mut fixture = with_kernel();
    fixture.rustc = "no-such-rustc".to_string();
    assert_eq!(
        describe(&fixture, &[]).err,
        "compat-probe: `no-such-rustc --print sysroot` failed (No such file or directory (os error 2)): name the \
         compiler that the kernel was built with (RUSTC=… for `make`).\n"
    );
}
