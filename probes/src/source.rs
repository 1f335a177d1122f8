// SPDX-License-Identifier: GPL-2.0

//! Rust source as tokens, so that text in a comment or a string is not mistaken for code.

/// The kind of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind<'a> {
    /// An identifier, a keyword or a number.
    Word(&'a str),
    /// The text between the quotes of a string literal, escapes left as they are.
    Text(&'a str),
    /// Any other character of code.
    Mark(char),
}

/// A token, and where it begins.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Token<'a> {
    pub(crate) kind: Kind<'a>,
    /// The byte offset in the source.
    pub(crate) offset: usize,
}

impl<'a> Token<'a> {
    /// The text of a word.
    pub(crate) fn word(&self) -> Option<&'a str> {
        match self.kind {
            Kind::Word(word) => Some(word),
            _ => None,
        }
    }

    /// Whether the token is the punctuation character `mark`.
    pub(crate) fn is(&self, mark: char) -> bool {
        self.kind == Kind::Mark(mark)
    }
}

fn word_start(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}

/// The tokens of `source`. Comments, character literals and the quotes of lifetimes yield none.
pub(crate) fn tokens(source: &str) -> Vec<Token<'_>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(c) = source[at..].chars().next() {
        let rest = &source[at..];
        let (kind, length) = if rest.starts_with("//") {
            (None, rest.find('\n').unwrap_or(rest.len()))
        } else if rest.starts_with("/*") {
            (None, block_comment(rest))
        } else if let Some((text, length)) = string(rest) {
            (Some(Kind::Text(text)), length)
        } else if c == '\'' {
            (None, quote(rest))
        } else if word_start(c) {
            let end = rest.find(|c| !word_start(c)).unwrap_or(rest.len());
            (Some(Kind::Word(&rest[..end])), end)
        } else if c.is_whitespace() {
            (None, c.len_utf8())
        } else {
            (Some(Kind::Mark(c)), c.len_utf8())
        };
        found.extend(kind.map(|kind| Token { kind, offset: at }));
        at += length;
    }
    found
}

/// The length of the block comment that `rest` begins with. Block comments nest.
fn block_comment(rest: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < rest.len() {
        if rest[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += rest[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    rest.len()
}

/// The text and the whole length of the string literal that `rest` begins with.
fn string(rest: &str) -> Option<(&str, usize)> {
    if !rest.starts_with(['"', 'b', 'c', 'r']) {
        return None;
    }
    let prefix = ["br", "cr", "r", "b", "c", ""].into_iter().find(|prefix| {
        rest.strip_prefix(prefix)
            .is_some_and(|after| after.starts_with('"') || (prefix.ends_with('r') && is_raw(after)))
    })?;
    let hashes = rest[prefix.len()..]
        .bytes()
        .take_while(|b| *b == b'#')
        .count();
    let begin = prefix.len() + hashes + 1;
    let body = &rest[begin..];
    let end = if prefix.ends_with('r') {
        let close = format!("\"{}", "#".repeat(hashes));
        body.find(&close).unwrap_or(body.len())
    } else {
        let mut escaped = false;
        body.find(|c| {
            let closes = c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
            closes
        })
        .unwrap_or(body.len())
    };
    Some((&body[..end], (begin + end + 1 + hashes).min(rest.len())))
}

/// Whether `after` continues a raw string after its `r`: hashes, then a quote.
fn is_raw(after: &str) -> bool {
    after.trim_start_matches('#').starts_with('"')
}

/// The length of the character literal that `rest` begins with, or 1 for the quote of a lifetime.
fn quote(rest: &str) -> usize {
    let mut chars = rest.char_indices().skip(1);
    match (chars.next(), chars.next()) {
        (Some((_, '\\')), Some((escaped, c))) => {
            let after = escaped + c.len_utf8();
            rest[after..]
                .find('\'')
                .map_or(rest.len(), |end| after + end + 1)
        }
        (Some(_), Some((end, '\''))) => end + 1,
        _ => 1,
    }
}

/// The `//!` lines at the top of a file, without `//!`.
pub(crate) fn header(source: &str) -> Vec<&str> {
    source
        .lines()
        .skip_while(|line| !line.starts_with("//!"))
        .map_while(|line| line.strip_prefix("//!"))
        .map(str::trim)
        .collect()
}

/// The first sentence of the `//!` lines at the top of a file.
pub(crate) fn first_sentence(source: &str) -> String {
    let lines = header(source);
    let paragraph: Vec<&str> = lines
        .into_iter()
        .take_while(|line| !line.is_empty())
        .collect();
    let paragraph = paragraph.join(" ");
    match [". ", "? ", "! "]
        .iter()
        .filter_map(|end| paragraph.find(end))
        .min()
    {
        Some(end) => paragraph[..=end].to_string(),
        None => paragraph,
    }
}

/// The `//!` lines at the top of a file behind the first sentence.
pub(crate) fn documentation(source: &str) -> String {
    let whole = header(source).join("\n");
    let first = first_sentence(source);
    // The first sentence may go over several lines.
    let mut rest = whole.as_str();
    for word in first.split_whitespace() {
        rest = rest.trim_start().strip_prefix(word).unwrap_or(rest);
    }
    rest.trim().to_string()
}

/// The values of a directive in the header of a file (`//! Name: value, value`); none without one.
pub(crate) fn directive(source: &str, name: &str) -> Vec<String> {
    header(source)
        .into_iter()
        .filter_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
        .flat_map(|values| values.split(','))
        .map(|value| value.trim().trim_matches('`').to_string())
        .filter(|value| !value.is_empty())
        .collect()
}

/// The values of a directive about something (`//! Name what: value, value`), by what it is about.
pub(crate) fn directive_of(source: &str, name: &str) -> Vec<(String, Vec<String>)> {
    let mut found: Vec<(String, Vec<String>)> = Vec::new();
    for line in header(source) {
        let about = line
            .strip_prefix(name)
            .and_then(|rest| rest.rsplit_once(": "));
        let Some((about, values)) = about else {
            continue;
        };
        let values = values.split(',').map(|value| value.trim().to_string());
        match found.iter_mut().find(|(known, _)| known == about.trim()) {
            Some((_, known)) => known.extend(values),
            None => found.push((about.trim().to_string(), values.collect())),
        }
    }
    found
}

/// The line of a byte offset, counted from 1.
pub(crate) fn line_of(source: &str, at: usize) -> usize {
    source
        .bytes()
        .take(at)
        .filter(|byte| *byte == b'\n')
        .count()
        + 1
}

/// The segments of the path that ends with the token at byte `offset`, including through the groups
/// of a `use`: for `nope` in `use bindings::{dentry, nope}` they are `[bindings, nope]`.
pub(crate) fn path_to<'a>(tokens: &[Token<'a>], offset: usize) -> Vec<&'a str> {
    let Some(mut here) = tokens.iter().position(|token| token.offset == offset) else {
        return Vec::new();
    };
    let mut path = Vec::new();
    path.extend(tokens[here].word());
    let colons = |end: usize| end >= 2 && tokens[end - 1].is(':') && tokens[end - 2].is(':');
    loop {
        if colons(here) {
            let Some(word) = here.checked_sub(3).and_then(|before| tokens[before].word()) else {
                break;
            };
            path.push(word);
            here -= 3;
        } else if here > 0 && (tokens[here - 1].is('{') || tokens[here - 1].is(',')) {
            // In a group or in a block. Colons stand before the brace of a group only.
            let mut depth = 0;
            let open = tokens[..here].iter().rposition(|token| {
                depth += i32::from(token.is('}')) - i32::from(token.is('{'));
                depth < 0
            });
            match open {
                Some(open) if colons(open) => here = open,
                _ => break,
            }
        } else {
            break;
        }
    }
    path.reverse();
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(source: &str) -> Vec<&str> {
        tokens(source).iter().filter_map(Token::word).collect()
    }

    #[test]
    fn comments_strings_and_characters_yield_no_words() {
        let source =
            "a /* b /* c */ d */ \"e \\\" f\" r#\"g \" h\"# 'i' '\\n' '\\'' b\"j\" // k\nl";
        assert_eq!(words(source), ["a", "l"]);
    }

    #[test]
    fn a_lifetime_is_not_a_character_literal() {
        assert_eq!(
            words("fn f<'a>(x: &'a u8) {}"),
            ["fn", "f", "a", "x", "a", "u8"]
        );
    }

    #[test]
    fn a_word_that_begins_like_a_string_prefix_is_a_word() {
        assert_eq!(
            words("br r b c crate r#type"),
            ["br", "r", "b", "c", "crate", "r", "type"]
        );
    }

    #[test]
    fn an_unclosed_literal_ends_with_the_source() {
        for source in ["\"abc", "r#\"abc\"", "/* abc", "'", "'\\", "b\""] {
            assert!(words(source).is_empty(), "{source}");
        }
    }

    #[test]
    fn a_path_is_followed_through_a_group() {
        let source = "use bindings::{self, dentry, kern::nope}; fn f(a: A, b: B) { x(y, z) }";
        let tokens = tokens(source);
        let path = |name: &str| path_to(&tokens, source.find(name).unwrap());
        assert_eq!(path("nope"), ["bindings", "kern", "nope"]);
        assert_eq!(path("z)"), ["z"]);
        assert_eq!(path("B)"), ["B"]);
    }

    #[test]
    fn a_directive_about_something_may_have_several_lines() {
        let source = "//! Text.\n//! Only members of b::x: one, two\n//! Only members of b::y: z\n//! Only members of b::x: three\n";
        let found = directive_of(source, "Only members of");
        let expected = [("b::x", vec!["one", "two", "three"]), ("b::y", vec!["z"])];
        assert_eq!(found.len(), expected.len());
        for ((about, values), (expected_about, expected_values)) in found.iter().zip(&expected) {
            assert_eq!(
                (about.as_str(), values.len()),
                (*expected_about, expected_values.len())
            );
            assert!(values.iter().eq(expected_values), "{values:?}");
        }
    }

    #[test]
    fn the_first_sentence_may_span_lines() {
        let source =
            "// SPDX\n\n//! One sentence\n//! in two lines. Another.\n//!\n//! More.\nfn f() {}";
        assert_eq!(first_sentence(source), "One sentence in two lines.");
    }
}
