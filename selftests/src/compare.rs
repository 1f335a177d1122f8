// SPDX-License-Identifier: GPL-2.0

//! Says where two traces differ.

use crate::trace::Step;

/// How many differences of one kind are told; the first ones matter most.
const TOLD: usize = 6;

/// The differences between what the plain directory and the layer named `layer` answered, one
/// sentence each.
///
/// A different answer can lead a case to another operation; from there on the traces tell different
/// stories, and the comparison ends.
pub fn traces(layer: &str, native: &[Step], layered: &[Step]) -> Vec<String> {
    let mut differences = Vec::new();
    for (position, (ours, theirs)) in native.iter().zip(layered).enumerate() {
        if ours.op != theirs.op {
            differences.push(format!(
                "step {}: after a difference the plain directory went on with `{}`, {layer} with `{}`",
                position + 1,
                ours.op,
                theirs.op
            ));
            return differences;
        }
        if ours.result != theirs.result {
            differences.push(format!(
                "step {}: {}: the plain directory answers {}, {layer} {}",
                position + 1,
                ours.op,
                ours.result,
                theirs.result
            ));
        }
    }
    if native.len() != layered.len() {
        let (longer, who) = match native.len() > layered.len() {
            true => (native, "only the plain directory"),
            false => (layered, layer),
        };
        let next = &longer[native.len().min(layered.len())];
        differences.push(format!("{who} went on, with {}: {}", next.op, next.result));
    }
    differences
}

/// The first few of many differences, and how many there are.
pub fn limited(mut differences: Vec<String>) -> Vec<String> {
    let all = differences.len();
    if all > TOLD {
        differences.truncate(TOLD);
        differences.push(format!("and {} more differences", all - TOLD));
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
    fn a_different_answer_is_told_with_the_operation_and_both_answers() {
        let told = traces(
            "base0fs",
            &steps(&[("mkdir d", "EEXIST")]),
            &steps(&[("mkdir d", "EIO")]),
        );
        assert_eq!(
            told,
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
            ["only the plain directory went on, with b: done"]
        );
        assert_eq!(
            traces("base0fs", &short, &long),
            ["base0fs went on, with b: done"]
        );
    }

    #[test]
    fn a_trace_that_takes_another_way_is_compared_up_to_there() {
        let told = traces(
            "base0fs",
            &steps(&[("a", "1"), ("b", "2")]),
            &steps(&[("c", "1"), ("d", "3")]),
        );
        assert_eq!(told.len(), 1);
        assert!(
            told[0].contains("`a`") && told[0].contains("`c`"),
            "{told:?}"
        );
    }

    #[test]
    fn of_many_differences_the_first_are_told_and_the_rest_counted() {
        let many: Vec<String> = (0..20).map(|number| number.to_string()).collect();
        let told = limited(many);
        assert_eq!(told.len(), TOLD + 1);
        assert_eq!(told[TOLD], format!("and {} more differences", 20 - TOLD));
    }
}
