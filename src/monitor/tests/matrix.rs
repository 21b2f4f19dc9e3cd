//! Every question of the core × how it stays without an answer × when × for whom: a crash that
//! events or the list still show is reported within 35 s, or `Docker Engine Unreachable` is, and
//! `dmon health` agrees.

use std::time::Duration;

use super::bench::{Bench, settings};
use crate::monitor::container::Status;
use crate::monitor::effect::Effect;
use crate::monitor::input::{Input, Loss, News};

/// What a crash, or that dmon is blind, is reported within.
const REPORTED_WITHIN: Duration = Duration::from_secs(35);

/// A dmon with no inspection answered for this long is not healthy.
const INSPECTED_WITHIN: Duration = Duration::from_mins(1);

/// What stays without an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Endpoint {
    Stream,
    List,
    Inspection,
    Ping,
    Logs,
}

/// How it stays without one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// At once: refused, unreadable, cut off.
    Refused,
    /// Whoever asks gives up after ten seconds.
    Hangs,
}

/// For whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum For {
    All,
    /// The container that crashes.
    Crashing,
    /// Another one.
    Other,
}

#[derive(Clone, Copy, Debug)]
enum When {
    Start,
    Gap,
    Calm,
}

/// What is out of order.
#[derive(Clone, Copy, Debug)]
pub(super) struct Disorder {
    pub(super) endpoint: Endpoint,
    pub(super) fault: Fault,
    pub(super) whose: For,
}

impl Disorder {
    /// Whether this question is one that stays without an answer.
    pub(super) fn concerns(self, effect: &Effect, name: Option<&str>) -> bool {
        let is_whose = match self.whose {
            For::All => true,
            For::Crashing => name == Some("web"),
            For::Other => name == Some("db"),
        };
        match (self.endpoint, effect) {
            (Endpoint::List, Effect::List { .. }) | (Endpoint::Ping, Effect::Ping { .. }) => true,
            (Endpoint::Inspection, Effect::Inspect { .. })
            | (Endpoint::Logs, Effect::FetchLogs { .. }) => is_whose,
            _ => false,
        }
    }
}

/// Plays a cell. What is wrong with it, if anything.
fn played(disorder: Disorder, when: When, news: News) -> Option<String> {
    let mut settings = settings();
    settings.log_lines = 5;
    let mut bench = Bench::unconnected(settings, "web db api");
    bench.news = news;
    let stream_hangs = disorder.endpoint == Endpoint::Stream;
    if let When::Gap | When::Calm = when {
        bench.connect();
        bench.until(bench.clock + Duration::from_secs(25));
    }
    bench.disorder = Some(disorder);
    match when {
        When::Start if !stream_hangs => bench.connect(),
        When::Gap => {
            bench.give(Input::Lost(Loss::StreamEnded));
            if !stream_hangs {
                bench.connect();
            }
        }
        When::Calm if stream_hangs => bench.give(Input::Lost(Loss::StreamEnded)),
        When::Start | When::Calm => {}
    }
    bench.until(bench.clock + Duration::from_secs(12));
    bench.batches.clear();
    bench.crash("web", !stream_hangs && news == News::Events);
    let end = bench.clock + REPORTED_WITHIN;
    bench.until(end);
    let told = bench.told();
    let reported = told.iter().any(|line| line.contains("web") || line.contains("Unreachable"));
    bench.until(end + INSPECTED_WITHIN);
    let health = bench.monitor.health();
    let is_red = health.live.is_err() || health.inspections.is_err();
    let unreachable = told.iter().any(|line| line.contains("Unreachable"));
    let must_be_red =
        unreachable || disorder.endpoint == Endpoint::Inspection && disorder.whose == For::All;
    match (reported, must_be_red, is_red) {
        (false, ..) => Some(format!("nothing is reported: {told:#?}")),
        (true, true, false) => Some(format!("health is green: {told:#?}")),
        (true, false, true) => Some(format!("health is red ({health:?}): {told:#?}")),
        (true, ..) => None,
    }
}

#[test]
fn whatever_stays_unanswered_dmon_is_never_silent_and_green() {
    use Endpoint::{Inspection, List, Logs, Ping, Stream};
    let mut wrong = Vec::new();
    let mut cells = 0;
    for endpoint in [Stream, List, Inspection, Ping, Logs] {
        let whose: &[For] = match endpoint {
            Inspection | Logs => &[For::All, For::Crashing, For::Other],
            Stream | List | Ping => &[For::All],
        };
        for fault in [Fault::Refused, Fault::Hangs] {
            for when in [When::Start, When::Gap, When::Calm] {
                for news in [News::Events, News::Lists] {
                    for whose in whose.iter().copied() {
                        if endpoint == Stream && news == News::Lists {
                            continue;
                        }
                        let disorder = Disorder { endpoint, fault, whose };
                        cells += 1;
                        if let Some(fault) = played(disorder, when, news) {
                            wrong.push(format!("{disorder:?} {when:?} {news:?}: {fault}"));
                        }
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {cells} cells:\n{}", wrong.len(), wrong.join("\n"));
}

impl Bench {
    /// A container ends, and the Engine reports it where it reports events.
    fn crash(&mut self, name: &str, is_reported: bool) {
        if is_reported {
            return self.act(&format!("die {name} 3"));
        }
        let wall = self.engine_time();
        let state = &mut self.containers.get_mut(name).unwrap().state;
        (state.status, state.exit_code, state.finished_at) = (Status::Exited, 3, Some(wall));
    }
}
