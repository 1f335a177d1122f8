// SPDX-License-Identifier: GPL-2.0

//! The members of a structure, and prototypes without the names of their parameters.

use super::c::{tokens, Kind, Token};
use super::declaration::split;

/// A member, in the order of the structure.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Member {
    pub(crate) name: String,
    /// Its type, with the structures and unions without a name that it is in. Two members have the
    /// same if their types are the same.
    pub(crate) declared: String,
    /// Whether it is a pointer to a function.
    pub(crate) is_slot: bool,
    /// The offset of its first byte in the body.
    pub(crate) offset: usize,
}

/// Words in the place of a member that declare none.
const NO_MEMBERS: [&str; 2] = [
    "randomized_struct_fields_start",
    "randomized_struct_fields_end",
];

/// The members in the body of a structure or union.
pub(crate) fn members(body: &str) -> Vec<Member> {
    let tokens: Vec<Token<'_>> = tokens(body).into_iter().filter(Token::is_code).collect();
    let mut found = Vec::new();
    add(&tokens, "", &mut found);
    found
}

fn add(body: &[Token<'_>], within: &str, found: &mut Vec<Member>) {
    for declaration in split(body, ";") {
        let from = declaration
            .iter()
            .position(|token| !NO_MEMBERS.iter().any(|word| token.is(word)));
        let declaration = &declaration[from.unwrap_or(declaration.len())..];
        let Some(first) = declaration.first() else {
            continue;
        };
        let open = declaration.iter().position(|token| token.is("{"));
        let close = declaration.iter().rposition(|token| token.is("}"));
        if let (Some(open), Some(close)) = (open, close) {
            let declares = declaration[close + 1..].iter().filter_map(Token::word);
            if declares.filter(|word| !word.starts_with("__")).count() == 0 {
                let within = format!(" in an unnamed {}{within}", first.text);
                add(&declaration[open + 1..close], &within, found);
                continue;
            }
        }
        // In `int *a, b` the second one has the type of the first without the star.
        let mut base: Option<&[Token<'_>]> = None;
        for part in split(declaration, ",") {
            let (at, type_of) = match base {
                None => (declared_name(part), nameless(part)),
                Some(base) => {
                    let at = part.iter().position(|token| token.kind == Kind::Word);
                    let stars: Vec<&str> =
                        part[..at.unwrap_or(0)].iter().map(|it| it.text).collect();
                    let words = base.iter().map(|it| it.text).chain(stars);
                    (at, words.collect::<Vec<_>>().join(" "))
                }
            };
            let Some(at) =
                at.filter(|at| !part[*at].text.starts_with(|c: char| c.is_ascii_digit()))
            else {
                continue;
            };
            let star = part.iter().position(|token| token.is("*"));
            base = base.or(Some(&part[..star.unwrap_or(at).min(at)]));
            let name = part[at].text.to_string();
            let declared = format!("{type_of}{within}");
            let is_slot = at >= 2 && part[at - 1].is("*") && part[at - 2].is("(");
            let offset = part[0].offset;
            found.push(Member {
                name,
                declared,
                is_slot,
                offset,
            });
        }
    }
}

/// The position of the name in a declaration of one variable, parameter or member; `None` if it
/// has only a type.
fn declared_name(declaration: &[Token<'_>]) -> Option<usize> {
    let pointer = declaration
        .windows(3)
        .position(|three| three[0].is("(") && three[1].is("*") && three[2].kind == Kind::Word);
    if let Some(at) = pointer {
        return Some(at + 2);
    }
    let end = declaration
        .iter()
        .position(|token| token.is("[") || token.is(":"));
    let declared = &declaration[..end.unwrap_or(declaration.len())];
    // `DECLARE_BITMAP(name, 4)` has the name in parentheses, `__counted_by(n)` an attribute.
    let open = declared.iter().position(|token| token.is("("));
    if open == Some(1) && !declared[0].text.starts_with("__") {
        return (declared[2].kind == Kind::Word).then_some(2);
    }
    let declared = &declared[..open.map_or(declared.len(), |open| open.saturating_sub(1))];
    let last = declared
        .iter()
        .rposition(|token| !ATTRIBUTES.contains(&token.text))?;
    let word = declared[last].word()?;
    let before = &declared[..last];
    let tagged = before
        .last()
        .is_some_and(|tag| ["struct", "union", "enum"].iter().any(|it| tag.is(it)));
    let typed = before
        .iter()
        .any(|token| token.is("*") || token.word().is_some_and(|word| !QUALIFIERS.contains(&word)));
    (typed && !tagged && !BASIC.contains(&word)).then_some(last)
}

/// Words behind a type, or behind a name, that are neither. A name may begin with underscores too.
const ATTRIBUTES: [&str; 12] = [
    "__user",
    "__rcu",
    "__percpu",
    "__iomem",
    "__force",
    "__aligned",
    "__packed",
    "__counted_by",
    "__randomize_layout",
    "__attribute__",
    "__maybe_unused",
    "__private",
];
/// Words beside which a type has to stand.
const QUALIFIERS: [&str; 6] = ["const", "volatile", "__user", "__rcu", "__force", "struct"];

/// Words that are a type, alone or together.
const BASIC: [&str; 10] = [
    "int", "long", "short", "char", "unsigned", "signed", "void", "bool", "float", "double",
];

/// A declaration without the name that it declares, and without the names of parameters.
pub(crate) fn nameless(declaration: &[Token<'_>]) -> String {
    let name = declared_name(declaration);
    let kept: Vec<Token<'_>> = declaration
        .iter()
        .enumerate()
        .filter(|(at, _)| Some(*at) != name)
        .map(|(_, token)| *token)
        .collect();
    without_parameters(&kept)
}

/// Text of tokens, without the names of the parameters in their parentheses.
fn without_parameters(tokens: &[Token<'_>]) -> String {
    let mut words = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        words.push(tokens[at].text.to_string());
        if tokens[at].is("(") {
            let close = closing(tokens, at);
            let parameters = split(&tokens[at + 1..close], ",");
            let types: Vec<String> = parameters.into_iter().map(nameless).collect();
            words.push(types.join(" , "));
            at = close;
        } else {
            at += 1;
        }
    }
    words.retain(|word| !word.is_empty());
    words.join(" ")
}

/// The position of the parenthesis that closes the one at `open`, or the end.
fn closing(tokens: &[Token<'_>], open: usize) -> usize {
    let mut depth = 0;
    let close = tokens[open..].iter().position(|token| {
        depth += i32::from(token.is("(")) - i32::from(token.is(")"));
        depth == 0
    });
    close.map_or(tokens.len(), |close| open + close)
}

/// The type of a function: its declaration without body, names of parameters, and words that do
/// not change how it is called. `name` is its name.
pub(crate) fn prototype(head: &str, name: &str) -> String {
    const IRRELEVANT: [&str; 8] = [
        "extern",
        "static",
        "inline",
        "__always_inline",
        "noinline",
        "__inline",
        "__bpf_kfunc",
        ";",
    ];
    let tokens: Vec<Token<'_>> = tokens(head)
        .into_iter()
        .filter(Token::is_code)
        .filter(|token| !IRRELEVANT.iter().any(|word| token.is(word)))
        .collect();
    let at = tokens.iter().position(|token| token.is(name));
    let at = at.unwrap_or(tokens.len());
    // Attributes before the type and behind the parameters are left out.
    let close = closing(&tokens, (at + 1).min(tokens.len()));
    let before = tokens[..at].iter().map(|token| token.text);
    let before: Vec<&str> = before.filter(|word| !word.starts_with("__")).collect();
    let parameters = without_parameters(&tokens[at..(close + 1).min(tokens.len())]);
    format!("{} {parameters}", before.join(" "))
}

/// The names of the parameters of a function, as its declaration has them.
pub(crate) fn parameters(head: &str, name: &str) -> Vec<String> {
    let tokens: Vec<Token<'_>> = tokens(head).into_iter().filter(Token::is_code).collect();
    let open = tokens
        .iter()
        .position(|token| token.is(name))
        .map(|at| at + 1);
    let Some(open) = open.filter(|open| tokens.get(*open).is_some_and(|token| token.is("(")))
    else {
        return Vec::new();
    };
    let parameters = split(&tokens[open + 1..closing(&tokens, open)], ",");
    let names = parameters
        .into_iter()
        .filter_map(|parameter| Some(parameter[declared_name(parameter)?].text.to_string()));
    names.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(body: &str) -> Vec<String> {
        members(body)
            .into_iter()
            .map(|member| member.name)
            .collect()
    }

    #[test]
    fn members_are_found_in_every_form() {
        let body = "int a; struct x *b, c; u32 d:4, :2; char e[4]; void (*f)(int g);\n\
                    const struct h *i; unsigned long j; DECLARE_BITMAP(k, 4);\n\
                    struct { int l; union { int m; } ; }; struct { int n; } o;\n\
                    randomized_struct_fields_start struct p __rcu *q; int r __aligned(8);\n\
                    struct s t[] __counted_by(a); union { const struct u v; struct u __v; };";
        assert_eq!(
            names(body),
            [
                "a", "b", "c", "d", "e", "f", "i", "j", "k", "l", "m", "o", "q", "r", "t", "v",
                "__v"
            ]
        );
        let slots = members(body)
            .into_iter()
            .filter(|member| member.is_slot)
            .count();
        assert_eq!(slots, 1);
    }

    #[test]
    fn the_type_of_a_member_does_not_have_its_name() {
        let declared = |body: &str| members(body).pop().unwrap().declared;
        assert_eq!(
            declared("int (*f)(int, char *)"),
            declared("int (*g)(int a, char *b)")
        );
        assert_eq!(declared("int *a, b"), declared("int c"));
        assert_eq!(declared("const int a, *b"), declared("const int *c"));
        assert_ne!(declared("int (*f)(int)"), declared("int (*f)(bool)"));
        assert_ne!(declared("struct a b"), declared("union { struct a b; }"));
        assert_ne!(declared("struct a b"), declared("const struct a b"));
    }

    #[test]
    fn a_prototype_does_not_have_the_names_of_parameters() {
        let one = "extern int f(struct a *, const char *b, umode_t, unsigned int, int (*)(void));";
        let other =
            "int f(struct a *x, const char *, umode_t mode, unsigned int flags, int (*g)(void))";
        assert_eq!(prototype(one, "f"), prototype(other, "f"));
        assert_eq!(prototype(one, "f").matches(" , ").count(), 4);
        for changed in ["const struct a *", "struct b *"] {
            assert_ne!(
                prototype(&one.replacen("struct a *", changed, 1), "f"),
                prototype(one, "f")
            );
        }
        assert_eq!(
            prototype("int __must_check f(void) __acquires(x);", "f"),
            "int f ( void )"
        );
    }

    #[test]
    fn the_names_of_parameters_are_found() {
        let head = "int f(struct a *x, umode_t, unsigned flags, int (*g)(int h), void)";
        assert_eq!(parameters(head, "f"), ["x", "flags", "g"]);
    }
}
