//! What the simulated Engine writes, dmon's own codec and readers read as it was meant.

use std::time::Duration;

use dmon::docker::Response;
use dmon::docker::http::{Error, Target};
use dmon::docker::wire;
use dmon::monitor::container::{Health, Labels, RestartPolicy, Status};
use dmon::monitor::event::Action;

use super::*;
use crate::simulation::host::EPOCH;
use crate::simulation::plan::plan;
use crate::simulation::reading::read;
use crate::simulation::truth::{By, Why};

/// An Engine with one container that ran for a minute, and its id.
fn engine() -> (Engine, ContainerId) {
    let mut engine = Engine::new();
    let labels: Labels = [("team".to_owned(), "shop \"1\"".to_owned())].into();
    let policy = RestartPolicy::OnFailure { maximum_retries: 3 };
    let id = engine.make(&plan("web".to_owned(), policy, true, labels), EPOCH);
    engine.start(&id, By::Person, EPOCH + Duration::from_secs(1));
    engine.feel(&id, 1, Health::Healthy, EPOCH + Duration::from_secs(2));
    (engine, id)
}

fn asked(engine: &Engine, target: &str, flaw: Option<Flaw>) -> Reply {
    let request = Request::of_target(target);
    answer(engine, &request, flaw.map(|flaw| (flaw, None)), EPOCH + Duration::from_secs(61))
}

fn answered(engine: &Engine, target: &str, flaw: Option<Flaw>) -> Result<Response, Error> {
    match asked(engine, target, flaw) {
        Reply::Bytes(bytes) => read(&bytes),
        other => panic!("{other:?}"),
    }
}

fn body(engine: &Engine, target: &str) -> Vec<u8> {
    let answered = answered(engine, target, None).unwrap();
    assert_eq!(answered.status, 200);
    answered.body
}

#[test]
fn what_the_simulated_engine_says_of_a_container_is_read_as_it_is() {
    let (mut engine, id) = engine();
    let path = format!("/containers/{}/json", id.as_str());
    let inspected = wire::inspect(&body(&engine, &path)).unwrap();
    assert_eq!(inspected, engine.vessels[&id].shown);

    let listed = wire::list(&body(&engine, "/containers/json?all=1")).unwrap().containers.remove(0);
    let shown = &engine.vessels[&id].shown;
    assert_eq!((&listed.id, &listed.name, &listed.image), (&id, &shown.name, &shown.image));
    assert_eq!((listed.status, listed.health), (Status::Running, Some(Health::Healthy)));
    assert_eq!(listed.up_at_most, Some(Duration::from_mins(2)));

    engine.die(&id, 137, Why::ByItself, EPOCH + Duration::from_mins(1));
    let listed = wire::list(&body(&engine, "/containers/json?all=1")).unwrap().containers.remove(0);
    assert_eq!((listed.status, listed.exit_code), (Status::Restarting, Some(137)));
    let inspected = wire::inspect(&body(&engine, &path)).unwrap();
    assert_eq!(inspected, engine.vessels[&id].shown);
}

#[test]
fn what_the_simulated_engine_says_of_itself_is_read() {
    let (engine, _) = engine();
    assert_eq!(body(&engine, "/_ping"), b"OK");
    assert_eq!(wire::version(&body(&engine, "/version")).unwrap().api, "1.51");
    assert_eq!(wire::info(&body(&engine, "/info")).unwrap().host_name, "host");
}

#[test]
fn events_come_in_chunks_and_again_from_a_time_on() {
    let (mut engine, id) = engine();
    let told = std::mem::take(&mut engine.told);
    let mut bytes = stream_head();
    for event in &told {
        bytes.extend(event_chunk(event));
    }
    bytes.extend_from_slice(b"0\r\n\r\n");
    let answered = read(&bytes).unwrap();
    let lines = answered.body.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let heard: Vec<Event> = lines.map(|line| wire::event(line).unwrap().unwrap()).collect();
    assert_eq!(heard, told);

    let wanted = r#"{"type":["container"],"event":["start","die"]}"#;
    let target = Target::new("/events").query("since", "1800000001.000000000");
    let request = Request::of_target(target.query("filters", wanted).as_str());
    let Request::Events { since: Some(since), filter } = request else { panic!("{request:?}") };
    let actions = |engine: &Engine| {
        let again = engine.told_since(since, &filter);
        again.into_iter().map(|event| event.action).collect::<Vec<_>>()
    };
    assert_eq!(actions(&engine), [Action::Start]);
    // What its clock calls older hides what came before it.
    engine.clock_is_ahead = -7_200_000_000_000;
    engine.die(&id, 0, Why::ByItself, EPOCH + Duration::from_secs(3));
    assert_eq!(actions(&engine), []);
}

#[test]
fn the_last_lines_of_a_log_come_in_frames() {
    let (mut engine, id) = engine();
    engine.vessels.get_mut(&id).unwrap().log = vec!["one".to_owned(), "two".to_owned()];
    let path = format!("/containers/{}/logs?stdout=1&stderr=1&tail=1", id.as_str());
    assert_eq!(body(&engine, &path), b"\x02\0\0\0\0\0\0\x04two\n");
}

#[test]
fn a_container_that_is_gone_is_told_in_the_engines_words() {
    let (engine, _) = engine();
    let answered = answered(&engine, "/containers/f00/json", None).unwrap();
    assert_eq!(answered.status, 404);
    assert_eq!(wire::message(&answered.body).as_deref(), Some("No such container: f00"));
}

#[test]
fn each_flaw_is_read_as_what_it_is() {
    let (engine, id) = engine();
    let path = format!("/containers/{}/json", id.as_str());
    let read = |flaw| answered(&engine, &path, Some(flaw));
    let status = |flaw| read(flaw).unwrap().status;
    assert_eq!(status(Flaw::ServerError), 500);
    assert_eq!(status(Flaw::BadGateway), 502);
    assert_eq!(status(Flaw::Forbidden), 403);
    let not_found = read(Flaw::NotFound).unwrap();
    assert_eq!((not_found.status, wire::message(&not_found.body)), (404, None));
    for flaw in [Flaw::NotJson, Flaw::NoState, Flaw::OddState] {
        let answered = read(flaw).unwrap();
        assert_eq!(answered.status, 200, "{flaw:?}");
        assert!(wire::inspect(&answered.body).is_err(), "{flaw:?}");
    }
    assert_eq!(read(Flaw::CutOff), Err(Error::Truncated));
    assert_eq!(read(Flaw::Closed), Err(Error::Truncated));
    assert_eq!(read(Flaw::TooLarge), Err(Error::TooLong("a body")));
    assert!(matches!(asked(&engine, &path, Some(Flaw::Hangs)), Reply::Nothing));

    let list = "/containers/json?all=1";
    let missing = answered(&engine, list, Some(Flaw::Missing)).unwrap();
    assert_eq!(missing.body, b"[]");
    for flaw in FLAWS {
        let reply = asked(&engine, "/events", Some(flaw));
        let opens = matches!(reply, Reply::Stream(_, Some(of)) if of == flaw);
        let refused = !matches!(reply, Reply::Stream(..));
        assert!(opens != refused, "{flaw:?}");
    }
}
