//! Text in Slack's markup, safe by construction: what a container said stands in code spans and
//! fences that it cannot leave. Lengths are counted as Slack may count them: UTF-16 units, after
//! escaping.

use crate::message::{Span, Text, measure, tame};

/// Keeps receivers that look for names (`@here`, `@all`) from finding one.
const BREAK: char = '\u{200b}';

/// The three characters that Slack's markup escapes.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    text.chars().for_each(|c| push_escaped(&mut escaped, c));
    escaped
}

fn push_escaped(out: &mut String, c: char) {
    match c {
        '&' => out.push_str("&amp;"),
        '<' => out.push_str("&lt;"),
        '>' => out.push_str("&gt;"),
        c => out.push(c),
    }
}

/// dmon's own words, escaped, in one line of at most `limit` units.
pub(super) fn words(text: &str, limit: usize) -> String {
    mrkdwn(&Text(vec![Span::Words(text.trim().to_owned())]), limit)
}

/// A text in markup, in one line of at most `limit` units (as [`cost`] counts them); empty when it
/// says nothing.
pub(super) fn mrkdwn(text: &Text, limit: usize) -> String {
    let whole = written(text, usize::MAX);
    if cost(&whole) <= limit { whole } else { written(text, limit.saturating_sub(1)) }
}

/// The text as far as `limit` units allow, and `…` beyond them where something is left out.
fn written(text: &Text, limit: usize) -> String {
    let mut out = String::new();
    for span in &text.0 {
        let (marker, text) = match span {
            Span::Words(text) => ("", tame::line(text)),
            Span::Data(text) => ("`", tame::line(text).trim().to_owned()),
        };
        // Only the markers below may open or close a code span.
        let text = text.replace('`', "'");
        let Some(first) = text.chars().next() else { continue };
        let before = out.len();
        if must_stand_apart(&out, marker, first) {
            out.push(' ');
        }
        out.push_str(marker);
        let fitting = push_fitting(&mut out, &text, limit.saturating_sub(marker.len()));
        if fitting == 0 {
            out.truncate(before);
            out.push('…');
            break;
        }
        if fitting < text.len() {
            out.push('…');
        }
        out.push_str(marker);
        if fitting < text.len() {
            break;
        }
    }
    out.trim().to_owned()
}

/// Slack takes a marker for one only beside a space or punctuation; without that a code span would
/// be none, and what stands in it would be markup.
fn must_stand_apart(out: &str, marker: &str, next: char) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '`' || c == '*';
    match marker {
        "" => out.ends_with(['`', '*']) && is_word(next),
        _ => out.ends_with(is_word),
    }
}

/// Appends as much of `text`, escaped, as leaves `out` at `limit` units; how many bytes of it.
fn push_fitting(out: &mut String, text: &str, limit: usize) -> usize {
    let mut taken = cost(out);
    for (at, c) in text.char_indices() {
        taken += cost_of(c);
        if taken > limit {
            return at;
        }
        push_escaped(out, c);
    }
    text.len()
}

/// Units of an escaped text, with the breaks that [`guard`] may add.
pub(super) fn cost(escaped: &str) -> usize {
    measure::units(escaped) + escaped.matches('@').count()
}

fn cost_of(c: char) -> usize {
    match c {
        '&' => 5,
        '<' | '>' => 4,
        '@' => 2,
        c => c.len_utf16(),
    }
}

/// Breaks every name that a receiver other than Slack might take for a mention.
pub(super) fn guard(text: &str) -> String {
    text.replace('@', &format!("@{BREAK}"))
}

/// Items in lines, each with a bullet, unless it brings a sign of its own (an emoji). At most three
/// units an item longer than they are.
pub(super) fn list(items: &[String]) -> String {
    let line = |item: &String| match item.chars().next() {
        Some(c) if !c.is_ascii() && !c.is_alphanumeric() => item.clone(),
        _ => format!("• {item}"),
    };
    items.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// Lines as a fenced block, escaped and with the fence's own sign broken.
pub(super) fn fence<'a>(lines: impl Iterator<Item = &'a str>) -> String {
    let mut fenced = String::from("```\n");
    for line in lines {
        fenced.push_str(&escape(&line.replace("``", &format!("`{BREAK}`"))));
        fenced.push('\n');
    }
    fenced + "```"
}

/// The units that a line takes in a fence, at most, with its end.
pub(super) fn fence_cost(line: &str) -> usize {
    line.chars().map(cost_of).sum::<usize>() + line.matches("``").count() + 1
}

/// A literal line in at most `limit` units as [`fence_cost`] counts them.
pub(super) fn fence_line(line: &str, limit: usize) -> String {
    if fence_cost(line) <= limit {
        return line.to_owned();
    }
    let mut room = limit.saturating_sub(2);
    let fits = |c: &char| {
        // A back-tick may be half of a pair that is broken.
        let needed = cost_of(*c) + usize::from(*c == '`');
        let fits = needed <= room;
        room = room.saturating_sub(needed);
        fits
    };
    let mut short: String = line.chars().take_while(fits).collect();
    short.push('…');
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(spans: &[Span]) -> Text {
        Text(spans.to_vec())
    }

    fn words(text: &str) -> Span {
        Span::Words(text.to_owned())
    }

    fn data(text: &str) -> Span {
        Span::Data(text.to_owned())
    }

    #[test]
    fn data_stays_in_its_code_span() {
        let check = |said: &str, expected: &str| {
            assert_eq!(mrkdwn(&text(&[data(said)]), 100), expected, "{said:?}");
        };
        check("shop-api", "`shop-api`");
        check("<!channel>", "`&lt;!channel&gt;`");
        check("&lt;!here&gt;", "`&amp;lt;!here&amp;gt;`");
        check("a` *bold* `b", "`a' *bold* 'b`");
        check("```", "`'''`");
        check("line\nbreak", "`line break`");
        check(" \n ", "");
        check("", "");
    }

    #[test]
    fn a_code_span_always_stands_apart() {
        let check = |spans: &[Span], expected: &str| {
            assert_eq!(mrkdwn(&text(spans), 100), expected);
        };
        check(&[data("a"), data("b")], "`a` `b`");
        check(&[words("image"), data("a"), words("is")], "image `a` is");
        check(&[words("("), data("a"), words(")")], "(`a`)");
        check(&[words("on "), data("a"), words(": "), words("gone")], "on `a`: gone");
    }

    #[test]
    fn a_text_too_long_ends_in_its_span_and_within_the_limit() {
        for said in ["x".repeat(200), "&".repeat(200), "@".repeat(200), "🚨".repeat(200)] {
            for limit in 4..60 {
                let spans = [words("on "), data(&said), words(" more words after it")];
                let short = mrkdwn(&text(&spans), limit);
                assert!(cost(&short) <= limit, "{limit}: {short}");
                assert!(short.matches('`').count().is_multiple_of(2), "{limit}: {short}");
                assert!(short.contains('…'), "{limit}: {short}");
            }
        }
        assert_eq!(mrkdwn(&text(&[data("abcdef")]), 7), "`abcd…`");
        assert_eq!(super::words("abcdef", 6), "abcdef");
        assert_eq!(super::words("abcdef", 5), "abcd…");
    }

    #[test]
    fn a_fence_holds_whatever_is_in_it() {
        assert_eq!(fence(["a ``` b", "<!here>"].into_iter()).matches("```").count(), 2);
        let all = fence(["````"].into_iter());
        assert_eq!(all.matches("```").count(), 2, "{all}");
        for line in ["`".repeat(50), "&@<`".repeat(20), "🚨 and words".repeat(9), String::new()] {
            for limit in 3..80 {
                let short = fence_line(&line, limit);
                let fenced = guard(&fence([short.as_str()].into_iter()));
                let inner = &fenced["```\n".len()..fenced.len() - "```".len()];
                assert!(measure::units(inner) <= fence_cost(&short), "{inner}");
                assert!(fence_cost(&short) <= limit, "{limit}: {short}");
            }
        }
    }

    #[test]
    fn an_item_with_an_emoji_needs_no_bullet() {
        let items = ["⚠️ `a` unhealthy", "`b` gone", "名前 is a name"].map(str::to_owned);
        assert_eq!(list(&items), "⚠️ `a` unhealthy\n• `b` gone\n• 名前 is a name");
    }

    #[test]
    fn names_are_broken_for_receivers_that_look_for_them() {
        assert_eq!(guard("nginx@sha256 @here"), "nginx@\u{200b}sha256 @\u{200b}here");
    }
}
