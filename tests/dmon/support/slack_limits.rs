//! What Slack and the receivers of its bodies ask of one, written down from their documentation and
//! not from dmon's code. Lengths are UTF-16 units, the strictest reading of "characters".

use dmon::slack::Shape;
use serde_json::{Map, Value};

/// Panics unless `json` is a body that every receiver of its shape accepts, in which nothing is
/// markup that should not be. Only `mention` may call anybody.
pub(crate) fn assert_acceptable(json: &str, shape: Shape, mention: &str) {
    assert!(json.len() < 100_000, "{} bytes", json.len());
    let body: Value = serde_json::from_str(json).unwrap();
    let checker = Checker { shape, mention };
    let body = body.as_object().unwrap();
    has_only(body, &["text", "blocks", "attachments", "unfurl_links", "unfurl_media"]);
    assert_eq!(body["unfurl_links"], Value::Bool(false));
    assert_eq!(body["unfurl_media"], Value::Bool(false));
    checker.markup(&body["text"], if shape == Shape::Blocks { 4000 } else { 2000 });
    checker.guarded(&body["text"]);
    assert_eq!(body.contains_key("blocks"), shape == Shape::Blocks);
    assert!(!body.contains_key("attachments") || shape != Shape::Text);
    if let Some(blocks) = body.get("blocks") {
        checker.blocks(blocks, 50);
    }
    if let Some(attachments) = body.get("attachments") {
        checker.attachments(attachments);
    }
    // 13,172 were refused, and the limit is not documented.
    let all = units_of_strings(&body["text"])
        + body.get("blocks").map_or(0, units_of_strings)
        + body.get("attachments").map_or(0, units_of_strings);
    assert!(all <= 12_000, "{all} units in all");
}

struct Checker<'a> {
    shape: Shape,
    mention: &'a str,
}

impl Checker<'_> {
    fn blocks(&self, blocks: &Value, most: usize) {
        for block in list(blocks, 1, most) {
            let block = block.as_object().unwrap();
            match block["type"].as_str().unwrap() {
                "section" => self.section(block),
                "context" => {
                    has_only(block, &["type", "elements"]);
                    for element in list(&block["elements"], 1, 10) {
                        self.mrkdwn(element, 3000);
                    }
                }
                "rich_text" => {
                    has_only(block, &["type", "elements"]);
                    list(&block["elements"], 1, 10).iter().for_each(preformatted);
                }
                other => panic!("unexpected block {other}"),
            }
        }
    }

    fn section(&self, block: &Map<String, Value>) {
        has_only(block, &["type", "text", "fields", "expand"]);
        assert!(block.contains_key("text") || block.contains_key("fields"));
        if let Some(text) = block.get("text") {
            self.mrkdwn(text, 3000);
        }
        if let Some(fields) = block.get("fields") {
            for field in list(fields, 1, 10) {
                self.mrkdwn(field, 2000);
            }
        }
    }

    fn mrkdwn(&self, text: &Value, most: usize) {
        let text = text.as_object().unwrap();
        has_only(text, &["type", "text"]);
        assert_eq!(text["type"], "mrkdwn");
        self.markup(&text["text"], most);
    }

    fn attachments(&self, attachments: &Value) {
        // Slack advises 20 at most, Discord takes 10.
        let attachments = list(attachments, 1, 10);
        for attachment in attachments {
            let attachment = attachment.as_object().unwrap();
            let colour = attachment["color"].as_str().unwrap();
            assert!(colour.len() == 7 && colour.starts_with('#'), "{colour}");
            self.markup(&attachment["fallback"], 256);
            if self.shape == Shape::Blocks {
                // Slack refuses blocks beside the older fields, and more than 20 of them.
                has_only(attachment, &["color", "fallback", "blocks"]);
                self.blocks(&attachment["blocks"], 20);
            } else {
                self.legacy(attachment);
            }
        }
        if self.shape == Shape::Attachments {
            // Discord's, over all embeds.
            let all: usize = attachments.iter().map(units_of_strings).sum();
            assert!(all <= 6000, "{all} units in attachments");
        }
    }

    fn legacy(&self, attachment: &Map<String, Value>) {
        has_only(
            attachment,
            &["color", "fallback", "title", "text", "fields", "footer", "mrkdwn_in"],
        );
        for (key, most) in [("title", 256), ("text", 3000), ("footer", 300)] {
            if let Some(text) = attachment.get(key) {
                self.markup(text, most);
                self.guarded(text);
            }
        }
        for field in attachment.get("fields").map_or(&[][..], |fields| list(fields, 1, 10)) {
            has_only(field.as_object().unwrap(), &["title", "value", "short"]);
            assert!(field["short"].is_boolean());
            self.markup(&field["title"], 256);
            self.markup(&field["value"], 1024);
            self.guarded(&field["title"]);
            self.guarded(&field["value"]);
        }
    }

    /// Text in markup: neither empty nor too long, escaped, nothing hidden, no mention but the one
    /// that was set, and each code span closed and apart from the words beside it.
    fn markup(&self, text: &Value, most: usize) {
        let text = within(text, most);
        let text = text.strip_prefix(self.mention).unwrap_or(text);
        assert!(!text.contains(['<', '>']), "not escaped: {text}");
        for (at, _) in text.match_indices('&') {
            let entity = ["&amp;", "&lt;", "&gt;"].iter().any(|e| text[at..].starts_with(e));
            assert!(entity, "not escaped: {text}");
        }
        outside_code(text);
    }

    /// Receivers that look for names must find none.
    fn guarded(&self, text: &Value) {
        let text = text.as_str().unwrap();
        let text = text.strip_prefix(self.mention).unwrap_or(text);
        for (at, _) in text.match_indices('@') {
            assert!(text[at + 1..].starts_with('\u{200b}'), "a name may be found: {text}");
        }
    }
}

/// The text outside code spans and fences: all in it that a receiver may take for markup. Panics
/// where one is open, or a span stands so close to a word that it is none.
pub(crate) fn outside_code(text: &str) -> String {
    let parts: Vec<&str> = text.split("```").collect();
    assert!(parts.len() % 2 == 1, "a fence is open: {text}");
    for fenced in parts.iter().skip(1).step_by(2) {
        assert!(fenced.starts_with('\n') && fenced.ends_with('\n'), "no fence: {text}");
    }
    let words = parts.iter().step_by(2).copied().collect::<Vec<_>>().join("\n");
    words.lines().map(|line| outside_spans(line) + "\n").collect()
}

fn outside_spans(line: &str) -> String {
    let is_word = |c: char| c.is_alphanumeric() || c == '*' || c == '`';
    let parts: Vec<&str> = line.split('`').collect();
    assert!(parts.len() % 2 == 1, "a code span is open: {line}");
    let mut outside = String::new();
    for (at, part) in parts.iter().enumerate() {
        if at % 2 == 1 {
            assert!(!part.trim().is_empty(), "a code span of nothing: {line}");
            continue;
        }
        let touches = (at > 0 && part.starts_with(is_word))
            || (at + 1 < parts.len() && part.ends_with(is_word))
            || (at > 0 && at + 1 < parts.len() && part.is_empty());
        assert!(!touches, "a code span touches a word: {line}");
        outside.push_str(part);
    }
    outside
}

fn preformatted(element: &Value) {
    assert_eq!(element["type"], "rich_text_preformatted");
    for text in list(&element["elements"], 1, 10) {
        has_only(text.as_object().unwrap(), &["type", "text"]);
        assert_eq!(text["type"], "text");
        // No limit is documented for it; a text object's is kept to be careful.
        within(&text["text"], 3000);
    }
}

fn within(text: &Value, most: usize) -> &str {
    let text = text.as_str().unwrap();
    let units = text.encode_utf16().count();
    assert!(!text.trim().is_empty(), "an empty text is refused");
    assert!(units <= most, "{units} units where {most} are allowed: {text}");
    let is_bad = |c: char| (c.is_control() && c != '\n') || ('\u{202a}'..='\u{202e}').contains(&c);
    assert!(!text.contains(is_bad), "control characters: {text:?}");
    text
}

fn list(value: &Value, least: usize, most: usize) -> &[Value] {
    let list = value.as_array().unwrap();
    assert!((least..=most).contains(&list.len()), "{} items, not {least} to {most}", list.len());
    list
}

fn has_only(object: &Map<String, Value>, allowed: &[&str]) {
    for key in object.keys() {
        assert!(allowed.contains(&key.as_str()), "unexpected {key:?}");
    }
}

/// All strings in a value but those that name types and colours.
pub(crate) fn strings(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(items) => items.iter().flat_map(strings).collect(),
        Value::Object(object) => object
            .iter()
            .filter(|(key, _)| !["type", "color", "mrkdwn_in"].contains(&key.as_str()))
            .flat_map(|(_, value)| strings(value))
            .collect(),
        _ => Vec::new(),
    }
}

/// The strings in which a receiver looks for markup: all but those of preformatted rich text.
pub(crate) fn markup(value: &Value) -> Vec<&str> {
    match value {
        Value::Array(items) => items.iter().flat_map(markup).collect(),
        Value::Object(object) if object.get("type").is_some_and(|kind| kind == "rich_text") => {
            Vec::new()
        }
        Value::Object(object) => object.values().flat_map(markup).collect(),
        other => strings(other),
    }
}

fn units_of_strings(value: &Value) -> usize {
    strings(value).iter().map(|text| text.encode_utf16().count()).sum()
}
