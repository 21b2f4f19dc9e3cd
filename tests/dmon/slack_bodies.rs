//! The bodies of webhooks keep every limit of their receivers, and nothing that a container says is
//! more than text in them.

use std::panic::catch_unwind;

use dmon::message::{Message, Part, Span, Text};
use dmon::slack::{Body, Mention, Shape, bodies};
use serde_json::Value;

use crate::support::messages::{alert, hostile_alert, hostile_names, report, report_of, row};
use crate::support::random::Random;
use crate::support::slack_limits::{assert_acceptable, markup, outside_code, strings};

const SHAPES: [Shape; 3] = [Shape::Blocks, Shape::Attachments, Shape::Text];
const MENTION: &str = "<!here>";

#[test]
fn a_report_of_any_size_is_acceptable_and_whole() {
    for rows in [0, 1, 2, 12, 29, 30, 31, 50, 100, 137, 250, 499, 500] {
        let names: Vec<String> = (0..rows).map(|at| format!("container-{at:03}")).collect();
        let message = report_of(names.iter().enumerate().map(|(at, name)| row(at, name)).collect());
        for shape in SHAPES {
            let told: Vec<String> = acceptable(&message, shape)
                .into_iter()
                .filter(|word| names.contains(word))
                .collect();
            let times = told.len() / names.len().max(1);
            assert_eq!(told, vec![names.clone(); times].concat(), "{rows} rows as {shape:?}");
            assert!(times > 0 || rows == 0, "{rows} rows as {shape:?}");
        }
    }
}

#[test]
fn a_table_cut_in_two_has_its_head_on_each_page() {
    for shape in SHAPES {
        let bodies = made(&report(300), shape);
        assert!(bodies.len() > 2, "{shape:?}");
        for (at, body) in bodies.iter().enumerate() {
            let count = format!("📋 Docker Status Report ({}/{})", at + 1, bodies.len());
            assert!(body.json().contains(&count), "{}", body.json());
            assert!(body.json().contains("NAME "), "{}", body.json());
            assert_eq!(body.json().contains("containers to look at"), at == 0, "{}", body.json());
        }
    }
}

#[test]
fn a_long_row_of_names_is_whole() {
    let names: Vec<String> = (0..200).map(|at| format!("project-container-{at:03}")).collect();
    let mut message = alert();
    message.parts = vec![Part::Row(names.iter().map(Text::data).collect())];
    for shape in SHAPES {
        let told = acceptable(&message, shape);
        for name in &names {
            assert!(told.iter().any(|word| word.contains(name)), "{name} as {shape:?}");
        }
    }
}

#[test]
fn many_small_parts_keep_the_number_of_blocks() {
    let mut message = alert();
    message.parts = (0..200).map(|_| Part::Fields(vec![("Name", Text::words("x"))])).collect();
    for shape in SHAPES {
        let told = acceptable(&message, shape).iter().filter(|word| word.ends_with('x')).count();
        assert_eq!(told, 200, "{shape:?}");
    }
}

#[test]
fn no_name_is_more_than_text() {
    for name in hostile_names() {
        for shape in SHAPES {
            acceptable(&hostile_alert(&name), shape);
            acceptable(&report_of((0..60).map(|at| row(at, &name)).collect()), shape);
        }
    }
}

#[test]
fn whatever_is_said_is_acceptable() {
    for seed in 0..40 {
        let message = random_message(&mut Random::new(seed));
        for shape in SHAPES {
            let checked = catch_unwind(|| acceptable(&message, shape));
            assert!(checked.is_ok(), "with seed {seed}, as {shape:?}");
        }
    }
}

#[test]
fn only_the_first_body_calls_and_only_where_it_is_asked_for() {
    for shape in SHAPES {
        let mut message = report(300);
        let calls = |message: &Message| -> Vec<bool> {
            made(message, shape).iter().map(|body| body.json().contains(MENTION)).collect()
        };
        assert!(calls(&message).iter().all(|calls| !calls));
        message.mention = true;
        let calls = calls(&message);
        assert!(calls[0] && calls[1..].iter().all(|calls| !calls), "{calls:?}");
        assert!(!bodies(&message, shape, None)[0].json().contains(MENTION));
    }
}

#[test]
fn what_is_refused_can_be_said_plainly() {
    for shape in SHAPES {
        for body in made(&report(60), shape) {
            let plain = body.plain();
            assert_eq!(plain.is_empty(), shape == Shape::Text);
            assert!(plain.iter().all(|body| body.plain().is_empty()));
        }
    }
    let plain = made(&alert(), Shape::Blocks)[0].plain();
    assert_eq!(plain.len(), 1);
    assert!(plain[0].json().contains("*Container Status Alert") || plain[0].json().contains("🚨"));
}

fn made(message: &Message, shape: Shape) -> Vec<Body> {
    bodies(message, shape, Mention::parse(MENTION).as_ref())
}

/// Checks all bodies of a message, and the plain ones that stand in for them. Returns the words of
/// all of them in order.
fn acceptable(message: &Message, shape: Shape) -> Vec<String> {
    let bodies = made(message, shape);
    let mut words = Vec::new();
    for body in &bodies {
        assert_acceptable(body.json(), shape, MENTION);
        for plain in body.plain() {
            assert_acceptable(plain.json(), Shape::Text, MENTION);
        }
        let body: Value = serde_json::from_str(body.json()).unwrap();
        for text in strings(&body) {
            words.extend(text.split_whitespace().map(str::to_owned));
        }
        for text in markup(&body) {
            assert!(!outside_code(text).contains("evil"), "out of its code: {text}");
        }
    }
    words
}

fn random_message(random: &mut Random) -> Message {
    let mut message = report_of(random.list(40, |random| {
        let name = random.text(300);
        random.list(12, |random| random.text(40)).into_iter().chain([name]).collect()
    }));
    message.mention = random.below(2) == 0;
    message.summary = random_text(random);
    message.foot = random.list(3, |random| random.text(200));
    let table = message.parts.pop().unwrap();
    message.parts = random.list(12, |random| match random.below(7) {
        0 => Part::Heading(random.text(200)),
        1 => Part::Paragraph(random_text(random)),
        2 => Part::Fields(random.list(25, |random| ("Name", random_text(random)))),
        3 => Part::List(random.list(60, random_text)),
        4 => Part::Row(random.list(60, random_text)),
        5 => Part::Literal(random.list(30, |random| random.text(300)).join("\n")),
        _ => table.clone(),
    });
    message
}

fn random_text(random: &mut Random) -> Text {
    Text(random.list(6, |random| match random.below(2) {
        0 => Span::Words(" some words, ".repeat(random.below(40))),
        _ => Span::Data(random.text(700)),
    }))
}
