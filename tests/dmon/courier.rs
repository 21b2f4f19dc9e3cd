//! The courier and a Slack that is scripted, on real sockets.

mod network;
mod secrets;

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;
use std::time::Duration;

use dmon::slack::courier::{Courier, Delivery};
use dmon::slack::webhook::Shape;
use dmon::slack::{Body, Webhook, bodies};
use dmon::web::{Network, Timeouts};

use super::support::binary::Home;
use super::support::messages;
use super::support::slack::{FLOOD_BYTES, Reply, SECRET, ScriptedSlack};

fn alert() -> Vec<Body> {
    bodies(&messages::alert(), Shape::Attachments, None)
}

/// How long those who never answer are waited for; on a busy machine others may need longer.
fn timeouts(replies: &[Reply]) -> Timeouts {
    let never = |reply: &Reply| matches!(reply, Reply::Hang | Reply::Drip(_));
    if replies.iter().any(never) { impatient() } else { Timeouts::default() }
}

fn impatient() -> Timeouts {
    let soon = Duration::from_secs(1);
    Timeouts { connect: soon, receive: soon, ..Timeouts::default() }
}

fn courier(slack: &ScriptedSlack, timeouts: Timeouts) -> Courier {
    Courier::new(&slack.webhook(), &Network { timeouts, ..Network::default() }).unwrap()
}

/// Posts an alert to a Slack that answers so.
fn posted(reply: Reply) -> Delivery {
    let slack = ScriptedSlack::new();
    let courier = courier(&slack, timeouts(std::slice::from_ref(&reply)));
    slack.answer(reply);
    let delivery = courier.post(&alert()[0]);
    assert_eq!(slack.posts().len(), 1);
    assert!(!format!("{delivery:?}").contains(SECRET), "{delivery:?}");
    delivery
}

#[test]
fn a_body_is_posted_as_it_is() {
    let slack = ScriptedSlack::new();
    let body = &alert()[0];
    let courier = courier(&slack, Timeouts::default());
    assert_eq!(courier.post(body), Delivery::Delivered);
    assert_eq!(courier.post(body), Delivery::Delivered);
    let posts = slack.posts();
    assert_eq!(posts.len(), 2);
    assert_eq!(posts[0].body, body.json());
    let line = format!("POST /services/T000/B000/{SECRET} HTTP/1.1");
    assert_eq!(posts[0].head.lines().next(), Some(line.as_str()));
    let check = |header: &str, expected: &str| {
        assert_eq!(posts[0].header(header), Some(expected), "{header}");
    };
    check("Content-Type", "application/json");
    check("User-Agent", concat!("dmon/", env!("CARGO_PKG_VERSION")));
    check("Host", &slack.address().to_string());
    assert_eq!(slack.connections_made(), 2, "no connection is used twice");
}

#[test]
fn an_answer_is_judged() {
    let retry_after = Some(Duration::from_secs(7));
    let check = |reply: Reply, expected: Delivery| assert_eq!(posted(reply), expected);
    check(Reply::status(200, "thanks"), Delivery::Delivered);
    check(Reply::last("HTTP/1.1 204 No Content\r\n\r\n"), Delivery::Delivered);
    check(
        Reply::with_header(429, "Retry-After: 7", "slow down"),
        Delivery::RateLimited { retry_after },
    );
    check(Reply::status(429, ""), Delivery::RateLimited { retry_after: None });

    let told = |status: u16, body: &str, header: &str| match posted(Reply::with_header(
        status, header, body,
    )) {
        Delivery::Failed { why, retry_after } => format!("Failed {retry_after:?}: {why}"),
        Delivery::Malformed { why } => format!("Malformed: {why}"),
        Delivery::Refused { why } => format!("Refused: {why}"),
        other => panic!("{other:?}"),
    };
    let check = |status: u16, body: &str, header: &str, start: &str, end: &str| {
        let told = told(status, body, header);
        assert!(told.starts_with(start) && told.contains(end), "{told}");
    };
    check(503, "", "Retry-After: 7", "Failed Some(7s)", "answered 503");
    check(500, "rollup_error", "A: b", "Failed None", "answered 500 (rollup_error)");
    check(400, "invalid_blocks", "A: b", "Malformed", "answered 400 (invalid_blocks)");
    check(403, "invalid_token", "A: b", "Refused", "create a new one in Slack");
    check(410, "channel_is_archived", "A: b", "Refused", "archived");
    check(404, &format!("no {SECRET} here"), "A: b", "Refused", "(no <hidden> here)");
}

#[test]
fn a_redirect_is_refused_and_not_followed() {
    let elsewhere = ScriptedSlack::new();
    for status in [301, 302, 303, 307, 308] {
        let header = format!("Location: {}", elsewhere.url());
        let delivery = posted(Reply::with_header(status, &header, ""));
        let Delivery::Refused { why } = delivery else { panic!("{delivery:?}") };
        assert!(why.contains("redirects are not followed"), "{why}");
    }
    assert_eq!(elsewhere.connections_made(), 0);
}

#[test]
fn a_lost_answer_may_mean_that_it_arrived() {
    let check = |reply: Reply, expected: &str| {
        let delivery = posted(reply);
        let Delivery::Unanswered { why } = delivery else { panic!("{delivery:?}") };
        assert!(why.contains(expected), "{why}");
    };
    check(Reply::Close, "it closed the connection");
    check(Reply::last("HTTP/1.1 200 OK\r\nContent-"), "it closed the connection");
    check(Reply::last("220 mail.example.org ESMTP\r\n\r\n"), "not HTTP");
    check(Reply::last(vec![0xff; 4096]), "not HTTP");
    check(Reply::last(long_head()), "not HTTP");
    check(Reply::Hang, "did not answer within 1 s");
    check(Reply::Drip(b"HTTP/1.1 200 OK\r\nX: ".to_vec()), "did not answer within 1 s");
}

fn long_head() -> String {
    format!("HTTP/1.1 200 OK\r\nX: {}\r\n\r\n", "x".repeat(1 << 20))
}

#[test]
fn no_more_of_an_answer_is_waited_for_than_is_needed() {
    let long = "HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\n";
    assert_eq!(posted(Reply::Drip(long.into())), Delivery::Delivered);
    assert_eq!(posted(Reply::last(long)), Delivery::Delivered, "cut off, and that is all the same");
    let failed = posted(Reply::Drip(long.replace("200", "500").into()));
    assert!(matches!(failed, Delivery::Failed { .. }), "{failed:?}");
}

#[test]
fn an_endless_answer_is_left_unread() {
    let slack = ScriptedSlack::new();
    slack.answer(Reply::Flood(b"HTTP/1.1 500 No\r\nContent-Length: 999999999\r\n\r\n".to_vec()));
    let delivery = courier(&slack, Timeouts::default()).post(&alert()[0]);
    assert!(matches!(delivery, Delivery::Failed { .. }), "{delivery:?}");
    let taken = slack.wait_for_flood();
    assert!(taken < FLOOD_BYTES / 2, "{taken} bytes");
}

#[test]
fn a_slow_answer_is_waited_for() {
    let slack = ScriptedSlack::new();
    slack.answer(Reply::Late(Duration::from_millis(400), Box::new(Reply::ok())));
    let courier = courier(&slack, Timeouts::default());
    assert_eq!(courier.post(&alert()[0]), Delivery::Delivered);
}

/// What a courier says that reaches nobody at that URL: the same when it posts and when it checks.
fn unreached(url: &str, network: &Network) -> String {
    let courier = Courier::new(&Webhook::parse(url).unwrap(), network).unwrap();
    let checked = courier.check().unwrap_err();
    let delivery = courier.post(&alert()[0]);
    let Delivery::Failed { why, retry_after: None } = delivery else { panic!("{delivery:?}") };
    assert_eq!(why, checked);
    assert!(!why.contains(SECRET), "{why}");
    why
}

/// A port on which nobody listens.
fn closed_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[test]
fn who_cannot_be_reached_is_told() {
    let check = |url: &str, expected: &str| {
        let network = Network { timeouts: impatient(), ..Network::default() };
        let why = unreached(&format!("{url}/services/{SECRET}"), &network);
        assert!(why.starts_with(expected), "{why}");
    };
    let port = closed_port();
    check(
        &format!("http://127.0.0.1:{port}"),
        &format!("nobody listens at http://127.0.0.1:{port} (connection refused): check host and"),
    );
    check(&format!("https://127.0.0.1:{port}"), "nobody listens at https://127.0.0.1");
    check("https://nowhere.invalid:8443", "the name nowhere.invalid ");

    let deaf = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = deaf.local_addr().unwrap();
    check(
        &format!("https://{address}"),
        &format!("no connection to https://{address} within 1 s: check firewalls on the way"),
    );
}

#[test]
fn what_does_not_speak_tls_is_told() {
    let check = |greeting: &'static [u8], expected: &str| {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || {
            while let Ok((mut stream, _)) = listener.accept() {
                let _ = stream.read(&mut [0; 1024]).and_then(|_| stream.write_all(greeting));
            }
        });
        let why = unreached(&format!("https://{address}/{SECRET}"), &Network::default());
        assert!(why.contains(expected), "{why}");
    };
    check(b"220 mail.example.org ESMTP\r\n", "does not speak TLS: check the port");
    check(b"HTTP/1.1 400 Bad Request\r\n\r\n", "does not speak TLS: check the port");
    check(b"\x15\x03\x03\x00\x02\x02\x28", "refused the TLS handshake (HandshakeFailure)");
    check(b"", "closed the connection before it was set up");
}

#[test]
fn a_check_connects_and_sends_nothing() {
    let slack = ScriptedSlack::new();
    let courier = courier(&slack, Timeouts::default());
    assert_eq!(courier.check(), Ok(()));
    assert_eq!(courier.post(&alert()[0]), Delivery::Delivered);
    assert_eq!(slack.connections_made(), 2);
    assert_eq!(slack.posts().len(), 1, "the post's own");
}

/// Sends to a Slack that answers so: what came of it, the waits in seconds, what was posted.
fn sent(bodies: &[Body], replies: &[Reply]) -> (Result<(), String>, Vec<u64>, Vec<String>) {
    let slack = ScriptedSlack::new();
    slack.answer_in_turn(replies.to_vec());
    let courier = courier(&slack, timeouts(replies));
    let mut waits = Vec::new();
    let outcome = courier.send(bodies, |wait| waits.push(wait.as_secs()));
    assert!(!format!("{outcome:?}").contains(SECRET), "{outcome:?}");
    (outcome, waits, slack.posts().into_iter().map(|post| post.body).collect())
}

fn three() -> Vec<Body> {
    [messages::alert(), messages::recovery(), messages::digest()]
        .iter()
        .flat_map(|message| bodies(message, Shape::Attachments, None))
        .collect()
}

fn json(bodies: &[Body]) -> Vec<&str> {
    bodies.iter().map(Body::json).collect()
}

#[test]
fn bodies_leave_in_order_one_a_second() {
    let bodies = three();
    let (outcome, waits, posts) = sent(&bodies, &[Reply::ok()]);
    assert_eq!((outcome, waits), (Ok(()), vec![1, 1]));
    assert_eq!(posts, json(&bodies));
}

#[test]
fn what_passes_is_tried_again() {
    let check = |reply: &Reply, waits: &[u64]| {
        let bodies = three();
        let (outcome, waited, posts) = sent(&bodies, &[reply.clone(), Reply::ok()]);
        assert_eq!(outcome, Ok(()), "{reply:?}");
        assert_eq!(waited, waits, "{reply:?}");
        assert_eq!(posts[1..], json(&bodies), "{reply:?}");
        assert_eq!(posts[0], posts[1], "{reply:?}");
    };
    check(&Reply::status(500, ""), &[1, 1, 1]);
    check(&Reply::status(503, ""), &[1, 1, 1]);
    check(&Reply::Close, &[1, 1, 1]);
    check(&Reply::Hang, &[1, 1, 1]);
    check(&Reply::status(429, ""), &[1, 1, 1]);
    check(&Reply::with_header(429, "Retry-After: 0", ""), &[1, 1, 1]);
    let (outcome, waits, _) =
        sent(&alert(), &[Reply::with_header(429, "Retry-After: 20", ""), Reply::ok()]);
    assert_eq!(outcome, Ok(()));
    assert!((20..=21).contains(&waits[0]), "{waits:?}");
}

#[test]
fn what_lasts_is_given_up() {
    let check = |replies: &[Reply], tries: usize, expected: &str| {
        let (outcome, waits, posts) = sent(&alert(), replies);
        let error = outcome.unwrap_err();
        assert!(error.contains(expected), "{error}");
        assert_eq!((posts.len(), waits.len()), (tries, tries - 1), "{error}");
    };
    check(&[Reply::status(500, "")], 4, "answered 500 (tried 4 times)");
    check(&[Reply::status(429, "")], 4, "takes no more messages for now (429) (tried 4 times)");
    check(&[Reply::Close], 2, "it may have arrived all the same");
    check(&[Reply::status(500, ""), Reply::Close], 3, "it may have arrived all the same");
    check(&[Reply::with_header(429, "Retry-After: 31", "")], 1, "asks to wait 31 s: try later");
    check(&[Reply::status(404, "no_service")], 1, "create a new one in Slack");
    check(&[Reply::status(302, "")], 1, "redirects are not followed");
}

#[test]
fn what_is_not_understood_is_sent_as_plain_text_once() {
    let bodies = three();
    let refusal = Reply::status(400, "invalid_attachments");
    let (outcome, waits, posts) = sent(&bodies, &[refusal.clone(), Reply::ok()]);
    assert_eq!(outcome, Ok(()));
    assert_eq!(posts[0], bodies[0].json());
    let plain = bodies[0].plain();
    assert_eq!(posts[1..=plain.len()], json(&plain));
    assert_eq!(posts[plain.len() + 1..], json(&bodies[1..]), "the others keep their shape");
    assert!(waits.iter().all(|wait| *wait == 1), "{waits:?}");

    let (outcome, _, posts) = sent(&alert(), &[refusal]);
    let error = outcome.unwrap_err();
    assert!(error.contains("answered 400 (invalid_attachments)"), "{error}");
    assert_eq!(posts.len(), 2);
}

#[test]
fn the_error_tells_what_had_arrived_before() {
    let (outcome, _, posts) = sent(&three(), &[Reply::ok(), Reply::status(404, "no_service")]);
    let error = outcome.unwrap_err();
    assert!(error.ends_with("(after 1 part had arrived)"), "{error}");
    assert_eq!(posts.len(), 2);
}

#[test]
fn a_command_that_waits_for_an_answer_ends_when_it_is_told_to() {
    let (slack, home) = (ScriptedSlack::new(), Home::new());
    slack.answer(Reply::Hang);
    let run = home.dmon(["test-notification"]).env("SLACK_WEBHOOK_URL", slack.url());
    let running = run.env("DOCKER_SOCKET", "/nowhere/engine.sock").start();
    slack.wait_for_posts(1);
    running.signal("TERM");
    assert_eq!(running.finish().code, None);
}
