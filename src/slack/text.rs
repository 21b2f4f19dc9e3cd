//! The last resort, which everything reads: one text.

use super::markup::{fence, guard, list};
use super::page::{Limits, Page, Piece};
use super::payload::Payload;

/// Discord's, the strictest: 2,000 units.
pub(super) const LIMITS: Limits = Limits::new(1950, 1300, 20);

/// Columns of a code block.
pub(super) const WIDTH: usize = 76;

/// The body of one page.
pub(super) fn payload(page: &Page) -> Payload {
    let mut paragraphs = vec![match &page.summary {
        Some(summary) => format!("*{}*\n{summary}", page.title),
        None => format!("*{}*", page.title),
    }];
    paragraphs.extend(page.pieces.chunk_by(are_code).map(paragraph));
    if !page.foot.is_empty() {
        paragraphs.push(page.foot.clone());
    }
    Payload::new(page.called(guard(&paragraphs.join("\n"))))
}

/// Of two fences in a row some receivers take the second for the end of the first: one holds both.
fn are_code(first: &Piece, second: &Piece) -> bool {
    first.code().and(second.code()).is_some()
}

/// One piece, or several of code.
fn paragraph(pieces: &[Piece]) -> String {
    let lines = |lines: Vec<String>| lines.join("\n");
    match &pieces[0] {
        Piece::Heading(text) => format!("\n*{text}*"),
        Piece::Paragraph(text) => text.clone(),
        Piece::Fields(fields) => {
            lines(fields.iter().map(|field| format!("*{}:* {}", field.name, field.value)).collect())
        }
        Piece::List(items) => list(items),
        Piece::Code(first) => {
            let others = pieces[1..].iter().filter_map(Piece::code);
            let apart = others.flat_map(|code| [""].into_iter().chain(code.all_lines()));
            fence(first.all_lines().chain(apart))
        }
    }
}
