//! The listener against a scripted Engine on real sockets.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;
use std::time::Duration;

use dmon::clock;
use dmon::docker::STREAM_LINE_BYTES_MAX;
use dmon::docker::listen::{Control, listen};
use dmon::monitor::input::{Input, Loss, News};

use crate::support::engine::{Container, Reply, ScriptedEngine};
use crate::support::process::PATIENCE;

/// A listener, and what it hands to the core.
struct Listening {
    control: Arc<Control>,
    inputs: Receiver<Input>,
}

impl Listening {
    fn new(engine: &ScriptedEngine) -> Self {
        let (inbox, inputs) = sync_channel(1024);
        let control = Arc::new(Control::default());
        let (heeded, endpoint) = (Arc::clone(&control), engine.address().parse().unwrap());
        thread::spawn(move || listen(&endpoint, None, &inbox, &heeded));
        Self { control, inputs }
    }

    /// One whose stream is open.
    fn connected(engine: &ScriptedEngine) -> Self {
        let listening = Self::new(engine);
        listening.connects(News::Events);
        engine.wait_for_listener();
        listening
    }

    fn next(&self) -> Input {
        self.inputs.recv_timeout(PATIENCE).unwrap()
    }

    fn connects(&self, expected: News) {
        match self.next() {
            Input::Connected { news, .. } => assert_eq!(news, expected),
            other => panic!("{other:?}"),
        }
    }

    fn expect_event_of(&self, name: &str) {
        match self.next() {
            Input::Event(event) => assert_eq!(event.name, name),
            other => panic!("{other:?}"),
        }
    }
}

fn engine() -> ScriptedEngine {
    ScriptedEngine::new([Container::new("web")])
}

#[test]
fn a_stream_that_ends_at_once_is_not_opened_in_a_loop() {
    let engine = engine();
    let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    engine.answer("/events", Reply::last(&format!("{head}0\r\n\r\n")));
    let begun = clock::monotonic();
    let listening = Listening::new(&engine);
    listening.control.set_live(true);
    for _ in 0..6 {
        listening.connects(News::Events);
        assert_eq!(listening.next(), Input::Lost(Loss::StreamEnded));
    }
    // Waits of 100, 200, 400, 800 and 1600 ms, less a quarter at the most.
    let took = begun.elapsed();
    assert!(took >= Duration::from_millis(3100 * 3 / 4), "{took:?}");
    assert!(engine.requests_of("/events") <= 7, "{:?}", engine.requests());
}

#[test]
fn a_line_that_cannot_be_used_does_not_end_the_stream() {
    for line in ["x".repeat(STREAM_LINE_BYTES_MAX + 1), "<html>".to_owned()] {
        let engine = engine();
        let listening = Listening::connected(&engine);
        engine.tell_line(&line);
        engine.tell("web", "start", &[]);
        assert_eq!(listening.next(), Input::EventsMissed);
        listening.expect_event_of("web");
        assert_eq!(engine.requests_of("/events"), 1);
    }
}

#[test]
fn an_event_with_a_large_label_is_read() {
    let web = Container::new("web").label("large", &"x".repeat(1_200_000));
    let engine = ScriptedEngine::new([web]);
    let listening = Listening::connected(&engine);
    engine.tell("web", "start", &[]);
    listening.expect_event_of("web");
}

#[test]
fn events_that_are_refused_once_are_tried_for_again() {
    let engine = engine();
    let refusal = Reply::last("HTTP/1.0 404 Not Found\r\n\r\n404 page not found");
    engine.answer_in_turn("/events", [refusal, Reply::Events]);
    let listening = Listening::new(&engine);
    listening.connects(News::Lists);
    listening.connects(News::Events);
    engine.tell("web", "start", &[]);
    listening.expect_event_of("web");
    assert_eq!(engine.requests_of("/_ping"), 0, "the core pings");
}

#[test]
fn an_info_that_is_not_answered_is_no_loss() {
    for reply in [Reply::Hang, Reply::refusal(403, "Forbidden"), Reply::json("[]")] {
        let engine = engine();
        engine.answer("/info", reply);
        let listening = Listening::new(&engine);
        let begun = clock::monotonic();
        match listening.next() {
            Input::Connected { engine: None, news: News::Events, .. } => {}
            other => panic!("{other:?}"),
        }
        assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
        engine.wait_for_listener();
        engine.tell("web", "start", &[]);
        listening.expect_event_of("web");
    }
}

#[test]
fn a_stream_is_opened_anew_when_the_core_wants_it() {
    let engine = engine();
    let listening = Listening::connected(&engine);
    engine.tell("web", "start", &[]);
    listening.expect_event_of("web");
    listening.control.reopen_stream();
    assert_eq!(listening.next(), Input::Lost(Loss::StreamEnded));
    listening.connects(News::Events);
    listening.expect_event_of("web");
    let requests = engine.requests();
    let streams: Vec<_> = requests.iter().filter(|path| path.starts_with("/events")).collect();
    assert!(streams.len() == 2 && streams[1].contains("since="), "{streams:?}");
}
