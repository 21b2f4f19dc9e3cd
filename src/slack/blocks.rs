//! Slack's own shape: a headline and what needs the width as blocks, the rest beside a bar in the
//! colour of the tone, since blocks have no colour and attachments no width.

use super::markup::{cost, guard, list};
use super::page::{Code, CodeKind, Limits, Page, Piece};
use super::payload::{Attachment, Block, Literal, Mrkdwn, Payload, RichText};
use super::tone::colour;

/// Slack's: 50 blocks, 3,000 units in a text, 13,172 refused in a whole message. Headline, fallback
/// and
/// `text` repeat the title and the summary; half as much again is kept free, since the last of these
/// limits is not documented.
pub(super) const LIMITS: Limits = Limits::new(8000, 2900, 40);

/// Columns of a code block in a message on a desktop before its lines are wrapped.
pub(super) const WIDTH: usize = 88;

/// What may stand beside the bar: more is hidden behind "Show more", and more than 20 blocks there
/// were refused.
const BESIDE_BAR_MAX: usize = 8;
const BESIDE_BAR_UNITS_MAX: usize = 2000;

const TEXT_MAX: usize = 3000;

/// The body of one page.
pub(super) fn payload(page: &Page) -> Payload {
    let (above, beside) = page.pieces.split_at(page.pieces.len() - beside_bar(&page.pieces));
    let mut payload = Payload::new(notification(page));
    payload.blocks.push(section(headline(page)));
    payload.blocks.extend(blocks(above));
    let mut beside = blocks(beside);
    if !page.foot.is_empty() {
        beside.push(Block::Context { elements: vec![mrkdwn(page.foot.clone())] });
    }
    if !beside.is_empty() {
        payload.attachments.push(Attachment::Blocks {
            color: colour(page.tone),
            fallback: page.title.clone(),
            blocks: beside,
        });
    }
    payload
}

/// How many pieces from the end go beside the bar: all after the last table, if they are few.
fn beside_bar(pieces: &[Piece]) -> usize {
    let is_table = |piece: &Piece| piece.code().is_some_and(|code| code.kind == CodeKind::Table);
    let after = pieces.iter().rev().take_while(|piece| !is_table(piece));
    let units: usize = after.clone().map(Piece::cost).sum();
    let count = after.count();
    if count <= BESIDE_BAR_MAX && units <= BESIDE_BAR_UNITS_MAX { count } else { 0 }
}

fn notification(page: &Page) -> String {
    let text = match &page.summary {
        Some(summary) => guard(&format!("{}\n{summary}", page.title)),
        None => guard(&page.title),
    };
    page.called(text)
}

fn headline(page: &Page) -> String {
    let title = format!("*{}*", page.title);
    page.called(match &page.summary {
        Some(summary) => format!("{title}\n{summary}"),
        None => title,
    })
}

/// Headings join what they stand over in one block: Slack puts much space between two.
fn blocks(pieces: &[Piece]) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut heading: Option<String> = None;
    for piece in pieces {
        let text = match piece {
            Piece::Heading(text) => {
                blocks.extend(heading.replace(format!("*{text}*")).map(section));
                continue;
            }
            Piece::Paragraph(text) => text.clone(),
            Piece::List(items) => list(items),
            Piece::Fields(fields) => {
                blocks.extend(heading.take().map(section));
                let text =
                    |field: &super::page::Field| format!("*{}*\n{}", field.name, field.value);
                let fields = fields.iter().map(|field| mrkdwn(text(field))).collect();
                blocks.push(Block::Section { text: None, fields, expand: true });
                continue;
            }
            Piece::Code(code) => {
                blocks.extend(heading.take().map(section));
                blocks.push(preformatted(code));
                continue;
            }
        };
        match heading.take() {
            Some(heading) if cost(&heading) + cost(&text) < TEXT_MAX => {
                blocks.push(section(format!("{heading}\n{text}")));
            }
            heading => blocks.extend(heading.into_iter().chain([text]).map(section)),
        }
    }
    blocks.extend(heading.map(section));
    blocks
}

fn section(text: String) -> Block {
    Block::Section { text: Some(mrkdwn(text)), fields: Vec::new(), expand: true }
}

fn mrkdwn(text: String) -> Mrkdwn {
    Mrkdwn { text }
}

fn preformatted(code: &Code) -> Block {
    let text = code.all_lines().collect::<Vec<_>>().join("\n");
    Block::RichText {
        elements: vec![RichText::RichTextPreformatted { elements: vec![Literal { text }] }],
    }
}
