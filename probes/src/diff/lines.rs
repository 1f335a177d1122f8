// SPDX-License-Identifier: GPL-2.0

//! Differences between texts, line by line.

/// How many equal lines stand around a difference.
const AROUND: usize = 2;

/// What became of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Same,
    Removed,
    Added,
}

/// The steps from `old` to `new`: a longest common subsequence stays.
fn steps(old: &[String], new: &[String]) -> Vec<Step> {
    let begin = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let (a, b) = (&old[begin..], &new[begin..]);
    let end = a
        .iter()
        .rev()
        .zip(b.iter().rev())
        .take_while(|(a, b)| a == b)
        .count();
    let (a, b) = (&a[..a.len() - end], &b[..b.len() - end]);
    // The longest common subsequence of what begins at each pair of lines.
    let width = b.len() + 1;
    let mut longest = vec![0_u32; (a.len() + 1) * width];
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            longest[i * width + j] = match a[i] == b[j] {
                true => longest[(i + 1) * width + j + 1] + 1,
                false => longest[(i + 1) * width + j].max(longest[i * width + j + 1]),
            };
        }
    }
    let mut steps = vec![Step::Same; begin];
    let (mut i, mut j) = (0, 0);
    while i < a.len() || j < b.len() {
        let step = if i == a.len() {
            Step::Added
        } else if j == b.len() {
            Step::Removed
        } else if a[i] == b[j] {
            Step::Same
        } else if longest[(i + 1) * width + j] >= longest[i * width + j + 1] {
            Step::Removed
        } else {
            Step::Added
        };
        i += usize::from(step != Step::Added);
        j += usize::from(step != Step::Removed);
        steps.push(step);
    }
    steps.resize(steps.len() + end, Step::Same);
    steps
}

/// The difference in the form of `diff -u -w`, in which white space does not count, without the
/// names of the files. The texts begin in these lines of their files. Empty if they are the same.
pub(crate) fn unified(old: (&str, usize), new: (&str, usize)) -> Vec<String> {
    let texts: (Vec<&str>, Vec<&str>) = (old.0.lines().collect(), new.0.lines().collect());
    let dense = |lines: &[&str]| -> Vec<String> {
        let lines = lines.iter();
        lines
            .map(|line| line.split_whitespace().collect())
            .collect()
    };
    let steps = steps(&dense(&texts.0), &dense(&texts.1));
    let changed = |at: usize| steps[at] != Step::Same;
    let near =
        |at: usize| (at.saturating_sub(AROUND)..steps.len().min(at + AROUND + 1)).any(changed);
    let mut lines = Vec::new();
    let (mut i, mut j, mut at) = (0, 0, 0);
    while at < steps.len() {
        if !near(at) {
            (i, j, at) = (i + 1, j + 1, at + 1);
            continue;
        }
        let end = (at..steps.len())
            .find(|at| !near(*at))
            .unwrap_or(steps.len());
        let count = |without: Step| {
            steps[at..end]
                .iter()
                .filter(|step| **step != without)
                .count()
        };
        lines.push(format!(
            "@@ -{},{} +{},{} @@",
            old.1 + i,
            count(Step::Added),
            new.1 + j,
            count(Step::Removed)
        ));
        for step in &steps[at..end] {
            let (mark, text) = match step {
                Step::Same => (' ', texts.1[j]),
                Step::Removed => ('-', texts.0[i]),
                Step::Added => ('+', texts.1[j]),
            };
            lines.push(format!("{mark}{text}").trim_end().to_string());
            i += usize::from(*step != Step::Added);
            j += usize::from(*step != Step::Removed);
        }
        at = end;
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_texts_have_no_difference() {
        assert!(unified(("a\nb", 1), ("a\nb", 9)).is_empty());
        assert!(unified(("", 1), ("", 1)).is_empty());
    }

    #[test]
    fn a_difference_has_its_lines_and_two_around_it() {
        let old = "1\n2\n3\n4\n5\n6\n7\n8\n9\n10";
        let new = old.replace("5\n", "five\n5b\n");
        assert_eq!(
            unified((old, 101), (&new, 201)),
            [
                "@@ -103,5 +203,6 @@",
                " 3",
                " 4",
                "-5",
                "+five",
                "+5b",
                " 6",
                " 7"
            ]
        );
    }

    #[test]
    fn white_space_is_no_difference() {
        assert!(unified(("a = b", 1), ("\ta=b ", 1)).is_empty());
        assert_eq!(
            unified(("a\nb", 1), ("  a\nc", 1)),
            ["@@ -1,2 +1,2 @@", "   a", "-b", "+c"]
        );
    }

    #[test]
    fn distant_differences_are_apart() {
        let old = "1\n2\n3\n4\n5\n6\n7\n8\n9";
        let new = "2\n3\n4\n5\n6\n7\n8\n9\n10";
        assert_eq!(
            unified((old, 1), (new, 1)),
            [
                "@@ -1,3 +1,2 @@",
                "-1",
                " 2",
                " 3",
                "@@ -8,2 +7,3 @@",
                " 8",
                " 9",
                "+10"
            ]
        );
    }

    #[test]
    fn one_text_may_be_empty() {
        assert_eq!(
            unified(("", 1), ("a\nb", 5)),
            ["@@ -1,0 +5,2 @@", "+a", "+b"]
        );
    }
}
