// SPDX-License-Identifier: GPL-2.0

//! What two operations do one after the other, in a plain directory.

use super::view::Standing;
use crate::explore::coverage::{class, SUCCESS};

/// The answers of two tasks that ran one after the other, and what they have left.
pub(super) struct Serial {
    /// The answers, by the number of the task.
    pub(super) answers: [String; 2],
    /// How long each of them took, in nanoseconds.
    pub(super) durations: [u64; 2],
    /// What they have left.
    pub(super) standing: Standing,
}

impl Serial {
    /// How many of the operations succeed.
    pub(super) fn successes(&self) -> usize {
        self.answers
            .iter()
            .filter(|answer| is_success(answer))
            .count()
    }
}

fn is_success(answer: &str) -> bool {
    class(answer) == SUCCESS
}

/// Whether what the tasks leave has to be what they leave one after the other: both orders leave the
/// same, and the same operations succeed in both orders and in the race.
pub(super) fn has_to_stand(answers: &[Option<String>; 2], serial: &[Serial; 2]) -> bool {
    let [one, other] = serial;
    let same_success = answers.iter().enumerate().all(|(task, answer)| {
        let succeeds = answer.as_deref().map(is_success);
        let serial = [one, other].map(|serial| is_success(&serial.answers[task]));
        serial == [true; 2] && succeeds == Some(true)
    });
    same_success && one.standing == other.standing
}
