// SPDX-License-Identifier: GPL-2.0

//! Compares two traces.

use crate::trace::Step;

/// How many differences of one kind are reported. The first ones usually cause the others.
const MAX_REPORTED: usize = 6;

/// The differences between the traces of the plain directory and of the layer named `layer`, one
/// sentence each.
///
/// After a different result a case may continue with another operation. The traces then have
/// nothing in common any more, and the comparison ends.
pub fn traces(layer: &str, on_plain: &[Step], on_mount: &[Step]) -> Vec<String> {
    let mut differences = Vec::new();
    for (position, (plain, mount)) in on_plain.iter().zip(on_mount).enumerate() {
        let number = position + 1;
        if plain.op != mount.op {
            differences.push(format!(
                "step {number}: after a difference the plain directory continued with `{}`, {layer} with `{}`",
                plain.op, mount.op
            ));
            return differences;
        }
        if plain.result != mount.result {
            differences.push(format!(
                "step {number}: {}: the plain directory answers {}, {layer} {}",
                plain.op, plain.result, mount.result
            ));
        }
    }
    if on_plain.len() != on_mount.len() {
        let (longer, who) = match on_plain.len() > on_mount.len() {
            true => (on_plain, "only the plain directory"),
            false => (on_mount, layer),
        };
        let next = &longer[on_plain.len().min(on_mount.len())];
        differences.push(format!("{who} continued with {}: {}", next.op, next.result));
    }
    differences
}

/// The first few differences, and the number of the others.
pub fn first_few(mut differences: Vec<String>) -> Vec<String> {
    let all = differences.len();
    if all > MAX_REPORTED {
        differences.truncate(MAX_REPORTED);
        differences.push(format!("and {} more differences", all - MAX_REPORTED));
    }
    differences
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(steps: &[(&str, &str)]) -> Vec<Step> {
        let step = |(op, result): &(&str, &str)| Step {
            op: (*op).into(),
            result: (*result).into(),
        };
        steps.iter().map(step).collect()
    }

    #[test]
    fn equal_traces_have_no_difference() {
        let trace = steps(&[("mkdir d", "done"), ("rmdir d", "done")]);
        assert!(traces("base0fs", &trace, &trace).is_empty());
    }

    #[test]
    fn reports_the_operation_and_both_results_on_a_difference() {
        let differences = traces(
            "base0fs",
            &steps(&[("mkdir d", "EEXIST")]),
            &steps(&[("mkdir d", "EIO")]),
        );
        assert_eq!(
            differences,
            ["step 1: mkdir d: the plain directory answers EEXIST, base0fs EIO"]
        );
    }

    #[test]
    fn a_trace_that_ends_early_is_a_difference() {
        let (long, short) = (
            steps(&[("a", "done"), ("b", "done")]),
            steps(&[("a", "done")]),
        );
        assert_eq!(
            traces("base0fs", &long, &short),
            ["only the plain directory continued with b: done"]
        );
        assert_eq!(
            traces("base0fs", &short, &long),
            ["base0fs continued with b: done"]
        );
    }

    #[test]
    fn the_comparison_ends_at_a_different_operation() {
        let differences = traces(
            "base0fs",
            &steps(&[("a", "1"), ("b", "2")]),
            &steps(&[("c", "1"), ("d", "3")]),
        );
        assert_eq!(differences.len(), 1);
        assert!(
            differences[0].contains("`a`") && differences[0].contains("`c`"),
            "{differences:?}"
        );
    }

    #[test]
    fn reports_the_first_differences_and_counts_the_others() {
        let many: Vec<String> = (0..20).map(|number| number.to_string()).collect();
        let few = first_few(many);
        assert_eq!(few.len(), MAX_REPORTED + 1);
        assert_eq!(
            few[MAX_REPORTED],
            format!("and {} more differences", 20 - MAX_REPORTED)
        );
    }
}
