//! Which changes matter, and how much: the rows of the contract's tables, as alerts.

use std::time::Duration;

use super::job;
use super::judge::Intents;
use super::subject::{Death, Observation, Origin};
use crate::monitor::alert::{About, Alert, Condition, Kind};
use crate::monitor::cause::Cause;
use crate::monitor::change::Seen;
use crate::monitor::container::{RestartPolicy, Status};
use crate::monitor::identity::Identity;
use crate::monitor::settings::Settings;
use crate::monitor::severity::Severity;
use crate::monitor::signals::{self, Intent};
use crate::monitor::world::Container;

/// A container that was restarted or recreated on request and ends within this time did not stay
/// up.
const STAYS_UP: Duration = Duration::from_secs(30);

/// What a container's end amounts to.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Ending {
    /// It is down, and that is a problem of this severity; `None`: settings say it is none.
    Problem(Option<Severity>, Kind),
    /// It is a job and has failed.
    JobFailed(Kind),
    /// It is a job and has done it.
    JobDone(Kind),
}

/// The row that a death belongs to once it is certain that the container stays down. `failed` is
/// the container that was to replace it and could not be started, where there is one.
pub(super) fn ending(
    death: &Death,
    container: &Container,
    failed: Option<&Container>,
    role: Role,
    intents: Intents,
    settings: &Settings,
) -> Ending {
    let cause = cause(death, container, intents);
    let (from, to) = (Condition::Is(death.from), Condition::Is(resting(container)));
    let error = failed.unwrap_or(container).details.as_ref().map_or("", |it| it.error.as_str());
    let restart_failed = |cause, error: &str| {
        let kind = Kind::RestartFailed { from, to, cause, error: error.to_owned() };
        Ending::Problem(Some(Severity::Critical), kind)
    };
    let failing = failed.is_some() || container.failed_to_start() && death.removed.is_none();
    if role == Role::Job && !failing {
        return match (death.asked, death.exit_code) {
            (None, Some(0) | None) | (Some(_), _) => {
                Ending::JobDone(Kind::Status { from, to, cause, said: None })
            }
            (None, Some(_)) => Ending::JobFailed(Kind::JobFailed { cause }),
        };
    }
    if failing {
        return restart_failed(Cause::CouldNotStart, error);
    }
    if death.removed.is_some() && somebody_removed(death, container, intents) {
        return removed(death, cause, settings);
    }
    if death.asked.is_some() {
        let kind = Kind::Status { from, to, cause, said: None };
        return Ending::Problem(settings.manual_stop_severity, kind);
    }
    if death.removed.is_some() && container.has_policy() {
        let previous = Status::Restarting;
        return Ending::Problem(Some(Severity::Critical), Kind::Removed { previous, cause: None });
    }
    if has_given_up(death, container, intents) {
        return restart_failed(Cause::PolicyGaveUp, "");
    }
    let soon = death.ran.is_some_and(|ran| ran < STAYS_UP);
    if death.origin == Origin::Request && soon && !may_be_stopped(death, intents) {
        return restart_failed(Cause::DidNotStayUp, "");
    }
    let severity = match death.exit_code {
        Some(0) => settings.clean_exit_severity,
        _ => Some(Severity::Critical),
    };
    Ending::Problem(severity, Kind::Status { from, to, cause, said: None })
}

/// Whether a container is meant to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// It is meant to run.
    Service,
    /// It is meant to end.
    Job,
}

/// Whether a container that was removed right after its end was up until somebody removed it. Where
/// nobody tells who asked, that is what a removal means, unless the Engine removes what has ended.
fn somebody_removed(death: &Death, container: &Container, intents: Intents) -> bool {
    let removes_itself = container.details.as_ref().is_some_and(|details| details.auto_remove);
    let untold = is_untold(death, intents) && !removes_itself;
    death.asked.is_some() || death.exit_code.is_none() || untold
}

/// Whether somebody may have asked for a death and nobody told.
fn is_untold(death: &Death, intents: Intents) -> bool {
    intents == Intents::Hidden || death.seen == Seen::Found
}

/// Whether a death looks like one that was asked for, where nobody tells: a process that is told to
/// stop ends with 0, or by the signal that it was sent.
fn may_be_stopped(death: &Death, intents: Intents) -> bool {
    is_untold(death, intents) && matches!(death.exit_code, Some(0 | 137 | 143))
}

fn removed(death: &Death, cause: Cause, settings: &Settings) -> Ending {
    let previous = death.from;
    match death.asked {
        Some(Intent::Stop) => Ending::Problem(
            settings.manual_stop_severity,
            Kind::Removed { previous, cause: Some(Cause::StoppedAndRemoved) },
        ),
        Some(Intent::Kill) | None => {
            let known = matches!(cause, Cause::Exited { .. } | Cause::OutOfMemory { .. });
            let cause = known.then_some(cause);
            Ending::Problem(Some(Severity::Critical), Kind::Removed { previous, cause })
        }
    }
}

/// A policy that should have started the container again and did not. Where somebody may have asked
/// unheard, only one that is used up has given up for certain.
fn has_given_up(death: &Death, container: &Container, intents: Intents) -> bool {
    let tried = container.details.as_ref().map_or(0, |details| details.restart_count);
    match container.restart_policy().unwrap_or_default() {
        RestartPolicy::No => false,
        RestartPolicy::Always | RestartPolicy::UnlessStopped => intents == Intents::Visible,
        RestartPolicy::OnFailure { maximum_retries } => {
            let used_up = maximum_retries > 0 && tried >= maximum_retries;
            death.exit_code != Some(0) && (intents == Intents::Visible || used_up)
        }
    }
}

/// What a container that is down is said to be.
fn resting(container: &Container) -> Status {
    match container.status {
        Status::Dead => Status::Dead,
        _ => Status::Exited,
    }
}

/// Why a container died.
pub(super) fn cause(death: &Death, container: &Container, intents: Intents) -> Cause {
    let details = container.details.as_ref();
    let Some(exit_code) = death.exit_code else {
        return if death.asked.is_some() { Cause::StoppedOnRequest } else { Cause::Unknown };
    };
    let events_missing = is_untold(death, intents);
    let killed_for_memory = death.out_of_memory
        || (events_missing && exit_code == 137 && details.is_some_and(|it| it.oom_killed));
    if death.asked.is_some() {
        Cause::StoppedOnRequest
    } else if killed_for_memory {
        Cause::OutOfMemory { limit_bytes: details.and_then(|it| it.memory_limit_bytes) }
    } else if events_missing {
        Cause::Exited { exit_code }
    } else {
        Cause::ExitedByItself { exit_code }
    }
}

/// Whether a signal that does not end a container has taken its restart policy away (moby/moby
/// issue 53415): so for `unless-stopped`, and for the others where the image stops at no other
/// signal.
pub(super) fn disables_policy(signal: &str, container: &Container) -> bool {
    let Some(details) = &container.details else { return false };
    let stop_signal = details.stop_signal.as_deref();
    match details.restart_policy {
        RestartPolicy::No => false,
        RestartPolicy::UnlessStopped => true,
        RestartPolicy::Always | RestartPolicy::OnFailure { .. } => stop_signal
            .is_none_or(|stop_signal| signals::number(stop_signal) == signals::number(signal)),
    }
}

/// The kind of a problem of which nothing more is said.
pub(super) fn status(from: Status, to: Condition, cause: Cause) -> Kind {
    Kind::Status { from: Condition::Is(from), to, cause, said: None }
}

/// An alert about a container. The label `dmon.severity` is a ceiling.
pub(super) fn alert(
    identity: &Identity,
    container: &Container,
    severity: Severity,
    kind: Kind,
    sign: &Observation,
) -> Alert {
    let ceiling = container.labels.get("dmon.severity").and_then(|word| Severity::from_word(word));
    let severity = ceiling.map_or(severity, |ceiling| severity.min(ceiling));
    Alert {
        about: about(container),
        between: sign.between,
        ..Alert::of(identity, severity, kind, sign.at, sign.moment)
    }
}

/// What every alert says of a container.
pub(super) fn about(container: &Container) -> About {
    let details = container.details.as_ref();
    About {
        name: container.name.clone(),
        image: container.image.clone(),
        exit_code: None,
        restart_count: details.map(|details| details.restart_count),
        restart_policy: container.restart_policy(),
        ports: details.map(|details| details.ports.clone()).unwrap_or_default(),
        compose: job::compose(&container.labels)
            .map(|(project, service)| (project.clone(), service.clone())),
    }
}
