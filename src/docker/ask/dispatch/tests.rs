use super::*;
use crate::monitor::container::List;

/// A dispatch, and what the tests do with it: inspections are named by a letter or a number.
#[derive(Default)]
struct Driven {
    dispatch: Dispatch,
    tickets: BTreeMap<String, Ticket>,
}

impl Driven {
    fn ask(&mut self, about: About, asked: u64, now: f64) {
        let question = Question { asked: moment(asked), about };
        self.dispatch.ask(question, at(now));
    }

    fn inspect(&mut self, name: &str, asked: u64, now: f64) {
        self.ask(About::Inspect(id(name)), asked, now);
    }

    /// Sends all that may be sent of a lane: who it is about, and when it was asked.
    fn send(&mut self, lane: Lane, now: f64) -> Vec<(String, u64)> {
        let sent = std::iter::from_fn(|| self.dispatch.next(lane, at(now))).collect::<Vec<_>>();
        let mut names = Vec::new();
        for Sent { ticket, question } in sent {
            let name = match question.about {
                About::Inspect(id) | About::Logs { id, .. } => id.as_str().to_owned(),
                About::List => "list".to_owned(),
                About::Ping => "ping".to_owned(),
            };
            self.tickets.insert(name.clone(), ticket);
            names.push((name, question.asked.0.as_secs()));
        }
        names
    }

    /// What is handed on when this is the answer to the question that was sent last under that name.
    fn finish(&mut self, name: &str, answer: Input) -> Option<Input> {
        self.dispatch.finished(self.tickets[name], answer)
    }

    /// What is due: how often each container is unanswered.
    fn unanswered(&mut self, now: f64) -> Vec<(String, u64)> {
        let due = self.dispatch.due(at(now));
        due.into_iter()
            .map(|input| match input {
                Input::Unanswered { asked, id, .. } => (id.as_str().to_owned(), asked.0.as_secs()),
                other => panic!("{other:?}"),
            })
            .collect()
    }
}

fn at(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds)
}

fn moment(seconds: u64) -> Moment {
    Moment(Duration::from_secs(seconds))
}

fn id(name: &str) -> ContainerId {
    ContainerId::new(name)
}

fn logs(name: &str) -> About {
    About::Logs { id: id(name), lines: 5 }
}

fn names(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("{number:05}")).collect()
}

fn gone(name: &str, asked: u64) -> Input {
    Input::Gone { asked: moment(asked), id: id(name) }
}

fn failed(name: &str, asked: u64) -> Input {
    unanswered(moment(asked), id(name), "x".to_owned())
}

fn pairs(pairs: &[(&str, u64)]) -> Vec<(String, u64)> {
    pairs.iter().map(|(name, asked)| ((*name).to_owned(), *asked)).collect()
}

#[test]
fn a_question_is_sent_at_once_and_its_answer_handed_on() {
    let mut driven = Driven::default();
    driven.inspect("a", 1, 0.0);
    driven.ask(About::List, 2, 0.0);
    driven.ask(About::Ping, 3, 0.0);
    driven.ask(logs("a"), 4, 0.0);
    for (lane, name, asked) in [
        (Lane::Lists, "list", 2),
        (Lane::Inspections, "a", 1),
        (Lane::Pings, "ping", 3),
        (Lane::Logs, "a", 4),
    ] {
        assert_eq!(driven.send(lane, 0.0), pairs(&[(name, asked)]), "{lane:?}");
    }
    let listed = Input::Listed { asked: moment(2), list: List::default() };
    assert_eq!(driven.finish("list", listed.clone()), Some(listed.clone()));
    assert_eq!(driven.finish("list", listed), None, "an answer is handed on once");
}

#[test]
fn no_more_inspections_are_open_than_there_are_places() {
    let mut driven = Driven::default();
    let all = names(INSPECTIONS_MAX + 2);
    for (asked, name) in (0..).zip(&all) {
        driven.inspect(name, asked, 0.0);
    }
    let sent = driven.send(Lane::Inspections, 0.0);
    assert_eq!(sent.len(), INSPECTIONS_MAX);
    assert_eq!(sent[0].0, all[INSPECTIONS_MAX + 1], "the newest goes first");
    let name = sent[3].0.clone();
    let answer = failed(&name, sent[3].1);
    assert_eq!(driven.finish(&name, answer.clone()), Some(answer));
    assert_eq!(driven.send(Lane::Inspections, 0.1), [(all[1].clone(), 1)]);
}

#[test]
fn an_inspection_that_is_slow_has_its_time_in_another_place() {
    let mut driven = Driven::default();
    driven.inspect("a", 1, 0.0);
    driven.send(Lane::Inspections, 0.0);
    assert_eq!(driven.dispatch.deadline(), Some(SLOW_AFTER));
    assert_eq!(driven.unanswered(1.0), []);
    assert_eq!(driven.dispatch.deadline(), Some(ANSWER_TIMEOUT));
    assert_eq!(driven.finish("a", gone("a", 1)), Some(gone("a", 1)));

    driven.inspect("a", 3, 30.0);
    driven.send(Lane::Inspections, 30.0);
    assert_eq!(driven.unanswered(31.0), []);
    assert_eq!(driven.unanswered(39.9), []);
    assert_eq!(driven.unanswered(40.0), pairs(&[("a", 3)]));
    assert_eq!(driven.dispatch.until(driven.tickets["a"]), None, "it is given up");
    assert_eq!(driven.finish("a", gone("a", 3)), None);
}

#[test]
fn what_finds_no_slow_place_is_given_up() {
    let mut driven = Driven::default();
    let all = names(INSPECTIONS_MAX + SLOW_INSPECTIONS_MAX + 1);
    for name in &all {
        driven.inspect(name, 1, 0.0);
    }
    // The first lot takes all slow places, so all others are given up.
    assert_eq!(driven.send(Lane::Inspections, 0.0).len(), INSPECTIONS_MAX);
    assert_eq!(driven.unanswered(1.0).len(), INSPECTIONS_MAX - SLOW_INSPECTIONS_MAX);
    let is_open =
        |driven: &Driven, name: &String| driven.dispatch.until(driven.tickets[name]).is_some();
    let open = driven.tickets.keys().filter(|name| is_open(&driven, name)).count();
    assert_eq!(open, SLOW_INSPECTIONS_MAX);
    let rest = driven.send(Lane::Inspections, 1.0);
    assert_eq!(rest.len(), SLOW_INSPECTIONS_MAX + 1, "their places are free");
    assert_eq!(driven.unanswered(2.0).len(), SLOW_INSPECTIONS_MAX + 1);
    assert!(rest.iter().all(|(name, _)| !is_open(&driven, name)));
    // A slow place that becomes free serves the next.
    let slow = driven.tickets.keys().find(|name| is_open(&driven, name)).unwrap().clone();
    driven.finish(&slow, gone(&slow, 1));
    driven.inspect("late", 3, 3.0);
    driven.send(Lane::Inspections, 3.0);
    assert_eq!(driven.unanswered(4.0), []);
    assert!(is_open(&driven, &"late".to_owned()));
}

#[test]
fn a_newer_question_about_a_container_is_sent_after_the_open_one() {
    let mut driven = Driven::default();
    driven.inspect("a", 1, 0.0);
    driven.send(Lane::Inspections, 0.0);
    driven.inspect("a", 3, 0.1);
    driven.inspect("a", 2, 0.1);
    assert_eq!(driven.send(Lane::Inspections, 0.1), []);
    assert_eq!(driven.finish("a", gone("a", 1)), Some(gone("a", 1)), "with its own moment");
    assert_eq!(driven.send(Lane::Inspections, 0.2), pairs(&[("a", 3)]), "the newest alone");

    // When the open one is given up, so is the one that waits for it.
    driven.inspect("a", 4, 0.3);
    assert_eq!(driven.unanswered(1.2), []);
    assert_eq!(driven.unanswered(10.2), pairs(&[("a", 3), ("a", 4)]));
    assert_eq!(driven.send(Lane::Inspections, 10.2), []);
}

#[test]
fn a_container_waits_once_by_its_newest_question() {
    let mut driven = Driven::default();
    let open = names(INSPECTIONS_MAX);
    for name in &open {
        driven.inspect(name, 0, 0.0);
    }
    driven.send(Lane::Inspections, 0.0);
    for (name, asked) in [("a", 1), ("b", 2), ("a", 3), ("b", 1)] {
        driven.inspect(name, asked, 0.0);
    }
    for name in &open {
        driven.finish(name, gone(name, 0));
    }
    assert_eq!(driven.send(Lane::Inspections, 0.0), pairs(&[("b", 2), ("a", 3)]));
}

#[test]
fn the_number_of_waiting_inspections_is_limited() {
    let mut driven = Driven::default();
    let all = names(INSPECTIONS_WAITING_MAX);
    for name in &all {
        driven.inspect(name, 1, 0.0);
    }
    assert_eq!(driven.unanswered(0.0), []);
    driven.inspect("one more", 2, 0.0);
    assert_eq!(driven.unanswered(0.0), pairs(&[("one more", 2)]));
    driven.inspect(&all[7], 3, 0.0);
    assert_eq!(driven.unanswered(0.0), [], "it waits already");
    assert_eq!(driven.send(Lane::Inspections, 0.0)[0], (all[7].clone(), 3));
}

#[test]
fn lists_and_pings_wait_for_nothing() {
    let mut driven = Driven::default();
    let unlisted = |asked, reason: &str| Input::Unlisted {
        asked: moment(asked),
        reason: format!("/containers/json: {reason}"),
    };
    for name in names(100) {
        driven.inspect(&name, 1, 0.0);
    }
    driven.send(Lane::Inspections, 0.0);
    for asked in 1..=3 {
        driven.ask(About::List, asked, 0.0);
        driven.ask(About::Ping, asked, 0.0);
    }
    assert_eq!(driven.send(Lane::Lists, 0.0), pairs(&[("list", 1), ("list", 2)]));
    assert_eq!(driven.send(Lane::Pings, 0.0), pairs(&[("ping", 1), ("ping", 2)]));
    let ping = |asked| Input::Pinged { asked: moment(asked), ping: Ping::Unanswered };
    let refused = unlisted(3, "those before it are not answered yet");
    assert_eq!(driven.dispatch.due(at(0.0)), [refused, ping(3)]);
    let due = driven.dispatch.due(at(10.0));
    let lists: Vec<_> =
        due.iter().filter(|input| matches!(input, Input::Unlisted { .. })).collect();
    assert_eq!(
        lists,
        [&unlisted(1, "no answer within 10 s"), &unlisted(2, "no answer within 10 s")]
    );
    assert!(due.contains(&ping(1)) && due.contains(&ping(2)), "{due:?}");
    driven.ask(About::List, 4, 10.0);
    assert_eq!(driven.send(Lane::Lists, 10.0), pairs(&[("list", 4)]));
}

#[test]
fn logs_have_a_lane_and_a_time_of_their_own() {
    let mut driven = Driven::default();
    let none = |name: &str| Input::Logs { id: id(name), lines: Vec::new() };
    let all = names(LOGS_MAX + LOGS_WAITING_MAX);
    for name in &all[..LOGS_MAX] {
        driven.ask(logs(name), 0, 0.0);
    }
    assert_eq!(driven.send(Lane::Logs, 0.0).len(), LOGS_MAX);
    for name in &all[LOGS_MAX..] {
        driven.ask(logs(name), 0, 1.0);
    }
    assert_eq!(driven.send(Lane::Logs, 1.0), [], "all places are taken");
    assert_eq!(driven.dispatch.due(at(1.0)), []);
    driven.ask(logs("one more"), 0, 1.0);
    assert_eq!(driven.dispatch.due(at(1.0)), [none("one more")]);
    driven.ask(logs(&all[0]), 0, 1.0);
    driven.ask(logs(&all[LOGS_MAX]), 0, 1.0);
    assert_eq!(driven.dispatch.due(at(1.0)), [], "what is under way serves both");

    assert_eq!(driven.dispatch.due(at(2.0)).len(), LOGS_MAX);
    assert_eq!(driven.send(Lane::Logs, 2.9).len(), LOGS_MAX);
    // What waited counts.
    assert_eq!(driven.dispatch.due(at(3.0)).len(), LOGS_WAITING_MAX);
    assert_eq!(driven.dispatch.deadline(), None);
}
