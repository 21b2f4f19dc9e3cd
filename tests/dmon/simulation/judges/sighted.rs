//! Never silent and green: what dmon does not see is not passed over, and it knows that it does not
//! see.

use std::time::Duration;

use dmon::docker::ask::Lane;
use dmon::monitor::alert::{Alert, Kind};
use dmon::monitor::container::RestartPolicy;
use dmon::timestamp::Timestamp;

use super::{Judges, SAME, begin};
use crate::simulation::api::Endpoint;
use crate::simulation::host::Post;
use crate::simulation::story::second;
use crate::simulation::truth::{Condition, Death, Fact, Soul, Why};

/// A death that lasts is told after this at the latest, or that the Engine is unreachable.
const TOLD_WITHIN: Duration = Duration::from_secs(36);

/// After many messages the next waits so long.
const STORM_WAITS: Duration = Duration::from_secs(30);

/// A question that is answered badly is known for that after this.
const KNOWN_WITHIN: Duration = Duration::from_secs(12);

/// Where nothing is in its way, a death is told within this; with a log, that is waited for too.
const AT_ONCE: Duration = Duration::from_millis(100);
const LOG_TAKES: Duration = Duration::from_millis(200);

/// The most questions a minute, on average over the end of the calm.
const QUESTIONS_A_MINUTE: usize = 90;

impl Judges<'_> {
    /// Each death that lasts is told in time, or that dmon cannot see.
    pub(super) fn is_never_silent(&mut self) {
        for soul in 0..self.truth.purposes.len() {
            if !self.is_service(soul) {
                continue;
            }
            let silent: Vec<Timestamp> = self
                .lasting_deaths(soul)
                .filter(|(fact, _)| !self.is_told_or_unreachable(soul, fact.at))
                .map(|(fact, _)| fact.at)
                .collect();
            for at in silent {
                let what = format!("silent: a death is not told within {TOLD_WITHIN:?}");
                self.fault(Some(soul), at, what);
            }
        }
    }

    /// The deaths that nobody asked for and that nothing follows for as long as it takes to tell.
    fn lasting_deaths(&self, soul: Soul) -> impl Iterator<Item = (&Fact, Death)> {
        let missed = self.deaths_missed(soul);
        missed.filter(move |(fact, death)| {
            let policy = self.truth.policies[soul];
            let until = fact.at + TOLD_WITHIN + STORM_WAITS;
            let down = |it: Condition| it.status.is_some_and(|status| !status.is_up());
            death.why == Why::ByItself
                && policy == RestartPolicy::No
                && !self.is_task(soul)
                && until < self.host.now()
                && self.truth.conditions_between(soul, fact.at, until).all(down)
        })
    }

    fn is_told_or_unreachable(&self, soul: Soul, at: Timestamp) -> bool {
        // A dmon that was not there begins to see when it starts.
        let starts =
            self.host.sight.away.iter().filter(|(from, to)| *from <= at + TOLD_WITHIN && *to >= at);
        let from = starts.map(|(_, to)| *to).max().map_or(at, |start| start.max(at));
        let busy = self.host.posts.iter().any(|post| {
            post.at + STORM_WAITS > from && post.at < from + TOLD_WITHIN && post.alerts.len() > 3
        });
        let until = from + TOLD_WITHIN + if busy { STORM_WAITS } else { Duration::ZERO };
        // What ran again by then may pass for started by the Engine.
        let names = |alert: &Alert| match &alert.kind {
            Kind::EngineRestarted { restarted } => {
                restarted.iter().any(|name| self.soul_named(name) == Some(soul))
            }
            _ => false,
        };
        let tells = |alert: &Alert| {
            names(alert)
                || self.soul(&alert.identity) == Some(soul)
                    && !matches!(alert.kind, Kind::Recovered { .. })
                    && (alert.time + SAME >= at || begin(alert) + SAME >= at)
        };
        let told = self
            .host
            .posts
            .iter()
            .any(|post| post.at >= at && post.at <= until && post.alerts.iter().any(tells));
        // What is known only once Slack was told of an earlier one belongs to that incident.
        let within = [at, until].into_iter().any(|then| self.is_within_incident(soul, then));
        told || within || self.is_unreachable(at, until)
    }

    /// Whether Slack was told between those times, or before and still, that dmon cannot see.
    fn is_unreachable(&self, from: Timestamp, to: Timestamp) -> bool {
        let mut told = false;
        for post in self.host.posts.iter().filter(|post| post.at <= to) {
            for alert in &post.alerts {
                match alert.kind {
                    Kind::EngineUnreachable { .. } => told = true,
                    Kind::EngineReachable { .. } if post.at < from => told = false,
                    _ => {}
                }
            }
        }
        told
    }

    /// Whether something was told of the soul already and is not over: more of it comes in a
    /// follow-up.
    fn is_within_incident(&self, soul: Soul, at: Timestamp) -> bool {
        let posts = self.host.posts.iter().filter(|post| post.at <= at);
        let said = posts.flat_map(|post| &post.alerts);
        let mut of = said.filter(|alert| self.soul(&alert.identity) == Some(soul));
        let ends = |alert: &Alert| matches!(alert.kind, Kind::Recovered { .. });
        let last = of.rfind(|alert| super::is_problem(alert) || ends(alert));
        last.is_some_and(|alert| super::is_problem(alert) && alert.ended.is_none())
    }

    /// While dmon does not see, it knows that.
    fn knows_that_it_does_not_see(&mut self) {
        let mut wrong = Vec::new();
        for (from, to) in &self.host.sight.dim {
            let known = *from + KNOWN_WITHIN;
            let mut live = self.host.live.iter();
            let before = live.clone().take_while(|(at, _)| *at <= known).last();
            let believed = before.is_some_and(|(_, live)| *live);
            let again = live.find(|(at, live)| *at > known && at < to && *live);
            if known < *to && believed {
                wrong.push(known);
            } else if let Some((at, _)) = again {
                wrong.push(*at);
            }
        }
        for at in wrong {
            self.fault(None, at, "believes that it sees".to_owned());
        }
    }

    /// Whoever is away for half a minute is said to be.
    fn absence_is_told(&mut self) {
        let dim: Vec<(Timestamp, Timestamp)> = self.host.sight.dim.clone();
        for (from, to) in dim {
            let until = from + TOLD_WITHIN;
            let busy = self.host.posts.iter().any(|post| {
                post.at + STORM_WAITS > from && post.at < until && post.alerts.len() > 3
            });
            let until = if busy { until + STORM_WAITS } else { until };
            if until < to && !self.is_unreachable(from, until) {
                self.fault(None, from, format!("away until {} and not told", second(to)));
            }
        }
    }

    /// The stream is not opened more than once a second in the long run, and questions have an end.
    fn asks_with_measure(&mut self) {
        let opened = &self.host.opened_at;
        let often =
            opened.windows(42).find(|some| some[41].since(some[0]) < Duration::from_secs(30));
        let often = often.map(|some| some[0]);
        let now = self.host.now();
        let from = now - Duration::from_mins(30);
        let asked = self.host.questions.iter().filter(|(at, _)| *at >= from);
        let lists = asked.clone().filter(|(_, lane)| *lane == Lane::Lists).count();
        let all = asked.count();
        if let Some(at) = often {
            self.fault(None, at, "the stream is opened again and again".to_owned());
        }
        if all > 30 * QUESTIONS_A_MINUTE {
            self.fault(None, from, format!("asks {all} questions in half an hour, {lists} lists"));
        }
    }

    /// Nothing that goes wrong for others makes a death wait.
    fn others_do_not_matter(&mut self) {
        let climate = &self.host.climate;
        if climate.polls || !climate.is_fair_but_for_questions() {
            return;
        }
        let at_once = if climate.log_lines > 0 { AT_ONCE + LOG_TAKES } else { AT_ONCE };
        let mut late = Vec::new();
        for soul in 0..self.truth.purposes.len() {
            if !self.is_service(soul) {
                continue;
            }
            for (fact, _) in self.lasting_deaths(soul) {
                let (before, until) = (fact.at - STORM_WAITS, fact.at + at_once);
                let quiet = |post: &Post| post.at > until || post.at < before;
                let alone = self.host.posts.iter().all(quiet);
                let told = self.host.posts.iter().any(|post| {
                    let mut alerts = post.alerts.iter();
                    post.at >= fact.at
                        && post.at.since(fact.at) <= at_once
                        && alerts.any(|alert| self.soul(&alert.identity) == Some(soul))
                });
                if alone
                    && !told
                    && !self.is_faulty(soul, fact.at)
                    && !self.is_within_incident(soul, fact.at)
                {
                    late.push((soul, fact.at));
                }
            }
        }
        for (soul, at) in late {
            self.fault(Some(soul), at, format!("not told within {at_once:?}"));
        }
    }

    /// Whether something went wrong then that concerns this soul, or everything.
    fn is_faulty(&self, soul: Soul, at: Timestamp) -> bool {
        let near = Duration::from_secs(15);
        self.host.faults_past.iter().any(|fault| {
            let concerns = match fault.endpoint {
                Endpoint::Inspect | Endpoint::Logs => fault.of.is_none_or(|of| of == soul),
                Endpoint::Info | Endpoint::Version => false,
                _ => true,
            };
            concerns && fault.from <= at + near && fault.until + near >= at
        }) || self.is_blind(at - near, at + near)
    }

    /// All of these.
    pub(super) fn is_sighted(&mut self) {
        self.knows_that_it_does_not_see();
        // What a Slack that does not take it makes wait is judged by the story alone.
        if self.host.climate.slack_turns.is_none() {
            self.is_never_silent();
            self.absence_is_told();
        }
        self.asks_with_measure();
        self.others_do_not_matter();
    }
}
