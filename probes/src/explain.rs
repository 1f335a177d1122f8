// SPDX-License-Identifier: GPL-2.0

//! What the last run found out about one question, for people: what it asks, what each answer means,
//! what this kernel answered, and the compiler's words for the others.
//!
//! If no answer fits, the form that the kernel has is shown, as the bindings have it: what the
//! answers name, functions and fields alike.

use crate::json::{self, Value};
use crate::outputs;
use crate::report::capitalised;
use crate::source::{self, Kind, Token};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

/// The explanation of the question `name`, from the reports in `out` and the text of the bindings in
/// `bindings`.
pub(crate) fn explain(name: &str, out: &Path, bindings: &Path) -> Result<String, String> {
    let path = out.join(outputs::JSON);
    let text = fs::read_to_string(&path).map_err(|error| {
        format!(
            "there is no report in {} ({error}): run `make probe` first.",
            out.display()
        )
    })?;
    let report = json::parse(&text)
        .ok_or_else(|| format!("{} is no report: run `make probe` first.", path.display()))?;
    let questions = report.list_of("questions");
    let Some(question) = questions.iter().find(|it| it.text_of("name") == name) else {
        let names: Vec<&str> = questions.iter().map(|it| it.text_of("name")).collect();
        return Err(match names.is_empty() {
            true => format!(
                "the last run asked no question ({}): run `make probe` first.",
                report.text_of("reason")
            ),
            false => format!(
                "there is no question `{name}`; there are {}.",
                names.join(", ")
            ),
        });
    };
    let about = capitalised(question.text_of("about"));
    let mut shown = format!("{name}: {about}\n");
    paragraphs(&mut shown, question.text_of("documentation"), "    ");
    if report.text_of("verdict") == "error" {
        _ = write!(
            shown,
            "\nIt was not asked, because the run ended with an error:\n    {}\n    next: {}\n",
            report.text_of("reason"),
            report.text_of("next")
        );
        return Ok(shown);
    }
    _ = writeln!(
        shown,
        "\nThis kernel: {}",
        match question.text_of("answer") {
            "" => question.text_of("verdict").to_string(),
            answer => format!(
                "{answer}{}",
                if question.text_of("verdict") == "forced" {
                    " (forced)"
                } else {
                    ""
                }
            ),
        }
    );
    for answer in question.list_of("answers") {
        add_answer(&mut shown, answer);
    }
    if question.text_of("verdict") == "no answer fits" {
        let bindings = fs::read_to_string(bindings).unwrap_or_default();
        add_form(&mut shown, question, &bindings);
    }
    Ok(shown)
}

/// What an answer means, and what the compiler says about it.
fn add_answer(shown: &mut String, answer: &Value) {
    _ = writeln!(
        shown,
        "\n    {} ({})",
        answer.text_of("name"),
        answer.text_of("file")
    );
    paragraphs(shown, answer.text_of("about"), "        ");
    paragraphs(shown, answer.text_of("documentation"), "        ");
    let error = answer
        .get("error")
        .map_or("", |error| error.text_of("rendered"));
    match error {
        "" => _ = writeln!(shown, "        => {}", answer.text_of("reason")),
        words => {
            shown.push_str("        => the compiler rejects it:\n");
            paragraphs(shown, words, "        ");
        }
    }
}

/// The form that the kernel has, and what to do about it.
fn add_form(shown: &mut String, question: &Value, bindings: &str) {
    let tokens = source::tokens(bindings);
    let answers = question.list_of("answers");
    let texts: Vec<String> = answers
        .iter()
        .filter_map(|answer| fs::read_to_string(answer.text_of("file")).ok())
        .collect();
    let words: BTreeSet<&str> = texts
        .iter()
        .flat_map(|text| source::tokens(text))
        .filter_map(|token| token.word())
        .collect();
    let used: BTreeSet<&str> = answers
        .iter()
        .flat_map(|answer| answer.list_of("uses"))
        .filter_map(Value::text)
        .collect();
    shown.push_str("\nThe kernel's form, as its bindings have it:\n");
    for name in used {
        let found = declaration(bindings, &tokens, name, &words);
        match found {
            Some(declared) => paragraphs(shown, &declared, "    "),
            None => _ = writeln!(shown, "    (there is no `{name}`)"),
        }
    }
    let file = question.text_of("file");
    _ = write!(
        shown,
        "\nTo add it: write {}/FORM.rs, named after what it does, beside the answers above, and list it in {file} as \
         \"FORM\" => FORM.\n",
        file.trim_end_matches(".rs")
    );
}

/// The declaration of `name`: of a structure only the fields among `words`.
fn declaration(
    text: &str,
    tokens: &[Token<'_>],
    name: &str,
    words: &BTreeSet<&str>,
) -> Option<String> {
    let at = tokens.windows(3).position(|three| {
        three[0].word() == Some("pub")
            && matches!(
                three[1].word(),
                Some("fn" | "struct" | "union" | "type" | "static" | "const")
            )
            && three[2].word() == Some(name)
    })?;
    let kind = tokens[at + 1].word()?;
    let rest = &tokens[at..];
    if !matches!(kind, "struct" | "union") {
        let end = rest
            .iter()
            .position(|token| token.is(';') || token.is('='))?;
        // What a type stands for is of interest, what a constant is too.
        let end = match rest[end].is('=') {
            true => rest.iter().position(|token| token.is(';'))?,
            false => end,
        };
        return Some(on_one_line(&text[rest[0].offset..=rest[end].offset]));
    }
    let mut found = format!("pub {kind} {name} {{");
    let mut depth = 0;
    let mut begin = None;
    for (index, token) in rest.iter().enumerate().skip(3) {
        match token.kind {
            Kind::Mark('{' | '(' | '[') => depth += 1,
            Kind::Mark('}' | ')' | ']') => depth -= 1,
            Kind::Word("pub") if depth == 1 && begin.is_none() => begin = Some(index),
            _ => {}
        }
        let ends = (depth == 1 && token.is(',')) || depth == 0;
        if let Some(field) = begin.filter(|_| ends) {
            // A comma in the parameters of a type belongs to the field.
            let next = rest.get(index + 1).and_then(Token::word);
            if depth == 1 && next != Some("pub") && !rest[index + 1].is('}') {
                continue;
            }
            if rest[field + 1]
                .word()
                .is_some_and(|name| words.contains(name))
            {
                let line = on_one_line(&text[rest[field].offset..token.offset]);
                _ = write!(found, "\n    {line},");
            }
            begin = None;
        }
        if depth == 0 {
            break;
        }
    }
    Some(found + "\n}")
}

fn on_one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").replace("( ", "(").replace(", )", ")")
}

/// Adds the lines of `text`, each after `indent`.
fn paragraphs(shown: &mut String, text: &str, indent: &str) {
    for line in text.trim_end().lines() {
        _ = writeln!(shown, "{}", format!("{indent}{line}").trim_end());
    }
}
