//! Nothing is told that did not happen.

use std::time::Duration;

use dmon::monitor::alert::{Alert, Condition as Is, Kind};
use dmon::monitor::cause::Cause;
use dmon::monitor::container::{Health, RestartPolicy, Status};
use dmon::monitor::identity::Identity;
use dmon::monitor::severity::Severity;
use dmon::timestamp::Timestamp;

use super::{FOUND_WITHIN, Judges, LASTING, SAME, begin};
use crate::simulation::host::Post;
use crate::simulation::sight::Span;
use crate::simulation::story::told;
use crate::simulation::truth::{By, Condition, Death, Purpose, Soul, What, Why};

/// How long the Engine's return, and what it starts, may take to be told.
const COMES_BACK_WITHIN: Duration = Duration::from_secs(90);

/// An alert before the court: about whom, and when what it tells of must have happened.
struct Case<'a> {
    judges: &'a Judges<'a>,
    soul: Soul,
    post: &'a Post,
    alert: &'a Alert,
    from: Timestamp,
    to: Timestamp,
    /// Who asked for what may have been missed.
    deaf: bool,
}

impl Judges<'_> {
    pub(super) fn is_true(&mut self, post: &Post, alert: &Alert) {
        if alert.identity == Identity::Engine {
            if !self.is_true_of_engine(post, alert) {
                self.fault(None, post.at, format!("untrue: {}", told(alert)));
            }
            return;
        }
        let Some(soul) = self.soul(&alert.identity) else {
            return self.fault(None, post.at, format!("told of nobody: {}", told(alert)));
        };
        // What was found by looking may lie back as long as nobody looked.
        let from = self.seen_since(Some(soul), alert.time, FOUND_WITHIN) - SAME;
        let to = alert.time + SAME;
        let deaf = self.is_deaf(from, to);
        let case = Case { judges: self, soul, post, alert, from, to, deaf };
        let fault = if self.truth.purposes[soul] == Purpose::Hidden {
            Some("nothing is to be told of it")
        } else if !case.happened() {
            Some("nothing like it happened")
        } else if case.is_over() {
            Some("it has been well for long")
        } else {
            None
        };
        if let Some(why) = fault {
            self.fault(Some(soul), post.at, format!("untrue: {}: {why}", told(alert)));
        }
    }

    fn is_true_of_engine(&self, post: &Post, alert: &Alert) -> bool {
        let since = self.seen_since(None, begin(alert), COMES_BACK_WITHIN);
        let mut absences =
            self.truth.absences.iter().filter(|it| it.from <= post.at && it.to >= since);
        match &alert.kind {
            Kind::EngineRestarted { restarted } => {
                let started = |name: &String| {
                    self.soul_named(name).is_some_and(|soul| {
                        let is_start = |what: &What| matches!(what, What::Started(_));
                        self.truth.happened(soul, since, post.at, is_start)
                    })
                };
                (absences.any(|it| it.restarted) || self.many_started(since, post.at))
                    && restarted.iter().all(started)
            }
            Kind::EngineUnreachable { .. } | Kind::EngineReachable { .. } => {
                let unseen = |(from, to): &Span| *from <= post.at && *to >= since;
                absences.next().is_some() || self.host.sight.dim.iter().any(unseen)
            }
            Kind::Watching { .. } => true,
            _ => false,
        }
    }
}

impl Case<'_> {
    fn was(&self, what: impl Fn(&What) -> bool) -> bool {
        self.judges.truth.happened(self.soul, self.from, self.to, what)
    }

    fn died(&self, how: impl Fn(Death) -> bool) -> bool {
        self.was(|what| matches!(what, What::Died(death) if how(*death)))
    }

    /// Whether it was so before the message left.
    fn was_before_told(&self, what: impl Fn(&What) -> bool) -> bool {
        let to = self.post.at.max(self.to);
        self.judges.truth.happened(self.soul, self.from, to, what)
    }

    fn felt(&self, how: impl Fn(Condition) -> bool) -> bool {
        let from = self.from.min(self.alert.time);
        self.judges.truth.conditions_between(self.soul, from, self.to).any(how)
    }

    fn happened(&self) -> bool {
        match &self.alert.kind {
            Kind::Status { to, cause, .. } => self.is_so(*to, cause),
            // It is told as of the death before it.
            Kind::Removed { .. } => self.was_before_told(|it| matches!(it, What::Removed(_))),
            Kind::CrashLoop { deaths, .. } => self.looped(*deaths),
            Kind::RestartFailed { cause, .. } => self.restart_failed(cause),
            Kind::RestartedManually => self.was(|what| match what {
                What::Started(by) => *by == By::Person || self.deaf,
                _ => false,
            }),
            Kind::RestartedAutomatically { .. } => self.was(|what| match what {
                What::Started(by) => {
                    // Without an inspection nobody knows that it has no policy.
                    let unsure = self.deaf || self.is_uninspected();
                    *by == By::Policy || unsure && *by == By::Person
                }
                _ => false,
            }),
            Kind::Recreated { .. } | Kind::Added { .. } => {
                self.was(|what| matches!(what, What::Started(_)))
            }
            Kind::JobFailed { .. } => self.is_job() && self.died(|death| death.exit_code != 0),
            Kind::PolicyDisabled { .. } => self.was(|what| *what == What::Signalled),
            Kind::Recovered { .. } => self.felt(Condition::is_well),
            _ => false,
        }
    }

    fn is_so(&self, to: Is, cause: &Cause) -> bool {
        match (to, cause) {
            (Is::Feels(Health::Unhealthy), _) => {
                self.felt(|it| it.health == Some(Health::Unhealthy))
            }
            (Is::Is(Status::Paused), _) => self.was(|what| *what == What::Paused),
            (_, Cause::ProcessOutOfMemory) => self.was(|what| *what == What::LostProcess),
            (Is::Is(Status::Restarting), _) => self.died(|death| death.goes_on),
            (_, Cause::ExitedByItself { exit_code }) => self.died(|death| {
                (death.why == Why::ByItself || self.deaf) && death.exit_code == *exit_code
            }),
            (_, Cause::Exited { exit_code }) => self.died(|death| death.exit_code == *exit_code),
            (_, Cause::OutOfMemory { .. }) => {
                // An inspection shows what was lost at any time of the run.
                let within = if self.deaf { 86_400 } else { 10 };
                let from = self.from - Duration::from_secs(within);
                let lost = |what: &What| *what == What::LostProcess;
                self.died(|_| true) && self.judges.truth.happened(self.soul, from, self.to, lost)
            }
            (_, Cause::StoppedOnRequest) => {
                self.died(|death| death.why == Why::Asked || self.deaf)
                    || self.was(|what| *what == What::GivenUp)
            }
            (_, Cause::NotBackAfterEngineRestart) => {
                self.judges.truth.absences.iter().any(|it| it.restarted)
                    || self.judges.many_started(self.from, self.post.at)
            }
            _ => self.died(|_| true),
        }
    }

    /// Whether it kept dying: so often where everything was heard.
    fn looped(&self, deaths: u32) -> bool {
        let from = self.judges.seen_since(Some(self.soul), self.from - LASTING, Duration::ZERO);
        let deaf = self.deaf || self.judges.is_blind(from, self.to);
        let all = self.judges.truth.deaths(self.soul).filter(|(fact, death)| {
            (death.goes_on || deaf) && fact.at >= from && fact.at <= self.to
        });
        all.count() >= if deaf { 3 } else { usize::try_from(deaths).unwrap() }
    }

    fn restart_failed(&self, cause: &Cause) -> bool {
        match cause {
            // A stop that nobody heard of looks the same.
            Cause::PolicyGaveUp => {
                self.died(|death| !death.goes_on)
                    || self.deaf && self.was_before_told(|what| *what == What::GivenUp)
                    // After a start that nobody heard of, two deaths pass for one.
                    || self.deaf && self.was_before_told(|what| matches!(what, What::Died(_)))
                    || self.unread() && self.start_failed()
            }
            // Those that are down take turns in being inspected.
            Cause::CouldNotStart => self.start_failed(),
            Cause::DidNotStayUp => self.died(|death| death.why == Why::ByItself || self.deaf),
            _ => self.felt(|it| it.health == Some(Health::Unhealthy)),
        }
    }

    fn start_failed(&self) -> bool {
        let needs = Duration::from_mins(1);
        let from = self.judges.seen_since(Some(self.soul), self.from, needs);
        let failed = |what: &What| *what == What::StartFailed;
        self.judges.truth.happened(self.soul, from, self.post.at.max(self.to), failed)
    }

    /// Whether its inspections may have been late or refused: the list shows that it is down, and
    /// neither why nor how often it was restarted.
    fn unread(&self) -> bool {
        let climate = &self.judges.host.climate;
        climate.slow > 0 || climate.questions.is_some()
    }

    /// Whether its inspections were not answered then.
    fn is_uninspected(&self) -> bool {
        let (mut faults, at) = (self.judges.inspections_refused(self.soul), self.alert.time);
        faults.any(|fault| fault.from <= at && at <= fault.until)
    }

    /// Whether it is meant to end, or has ended often enough by itself with 0 to pass for it; where
    /// requests are missed or late, an asked end passes for one by itself.
    fn is_job(&self) -> bool {
        let truth = self.judges.truth;
        let before = || truth.deaths(self.soul).filter(|(fact, _)| fact.at < self.alert.time);
        let clean = || before().filter(|(_, death)| death.exit_code == 0).count() > 1;
        let retried = matches!(truth.policies[self.soul], RestartPolicy::OnFailure { .. });
        let ended = || before().any(|(_, death)| death.exit_code == 0);
        truth.purposes[self.soul] == Purpose::Job
            || before().any(|(fact, _)| truth.is_learned_job(self.soul, fact.at))
            || retried && ended()
            || !self.judges.host.climate.is_fair() && clean()
    }

    /// Whether what is told as a problem that there is has been over for as long as it takes to
    /// see that.
    fn is_over(&self) -> bool {
        let told_as_present = super::is_problem(self.alert) && self.alert.ended.is_none();
        // These two are spoken of for a while after.
        let lingers = matches!(
            self.alert.kind,
            Kind::CrashLoop { .. } | Kind::Status { cause: Cause::ProcessOutOfMemory, .. }
        );
        let gone = matches!(self.alert.kind, Kind::Removed { .. });
        if !told_as_present || lingers || gone || self.alert.severity == Severity::Info {
            return false;
        }
        let from = self.judges.seen_since(Some(self.soul), self.post.at, FOUND_WITHIN);
        let mut all = self.judges.truth.conditions_between(self.soul, from, self.post.at);
        all.all(Condition::is_well)
    }
}
