// SPDX-License-Identifier: GPL-2.0

//! Kernels whose files contradict each other: their configuration, their Rust metadata and symbols,
//! their headers and types.

mod fixture;

use fixture::{Fixture, BINDINGS, SYMVERS};
use std::process::Command;

/// A fixture with a kernel's build directory, in which nothing contradicts anything.
fn with_kernel() -> Fixture {
    let mut fixture = Fixture::new();
    configure(&fixture, "CONFIG_A=y\nCONFIG_B=m\nCONFIG_C=3\n");
    fixture.options.push("--kernel=kdir".to_string());
    fixture
}

/// Writes the configuration for make, and makes the others from it.
fn configure(fixture: &Fixture, settings: &str) {
    let (mut c, mut rust) = (String::new(), String::new());
    for line in settings.lines() {
        let (name, value) = line.split_once('=').unwrap();
        c.push_str(&match value {
            "y" => format!("#define {name} 1\n"),
            "m" => format!("#define {name}_MODULE 1\n"),
            _ => format!("#define {name} {value}\n"),
        });
        rust.push_str(&format!("--cfg={name}\n--cfg={name}=\"{value}\"\n"));
    }
    fixture.write("kdir/include/config/auto.conf", settings);
    fixture.write("kdir/include/generated/autoconf.h", &c);
    fixture.write("kdir/include/generated/rustc_cfg", &rust);
}

#[test]
fn a_configuration_that_is_the_same_everywhere_is_accepted() {
    with_kernel().expect_answers();
}

#[test]
fn a_setting_that_differs_between_make_and_c_is_named() {
    let fixture = with_kernel();
    fixture.expect_answers();
    fixture.write(
        "kdir/include/generated/autoconf.h",
        "#define CONFIG_B_MODULE 1\n#define CONFIG_C 3\n",
    );
    fixture.expect_message(
        "compat-probe: error: the configuration of the kernel contradicts itself: CONFIG_A is y in \
         kdir/include/config/auto.conf, and not set in kdir/include/generated/autoconf.h, so C and Rust would be \
         compiled for different kernels.\n\
         \x20   log:  gen/compat.log\n\
         \x20   next: Configure and build the kernel again, or install its headers again: these files are made together.",
    );
}

#[test]
fn a_setting_that_only_rust_has_is_named() {
    let fixture = with_kernel();
    fixture.append("kdir/include/generated/rustc_cfg", "--cfg=CONFIG_D=\"y\"\n");
    let result = fixture.expect_error("ConfigurationsDiffer");
    assert!(result.err.contains("CONFIG_D"), "{}", result.err);
}

#[test]
fn a_kernel_with_randomised_layouts_is_refused_without_ready_sh_too() {
    let fixture = with_kernel();
    configure(&fixture, "CONFIG_A=y\nCONFIG_RANDSTRUCT=y\n");
    fixture.expect_error("Randomised");
}

/// The kernel's own bindings, with these structures.
fn kernel_bindings(structures: &[&str]) -> String {
    let mut text = String::from("#![no_std]\nmod bindings_raw {\n");
    for name in structures {
        text.push_str(&format!(
            "pub struct {name} {{ pub a: [u64; 9] }}\nimpl Default for {name} {{ #[inline(never)] fn default() -> Self {{ {name} {{ a: [1; 9] }} }} }}\n"
        ));
    }
    text + "}\npub use bindings_raw::*;\n"
}

/// Makes the metadata in kdir/rust, of a build with these structures, and returns the Module.symvers
/// of that build.
fn make_metadata(fixture: &Fixture, structures: &[&str]) -> String {
    fixture.write("kdir/rust/bindings.rs", &kernel_bindings(structures));
    fixture.write("kdir/rust/kernel.rs", "#![no_std]\npub use bindings;\n");
    let compile = |arguments: &[&str]| {
        let made = Command::new(&fixture.rustc)
            .args([
                "--edition=2021",
                "--crate-type=rlib",
                "-Csymbol-mangling-version=v0",
            ])
            // The driver's crate of that name is another one.
            .args(["-Cmetadata=kernel", "--cap-lints=allow"])
            .args(arguments)
            .current_dir(fixture.dir.join("kdir/rust"))
            .status();
        assert!(made.unwrap().success());
    };
    compile(&["--emit=metadata,llvm-ir", "bindings.rs"]);
    compile(&[
        "--emit=metadata",
        "--extern=bindings=libbindings.rmeta",
        "kernel.rs",
    ]);
    let code = fixture.read("kdir/rust/bindings.ll");
    let defined = code.lines().filter(|line| line.starts_with("define"));
    let symbols = defined.filter_map(|line| line.split(['@', '(']).nth(1));
    let lines = symbols.map(|name| format!("0x00000000\t{name}\tvmlinux\tEXPORT_SYMBOL_GPL\t\n"));
    lines.collect()
}

/// Makes the metadata of a build with the structures `made`, and the symbols of one with `exported`.
fn with_metadata(exported: &[&str], made: &[&str]) -> Fixture {
    let mut fixture = with_kernel();
    let flags = [
        "-Csymbol-mangling-version=v0",
        "-Lkdir/rust",
        "--extern=kernel",
    ];
    fixture.flags.extend(flags.map(str::to_string));
    let symbols = make_metadata(&fixture, exported);
    make_metadata(&fixture, made);
    fixture.write("Module.symvers", &(SYMVERS.to_string() + &symbols));
    fixture
}

#[test]
fn metadata_of_the_same_build_is_accepted() {
    let structures = ["dentry", "inode", "path"];
    let fixture = with_metadata(&structures, &structures);
    fixture.expect_answers();
    let table = fixture.read("gen/compat.txt");
    assert!(
        table.ends_with("3 symbols that the Rust metadata leads to are the kernel's.\n"),
        "{table}"
    );
}

#[test]
fn metadata_of_another_build_is_refused() {
    // The other build has one structure more, behind which all names differ.
    let fixture = with_metadata(
        &["dentry", "inode", "path"],
        &["dentry", "extent", "inode", "path"],
    );
    fixture.expect_message(
        "compat-probe: error: the Rust metadata in kdir/rust is of another build of the kernel: of 3 symbols that it \
         leads to, Module.symvers lacks 2.\n\
         \x20   log:  gen/compat.log\n\
         \x20   next: Take rust/ and Module.symvers from the same build and flavour of the kernel; where the headers \
         have no rust/, `kernel-rust-metadata` makes it.",
    );
    // Or it lacks one.
    with_metadata(&["dentry", "inode", "path"], &["dentry", "path"])
        .expect_error("ForeignMetadata");
}

/// The types of a kernel, in the format BTF.
struct Types {
    types: Vec<u8>,
    strings: Vec<u8>,
    count: u32,
}

impl Types {
    /// With a number of 32 bits as type 1.
    fn new() -> Self {
        let mut types = Self {
            types: Vec::new(),
            strings: vec![0],
            count: 0,
        };
        types.add("int", 1 << 24, 4, &[32]);
        types
    }

    fn add(&mut self, name: &str, info: u32, size: u32, rest: &[u32]) -> u32 {
        let name = self.text(name);
        for word in [name, info, size].iter().chain(rest) {
            self.types.extend(word.to_le_bytes());
        }
        self.count += 1;
        self.count
    }

    fn text(&mut self, text: &str) -> u32 {
        let at = self.strings.len();
        self.strings.extend(text.bytes().chain([0]));
        match text {
            "" => 0,
            _ => u32::try_from(at).unwrap(),
        }
    }

    /// Adds a structure with these members: name, type, and place in bytes.
    fn structure(&mut self, name: &str, size: u32, members: &[(&str, u32, u32)]) -> u32 {
        let mut rest = Vec::new();
        for (name, kind, offset) in members {
            rest.extend([self.text(name), *kind, offset * 8]);
        }
        let count = u32::try_from(members.len()).unwrap();
        self.add(name, (4 << 24) | count, size, &rest)
    }

    fn bytes(&self) -> Vec<u8> {
        let length = |part: &[u8]| u32::try_from(part.len()).unwrap().to_le_bytes();
        let mut bytes = vec![0x9f, 0xeb, 1, 0];
        bytes.extend(24u32.to_le_bytes());
        bytes.extend(0u32.to_le_bytes());
        bytes.extend(length(&self.types));
        bytes.extend(length(&self.types));
        bytes.extend(length(&self.strings));
        bytes.extend(&self.types);
        bytes.extend(&self.strings);
        bytes
    }

    /// The same in a section of an ELF file.
    fn elf(&self) -> Vec<u8> {
        let (types, names) = (self.bytes(), b"\0.names\0.BTF\0");
        let mut file = b"\x7fELF\x02\x01".to_vec();
        file.resize(64, 0);
        let begin = |file: &mut Vec<u8>, part: &[u8]| {
            let at = file.len() as u64;
            file.extend(part);
            (at, part.len() as u64)
        };
        let of_names = begin(&mut file, names);
        let of_types = begin(&mut file, &types);
        let table = file.len() as u64;
        for (name, (at, length)) in [(0u32, (0, 0)), (1, of_names), (8, of_types)] {
            let mut entry = [0; 64];
            entry[..4].copy_from_slice(&name.to_le_bytes());
            entry[24..32].copy_from_slice(&at.to_le_bytes());
            entry[32..40].copy_from_slice(&length.to_le_bytes());
            file.extend(entry);
        }
        file[40..48].copy_from_slice(&table.to_le_bytes());
        for (at, value) in [(58, 64u16), (60, 3), (62, 1)] {
            file[at..at + 2].copy_from_slice(&value.to_le_bytes());
        }
        file
    }
}

/// The bindings of a kernel in which `path` has members of several kinds.
const PATH: &str = "#[repr(C)] pub struct path { pub first: u32, pub __bindgen_anon_1: path__bindgen_ty_1, pub type_: u32, }
#[repr(C)] pub struct path__bindgen_ty_1 { pub inner: u32, }
#[repr(C)] pub struct other { pub unlisted: u32, }
#[repr(C)] pub struct vfsmount { _unused: [u8; 0], }
";

/// A fixture whose kernel has these types.
fn with_types(types: &[u8]) -> Fixture {
    let mut fixture = with_kernel();
    fixture.bindings(&(BINDINGS.to_string() + PATH));
    fixture.write("names", "dentry vfs_mkdir path vfsmount");
    std::fs::write(fixture.dir.join("vmlinux"), types).unwrap();
    let options = ["--names=names", "--btf=vmlinux"];
    fixture.options.extend(options.map(str::to_string));
    fixture
}

/// The types of a kernel whose `path` has `inner` at this place of its anonymous member.
fn types(inner: u32, members: &[(&str, u32, u32)]) -> Types {
    let mut types = Types::new();
    types.structure("dentry", 4, &[("d_flags", 1, 0)]);
    let anonymous = types.structure("", 4 + inner, &[("inner", 1, inner)]);
    let members: Vec<_> = members
        .iter()
        .map(|(name, kind, at)| (*name, if name.is_empty() { anonymous } else { *kind }, *at))
        .collect();
    types.structure("path", 12, &members);
    types.structure("other", 99, &[]);
    types.structure("vfsmount", 99, &[]);
    types
}

const RIGHT: [(&str, u32, u32); 3] = [("first", 1, 0), ("", 0, 4), ("type", 1, 8)];

const MOVED: [(&str, u32, u32); 3] = [("type", 1, 0), ("", 0, 4), ("first", 1, 8)];

#[test]
fn the_same_layouts_are_accepted() {
    let types = types(0, &RIGHT);
    for bytes in [types.bytes(), types.elf()] {
        let fixture = with_types(&bytes);
        fixture.expect_answers();
        let table = fixture.read("gen/compat.txt");
        assert!(
            table.ends_with("Layouts are those in vmlinux (structures compared: 2).\n"),
            "{table}"
        );
    }
}

#[test]
fn a_member_at_another_place_is_named() {
    with_types(&types(0, &MOVED).elf()).expect_message(
        "compat-probe: error: the structure `path` has another layout in the headers than in the kernel: the member \
         `type` is at byte 0 in the kernel, and at byte 8 in the headers (the kernel's types are those of vmlinux).\n\
         \x20   log:  gen/compat.log\n\
         \x20   next: Use the headers that the kernel was built with, with its configuration, or build the kernel \
         again; BTF=FILE names the types of another one.",
    );
}

#[test]
fn every_other_difference_is_named() {
    let added = [RIGHT[0], RIGHT[1], RIGHT[2], ("extra", 1, 8)];
    for (inner, members, difference) in [
        (
            4,
            &RIGHT[..],
            "it has 8 bytes in the kernel, and 4 in the headers",
        ),
        (
            0,
            &RIGHT[..2],
            "the member `type_` is in the headers and not in the kernel",
        ),
        (
            0,
            &added,
            "the member `extra` is in the kernel and not in the headers",
        ),
    ] {
        let result = with_types(&types(inner, members).bytes()).expect_error("LayoutDiffers");
        assert!(result.err.contains(difference), "{}", result.err);
        assert!(
            result.err.contains("the structure `path`"),
            "{}",
            result.err
        );
    }
}

#[test]
fn one_of_several_structures_of_a_name_is_enough() {
    let mut types = types(0, &RIGHT);
    types.structure("path", 64, &[]);
    with_types(&types.bytes()).expect_answers();
}

#[test]
fn types_that_cannot_be_read_are_an_error() {
    let whole = types(0, &RIGHT).bytes();
    for bytes in [&whole[..whole.len() - 1], &whole[..30], b"no types", b""] {
        with_types(bytes).expect_error("FileError");
    }
    // A kernel without types is none.
    let mut without = types(0, &RIGHT).elf();
    let at = without.windows(4).position(|four| four == b".BTF").unwrap();
    without[at] = b'x';
    let fixture = with_types(&without);
    fixture.expect_answers();
    assert!(fixture
        .read("gen/compat.txt")
        .contains("layouts were not compared"));
}

#[test]
fn nothing_is_compared_again_before_something_changes() {
    let mut fixture = with_types(&types(0, &RIGHT).elf());
    fixture.expect_answers();
    fixture.count_compilations();
    fixture.expect_answers();
    let whole = fixture.compilations();
    fixture.append("compat/raw.rs", "\n");
    fixture.expect_answers();
    assert_eq!(fixture.compilations() + 1, whole, "the layouts are known");
    let other = types(0, &MOVED).elf();
    std::fs::write(fixture.dir.join("vmlinux"), other).unwrap();
    fixture.expect_error("LayoutDiffers");
}
