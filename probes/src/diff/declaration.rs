// SPDX-License-Identifier: GPL-2.0

//! What one declaration declares, by its tokens.

use super::c::{Kind as Lexeme, Token};
use super::items::Kind;

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

/// The tokens before the first brace.
pub(super) fn head<'t, 'a>(declaration: &'t [Token<'a>]) -> &'t [Token<'a>] {
    let open = declaration.iter().position(|token| token.is("{"));
    &declaration[..open.unwrap_or(declaration.len())]
}

/// The parts of `tokens` between marks that are in no braces, brackets or parentheses.
pub(super) fn split<'t, 'a>(tokens: &'t [Token<'a>], mark: &str) -> Vec<&'t [Token<'a>]> {
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
pub(super) fn declarator(head: &[Token<'_>]) -> Option<usize> {
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
pub(super) fn classify<'a>(
    declaration: &[Token<'a>],
    head: &[Token<'a>],
) -> Option<(Kind, &'a str, String)> {
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
