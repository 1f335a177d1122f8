// SPDX-License-Identifier: GPL-2.0

//! The declarations and definitions in a C file, found by matching braces.
//!
//! Both sides of an `#if` are read. If both open a brace, only one of them counts.

use super::c::{condensed, tokens, Kind as Lexeme, Token};
use super::declaration::{classify, declarator, head, split};
use super::value::number;
use crate::source::line_of;
use std::ops::Range;

/// What a name is declared as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A function with its body.
    Function,
    /// A function without its body.
    Prototype,
    Macro,
    /// A structure, union or enum with its members, or a typedef.
    Type,
    /// A constant of an enum.
    Constant,
    Variable,
    /// The line that exports a symbol.
    Export,
}

/// A declaration or definition.
#[derive(Debug)]
pub(crate) struct Item {
    pub(crate) kind: Kind,
    pub(crate) name: String,
    /// The bytes of the file from its first to its last token.
    pub(crate) place: Range<usize>,
    /// The bytes of the comment directly above; empty if there is none.
    pub(crate) comment: Range<usize>,
    /// The bytes between the outermost braces; empty if there are none.
    pub(crate) body: Range<usize>,
    /// The conditions of the preprocessor that it is in.
    pub(crate) conditions: String,
    pub(crate) is_static: bool,
    pub(crate) is_inline: bool,
    /// The value of a macro or a constant; how and to whom a symbol is exported.
    pub(crate) value: String,
}

/// A file, and what it declares.
#[derive(Debug)]
pub(crate) struct File {
    /// Its path in the tree.
    pub(crate) path: String,
    pub(crate) text: String,
    pub(crate) items: Vec<Item>,
}

impl File {
    pub(crate) fn new(path: String, text: String) -> Self {
        let items = Reader::read(&text);
        Self { path, text, items }
    }

    /// The line of a byte, counted from 1.
    pub(crate) fn line(&self, at: usize) -> usize {
        line_of(&self.text, at)
    }
}

/// A condition of the preprocessor that has not ended.
struct Condition {
    text: String,
    /// Whether it only keeps a header from being read twice.
    is_guard: bool,
    /// Braces and parentheses that were open where it began.
    depth: (usize, usize),
}

/// Reads the items of a file, one token at a time.
struct Reader<'a> {
    text: &'a str,
    items: Vec<Item>,
    conditions: Vec<Condition>,
    /// The code of the declaration that has begun; empty between declarations.
    declaration: Vec<Token<'a>>,
    /// The conditions at its beginning.
    begun_in: String,
    /// The last comment, if only blanks have followed.
    comment: Range<usize>,
    braces: usize,
    parentheses: usize,
}

impl<'a> Reader<'a> {
    fn read(text: &'a str) -> Vec<Item> {
        let mut reader = Self {
            text,
            items: Vec::new(),
            conditions: Vec::new(),
            declaration: Vec::new(),
            begun_in: String::new(),
            comment: 0..0,
            braces: 0,
            parentheses: 0,
        };
        let tokens = tokens(text);
        for (at, token) in tokens.iter().enumerate() {
            match token.kind {
                Lexeme::Directive => reader.directive(token, tokens.get(at + 1)),
                Lexeme::Comment if reader.declaration.is_empty() => reader.comment(token),
                Lexeme::Comment => {}
                _ => reader.code(*token),
            }
        }
        reader.items
    }

    /// Keeps a comment. Comments without an empty line between them count as one.
    fn comment(&mut self, token: &Token<'a>) {
        let begin = match self.is_directly_above(token.offset) {
            true => self.comment.start,
            false => token.offset,
        };
        self.comment = begin..token.end();
    }

    /// Whether the last comment ends directly before `offset`.
    fn is_directly_above(&self, offset: usize) -> bool {
        let between = self.text.get(self.comment.end..offset).unwrap_or("-");
        !self.comment.is_empty()
            && between.trim().is_empty()
            && between.bytes().filter(|byte| *byte == b'\n').count() < 3
    }

    fn directive(&mut self, token: &Token<'a>, next: Option<&Token<'a>>) {
        let text = condensed(token.text);
        let (name, rest) = text.split_once(' ').unwrap_or((&text, ""));
        let depth = (self.braces, self.parentheses);
        let begun = |text: String, is_guard| Condition {
            text,
            is_guard,
            depth,
        };
        match name {
            "if" | "ifdef" => self.conditions.push(begun(rest.to_string(), false)),
            "ifndef" => {
                let guard = format!("define {rest}");
                let is_guard = self.conditions.is_empty()
                    && next.is_some_and(|next| condensed(next.text) == guard);
                self.conditions.push(begun(format!("! {rest}"), is_guard));
            }
            "else" | "elif" => {
                if let Some(last) = self.conditions.last_mut() {
                    last.text = match name {
                        "elif" => rest.to_string(),
                        _ => negated(&last.text),
                    };
                    (self.braces, self.parentheses) = last.depth;
                }
            }
            "endif" => _ = self.conditions.pop(),
            "define" => self.define(token),
            _ => {}
        }
    }

    /// Adds a macro: its name, then its parameters without a blank before them, then its value.
    fn define(&mut self, token: &Token<'a>) {
        let lines = token.text.trim_start_matches('#').trim_start();
        let rest = lines.strip_prefix("define").unwrap_or("");
        let words = super::c::tokens(rest);
        let Some(name) = words.first().and_then(Token::word) else {
            return;
        };
        let value = condensed(&rest[words[0].end()..]);
        let place = token.offset..token.end();
        let comment = self.comment_above(token.offset);
        self.items.push(Item {
            kind: Kind::Macro,
            name: name.to_string(),
            place,
            comment,
            body: 0..0,
            conditions: self.condition(),
            is_static: false,
            is_inline: false,
            value,
        });
    }

    fn comment_above(&self, offset: usize) -> Range<usize> {
        match self.is_directly_above(offset) {
            true => self.comment.clone(),
            false => 0..0,
        }
    }

    /// The conditions that have not ended.
    fn condition(&self) -> String {
        let real = self.conditions.iter().filter(|it| !it.is_guard);
        real.map(|it| it.text.as_str())
            .collect::<Vec<_>>()
            .join(" && ")
    }

    /// Whether a token is the first of its line, without blanks before it.
    fn begins_line(&self, token: &Token<'_>) -> bool {
        token.offset == 0 || self.text.as_bytes()[token.offset - 1] == b'\n'
    }

    fn code(&mut self, token: Token<'a>) {
        // In the kernel's style, a brace in the first column closes a definition, also if the
        // preprocessor has made the count wrong.
        if token.is("}") && self.begins_line(&token) {
            (self.braces, self.parentheses) = (1, 0);
        }
        if self.is_macro_call(&token) {
            self.end();
        }
        if self.declaration.is_empty() {
            if token.is(";") {
                return;
            }
            self.begun_in = self.condition();
        }
        self.declaration.push(token);
        match (token.kind, token.text) {
            (Lexeme::Mark, "(") => self.parentheses += 1,
            (Lexeme::Mark, ")") => self.parentheses = self.parentheses.saturating_sub(1),
            (Lexeme::Mark, "{") => self.braces += 1,
            (Lexeme::Mark, "}") => {
                self.braces = self.braces.saturating_sub(1);
                if self.braces == 0 && self.parentheses == 0 && self.is_function() {
                    self.end();
                }
            }
            (Lexeme::Mark, ";") if self.braces == 0 && self.parentheses == 0 => self.end(),
            _ => {}
        }
    }

    /// Whether the declaration is the call of a macro without a semicolon, `DEFINE_X(y)`, which
    /// ends where a line begins with a word.
    fn is_macro_call(&self, next: &Token<'_>) -> bool {
        let [first, open, .., last] = self.declaration[..] else {
            return false;
        };
        self.braces == 0
            && self.parentheses == 0
            && next.kind == Lexeme::Word
            && self.begins_line(next)
            && first.kind == Lexeme::Word
            && open.is("(")
            && last.is(")")
    }

    /// Whether the declaration is a function with its body.
    fn is_function(&self) -> bool {
        let head = head(&self.declaration);
        !head.iter().any(|token| token.is("="))
            && (declarator(head).is_some() || head.last().is_some_and(|last| last.is(")")))
    }

    /// Adds the declaration that has ended.
    fn end(&mut self) {
        let declaration = std::mem::take(&mut self.declaration);
        let (Some(first), Some(last)) = (declaration.first(), declaration.last()) else {
            return;
        };
        let place = first.offset..last.end();
        let head = head(&declaration);
        let body = match &declaration[head.len()..] {
            [open, ..] => {
                let close = declaration.iter().rfind(|token| token.is("}"));
                open.end()..close.map_or(open.end(), |close| close.offset.max(open.end()))
            }
            [] => 0..0,
        };
        let Some((kind, name, value)) = classify(&declaration, head) else {
            return;
        };
        let is = |words: &[&str]| {
            head.iter()
                .any(|token| words.iter().any(|word| token.is(word)))
        };
        let item = Item {
            kind,
            name: name.to_string(),
            comment: self.comment_above(place.start),
            place,
            body: body.clone(),
            conditions: std::mem::take(&mut self.begun_in),
            is_static: is(&["static"]),
            is_inline: is(&["inline", "__always_inline", "__inline"]),
            value,
        };
        if kind == Kind::Type && is(&["enum"]) && !body.is_empty() {
            self.constants(&declaration[head.len()..], &item.conditions);
        }
        self.items.push(item);
    }

    /// Adds the constants of an enum, whose members are in braces.
    fn constants(&mut self, members: &[Token<'a>], conditions: &str) {
        let Some(close) = members.iter().rposition(|token| token.is("}")) else {
            return;
        };
        let mut last: Option<(String, i128)> = None;
        for constant in split(&members[1..close], ",") {
            let Some(name) = constant.first() else {
                continue;
            };
            let value: Vec<&str> = constant.iter().skip(2).map(|token| token.text).collect();
            let (base, offset) = match (value.is_empty(), last) {
                (true, Some((base, offset))) => (base, offset + 1),
                (true, None) => (String::new(), 0),
                (false, _) => match number(&value.concat()) {
                    Some(number) => (String::new(), number),
                    None => (value.join(" "), 0),
                },
            };
            self.items.push(Item {
                kind: Kind::Constant,
                name: name.text.to_string(),
                place: name.offset..constant[constant.len() - 1].end(),
                comment: 0..0,
                body: 0..0,
                conditions: conditions.to_string(),
                is_static: false,
                is_inline: false,
                value: match (base.as_str(), offset) {
                    ("", offset) => offset.to_string(),
                    (base, 0) => base.to_string(),
                    (base, offset) => format!("{base} + {offset}"),
                },
            });
            last = Some((base, offset));
        }
    }
}

/// The opposite of a condition. That of `#ifdef X` is the same as `#ifndef X`.
fn negated(condition: &str) -> String {
    match condition.strip_prefix("! ") {
        Some(name) if !name.contains(' ') => name.to_string(),
        _ if !condition.contains(' ') => format!("! {condition}"),
        _ => format!("! ( {condition} )"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(Kind, String)> {
        let file = File::new(String::new(), text.to_string());
        file.items
            .into_iter()
            .map(|item| (item.kind, item.name))
            .collect()
    }

    fn only(text: &str) -> Item {
        let mut items = File::new(String::new(), text.to_string()).items;
        assert_eq!(items.len(), 1, "{text}: {items:?}");
        items.remove(0)
    }

    #[test]
    fn functions_are_found_with_their_bodies() {
        for (text, name) in [
            ("int f(void)\n{\n\treturn 0;\n}\n", "f"),
            (
                "static inline struct x *f(int (*g)(int), char *a[])\n{\n}\n",
                "f",
            ),
            ("static __printf(2, 3) int f(int a)\n{\n}\n", "f"),
            ("__printf(1, 2)\nvoid *f(int a) __acquires(x)\n{\n}\n", "f"),
            (
                "static struct x *\nf(int a)\n{\n\tg(); if (h()) { }\n}\n",
                "f",
            ),
            ("DEFINE_FREE(a, b, c)\nint f(int a)\n{\n}\n", "f"),
            ("SYSCALL_DEFINE2(f, int, a)\n{\n}\n", "f"),
        ] {
            let items = File::new(String::new(), text.to_string()).items;
            let last = items.last().unwrap();
            assert_eq!(
                (last.kind, last.name.as_str()),
                (Kind::Function, name),
                "{text}"
            );
            assert_eq!(last.place.end, text.trim_end().len(), "{text}");
        }
    }

    #[test]
    fn other_declarations_are_told_apart() {
        let text = "struct a;\nstruct b { int c; };\nextern int d(struct b *);\n\
                    enum e { F, G = 4, H };\ntypedef int (*i)(void);\ntypedef struct { int x; } j;\n\
                    static const struct b k = { .c = f(1), };\nextern struct b l;\nint m[3] = { 1 };\n\
                    #define n(x) x\nEXPORT_SYMBOL_GPL(d);\nunion __packed o { int c; };\n\
                    module_init(p);\nlock_struct(q) {\n\tint r;\n};\n";
        let expected = [
            (Kind::Type, "b"),
            (Kind::Prototype, "d"),
            (Kind::Constant, "F"),
            (Kind::Constant, "G"),
            (Kind::Constant, "H"),
            (Kind::Type, "e"),
            (Kind::Type, "i"),
            (Kind::Type, "j"),
            (Kind::Variable, "k"),
            (Kind::Variable, "l"),
            (Kind::Variable, "m"),
            (Kind::Macro, "n"),
            (Kind::Export, "d"),
            (Kind::Type, "o"),
            (Kind::Type, "q"),
        ];
        let expected = expected.map(|(kind, name)| (kind, name.to_string()));
        assert_eq!(read(text), expected);
    }

    #[test]
    fn the_values_of_constants_count_from_the_last_that_is_given() {
        let text = "enum { A, B = 0x10, C, D = BIT(2), E, F = (-1), };";
        let items = File::new(String::new(), text.to_string()).items;
        let values: Vec<&str> = items.iter().map(|item| item.value.as_str()).collect();
        assert_eq!(
            values,
            ["0", "16", "17", "BIT ( 2 )", "BIT ( 2 ) + 1", "-1", ""]
        );
    }

    #[test]
    fn exports_have_the_words_of_module_symvers() {
        for (text, value) in [
            ("EXPORT_SYMBOL(f);", "EXPORT_SYMBOL"),
            ("EXPORT_SYMBOL_GPL(f);", "EXPORT_SYMBOL_GPL"),
            ("EXPORT_SYMBOL_NS(f, \"VFS\");", "EXPORT_SYMBOL in VFS"),
            ("EXPORT_SYMBOL_NS_GPL(f, VFS);", "EXPORT_SYMBOL_GPL in VFS"),
            (
                "EXPORT_SYMBOL_FOR_MODULES(f, \"kvm\");",
                "EXPORT_SYMBOL_GPL in module:kvm",
            ),
        ] {
            let item = only(text);
            assert_eq!((item.kind, item.value.as_str()), (Kind::Export, value));
        }
    }

    #[test]
    fn both_sides_of_a_condition_are_read() {
        let text = "#ifndef GUARD\n#define GUARD\n#ifdef A\nint f(int a)\n{\n\tif (a) {\n#else\n\
                    int f(void)\n{\n\tif (1) {\n#endif\n\t}\n}\n#ifdef B\nint g(void)\n{\n}\n#else\n\
                    int g(int a)\n{\n}\n#endif\n#endif\n";
        let items = File::new(String::new(), text.to_string()).items;
        let found: Vec<(&str, &str)> = items
            .iter()
            .map(|item| (item.name.as_str(), item.conditions.as_str()))
            .collect();
        assert_eq!(found, [("GUARD", ""), ("f", "A"), ("g", "B"), ("g", "! B")]);
    }

    #[test]
    fn what_both_sides_of_a_condition_open_counts_once() {
        let text = "enum a {\n#ifdef A\n\tB = F(\n#else\n\tB = G(\n#endif\n\t1) };\nint f(void);\n";
        assert!(read(text).contains(&(Kind::Prototype, "f".to_string())));
    }

    #[test]
    fn a_brace_in_the_first_column_ends_what_was_miscounted() {
        let text =
            "int f(void)\n{\n#if A\n\tif (a) {\n#endif\n\tif (b) {\n\t}\n}\nint g(void)\n{\n}\n";
        let functions = [(Kind::Function, "f"), (Kind::Function, "g")];
        assert_eq!(
            read(text),
            functions.map(|(kind, name)| (kind, name.to_string()))
        );
    }

    #[test]
    fn a_comment_belongs_to_what_is_directly_below() {
        let text = "/* a */\n\n/** b */\n\nint f(void);\n/* c */\n\n\nint g(void);\n";
        let file = File::new(String::new(), text.to_string());
        let comments: Vec<&str> = file
            .items
            .iter()
            .map(|item| &text[item.comment.clone()])
            .collect();
        assert_eq!(comments, ["/* a */\n\n/** b */", ""]);
    }
}
