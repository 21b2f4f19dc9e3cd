//! The words about the Engine itself.

use crate::message::{Message, Part, Span, Text, Tone, VERSION};

/// Nobody answers at the Engine's address. `cause` is the sentence that the Engine's client gave,
/// `time` is written in the zone of the settings.
pub fn unreachable(host: &str, cause: &str, time: &str) -> Message {
    Message {
        tone: Tone::Critical,
        mention: true,
        title: "🚨 Docker Engine Unreachable - CRITICAL".to_owned(),
        summary: Text(vec![
            Span::Words("No answer from the Docker Engine on ".to_owned()),
            Span::Data(host.to_owned()),
            Span::Words(": ".to_owned()),
            Span::Data(cause.to_owned()),
        ]),
        parts: vec![Part::Fields(vec![
            ("Host", Text::data(host)),
            ("Time", Text::data(time)),
            ("Cause", Text::data(cause)),
        ])],
        foot: vec![VERSION.to_owned()],
    }
}
