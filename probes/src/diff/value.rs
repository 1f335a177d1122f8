// SPDX-License-Identifier: GPL-2.0

//! Values of constants, as far as they are plain numbers.

/// The value of an integer literal.
pub(super) fn number(text: &str) -> Option<i128> {
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
pub(super) fn evaluated(value: &str) -> String {
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

#[cfg(test)]
mod tests {
    use super::evaluated;

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
}
