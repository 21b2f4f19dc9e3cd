//! The Engine comes and goes: what that changes in what may be judged.

use std::time::Duration;

use crate::monitor::Monitor;
use crate::monitor::change::Seen;
use crate::monitor::container::{ContainerId, Engine, Listed, Status};
use crate::monitor::effect::{Effect, Reason};
use crate::monitor::event::Event;
use crate::monitor::identity::Identity;
use crate::monitor::input::{Loss, News, Ping};
use crate::monitor::judge::{Answered, Askers};
use crate::monitor::link::{Absence, Gap, Link, Looked, Memory};
use crate::monitor::subject::Sign;
use crate::monitor::world::Learned;
use crate::monitor::{Dirt, Pinging};
use crate::timestamp::Timestamp;

/// An Engine that did not answer a ping is asked again after this.
const PING_AGAIN_AFTER: Duration = Duration::from_secs(2);

/// How many containers that are down are inspected at each look.
const DOWN_INSPECTED_A_LOOK: usize = 5;

impl Monitor {
    pub(super) fn connected(&mut self, engine: &Engine, boot_id: Option<String>, news: News) {
        let Link::Away(gap) = &self.link else { return };
        let mut gap = gap.clone();
        let rebooted = self.state.boot_id.is_some() && boot_id.is_some();
        if rebooted && self.state.boot_id != boot_id {
            gap.absence = Absence::Rebooted;
        }
        self.state.boot_id = boot_id.or(self.state.boot_id.take());
        self.news = news;
        let silent = engine.is_podman || news == News::Looks;
        self.askers = if silent { Askers::Untold } else { Askers::Told };
        self.link = Link::CatchingUp { gap, since: self.now.moment, looked: Looked::NotYet };
        self.next_look = None;
        self.effects.push(Effect::Look);
    }

    pub(super) fn lost(&mut self, since: Timestamp, loss: Loss) {
        let silent = self.pinging != Pinging::No && matches!(self.pinging, Pinging::Again(_));
        let (absence, reason) = match loss {
            Loss::StreamEnded if silent => (Absence::Unreachable, None),
            Loss::StreamEnded => (Absence::StreamEnded, None),
            Loss::NoAnswer(reason) => (Absence::Unreachable, Some(reason)),
        };
        let new = Gap {
            since,
            known: self.now.moment,
            absence,
            last_event: self.state.last_event,
            memory: Memory::Unknown,
            remembers: None,
            reason: "the event stream ended".to_owned(),
        };
        let mut gap = match &self.link {
            Link::Away(gap) => gap.clone(),
            // What the time before it has changed is still to be judged.
            Link::CatchingUp { gap, .. } => {
                Gap { known: new.known, memory: new.memory, remembers: None, ..gap.clone() }
            }
            Link::Live => new,
        };
        gap.absence = gap.absence.max(absence);
        gap.reason = reason.unwrap_or(gap.reason);
        self.link = Link::Away(gap);
        self.asked.clear();
        self.pinging = Pinging::No;
        self.next_look = None;
    }

    pub(super) fn event(&mut self, event: Event) {
        if let Link::CatchingUp { gap, .. } = &mut self.link
            && gap.last_event.is_some_and(|last| event.time <= last)
        {
            gap.memory = Memory::Kept;
            return;
        }
        if let Link::CatchingUp { gap, .. } = &mut self.link {
            gap.remembers.get_or_insert(event.time);
        }
        self.state.last_event = self.state.last_event.max(Some(event.time));
        if self.state.answered.is_none() {
            return self.early.push(event);
        }
        let learned = self.state.world.hear(&event, self.now.wall);
        self.learn(learned);
    }

    /// What events would have told is found by looking at everything.
    pub(super) fn events_missed(&mut self) {
        if self.link == Link::Live {
            let since = self.state.answered.unwrap_or(self.now.wall);
            let known = self.now.moment;
            let gap = Gap {
                since,
                known,
                absence: Absence::Unknown,
                last_event: None,
                memory: Memory::Kept,
                remembers: None,
                reason: String::new(),
            };
            self.link = Link::CatchingUp { gap, since: known, looked: Looked::NotYet };
            self.next_look = None;
            self.effects.push(Effect::Look);
        }
    }

    pub(super) fn look(&mut self, sent: Timestamp, containers: &[Listed]) {
        self.dirt = self.dirt.max(Dirt::Stale);
        self.next_look = Some(self.now.moment + self.settings.interval);
        if self.state.answered.is_none() {
            self.first_look(sent, containers);
        } else {
            let learned = self.state.world.look(sent, containers);
            self.learn(learned);
        }
        self.find_own();
        self.state.answered = Some(sent);
        if let Link::CatchingUp { looked: looked @ Looked::NotYet, .. } = &mut self.link {
            *looked = Looked::Listed;
            self.ask_all();
        }
        self.ask_some_that_are_down();
        for early in std::mem::take(&mut self.early) {
            self.event(early);
        }
        self.ask_awaited();
        self.forget();
    }

    /// Inspects all that run or are about to.
    fn ask_all(&mut self) {
        let containers = self.state.world.containers.iter();
        let ids: Vec<ContainerId> = containers
            .filter(|(_, it)| it.status.is_up() || it.status == Status::Restarting)
            .map(|(id, _)| id.clone())
            .collect();
        for id in &ids {
            self.ask(id);
        }
    }

    /// No event and no line of the list tells of a start that failed: those that are down take
    /// turns in being inspected.
    fn ask_some_that_are_down(&mut self) {
        let containers = self.state.world.containers.iter();
        let mut down: Vec<(Option<Timestamp>, ContainerId)> = containers
            .filter(|(_, container)| !container.status.is_up())
            .map(|(id, it)| (it.details.as_ref().map(|details| details.asked), id.clone()))
            .collect();
        down.sort();
        for (_, id) in down.iter().take(DOWN_INSPECTED_A_LOOK) {
            self.ask(id);
        }
    }

    /// Inspects what something waits for: no event tells of a start that failed.
    fn ask_awaited(&mut self) {
        let awaited = self.state.subjects.iter().filter(|(_, subject)| subject.death.is_some());
        let mut ids = Vec::new();
        for (identity, subject) in awaited {
            let successor = self.successor(identity, subject).map(|(id, _)| id.clone());
            ids.extend(successor.or(subject.container.clone()));
        }
        for id in &ids {
            self.ask(id);
        }
    }

    /// Takes in what an event or an answer led to.
    pub(super) fn learn(&mut self, learned: Learned) {
        for id in &learned.unsure {
            self.ask(id);
        }
        // Before anything is judged of it: a dmon that was upgraded lives in a new container.
        if self.own.is_none() {
            self.find_own();
        }
        for change in learned.changes {
            self.dirt = Dirt::Dirty;
            self.follow(change);
        }
    }

    pub(super) fn pinged(&mut self, ping: Ping) {
        let dead = self.state.subjects.iter().filter(|(_, subject)| subject.death.is_some());
        let dead: Vec<Identity> = dead.map(|(identity, _)| identity.clone()).collect();
        match ping {
            Ping::Answered => {
                self.answered = Some(Answered { at: self.now.moment, told: self.now.wall });
                self.pinging = Pinging::No;
            }
            Ping::Unanswered => {
                self.pinging = Pinging::Again(self.now.moment + PING_AGAIN_AFTER);
                for identity in &dead {
                    self.hold(identity, "ended", Reason::EngineAway);
                }
            }
        }
        self.touched.extend(dead);
    }

    /// Asks on a new connection whether the Engine is there.
    pub(super) fn ping(&mut self) {
        match self.pinging {
            Pinging::UnderWay => {}
            Pinging::Again(moment) if self.now.moment < moment => self.wake_at(moment),
            Pinging::No | Pinging::Again(_) => {
                self.pinging = Pinging::UnderWay;
                self.effects.push(Effect::Ping);
            }
        }
    }

    /// When something happened and since when it is known.
    pub(super) fn sign(&self, at: Timestamp, seen: Seen) -> Sign {
        let between = match &self.link {
            Link::CatchingUp { gap, .. } if seen == Seen::Found => Some((gap.since, self.now.wall)),
            _ => None,
        };
        Sign { at, told: self.now.wall, known: self.now.moment, between }
    }
}
