//! The last resort, which everything reads: one text.

use super::markup::{fence, guard};
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
    paragraphs.extend(page.pieces.iter().map(paragraph));
    if !page.foot.is_empty() {
        paragraphs.push(page.foot.clone());
    }
    Payload::new(page.called(guard(&paragraphs.join("\n"))))
}

fn paragraph(piece: &Piece) -> String {
    let lines = |lines: Vec<String>| lines.join("\n");
    match piece {
        Piece::Heading(text) => format!("\n*{text}*"),
        Piece::Paragraph(text) => text.clone(),
        Piece::Fields(fields) => {
            lines(fields.iter().map(|field| format!("*{}:* {}", field.name, field.value)).collect())
        }
        Piece::List(items) => lines(items.iter().map(|item| format!("• {item}")).collect()),
        Piece::Code(code) => fence(code.all_lines()),
    }
}
