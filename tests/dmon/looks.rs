//! What messages look like in every shape, kept in tests/fixtures/slack: `UPDATE_GOLDEN=1` rewrites
//! the files, and the difference is there to be read.

use dmon::message::Message;
use dmon::monitor::alert::Kind;
use dmon::monitor::effect::Overflow;
use dmon::slack::{Mention, Shape, bodies};
use dmon::terminal::{self, Colour};
use serde_json::Value;

use crate::support::alerts::{every_kind, out_of_memory, storm, told};
use crate::support::golden::assert_golden;
use crate::support::messages::report;
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
    check("alert", &told(vec![out_of_memory()], vec![]));
    let crowd = Overflow {
        title: "Container Added".to_owned(),
        image: "shop/worker:7".to_owned(),
        count: 212,
    };
    check("digest", &told(storm(), vec![crowd]));
}

#[test]
fn every_kind_of_alert_has_its_words() {
    let each = every_kind()
        .into_iter()
        .map(|alert| terminal::text(&told(vec![alert], vec![]), 80, Colour::Off) + "\n");
    assert_golden("alerts.txt", &each.collect::<String>());
}

#[test]
fn what_a_time_without_the_engine_changed_is_said_once() {
    let check = |chosen: fn(&Kind) -> bool, expected: usize| {
        let alerts = every_kind().into_iter().filter(|alert| chosen(&alert.kind)).collect();
        let text = terminal::text(&told(alerts, vec![]), 80, Colour::Off);
        assert_eq!(text.matches("What changed\n\ndb\n").count(), expected, "{text}");
    };
    check(|kind| matches!(kind, Kind::EngineReachable { .. } | Kind::Added { .. }), 1);
    // It names them itself.
    check(|kind| matches!(kind, Kind::EngineReachable { .. } | Kind::EngineRestarted { .. }), 0);
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
