//! The Engine's client against a scripted Engine on real sockets: what it makes of good answers,
//! and of every kind of bad one.

use std::os::unix::net::UnixListener;
use std::path::Path;
use std::time::Duration;

use dmon::docker::logs::demultiplex;
use dmon::docker::{AT_ONCE_MAX, BODY_BYTES_MAX, Client, Error, Heard, Obstacle};
use dmon::docker::{STREAM_LINE_BYTES_MAX, wire};
use dmon::monitor::container::{ContainerId, Health, Status};
use dmon::monitor::event::Action;

use crate::support::binary::Home;
use crate::support::engine::{Container, Reply, ScriptedEngine};
use crate::support::process::PATIENCE;

/// Short enough to be waited for.
const SOON: Duration = Duration::from_millis(300);

fn client(engine: &ScriptedEngine) -> Client {
    Client::with_timeout(engine.address().parse().unwrap(), PATIENCE)
}

/// A client that does not wait long.
fn hasty(engine: &ScriptedEngine) -> Client {
    Client::with_timeout(engine.address().parse().unwrap(), SOON)
}

fn id(container: &Container) -> ContainerId {
    ContainerId::new(container.id())
}

/// What a list comes to when that is what the Engine answers.
fn listing(reply: Reply) -> Result<usize, Error> {
    let engine = ScriptedEngine::new([]);
    engine.answer("/containers/json", reply);
    client(&engine).list().map(|listed| listed.len())
}

/// Checks the end of the sentence in which it fails.
fn check_failure(reply: Reply, expected: &str) {
    let error = listing(reply).unwrap_err();
    let text = error.to_string();
    assert!(text.contains(expected), "{text}");
}

fn obstacle(error: Error) -> Obstacle {
    match error {
        Error::Unreachable { obstacle, .. } => obstacle,
        other => panic!("{other} is no obstacle"),
    }
}

#[test]
fn everything_is_asked_and_understood_over_both_kinds_of_socket() {
    let web = Container::new("web").image("nginx").health("unhealthy").wrote("hello");
    let db = Container::new("db").exited(137).label("a", "b").restarts("always", 3);
    for engine in [
        ScriptedEngine::new([web.clone(), db.clone()]),
        ScriptedEngine::on_tcp([web.clone(), db.clone()]),
    ] {
        let mut client = client(&engine);
        client.ping().unwrap();
        assert_eq!(client.version().unwrap().api, "1.51");
        assert_eq!(client.info().unwrap().host_name, "vm");
        let listed = client.list().unwrap();
        assert_eq!(
            (listed[0].status, listed[0].health),
            (Status::Running, Some(Health::Unhealthy))
        );
        assert_eq!((listed[1].exit_code, &listed[1].labels["a"][..]), (Some(137), "b"));
        let inspected = client.inspect(&listed[1].id).unwrap();
        assert_eq!((inspected.name.as_str(), inspected.restart_count), ("db", 3));
        let log = client.logs(&id(&web), 5).unwrap();
        assert_eq!(demultiplex(&log), b"hello\n");
        let allowed = ["/_ping", "/version", "/info", "/containers/"];
        for request in engine.requests() {
            assert!(allowed.iter().any(|path| request.starts_with(path)), "{request}");
        }
    }
}

#[test]
fn each_list_is_of_its_moment() {
    let engine = ScriptedEngine::new([Container::new("web")]);
    let mut client = client(&engine);
    let mut status = || client.list().unwrap()[0].status;
    assert_eq!(status(), Status::Running);
    engine.change("web", |web| web.status("paused"));
    assert_eq!(status(), Status::Paused);
}

#[test]
fn one_connection_serves_one_request_after_another() {
    let engine = ScriptedEngine::new([Container::new("web")]);
    let mut client = client(&engine);
    for _ in 0..3 {
        client.info().unwrap();
        client.list().unwrap();
    }
    assert_eq!(engine.connections_made(), 1);
    client.ping().unwrap();
    assert_eq!(engine.connections_made(), 2, "a ping shows that new connections are taken");
}

#[test]
fn a_connection_that_was_closed_meanwhile_is_made_anew() {
    let engine = ScriptedEngine::new([]);
    let mut client = client(&engine);
    client.list().unwrap();
    engine.cut_connections();
    engine.wait_until_alone();
    client.list().unwrap();
    assert_eq!(engine.connections_made(), 2);
}

#[test]
fn a_connection_that_is_closed_for_an_answer_is_made_anew_once() {
    let engine = ScriptedEngine::new([]);
    let mut client = client(&engine);
    client.list().unwrap();
    let info = r#"{"ServerVersion":"1"}"#;
    engine.answer_in_turn("/info", [Reply::last(""), Reply::json(info), Reply::last("")]);
    client.info().unwrap();
    assert_eq!(engine.connections_made(), 2, "the Engine may close one that was kept open");
    client.info().unwrap_err();
    assert_eq!(engine.connections_made(), 3, "a new one that is closed is not tried again");
}

#[test]
fn a_connection_that_said_too_much_is_not_used_again() {
    let engine = ScriptedEngine::new([]);
    let answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]";
    engine.answer("/containers/json", Reply::bytes(&format!("{answer}{answer}")));
    let mut client = client(&engine);
    client.list().unwrap();
    client.info().unwrap();
    assert_eq!(engine.connections_made(), 2);
}

#[test]
fn answers_are_understood_however_they_come() {
    let check = |answer: &str| {
        assert_eq!(listing(Reply::last(answer)), Ok(1), "{answer}");
        let engine = ScriptedEngine::new([]);
        engine.answer("/containers/json", Reply::ByteByByte(answer.as_bytes().to_vec()));
        assert_eq!(client(&engine).list().unwrap()[0].name, "→é", "{answer}");
    };
    let list = r#"[{"Id":"a","Names":["/→é"],"State":"running"}]"#;
    let length = list.len();
    check(&format!("HTTP/1.1 200 OK\r\ncontent-LENGTH: {length}\r\n\r\n{list}"));
    check(&format!("HTTP/1.0 200 OK\r\n\r\n{list}"));
    check(&format!(
        "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: \
         chunked\r\n\r\n{length:x};why=not\r\n{list}\r\n0\r\nTrailer: x\r\n\r\n"
    ));
}

#[test]
fn a_refusal_tells_the_engines_reason() {
    check_failure(
        Reply::refusal(500, "the database is gone"),
        "the Engine answered /containers/json with status 500: the database is gone",
    );
    check_failure(
        Reply::last("HTTP/1.0 403 Forbidden\r\n\r\n<html>403</html>"),
        "a proxy forbids /containers/json: let it allow CONTAINERS, EVENTS, INFO, PING and VERSION",
    );
    check_failure(Reply::last("HTTP/1.1 204 No Content\r\n\r\n"), "with status 204");
    check_failure(Reply::last("HTTP/1.1 304 Not Modified\r\n\r\n"), "with status 304");
    check_failure(
        Reply::last("HTTP/1.1 301 Moved\r\nLocation: http://x/\r\nContent-Length: 0\r\n\r\n"),
        "with status 301",
    );

    let engine = ScriptedEngine::new([]);
    let error = client(&engine).inspect(&ContainerId::new("../x")).unwrap_err();
    let path = "/containers/..%2Fx/json".to_owned();
    let message = Some("No such container: ..%2Fx".to_owned());
    assert_eq!(error, Error::Refused { path, status: 404, message });
}

#[test]
fn what_is_no_engine_is_called_so() {
    check_failure(Reply::last("SSH-2.0-OpenSSH_9.6\r\n"), "(it does not speak HTTP)");
    check_failure(Reply::Drip(b"garbage".to_vec()), "(it does not speak HTTP)");
    check_failure(
        Reply::json(r#"{"message":"hello"}"#),
        "(the list of containers cannot be read: invalid type: map",
    );
    check_failure(Reply::last("HTTP/1.0 200 OK\r\n\r\n<html>"), "cannot be read: expected value");
    check_failure(
        Reply::last("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n[]"),
        "(its HTTP is broken: it has two lengths)",
    );
    let engine = ScriptedEngine::new([]);
    engine.answer("/_ping", Reply::json("pong"));
    let error = client(&engine).ping().unwrap_err();
    assert!(error.to_string().contains("(it does not answer a ping with OK)"), "{error}");
}

#[test]
fn an_answer_that_is_too_long_is_refused() {
    let length = BODY_BYTES_MAX + 1;
    check_failure(
        Reply::last(&format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n[")),
        "(its answer has too long a body)",
    );
    check_failure(
        Reply::last(&format!("HTTP/1.1 200 OK\r\nA: {}", "a".repeat(9000))),
        "(its answer has too long a head)",
    );
}

#[test]
fn an_answer_that_breaks_off_is_not_taken_for_whole() {
    let check = |answer: &str| {
        let broken = Obstacle::Broken("its answer was cut off".to_owned());
        assert_eq!(obstacle(listing(Reply::last(answer)).unwrap_err()), broken, "{answer}");
    };
    check("");
    check("HTTP/1.1 200");
    check("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n");
    check("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n[]");
    check("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n[]\r\n");
}

#[test]
fn an_answer_has_its_time_however_it_is_spent() {
    let check = |reply: Reply| {
        let engine = ScriptedEngine::new([]);
        engine.answer("/containers/json", reply);
        let error = hasty(&engine).list().unwrap_err();
        assert_eq!(obstacle(error), Obstacle::TimedOut(SOON));
    };
    check(Reply::Hang);
    check(Reply::Drip(b"HTTP/1.1 200 OK\r\nA: ".to_vec()));
    check(Reply::Drip(b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n".to_vec()));
    check(Reply::Drip(b"HTTP/1.0 200 OK\r\n\r\n".to_vec()));
}

#[test]
fn a_socket_that_nobody_serves_says_what_to_do() {
    let home = Home::new();
    let path = home.path().join("no.sock");
    let ping = |path: &Path| {
        let endpoint = path.to_str().unwrap().parse().unwrap();
        obstacle(Client::with_timeout(endpoint, PATIENCE).ping().unwrap_err())
    };
    assert_eq!(ping(&path), Obstacle::Missing);
    assert_eq!(ping(home.path()), Obstacle::NoSocket);
    drop(UnixListener::bind(&path).unwrap());
    assert_eq!(ping(&path), Obstacle::Deaf);
}

#[test]
fn many_are_asked_before_the_first_answer_is_awaited() {
    let containers: Vec<_> =
        (0..30).map(|n| Container::new(&format!("c{n}")).uses(50, 1, 0)).collect();
    let ids: Vec<_> = containers.iter().map(id).collect();
    let engine = ScriptedEngine::new(containers.clone());
    for container in &containers {
        // As an Engine that collects once a second: it answers all when all have asked.
        let id = container.id();
        let reply = Reply::json(container.counters_at(1));
        engine.answer(&format!("/containers/{id}/stats"), Reply::Awaiting(30, Box::new(reply)));
    }
    let sample = client(&engine).sample(&ids);
    assert_eq!(sample.stats.len(), 30);
    assert!(engine.requests().iter().all(|path| path.ends_with("?stream=false&one-shot=true")));
}

#[test]
fn two_samples_give_the_usage() {
    let web = Container::new("web").uses(50, 3 << 20, 4 << 20);
    let engine = ScriptedEngine::new([web.clone(), Container::new("gone").exited(0)]);
    let mut client = client(&engine);
    let ids = [id(&web), id(&Container::new("gone")), id(&Container::new("never"))];
    let before = client.sample(&ids);
    let host = client.info().unwrap();
    let usage = client.sample(&ids).usage(&before, &host);
    assert_eq!(usage.len(), 2, "one that is not there has none");
    assert_eq!(usage[&ids[0]].cpu_percent, Some(50.0));
    assert_eq!(usage[&ids[0]].memory_bytes, Some(3 << 20));
    assert_eq!(usage[&ids[0]].memory_limit_bytes, Some(4 << 20));
    assert_eq!(usage[&ids[1]].memory_bytes, None, "one that does not run uses nothing known");
}

#[test]
fn one_of_many_that_fails_fails_alone() {
    let containers = ["a", "b", "c", "d"].map(Container::new);
    let engine = ScriptedEngine::new(containers.clone());
    engine.answer(&format!("/containers/{}/json", containers[0].id()), Reply::Hang);
    engine.answer(&format!("/containers/{}/json", containers[1].id()), Reply::last("HTTP/1.1 2"));
    let gone = Reply::refusal(404, "No such container");
    engine.answer(&format!("/containers/{}/json", containers[2].id()), gone);
    let timeout = Duration::from_secs(2);
    let client = Client::with_timeout(engine.address().parse().unwrap(), timeout);
    let answers = client.inspect_many(&containers.each_ref().map(id));
    let [hung, cut, gone, good] = answers.try_into().unwrap();
    assert_eq!(obstacle(hung.unwrap_err()), Obstacle::TimedOut(timeout));
    assert!(matches!(obstacle(cut.unwrap_err()), Obstacle::Broken(_)));
    assert!(matches!(gone.unwrap_err(), Error::Refused { status: 404, .. }));
    assert_eq!(good.unwrap().name, "d", "it had answered while the first hung");
}

#[test]
fn more_than_are_asked_at_once_are_asked_in_turn() {
    let containers: Vec<_> = (0..=AT_ONCE_MAX).map(|n| Container::new(&format!("c{n}"))).collect();
    let ids: Vec<_> = containers.iter().map(id).collect();
    let engine = ScriptedEngine::new(containers.clone());
    let answers = client(&engine).inspect_many(&ids);
    assert!(answers.iter().zip(&ids).all(|(answer, id)| answer.as_ref().unwrap().id == *id));

    for container in &containers {
        engine.answer(&format!("/containers/{}/stats", container.id()), Reply::Hang);
    }
    let sample = hasty(&engine).sample(&ids);
    assert_eq!((sample.stats.len(), sample.failed.len()), (0, ids.len()));
    let asked = engine.requests().len() - answers.len();
    assert!(asked <= AT_ONCE_MAX, "{asked} were asked while none had answered");
}

#[test]
fn a_chunk_that_takes_all_its_time_leaves_the_next_its_own() {
    let containers: Vec<_> = (0..=AT_ONCE_MAX).map(|n| Container::new(&format!("c{n}"))).collect();
    let ids: Vec<_> = containers.iter().map(id).collect();
    let engine = ScriptedEngine::new(containers.clone());
    let hung = format!("/containers/{}/json", containers[0].id());
    engine.answer(&hung, Reply::Hang);
    let timeout = Duration::from_secs(2);
    let client = Client::with_timeout(engine.address().parse().unwrap(), timeout);
    let mut answers = client.inspect_many(&ids);
    let first = answers.remove(0).unwrap_err();
    assert_eq!(obstacle(first), Obstacle::TimedOut(timeout));
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), AT_ONCE_MAX);

    // Where a whole chunk stays without an answer, the rest is not asked for.
    for container in &containers {
        engine.answer(&format!("/containers/{}/json", container.id()), Reply::Hang);
    }
    let before = engine.requests().len();
    let answers = hasty(&engine).inspect_many(&ids);
    assert!(answers.iter().all(Result::is_err) && answers.len() == ids.len());
    assert!(engine.requests().len() - before <= AT_ONCE_MAX);
}

#[test]
fn events_are_heard_line_by_line_until_the_stream_ends() {
    let engine = ScriptedEngine::new([Container::new("web").label("a", "b")]);
    let mut client = client(&engine);
    let mut stream = client.events(None).unwrap();
    engine.wait_for_listener();
    assert_eq!(stream.next(Duration::from_millis(1)).unwrap(), Heard::Silence);
    engine.tell("web", "die", &[("exitCode", "137")]);
    engine.tell("web", "start", &[]);
    let mut hear = || match stream.next(PATIENCE).unwrap() {
        Heard::Line(line) => wire::event(line).unwrap(),
        Heard::End => None,
        other => panic!("{other:?}"),
    };
    let died = hear().unwrap();
    assert_eq!(died.action, Action::Die { exit_code: Some(137), out_of_memory: false });
    assert_eq!((died.name.as_str(), &died.labels["a"][..]), ("web", "b"));
    assert_eq!(hear().unwrap().action, Action::Start);
    engine.end_streams();
    assert_eq!(hear(), None);
    assert_eq!(hear(), None, "an end stays one");

    let mut again = client.events(Some(died.time)).unwrap();
    let Heard::Line(line) = again.next(PATIENCE).unwrap() else { panic!("no event") };
    assert_eq!(wire::event(line).unwrap().unwrap(), died, "the moment asked for is included");
    let requests = engine.requests();
    assert!(requests[0].starts_with("/events?filters=%7B%22type%22%3A%5B%22container%22%5D%2C"));
    assert!(requests[1].contains("&since=1"), "{}", requests[1]);
}

#[test]
fn a_stream_that_cannot_be_had_says_why() {
    let check = |reply: Reply, expected: &str| {
        let engine = ScriptedEngine::new([]);
        engine.answer("/events", reply);
        let error = client(&engine).events(None).err().unwrap().to_string();
        assert!(error.contains(expected), "{error}");
    };
    check(Reply::last("HTTP/1.0 403 Forbidden\r\n\r\n<html>"), "a proxy forbids /events");
    check(Reply::refusal(400, "bad filter"), "/events with status 400: bad filter");
    check(Reply::last(""), "its answer was cut off");

    let engine = ScriptedEngine::new([]);
    engine.answer("/events", Reply::Hang);
    let error = hasty(&engine).events(None).err().unwrap();
    assert_eq!(obstacle(error), Obstacle::TimedOut(SOON));
}

#[test]
fn a_stream_that_breaks_is_an_error() {
    let check = |body: &str, expected: &str| {
        let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
        let engine = ScriptedEngine::new([]);
        engine.answer("/events", Reply::last(&format!("{head}{body}")));
        let mut stream = client(&engine).events(None).unwrap();
        let error = loop {
            match stream.next(PATIENCE) {
                Ok(whole) => assert_eq!(whole, Heard::Line(b"{}")),
                Err(error) => break error.to_string(),
            }
        };
        assert!(error.contains(expected), "{error}");
    };
    check("3\r\n{}\n\r\n1\r\n{", "its answer was cut off");
    check("3\r\n{}\n\r\nx\r\n", "its HTTP is broken: it has a chunk whose size is no number");
}

#[test]
fn a_line_that_is_too_long_does_not_end_the_stream() {
    let long = "x".repeat(STREAM_LINE_BYTES_MAX);
    let body = format!("{long}\nx{long}\n{{}}\n");
    let length = body.len();
    let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{body}");
    let engine = ScriptedEngine::new([]);
    engine.answer("/events", Reply::last(&answer));
    let mut stream = client(&engine).events(None).unwrap();
    assert_eq!(stream.next(PATIENCE).unwrap(), Heard::Line(long.as_bytes()));
    assert_eq!(stream.next(PATIENCE).unwrap(), Heard::TooLong);
    assert_eq!(stream.next(PATIENCE).unwrap(), Heard::Line(b"{}"));
    assert_eq!(stream.next(PATIENCE).unwrap(), Heard::End);
}
