//! What dmon believes of the containers. Events and looks end in the same changes here; whether a
//! change matters is for the rules.
//!
//! Two clocks meet. The Engine's own times (of events, starts and ends) order what happened; this
//! host's times tell whether an answer is older than an event already heard. The two are never
//! compared with each other, so a clock that is off does no harm.

mod believed;
mod compare;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

pub use believed::{Container, Details};

use crate::monitor::change::{Change, Seen, What};
use crate::monitor::container::{ContainerId, Inspected, Listed};
use crate::monitor::event::{Action, Event};
use crate::timestamp::Timestamp;

/// All containers that there are, as far as is known.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct World {
    /// By id.
    pub containers: BTreeMap<ContainerId, Container>,
    /// Those that are no more, the latest last: an id is never used again, so what is still told of
    /// one is old.
    pub removed: Vec<ContainerId>,
}

/// How many ids of removed containers are kept: the Engine tells at most 256 events again.
const REMOVED_AT_MOST: usize = 256;

/// What an event or an answer of the Engine leads to.
#[derive(Debug, Default, PartialEq)]
pub struct Learned {
    /// What changed.
    pub changes: Vec<Change>,
    /// Containers of which it told too little: to be inspected.
    pub unsure: Vec<ContainerId>,
}

impl World {
    /// Takes an event in; `told` is this host's time.
    pub fn hear(&mut self, event: &Event, told: Timestamp) -> Learned {
        let id = &event.id;
        let heard = |what| Change { id: id.clone(), at: event.time, seen: Seen::Heard, what };
        if event.action == Action::Destroy {
            let removed = self.remove(id, event.time).map(|last| What::Removed(Box::new(last)));
            return Learned { changes: removed.map(heard).into_iter().collect(), unsure: vec![] };
        }
        let mut learned = Learned::default();
        if self.removed.contains(id) {
            return learned;
        }
        if !self.containers.contains_key(id) {
            self.containers.insert(id.clone(), Container::before(event));
            learned.changes.push(heard(What::Appeared));
            learned.unsure.push(id.clone());
        }
        let container = self.containers.get_mut(id).expect("it was there or has been inserted");
        let (what, sure) = container.hear(event);
        container.heard = container.heard.max(told);
        if matches!(event.action, Action::Pause | Action::Unpause) {
            container.paused = Some(told);
        }
        learned.changes.extend(what.into_iter().map(heard));
        if !sure && learned.unsure.is_empty() {
            learned.unsure.push(id.clone());
        }
        learned
    }

    /// Takes a complete list in that was asked for at `sent`. A list is coarse: what differs from
    /// it is inspected before it is believed. Only absence is believed at once.
    pub fn look(&mut self, sent: Timestamp, listed: &[Listed]) -> Learned {
        let mut learned = Learned::default();
        for line in listed {
            if !self.containers.get(&line.id).is_some_and(|known| known.agrees(sent, line)) {
                learned.unsure.push(line.id.clone());
            }
            if let Some(known) = self.containers.get_mut(&line.id) {
                known.note_age(sent, line);
            }
        }
        let present: BTreeSet<_> = listed.iter().map(|line| &line.id).collect();
        let missing: Vec<_> =
            self.containers.keys().filter(|id| !present.contains(id)).cloned().collect();
        for id in missing {
            let gone = self.gone(sent, &id);
            learned.changes.extend(gone.changes);
            learned.unsure.extend(gone.unsure);
        }
        learned
    }

    /// Takes in that an answer asked for at `sent` does not know the container.
    pub fn gone(&mut self, sent: Timestamp, id: &ContainerId) -> Learned {
        // It was heard of after the question: the answer may be older than the container.
        if self.containers.get(id).is_some_and(|container| container.heard > sent) {
            return Learned { changes: Vec::new(), unsure: vec![id.clone()] };
        }
        match self.remove(id, sent) {
            None => Learned::default(),
            Some(last) => {
                let what = What::Removed(Box::new(last));
                let change = Change { id: id.clone(), at: sent, seen: Seen::Found, what };
                Learned { changes: vec![change], unsure: Vec::new() }
            }
        }
    }

    /// Takes the answer in to an inspection that was asked for at `sent`.
    pub fn inspected(&mut self, sent: Timestamp, seen: &Inspected) -> Learned {
        let mut learned = Learned::default();
        if self.removed.contains(&seen.id) {
            return learned;
        }
        let mut found = |(at, what)| {
            learned.changes.push(Change { id: seen.id.clone(), at, seen: Seen::Found, what });
        };
        if !self.containers.contains_key(&seen.id) {
            self.containers.insert(seen.id.clone(), Container::made(sent, seen));
            found((seen.created, What::Appeared));
        }
        let container =
            self.containers.get_mut(&seen.id).expect("it was there or has been inserted");
        if container.heard <= sent {
            container.compare(sent, seen).into_iter().for_each(found);
        } else if container.matches(&seen.state) && container.uncounted == 0 {
            container.learn(sent, seen);
        } else {
            learned.unsure.push(seen.id.clone());
        }
        learned
    }

    fn remove(&mut self, id: &ContainerId, at: Timestamp) -> Option<Container> {
        let mut removed = self.containers.remove(id)?;
        removed.since = removed.since.max(at);
        self.removed.push(id.clone());
        if self.removed.len() > REMOVED_AT_MOST {
            self.removed.remove(0);
        }
        Some(removed)
    }

    /// Adds a container as the first look finds it: nothing of it is news.
    pub fn adopt(&mut self, sent: Timestamp, line: &Listed) {
        self.containers.insert(line.id.clone(), Container::listed(sent, line));
    }
}
