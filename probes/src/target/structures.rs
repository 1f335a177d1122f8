// SPDX-License-Identifier: GPL-2.0

//! The structures and unions in generated bindings.

use crate::source::{Kind, Token};
use std::collections::HashMap;

/// A structure or union as bindgen declares it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Declared {
    pub(crate) fields: Vec<Field>,
}

/// A field, and its type if that is one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) kind: Option<String>,
}

impl Declared {
    /// Whether bindgen has not seen what is in it: only its name is declared in the headers.
    pub(crate) fn is_incomplete(&self) -> bool {
        self.has("_unused") && self.fields.len() == 1
    }

    /// Whether bindgen shows its size alone.
    pub(crate) fn is_opaque(&self) -> bool {
        self.has("_bindgen_opaque_blob") || self.has("_address")
    }

    /// The field `name`. A keyword of Rust has an underscore behind it.
    pub(crate) fn field(&self, name: &str) -> Option<&Field> {
        let is_it = |field: &&Field| {
            let found = field.name.strip_suffix('_');
            field.name == name || found == Some(name)
        };
        self.fields.iter().find(is_it)
    }

    fn has(&self, name: &str) -> bool {
        self.fields.iter().any(|field| field.name == name)
    }
}

/// The structures and unions that the bindings declare, by name.
pub(crate) fn declared<'a>(tokens: &[Token<'a>]) -> HashMap<&'a str, Declared> {
    let mut found = HashMap::new();
    for (at, four) in tokens.windows(4).enumerate() {
        let [public, kind, name, open] = four else {
            continue;
        };
        let is_one = public.word() == Some("pub")
            && matches!(kind.word(), Some("struct" | "union"))
            && open.is('{');
        if let Some(name) = name.word().filter(|_| is_one) {
            let fields = fields(&tokens[at + 4..]);
            found.insert(name, Declared { fields });
        }
    }
    found
}

/// The fields that `tokens` begin with, up to the brace behind them: `pub name: Type,`.
fn fields(tokens: &[Token<'_>]) -> Vec<Field> {
    let mut fields = Vec::new();
    let mut depth = 0;
    for (at, token) in tokens.iter().enumerate() {
        match token.kind {
            Kind::Mark('}') if depth == 0 => break,
            Kind::Mark('{' | '(' | '[') => depth += 1,
            Kind::Mark('}' | ')' | ']') => depth -= 1,
            _ => {}
        }
        let [name, colon, kind, end, ..] = &tokens[at..] else {
            continue;
        };
        let begins = at == 0
            || tokens[at - 1].is(',')
            || tokens[at - 1].word() == Some("pub")
            || tokens[at - 1].is(')');
        // In a path, such as `ffi::c_int`, two colons follow. Three begin the type `::core::…`.
        let is_path = kind.is(':') && !end.is(':');
        if depth != 0 || !begins || !colon.is(':') || is_path {
            continue;
        }
        let Some(name) = name.word() else { continue };
        let single = end.is(',') || end.is('}');
        fields.push(Field {
            name: name.to_string(),
            kind: kind.word().filter(|_| single).map(str::to_string),
        });
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source;

    #[test]
    fn fields_are_read_with_their_types() {
        let text = "#[repr(C)]\npub struct inode {\n    pub i_mode: umode_t,\n    pub __bindgen_anon_1: inode__bindgen_ty_1,\n    \
                    pub call: ::core::option::Option<unsafe extern \"C\" fn(arg1: *mut inode) -> ffi::c_int>,\n    _bitfield_align_1: [u8; 0],\n    \
                    pub type_: [ffi::c_ulong; 3usize],\n    pub last: u32,\n}\n\
                    pub struct hidden {\n    _unused: [u8; 0],\n}\npub union both { pub a: u8, pub b: u16 }\n";
        let found = declared(&source::tokens(text));
        let inode = &found["inode"];
        let names: Vec<&str> = inode
            .fields
            .iter()
            .map(|field| field.name.as_str())
            .collect();
        assert_eq!(
            names,
            [
                "i_mode",
                "__bindgen_anon_1",
                "call",
                "_bitfield_align_1",
                "type_",
                "last"
            ]
        );
        let anonymous = inode.field("__bindgen_anon_1").unwrap();
        assert_eq!(anonymous.kind.as_deref(), Some("inode__bindgen_ty_1"));
        assert_eq!(inode.field("type").unwrap().kind, None);
        assert!(found["hidden"].is_incomplete() && !inode.is_incomplete());
        assert_eq!(found["both"].fields.len(), 2);
    }
}
