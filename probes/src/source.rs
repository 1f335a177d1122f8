// SPDX-License-Identifier: GPL-2.0

//! A look at Rust source as tokens, so that nothing in a comment or a string is taken for code.

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind<'a> {
    /// An identifier, a keyword or a number.
    Word(&'a str),
    /// The text between the quotes of a string literal, escapes left as they are.
    Text(&'a str),
    /// Any other character of code.
    Mark(char),
}

/// A token and where it begins.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Token<'a> {
    pub(crate) kind: Kind<'a>,
    /// The byte offset in the source.
    pub(crate) at: usize,
}

impl<'a> Token<'a> {
    /// The word that this token is, if it is one.
    pub(crate) fn word(&self) -> Option<&'a str> {
        match self.kind {
            Kind::Word(word) => Some(word),
            _ => None,
        }
    }

    /// Whether this token is the given punctuation character.
    pub(crate) fn is(&self, mark: char) -> bool {
        self.kind == Kind::Mark(mark)
    }
}

fn word_start(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}

/// The tokens of `source`; comments, lifetimes' quotes and character literals leave none.
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
        found.extend(kind.map(|kind| Token { kind, at }));
        at += length;
    }
    found
}

/// The length of a block comment; they nest.
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
            .is_some_and(|after| after.starts_with('"') || (prefix.ends_with('r') && raw(after)))
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

/// Whether `after` goes on as a raw string does after its `r`: hashes, then a quote.
fn raw(after: &str) -> bool {
    after.trim_start_matches('#').starts_with('"')
}

/// The length of a character literal, or of the quote alone when it begins a lifetime.
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

/// The `//!` lines at the top of a file, without their marks.
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

/// What a directive line (`//! Name: what`) in a file's header asks for; empty when there is none.
pub(crate) fn directive<'a>(source: &'a str, name: &str) -> Vec<&'a str> {
    header(source)
        .into_iter()
        .filter_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
        .map(str::trim)
        .collect()
}

/// The line (from 1) of a byte offset.
pub(crate) fn line_of(source: &str, at: usize) -> usize {
    source
        .bytes()
        .take(at)
        .filter(|byte| *byte == b'\n')
        .count()
        + 1
}

/// The names of the path that leads to the token at byte `at`, outermost first, through the braces of
/// a `use` group: for `use bindings::{dentry, nope}` and the offset of `nope` it is `[bindings, nope]`.
pub(crate) fn path_to<'a>(tokens: &[Token<'a>], at: usize) -> Vec<&'a str> {
    let Some(mut here) = tokens.iter().position(|token| token.at == at) else {
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
            // Inside a group, or an ordinary block: only before a group's brace there are colons.
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
    fn comments_strings_and_characters_hold_no_words() {
        let source =
            "a /* b /* c */ d */ \"e \\\" f\" r#\"g \" h\"# 'i' '\\n' '\\'' b\"j\" // k\nl";
        assert_eq!(words(source), ["a", "l"]);
    }

    #[test]
    fn a_lifetime_is_not_the_start_of_a_character() {
        assert_eq!(
            words("fn f<'a>(x: &'a u8) {}"),
            ["fn", "f", "a", "x", "a", "u8"]
        );
    }

    #[test]
    fn a_word_that_begins_as_a_string_prefix_is_a_word() {
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
    fn a_path_is_followed_back_through_a_group() {
        let source = "use bindings::{self, dentry, kern::nope}; fn f(a: A, b: B) { x(y, z) }";
        let tokens = tokens(source);
        let path = |name: &str| path_to(&tokens, source.find(name).unwrap());
        assert_eq!(path("nope"), ["bindings", "kern", "nope"]);
        assert_eq!(path("z)"), ["z"]);
        assert_eq!(path("B)"), ["B"]);
    }

    #[test]
    fn the_first_sentence_may_run_over_lines() {
        let source =
            "// SPDX\n\n//! One sentence\n//! in two lines. Another.\n//!\n//! More.\nfn f() {}";
        assert_eq!(first_sentence(source), "One sentence in two lines.");
    }
}
