//! The first look ever: a silent baseline. Only the start message speaks of it.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::monitor::Monitor;
use crate::monitor::alert::{About, Alert, AlertId, Condition, Kind};
use crate::monitor::cause::Cause;
use crate::monitor::container::{Health, Listed, Status};
use crate::monitor::effect::Reason;
use crate::monitor::identity::Identity;
use crate::monitor::job;
use crate::monitor::link::Presence;
use crate::monitor::moment::Moment;
use crate::monitor::rules;
use crate::monitor::severity::Severity;
use crate::monitor::subject::{Aspect, Origin, Passed, Run, Sign, Subject};

impl Monitor {
    /// Takes the baseline. What is bad already counts as told, so that its recovery is told.
    pub(super) fn first_look(&mut self, asked: Moment, containers: &[Listed]) {
        let clocks = self.clocks();
        let wall = clocks.wall_at(asked);
        let mut counts: BTreeMap<Status, u32> = BTreeMap::new();
        let mut unwell = Vec::new();
        for line in containers {
            self.state.world.adopt(asked, line, &clocks);
        }
        self.find_own();
        for line in containers {
            let Some(identity) = self.adopt(line) else { continue };
            *counts.entry(line.status).or_default() += 1;
            if let Some(condition) = self.bad_already(&identity, line) {
                unwell.push((line.name.clone(), condition));
            }
        }
        let kind = Kind::Watching { counts: counts.into_iter().collect(), unwell };
        self.notice(&Alert {
            id: AlertId::of(&Identity::Engine, kind.title(), wall),
            identity: Identity::Engine,
            severity: Severity::Info,
            kind,
            time: wall,
            about: About::default(),
            repeat: None,
            ended: None,
            between: None,
            log: Vec::new(),
        });
    }

    /// Makes a subject of a container, unless nothing is told of it or another container of its
    /// identity is up.
    fn adopt(&mut self, line: &Listed) -> Option<Identity> {
        let container = self.container(&line.id)?;
        let identity = container.identity.clone();
        let silent = self.silence_of(container);
        let known = self.state.subjects.get(&identity).and_then(|it| it.container.as_ref());
        if line.status == Status::Created
            || known.is_some_and(|id| self.container(id).is_some_and(|it| it.status.is_up()))
        {
            return None;
        }
        let now = self.now;
        // It ran before dmon came: not since the Engine was asked.
        let known = match &self.link.presence {
            Presence::CatchingUp { gap, .. } => gap.known,
            Presence::Away(_) | Presence::Live => now.moment,
        };
        let clocks = self.clocks();
        let (at, moment) = (clocks.local(line.created), clocks.moment_of(line.created));
        let run = Run {
            sign: Sign { at, moment, known, between: None },
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
        self.state.subjects.insert(identity.clone(), subject);
        silent.is_none().then_some(identity)
    }

    fn bad_already(&mut self, identity: &Identity, line: &Listed) -> Option<Condition> {
        let (aspect, severity, cause) = match (line.status, line.health, line.exit_code) {
            (Status::Running, Some(Health::Unhealthy), _) => {
                (Aspect::Health, Severity::Warning, Cause::HealthCheckFailed)
            }
            (Status::Restarting, ..) => {
                (Aspect::Restarting, Severity::Warning, Cause::FoundRestarting)
            }
            (Status::Dead, _, None) => (Aspect::Down, Severity::Critical, Cause::Unknown),
            (Status::Exited | Status::Dead, _, Some(exit_code)) if exit_code != 0 => {
                (Aspect::Down, Severity::Critical, Cause::Exited { exit_code })
            }
            _ => return None,
        };
        let to = match aspect {
            Aspect::Health => Condition::Feels(Health::Unhealthy),
            _ => Condition::Is(line.status),
        };
        let kind = Kind::Status { from: Condition::Is(Status::Running), to, cause, said: None };
        let container = self.container(&line.id)?;
        if job::is_job(container, Duration::ZERO, 0, &self.state.world) {
            self.hold(identity, to.word(), Reason::Job);
            return Some(to);
        }
        let now = self.now;
        let sign = Sign { at: now.wall, moment: now.moment, known: now.moment, between: None };
        let alert = rules::alert(identity, container, severity, kind, &sign);
        self.report_problem(alert.clone());
        self.state.ledger.introduced(identity, now.moment);
        self.set_problem(identity, aspect, alert);
        self.hold(identity, to.word(), Reason::Baseline);
        Some(to)
    }
}
