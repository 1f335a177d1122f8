// SPDX-License-Identifier: GPL-2.0

//! The symbols that an answer needs, and whether the kernel exports them.
//!
//! A probe is not linked: it compiles also against a function that is declared and not exported.

use crate::error::{Error, SymbolError};
use crate::source::{self, Kind, Token};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::Path;

/// Symbols that the kernel's build defines in each module.
const IN_MODULE: [&str; 1] = ["__this_module"];

/// Whether a name in the bindings is exported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Export {
    /// The name is a type, a constant, or a function in the module itself, and needs no export.
    NotNeeded,
    /// Exported; with the kind of the export (`EXPORT_SYMBOL_GPL`).
    Exported(String),
    /// Declared, but not exported.
    NotExported,
    /// Exported to modules that import this namespace.
    InNamespace(String),
}

/// The symbols that the bindings declare and those that the kernel exports.
#[derive(Debug)]
pub(crate) struct Symbols {
    /// The symbol of each `extern` name; `None` if the module itself defines it.
    declared: HashMap<String, Option<String>>,
    /// Kind of export and namespace, by symbol; `None` if the exports are not known.
    exported: Option<HashMap<String, (String, String)>>,
    /// The members of each structure and union, and the constants of each enumeration.
    members: HashMap<String, Vec<String>>,
}

impl Symbols {
    /// Reads the tokens of the generated bindings, and path and text of the kernel's Module.symvers.
    pub(crate) fn read(
        bindings: &[Token<'_>],
        symvers: Option<(&Path, &str)>,
    ) -> Result<Self, Error> {
        let declared = declarations(bindings);
        let wanted = declared.values().flatten().map(String::as_str).collect();
        let exported = symvers
            .map(|(path, text)| exports(path, text, &wanted))
            .transpose()?;
        let mut members = structures(bindings);
        members.extend(enumerations(bindings));
        Ok(Self {
            declared,
            exported,
            members,
        })
    }

    /// The members of a structure, or the constants of an enumeration; none if the bindings do not
    /// have it, or have only its name.
    pub(crate) fn members(&self, of: &str) -> &[String] {
        self.members.get(of).map_or(&[], Vec::as_slice)
    }

    /// Whether `name` is a function or variable of the kernel, and not one in the module itself.
    pub(crate) fn is_declared(&self, name: &str) -> bool {
        self.declared.get(name).is_some_and(Option::is_some)
    }

    /// Whether the exports are known.
    pub(crate) fn checked(&self) -> bool {
        self.exported.is_some()
    }

    /// Whether `name` in the bindings is exported.
    pub(crate) fn export(&self, name: &str) -> Export {
        let (Some(Some(symbol)), Some(exported)) = (self.declared.get(name), &self.exported) else {
            return Export::NotNeeded;
        };
        match exported.get(symbol) {
            _ if IN_MODULE.contains(&symbol.as_str()) => Export::NotNeeded,
            None => Export::NotExported,
            Some((kind, namespace)) if namespace.is_empty() => Export::Exported(kind.clone()),
            Some((_, namespace)) => Export::InNamespace(namespace.clone()),
        }
    }
}

/// The `extern` functions and statics of generated bindings, with the symbol of each.
///
/// bindgen gives the wrapper of a static inline function the link name `NAME__extern`. The wrapper
/// is compiled into the module.
fn declarations(tokens: &[Token<'_>]) -> HashMap<String, Option<String>> {
    let mut declared = HashMap::new();
    let mut linked = None;
    let mut depth = 0;
    // The depth inside the `extern` block that is read now.
    let mut block = None;
    for (at, token) in tokens.iter().enumerate() {
        let next = |ahead: usize| tokens.get(at + ahead).map(|token| token.kind);
        match token.kind {
            Kind::Mark('{') => {
                depth += 1;
                // `extern { … }` and `extern "C" { … }`, but not `extern "C" fn f() { … }`.
                let before =
                    |back: usize| at.checked_sub(back).and_then(|index| tokens[index].word());
                if before(1) == Some("extern")
                    || (at > 0
                        && matches!(tokens[at - 1].kind, Kind::Text(_))
                        && before(2) == Some("extern"))
                {
                    block = Some(depth);
                }
            }
            Kind::Mark('}') => {
                if block == Some(depth) {
                    block = None;
                }
                depth -= 1;
            }
            Kind::Word("link_name") if block.is_some() => {
                if let Some(Kind::Text(name)) = next(2) {
                    linked = Some(name.trim_start_matches("\\u{1}"));
                }
            }
            Kind::Word("fn" | "static") if block == Some(depth) => {
                let name = match next(1) {
                    Some(Kind::Word("mut")) => next(2),
                    name => name,
                };
                // In the type of a function pointer, `fn` is followed by a parenthesis.
                if let Some(Kind::Word(name)) = name {
                    let symbol = linked.take().unwrap_or(name);
                    let wrapped = symbol.ends_with("__extern");
                    declared.insert(name.to_string(), (!wrapped).then(|| symbol.to_string()));
                }
            }
            _ => {}
        }
    }
    declared
}

/// The constants of the enumerations in generated bindings, which are of the type of the enumeration.
/// Their names begin with its name, or they are in an `impl` of it if it is a type of its own:
/// `pub const file_type_REGULAR: file_type = 8;` and `pub const REGULAR: file_type = file_type(8);`.
fn enumerations(tokens: &[Token<'_>]) -> HashMap<String, Vec<String>> {
    let mut enumerations: HashMap<String, Vec<String>> = HashMap::new();
    for seven in tokens.windows(7) {
        let [declaration, name, colon, kind, equals, value, open] = seven else {
            continue;
        };
        let is_one = declaration.word() == Some("const") && colon.is(':') && equals.is('=');
        let (Some(name), Some(kind), true) = (name.word(), kind.word(), is_one) else {
            continue;
        };
        // Only a type of its own has a constructor.
        let constant = match value.word() == Some(kind) && open.is('(') {
            true => Some(name),
            false => name.strip_prefix(kind).and_then(|it| it.strip_prefix('_')),
        };
        if let Some(constant) = constant {
            let constants = enumerations.entry(kind.to_string()).or_default();
            constants.push(constant.to_string());
        }
    }
    enumerations
}

/// The members of the structures and unions in generated bindings. In these, all members are public.
fn structures(tokens: &[Token<'_>]) -> HashMap<String, Vec<String>> {
    let mut structures = HashMap::new();
    for (at, token) in tokens.iter().enumerate() {
        let (Some("struct" | "union"), [name, open, body @ ..]) = (token.word(), &tokens[at + 1..])
        else {
            continue;
        };
        let (Some(name), true) = (name.word(), open.is('{')) else {
            continue;
        };
        let mut members = Vec::new();
        let mut depth = 0;
        for three in body.windows(3) {
            match three[0].kind {
                Kind::Mark('}') if depth == 0 => break,
                Kind::Mark('{' | '(') => depth += 1,
                Kind::Mark('}' | ')') => depth -= 1,
                Kind::Word("pub") if depth == 0 && three[2].is(':') => {
                    members.extend(three[1].word().map(str::to_string));
                }
                _ => {}
            }
        }
        structures.insert(name.to_string(), members);
    }
    structures
}

/// Kind of export and namespace of the `wanted` symbols, by symbol.
///
/// The columns of Module.symvers are checksum, symbol, module, kind of export, and namespace.
pub(crate) fn exports(
    path: &Path,
    text: &str,
    wanted: &HashSet<&str>,
) -> Result<HashMap<String, (String, String)>, Error> {
    let path = path.to_path_buf();
    if text.is_empty() {
        return Err(SymbolError::EmptySymvers { path }.into());
    }
    let mut exported = HashMap::new();
    for (index, line) in text.lines().enumerate() {
        let mut columns = line.split('\t').skip(1);
        let (Some(symbol), Some(_), Some(kind)) = (columns.next(), columns.next(), columns.next())
        else {
            let line = index + 1;
            return Err(SymbolError::InvalidSymvers { path, line }.into());
        };
        if wanted.contains(symbol) {
            let namespace = columns.next().unwrap_or("");
            exported.insert(
                symbol.to_string(),
                (kind.to_string(), namespace.to_string()),
            );
        }
    }
    Ok(exported)
}

/// The names that `text` uses of the crate `bindings`, sorted.
///
/// The crate must be named in full: through another name or a glob its symbols cannot be seen.
pub(crate) fn used(text: &str, bindings: &str, file: &Path) -> Result<BTreeSet<String>, Error> {
    let tokens = source::tokens(text);
    let mut names = BTreeSet::new();
    for at in (0..tokens.len()).filter(|at| tokens[*at].word() == Some(bindings)) {
        let named = match &tokens[at + 1..] {
            [first, second, path @ ..] if first.is(':') && second.is(':') => first_names(path),
            _ if is_imported_whole(&tokens, at) => None,
            _ => Some(Vec::new()),
        };
        let Some(named) = named else {
            return Err(SymbolError::BindingsImportedWhole {
                file: file.to_path_buf(),
                line: source::line_of(text, tokens[at].offset),
                bindings: bindings.to_string(),
            }
            .into());
        };
        names.extend(named.into_iter().map(str::to_string));
    }
    Ok(names)
}

/// Whether the crate at `at`, without a path behind it, is imported: `use bindings;`,
/// `extern crate bindings as b;`.
fn is_imported_whole(tokens: &[Token<'_>], at: usize) -> bool {
    let import = at > 0 && matches!(tokens[at - 1].word(), Some("use" | "crate"));
    let next = tokens.get(at + 1);
    import && next.is_some_and(|next| next.is(';') || next.word() == Some("as"))
}

/// The names that a path or a group begins with; `None` if one of them is `*`, or `self` in a
/// group.
fn first_names<'a>(path: &[Token<'a>]) -> Option<Vec<&'a str>> {
    match path.first() {
        Some(first) if first.is('{') => names_in_group(path),
        Some(first) if first.is('*') => None,
        Some(first) => Some(first.word().into_iter().collect()),
        None => Some(Vec::new()),
    }
}

/// The names that the group at the beginning of `path` begins its items with; `None` as for
/// [`first_names`].
fn names_in_group<'a>(path: &[Token<'a>]) -> Option<Vec<&'a str>> {
    let mut names = Vec::new();
    let mut depth = 0;
    // Each item of the group begins after its brace, or after a comma that is in no inner group.
    let mut begins = false;
    for token in path {
        match token.kind {
            Kind::Mark('{') => depth += 1,
            Kind::Mark('}') => depth -= 1,
            Kind::Mark('*') | Kind::Word("self") if begins => return None,
            Kind::Word(name) if begins => names.push(name),
            _ => {}
        }
        if depth == 0 {
            break;
        }
        begins = depth == 1 && (token.is('{') || token.is(','));
    }
    Some(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BINDINGS: &str = r#"
        pub type op = Option<unsafe extern "C" fn(fn_arg: u32) -> i32>;
        extern "C" {
            pub fn vfs_mkdir(
                arg1: Option<unsafe extern "C" fn(u32) -> i32>,
            ) -> i32;
            #[link_name = "dget__extern"]
            pub fn dget(arg1: u32) -> u32;
            pub static mut nop_mnt_idmap: u32;
            #[link_name = "\u{1}real"] pub fn alias();
            pub fn hidden();
            pub static __this_module: u32;
        }
        pub unsafe extern "C" fn defined() { fn inner() {} }
    "#;
    const SYMVERS: &str = "0x0\tvfs_mkdir\tvmlinux\tEXPORT_SYMBOL\t\n0x0\tnop_mnt_idmap\tvmlinux\tEXPORT_SYMBOL_GPL\t\n0x0\treal\tfs/x\tEXPORT_SYMBOL_GPL\tVFS\n";

    fn used_in(text: &str) -> Result<Vec<String>, Error> {
        used(text, "bindings", Path::new("a.rs")).map(|names| names.into_iter().collect())
    }

    #[test]
    fn exports_follow_from_bindings_and_symvers() {
        let symbols = Symbols::read(
            &source::tokens(BINDINGS),
            Some((Path::new("Module.symvers"), SYMVERS)),
        )
        .unwrap();
        let exported = |kind: &str| Export::Exported(kind.to_string());
        for (name, export) in [
            ("vfs_mkdir", exported("EXPORT_SYMBOL")),
            ("nop_mnt_idmap", exported("EXPORT_SYMBOL_GPL")),
            ("dget", Export::NotNeeded),
            ("alias", Export::InNamespace("VFS".to_string())),
            ("hidden", Export::NotExported),
            ("__this_module", Export::NotNeeded),
            ("op", Export::NotNeeded),
            ("defined", Export::NotNeeded),
            ("inner", Export::NotNeeded),
        ] {
            assert_eq!(symbols.export(name), export, "{name}");
        }
    }

    #[test]
    fn members_are_those_of_the_structure_alone() {
        let bindings =
            "pub struct a { pub x: Option<unsafe extern \"C\" fn(pub_: u32, y: [u8; 4])>, \
                        #[allow(z)] pub r#type: u8 }\npub struct empty;\npub struct b { pub w: a }";
        let symbols = Symbols::read(&source::tokens(bindings), None).unwrap();
        assert_eq!(symbols.members("b"), ["w"]);
        assert_eq!(symbols.members("a").first().map(String::as_str), Some("x"));
        assert!(symbols.members("empty").is_empty() && symbols.members("none").is_empty());
        let hidden =
            "pub struct hidden { _unused: [u8; 0] }\npub union both { pub a: u8, pub b: u16 }";
        let symbols = Symbols::read(&source::tokens(hidden), None).unwrap();
        assert!(symbols.members("hidden").is_empty());
        assert_eq!(symbols.members("both"), ["a", "b"]);
    }

    #[test]
    fn constants_are_those_of_the_enumeration_alone() {
        let bindings = "pub const holder_KERNEL: holder = 1;\npub const holder_USER: holder = 2;\n\
                        pub type holder = ffi::c_uint;\npub const holder_size: u32 = 4;\n\
                        pub const FLAG: ffi::c_uint = 1;\nimpl a { pub const holder_new: fn() -> u8 = f; }\n\
                        impl kind { pub const ONE: kind = kind(1); }\nimpl kind { pub const kind_TWO: kind = kind(2); }\n\
                        pub struct kind(pub ffi::c_uint);";
        let symbols = Symbols::read(&source::tokens(bindings), None).unwrap();
        assert_eq!(symbols.members("holder"), ["KERNEL", "USER"]);
        assert_eq!(symbols.members("kind"), ["ONE", "kind_TWO"]);
        assert!(symbols.members("u32").is_empty());
    }

    #[test]
    fn what_is_in_the_module_itself_is_not_declared() {
        let symbols = Symbols::read(&source::tokens(BINDINGS), None).unwrap();
        assert!(symbols.is_declared("hidden"));
        for name in ["dget", "defined", "none"] {
            assert!(!symbols.is_declared(name), "{name}");
        }
    }

    #[test]
    fn an_invalid_module_symvers_is_an_error() {
        for text in ["", "vfs_mkdir\n"] {
            assert!(Symbols::read(
                &source::tokens(BINDINGS),
                Some((Path::new("Module.symvers"), text))
            )
            .is_err());
        }
    }

    #[test]
    fn names_are_found_in_paths_and_groups_only() {
        let text =
            "// bindings::no\nuse bindings::{dget, file as f, inner::{deep, other}, last};\n\
                    fn f() { crate::bindings::path(\"bindings::text\"); bindings_not::x(); }";
        assert_eq!(
            used_in(text).unwrap(),
            ["dget", "file", "inner", "last", "path"]
        );
    }

    #[test]
    fn bindings_under_another_name_are_an_error() {
        for text in [
            "use bindings as b;",
            "use bindings::*;",
            "use bindings::{a, *};",
            "use bindings::{self as b};",
            "extern crate bindings as b;",
        ] {
            assert!(used_in(text).is_err(), "{text}");
        }
    }
}
