//! The JSON of webhook bodies, as far as dmon writes it.

use serde::Serialize;

/// The body of a POST.
#[derive(Debug, Serialize)]
pub(super) struct Payload {
    /// What notifications show and screen readers say; with blocks, Slack shows it nowhere else.
    pub text: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub blocks: Vec<Block>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
    pub unfurl_links: bool,
    pub unfurl_media: bool,
}

impl Payload {
    /// A body of text alone, to which the rest is added.
    pub(super) fn new(text: String) -> Self {
        Self {
            text,
            blocks: Vec::new(),
            attachments: Vec::new(),
            unfurl_links: false,
            unfurl_media: false,
        }
    }
}

/// A block of Slack's Block Kit.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Block {
    /// Text, or fields side by side.
    Section {
        #[serde(skip_serializing_if = "Option::is_none")]
        text: Option<Mrkdwn>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        fields: Vec<Mrkdwn>,
        /// Shown in full, without "see more".
        expand: bool,
    },
    /// Small print.
    Context { elements: Vec<Mrkdwn> },
    /// Here only for preformatted text: it is literal, needs no escaping and cannot be left.
    RichText { elements: Vec<RichText> },
}

/// Text in Slack's markup.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename = "mrkdwn")]
pub(super) struct Mrkdwn {
    pub text: String,
}

/// A part of a rich text block.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum RichText {
    RichTextPreformatted { elements: Vec<Literal> },
}

/// Literal text within rich text.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename = "text")]
pub(super) struct Literal {
    pub text: String,
}

/// What stands beside a coloured bar. Slack refuses one that has both blocks and the older fields,
/// `fallback` excepted.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum Attachment {
    Blocks { color: &'static str, fallback: String, blocks: Vec<Block> },
    Legacy(LegacyAttachment),
}

/// An attachment as every receiver of Slack's bodies reads it.
#[derive(Debug, Default, Serialize)]
pub(super) struct LegacyAttachment {
    pub color: &'static str,
    pub fallback: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub title: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub text: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<LegacyField>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub footer: String,
    pub mrkdwn_in: [&'static str; 2],
}

/// A field of an attachment.
#[derive(Debug, Serialize)]
pub(super) struct LegacyField {
    pub title: String,
    pub value: String,
    /// Whether another may stand beside it.
    pub short: bool,
}
