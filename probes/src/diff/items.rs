// SPDX-License-Identifier: GPL-2.0

//! The declarations and definitions in a C file, found by matching braces.
//!
//! Both sides of an `#if` are read. If both open a brace, only one of them counts.

use super::c::{condensed, tokens, Kind as Lexeme, Token};
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

/// Words that stand before a type and are not one.
const SPECIFIERS: [&str; 8] = [
    "static",
    "extern",
    "inline",
    "__inline",
    "__always_inline",
    "noinline",
    "__must_check",
    "const",
];

/// Words before a parenthesis that are no functions.
const OPERATORS: [&str; 3] = ["sizeof", "typeof", "__attribute__"];

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

/// The value of an integer literal.
fn number(text: &str) -> Option<i128> {
    let text = text.trim_start_matches('(').trim_end_matches(')');
    let (sign, text) = match text.strip_prefix('-') {
        Some(text) => (-1, text),
        None => (1, text),
    };
    let text = text.trim_end_matches(['u', 'U', 'l', 'L']);
    let number = match text.strip_prefix("0x").or(text.strip_prefix("0X")) {
        Some(digits) => i128::from_str_radix(digits, 16),
        None if text.len() > 1 && text.starts_with('0') => i128::from_str_radix(text, 8),
        None => text.parse(),
    };
    Some(sign * number.ok()?)
}

/// A value in the form in which equal values are equal texts, as far as it is a number, `BIT(4)` or
/// `1 << 4`. All others stay.
pub(crate) fn evaluated(value: &str) -> String {
    let dense: String = value.split_whitespace().collect();
    let inner = dense.trim_start_matches('(');
    let bit = match inner.split_once("<<") {
        Some((one, bit)) if number(one) == Some(1) => number(bit.trim_end_matches(')')),
        _ => inner.strip_prefix("BIT(").and_then(number),
    };
    match (number(&dense), bit) {
        (Some(number), _) => number.to_string(),
        (None, Some(bit @ 0..=63)) => (1_i128 << bit).to_string(),
        _ => value.to_string(),
    }
}

/// The tokens before the first brace.
fn head<'t, 'a>(declaration: &'t [Token<'a>]) -> &'t [Token<'a>] {
    let open = declaration.iter().position(|token| token.is("{"));
    &declaration[..open.unwrap_or(declaration.len())]
}

/// The parts of `tokens` between marks that are in no braces, brackets or parentheses.
pub(crate) fn split<'t, 'a>(tokens: &'t [Token<'a>], mark: &str) -> Vec<&'t [Token<'a>]> {
    let mut depth = 0;
    let parts = tokens.split(|token| {
        if token.kind == Lexeme::Mark {
            match token.text {
                "(" | "{" | "[" => depth += 1,
                ")" | "}" | "]" => depth -= 1,
                text => return depth == 0 && text == mark,
            }
        }
        false
    });
    parts.collect()
}

/// The name of a function in its declaration without the body: the word before the first
/// parenthesis that has a type before it. `__printf(1, 2)` before a type has none.
pub(crate) fn declarator(head: &[Token<'_>]) -> Option<usize> {
    let mut depth = 0;
    let mut types = 0;
    for (at, token) in head.iter().enumerate() {
        if token.is("(") {
            let before = at.checked_sub(1).and_then(|at| head[at].word());
            let is_name = before.is_some_and(|word| !OPERATORS.contains(&word));
            if depth == 0 && types >= 2 && is_name {
                return Some(at - 1);
            }
            depth += 1;
        } else if token.is(")") {
            depth -= 1;
            if depth == 0 {
                // What had these arguments was no type.
                types = 0;
            }
        } else if depth == 0 {
            types += usize::from(token.word().is_some_and(|word| !SPECIFIERS.contains(&word)));
        }
    }
    None
}

/// The kind, name and value of a declaration; `None` if it declares nothing that has a name.
fn classify<'a>(declaration: &[Token<'a>], head: &[Token<'a>]) -> Option<(Kind, &'a str, String)> {
    let first = declaration[0].word()?;
    if first.starts_with("EXPORT_") {
        let arguments: Vec<Token<'_>> = declaration.iter().copied().skip(2).collect();
        let close = arguments.iter().position(|token| token.is(")"))?;
        let arguments = split(&arguments[..close], ",");
        let for_whom = arguments
            .iter()
            .skip(1)
            .flat_map(|argument| argument.iter());
        let for_whom: Vec<&str> = for_whom.map(|token| token.text.trim_matches('"')).collect();
        let name = arguments.first()?.first()?.word()?;
        return Some((Kind::Export, name, export(first, &for_whom.concat())));
    }
    let has_body = head.len() < declaration.len();
    let assigned = head.iter().position(|token| token.is("="));
    if first == "typedef" {
        return Some((Kind::Type, defined_type(declaration)?, String::new()));
    }
    if assigned.is_none() {
        if let Some(at) = declarator(head) {
            let kind = match has_body {
                true => Kind::Function,
                false => Kind::Prototype,
            };
            return Some((kind, head[at].text, String::new()));
        }
        let tag = head
            .iter()
            .position(|token| ["struct", "union", "enum"].iter().any(|tag| token.is(tag)));
        if let (true, Some(tag)) = (has_body, tag) {
            // Attributes may stand before and after the name.
            let mut words = head[tag + 1..].iter().filter_map(Token::word);
            let name = words.find(|word| !word.starts_with("__"));
            return Some((Kind::Type, name.unwrap_or(""), String::new()));
        }
        if has_body && head.last().is_some_and(|last| last.is(")")) {
            return called_definition(head);
        }
        // `struct name;`, or the call of a macro, which may define anything.
        if declaration.len() <= 3 || declaration[1].is("(") {
            return None;
        }
    }
    let declared = &head[..assigned.unwrap_or(head.len())];
    let open = declared.iter().position(|token| token.is("["));
    let declared = &declared[..open.unwrap_or(declared.len())];
    let name = declared.iter().rev().find_map(Token::word)?;
    Some((Kind::Variable, name, String::new()))
}

/// A function that a macro defines, `SYSCALL_DEFINE2(mkdir, …) { … }`, or a structure,
/// `context_lock_struct(mutex) { … };`.
fn called_definition<'a>(head: &[Token<'a>]) -> Option<(Kind, &'a str, String)> {
    let open = head.iter().position(|token| token.is("("))?;
    let by = head[..open].iter().rev().find_map(Token::word)?;
    let argument = head[open + 1..].iter().find_map(Token::word);
    let kind = match by.contains("struct") {
        true => Kind::Type,
        false => Kind::Function,
    };
    Some((kind, argument.unwrap_or(by), String::new()))
}

/// The name that a typedef defines.
fn defined_type<'a>(declaration: &[Token<'a>]) -> Option<&'a str> {
    let pointer = declaration
        .windows(3)
        .find(|three| three[0].is("(") && three[1].is("*") && three[2].kind == Lexeme::Word);
    match pointer {
        Some([.., name]) => Some(name.text),
        _ => declaration.iter().rev().find_map(Token::word),
    }
}

/// How a symbol is exported, in the words of Module.symvers: kind and namespace.
fn export(by: &str, for_whom: &str) -> String {
    let kind = match by.contains("_GPL") || by.contains("_FOR_") {
        true => "EXPORT_SYMBOL_GPL",
        false => "EXPORT_SYMBOL",
    };
    match (by.contains("_FOR_"), for_whom) {
        (_, "") => kind.to_string(),
        (true, modules) => format!("{kind} in module:{modules}"),
        (false, namespace) => format!("{kind} in {namespace}"),
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
    fn equal_numbers_are_equal_values() {
        for value in [
            "64",
            "0x40",
            "0100",
            "( 64 )",
            "BIT ( 6 )",
            "( 1 << 6 )",
            "( 1U << 6 )",
        ] {
            assert_eq!(evaluated(value), "64", "{value}");
        }
        for value in [
            "( A | B )",
            "BIT ( x )",
            "( 2 << 6 )",
            "( fmode_t ) ( 1 << 6 )",
            "\"64\"",
        ] {
            assert_eq!(evaluated(value), value);
        }
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
