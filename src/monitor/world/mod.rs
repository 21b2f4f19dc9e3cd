//! What dmon believes of the containers. Events and answers end in the same changes here; whether a
//! change matters is for the rules.
//!
//! What is newer is decided by dmon's own clock alone: by when an event came in, and by when a
//! question left. The Engine's times tell one run of a container from another and are text beside
//! that: a clock that is wrong, or is set, does no harm.

mod believed;
mod compare;
mod index;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

pub use believed::{Age, Container, Details};
pub use index::Index;

use crate::monitor::change::{Change, Seen, What};
use crate::monitor::container::{ContainerId, Inspected, List, Listed};
use crate::monitor::event::{Action, Event};
use crate::monitor::identity::Identity;
use crate::monitor::moment::{Clocks, Moment};

/// All containers that there are, as far as is known.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct World {
    /// By id.
    pub containers: BTreeMap<ContainerId, Container>,
    /// Those that are no more, and since when, the latest last: what is still reported of one is
    /// old.
    pub removed: Vec<(ContainerId, Moment)>,
    /// Rises with each first inspection of a container. Other changes are counted by whoever applies
    /// them. Not written down itself.
    pub revision: u64,
    /// Made of `containers`.
    pub index: Index,
}

/// How many ids of removed containers are kept: the Engine reports at most 256 events again.
const REMOVED_AT_MOST: usize = 256;

/// What an event or an answer of the Engine leads to.
#[derive(Debug, Default, PartialEq)]
pub struct Learned {
    /// What changed.
    pub changes: Vec<Change>,
    /// Containers of which it says too little: to be inspected.
    pub unsure: Vec<ContainerId>,
}

/// When an event happened, by dmon's own clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occurred {
    /// As it came in.
    Now,
    /// Before the stream was opened, about then: the Engine repeats it.
    Before(Moment),
}

impl World {
    /// The same with its indexes, which are not written down.
    pub(in crate::monitor) fn indexed(mut self) -> Self {
        self.index = Index::default();
        for (id, container) in &self.containers {
            self.index.update(id, Some(container));
        }
        self
    }

    /// The same without its indexes.
    pub(in crate::monitor) fn to_write(&self) -> Self {
        let (containers, removed) = (self.containers.clone(), self.removed.clone());
        Self { containers, removed, ..Self::default() }
    }

    /// The containers of an identity.
    pub(in crate::monitor) fn of<'a>(
        &'a self,
        identity: &Identity,
    ) -> impl Iterator<Item = (&'a ContainerId, &'a Container)> {
        self.index.of(identity).filter_map(|id| self.containers.get_key_value(id))
    }

    /// The containers that have never run.
    pub(in crate::monitor) fn new_ones(&self) -> impl Iterator<Item = &Container> {
        self.index.new_ones().filter_map(|id| self.containers.get(id))
    }

    /// Whether another service of its compose project waits for a container to complete.
    pub(in crate::monitor) fn is_awaited(&self, container: &Container) -> bool {
        let label = |key| container.labels.get(key);
        label("com.docker.compose.project")
            .zip(label("com.docker.compose.service"))
            .is_some_and(|(project, service)| self.index.is_awaited(project, service))
    }

    /// Has the index say what a container is like after a change.
    fn reindex(&mut self, id: &ContainerId) {
        self.index.update(id, self.containers.get(id));
    }

    /// What people call a container; the beginning of its id where it has no name.
    pub(in crate::monitor) fn name_of(&self, id: &ContainerId) -> String {
        match self.containers.get(id) {
            Some(container) if !container.name.is_empty() => container.name.clone(),
            _ => id.short().to_owned(),
        }
    }

    /// The identity of the container whose id begins with this.
    pub(in crate::monitor) fn identity_of(&self, id: &str) -> Option<&Identity> {
        let id = ContainerId::new(id);
        let (found, container) = self.containers.range(&id..).next()?;
        found.as_str().starts_with(id.as_str()).then_some(&container.identity)
    }

    /// Takes an event in.
    pub fn hear(&mut self, event: &Event, occurred: Occurred, clocks: &Clocks) -> Learned {
        let id = &event.id;
        let now = clocks.moment;
        let moment = match occurred {
            Occurred::Now => now,
            Occurred::Before(moment) => moment,
        };
        let at = Some(event.time);
        let heard = |what| {
            let (id, earliest, seen) = (id.clone(), moment, Seen::Heard);
            Change { id, at, moment, earliest, seen, what }
        };
        if event.action == Action::Destroy {
            let removed = self.remove(id, moment, now).map(|last| What::Removed(Box::new(last)));
            return Learned { changes: removed.map(heard).into_iter().collect(), unsure: vec![] };
        }
        let mut learned = Learned::default();
        if self.removed.iter().any(|(removed, _)| removed == id) {
            return learned;
        }
        if !self.containers.contains_key(id) {
            self.containers.insert(id.clone(), Container::before(event, moment));
            learned.changes.push(heard(What::Appeared));
            learned.unsure.push(id.clone());
        }
        let container = self.containers.get_mut(id).expect("it was there or has been inserted");
        let (what, sure) = container.hear(event, occurred, now);
        container.heard = now;
        if matches!(event.action, Action::Pause | Action::Unpause) {
            container.paused = Some(now);
        }
        learned.changes.extend(what.into_iter().map(heard));
        if !sure && learned.unsure.is_empty() {
            learned.unsure.push(id.clone());
        }
        self.reindex(id);
        learned
    }

    /// Takes in that Podman reports a restart.
    pub(in crate::monitor) fn restarted_by_podman(&mut self, id: &ContainerId, at: Moment) {
        if let Some(container) = self.containers.get_mut(id) {
            container.restarted_by_podman(at);
        }
    }

    /// Takes a complete list in. A list is coarse: what differs from it is inspected before it is
    /// believed, absence as well.
    pub fn list(&mut self, asked: Moment, list: &List, clocks: &Clocks) -> Learned {
        let mut learned = Learned::default();
        let present: BTreeSet<_> = (list.containers.iter().map(|line| &line.id))
            .chain(list.unreadable.iter().map(|line| &line.id))
            .collect();
        // An id that is listed again is alive: an Engine may have been without its disk.
        self.removed.retain(|(id, since)| *since >= asked || !present.contains(id));
        for line in &list.containers {
            let known = self.containers.get_mut(&line.id);
            let Some(known) = known else {
                learned.unsure.push(line.id.clone());
                continue;
            };
            if known.agrees(asked, line, clocks) {
                known.confirmed = asked;
            } else {
                learned.unsure.push(line.id.clone());
            }
            known.note_age(asked, line);
        }
        learned.unsure.extend(list.unreadable.iter().map(|line| line.id.clone()));
        let missing = self
            .containers
            .iter()
            .filter(|(id, known)| !present.contains(*id) && known.heard <= asked);
        learned.unsure.extend(missing.map(|(id, _)| id.clone()));
        learned
    }

    /// Believes a line of the list, for want of an inspection.
    pub fn believe_line(&mut self, asked: Moment, line: &Listed, clocks: &Clocks) -> Learned {
        let mut learned = Learned::default();
        let moment = clocks.moment;
        let earliest = self.last_seen(&line.id).unwrap_or(asked);
        let mut found = |what| {
            let (id, at, seen) = (line.id.clone(), None, Seen::Found);
            learned.changes.push(Change { id, at, moment, earliest, seen, what });
        };
        if !self.containers.contains_key(&line.id) {
            self.containers.insert(line.id.clone(), Container::created(asked, line, clocks));
            found(What::Appeared);
        }
        let container =
            self.containers.get_mut(&line.id).expect("it was there or has been inserted");
        if container.heard <= asked {
            container.compare_line(asked, line, clocks).into_iter().for_each(found);
            container.confirmed = asked;
        }
        self.reindex(&line.id);
        learned
    }

    /// Takes in that the Engine does not know the container.
    pub fn gone(&mut self, asked: Moment, id: &ContainerId) -> Learned {
        // An event came in after the question: the answer may be older than the container.
        if self.containers.get(id).is_some_and(|container| container.heard > asked) {
            return Learned { changes: Vec::new(), unsure: vec![id.clone()] };
        }
        let earliest = self.last_seen(id).unwrap_or(asked);
        match self.remove(id, asked, asked) {
            None => Learned::default(),
            Some(last) => {
                let (id, what) = (id.clone(), What::Removed(Box::new(last)));
                let (at, seen) = (None, Seen::Found);
                let change = Change { id, at, moment: asked, earliest, seen, what };
                Learned { changes: vec![change], unsure: Vec::new() }
            }
        }
    }

    /// Takes the answer to an inspection in.
    pub fn inspected(&mut self, asked: Moment, seen: &Inspected, clocks: &Clocks) -> Learned {
        let mut learned = Learned::default();
        if self.removed.iter().any(|(id, since)| *id == seen.id && *since >= asked) {
            return learned;
        }
        self.removed.retain(|(id, _)| *id != seen.id);
        // When it began to run, by which its restarts are known, is first told by an inspection.
        let known = self.containers.get(&seen.id).is_some_and(|known| known.details.is_some());
        self.revision += u64::from(!known);
        let earliest = self.last_seen(&seen.id).unwrap_or(asked);
        let mut found = |(at, what): (Option<_>, What)| {
            let moment = at.map_or(asked, |at| clocks.moment_of(at));
            learned.changes.push(Change {
                id: seen.id.clone(),
                at,
                moment,
                earliest,
                seen: Seen::Found,
                what,
            });
        };
        if !self.containers.contains_key(&seen.id) {
            self.containers.insert(seen.id.clone(), Container::made(asked, seen, clocks));
            found((Some(seen.created), What::Appeared));
        }
        let container =
            self.containers.get_mut(&seen.id).expect("it was there or has been inserted");
        if container.heard <= asked {
            container.compare(asked, seen, clocks).into_iter().for_each(found);
        } else if container.matches(&seen.state) && container.uncounted == 0 {
            container.learn(asked, seen, clocks);
            // Whoever waits for what is true since the last change still does.
            if asked < container.since {
                learned.unsure.push(seen.id.clone());
            }
        } else {
            learned.unsure.push(seen.id.clone());
        }
        self.reindex(&seen.id);
        learned
    }

    /// When a container was last seen to be as it is believed to be.
    fn last_seen(&self, id: &ContainerId) -> Option<Moment> {
        self.containers.get(id).map(|container| container.confirmed.max(container.heard))
    }

    /// Removes a container that was removed at `moment`, as was learned `now`.
    fn remove(&mut self, id: &ContainerId, moment: Moment, now: Moment) -> Option<Container> {
        let mut removed = self.containers.remove(id)?;
        self.reindex(id);
        removed.since = removed.since.max(moment);
        removed.heard = removed.heard.max(now);
        self.removed.push((id.clone(), removed.heard));
        if self.removed.len() > REMOVED_AT_MOST {
            self.removed.remove(0);
        }
        Some(removed)
    }

    /// Adds the containers of the first list: nothing of them is news.
    pub fn adopt(&mut self, asked: Moment, lines: &[Listed], clocks: &Clocks) {
        for line in lines {
            self.containers.insert(line.id.clone(), Container::listed(asked, line, clocks));
            self.reindex(&line.id);
        }
    }
}
