//! Not live for 30 s is reported, whatever answers meanwhile, and what is seen is reported all the
//! same. Neither an Engine nor a Slack in trouble stops the log and `dmon health`.

use std::time::Duration;

use dmon::clock;

use super::{
    AT_ONCE, DOWN, REACHABLE, RECOVERED, UNREACHABLE, UNREACHABLE_WITHIN, engine, expect_death,
    fail, page, start, watch, watch_without_events,
};
use crate::support::engine::{Container, Reply, ScriptedEngine};
use crate::support::slack;
use crate::support::watching::Told;

/// A list that failed is asked for again within five seconds.
const LISTED_AGAIN_WITHIN: Duration = Duration::from_secs(7);

#[test]
fn a_list_that_fails_for_half_a_minute_is_reported_and_deaths_are_at_once() {
    let engine = engine();
    let mut dmon = watch(&engine, &[]);
    engine.answer("/containers/json", Reply::refusal(500, "disk full"));
    let warning = dmon.logs("the Engine is not watched: ");
    assert!(warning.contains("WARNING") && warning.contains("disk full"), "{warning}");
    let begun = clock::monotonic();
    expect_death(&engine, &mut dmon, "web");
    dmon.expect_health(1, "disk full");
    dmon.within(UNREACHABLE_WITHIN).expect(UNREACHABLE, &[]).says("disk full");
    assert!(begun.elapsed() > Duration::from_secs(25), "{:?}", begun.elapsed());
    expect_death(&engine, &mut dmon, "db");
    dmon.expect_health(1, "disk full");
    engine.answer_as_usual("/containers/json");
    dmon.within(LISTED_AGAIN_WITHIN).expect(REACHABLE, &[]);
    dmon.expect_health(0, "the Engine is being watched");
    start(&engine, "web");
    dmon.within(AT_ONCE).expect(RECOVERED, &[("Container", "web")]);
    assert_eq!(engine.requests_of("/events"), 1, "the stream was never in trouble");
    let warnings = dmon.process().lines_with("WARNING");
    assert_eq!(warnings.len(), 1, "{warnings:#?}");
    dmon.end();
}

#[test]
fn a_stream_that_ends_each_half_second_is_reported_and_so_are_deaths() {
    let engine = engine();
    let mut dmon = watch(&engine, &[]);
    let (begun, inspections) = (clock::monotonic(), inspections(&engine));
    engine.answer("/events", Reply::EventsFor(Duration::from_millis(500)));
    engine.end_streams();
    let warning = dmon.within(Duration::from_secs(10)).logs("the Engine is not watched: ");
    assert!(warning.contains("WARNING") && warning.contains("event stream ended"), "{warning}");
    fail(&engine, "web", 3);
    // The death may be found by a stream that stays open for long enough, before that is reported.
    let mut told = vec![dmon.within(UNREACHABLE_WITHIN).next()];
    if told[0].title == DOWN {
        told.push(dmon.within(UNREACHABLE_WITHIN).next());
    }
    assert!(told.iter().any(|told| told.title == UNREACHABLE), "{told:#?}");
    dmon.expect_health(1, "the Engine is not watched: the event stream ended");
    let seconds = usize::try_from(begun.elapsed().as_secs()).unwrap();
    let streams = engine.requests_of("/events");
    assert!(streams <= seconds, "opened {streams} times in {seconds} s");
    let inspected = inspections_since(&engine, inspections);
    assert!(inspected <= 4 * seconds, "{inspected} inspections in {seconds} s");
    engine.answer_as_usual("/events");
    let says = |told: &[Told], part: &str| told.iter().any(|told| told.has(part));
    while !says(&told, "Docker Engine Reachable") || !says(&told, "with code 3") {
        told.push(dmon.within(Duration::from_secs(10)).next());
    }
    dmon.expect_health(0, "the Engine is being watched");
    let warnings = dmon.process().lines_with("WARNING");
    assert!(warnings.len() <= 3, "{warnings:#?}");
    start(&engine, "web");
    dmon.within(AT_ONCE).expect(RECOVERED, &[("Container", "web")]);
    dmon.end();
}

fn inspections(engine: &ScriptedEngine) -> usize {
    let is_inspection =
        |path: &&String| path.ends_with("/json") && !path.contains("containers/json");
    engine.requests().iter().filter(is_inspection).count()
}

fn inspections_since(engine: &ScriptedEngine, before: usize) -> usize {
    inspections(engine) - before
}

#[test]
fn a_line_of_five_megabytes_is_skipped_and_a_death_during_it_is_found() {
    let engine = engine();
    let mut dmon = watch(&engine, &[("REALTIME_CHECK_INTERVAL", "3600")]);
    engine.change("web", |web| web.ends(3));
    engine.tell_line(&"x".repeat(5 << 20));
    let warning = dmon.logs("a line of the event stream is skipped: ");
    assert!(warning.contains("WARNING") && warning.contains("longer than"), "{warning}");
    dmon.expect(DOWN, &[("Container", "web"), ("Cause", "exited with code 3")]);
    expect_death(&engine, &mut dmon, "db");
    assert_eq!(engine.requests_of("/events"), 1, "the stream goes on");
    dmon.expect_health(0, "the Engine is being watched");
    dmon.end();
}

#[test]
fn events_that_are_forbidden_for_a_while_are_used_once_they_are_allowed() {
    let engine = engine();
    let mut dmon = watch(&engine, &[]);
    engine.answer("/events", page("403 Forbidden", "Forbidden\n"));
    engine.end_streams();
    let warning = dmon.logs("no events: ");
    assert!(warning.contains("WARNING") && warning.contains("EVENTS"), "{warning}");
    engine.change("web", |web| web.ends(3));
    dmon.expect(DOWN, &[("Container", "web"), ("Cause", "exited with code 3")]);
    dmon.expect_health(0, "the Engine is being watched");
    engine.answer_as_usual("/events");
    engine.wait_for_listener();
    expect_death(&engine, &mut dmon, "db");
    assert_eq!(dmon.process().lines_with("WARNING").len(), 1, "it is told once");
    dmon.end();
}

#[test]
fn without_events_a_list_that_is_lost_is_asked_for_again() {
    let engine = ScriptedEngine::new(["web", "db", "cache"].map(Container::new));
    engine.answer("/events", page("403 Forbidden", "Forbidden\n"));
    let mut dmon = watch_without_events(&engine, &[]);
    let lists = engine.requests_of("/containers/json");
    engine.answer("/containers/json", Reply::Hang);
    engine.wait_for_requests("/containers/json", lists + 1);
    engine.answer_as_usual("/containers/json");
    engine.change("web", |web| web.ends(3));
    // The list is given up after ten seconds.
    dmon.within(Duration::from_secs(20)).expect(DOWN, &[("Container", "web")]);
    engine.change("db", |db| db.ends(4));
    dmon.expect(DOWN, &[("Container", "db")]);
    dmon.expect_health(0, "the Engine is being watched");
    dmon.end();
}

#[test]
fn a_message_that_is_never_answered_stops_neither_the_log_nor_health() {
    let engine = engine();
    let mut dmon = watch(&engine, &[("MANUAL_STOP_SEVERITY", "off")]);
    dmon.slack.answer(slack::Reply::Hang);
    fail(&engine, "web", 3);
    dmon.within(AT_ONCE).expect(DOWN, &[("Container", "web")]);
    // It is given up after 15 s and sent again. Until then and beyond, all else goes on.
    dmon.within(Duration::from_secs(25)).expect(DOWN, &[("Container", "web")]);
    dmon.expect_health(0, "the Engine is being watched");
    super::stop(&engine, "db");
    dmon.logs("not told of db");
    engine.answer("/containers/json", Reply::refusal(500, "disk full"));
    dmon.logs("the Engine is not watched: ");
    dmon.expect_health(1, "disk full");
    dmon.kill();
}
