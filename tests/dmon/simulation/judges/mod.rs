//! What must hold of everything that Slack was told, whatever happened. The judges know the truth,
//! and nothing of how dmon came to know. What dmon cannot know, because nobody told it and no look
//! shows it, they excuse; each excuse says so.

mod sighted;
mod story;
mod truthful;

use std::time::Duration;

use dmon::monitor::alert::{Alert, Kind};
use dmon::monitor::identity::Identity;
use dmon::monitor::severity::Severity;
use dmon::monitor::state::State;
use dmon::timestamp::Timestamp;

use super::api::Endpoint;
use super::faults::Fault;
use super::host::{Host, Post};
use super::sight::Span;
use super::story::second;
use super::truth::{Purpose, Soul, Truth, What};

/// Times of one and the same thing differ by no more than this.
const SAME: Duration = Duration::from_millis(1_500);

/// How long a loop and a want of memory are spoken of.
const LASTING: Duration = Duration::from_mins(5);

/// What the slowest look finds, it finds within this: two intervals and an answer.
const FOUND_WITHIN: Duration = Duration::from_secs(21);

/// A question that was not answered is asked again after this at the latest.
const ASKED_AGAIN_WITHIN: Duration = Duration::from_mins(11);

/// Where answers take seconds, what they show is found so much later.
const SLOW_ANSWERS_TAKE: Duration = Duration::from_secs(40);

/// What a judge found wrong: about whom, when, and what.
pub(super) struct Wrong {
    pub(super) soul: Option<Soul>,
    pub(super) at: Timestamp,
    pub(super) what: String,
}

/// The court.
struct Judges<'a> {
    host: &'a Host,
    truth: &'a Truth,
    /// What dmon remembers in the end.
    state: &'a State,
    faults: Vec<Wrong>,
}

/// All that is wrong with what a host's dmon told.
pub(super) fn judge(host: &Host) -> Vec<Wrong> {
    if let Some(at) = host.restless {
        return vec![Wrong { soul: None, at, what: "awake again and again".to_owned() }];
    }
    let state = host.state();
    let (truth, faults) = (&host.engine.truth, Vec::new());
    let mut judges = Judges { host, truth, state: &state, faults };
    if let Some(at) = host.forgets {
        judges.fault(None, at, "what was saved is not what is read".to_owned());
    }
    judges.keeps_pace();
    for post in &host.posts {
        for alert in &post.alerts {
            judges.is_true(post, alert);
        }
    }
    for soul in 0..judges.truth.purposes.len() {
        judges.story(soul);
    }
    judges.is_settled();
    judges.is_sighted();
    judges.faults
}

impl Judges<'_> {
    fn fault(&mut self, soul: Option<Soul>, at: Timestamp, what: String) {
        self.faults.push(Wrong { soul, at, what });
    }

    /// Never more than one message a second.
    fn keeps_pace(&mut self) {
        let times: Vec<Timestamp> = self.host.posts.iter().map(|post| post.at).collect();
        for pair in times.windows(2) {
            if pair[1].since(pair[0]) < Duration::from_secs(1) {
                let what = format!("told a moment after {}", second(pair[0]));
                self.fault(None, pair[1], what);
            }
        }
    }

    /// After an hour of calm nothing is owed but follow-ups, and the notices of automatic restarts,
    /// which may wait for a day.
    fn is_settled(&mut self) {
        let (state, now) = (self.state, self.host.now());
        for (identity, account) in &state.ledger.accounts {
            let soul = self.soul(identity);
            if !account.notices.is_empty() && account.widening.is_none() {
                self.fault(soul, now, format!("still owed: {:?}", account.notices));
            }
            let incident = account.incident.as_ref();
            if incident.is_some_and(|it| it.told.is_none() || it.recovery.is_some()) {
                self.fault(soul, now, format!("still owed: {incident:?}"));
            }
        }
        for (identity, subject) in &state.subjects {
            if subject.death.is_some() {
                self.fault(self.soul(identity), now, format!("never judged: {:?}", subject.death));
            }
        }
    }

    fn soul(&self, identity: &Identity) -> Option<Soul> {
        self.host.engine.identities.get(identity).copied()
    }

    fn soul_named(&self, name: &str) -> Option<Soul> {
        if let Some(task) = name.strip_prefix("pool.") {
            let slot = task.split('.').next().unwrap_or_default().to_owned();
            return self.soul(&Identity::Swarm { service: "pool".to_owned(), slot });
        }
        self.soul(&Identity::Name(name.to_owned())).or_else(|| {
            let service = name.strip_prefix("shop-")?.strip_suffix("-1")?;
            self.soul(&Identity::Compose {
                project: "shop".to_owned(),
                service: service.to_owned(),
                number: "1".to_owned(),
            })
        })
    }

    fn is_service(&self, soul: Soul) -> bool {
        self.truth.purposes[soul] == Purpose::Service
    }

    /// Since when everything is seen of a soul that is to be known at `at`: so much time before in
    /// which dmon could see. What the list no longer shows is inspected, and what is not answered is
    /// asked again after minutes.
    fn seen_since(&self, soul: Option<Soul>, at: Timestamp, needs: Duration) -> Timestamp {
        let concerns = |fault: &&Fault| {
            matches!(fault.endpoint, Endpoint::List | Endpoint::Inspect)
                && (fault.of.is_none() || fault.of == soul)
        };
        let faults = self.host.faults_past.iter().filter(concerns);
        let badly_answered = faults.map(|fault| (fault.from, fault.until + ASKED_AGAIN_WITHIN));
        let sight = &self.host.sight;
        let mut spans: Vec<Span> = sight.blind.iter().chain(&sight.unlisted).copied().collect();
        spans.extend(badly_answered);
        spans.sort_unstable_by_key(|(_, to)| std::cmp::Reverse(*to));
        // An answer that takes seconds is not waited for either.
        let slow = self.host.climate.slow > 0;
        let needs = if slow { needs + SLOW_ANSWERS_TAKE } else { needs };
        let mut from = at - needs;
        for (begin, end) in spans {
            if begin < at && end > from {
                from = from.min(begin) - end.since(begin).min(at.since(begin));
                from = from.min(begin - needs);
            }
        }
        from
    }

    /// When inspections of a soul were answered badly.
    fn inspections_refused(&self, soul: Soul) -> impl Iterator<Item = &Fault> {
        let concerns = move |fault: &&Fault| {
            matches!(fault.endpoint, Endpoint::Inspect) && fault.of.is_none_or(|of| of == soul)
        };
        self.host.faults_past.iter().filter(concerns)
    }

    /// Whether there was a time between those in which dmon could not see.
    fn is_blind(&self, from: Timestamp, to: Timestamp) -> bool {
        self.host.sight.blind.iter().any(|(begin, end)| *begin < to && *end > from)
    }

    /// Whether dmon may have missed between those times who asked for what.
    fn is_deaf(&self, from: Timestamp, to: Timestamp) -> bool {
        self.host.climate.loses > 0 || self.host.climate.polls || self.is_blind(from, to)
    }

    /// Whether several started in a time in which nobody saw who started them: then they pass for
    /// started by the Engine.
    fn many_started(&self, from: Timestamp, to: Timestamp) -> bool {
        let is_start = |what: &What| matches!(what, What::Started(_));
        let souls = 0..self.truth.purposes.len();
        let started = souls.filter(|soul| self.truth.happened(*soul, from, to, is_start));
        self.is_blind(from, to) && started.count() > 1
    }

    /// When dmon took its baseline, at the latest.
    fn first_look(&self) -> Timestamp {
        self.host.sight.blind.first().map_or(self.host.now(), |(_, to)| *to)
    }
}

/// The earliest that an alert speaks of.
fn begin(alert: &Alert) -> Timestamp {
    let since = alert.repeat.map_or(alert.time, |repeat| repeat.since);
    let between = alert.between.map_or(alert.time, |(from, _)| from);
    alert.time.min(since).min(between)
}

/// Whether an alert opens an incident or belongs to one. What matters no more is the end of what
/// did.
pub(super) fn is_problem(alert: &Alert) -> bool {
    match alert.kind {
        Kind::CrashLoop { .. } | Kind::RestartFailed { .. } => true,
        Kind::Status { .. } | Kind::Removed { .. } => alert.severity > Severity::Info,
        _ => false,
    }
}

/// An alert and the message it arrived in.
type Said<'a> = (&'a Post, &'a Alert);
