//! What becomes true while a message is under way is owed when its fate is known.

use super::*;
use crate::monitor::alert::{About, AlertId};
use crate::monitor::container::Status as Is;
use crate::monitor::tests::bench::settings;
use crate::timestamp::Timestamp;

fn second(seconds: u64) -> Moment {
    Moment(Duration::from_secs(seconds))
}

fn alert(kind: Kind, seconds: u64) -> Alert {
    let identity = Identity::Name("web".to_owned());
    let time = Timestamp::from_seconds(0) + Duration::from_secs(seconds);
    Alert {
        id: AlertId::of(&identity, kind.title(), time),
        identity,
        severity: Severity::Critical,
        kind,
        time,
        moment: second(seconds),
        about: About::default(),
        repeat: None,
        ended: None,
        between: None,
        log: Vec::new(),
    }
}

fn died(seconds: u64) -> Alert {
    let (from, to) = (Condition::Is(Is::Running), Condition::Is(Is::Exited));
    alert(Kind::Status { from, to, cause: Cause::Unknown, said: None }, seconds)
}

fn well(seconds: u64) -> Alert {
    let (from, lasted) = (Condition::Is(Is::Exited), Duration::ZERO);
    alert(Kind::Recovered { after: None, from, lasted }, seconds)
}

/// A ledger whose first message, of a death at 1, is under way.
fn telling() -> (Ledger, BatchId) {
    let mut ledger = Ledger::default();
    ledger.problem(died(1), second(1), &settings());
    let batch = ledger.next(second(1), More::NotKnown, &settings()).unwrap();
    assert_eq!(ledger.next(second(9), More::NotKnown, &settings()), None, "one at a time");
    (ledger, batch.id)
}

/// What leaves at `seconds`: titles, and whether it was over before it was told.
fn next(ledger: &mut Ledger, seconds: u64) -> Vec<(&'static str, bool)> {
    let batch = ledger.next(second(seconds), More::NotKnown, &settings());
    let alerts = batch.map(|batch| batch.alerts).unwrap_or_default();
    alerts.iter().map(|alert| (alert.kind.title(), alert.ended.is_some())).collect()
}

const FAILED: Outcome = Outcome::Failed { wait: None };

#[test]
fn a_recovery_while_its_problem_is_under_way() {
    let (mut ledger, batch) = telling();
    ledger.well(well(2), second(2), &settings());
    ledger.delivery(batch, Outcome::Delivered, second(3));
    assert_eq!(next(&mut ledger, 4), [("Container Recovered", false)]);
    let (mut ledger, batch) = telling();
    ledger.well(well(2), second(2), &settings());
    ledger.delivery(batch, FAILED, second(3));
    assert_eq!(next(&mut ledger, 4), []);
    assert_eq!(next(&mut ledger, 5), [("Container Status Alert", true)]);
}

#[test]
fn a_removal_while_its_problem_is_under_way_is_told_once() {
    let (mut ledger, batch) = telling();
    let removed = alert(Kind::Removed { previous: Is::Exited, cause: None }, 2);
    let removed = ledger.end(removed, second(2), &settings()).unwrap();
    ledger.notice(removed, second(2), &settings());
    ledger.delivery(batch, Outcome::Delivered, second(3));
    assert_eq!(next(&mut ledger, 4), [("Container Removed", false)]);
}

#[test]
fn a_relapse_while_the_recovery_is_under_way() {
    let (mut ledger, batch) = telling();
    ledger.delivery(batch, Outcome::Delivered, second(3));
    ledger.well(well(10), second(10), &settings());
    let recovery = ledger.next(second(10), More::NotKnown, &settings()).unwrap();
    ledger.problem(died(11), second(11), &settings());
    ledger.delivery(recovery.id, Outcome::Delivered, second(12));
    assert_eq!(next(&mut ledger, 13), [("Container Status Alert", false)]);
}

#[test]
fn a_relapse_after_a_recovery_that_slack_may_have_heard_of_is_told() {
    let check = |outcome: Outcome, expected: &[(&str, bool)]| {
        let (mut ledger, batch) = telling();
        ledger.delivery(batch, Outcome::Delivered, second(3));
        ledger.well(well(10), second(10), &settings());
        let recovery = ledger.next(second(10), More::NotKnown, &settings()).unwrap();
        ledger.delivery(recovery.id, outcome, second(12));
        ledger.problem(died(13), second(13), &settings());
        assert_eq!(next(&mut ledger, 20), expected, "{outcome:?}");
    };
    check(Outcome::Unanswered, &[("Container Status Alert", false)]);
    // Slack still believes that it is ill, as it is.
    check(FAILED, &[]);
}

#[test]
fn a_rename_while_a_message_is_under_way_does_not_tell_it_twice() {
    let (mut ledger, batch) = telling();
    let (web, api) = (Identity::Name("web".to_owned()), Identity::Name("api".to_owned()));
    ledger.rename(&web, &api);
    ledger.delivery(batch, Outcome::Delivered, second(3));
    assert_eq!(next(&mut ledger, 60), []);
}

#[test]
fn a_problem_told_twice_keeps_its_id() {
    let (mut ledger, batch) = telling();
    ledger.delivery(batch, FAILED, second(3));
    let again = ledger.next(second(60), More::NotKnown, &settings()).unwrap();
    assert_eq!(again.alerts[0].id, died(1).id);
}

#[test]
fn a_notice_that_failed_takes_the_later_ones_in() {
    let mut ledger = Ledger::default();
    ledger.notice(alert(Kind::RestartedManually, 1), second(1), &settings());
    let batch = ledger.next(second(1), More::NotKnown, &settings()).unwrap();
    ledger.notice(alert(Kind::RestartedManually, 2), second(2), &settings());
    ledger.delivery(batch.id, FAILED, second(3));
    let again = ledger.next(second(60), More::NotKnown, &settings()).unwrap();
    assert_eq!(again.alerts.len(), 1);
    assert_eq!(again.alerts[0].repeat.map(|repeat| repeat.times), Some(2));
}

#[test]
fn slack_is_waited_for_as_long_as_it_asks() {
    let (mut ledger, batch) = telling();
    let wait = Some(Duration::from_secs(30));
    ledger.delivery(batch, Outcome::Failed { wait }, second(3));
    assert_eq!(ledger.deadline(More::NotKnown), Some(second(33)));
    assert_eq!(next(&mut ledger, 32), []);
    assert_eq!(next(&mut ledger, 33).len(), 1);
}

#[test]
fn after_a_restart_what_was_under_way_is_owed_again() {
    let (mut ledger, _) = telling();
    ledger.start_again(&settings());
    assert_eq!(next(&mut ledger, 9), [("Container Status Alert", false)]);
}
