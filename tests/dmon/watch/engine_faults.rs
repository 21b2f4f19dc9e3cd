//! The Engine is absent, comes late, hangs, breaks off, or tells no events.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use super::{
    DOWN, REACHABLE, RECOVERED, RESTARTED, UNREACHABLE, UNREACHABLE_WITHIN, engine, expect_death,
    fail, page, start, watch,
};
use crate::support::binary::Home;
use crate::support::engine::{Container, Reply, ScriptedEngine};
use crate::support::watching::Watching;

#[test]
fn an_engine_that_is_absent_at_the_start_is_waited_for_and_told() {
    let (engine, place) = (engine(), Home::new());
    let socket = place.path().join("engine.sock");
    let mut dmon = Watching::of_script(&format!("unix://{}", socket.display()), &[]);
    dmon.begin();
    dmon.logs("start the Engine (sudo systemctl start docker)");
    dmon.within(UNREACHABLE_WITHIN).expect(UNREACHABLE, &[]).says(socket.to_str().unwrap());
    come(&engine, &socket);
    // One message or two, by whether the first look is over when a message may leave.
    let told = dmon.next();
    if told.title == "👀 dmon Is Watching" {
        dmon.expect(REACHABLE, &[]);
    } else {
        assert_eq!(told.title, "ℹ️ 1 info, 1 recovered", "{told:#?}");
        told.says("dmon Is Watching").says("Docker Engine Reachable");
    }
    fail(&engine, "web", 3);
    dmon.expect(DOWN, &[("Container", "web")]);
    dmon.end();
}

#[test]
fn a_short_absence_is_not_told_but_what_it_hid_is() {
    let (engine, place) = (engine(), Home::new());
    let socket = place.path().join("engine.sock");
    come(&engine, &socket);
    let address = format!("unix://{}", socket.display());
    let mut dmon = Watching::of_script(&address, &[("RESTART_GRACE", "1")]).started();
    engine.wait_for_listener();
    fs::remove_file(&socket).unwrap();
    engine.cut_connections();
    dmon.logs("the Engine is not watched: there is no socket");
    engine.change("web", |web| web.ends(3));
    come(&engine, &socket);
    dmon.expect(DOWN, &[("Container", "web")]).says("noticed late: happened between ");
    dmon.end();
}

/// The Engine is found there from now on.
fn come(engine: &ScriptedEngine, socket: &Path) {
    symlink(engine.address().trim_start_matches("unix://"), socket).unwrap();
}

#[test]
fn a_stream_that_breaks_is_opened_again_from_where_it_broke() {
    let engine = engine();
    let mut dmon = watch(&engine, &[]);
    fail(&engine, "web", 3);
    dmon.expect(DOWN, &[("Container", "web"), ("Cause", "exited by itself with code 3")]);
    engine.end_streams();
    engine.wait_for_listener();
    let streams = engine.requests().into_iter().filter(|path| path.starts_with("/events"));
    let streams: Vec<String> = streams.collect();
    assert_eq!(streams.len(), 2, "{streams:?}");
    assert!(!streams[0].contains("since="), "{streams:?}");
    assert!(streams[1].contains("since="), "{streams:?}");
    start(&engine, "web");
    dmon.expect(RECOVERED, &[("Container", "web")]);
    dmon.end();
}

#[test]
fn what_is_told_after_a_break_is_as_good_as_told_at_once() {
    let engine = engine();
    let mut dmon = watch(&engine, &[("REALTIME_CHECK_INTERVAL", "3600")]);
    fail(&engine, "db", 4);
    dmon.expect(DOWN, &[("Container", "db")]);
    engine.end_streams();
    fail(&engine, "web", 3);
    dmon.expect(DOWN, &[("Container", "web"), ("Cause", "exited by itself with code 3")]);
    dmon.end();
}

#[test]
fn a_death_that_no_event_tells_is_found_by_looking() {
    let engine = engine();
    let mut dmon = watch(&engine, &[]);
    engine.change("web", |web| web.ends(3));
    dmon.expect(DOWN, &[("Container", "web"), ("Cause", "exited with code 3")]);
    dmon.end();
}

#[test]
fn a_death_while_the_stream_was_broken_is_found_by_looking() {
    let engine = engine();
    let mut dmon = watch(&engine, &[("REALTIME_CHECK_INTERVAL", "3600")]);
    engine.change("web", |web| web.ends(3));
    engine.end_streams();
    let told = dmon.expect(DOWN, &[("Container", "web"), ("Cause", "exited with code 3")]);
    told.says("noticed late: happened between ");
    dmon.end();
}

#[test]
fn an_engine_without_events_is_looked_at_instead() {
    let engine = engine();
    engine.answer("/events", Reply::refusal(403, "Forbidden"));
    let settings = [("REALTIME_CHECK_INTERVAL", "1"), ("RESTART_GRACE", "1")];
    let mut dmon = Watching::of_script(engine.address(), &settings).started();
    engine.change("web", |web| web.ends(3));
    dmon.expect(DOWN, &[("Container", "web"), ("Cause", "exited with code 3")]);
    engine.change("web", Container::runs);
    dmon.expect(RECOVERED, &[("Container", "web")]);
    dmon.end();
}

#[test]
fn an_engine_that_has_no_events_yet_is_asked_again() {
    let engine = engine();
    engine.answer_in_turn("/events", [Reply::refusal(503, "starting"), Reply::Events]);
    let mut dmon = watch(&engine, &[("REALTIME_CHECK_INTERVAL", "3600")]);
    fail(&engine, "web", 3);
    dmon.expect(DOWN, &[("Container", "web"), ("Cause", "exited by itself with code 3")]);
    dmon.end();
}

#[test]
fn looking_alone_tells_a_restart_by_a_policy_from_one_by_a_person() {
    let web = Container::new("web").restarts("always", 0);
    let engine = ScriptedEngine::new([web, Container::new("db"), Container::new("job")]);
    engine.answer("/events", Reply::refusal(403, "Forbidden"));
    let settings = [("REALTIME_CHECK_INTERVAL", "1"), ("RESTART_GRACE", "1")];
    let mut dmon = Watching::of_script(engine.address(), &settings).started();
    // The list tells of a run of some seconds at the earliest.
    engine.wait_for_requests("/containers/json", 5);
    engine.change("web", |web| web.restarts("always", 1).runs());
    let fields = [("Container", "web"), ("Type", "Automatic restart"), ("Restart Count", "1")];
    dmon.expect(RESTARTED, &fields);
    engine.change("db", Container::runs);
    dmon.expect(RESTARTED, &[("Container", "db"), ("Type", "Manual restart")]);
    dmon.end();
}

#[test]
fn a_list_that_fails_is_not_an_empty_one() {
    let engine = engine();
    let mut dmon = watch(&engine, &[]);
    let broken = Reply::refusal(500, "disk full");
    let garbled = Reply::bytes("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n[");
    let empty = Reply::last("");
    let looks = engine.requests_of("/containers/json");
    engine.answer_in_turn("/containers/json", [broken.clone(), garbled, empty, broken]);
    engine.wait_for_requests("/containers/json", looks + 5);
    engine.answer_as_usual("/containers/json");
    fail(&engine, "web", 3);
    dmon.expect(DOWN, &[("Container", "web")]);
    dmon.end();
}

#[test]
fn a_container_that_the_engine_cannot_read_hides_no_other() {
    let engine = engine();
    let broken = format!("/containers/{}/json", Container::new("db").id());
    engine.answer(&broken, Reply::refusal(500, "layer not known"));
    let mut dmon = watch(&engine, &[]);
    engine.wait_for_requests(&broken, 2);
    fail(&engine, "web", 3);
    dmon.expect(DOWN, &[("Container", "web"), ("Cause", "exited by itself with code 3")]);
    assert_eq!(engine.requests_of("/events"), 1, "nothing was lost");
    dmon.end();
}

#[test]
fn an_engine_that_hangs_keeps_dmon_from_nothing_but_looking() {
    let engine = engine();
    let mut dmon = watch(&engine, &[]);
    let looks = engine.requests_of("/containers/json");
    engine.answer("/containers/json", Reply::Hang);
    engine.wait_for_requests("/containers/json", looks + 2);
    // It ends although a request is under way.
    dmon.stop();
    engine.answer_as_usual("/containers/json");
    engine.change("web", |web| web.ends(3));
    dmon.begin();
    dmon.expect(DOWN, &[("Container", "web")]).says("noticed late");
    dmon.end();
}

#[test]
fn what_happens_before_the_first_look_is_no_news() {
    let engine = ScriptedEngine::new([Container::new("web"), Container::new("old").exited(7)]);
    let mut dmon = Watching::of_script(engine.address(), &[]);
    dmon.begin();
    let told = dmon.expect("👀 dmon Is Watching", &[("Containers", "1 running, 1 exited")]);
    told.says("old").says("exited");
    start(&engine, "old");
    dmon.expect(RECOVERED, &[("Container", "old")]);
    dmon.end();
}

#[test]
fn a_line_of_the_stream_that_cannot_be_used_is_made_up_for() {
    let engine = engine();
    let mut dmon = watch(&engine, &[("REALTIME_CHECK_INTERVAL", "3600")]);
    engine.change("web", |web| web.ends(3));
    engine.tell_line("<html>");
    dmon.logs("a line of the event stream is skipped");
    dmon.expect(DOWN, &[("Container", "web"), ("Cause", "exited with code 3")]);
    assert_eq!(engine.requests_of("/events"), 1, "the stream goes on");
    dmon.end();
}

#[test]
fn events_that_are_refused_once_are_used_when_they_can_be_had() {
    let engine = engine();
    engine
        .answer_in_turn("/events", [page("404 Not Found", "404 page not found\n"), Reply::Events]);
    let settings = [("REALTIME_CHECK_INTERVAL", "3600"), ("RESTART_GRACE", "1")];
    let mut dmon = Watching::of_script(engine.address(), &settings).started();
    engine.wait_for_listener();
    expect_death(&engine, &mut dmon, "web");
    dmon.end();
}
