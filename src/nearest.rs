//! The known word that a mistyped one was probably meant to be.

/// The candidate nearest to `word`, case aside, if it is near enough to be what was meant: one slip
/// in three characters. A slip is a character too many, missing, wrong, or swapped with the next.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    let length = word.chars().count();
    // No word that people type is longer; the comparison takes the product of both lengths.
    if length > 64 {
        return None;
    }
    candidates
        .into_iter()
        .map(|candidate| (slips(&word, &candidate.to_lowercase()), candidate))
        .filter(|(slips, _)| *slips <= (length / 3).max(1))
        .min_by_key(|(slips, _)| *slips)
        .map(|(_, candidate)| candidate)
}

/// How many slips lie between two words (the optimal string alignment distance).
fn slips(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut before_last = Vec::new();
    let mut last: Vec<usize> = (0..=right.len()).collect();
    let mut left_previous = None;
    for (row, left_here) in left.chars().enumerate() {
        let mut line = vec![row + 1];
        for (column, &right_here) in right.iter().enumerate() {
            let changed = last[column] + usize::from(left_here != right_here);
            let mut best = changed.min(last[column + 1] + 1).min(line[column] + 1);
            let swapped =
                column > 0 && left_previous == Some(right_here) && right[column - 1] == left_here;
            if swapped {
                best = best.min(before_last[column - 1] + 1);
            }
            line.push(best);
        }
        before_last = std::mem::replace(&mut last, line);
        left_previous = Some(left_here);
    }
    last[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_or_two_are_understood_and_other_words_are_left_alone() {
        let check = |word: &str, expected: Option<&str>| {
            let known = ["once", "test", "test-notification", "SLACK_WEBHOOK_URL"];
            assert_eq!(nearest(word, known), expected, "{word}");
        };
        check("onec", Some("once"));
        check("ONCE", Some("once"));
        check("tset", Some("test"));
        check("test-notifcation", Some("test-notification"));
        check("slack_webhok_url", Some("SLACK_WEBHOOK_URL"));
        check("slack-webhook-url", Some("SLACK_WEBHOOK_URL"));
        check("watch", None);
        check("", None);
        check(&"x".repeat(1000), None);
    }

    #[test]
    fn slips_are_counted() {
        let check = |left: &str, right: &str, expected: usize| {
            assert_eq!(slips(left, right), expected, "{left} {right}");
            assert_eq!(slips(right, left), expected, "{right} {left}");
        };
        check("", "", 0);
        check("", "abc", 3);
        check("abc", "abc", 0);
        check("abc", "acb", 1);
        check("abc", "abd", 1);
        check("abc", "bc", 1);
        check("kitten", "sitting", 3);
    }
}
