//! Which containers share an identity, have never run, or are waited for to complete: found without
//! going through all of them.

use std::collections::{BTreeMap, BTreeSet};

use super::Container;
use crate::monitor::container::{ContainerId, Labels};
use crate::monitor::identity::Identity;

/// A service of a compose project.
type Service = (String, String);

/// The indexes of the world.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Index {
    by_identity: BTreeMap<Identity, BTreeSet<ContainerId>>,
    new: BTreeSet<ContainerId>,
    /// How many containers wait for a service to complete.
    awaited: BTreeMap<Service, usize>,
    entries: BTreeMap<ContainerId, Entry>,
}

/// What is indexed of a container.
#[derive(Clone, Debug, PartialEq)]
struct Entry {
    identity: Identity,
    awaits: Vec<Service>,
}

impl Index {
    /// A container is as it is now; `None`: it is no more.
    pub(super) fn update(&mut self, id: &ContainerId, container: Option<&Container>) {
        if container.is_some_and(Container::is_new) {
            self.new.insert(id.clone());
        } else {
            self.new.remove(id);
        }
        let awaits = container.map(|container| awaits(&container.labels)).unwrap_or_default();
        let entry = self.entries.get(id);
        if let (Some(entry), Some(container)) = (entry, container)
            && entry.identity == container.identity
            && entry.awaits == awaits
        {
            return;
        }
        self.remove(id);
        let Some(container) = container else { return };
        let identity = container.identity.clone();
        self.by_identity.entry(identity.clone()).or_default().insert(id.clone());
        for service in &awaits {
            *self.awaited.entry(service.clone()).or_default() += 1;
        }
        self.entries.insert(id.clone(), Entry { identity, awaits });
    }

    fn remove(&mut self, id: &ContainerId) {
        let Some(entry) = self.entries.remove(id) else { return };
        if let Some(ids) = self.by_identity.get_mut(&entry.identity) {
            ids.remove(id);
            if ids.is_empty() {
                self.by_identity.remove(&entry.identity);
            }
        }
        for service in entry.awaits {
            if let Some(count) = self.awaited.get_mut(&service) {
                *count -= 1;
                if *count == 0 {
                    self.awaited.remove(&service);
                }
            }
        }
    }

    /// The containers of an identity.
    pub(super) fn of(&self, identity: &Identity) -> impl Iterator<Item = &ContainerId> {
        self.by_identity.get(identity).into_iter().flatten()
    }

    /// The containers that have never run.
    pub(super) fn new_ones(&self) -> impl Iterator<Item = &ContainerId> {
        self.new.iter()
    }

    /// Whether another service of its compose project waits for this one to complete.
    pub(super) fn is_awaited(&self, project: &str, service: &str) -> bool {
        self.awaited.contains_key(&(project.to_owned(), service.to_owned()))
    }
}

/// The services that a container waits for to complete. `depends_on` is written
/// `service:condition:restart`, separated by commas.
fn awaits(labels: &Labels) -> Vec<Service> {
    let Some(project) = labels.get("com.docker.compose.project") else { return Vec::new() };
    let Some(needs) = labels.get("com.docker.compose.depends_on") else { return Vec::new() };
    let completed = |need: &str| {
        let mut parts = need.split(':');
        let service = parts.next()?;
        let condition = parts.next()?;
        (condition == "service_completed_successfully")
            .then(|| (project.clone(), service.to_owned()))
    };
    needs.split(',').filter_map(completed).collect()
}
