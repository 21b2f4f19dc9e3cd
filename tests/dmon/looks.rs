//! What messages look like in every shape, kept in tests/fixtures/slack: `UPDATE_GOLDEN=1` rewrites
//! the files, and the difference is there to be read.

use dmon::message::Message;
use dmon::slack::{Mention, Shape, bodies};
use dmon::terminal::{self, Colour};
use serde_json::Value;

use crate::support::golden::assert_golden;
use crate::support::messages::{alert, digest, recovery, report};
use crate::support::reports::{bad_morning, good_morning};
use crate::support::slack_limits::assert_acceptable;

const MENTION: &str = "<!here>";

#[test]
fn reports_look_as_they_always_did() {
    check("report", &bad_morning());
    check("report-of-a-good-day", &good_morning());
    check("report-in-parts", &report(90));
}

#[test]
fn alerts_look_as_they_always_did() {
    check("alert", &alert());
    check("recovery", &recovery());
    check("digest", &digest());
}

fn check(name: &str, message: &Message) {
    for (shape, word) in
        [(Shape::Blocks, "blocks"), (Shape::Attachments, "attachments"), (Shape::Text, "text")]
    {
        let bodies = bodies(message, shape, Mention::parse(MENTION).as_ref());
        for body in &bodies {
            assert_acceptable(body.json(), shape, MENTION);
        }
        let bodies: String = bodies.iter().map(|body| pretty(body.json())).collect();
        assert_golden(&format!("slack/{name}.{word}.json"), &bodies);
    }
    for width in [80, 120] {
        let file = format!("slack/{name}.terminal-{width}.txt");
        assert_golden(&file, &terminal::text(message, width, Colour::Off));
    }
}

fn pretty(json: &str) -> String {
    let value: Value = serde_json::from_str(json).unwrap();
    serde_json::to_string_pretty(&value).unwrap() + "\n"
}
