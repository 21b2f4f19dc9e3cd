//! A message cut into pages, each of which fits one webhook body whatever a container is called.
//! The text is in Slack's markup already, so that lengths are what they will be; the shapes
//! (`blocks`,
//! `attachments`, `text`) only arrange it.

use std::collections::VecDeque;

use crate::message::{Message, Part, Text, Tone, grid, tame};

use super::markup::{cost, fence_cost, fence_line, mrkdwn, words};
use super::mention::Mention;

/// What a body of one shape may hold.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Units of one piece.
    pub piece: usize,
    /// Units of a whole body.
    pub page: usize,
    /// Pieces in a body.
    pub pieces: usize,
}

/// What one body says.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Page {
    pub tone: Tone,
    /// On the first page only.
    pub mention: Option<Mention>,
    /// With its number when there are several pages: `Docker Status Report (2/3)`.
    pub title: String,
    /// On the first page only.
    pub summary: Option<String>,
    pub pieces: Vec<Piece>,
    /// On every page, so that each can be told from its like; empty when there is none.
    pub foot: String,
}

/// A part of a message in markup. None is empty, and none of its items is longer than its limit
/// below.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Piece {
    Heading(String),
    Paragraph(String),
    /// At most [`FIELDS_MAX`].
    Fields(Vec<Field>),
    List(Vec<String>),
    /// Lines to show literally, not escaped yet.
    Code(Code),
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Field {
    pub name: String,
    pub value: String,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Code {
    pub kind: CodeKind,
    /// Stands above the lines of every page.
    pub head: Option<String>,
    pub lines: Vec<String>,
}

/// A table needs the whole width; a container's output does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CodeKind {
    Table,
    Output,
}

/// Fields of a section.
const FIELDS_MAX: usize = 10;

// The units of each thing said, at most; what is longer ends in `…`.
const TITLE_MAX: usize = 130;
const SUMMARY_MAX: usize = 900;
const FOOT_MAX: usize = 290;
const HEADING_MAX: usize = 140;
const PARAGRAPH_MAX: usize = 1200;
const FIELD_NAME_MAX: usize = 60;
const FIELD_MAX: usize = 600;
const ITEM_MAX: usize = 600;
const LINE_MAX: usize = 600;

/// Signs around a piece and the empty line after it, at most.
const FRAME_MAX: usize = 12;

/// ` (12/345)`, at most.
const NUMBER_MAX: usize = 12;

impl Limits {
    /// Limits that a page without summary keeps with any heading and any item under it: so cutting
    /// always comes to an end.
    pub(super) const fn new(page: usize, piece: usize, pieces: usize) -> Self {
        let line = 2 * LINE_MAX; // With its head, which may be as long.
        let item = FRAME_MAX + if PARAGRAPH_MAX > line { PARAGRAPH_MAX } else { line };
        assert!(piece >= item && pieces >= 2);
        // Two numbers: a page may be cut again when the receiver refuses its shape.
        let frame = TITLE_MAX + 2 * NUMBER_MAX + FOOT_MAX + 2 * FRAME_MAX;
        assert!(page >= frame + HEADING_MAX + FRAME_MAX + item);
        Self { piece, page, pieces }
    }
}

impl Page {
    /// The whole message as one page, however long. Tables are laid out in lines of `width`
    /// columns.
    pub(super) fn of(message: &Message, mention: Option<&Mention>, width: usize) -> Self {
        let summary = mrkdwn(&message.summary, SUMMARY_MAX);
        Self {
            tone: message.tone,
            mention: mention.filter(|_| message.mention).cloned(),
            title: words(&message.title, TITLE_MAX),
            summary: (!summary.is_empty()).then_some(summary),
            pieces: message.parts.iter().flat_map(|part| pieces(part, width)).collect(),
            foot: words(&message.foot.join(" · "), FOOT_MAX),
        }
    }

    /// The same in pages that keep the limits, in order and numbered. Lists and code are cut
    /// between lines, code with its head on each page; a heading stays with what it stands over.
    pub(super) fn cut(mut self, limits: Limits) -> Vec<Self> {
        let mut rest = VecDeque::from(std::mem::take(&mut self.pieces));
        let next = Self { mention: None, summary: None, ..self.clone() };
        let mut pages = Vec::new();
        let mut page = self;
        while let Some(piece) = rest.pop_front() {
            let (fitting, left) = piece.split(page.room(limits), limits.piece / 4);
            if let Some(left) = left {
                rest.push_front(left);
            }
            if let Some(fitting) = fitting {
                page.pieces.push(fitting);
                continue;
            }
            if let Some(heading) = page.pieces.pop_if(|last| matches!(last, Piece::Heading(_))) {
                rest.push_front(heading);
            }
            pages.push(std::mem::replace(&mut page, next.clone()));
        }
        pages.push(page);
        number(pages)
    }

    /// The units that the next piece may take.
    fn room(&self, limits: Limits) -> usize {
        if self.pieces.len() >= limits.pieces {
            return 0;
        }
        let mention = self.mention.as_ref().map_or(0, |mention| cost(&mention.to_string()) + 1);
        let summary = self.summary.as_ref().map_or(0, |summary| cost(summary));
        let frame =
            mention + cost(&self.title) + NUMBER_MAX + summary + cost(&self.foot) + 2 * FRAME_MAX;
        let taken = frame + self.pieces.iter().map(Piece::cost).sum::<usize>();
        limits.page.saturating_sub(taken).min(limits.piece)
    }
}

impl Page {
    /// `text` with the mention before it, where there is one.
    pub(super) fn called(&self, text: String) -> String {
        match &self.mention {
            Some(mention) => format!("{mention} {text}"),
            None => text,
        }
    }
}

impl Code {
    /// The head, then the lines.
    pub(super) fn all_lines(&self) -> impl Iterator<Item = &str> {
        self.head.iter().chain(&self.lines).map(String::as_str)
    }
}

fn number(mut pages: Vec<Page>) -> Vec<Page> {
    let count = pages.len();
    if count > 1 {
        for (at, page) in pages.iter_mut().enumerate() {
            page.title = format!("{} ({}/{count})", page.title, at + 1);
        }
    }
    pages
}

fn pieces(part: &Part, width: usize) -> Vec<Piece> {
    match part {
        Part::Heading(text) => {
            said(words(text, HEADING_MAX)).map(Piece::Heading).into_iter().collect()
        }
        Part::Paragraph(text) => {
            said(mrkdwn(text, PARAGRAPH_MAX)).map(Piece::Paragraph).into_iter().collect()
        }
        Part::Fields(fields) => {
            let fields: Vec<Field> = fields.iter().filter_map(field).collect();
            fields.chunks(FIELDS_MAX).map(|fields| Piece::Fields(fields.to_vec())).collect()
        }
        Part::List(items) => {
            let items: Vec<String> =
                items.iter().filter_map(|item| said(mrkdwn(item, ITEM_MAX))).collect();
            if items.is_empty() { Vec::new() } else { vec![Piece::List(items)] }
        }
        Part::Row(items) => {
            let items = items.iter().filter_map(|item| said(mrkdwn(item, ITEM_MAX)));
            rows(items).into_iter().map(Piece::Paragraph).collect()
        }
        Part::Table(table) => grid::lay_out(table, width)
            .into_iter()
            .filter_map(|grid| code(CodeKind::Table, Some(grid.head), grid.rows))
            .collect(),
        Part::Literal(text) => {
            code(CodeKind::Output, None, tame::lines(text)).into_iter().collect()
        }
    }
}

/// Items side by side, in as many paragraphs as they need.
fn rows(items: impl Iterator<Item = String>) -> Vec<String> {
    let mut rows: Vec<String> = Vec::new();
    for item in items {
        match rows.last_mut() {
            Some(row) if cost(row) + cost(&item) + 2 <= PARAGRAPH_MAX => {
                row.push_str(", ");
                row.push_str(&item);
            }
            _ => rows.push(item),
        }
    }
    rows
}

fn said(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

fn field((name, value): &(&'static str, Text)) -> Option<Field> {
    let value = said(mrkdwn(value, FIELD_MAX))?;
    Some(Field { name: words(name, FIELD_NAME_MAX), value })
}

fn code(kind: CodeKind, head: Option<String>, lines: Vec<String>) -> Option<Piece> {
    let fit = |line: String| fence_line(&line, LINE_MAX);
    let lines: Vec<String> = lines.into_iter().map(fit).collect();
    let is_blank = lines.iter().all(|line| line.trim().is_empty());
    (!is_blank).then(|| Piece::Code(Code { kind, head: head.map(fit), lines }))
}

impl Piece {
    /// The code that it is.
    pub(super) fn code(&self) -> Option<&Code> {
        if let Self::Code(code) = self { Some(code) } else { None }
    }

    /// The units that it takes in any shape, at most.
    pub(super) fn cost(&self) -> usize {
        FRAME_MAX
            + match self {
                Self::Heading(text) | Self::Paragraph(text) => cost(text),
                Self::Fields(fields) => fields.iter().map(field_cost).sum(),
                Self::List(items) => items.iter().map(|item| cost(item) + 3).sum(),
                Self::Code(code) => {
                    head_cost(code) + code.lines.iter().map(|l| fence_cost(l)).sum::<usize>()
                }
            }
    }

    /// What fits `room`, and what is left. What does not fit as a whole is not begun in less than
    /// `least`: a table's head with one row at the foot of a page helps nobody.
    fn split(self, room: usize, least: usize) -> (Option<Self>, Option<Self>) {
        if self.cost() <= room {
            return (Some(self), None);
        }
        if room < least {
            return (None, Some(self));
        }
        let room = room - FRAME_MAX.min(room);
        match self {
            Self::Heading(_) | Self::Paragraph(_) => (None, Some(self)),
            Self::Fields(fields) => {
                let (first, second) = divide(fields, room, field_cost);
                (first.map(Self::Fields), second.map(Self::Fields))
            }
            Self::List(items) => {
                let (first, second) = divide(items, room, |item| cost(item) + 3);
                (first.map(Self::List), second.map(Self::List))
            }
            Self::Code(code) => {
                let room = room.saturating_sub(head_cost(&code));
                let Code { kind, head, lines } = code;
                let (first, second) = divide(lines, room, |line| fence_cost(line));
                let with = |lines| Self::Code(Code { kind, head: head.clone(), lines });
                (first.map(with), second.map(with))
            }
        }
    }
}

fn field_cost(field: &Field) -> usize {
    cost(&field.name) + cost(&field.value) + 6
}

fn head_cost(code: &Code) -> usize {
    code.head.as_ref().map_or(0, |head| fence_cost(head))
}

/// As many items from the front as `room` has units for, and the others.
fn divide<T>(
    mut items: Vec<T>,
    room: usize,
    cost: impl Fn(&T) -> usize,
) -> (Option<Vec<T>>, Option<Vec<T>>) {
    let mut taken = 0;
    let fitting = items.iter().take_while(|item| {
        taken += cost(item);
        taken <= room
    });
    let rest = items.split_off(fitting.count());
    let some = |items: Vec<T>| (!items.is_empty()).then_some(items);
    (some(items), some(rest))
}
