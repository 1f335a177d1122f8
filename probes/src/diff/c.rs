// SPDX-License-Identifier: GPL-2.0

//! C source as tokens. Nothing is preprocessed, so both sides of each `#if` are there.

/// The kind of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// An identifier, a keyword or a number.
    Word,
    /// A string or character literal, with its quotes.
    Text,
    /// Any other character of code.
    Mark,
    /// A comment.
    Comment,
    /// A line of the preprocessor, with the lines that continue it.
    Directive,
}

/// A token, and where it begins.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Token<'a> {
    pub(crate) kind: Kind,
    pub(crate) text: &'a str,
    /// The byte offset in the source.
    pub(crate) offset: usize,
}

impl<'a> Token<'a> {
    /// The text of a word.
    pub(crate) fn word(&self) -> Option<&'a str> {
        (self.kind == Kind::Word).then_some(self.text)
    }

    /// Whether the token is this word or this character.
    pub(crate) fn is(&self, text: &str) -> bool {
        matches!(self.kind, Kind::Word | Kind::Mark) && self.text == text
    }

    /// Whether the token is neither a comment nor for the preprocessor.
    pub(crate) fn is_code(&self) -> bool {
        !matches!(self.kind, Kind::Comment | Kind::Directive)
    }

    /// The offset behind the token.
    pub(crate) fn end(&self) -> usize {
        self.offset + self.text.len()
    }
}

/// Whether a byte can be in an identifier.
pub(crate) fn in_word(byte: u8) -> bool {
    byte == b'_' || byte.is_ascii_alphanumeric()
}

/// The words in a line, whatever they are in, and the byte that follows each.
pub(crate) fn words(line: &str) -> impl Iterator<Item = (&str, Option<u8>)> {
    let bytes = line.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        at += length_of(&bytes[at..], |byte| !in_word(*byte));
        let begin = at;
        at += length_of(&bytes[at..], |byte| in_word(*byte));
        (begin < at).then(|| (&line[begin..at], bytes.get(at).copied()))
    })
}

/// The tokens of `source`. What is not closed ends with the source.
pub(crate) fn tokens(source: &str) -> Vec<Token<'_>> {
    let bytes = source.as_bytes();
    let mut found = Vec::new();
    let (mut at, mut line_begins) = (0, true);
    while at < bytes.len() {
        let rest = &bytes[at..];
        let (kind, length) = match rest[0] {
            b'\n' => {
                line_begins = true;
                at += 1;
                continue;
            }
            b'\\' => {
                at += 1;
                continue;
            }
            blank if blank.is_ascii_whitespace() => {
                at += 1;
                continue;
            }
            b'#' if line_begins => (Kind::Directive, directive(rest)),
            b'/' if matches!(rest.get(1), Some(b'*' | b'/')) => (Kind::Comment, comment(rest)),
            b'"' | b'\'' => (Kind::Text, quoted(rest)),
            byte if in_word(byte) => (Kind::Word, length_of(rest, |byte| in_word(*byte))),
            byte if byte.is_ascii() => (Kind::Mark, 1),
            _ => (
                Kind::Mark,
                1 + length_of(&rest[1..], |byte| byte & 0xc0 == 0x80),
            ),
        };
        line_begins &= kind == Kind::Comment;
        let text = &source[at..at + length];
        found.push(Token {
            kind,
            text,
            offset: at,
        });
        at += length;
    }
    found
}

/// How many bytes at the beginning of `rest` are of a kind.
fn length_of(rest: &[u8], kind: impl Fn(&u8) -> bool) -> usize {
    rest.iter().take_while(|byte| kind(byte)).count()
}

/// The length of the comment that `rest` begins with, without the end of its line.
fn comment(rest: &[u8]) -> usize {
    if rest[1] == b'/' {
        return length_of(rest, |byte| *byte != b'\n');
    }
    let body = rest[2..].windows(2).position(|two| two == b"*/");
    body.map_or(rest.len(), |at| at + 4)
}

/// The length of the literal that `rest` begins with. It ends with its line at the latest.
fn quoted(rest: &[u8]) -> usize {
    let mut at = 1;
    while at < rest.len() {
        match rest[at] {
            b'\\' => at += 1,
            b'\n' => return at,
            byte if byte == rest[0] => return at + 1,
            _ => {}
        }
        at += 1;
    }
    rest.len()
}

/// The length of the directive that `rest` begins with. A backslash or a comment continues it in
/// the next line. An apostrophe may be one of a text.
fn directive(rest: &[u8]) -> usize {
    let mut at = 0;
    while at < rest.len() {
        at += match (rest[at], rest.get(at + 1)) {
            (b'\n', _) => return at,
            (b'\\', Some(_)) => 2,
            (b'/', Some(b'*' | b'/')) => comment(&rest[at..]),
            (b'"', _) => quoted(&rest[at..]),
            _ => 1,
        };
    }
    rest.len()
}

/// The code in a text: its tokens, separated by blanks, without comments. Texts of the same code
/// have the same.
pub(crate) fn code(source: &str) -> String {
    let tokens = tokens(source);
    let words = tokens.iter().filter(|token| token.kind != Kind::Comment);
    // A directive is code too: which side of it is compiled may have changed.
    let words = words.map(|token| match token.kind {
        Kind::Directive => condensed(token.text),
        _ => token.text.to_string(),
    });
    words.collect::<Vec<_>>().join(" ")
}

/// A text without comments and line ends, and with one blank in the place of several.
pub(crate) fn condensed(directive: &str) -> String {
    let inner = directive.trim_start_matches('#');
    let tokens = tokens(inner);
    let words = tokens.iter().filter(|token| token.kind != Kind::Comment);
    words.map(|token| token.text).collect::<Vec<_>>().join(" ")
}

/// The words in the comments of a text, without the marks around them.
pub(crate) fn comments(source: &str) -> Vec<String> {
    let tokens = tokens(source);
    let comments = tokens.iter().filter(|token| token.kind == Kind::Comment);
    let lines = comments.flat_map(|token| token.text.lines());
    let words = lines.map(|line| {
        let line = line.trim().trim_end_matches("*/").trim_end();
        line.trim_start_matches(['/', '*']).trim().to_string()
    });
    words.filter(|line| !line.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(source: &str) -> Vec<(Kind, &str)> {
        let tokens = tokens(source);
        tokens
            .iter()
            .map(|token| (token.kind, token.text))
            .collect()
    }

    #[test]
    fn comments_literals_and_directives_are_one_token_each() {
        let source =
            "a /* b \" */ \"c /* \\\" d\" '\\'' // e\n  #define F(x) \\\n\tx /* f\n g */ 1\nh";
        assert_eq!(
            kinds(source),
            [
                (Kind::Word, "a"),
                (Kind::Comment, "/* b \" */"),
                (Kind::Text, "\"c /* \\\" d\""),
                (Kind::Text, "'\\''"),
                (Kind::Comment, "// e"),
                (Kind::Directive, "#define F(x) \\\n\tx /* f\n g */ 1"),
                (Kind::Word, "h"),
            ]
        );
    }

    #[test]
    fn a_number_sign_within_a_line_begins_no_directive() {
        assert_eq!(kinds("a # b").len(), 3);
        assert_eq!(kinds("/* a */ #if b").len(), 2);
    }

    #[test]
    fn what_is_not_closed_ends_with_the_source() {
        for source in [
            "/* a",
            "\"a",
            "'a",
            "#define a \\",
            "// a",
            "é",
            "#error don't \"",
            "\\",
        ] {
            assert!(tokens(source).len() <= 1, "{source}");
        }
        assert_eq!(kinds("\"a\nb"), [(Kind::Text, "\"a"), (Kind::Word, "b")]);
    }

    #[test]
    fn code_does_not_depend_on_lines_and_comments() {
        let one = "int f(int a)\n{\n#if  A /* b */\n\treturn a; /* c */\n#endif\n}";
        let other = "int f( int a ) {\n# if A\nreturn a;\n#endif\n}";
        assert_eq!(code(one), code(other));
        assert_ne!(code(one), code(&one.replace("#if  A", "#if B")));
    }

    #[test]
    fn words_are_found_in_any_text() {
        let found: Vec<_> = words("é int f(a)").collect();
        assert_eq!(
            found,
            [("int", Some(b' ')), ("f", Some(b'(')), ("a", Some(b')'))]
        );
    }

    #[test]
    fn comments_are_compared_without_their_marks() {
        let source = "/**\n * a - b\n *\n * c */ int f; // d";
        assert_eq!(comments(source), ["a - b", "c", "d"]);
    }
}
