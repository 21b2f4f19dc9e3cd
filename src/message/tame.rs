//! Makes text of containers harmless to look at: no control characters, no escape sequences,
//! nothing that turns the direction of writing or hides. What a receiver takes for markup is not
//! known here.

use unicode_width::UnicodeWidthChar;

/// Marks above and below one character; scripts in use need three, Zalgo text takes hundreds.
const MARKS_MAX: usize = 4;

/// `text` in one harmless line: line ends and tabs become single spaces, escape sequences and
/// invisible characters go, other control characters become `�`. Never longer than `text` in
/// characters.
pub fn line(text: &str) -> String {
    let mut tamed = String::with_capacity(text.len());
    let mut marks = 0;
    let mut characters = text.chars();
    while let Some(c) = characters.next() {
        let c = match c {
            '\u{1b}' => {
                skip_escape(&mut characters);
                continue;
            }
            '\u{9b}' => {
                skip_control_sequence(&mut characters);
                continue;
            }
            '\r' if characters.as_str().starts_with('\n') => continue,
            '\n' | '\r' | '\t' | '\u{0b}' | '\u{0c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => ' ',
            c if is_hidden(c) => continue,
            c if c.is_control() => '\u{fffd}',
            c => c,
        };
        marks = if c.width() == Some(0) { marks + 1 } else { 0 };
        if marks <= MARKS_MAX {
            tamed.push(c);
        }
    }
    tamed
}

/// The lines of `text`, each harmless as [`line()`] makes it; no empty ones at the end. What a
/// carriage return overwrote on a terminal (progress bars) is left out.
pub fn lines(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = text
        .lines()
        .map(|text| {
            let text = text.trim_end_matches('\r');
            line(text.rsplit_once('\r').map_or(text, |(_, shown)| shown)).trim_end().to_owned()
        })
        .collect();
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    lines
}

/// After ESC: a control sequence (`[…m`), a command to the terminal (`]…`, up to BEL or ESC `\`),
/// or a single character, with what stands between it and the ESC.
fn skip_escape(characters: &mut std::str::Chars<'_>) {
    let mut ahead = characters.clone();
    match ahead.next() {
        Some('[') => {
            *characters = ahead;
            skip_control_sequence(characters);
        }
        Some(']' | 'P' | 'X' | '^' | '_') => {
            // Without its end it is no command: the text after it is kept.
            while let Some(c) = ahead.next() {
                match c {
                    '\u{07}' | '\u{9c}' => *characters = ahead,
                    '\u{1b}' if ahead.next() == Some('\\') => *characters = ahead,
                    c if c.is_control() => {}
                    _ => continue,
                }
                return;
            }
        }
        Some(c) if c.is_ascii_graphic() || c == ' ' => *characters = ahead,
        _ => {}
    }
}

/// After `ESC [`: parameters, then one final character.
fn skip_control_sequence(characters: &mut std::str::Chars<'_>) {
    let mut ahead = characters.clone();
    for c in ahead.by_ref() {
        match c {
            ' '..='?' => {}
            '@'..='~' => {
                *characters = ahead;
                return;
            }
            _ => return,
        }
    }
}

/// Characters without a picture that move or hide others: marks and overrides of direction,
/// zero-width spaces, tags, and fillers. Joiners stay: emoji and Indian scripts need them.
fn is_hidden(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
        | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_gone() {
        let check = |text: &str, expected: &str| assert_eq!(line(text), expected, "{text:?}");
        check("shop-api", "shop-api");
        check("\u{1b}[31mred\u{1b}[0m", "red");
        check("\u{1b}]0;title\u{07}after", "after");
        check("\u{1b}]8;;http://x\u{1b}\\link", "link");
        check("\u{1b}]0;never ends", "]0;never ends");
        check("\u{9b}2Jcleared", "cleared");
        check("\u{1b}cfull reset", "full reset");
        check("\u{1b}", "");
        check("a\u{1b}[", "a");
        check("a\0b\u{8}c", "a\u{fffd}b\u{fffd}c");
    }

    #[test]
    fn what_hides_or_turns_text_is_gone_and_scripts_stay() {
        let check = |text: &str, expected: &str| assert_eq!(line(text), expected, "{text:?}");
        check("exe\u{202e}cod.txt", "execod.txt");
        check("a\u{200b}b\u{feff}c\u{e0041}", "abc");
        check("👩\u{200d}🚀 ⚠\u{fe0f}", "👩\u{200d}🚀 ⚠\u{fe0f}");
        check("שלום नमस्ते", "שלום नमस्ते");
        check(&format!("z{}", "\u{301}".repeat(300)), "z\u{301}\u{301}\u{301}\u{301}");
    }

    #[test]
    fn line_ends_become_spaces() {
        let check = |text: &str, expected: &str| assert_eq!(line(text), expected, "{text:?}");
        check("one\ntwo\r\nthree\tfour", "one two three four");
        check("a\u{2028}b", "a b");
        check("two  spaces\nstay", "two  spaces stay");
    }

    #[test]
    fn output_keeps_its_lines() {
        let check = |text: &str, expected: &[&str]| assert_eq!(lines(text), expected, "{text:?}");
        check("", &[]);
        check("one\r\n  two  \n\n", &["one", "  two"]);
        check("10 %\r50 %\r100 %\nready", &["100 %", "ready"]);
        check("\n\na", &["", "", "a"]);
    }
}
