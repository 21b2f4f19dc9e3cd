//! A message as text for standard output: aligned, within a width, with colour where that is asked
//! for. Does not ask where it is printed to (`commands` do), nor choose words (`message` did).

use crate::message::measure::{columns, pad, split_at_column};
use crate::message::{Align, Message, Part, Span, Text, Tone, grid, tame};

/// Whether escape sequences may be printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    /// Into a terminal whose owner did not set `NO_COLOR`.
    On,
    /// Into anything else.
    Off,
}

/// The narrowest width that is kept; below it, lines are this wide.
const WIDTH_MIN: usize = 20;

/// The message in lines of at most `width` columns, each ended by a line feed.
pub fn text(message: &Message, width: usize, colour: Colour) -> String {
    let page = Page { width: width.max(WIDTH_MIN), colour };
    let mut sections = vec![page.painted(&page.wrapped(&message.title, 0), tone(message.tone))];
    sections.extend(message.parts.iter().map(|part| page.part(part)));
    sections.push(page.painted(&page.wrapped(&message.foot.join(" · "), 0), DIM));
    sections.retain(|section| !section.is_empty());
    sections.join("\n")
}

/// A style of SGR, the escape sequences of ECMA-48 that every terminal knows.
type Style = &'static str;

const BOLD: Style = "1";
const DIM: Style = "2";

fn tone(tone: Tone) -> Style {
    match tone {
        Tone::Critical => "1;31",
        Tone::Warning => "1;33",
        Tone::Info => "1;36",
        Tone::Good => "1;32",
    }
}

#[derive(Clone, Copy)]
struct Page {
    width: usize,
    colour: Colour,
}

impl Page {
    fn part(self, part: &Part) -> String {
        match part {
            Part::Heading(text) => self.painted(&self.wrapped(text, 0), BOLD),
            Part::Paragraph(text) => self.wrapped(&plain(text), 0),
            Part::Fields(fields) => self.fields(fields),
            Part::Row(items) => {
                self.wrapped(&items.iter().map(plain).collect::<Vec<_>>().join(", "), 0)
            }
            Part::List(items) => items.iter().map(|item| self.wrapped(&plain(item), 2)).collect(),
            Part::Table(table) => {
                let grids = grid::lay_out(table, self.width);
                let drawn = grids.iter().map(|grid| {
                    self.painted(&(grid.head.clone() + "\n"), BOLD) + &grid.rows.join("\n") + "\n"
                });
                drawn.collect::<Vec<_>>().join("\n")
            }
            Part::Literal(text) => tame::lines(text)
                .iter()
                .map(|line| self.painted(&self.wrapped(&format!("| {line}"), 2), DIM))
                .collect(),
        }
    }

    /// Names in a column of their own.
    fn fields(self, fields: &[(&str, Text)]) -> String {
        let widest = fields.iter().map(|(name, _)| columns(name)).max().unwrap_or(0);
        let line = |(name, value): &(&str, Text)| {
            let value = self.wrapped(&plain(value), widest + 2);
            let (_, value) = value.split_at_checked(widest + 2).unwrap_or(("", "\n"));
            self.painted(&pad(name, widest, Align::Left), BOLD) + "  " + value
        };
        fields.iter().map(line).collect()
    }

    /// Breaks `text` between words, and words that are too long for a line anywhere; every line
    /// begins with `indent` spaces.
    fn wrapped(self, text: &str, indent: usize) -> String {
        let margin = " ".repeat(indent);
        let room = self.width.saturating_sub(indent).max(WIDTH_MIN / 2);
        let mut lines = vec![String::new()];
        for word in text.split_whitespace() {
            let mut rest = word;
            while !rest.is_empty() {
                let line = lines.last_mut().expect("there is a line from the start");
                let used = columns(line);
                let gap = usize::from(used > 0);
                if used + gap + columns(rest) <= room {
                    line.push_str(&" ".repeat(gap));
                    line.push_str(rest);
                    rest = "";
                } else if used > 0 {
                    lines.push(String::new());
                } else {
                    let (start, end) = split_at_column(rest, room);
                    line.push_str(start);
                    rest = end;
                }
            }
        }
        lines.retain(|line| !line.is_empty());
        lines.iter().fold(String::new(), |text, line| text + &margin + line + "\n")
    }

    /// Each line of `text` in a style: one that went over a line's end would colour what a pager
    /// shows beside it.
    fn painted(self, text: &str, style: Style) -> String {
        if self.colour == Colour::Off {
            return text.to_owned();
        }
        let paint = |line: &str| match line.strip_suffix('\n') {
            Some(line) => format!("\u{1b}[{style}m{line}\u{1b}[0m\n"),
            None => format!("\u{1b}[{style}m{line}\u{1b}[0m"),
        };
        text.split_inclusive('\n').map(paint).collect()
    }
}

fn plain(Text(spans): &Text) -> String {
    let text = |span: &Span| match span {
        Span::Words(text) => text.clone(),
        Span::Data(text) => tame::line(text),
    };
    spans.iter().map(text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{Column, Table};

    fn message(parts: Vec<Part>) -> Message {
        Message {
            tone: Tone::Critical,
            mention: true,
            title: "🚨 Title".to_owned(),
            summary: Text::words("not shown: the parts say it"),
            parts,
            foot: vec!["dmon".to_owned(), "00c0ffee".to_owned()],
        }
    }

    fn check(parts: Vec<Part>, width: usize, expected: &str) {
        let drawn = text(&message(parts), width, Colour::Off);
        assert_eq!(drawn, format!("🚨 Title\n\n{expected}\ndmon · 00c0ffee\n"));
    }

    #[test]
    fn fields_stand_in_columns() {
        let fields = vec![
            ("Host", Text::data("web-1")),
            ("Containers", Text::words("12 running, 2 stopped")),
        ];
        check(
            vec![Part::Fields(fields)],
            25,
            "Host        web-1\nContainers  12 running, 2\n            stopped\n",
        );
    }

    #[test]
    fn parts_are_set_apart() {
        let table = Table {
            columns: vec![
                Column { title: "NAME", align: Align::Left },
                Column { title: "CPU %", align: Align::Right },
            ],
            rows: vec![vec!["web".to_owned(), "0.50".to_owned()]],
        };
        check(
            vec![
                Part::Heading("Two".to_owned()),
                Part::List(vec![Text::words("one"), Text::words("two")]),
                Part::Table(table),
                Part::Literal("last words\n".to_owned()),
            ],
            80,
            "Two\n\n  one\n  two\n\nNAME  CPU %\nweb    0.50\n\n  | last words\n",
        );
    }

    #[test]
    fn a_container_cannot_steer_the_terminal() {
        check(
            vec![Part::Paragraph(Text::data("\u{1b}]0;owned\u{7}\u{1b}[31mred\nline"))],
            80,
            "red line\n",
        );
    }

    #[test]
    fn words_longer_than_a_line_are_broken() {
        check(
            vec![Part::Paragraph(Text::data("x".repeat(45)))],
            20,
            &format!("{0}\n{0}\nxxxxx\n", "x".repeat(20)),
        );
    }

    #[test]
    fn colour_ends_with_its_line() {
        let drawn = text(&message(vec![]), 80, Colour::On);
        assert_eq!(drawn, "\u{1b}[1;31m🚨 Title\u{1b}[0m\n\n\u{1b}[2mdmon · 00c0ffee\u{1b}[0m\n");
    }
}
