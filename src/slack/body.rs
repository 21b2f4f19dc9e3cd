//! A message as the bodies of POSTs.

use crate::message::Message;

use super::mention::Mention;
use super::page::Page;
use super::webhook::Shape;
use super::{attachments, blocks, text};

/// The JSON of one POST, and what it can be turned into should the receiver not understand it.
#[derive(Clone, Debug, PartialEq)]
pub struct Body {
    json: String,
    shape: Shape,
    page: Page,
}

/// A message in as many bodies as the limits of the shape's receivers ask for, in the order in
/// which they are to be posted. `mention` goes before the first, if the message asks for it.
pub fn bodies(message: &Message, shape: Shape, mention: Option<&Mention>) -> Vec<Body> {
    let width = match shape {
        Shape::Blocks => blocks::WIDTH,
        Shape::Attachments => attachments::WIDTH,
        Shape::Text => text::WIDTH,
    };
    cut(Page::of(message, mention, width), shape)
}

fn cut(page: Page, shape: Shape) -> Vec<Body> {
    let limits = match shape {
        Shape::Blocks => blocks::LIMITS,
        Shape::Attachments => attachments::LIMITS,
        Shape::Text => text::LIMITS,
    };
    page.cut(limits).into_iter().map(|page| Body::new(page, shape)).collect()
}

impl Body {
    fn new(page: Page, shape: Shape) -> Self {
        let payload = match shape {
            Shape::Blocks => blocks::payload(&page),
            Shape::Attachments => attachments::payload(&page),
            Shape::Text => text::payload(&page),
        };
        let json = serde_json::to_string(&payload).expect("strings and lists of them are JSON");
        Self { json, shape, page }
    }

    /// What is posted.
    pub fn json(&self) -> &str {
        &self.json
    }

    /// The same as plain text, for a receiver that refused the body; nothing when it is text
    /// already.
    pub fn plain(&self) -> Vec<Self> {
        match self.shape {
            Shape::Text => Vec::new(),
            Shape::Blocks | Shape::Attachments => cut(self.page.clone(), Shape::Text),
        }
    }
}
