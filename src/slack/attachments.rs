//! The shape that Slack's imitators read (Mattermost, Rocket.Chat, Discord, Zulip): a line of text,
//! then attachments of title, text, fields and footer beside a coloured bar.

use super::markup::{cost, fence, guard, list};
use super::page::{Field, Limits, Page, Piece};
use super::payload::{Attachment, LegacyAttachment, LegacyField, Payload};
use super::tone::colour;

/// The strictest receiver's, Discord: 2,000 in the text, 4,096 in an attachment, 6,000 in all of
/// them, 10 attachments. Each repeats the title as its fallback, which is not counted here.
pub(super) const LIMITS: Limits = Limits::new(4500, 2900, 9);

/// Columns of a code block beside a bar, which is narrower than a message.
pub(super) const WIDTH: usize = 76;

/// The text of one attachment.
const TEXT_MAX: usize = 3000;

/// A value longer than this has the line to itself.
const SHORT_MAX: usize = 40;

/// The body of one page. The text is the whole story for receivers that show nothing else; the
/// title is left to the first attachment, so that nothing is said twice.
pub(super) fn payload(page: &Page) -> Payload {
    let mut attachments = vec![LegacyAttachment::default()];
    for piece in &page.pieces {
        add(&mut attachments, piece);
    }
    let (text, title) = match &page.summary {
        Some(summary) => (summary, page.title.clone()),
        None => (&page.title, String::new()),
    };
    let mut payload = Payload::new(page.called(guard(text)));
    let last = attachments.len() - 1;
    attachments[0].title = guard(&title);
    attachments[last].footer = guard(&page.foot);
    for attachment in &mut attachments {
        attachment.color = colour(page.tone);
        attachment.fallback = guard(&page.title);
        attachment.mrkdwn_in = ["text", "fields"];
    }
    payload.attachments = attachments.into_iter().map(Attachment::Legacy).collect();
    payload
}

/// Into the last attachment where that keeps the order (its fields stand under its text) and its
/// length; else into one more.
fn add(attachments: &mut Vec<LegacyAttachment>, piece: &Piece) {
    let text = match piece {
        Piece::Heading(text) => format!("*{text}*"),
        Piece::Paragraph(text) => text.clone(),
        Piece::List(items) => list(items),
        Piece::Code(code) => fence(code.all_lines()),
        Piece::Fields(fields) => {
            let last = next_without_fields(attachments);
            last.fields = fields.iter().map(field).collect();
            return;
        }
    };
    let text = guard(&text);
    let mut last = next_without_fields(attachments);
    // Of two fences in a row the second is taken for the end of the first.
    let is_in_the_way = last.text.ends_with("```") && text.starts_with("```");
    if is_in_the_way || cost(&last.text) + cost(&text) + 1 > TEXT_MAX {
        attachments.push(LegacyAttachment::default());
        last = next_without_fields(attachments);
    }
    if !last.text.is_empty() {
        last.text.push('\n');
    }
    last.text.push_str(&text);
}

fn next_without_fields(attachments: &mut Vec<LegacyAttachment>) -> &mut LegacyAttachment {
    if attachments.last().is_none_or(|last| !last.fields.is_empty()) {
        attachments.push(LegacyAttachment::default());
    }
    attachments.last_mut().expect("there is one, or it was pushed a line above")
}

fn field(field: &Field) -> LegacyField {
    LegacyField {
        title: guard(&field.name),
        value: guard(&field.value),
        short: cost(&field.value) <= SHORT_MAX,
    }
}
