// SPDX-License-Identifier: GPL-2.0

//! JSON, as far as the compiler's diagnostics and compat-probe's own report need it.
//!
//! No crate is used for it, because Kbuild compiles compat-probe with the standard library only:
//! `make` on a user's machine has neither cargo nor network, so it could not compile a crate. The
//! kernel's own crates are built for the kernel, not for the host.

use std::fmt::{self, Write as _};

/// A JSON value. Members keep their order.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    Number(f64),
    Text(String),
    List(Vec<Value>),
    Object(Vec<(String, Value)>),
}

impl Value {
    /// An object from its members.
    pub(crate) fn object<const N: usize>(members: [(&str, Value); N]) -> Self {
        Self::Object(
            members
                .into_iter()
                .map(|(name, value)| (name.to_string(), value))
                .collect(),
        )
    }

    /// The member `name` of an object.
    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        match self {
            Self::Object(members) => members
                .iter()
                .find(|(key, _)| key == name)
                .map(|(_, value)| value),
            _ => None,
        }
    }

    /// The text of a string.
    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The text of the member `name`; empty if it is not a string.
    pub(crate) fn text_of(&self, name: &str) -> &str {
        self.get(name).and_then(Value::text).unwrap_or("")
    }

    /// The integer in the member `name`; 0 if it is not a number.
    pub(crate) fn number_of(&self, name: &str) -> usize {
        match self.get(name) {
            Some(Self::Number(number)) => *number as usize,
            _ => 0,
        }
    }

    /// The values of the list in the member `name`; none if it is not a list.
    pub(crate) fn list_of(&self, name: &str) -> &[Value] {
        match self.get(name) {
            Some(Self::List(values)) => values,
            _ => &[],
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_string())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl<T: Into<Value>> FromIterator<T> for Value {
    fn from_iter<I: IntoIterator<Item = T>>(values: I) -> Self {
        Self::List(values.into_iter().map(Into::into).collect())
    }
}

/// Written over several lines, for people and for `diff`.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_value(f, self, 0)
    }
}

fn write_value(f: &mut fmt::Formatter<'_>, value: &Value, depth: usize) -> fmt::Result {
    match value {
        Value::Null => f.write_str("null"),
        Value::Bool(value) => write!(f, "{value}"),
        Value::Number(value) => write!(f, "{value}"),
        Value::Text(text) => write_text(f, text),
        Value::List(values) => write_all(f, ['[', ']'], values, depth, |f, value| {
            write_value(f, value, depth + 1)
        }),
        Value::Object(members) => write_all(f, ['{', '}'], members, depth, |f, (name, value)| {
            write_text(f, name)?;
            f.write_str(": ")?;
            write_value(f, value, depth + 1)
        }),
    }
}

fn write_all<T>(
    f: &mut fmt::Formatter<'_>,
    [open, close]: [char; 2],
    items: &[T],
    depth: usize,
    write: impl Fn(&mut fmt::Formatter<'_>, &T) -> fmt::Result,
) -> fmt::Result {
    f.write_char(open)?;
    for (index, item) in items.iter().enumerate() {
        let comma = if index == 0 { "" } else { "," };
        write!(f, "{comma}\n{:indent$}", "", indent = (depth + 1) * 2)?;
        write(f, item)?;
    }
    if !items.is_empty() {
        write!(f, "\n{:indent$}", "", indent = depth * 2)?;
    }
    f.write_char(close)
}

fn write_text(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    f.write_char('"')?;
    for c in text.chars() {
        match c {
            '"' => f.write_str("\\\"")?,
            '\\' => f.write_str("\\\\")?,
            '\n' => f.write_str("\\n")?,
            c if c < ' ' => write!(f, "\\u{:04x}", u32::from(c))?,
            c => f.write_char(c)?,
        }
    }
    f.write_char('"')
}

/// Reads one value. Only blanks may follow it.
pub(crate) fn parse(text: &str) -> Option<Value> {
    let mut reader = Reader { rest: text };
    let value = reader.value(0)?;
    reader.skip_blanks();
    reader.rest.is_empty().then_some(value)
}

/// The limit on nesting. No diagnostic nests deeper, and a very deep value would overflow the
/// stack.
const MAX_DEPTH: usize = 64;

struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn skip_blanks(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r']);
    }

    /// Consumes `mark` if it comes next, after blanks.
    fn take(&mut self, mark: &str) -> Option<()> {
        self.skip_blanks();
        self.rest = self.rest.strip_prefix(mark)?;
        Some(())
    }

    fn value(&mut self, depth: usize) -> Option<Value> {
        if depth > MAX_DEPTH {
            return None;
        }
        self.skip_blanks();
        match self.rest.chars().next()? {
            '{' => {
                let members = self.items(["{", "}"], |reader| {
                    reader.skip_blanks();
                    let name = reader.string()?;
                    reader.take(":")?;
                    Some((name, reader.value(depth + 1)?))
                })?;
                Some(Value::Object(members))
            }
            '[' => Some(Value::List(
                self.items(["[", "]"], |reader| reader.value(depth + 1))?,
            )),
            '"' => Some(Value::Text(self.string()?)),
            'n' => self.take("null").map(|()| Value::Null),
            't' => self.take("true").map(|()| Value::Bool(true)),
            'f' => self.take("false").map(|()| Value::Bool(false)),
            _ => {
                let number = |c: char| c.is_ascii_digit() || "+-.eE".contains(c);
                let end = self.rest.find(|c| !number(c)).unwrap_or(self.rest.len());
                let (number, rest) = self.rest.split_at(end);
                self.rest = rest;
                number.parse().ok().map(Value::Number)
            }
        }
    }

    /// The items between `open` and `close`, separated by commas.
    fn items<T>(
        &mut self,
        [open, close]: [&str; 2],
        item: impl Fn(&mut Self) -> Option<T>,
    ) -> Option<Vec<T>> {
        self.take(open)?;
        let mut found = Vec::new();
        if self.take(close).is_some() {
            return Some(found);
        }
        loop {
            found.push(item(self)?);
            if self.take(close).is_some() {
                return Some(found);
            }
            self.take(",")?;
        }
    }

    fn string(&mut self) -> Option<String> {
        let mut chars = self.rest.strip_prefix('"')?.chars();
        let mut text = String::new();
        loop {
            match chars.next()? {
                '"' => break,
                '\\' => match chars.next()? {
                    'n' => text.push('\n'),
                    't' => text.push('\t'),
                    'r' => text.push('\r'),
                    'b' => text.push('\u{8}'),
                    'f' => text.push('\u{c}'),
                    'u' => {
                        let mut unit = hex4(&mut chars)?;
                        if (0xd800..0xdc00).contains(&unit) {
                            // The first half of a surrogate pair. The second half follows.
                            chars = chars.as_str().strip_prefix("\\u")?.chars();
                            unit = 0x10000
                                + ((unit - 0xd800) << 10)
                                + hex4(&mut chars)?.checked_sub(0xdc00)?;
                        }
                        text.push(char::from_u32(unit)?);
                    }
                    c @ ('"' | '\\' | '/') => text.push(c),
                    _ => return None,
                },
                c => text.push(c),
            }
        }
        self.rest = chars.as_str();
        Some(text)
    }
}

fn hex4(chars: &mut std::str::Chars<'_>) -> Option<u32> {
    (0..4).try_fold(0, |unit, _| Some(unit * 16 + chars.next()?.to_digit(16)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_written_value_is_read_back() {
        let value = Value::object([
            ("name", "a \"quoted\" \\ line\nand \u{1} an é".into()),
            ("list", ["x", ""].into_iter().collect()),
            ("empty", Value::List(Vec::new())),
            ("number", Value::Number(0.25)),
            ("none", None::<&str>.into()),
            ("flag", Value::Bool(true)),
        ]);
        assert_eq!(parse(&value.to_string()), Some(value));
    }

    #[test]
    fn escapes_are_decoded() {
        assert_eq!(
            parse(r#" "\u0041\ud83d\ude00\t\/" "#),
            Some(Value::Text("A😀\t/".to_string()))
        );
    }

    #[test]
    fn invalid_json_is_an_error() {
        for text in [
            "",
            "{",
            "[1,]",
            "{\"a\" 1}",
            "\"a",
            "nul",
            "1 2",
            "\"\\ud83d\"",
            "\"\\ud83d\\u0041\"",
            "-",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
        assert_eq!(parse(&"[".repeat(100_000)), None);
    }
}
