//! What a list leaves open, and is asked of single containers.

use std::collections::BTreeSet;

use super::{Link, Presence};
use crate::monitor::container::{ContainerId, List, Status};
use crate::monitor::effect::{Effect, Remark};
use crate::monitor::moment::{Clocks, Moment};
use crate::monitor::world::World;

/// How many containers that are down are inspected at each list.
const DOWN_INSPECTED_A_LIST: usize = 5;

impl Link {
    /// Asks what a complete list leaves open.
    pub(in crate::monitor) fn complete(
        &mut self,
        asked: Moment,
        list: &List,
        world: &World,
        clocks: &Clocks,
    ) {
        self.listed = Some(clocks.wall_at(asked));
        self.warn_of_lines(list, world);
        if matches!(self.presence, Presence::CatchingUp { .. }) {
            self.inspect_all(world, clocks.moment);
        }
        self.inspect_some_that_are_down(world, clocks.moment);
    }

    /// Names containers whose line of the list cannot be read, once.
    fn warn_of_lines(&mut self, list: &List, world: &World) {
        let before = std::mem::take(&mut self.unreadable_lines);
        self.unreadable_lines = list.unreadable.iter().map(|line| line.id.clone()).collect();
        let new = list.unreadable.iter().filter(|line| !before.contains(&line.id));
        let new: Vec<_> = new.collect();
        let Some(first) = new.first() else { return };
        let name = |id: &ContainerId, listed: &str| match world.containers.get(id) {
            None if !listed.is_empty() => listed.to_owned(),
            _ => world.name_of(id),
        };
        let names = new.iter().map(|line| name(&line.id, &line.name)).collect();
        let reason = first.reason.clone();
        self.effects.push(Effect::Log(Remark::UnreadableLine { names, reason }));
    }

    /// Inspects all that run or are about to.
    fn inspect_all(&mut self, world: &World, now: Moment) {
        let is_up = |status: Status| status.is_up() || status == Status::Restarting;
        for (id, _) in world.containers.iter().filter(|(_, it)| is_up(it.status)) {
            self.inspect(id, now);
        }
    }

    /// No event and no line of the list tells of a start that failed: those that are down take
    /// turns in being inspected.
    fn inspect_some_that_are_down(&mut self, world: &World, now: Moment) {
        let containers = world.containers.iter();
        let mut down: Vec<(Option<Moment>, &ContainerId)> = containers
            .filter(|(id, it)| !it.status.is_up() && !self.inspections.rests(id, now))
            .map(|(id, it)| (it.details.as_ref().map(|details| details.asked), id))
            .collect();
        down.sort();
        for (_, id) in down.iter().take(DOWN_INSPECTED_A_LIST) {
            self.inspect(id, now);
        }
    }

    /// While inspections go unanswered, one of another container shows whether any is answered.
    pub(in crate::monitor) fn probe(&mut self, world: &World, now: Moment) {
        if !self.inspections.wants_probe(now) {
            return;
        }
        let failing: BTreeSet<_> = self.inspections.failing().map(|(id, _)| id).collect();
        let others = world.containers.iter().filter(|(id, _)| !failing.contains(id));
        let oldest = others.min_by_key(|(_, it)| it.details.as_ref().map(|details| details.asked));
        if let Some(id) = oldest.map(|(id, _)| id.clone()) {
            self.inspect(&id, now);
        }
    }
}
