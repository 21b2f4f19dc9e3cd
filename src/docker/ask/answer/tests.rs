use std::time::Duration;

use super::super::request;
use super::*;
use crate::docker::Obstacle;
use crate::monitor::container::Status;

fn moment() -> Moment {
    Moment(Duration::from_secs(7))
}

fn id() -> ContainerId {
    ContainerId::new("0123456789abcdef".repeat(4))
}

fn about(about: About) -> Question {
    Question { asked: moment(), about }
}

#[expect(clippy::unnecessary_wraps, reason = "it stands for an answer that came")]
fn response(status: u16, body: &str) -> Result<Response, Error> {
    Ok(Response { status, body: body.as_bytes().to_vec() })
}

fn timed_out() -> Result<Response, Error> {
    let obstacle = Obstacle::TimedOut(Duration::from_secs(10));
    Err(Error::Unreachable { endpoint: "/s.sock".parse().unwrap(), obstacle })
}

fn cut_off() -> Result<Response, Error> {
    let obstacle = Obstacle::Broken("its answer was cut off".to_owned());
    Err(Error::Unreachable { endpoint: "/s.sock".parse().unwrap(), obstacle })
}

fn no_http() -> Result<Response, Error> {
    let reason = "it does not speak HTTP".to_owned();
    Err(Error::Alien { endpoint: "/s.sock".parse().unwrap(), reason })
}

#[test]
fn an_inspection_gives_the_container() {
    let body = format!(r#"{{"Id":"{}","State":{{"Status":"running"}}}}"#, id().as_str());
    let Input::Inspected { asked, container } =
        answer(&about(About::Inspect(id())), response(200, &body))
    else {
        panic!("it was answered");
    };
    assert_eq!((asked, container.id, container.state.status), (moment(), id(), Status::Running));
}

#[test]
fn a_container_is_gone_by_the_engines_own_words_alone() {
    let check = |status, body: &str, expected| {
        let answer = answer(&about(About::Inspect(id())), response(status, body));
        assert_eq!(
            answer == Input::Gone { asked: moment(), id: id() },
            expected,
            "{status} {body}"
        );
    };
    check(404, r#"{"message":"No such container: 0123"}"#, true);
    let podman = r#"{"cause":"no such container","message":"no container with name or ID \"0123\"
                    found: no such container","response":404}"#
        .replace('\n', " ");
    check(404, &podman, true);
    check(
        500,
        r#"{"message":"container 0123 does not exist in database: no such container"}"#,
        true,
    );
    check(404, "", false);
    check(404, "404 page not found\n", false);
    check(404, "<html>No such container</html>", false);
    check(404, r#"{"message":"page not found"}"#, false);
    check(404, r#"{"message":"no Route matched with those values"}"#, false);
    check(403, r#"{"message":"No such container: 0123"}"#, false);
    check(200, r#"{"message":"No such container: 0123"}"#, false);
    check(500, r#"{"message":"layer not known"}"#, false);
}

#[test]
fn an_inspection_without_a_usable_answer_says_why_in_one_line() {
    let check = |response, expected: &str| {
        let answer = answer(&about(About::Inspect(id())), response);
        let reason = expected.to_owned();
        assert_eq!(answer, Input::Unanswered { asked: moment(), id: id(), reason });
    };
    let path = "/containers/{id}/json";
    let broken = "the description of a container cannot be read:";
    check(response(403, "Forbidden\n"), &format!("a proxy forbids {path}"));
    check(
        response(404, "404 page not found\n"),
        &format!("a proxy answered {path} with status 404"),
    );
    check(
        response(502, "<html>Bad Gateway</html>"),
        &format!("{path} was answered with status 502, not in the Engine's words"),
    );
    check(
        response(500, r#"{"message":"layer\nnot known"}"#),
        &format!("the Engine answered {path} with status 500: layer not known"),
    );
    let state = |state: &str| response(200, &format!(r#"{{"Id":"0","State":{state}}}"#));
    check(state(r#"{"Status":"unknown"}"#), &format!(r#"{broken} its state is "unknown""#));
    let null = "invalid type: null, expected struct AnswerState at line 1 column 22";
    check(state("null"), &format!("{broken} {null}"));
    check(response(200, "{"), &format!("{broken} EOF while parsing an object at line 1 column 1"));
    let other = format!(r#"{{"Id":"{}","State":{{"Status":"dead"}}}}"#, "f".repeat(64));
    check(response(200, &other), "the answer describes another container (ffffffffffff)");
    check(timed_out(), &format!("{path}: no answer from unix:///s.sock within 10 s"));
    check(
        cut_off(),
        &format!("{path}: the connection to unix:///s.sock broke: its answer was cut off"),
    );
    check(no_http(), &format!("{path}: it does not speak HTTP"));
}

#[test]
fn a_list_is_one_or_it_says_why_not() {
    let line = r#"{"Id":"a","State":"running"}"#;
    let odd = r#"{"Id":"b","State":"unknown"}"#;
    let Input::Listed { asked, list } =
        answer(&about(About::List), response(200, &format!("[{line},{odd}]")))
    else {
        panic!("it was answered");
    };
    assert_eq!((asked, list.containers.len(), list.unreadable.len()), (moment(), 1, 1));

    let check = |response, expected: &str| {
        let reason = expected.to_owned();
        assert_eq!(
            answer(&about(About::List), response),
            Input::Unlisted { asked: moment(), reason }
        );
    };
    check(response(403, "no"), "a proxy forbids /containers/json");
    check(
        response(200, "<html>"),
        "the list of containers cannot be read: expected value at line 1 column 1",
    );
    check(timed_out(), "/containers/json: no answer from unix:///s.sock within 10 s");
    let gone = r#"{"message":"No such container"}"#;
    check(
        response(404, gone),
        "the Engine answered /containers/json with status 404: No such container",
    );
}

#[test]
fn a_ping_is_answered_by_what_only_an_engine_says() {
    let check = |response, expected| {
        let answer = answer(&about(About::Ping), response);
        assert_eq!(answer, Input::Pinged { asked: moment(), ping: expected });
    };
    check(response(200, "OK"), Ping::Answered);
    check(response(200, "OK\n"), Ping::Answered);
    check(response(200, r#"{"Version":"28.5.2","ApiVersion":"1.51"}"#), Ping::Answered);
    check(response(200, "[]"), Ping::Answered);
    check(response(200, "<html>sign in</html>"), Ping::Unanswered);
    check(response(200, ""), Ping::Unanswered);
    check(response(403, "Forbidden"), Ping::Unanswered);
    check(response(503, "OK"), Ping::Unanswered);
    check(timed_out(), Ping::Unanswered);
}

#[test]
fn a_ping_that_a_proxy_forbids_is_asked_in_other_words() {
    let check = |about_what: About, made, response, expected: Option<&str>| {
        let further = further_request(&about(about_what), made, &response);
        assert_eq!(further.as_ref().map(Target::as_str), expected, "{made} {response:?}");
    };
    for status in [401, 403, 404, 405, 501] {
        check(About::Ping, 1, response(status, "no"), Some("/version"));
        let list = "/containers/json?all=1&limit=1";
        check(About::Ping, 2, response(status, "no"), Some(list));
        check(About::Ping, 3, response(status, "no"), None);
        check(About::List, 1, response(status, "no"), None);
        check(About::Inspect(id()), 1, response(status, "no"), None);
    }
    check(About::Ping, 1, response(200, "OK"), None);
    check(About::Ping, 1, response(500, "no"), None);
    check(About::Ping, 1, response(502, "no"), None);
    check(About::Ping, 1, timed_out(), None);
}

#[test]
fn a_log_is_its_last_lines_cut_to_what_is_kept() {
    let check = |response, expected: &[&str]| {
        let answer = answer(&about(About::Logs { id: id(), lines: 5 }), response);
        let lines = expected.iter().map(|line| (*line).to_owned()).collect();
        assert_eq!(answer, Input::Logs { id: id(), lines });
    };
    check(response(200, "\u{1}\0\0\0\0\0\0\u{4}a\nb\n"), &["a", "b"]);
    check(response(200, "a terminal's\r\n"), &["a terminal's"]);
    check(response(403, "no"), &[]);
    check(timed_out(), &[]);
    let longest = "x".repeat(LOG_LINE_BYTES_MAX);
    check(response(200, &longest), &[&longest]);
    check(response(200, &format!("{longest}x")), &[&longest]);
    let most: Vec<String> = (0..LOG_LINES_MAX).map(|line| line.to_string()).collect();
    let most: Vec<&str> = most.iter().map(String::as_str).collect();
    check(response(200, &most.join("\n")), &most);
    check(response(200, &format!("before\n{}", most.join("\n"))), &most);
}

#[test]
fn each_question_has_its_request() {
    let check = |about_what: About, expected: &str| {
        let target = request(&about(about_what));
        assert_eq!(target.as_str(), expected.replace("ID", id().as_str()));
    };
    check(About::List, "/containers/json?all=1");
    check(About::Inspect(id()), "/containers/ID/json");
    check(About::Ping, "/_ping");
    let logs = About::Logs { id: id(), lines: 5 };
    check(logs, "/containers/ID/logs?stdout=1&stderr=1&tail=5");
}
