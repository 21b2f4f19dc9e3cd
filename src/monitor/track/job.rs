//! Containers that are meant to end, and those that are nobody's business.

use std::time::Duration;

use crate::monitor::container::{Labels, RestartPolicy};
use crate::monitor::effect::Reason;
use crate::monitor::identity::is_one_off;
use crate::monitor::truth::truth;
use crate::monitor::world::{Container, World};

/// A container that was started with `--rm` is a job if it ran less than this.
const JOB_RUNS_AT_MOST: Duration = Duration::from_hours(1);

/// Clean ends in a row after which a container without a restart policy is known for a job.
const CLEAN_ENDS_OF_A_JOB: u32 = 2;

/// Whether a container does a job and ends. `ran` is how long it ran, as far as it got; `clean_ends`
/// how many runs of its identity ended by themselves with 0, this one included.
pub(super) fn is_job(container: &Container, ran: Duration, clean_ends: u32, world: &World) -> bool {
    let details = container.details.as_ref();
    let temporary = details.is_some_and(|details| details.auto_remove);
    let without_policy = container.restart_policy() == Some(RestartPolicy::No);
    (temporary && ran < JOB_RUNS_AT_MOST)
        || is_one_off(&container.labels)
        || container.labels.get("dmon.job").is_some_and(|value| truth(value) == Some(true))
        || (without_policy && clean_ends >= CLEAN_ENDS_OF_A_JOB)
        || world.is_awaited(container)
}

/// Why nothing at all is told of a container, if so.
pub(super) fn silent(container: &Container) -> Option<Reason> {
    let details = container.details.as_ref();
    let temporary =
        details.is_some_and(|details| details.auto_remove) || is_one_off(&container.labels);
    if temporary && details.is_some_and(|details| details.interactive) {
        return Some(Reason::Shell);
    }
    let without_policy = details.is_none_or(|details| details.restart_policy == RestartPolicy::No);
    (without_policy && container.image.starts_with("sha256:")).then_some(Reason::BuildStep)
}

const PROJECT: &str = "com.docker.compose.project";

/// The compose project and service of a container.
pub(super) fn compose(labels: &Labels) -> Option<(&String, &String)> {
    Some((labels.get(PROJECT)?, labels.get("com.docker.compose.service")?))
}
