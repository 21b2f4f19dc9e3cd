//! Slack is down, busy, does not understand, or its answer is lost: everything is told, and hardly
//! ever twice.

use std::time::Duration;

use dmon::clock;

use super::{DOWN, RECOVERED, engine, fail, start, watch};
use crate::support::slack::Reply;
use crate::support::watching::Watching;

#[test]
fn what_slack_was_not_told_is_owed() {
    let engine = engine();
    let mut dmon = watch(&engine, &[]);
    dmon.slack.answer_in_turn([Reply::status(503, ""), Reply::Close, Reply::ok()]);
    fail(&engine, "web", 3);
    let first = dmon.expect(DOWN, &[("Container", "web")]);
    let second = dmon.expect(DOWN, &[("Container", "web")]);
    let third = dmon.expect(DOWN, &[("Container", "web")]);
    assert_eq!((&first.text, &first.fields), (&second.text, &second.fields));
    assert_eq!((&first.text, &first.fields), (&third.text, &third.fields));
    start(&engine, "web");
    dmon.expect(RECOVERED, &[("Container", "web")]);
    dmon.end();
}

#[test]
fn what_is_owed_together_is_told_together_as_it_is_then() {
    let engine = engine();
    let mut dmon = watch(&engine, &[]);
    dmon.slack.answer_in_turn([Reply::status(503, ""), Reply::ok()]);
    fail(&engine, "web", 3);
    dmon.expect(DOWN, &[("Container", "web")]);
    start(&engine, "web");
    fail(&engine, "db", 4);
    let told = dmon.next();
    told.says("db").says("exited by itself with code 4").says("web").says(" from ").says(" to ");
    dmon.end();
}

#[test]
fn what_is_owed_survives_a_crash() {
    let engine = engine();
    let mut dmon = watch(&engine, &[]);
    dmon.slack.answer(Reply::status(503, ""));
    fail(&engine, "web", 3);
    dmon.expect(DOWN, &[("Container", "web")]);
    dmon.kill();
    dmon.slack.answer(Reply::ok());
    dmon.begin();
    dmon.expect(DOWN, &[("Container", "web"), ("Cause", "exited by itself with code 3")]);
    dmon.end();
}

#[test]
fn slack_is_given_the_time_that_it_asks_for() {
    let engine = engine();
    let mut dmon = watch(&engine, &[]);
    dmon.slack
        .answer_in_turn([Reply::with_header(429, "Retry-After: 4", "rate_limited"), Reply::ok()]);
    fail(&engine, "web", 3);
    dmon.expect(DOWN, &[("Container", "web")]);
    dmon.expect(DOWN, &[("Container", "web")]);
    let posts = dmon.slack.posts();
    let [.., before, after] = &posts[..] else { panic!("{posts:?}") };
    let wait = after.time.duration_since(before.time).as_secs_f64();
    assert!(wait >= 4.0, "{wait} s");
    dmon.end();
}

#[test]
fn what_it_does_not_understand_is_said_in_plain_words() {
    let engine = engine();
    let mut dmon = watch(&engine, &[]);
    dmon.slack.answer_in_turn([Reply::status(400, "invalid_attachments"), Reply::ok()]);
    fail(&engine, "web", 3);
    dmon.expect(DOWN, &[("Container", "web")]);
    let plain = dmon.next();
    assert_eq!(plain.title, "", "{plain:#?}");
    plain.says("Container Status Alert - CRITICAL").says("exited by itself with code 3");
    dmon.end();
}

#[test]
fn an_answer_that_is_lost_makes_it_say_the_same_again() {
    let engine = engine();
    let mut dmon = watch(&engine, &[]);
    dmon.slack.answer_in_turn([Reply::Close, Reply::ok()]);
    fail(&engine, "web", 3);
    dmon.expect(DOWN, &[("Container", "web")]);
    dmon.expect(DOWN, &[("Container", "web")]);
    let posts = dmon.slack.posts();
    let foot = |at: usize| posts[at].json()["attachments"][0]["footer"].clone();
    assert!(foot(1).as_str().is_some_and(|foot| foot.contains("alert ")), "{posts:?}");
    assert_eq!(foot(1), foot(2));
    dmon.end();
}

#[test]
fn a_slack_that_never_answers_does_not_keep_it_from_ending() {
    let engine = engine();
    let mut dmon = watch(&engine, &[]);
    dmon.slack.answer(Reply::Hang);
    fail(&engine, "web", 3);
    dmon.expect(DOWN, &[("Container", "web")]);
    let asked = clock::monotonic();
    dmon.stop();
    let took = clock::monotonic().duration_since(asked);
    // Five seconds by the contract, and one for a busy machine.
    assert!(took < Duration::from_secs(6), "{took:?}");
    dmon.slack.answer(Reply::ok());
    dmon.begin();
    dmon.expect(DOWN, &[("Container", "web")]);
    dmon.end();
}

#[test]
fn what_matters_too_little_is_not_told_and_neither_is_its_end() {
    let engine = engine();
    let settings = [("ALERT_MIN_SEVERITY", "critical"), ("RESTART_GRACE", "1")];
    let mut dmon = Watching::of_script(engine.address(), &settings);
    dmon.begin();
    dmon.logs("dmon Is Watching: it matters less");
    engine.change("web", |web| web.status("paused"));
    engine.tell("web", "pause", &[]);
    dmon.logs("Container Status Alert: it matters less");
    engine.change("web", |web| web.status("running"));
    engine.tell("web", "unpause", &[]);
    fail(&engine, "db", 3);
    dmon.expect(DOWN, &[("Container", "db")]);
    start(&engine, "db");
    dmon.expect(RECOVERED, &[("Container", "db")]);
    dmon.end();
}
