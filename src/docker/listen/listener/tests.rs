use super::super::skipped::{MISSED_INTERVAL, ODD_LINES_INTERVAL};
use super::*;
use crate::docker::Obstacle;

const SOCKET: &str = "unix:///s.sock";
const PROXY: &str = "tcp://proxy:2375";
const NOON: Timestamp = Timestamp::from_seconds(43_200);

/// A listener on a clock of its own. What it gives is written as `Events`, `Lists`, `StreamEnded`,
/// `NoAnswer`, `event`, `EventsMissed`, `WARN`, `INFO`; what is logged at DEBUG is left out.
struct Driven {
    listener: Listener,
    now: Now,
    logged: Vec<String>,
}

impl Driven {
    fn new(endpoint: &str, since: Option<Timestamp>) -> Self {
        let now = Now { wall: NOON, monotonic: Duration::ZERO };
        let listener = Listener::new(&endpoint.parse().unwrap(), since, now);
        Self { listener, now, logged: Vec::new() }
    }

    /// One whose stream is open.
    fn following(endpoint: &str) -> Self {
        let mut driven = Self::new(endpoint, None);
        assert_eq!(driven.step(), Step::Open { since: None });
        assert_eq!(driven.opened(None), "");
        assert_eq!(driven.step(), Step::Info);
        assert_eq!(driven.informed(), "Events");
        assert_eq!(driven.step(), Step::Read);
        driven
    }

    fn pass(&mut self, span: Duration) {
        self.now.monotonic += span;
        self.now.wall = self.now.wall + span;
    }

    fn pass_seconds(&mut self, seconds: u64) {
        self.pass(Duration::from_secs(seconds));
    }

    fn step(&mut self) -> Step {
        self.listener.step(self.now)
    }

    /// Waits as long as it wants, and gives how long that was.
    fn wait(&mut self) -> Duration {
        let Step::Wait { until } = self.step() else { panic!("it does not wait") };
        let span = until.saturating_sub(self.now.monotonic);
        self.pass(span);
        span
    }

    fn opened(&mut self, error: Option<&Error>) -> String {
        let outputs = self.listener.opened(self.now, error);
        self.shown(outputs)
    }

    fn informed(&mut self) -> String {
        let outputs = self.listener.informed(self.now, Ok(engine()), None);
        self.shown(outputs)
    }

    fn heard(&mut self, heard: Heard<'_>) -> String {
        let outputs = self.listener.heard(self.now, heard);
        self.shown(outputs)
    }

    /// An event of so many seconds after noon.
    fn event(&mut self, seconds: i64) -> String {
        let time = NOON.nanoseconds() + seconds * 1_000_000_000;
        let line = format!(
            r#"{{"Type":"container","Action":"start","Actor":{{"ID":"a"}},"timeNano":{time}}}"#
        );
        self.heard(Heard::Line(line.as_bytes()))
    }

    fn shown(&mut self, outputs: Vec<Output>) -> String {
        let mut shown = Vec::new();
        for output in outputs {
            match output {
                Output::Log(Level::Debug, _) => {}
                Output::Log(level, text) => {
                    self.logged.push(text);
                    shown.push(level.to_string());
                }
                Output::Input(Input::Connected { news, .. }) => shown.push(format!("{news:?}")),
                Output::Input(Input::Lost(Loss::StreamEnded)) => shown.push("StreamEnded".into()),
                Output::Input(Input::Lost(Loss::NoAnswer(_))) => shown.push("NoAnswer".into()),
                Output::Input(Input::Event(_)) => shown.push("event".into()),
                Output::Input(input) => shown.push(format!("{input:?}")),
            }
        }
        shown.join(" ")
    }
}

fn refusal(status: u16) -> Error {
    Error::Refused { path: "/events".to_owned(), status, message: None }
}

fn unreachable(obstacle: Obstacle) -> Error {
    Error::Unreachable { endpoint: SOCKET.parse().unwrap(), obstacle }
}

fn engine() -> Engine {
    Engine {
        host_name: "vm".to_owned(),
        version: "28.5.2".to_owned(),
        memory_bytes: 0,
        processors: 1,
        is_podman: false,
        system_time: None,
    }
}

#[test]
fn the_stream_is_open_before_the_core_is_told() {
    let mut driven = Driven::new(SOCKET, Some(NOON));
    assert_eq!(driven.step(), Step::Open { since: Some(NOON) });
    assert_eq!(driven.opened(None), "");
    assert_eq!(driven.step(), Step::Info);
    let outputs = driven.listener.informed(driven.now, Ok(engine()), Some("b".to_owned()));
    let connected = Input::Connected {
        engine: Some(engine()),
        boot_id: Some("b".to_owned()),
        news: News::Events,
    };
    assert_eq!(outputs, [Output::Input(connected)]);
    assert_eq!(driven.step(), Step::Read);
    assert_eq!(driven.event(1), "event");
    assert_eq!(driven.heard(Heard::Silence), "");
    assert_eq!(driven.heard(Heard::Line(br#"{"Type":"image","Action":"pull"}"#)), "");
    assert_eq!(driven.heard(Heard::End), "StreamEnded");

    // A refused /info is no loss: what was known before stays.
    driven.wait();
    assert_eq!(driven.step(), Step::Open { since: Some(NOON + Duration::from_secs(1)) });
    driven.opened(None);
    let outputs = driven.listener.informed(driven.now, Err(refusal(403)), None);
    let Some(Output::Input(Input::Connected { engine: known, .. })) = outputs.last() else {
        panic!("{outputs:?}");
    };
    assert_eq!(*known, Some(engine()));
}

#[test]
fn a_stream_that_ends_at_once_is_opened_ever_more_seldom() {
    let mut driven = Driven::following(SOCKET);
    let mut opened = 1;
    while driven.now.monotonic < Duration::from_mins(10) {
        driven.listener.live(driven.now);
        driven.pass(Duration::from_millis(500));
        assert_eq!(driven.heard(Heard::End), "StreamEnded");
        driven.wait();
        assert!(matches!(driven.step(), Step::Open { .. }));
        driven.opened(None);
        driven.informed();
        opened += 1;
    }
    assert!((100..160).contains(&opened), "{opened} times in 600 s");
}

#[test]
fn the_backoff_ends_after_ten_seconds_of_being_live() {
    let check = |open: Duration, live: bool, is_reset: bool| {
        let mut driven = Driven::following(SOCKET);
        for _ in 0..8 {
            driven.heard(Heard::End);
            driven.wait();
            driven.step();
            driven.opened(None);
            driven.informed();
        }
        driven.pass(open);
        if live {
            driven.listener.live(driven.now);
        }
        driven.heard(Heard::End);
        let wait = driven.wait();
        assert_eq!(wait <= backoff::FIRST, is_reset, "{open:?} {live} {wait:?}");
    };
    check(STABLE_AFTER, true, true);
    check(STABLE_AFTER.saturating_sub(Duration::from_millis(1)), true, false);
    check(Duration::from_hours(1), false, false);
}

#[test]
fn where_events_are_refused_lists_do_and_events_are_tried_for() {
    for status in [401, 403, 404, 405, 501] {
        let mut driven = Driven::new(PROXY, None);
        driven.step();
        assert_eq!(driven.opened(Some(&refusal(status))), "WARN");
        assert_eq!(driven.step(), Step::Info);
        assert_eq!(driven.informed(), "Lists");
        let mut waits = Vec::new();
        for _ in 0..6 {
            waits.push(driven.wait().as_secs());
            assert_eq!(driven.step(), Step::Open { since: None });
            assert_eq!(driven.opened(Some(&refusal(status))), "", "nothing new");
        }
        assert_eq!(waits, [5, 10, 20, 40, 60, 60], "{status}");
        driven.wait();
        driven.step();
        assert_eq!(driven.opened(None), "");
        driven.step();
        assert_eq!(driven.informed(), "Events");
        assert_eq!(driven.step(), Step::Read);
        // Refused again, it is not warned about again.
        driven.heard(Heard::End);
        driven.wait();
        driven.step();
        assert_eq!(driven.opened(Some(&refusal(status))), "");
        assert_eq!(driven.informed(), "Lists");
    }
    let mut driven = Driven::new(PROXY, None);
    driven.opened(Some(&refusal(403)));
    let expected = "no events: a proxy forbids /events: let it allow CONTAINERS, EVENTS, INFO, PING \
                    and VERSION; until then, changes are found by listing alone";
    assert_eq!(driven.logged, [expected]);
}

#[test]
fn where_events_are_refused_lists_show_whether_the_engine_is_there() {
    let mut driven = Driven::new(SOCKET, Some(NOON));
    driven.step();
    driven.opened(Some(&refusal(404)));
    driven.informed();
    for _ in 0..8 {
        driven.wait();
        // What happened before lists were relied on is known.
        assert_eq!(driven.step(), Step::Open { since: None });
        assert_eq!(driven.opened(Some(&unreachable(Obstacle::Deaf))), "");
    }
    assert!(driven.wait() <= backoff::LAST, "an Engine that comes back is soon asked for events");
    driven.step();
    driven.opened(None);
    assert_eq!(driven.informed(), "Events");
}

#[test]
fn an_engine_that_cannot_be_reached_is_warned_about_once_a_reason() {
    let mut driven = Driven::new(SOCKET, None);
    let fails = |driven: &mut Driven, error: Error| {
        driven.step();
        let shown = driven.opened(Some(&error));
        driven.wait();
        shown
    };
    let denied = || unreachable(Obstacle::Denied(crate::docker::Remedy::Root));
    assert_eq!(fails(&mut driven, unreachable(Obstacle::Missing)), "WARN NoAnswer");
    assert_eq!(fails(&mut driven, unreachable(Obstacle::Missing)), "NoAnswer");
    assert_eq!(fails(&mut driven, denied()), "WARN NoAnswer");
    assert_eq!(fails(&mut driven, unreachable(Obstacle::Missing)), "NoAnswer");
    assert_eq!(fails(&mut driven, denied()), "NoAnswer");
    assert!(driven.logged[0].contains("start the Engine"), "{:?}", driven.logged);
    for number in 0..20 {
        fails(&mut driven, unreachable(Obstacle::TimedOut(Duration::from_secs(number))));
        let broken = fails(&mut driven, unreachable(Obstacle::Broken(number.to_string())));
        assert_eq!(broken, "NoAnswer", "what has no way out is for the core to report");
    }
    assert_eq!(driven.logged.len(), REASONS_MAX);
    driven.step();
    driven.opened(None);
    assert_eq!(driven.informed(), "INFO Events");
    assert_eq!(driven.logged.last().unwrap(), "the Engine answers at unix:///s.sock (28.5.2)");

    // Later, the core reports what is lost; the way out is logged when it stays lost.
    assert_eq!(driven.heard(Heard::End), "StreamEnded");
    let lost = driven.now.monotonic;
    driven.wait();
    while driven.now.monotonic < lost + PATIENCE {
        assert_eq!(fails(&mut driven, unreachable(Obstacle::Deaf)), "NoAnswer");
    }
    assert_eq!(fails(&mut driven, unreachable(Obstacle::Deaf)), "WARN NoAnswer");
    assert_eq!(fails(&mut driven, unreachable(Obstacle::Deaf)), "NoAnswer");
    driven.step();
    driven.opened(None);
    assert_eq!(driven.informed(), "Events");
}

#[test]
fn a_fault_of_the_stream_request_is_a_loss() {
    for error in [
        refusal(500),
        refusal(502),
        Error::Alien { endpoint: SOCKET.parse().unwrap(), reason: "x".to_owned() },
        unreachable(Obstacle::TimedOut(Duration::from_secs(10))),
    ] {
        let mut driven = Driven::following(SOCKET);
        driven.heard(Heard::End);
        driven.wait();
        driven.step();
        let outputs = driven.listener.opened(driven.now, Some(&error));
        let lost = Output::Input(Input::Lost(Loss::NoAnswer(error.reason())));
        assert_eq!(outputs.last(), Some(&lost));
    }
}

#[test]
fn a_line_that_cannot_be_used_is_skipped_and_made_up_for() {
    for line in [Heard::TooLong, Heard::Line(b"{"), Heard::Line(b"<html>"), Heard::Line(b"{}")] {
        let text = format!("{line:?}");
        let mut driven = Driven::following(SOCKET);
        assert_eq!(driven.heard(line), "WARN EventsMissed", "{text}");
        assert_eq!(driven.step(), Step::Read, "the stream goes on");
        assert_eq!(driven.event(0), "event");
    }
    let mut driven = Driven::following(SOCKET);
    driven.heard(Heard::TooLong);
    let expected =
        "a line of the event stream is skipped: it is longer than 4 MiB; listing instead";
    assert_eq!(driven.logged, [expected]);
}

#[test]
fn many_lines_that_cannot_be_used_make_few_words() {
    let mut driven = Driven::following(SOCKET);
    assert_eq!(driven.heard(Heard::TooLong), "WARN EventsMissed");
    assert_eq!(driven.heard(Heard::TooLong), "");
    assert_eq!(driven.heard(Heard::Silence), "");
    driven.pass(MISSED_INTERVAL);
    assert_eq!(driven.heard(Heard::Silence), "EventsMissed");
    assert_eq!(driven.heard(Heard::Silence), "");
    driven.pass(ODD_LINES_INTERVAL.saturating_sub(MISSED_INTERVAL));
    assert_eq!(driven.heard(Heard::Line(b"{")), "WARN EventsMissed");
    assert!(driven.logged[1].contains("; so were 1 before it;"), "{:?}", driven.logged);
}

#[test]
fn the_newest_event_is_asked_from_unless_the_clock_went_back() {
    let check = |events: &[i64], expected: i64| {
        let mut driven = Driven::following(PROXY);
        for seconds in events {
            assert_eq!(driven.event(*seconds), "event", "the core sees the clock itself");
        }
        driven.heard(Heard::End);
        driven.wait();
        let since = Some(Timestamp::from_seconds(NOON.seconds() + expected));
        assert_eq!(driven.step(), Step::Open { since }, "{events:?}");
    };
    check(&[1], 1);
    check(&[1, 2], 2);
    check(&[3, 1], 3);
    check(&[4, 1], 1);
    check(&[1, -7200], -7200);
    check(&[1, -7200, -7100], -7100);
    check(&[7200, 1, 2], 2);
    // A time that is not there says nothing of the clock.
    check(&[5, -43_200], 5);
}

#[test]
fn a_shared_clock_that_went_back_is_asked_by() {
    let mut driven = Driven::following(SOCKET);
    driven.event(10);
    driven.pass_seconds(20);
    driven.heard(Heard::End);
    driven.now.wall = driven.now.wall - Duration::from_hours(2);
    let waited = driven.wait();
    let expected = driven.now.wall - waited - OUT_OF_ORDER_MAX;
    assert_eq!(driven.step(), Step::Open { since: Some(expected) });

    // Another host's clock may be ahead.
    let mut driven = Driven::following(PROXY);
    driven.event(7200);
    driven.heard(Heard::End);
    driven.wait();
    assert_eq!(driven.step(), Step::Open { since: Some(NOON + Duration::from_hours(2)) });
}

#[test]
fn a_stream_without_an_event_is_asked_again_from_its_beginning() {
    let check = |endpoint: &str, since: Option<Timestamp>| {
        let mut driven = Driven::following(endpoint);
        driven.pass_seconds(60);
        driven.heard(Heard::End);
        driven.wait();
        assert_eq!(driven.step(), Step::Open { since }, "{endpoint}");
    };
    check(SOCKET, Some(NOON));
    check(PROXY, None);
}

#[test]
fn a_stream_is_opened_anew_when_that_is_wanted() {
    let reopen = |driven: &mut Driven| {
        let outputs = driven.listener.reopen(driven.now);
        driven.shown(outputs)
    };
    let mut driven = Driven::following(SOCKET);
    driven.pass_seconds(60);
    assert_eq!(reopen(&mut driven), "StreamEnded");
    assert_eq!(reopen(&mut driven), "", "it is closed already");
    assert!(driven.wait() <= backoff::FIRST);
    assert!(matches!(driven.step(), Step::Open { .. }));
    assert_eq!(reopen(&mut driven), "");
    driven.opened(None);
    assert_eq!(reopen(&mut driven), "", "it is new");
    assert_eq!(driven.step(), Step::Info);
}
