// SPDX-License-Identifier: GPL-2.0

//! Symbols: what an answer calls, and whether the kernel exports it.
//!
//! A unit that is only checked knows declarations, and a declared function need not be exported.

use crate::broken::{shown, Broken};
use crate::source::{self, Kind, Token};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::Path;

/// Symbols that the kernel's build defines in the module itself.
const OF_THE_MODULE: [&str; 1] = ["__this_module"];

/// What is known of a name in the bindings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// A type, a constant, or a function that lies in the module itself: it needs no export.
    NoExport,
    /// Exported, in the way that the kernel's macro says (`EXPORT_SYMBOL_GPL`).
    Exported(String),
    /// Declared, but not exported.
    Unexported,
    /// Exported to modules that import this namespace.
    Namespaced(String),
}

/// The symbols that the bindings declare and those that the kernel exports.
#[derive(Debug)]
pub(crate) struct Symbols {
    /// The symbol behind each `extern` name; `None` if the module itself holds it.
    declared: HashMap<String, Option<String>>,
    /// Kind of export and namespace, by symbol; `None` if nobody said what is exported.
    exported: Option<HashMap<String, (String, String)>>,
}

impl Symbols {
    /// Reads the generated bindings and the kernel's Module.symvers.
    pub(crate) fn read(bindings: &str, symvers: Option<(&Path, &str)>) -> Result<Self, Broken> {
        let declared = declarations(bindings);
        let wanted = declared.values().flatten().map(String::as_str).collect();
        let exported = symvers
            .map(|(path, text)| exports(path, text, &wanted))
            .transpose()?;
        Ok(Self { declared, exported })
    }

    /// Whether exports are known at all.
    pub(crate) fn checked(&self) -> bool {
        self.exported.is_some()
    }

    /// What is known of `name` in the bindings.
    pub(crate) fn standing(&self, name: &str) -> Standing {
        let (Some(Some(symbol)), Some(exported)) = (self.declared.get(name), &self.exported) else {
            return Standing::NoExport;
        };
        match exported.get(symbol) {
            _ if OF_THE_MODULE.contains(&symbol.as_str()) => Standing::NoExport,
            None => Standing::Unexported,
            Some((kind, namespace)) if namespace.is_empty() => Standing::Exported(kind.clone()),
            Some((_, namespace)) => Standing::Namespaced(namespace.clone()),
        }
    }
}

/// The `extern` functions and statics of generated bindings. bindgen gives a wrapped static inline the
/// link name `NAME__extern`; the wrapper is compiled into the module.
fn declarations(bindings: &str) -> HashMap<String, Option<String>> {
    let mut declared = HashMap::new();
    let tokens = source::tokens(bindings);
    let mut linked = None;
    let mut depth = 0;
    // The depth inside of the `extern` block that is being read.
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
                // A function pointer's type says `fn(` and names nothing.
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

/// The lines of Module.symvers (checksum, symbol, module, kind of export, namespace) about the `wanted`
/// symbols.
fn exports(
    path: &Path,
    text: &str,
    wanted: &HashSet<&str>,
) -> Result<HashMap<String, (String, String)>, Broken> {
    let mut exported = HashMap::new();
    if text.is_empty() {
        return Err(Broken::new(
            format!(
                "{} is empty, so nobody can say which symbols the kernel exports",
                shown(path)
            ),
            "Give the Module.symvers that the kernel's build has made.",
        ));
    }
    for (number, line) in text.lines().enumerate() {
        let mut columns = line.split('\t').skip(1);
        let (Some(symbol), Some(_), Some(kind)) = (columns.next(), columns.next(), columns.next())
        else {
            return Err(Broken::new(
                format!(
                    "{}:{}: this is no line of a Module.symvers",
                    shown(path),
                    number + 1
                ),
                "Give the Module.symvers that the kernel's build has made.",
            ));
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

/// The names that `text` takes out of the crate `bindings`, sorted.
///
/// The crate must be named in full: through another name or a glob its symbols would not be seen.
pub(crate) fn used(text: &str, bindings: &str, file: &Path) -> Result<BTreeSet<String>, Broken> {
    let tokens = source::tokens(text);
    let mut names = BTreeSet::new();
    for at in (0..tokens.len()).filter(|at| tokens[*at].word() == Some(bindings)) {
        let mark = |ahead: usize, mark| {
            tokens
                .get(at + ahead)
                .is_some_and(|token: &Token<'_>| token.is(mark))
        };
        let whole = || {
            Broken::new(
                format!("{}:{} brings in `{bindings}` whole or under another name, so the symbols it uses cannot be seen", shown(file), source::line_of(text, tokens[at].at)),
                format!("Name what is used: `{bindings}::name`."),
            )
        };
        if !(mark(1, ':') && mark(2, ':')) {
            let import = at > 0 && matches!(tokens[at - 1].word(), Some("use" | "crate"));
            if import && (mark(1, ';') || tokens.get(at + 1).and_then(Token::word) == Some("as")) {
                return Err(whole());
            }
            continue;
        }
        let Some(first) = tokens.get(at + 3) else {
            continue;
        };
        if first.is('*') {
            return Err(whole());
        }
        names.extend(first.word().map(str::to_string));
        if first.is('{') {
            // Each item of the group begins after its brace or a comma of its own depth.
            let mut depth = 0;
            let mut begins = false;
            for token in &tokens[at + 3..] {
                match token.kind {
                    Kind::Mark('{') => depth += 1,
                    Kind::Mark('}') => depth -= 1,
                    Kind::Mark('*') | Kind::Word("self") if begins && depth == 1 => {
                        return Err(whole())
                    }
                    Kind::Word(name) if begins && depth == 1 => _ = names.insert(name.to_string()),
                    _ => {}
                }
                if depth == 0 {
                    break;
                }
                begins = depth == 1 && (token.is('{') || token.is(','));
            }
        }
    }
    Ok(names)
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

    fn used_in(text: &str) -> Result<Vec<String>, Broken> {
        used(text, "bindings", Path::new("a.rs")).map(|names| names.into_iter().collect())
    }

    #[test]
    fn a_name_stands_as_bindings_and_symvers_say() {
        let symbols =
            Symbols::read(BINDINGS, Some((Path::new("Module.symvers"), SYMVERS))).unwrap();
        let exported = |kind: &str| Standing::Exported(kind.to_string());
        for (name, standing) in [
            ("vfs_mkdir", exported("EXPORT_SYMBOL")),
            ("nop_mnt_idmap", exported("EXPORT_SYMBOL_GPL")),
            ("dget", Standing::NoExport),
            ("alias", Standing::Namespaced("VFS".to_string())),
            ("hidden", Standing::Unexported),
            ("__this_module", Standing::NoExport),
            ("op", Standing::NoExport),
            ("defined", Standing::NoExport),
            ("inner", Standing::NoExport),
        ] {
            assert_eq!(symbols.standing(name), standing, "{name}");
        }
    }

    #[test]
    fn an_empty_or_foreign_module_symvers_is_refused() {
        for text in ["", "vfs_mkdir\n"] {
            assert!(Symbols::read(BINDINGS, Some((Path::new("Module.symvers"), text))).is_err());
        }
    }

    #[test]
    fn names_are_found_in_paths_and_groups_and_nowhere_else() {
        let text =
            "// bindings::no\nuse bindings::{dget, file as f, inner::{deep, other}, last};\n\
                    fn f() { crate::bindings::path(\"bindings::text\"); bindings_not::x(); }";
        assert_eq!(
            used_in(text).unwrap(),
            ["dget", "file", "inner", "last", "path"]
        );
    }

    #[test]
    fn bindings_under_another_name_are_refused() {
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
