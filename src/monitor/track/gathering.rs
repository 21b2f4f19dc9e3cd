//! Whether more of what can wait is in the making, so that it leaves together.

use std::cmp::Reverse;

use super::Tracks;
use super::evaluation::Env;
use super::subject::{Death, Origin, Run, Subject};
use crate::monitor::identity::Identity;
use crate::monitor::ledger::{GATHERS_FOR, More};
use crate::monitor::moment::Moment;
use crate::monitor::world::Container;

impl Tracks {
    /// Whether more is in the making.
    pub(in crate::monitor) fn more(&self, env: &Env) -> More {
        let catching_up = env.link.gap_caught_up_with().is_some();
        let updated = |last: Moment| env.now() < last + GATHERS_FOR;
        let mut updated = self.updated.iter().filter(|(_, last)| updated(**last));
        let more = catching_up
            || !self.coming.is_empty()
            || env.world.new_ones().any(|container| env.is_starting(container))
            || updated.any(|(service, _)| self.is_updated(service, env));
        if more { More::Coming } else { More::NotKnown }
    }

    /// A task of a Swarm service was started.
    pub(super) fn note_start(&mut self, identity: &Identity, now: Moment) {
        self.updated.retain(|_, last| now < *last + GATHERS_FOR);
        if let Identity::Swarm { service, .. } = identity {
            let last = self.updated.entry(service.clone()).or_insert(now);
            *last = now.max(*last);
        }
    }

    /// Whether a service of a Swarm is being updated, task by task: some were made anew, the last
    /// one just now, and others still run as before.
    fn is_updated(&self, service: &str, env: &Env) -> bool {
        let first = Identity::Swarm { service: service.to_owned(), slot: String::new() };
        let tasks = self.subjects.range(first..);
        let tasks = tasks.take_while(|(identity, _)| {
            matches!(identity, Identity::Swarm { service: other, .. } if other == service)
        });
        let runs = tasks.filter_map(|(_, subject)| {
            let id = subject.container.as_ref().filter(|_| subject.silent.is_none())?;
            let is_up = env.container(id)?.status.is_up();
            subject.run.as_ref().filter(|_| is_up)
        });
        is_halfway(runs.collect(), env.now())
    }
}

/// Whether something that somebody asked for has not come to its end.
pub(super) fn is_coming(subject: &Subject) -> bool {
    let asked =
        |death: &Death| death.asked.is_some() || death.removed.is_some() || death.back.is_some();
    subject.silent.is_none()
        && (subject.death.as_ref().is_some_and(asked) || subject.arrival.is_some())
}

impl Env<'_> {
    /// Whether a container was made just now and is about to start.
    fn is_starting(&self, container: &Container) -> bool {
        container.is_new()
            && !container.failed_to_start()
            && self.now().since(container.since) < GATHERS_FOR
            && self.exclusion_of(container).is_none()
    }
}

/// Whether some of the runs began on request, each soon after the one before and the last one just
/// now, and others did not.
fn is_halfway(mut runs: Vec<&Run>, now: Moment) -> bool {
    runs.sort_by_key(|run| Reverse(run.sign.known));
    let mut since = now;
    let old = runs.iter().position(|run| {
        let joins = run.origin == Origin::Request && since < run.sign.known + GATHERS_FOR;
        since = run.sign.known;
        !joins
    });
    old.is_some_and(|old| old > 0)
}
