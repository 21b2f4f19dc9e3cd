//! Of whom nothing is reported: dmon itself, who the filters keep out, shells, steps of builds.

use super::evaluation::{Env, Evaluation};
use super::job;
use super::subject::Subject;
use crate::monitor::effect::Reason;
use crate::monitor::world::Container;

impl Env<'_> {
    /// Why nothing at all is reported of a container, if so.
    pub(in crate::monitor) fn exclusion_of(&self, container: &Container) -> Option<Reason> {
        let own = self.settings.own_container.as_deref();
        if own.and_then(|own| self.world.identity_of(own)) == Some(&container.identity) {
            return Some(Reason::Own);
        }
        let admitted = self.settings.filter.admits(&container.name, &container.labels);
        if admitted { job::silent(container) } else { Some(Reason::Filtered) }
    }

    /// The same for an identity. Of one that has no container, what its last was decides.
    pub(super) fn exclusion(&self, subject: &Subject) -> Option<Reason> {
        match subject.container.as_ref().and_then(|id| self.container(id)) {
            Some(container) => self.exclusion_of(container),
            None => subject.silent,
        }
    }
}

impl Evaluation<'_> {
    pub(super) fn exclusion(&self) -> Option<Reason> {
        self.env.exclusion(self.subject)
    }

    /// Says that something is not reported, where nothing is of that container.
    pub(super) fn suppress_excluded(&mut self, what: &str) {
        if let Some(reason) = self.exclusion() {
            self.suppress(what, reason);
        }
    }
}
