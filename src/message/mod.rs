//! What dmon says, before it has a shape. Slack's blocks, Slack-compatible attachments, plain text
//! and the terminal are all made from a [`Message`]; no words are chosen after it. The helpers here
//! (`tame`, `measure`, `grid`, `order`, `quote`) are what those shapes have in common.

pub mod grid;
pub mod measure;
pub mod tame;

pub mod alert;
pub mod cause;
pub mod digest;
pub mod engine;
pub mod order;
pub mod quote;
pub mod report;
pub mod units;

/// Who speaks, for the foot of every message.
pub const VERSION: &str = concat!("dmon ", env!("CARGO_PKG_VERSION"));

/// One message: a headline, its body from most to least important, a foot.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// The colour of its bar, and of its headline in a terminal.
    pub tone: Tone,
    /// Whether `SLACK_MENTION` goes before it.
    pub mention: bool,
    /// The headline with its emoji (`🚨 Container Status Alert - CRITICAL`). People and scripts
    /// search for it.
    pub title: String,
    /// The whole story in one sentence, for notifications, screen readers and receivers that show
    /// text only.
    pub summary: Text,
    /// The body.
    pub parts: Vec<Part>,
    /// Small print: dmon's version, the alert's id.
    pub foot: Vec<String>,
}

/// Does somebody need to act?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// At once.
    Critical,
    /// Soon.
    Warning,
    /// No.
    Info,
    /// No longer.
    Good,
}

/// A piece of a message's body.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// A heading within the message.
    Heading(String),
    /// A paragraph.
    Paragraph(Text),
    /// Short facts by name, shown side by side where there is room.
    Fields(Vec<(&'static str, Text)>),
    /// One line an item.
    List(Vec<Text>),
    /// Items side by side. What is too long for its receiver is cut between two of them, so that
    /// each is told.
    Row(Vec<Text>),
    /// Columns, monospaced. A message too long for its receiver is cut between rows, with the head
    /// repeated.
    Table(Table),
    /// Text of a container (log lines, a probe's output), literally, monospaced.
    Literal(String),
}

/// A table of cells that are shown literally.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// The head, one a column.
    pub columns: Vec<Column>,
    /// The rows, each as long as `columns`.
    pub rows: Vec<Vec<String>>,
}

/// A column of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// Its head.
    pub title: &'static str,
    /// Which edge its cells keep to.
    pub align: Align,
}

/// Which edge a cell keeps to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// Text that keeps dmon's own words and a container's apart, so that no container can inject
/// mentions, links or formatting, whatever the receiver.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text(pub Vec<Span>);

impl Text {
    /// dmon's own words and nothing else.
    pub fn words(words: impl Into<String>) -> Self {
        Self(vec![Span::Words(words.into())])
    }

    /// What somebody else said and nothing else.
    pub fn data(data: impl Into<String>) -> Self {
        Self(vec![Span::Data(data.into())])
    }
}

/// A run of text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Span {
    /// dmon's own words.
    Words(String),
    /// What a container, an image or the Engine said: names, labels, errors. Shown literally.
    Data(String),
}
