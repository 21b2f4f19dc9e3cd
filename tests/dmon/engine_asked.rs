//! Those who ask the Engine, against a scripted one on real sockets: each question is answered on
//! its own, whatever becomes of the others.

use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::Duration;

use dmon::clock;
use dmon::docker::ANSWER_TIMEOUT;
use dmon::docker::ask::dispatch::{
    INSPECTIONS_MAX, LISTS_MAX, LOGS_TIMEOUT, SLOW_AFTER, SLOW_INSPECTIONS_MAX,
};
use dmon::docker::ask::{About, Asker, Question};
use dmon::monitor::container::ContainerId;
use dmon::monitor::input::{Input, Ping};
use dmon::monitor::moment::Moment;

use crate::support::engine::{Container, Reply, ScriptedEngine};
use crate::support::process::PATIENCE;

/// More than an answer takes that waits for nothing.
const AT_ONCE: Duration = Duration::from_millis(500);

/// Asks an Engine and takes the answers.
struct Asking {
    asker: Asker,
    answers: Receiver<Input>,
    /// Those that came while another was waited for.
    set_aside: Vec<Input>,
}

impl Asking {
    fn new(engine: &ScriptedEngine) -> Self {
        let (inbox, answers) = sync_channel(1024);
        let asker = Asker::new(engine.address().parse().unwrap(), inbox);
        Self { asker, answers, set_aside: Vec::new() }
    }

    fn ask(&self, asked: u64, about: About) {
        self.asker.ask(Question { asked: moment(asked), about });
    }

    /// The next answer, which takes no longer than that.
    fn within(&self, span: Duration) -> Input {
        let begun = clock::monotonic();
        let answer = self.answers.recv_timeout(PATIENCE).unwrap();
        assert!(begun.elapsed() < span, "{answer:?} took {:?}", begun.elapsed());
        answer
    }

    /// There is no answer for so long.
    fn silent_for(&self, span: Duration) {
        assert_eq!(self.answers.recv_timeout(span), Err(RecvTimeoutError::Timeout));
    }

    fn at_once(&self) -> Input {
        self.within(AT_ONCE)
    }

    /// The answer that is wanted, whatever comes before it, which takes no longer than that.
    fn find(&mut self, span: Duration, is_wanted: impl Fn(&Input) -> bool) -> Input {
        let begun = clock::monotonic();
        if let Some(index) = self.set_aside.iter().position(&is_wanted) {
            return self.set_aside.remove(index);
        }
        loop {
            let answer = self.answers.recv_timeout(PATIENCE).unwrap();
            if is_wanted(&answer) {
                assert!(begun.elapsed() < span, "{answer:?} took {:?}", begun.elapsed());
                return answer;
            }
            self.set_aside.push(answer);
        }
    }

    /// The names of the containers that were inspected, each at once.
    fn inspected(&self, count: usize) -> Vec<String> {
        let name = |answer| match answer {
            Input::Inspected { container, .. } => container.name,
            other => panic!("{other:?}"),
        };
        let mut names: Vec<String> = (0..count).map(|_| name(self.at_once())).collect();
        names.sort();
        names
    }
}

fn moment(seconds: u64) -> Moment {
    Moment(Duration::from_secs(seconds))
}

fn containers(count: usize) -> Vec<Container> {
    (0..count).map(|number| Container::new(&format!("c{number:03}"))).collect()
}

fn id(container: &Container) -> ContainerId {
    ContainerId::new(container.id())
}

fn inspect(container: &Container) -> About {
    About::Inspect(id(container))
}

fn logs(container: &Container) -> About {
    About::Logs { id: id(container), lines: 5 }
}

fn path(container: &Container, what: &str) -> String {
    format!("/containers/{}/{what}", container.id())
}

#[test]
fn what_hangs_delays_nothing_else() {
    let all = containers(10);
    let engine = ScriptedEngine::new(all.clone());
    engine.answer(&path(&all[0], "json"), Reply::Hang);
    engine.answer(&path(&all[1], "logs"), Reply::Hang);
    engine.answer("/containers/json", Reply::Hang);
    let mut asking = Asking::new(&engine);
    asking.ask(1, About::List);
    asking.ask(1, logs(&all[1]));
    asking.ask(1, inspect(&all[0]));
    for path in [&path(&all[0], "json"), &path(&all[1], "logs"), "/containers/json"] {
        engine.wait_for_requests(path, 1);
    }
    for (number, container) in (2..).zip(&all[1..]) {
        asking.ask(number, inspect(container));
        asking.find(AT_ONCE, |input| match input {
            Input::Inspected { asked, container: found } => {
                *asked == moment(number) && found.name == container.name
            }
            _ => false,
        });
    }
    asking.ask(20, About::Ping);
    let pinged = Input::Pinged { asked: moment(20), ping: Ping::Answered };
    asking.find(AT_ONCE, |input| *input == pinged);
    asking.ask(21, logs(&all[2]));
    let none = |container| Input::Logs { id: id(container), lines: Vec::new() };
    asking.find(AT_ONCE, |input| *input == none(&all[2]));
    engine.answer_as_usual("/containers/json");
    asking.ask(22, About::List);
    asking.find(AT_ONCE, |input| match input {
        Input::Listed { asked, list } => *asked == moment(22) && list.containers.len() == 10,
        _ => false,
    });

    // What hangs is reported when its time is up.
    asking.find(LOGS_TIMEOUT + AT_ONCE, |input| *input == none(&all[1]));
    let unlisted = asking.find(
        ANSWER_TIMEOUT + AT_ONCE,
        |input| matches!(input, Input::Unlisted { asked, .. } if *asked == moment(1)),
    );
    let Input::Unlisted { reason, .. } = unlisted else { unreachable!("it was found as one") };
    assert!(reason.starts_with("/containers/json: no answer "), "{reason}");
    assert!(reason.ends_with(" within 10 s"), "{reason}");
    asking.find(AT_ONCE, |input| match input {
        Input::Unanswered { asked, id: of, reason } => {
            *asked == moment(1) && *of == id(&all[0]) && reason.ends_with(" within 10 s")
        }
        _ => false,
    });
    assert_eq!(asking.set_aside, [], "each question is answered once");
}

#[test]
fn an_answer_that_comes_late_counts() {
    let web = Container::new("web");
    let engine = ScriptedEngine::new([web.clone()]);
    let body = r#"{"Id":"ID","Name":"/late","State":{"Status":"running"}}"#;
    let late = Reply::json(body.replace("ID", &web.id()));
    engine.answer(&path(&web, "json"), Reply::Awaiting(2, Box::new(late)));
    let asking = Asking::new(&engine);
    asking.ask(1, inspect(&web));
    asking.silent_for(SLOW_AFTER + AT_ONCE);
    // The second request ends the wait for the first.
    asking.ask(2, About::Ping);
    let mut answers = [asking.at_once(), asking.at_once()];
    answers.sort_by_key(|answer| matches!(answer, Input::Pinged { .. }));
    let Input::Inspected { asked, container } = &answers[0] else { panic!("{answers:?}") };
    assert_eq!((*asked, container.name.as_str()), (moment(1), "late"));
}

#[test]
fn many_that_hang_keep_few_connections_and_let_others_through() {
    let all = containers(40);
    let (hung, good) = all.split_at(35);
    let engine = ScriptedEngine::new(all.clone());
    for container in hung {
        engine.answer(&path(container, "json"), Reply::Hang);
    }
    let asking = Asking::new(&engine);
    for container in hung {
        asking.ask(1, inspect(container));
    }
    for container in good {
        asking.ask(2, inspect(container));
    }
    let mut inspected = 0;
    let mut unanswered = 0;
    while inspected < good.len() || unanswered < hung.len() {
        // Lots of those that hang, a second each, and those in the slow places.
        match asking.within(ANSWER_TIMEOUT + AT_ONCE) {
            Input::Inspected { .. } => inspected += 1,
            Input::Unanswered { .. } => unanswered += 1,
            other => panic!("{other:?}"),
        }
        let open = engine.connections_open();
        assert!(open <= INSPECTIONS_MAX + SLOW_INSPECTIONS_MAX, "{open}");
    }
    assert_eq!((inspected, unanswered), (good.len(), hung.len()));
}

#[test]
fn connections_stay_open_from_one_question_to_the_next() {
    let all = containers(100);
    let engine = ScriptedEngine::new(all.clone());
    let asking = Asking::new(&engine);
    for container in &all {
        asking.ask(1, inspect(container));
        asking.inspected(1);
    }
    assert_eq!(engine.connections_made(), 1, "one worker was enough");
    for container in &all {
        asking.ask(2, inspect(container));
    }
    assert_eq!(
        asking.inspected(all.len()),
        all.iter().map(|one| one.name.clone()).collect::<Vec<_>>()
    );
    let made = engine.connections_made();
    assert!(made as usize <= INSPECTIONS_MAX, "{made}");
}

#[test]
fn a_ping_that_a_proxy_forbids_finds_the_engine_behind_it() {
    let check = |forbidden: &[&str], expected: Ping| {
        let engine = ScriptedEngine::new([]);
        for path in forbidden {
            engine.answer(path, Reply::last("HTTP/1.0 403 Forbidden\r\n\r\n<html>"));
        }
        let asking = Asking::new(&engine);
        asking.ask(1, About::Ping);
        let pinged = Input::Pinged { asked: moment(1), ping: expected };
        assert_eq!(asking.at_once(), pinged, "{forbidden:?}");
        assert_eq!(engine.connections_made() as usize, engine.requests().len(), "each is new");
    };
    check(&[], Ping::Answered);
    check(&["/_ping"], Ping::Answered);
    check(&["/_ping", "/version"], Ping::Answered);
    check(&["/_ping", "/version", "/containers/json"], Ping::Unanswered);

    let engine = ScriptedEngine::new([]);
    engine.answer("/_ping", Reply::refusal(503, "starting"));
    let asking = Asking::new(&engine);
    asking.ask(1, About::Ping);
    assert_eq!(asking.at_once(), Input::Pinged { asked: moment(1), ping: Ping::Unanswered });
    assert_eq!(engine.requests(), ["/_ping"], "a fault of the Engine is no answer");
}

#[test]
fn a_list_above_the_limit_is_answered_without_the_engine() {
    let engine = ScriptedEngine::new([]);
    engine.answer("/containers/json", Reply::Hang);
    let asking = Asking::new(&engine);
    for asked in 0..=u64::try_from(LISTS_MAX).unwrap() {
        asking.ask(asked, About::List);
    }
    let reason = "/containers/json: those before it are not answered yet".to_owned();
    assert_eq!(asking.at_once(), Input::Unlisted { asked: moment(2), reason });
}

#[test]
fn nothing_is_asked_any_more_when_nobody_asks() {
    let all = containers(3);
    let engine = ScriptedEngine::new(all.clone());
    let asking = Asking::new(&engine);
    for container in &all {
        asking.ask(1, inspect(container));
    }
    asking.inspected(3);
    let Asking { asker, answers, .. } = asking;
    drop(asker);
    engine.wait_until_alone();
    assert_eq!(answers.recv_timeout(PATIENCE), Err(RecvTimeoutError::Disconnected));
}
