//! Whether more of what can wait is in the making, so that it leaves together.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::Tracks;
use super::evaluation::Env;
use super::subject::{Death, Origin, Run};
use crate::monitor::identity::Identity;
use crate::monitor::ledger::{GATHERS_FOR, More};
use crate::monitor::moment::Moment;
use crate::monitor::world::Container;

impl Tracks {
    /// Whether more is in the making. Asked each step: where nothing waits to be sent, nobody goes
    /// through all containers.
    pub(in crate::monitor) fn more(&self, env: &Env) -> More {
        if !env.ledger.owes(env.settings) {
            return More::NotKnown;
        }
        let catching_up = env.link.gap_caught_up_with().is_some();
        let coming = || env.world.containers.values().any(|container| env.is_coming(container));
        let more = catching_up || self.await_an_end() || coming() || self.update_a_service(env);
        if more { More::Coming } else { More::NotKnown }
    }

    /// Whether something that somebody asked for has not come to its end.
    fn await_an_end(&self) -> bool {
        let asked = |death: &Death| {
            death.asked.is_some() || death.removed.is_some() || death.back.is_some()
        };
        self.subjects.values().any(|subject| {
            subject.silent.is_none()
                && (subject.death.as_ref().is_some_and(asked) || subject.arrival.is_some())
        })
    }

    /// Whether a service of a Swarm is being updated, task by task: some were made anew, the last
    /// one just now, and others still run as before.
    fn update_a_service(&self, env: &Env) -> bool {
        let mut services: BTreeMap<&str, Vec<&Run>> = BTreeMap::new();
        for (identity, subject) in &self.subjects {
            let id = subject.container.as_ref().filter(|_| subject.silent.is_none());
            let up = id.and_then(|id| env.container(id)).is_some_and(|it| it.status.is_up());
            if let (Identity::Swarm { service, .. }, Some(run), true) = (identity, &subject.run, up)
            {
                services.entry(service).or_default().push(run);
            }
        }
        services.into_values().any(|tasks| is_halfway(tasks, env.now()))
    }
}

impl Env<'_> {
    /// Whether a container was made just now and is about to start.
    fn is_coming(&self, container: &Container) -> bool {
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
