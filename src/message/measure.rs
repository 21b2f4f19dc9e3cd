//! How much room text takes: columns of a monospaced font, and the units that Slack's limits count.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::Align;

/// The columns that `text` takes on a terminal or in a code block.
pub fn columns(text: &str) -> usize {
    text.width()
}

/// UTF-16 units, the strictest reading of the "characters" in Slack's limits.
pub fn units(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

/// `text` in at most `width` columns: what is too long loses its middle to `…`, since names that begin
/// alike often end in what tells them apart (`shop-worker-12`).
fn shorten(text: &str, width: usize) -> String {
    if columns(text) <= width {
        return text.to_owned();
    }
    let room = width.saturating_sub(1);
    let end = room / 3;
    let (start, _) = split_at_column(text, room - end);
    let from_end: String = text.chars().rev().scan(0, |taken, c| take(taken, c, end)).collect();
    let mut short = start.to_owned();
    if width > 0 {
        short.push('…');
    }
    short.extend(from_end.chars().rev().skip_while(|c| c.width() == Some(0)));
    short
}

/// `text` with spaces to exactly `width` columns, and shortened to them.
pub fn pad(text: &str, width: usize, align: Align) -> String {
    let text = shorten(text, width);
    let space = " ".repeat(width.saturating_sub(columns(&text)));
    match align {
        Align::Left => text + &space,
        Align::Right => space + &text,
    }
}

/// `text` in two, the first of at most `width` columns and of at least one character where that is
/// the only way on.
pub fn split_at_column(text: &str, width: usize) -> (&str, &str) {
    let mut taken = 0;
    let end = text.char_indices().find(|(_, c)| take(&mut taken, *c, width).is_none());
    text.split_at(end.map_or(text.len(), |(at, _)| at))
}

/// Counts `c` in, unless it goes beyond `width`. The sign that makes an emoji of the character
/// before it widens that one.
fn take(taken: &mut usize, c: char, width: usize) -> Option<char> {
    *taken += if c == '\u{fe0f}' { 1 } else { c.width().unwrap_or(0) };
    (*taken <= width).then_some(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_characters_take_two_columns_and_accents_none() {
        let check = |text: &str, expected: usize| assert_eq!(columns(text), expected, "{text}");
        check("shop", 4);
        check("名前", 4);
        check("✅", 2);
        check("⚠\u{fe0f}", 2);
        check("👩\u{200d}🚀", 2);
        check("e\u{301}", 1);
        check("", 0);
    }

    #[test]
    fn slack_counts_an_emoji_as_two() {
        assert_eq!(units("aé名🚨"), 5);
    }

    #[test]
    fn long_names_keep_their_start_and_end() {
        let check = |text: &str, width, expected: &str| {
            let short = shorten(text, width);
            assert_eq!(short, expected);
            assert!(columns(&short) <= width);
        };
        check("shop-worker-12", 14, "shop-worker-12");
        check("shop-worker-12", 10, "shop-w…-12");
        check("shop-worker-12", 2, "s…");
        check("shop-worker-12", 1, "…");
        check("shop-worker-12", 0, "");
        check("名前名前名前", 8, "名前…前");
        check("ee\u{301}e\u{301}e\u{301}", 3, "ee\u{301}…");
    }

    #[test]
    fn cells_are_exactly_as_wide_as_their_column() {
        let check = |text: &str, align, expected: &str| assert_eq!(pad(text, 5, align), expected);
        check("ab", Align::Left, "ab   ");
        check("ab", Align::Right, "   ab");
        check("名前名前", Align::Left, "名…  ");
        check("名前名前", Align::Right, "  名…");
    }
}
