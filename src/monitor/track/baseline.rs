//! The first list ever: a silent baseline. Only the start message speaks of it.

use std::collections::BTreeMap;
use std::time::Duration;

use super::evaluation::Env;
use super::finding::{Finding, Transition};
use super::subject::{Observation, Origin, Passed, Run, Subject, Symptom};
use super::{Tracks, job, rules};
use crate::monitor::alert::{Alert, Condition, Kind};
use crate::monitor::cause::Cause;
use crate::monitor::container::{Health, Listed, Status};
use crate::monitor::effect::Reason;
use crate::monitor::identity::Identity;
use crate::monitor::moment::Moment;
use crate::monitor::severity::Severity;

impl Tracks {
    /// Takes the baseline. What is bad already counts as reported, so that its recovery is.
    pub(in crate::monitor) fn baseline(
        &mut self,
        asked: Moment,
        containers: &[Listed],
        env: &Env,
        found: &mut Vec<Finding>,
    ) {
        self.revision += 1;
        let mut counts: BTreeMap<Status, u32> = BTreeMap::new();
        let mut unwell = Vec::new();
        for line in containers {
            let Some(identity) = self.adopt(line, env) else { continue };
            *counts.entry(line.status).or_default() += 1;
            if let Some(condition) = self.bad_already(&identity, line, env, found) {
                unwell.push((line.name.clone(), condition));
            }
        }
        let kind = Kind::Watching { counts: counts.into_iter().collect(), unwell };
        let start = Alert::of_engine(Severity::Info, kind, env.clocks.wall_at(asked), asked);
        found.push(Finding::Notice(start));
    }

    /// Makes a subject of a container, unless nothing is reported of it or another container of its
    /// identity is up.
    fn adopt(&mut self, line: &Listed, env: &Env) -> Option<Identity> {
        let container = env.container(&line.id)?;
        let identity = container.identity.clone();
        let excluded = env.exclusion_of(container).is_some();
        let known = self.subjects.get(&identity).and_then(|it| it.container.as_ref());
        if line.status == Status::Created
            || known.is_some_and(|id| env.container(id).is_some_and(|it| it.status.is_up()))
        {
            return None;
        }
        // It ran before dmon came: not since the Engine was asked.
        let known = env.link.gap_caught_up_with().map_or(env.now(), |gap| gap.known);
        let (at, moment) = (env.clocks.local(line.created), env.clocks.moment_of(line.created));
        let run = Run {
            sign: Observation { at, moment, known, between: None },
            origin: Origin::First,
            health: Passed::NotYet,
            policy_off: Passed::NotYet,
        };
        let subject = Subject {
            run: line.status.is_up().then_some(run),
            container: Some(line.id.clone()),
            name: line.name.clone(),
            image: line.image.clone(),
            ..Subject::default()
        };
        self.subjects.insert(identity.clone(), subject);
        (!excluded).then_some(identity)
    }

    fn bad_already(
        &mut self,
        identity: &Identity,
        line: &Listed,
        env: &Env,
        found: &mut Vec<Finding>,
    ) -> Option<Condition> {
        let (symptom, severity, cause) = match (line.status, line.health, line.exit_code) {
            (Status::Running, Some(Health::Unhealthy), _) => {
                (Symptom::Health, Severity::Warning, Cause::HealthCheckFailed)
            }
            (Status::Restarting, ..) => {
                (Symptom::Restarting, Severity::Warning, Cause::FoundRestarting)
            }
            (Status::Dead, _, None) => (Symptom::Down, Severity::Critical, Cause::Unknown),
            (Status::Exited | Status::Dead, _, Some(exit_code)) if exit_code != 0 => {
                (Symptom::Down, Severity::Critical, Cause::Exited { exit_code })
            }
            _ => return None,
        };
        let to = match symptom {
            Symptom::Health => Condition::Feels(Health::Unhealthy),
            _ => Condition::Is(line.status),
        };
        let kind = rules::status(Status::Running, to, cause);
        let container = env.container(&line.id)?;
        let mut evaluation = self.at(identity, env, found)?;
        if job::is_job(container, Duration::ZERO, 0, env.world) {
            evaluation.suppress(to.word(), Reason::Job);
            return Some(to);
        }
        let (wall, now) = (env.clocks.wall, env.now());
        let sign = Observation { at: wall, moment: now, known: now, between: None };
        let alert = rules::alert(identity, container, severity, kind, &sign);
        evaluation.subject.problems.found(symptom, alert.clone());
        evaluation.transition(Transition::Found(alert));
        evaluation.suppress(to.word(), Reason::Baseline);
        Some(to)
    }
}
