//! Nothing that dmon prints or logs, at any level, holds the webhook's path or a proxy's password.

use std::fs;
use std::time::Duration;

use crate::support::binary::Home;
use crate::support::process::Finished;
use crate::support::slack::{Reply, SECRET, ScriptedSlack};

const PASSWORD: &str = "hunter2-77";

/// Runs a command at the most talkative level and looks at all it says.
fn runs(command: &str, settings: &[(&str, &str)]) -> Finished {
    let home = Home::new();
    let log = home.path().join("dmon.log");
    let run = home.dmon([command]).env("LOG_LEVEL", "TRACE").env("LOG_FILE", &log);
    let run = run.env("DOCKER_SOCKET", "/nowhere/engine.sock").env("HOST_NAME", "web-1");
    let finished = settings.iter().fold(run, |run, (name, value)| run.env(name, value)).run();
    let log = fs::read_to_string(&log).unwrap_or_default();
    for text in [&finished.stdout, &finished.stderr, &log] {
        assert!(!text.contains(SECRET) && !text.contains(PASSWORD), "{text}");
    }
    finished
}

#[test]
fn a_message_that_arrives_or_does_not_gives_nothing_away() {
    let check = |replies: Vec<Reply>, code: i32, expected: &str| {
        let slack = ScriptedSlack::new();
        slack.answer_in_turn(replies);
        let finished = runs("test-notification", &[("SLACK_WEBHOOK_URL", &slack.url())]);
        assert_eq!(finished.code, Some(code), "{finished:?}");
        assert!(finished.stderr.contains(expected), "{finished:?}");
        let posts = slack.posts();
        assert!(posts.iter().all(|post| post.json()["text"].to_string().contains("web-1")));
        let mut pauses = posts.windows(2).map(|pair| pair[1].time - pair[0].time);
        assert!(pauses.all(|pause| pause >= Duration::from_secs(1)), "{posts:?}");
    };
    check(vec![Reply::ok()], 0, "bytes to http://127.0.0.1:");
    check(vec![Reply::status(500, SECRET), Reply::ok()], 0, "answered 500 (<hidden>): next try");
    check(vec![Reply::status(400, SECRET), Reply::ok()], 0, "is sent as plain text");
    check(vec![Reply::status(404, &format!("/services/T000/B000/{SECRET}"))], 1, "answered 404");
    let elsewhere = format!("Location: https://example.org/{SECRET}");
    check(vec![Reply::with_header(302, &elsewhere, "")], 1, "redirects are not followed");
}

#[test]
fn a_check_gives_nothing_away() {
    let slack = ScriptedSlack::new();
    let tls = slack.url().replace("http:", "https:");
    let proxy = format!("http://me:{PASSWORD}@{}", slack.address());
    let beyond = format!("https://chat.example.org/{SECRET}");
    slack.answer(Reply::status(407, PASSWORD));
    let check = |settings: &[(&str, &str)], expected: &str| {
        let finished = runs("test", settings);
        assert_eq!(finished.code, Some(1), "no Engine: {finished:?}");
        assert!(finished.stdout.contains(expected), "{finished:?}");
    };
    check(&[("SLACK_WEBHOOK_URL", &slack.url())], "✓ webhook: ");
    check(&[("SLACK_WEBHOOK_URL", &tls)], "✗ webhook: ");
    check(&[("SLACK_WEBHOOK_URL", &beyond), ("HTTPS_PROXY", &proxy)], "asks for a user");
    let odd = format!("{proxy}x");
    check(&[("SLACK_WEBHOOK_URL", &beyond), ("ALL_PROXY", &odd)], "ALL_PROXY is no proxy's URL");
    assert!(slack.posts().iter().all(|post| post.head.starts_with("CONNECT ")));
}

#[test]
fn settings_that_are_wrong_give_nothing_away() {
    let check = |url: &str| {
        let finished = runs("test", &[("SLACK_WEBHOOK_URL", url)]);
        assert_eq!(finished.code, Some(2), "{finished:?}");
        assert!(finished.stderr.contains("SLACK_WEBHOOK_URL"), "{finished:?}");
    };
    check(&format!("hooks.slack.com/services/{SECRET}"));
    check(&format!("https://me:{PASSWORD}@hooks.slack.com/services/{SECRET}"));
    check(&format!("https://hooks.slack.com:port/services/{SECRET}"));
    check(&format!("https://hooks.slack.com/ {SECRET}"));
    check(&format!("https://hooks.slack.com/triggers/{SECRET}"));
}
