//! What dmon believes of the containers and why it tells somebody. Pure: no I/O, clocks, threads or
//! JSON in here.
//!
//! Two pictures are kept: what is true of the containers (`world`, and per identity `subject`), and
//! what Slack was told (`ledger`). dmon owes Slack the difference. [`Monitor::step`] is a fold: an
//! input goes in, effects come out, and [`Monitor::deadline`] says when it wants to be woken. The
//! way of an input:
//!
//! ```text
//! event, look, inspection ─▶ world ─Change▶ follow ─▶ subject ─judge, settle▶ ledger ─▶ batch
//! ```

pub mod alert;
pub mod cause;
pub mod change;
pub mod container;
pub mod effect;
pub mod event;
pub mod exit_code;
pub mod filter;
pub mod identity;
pub mod input;
pub mod ledger;
pub mod moment;
pub mod settings;
pub mod severity;
pub mod signals;
pub mod state;
pub mod subject;
pub mod world;

mod catching_up;
mod engine;
mod first_look;
mod follow;
mod job;
mod judge;
mod link;
mod outcome;
mod rules;
mod settle;
mod signs;
mod tell;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::monitor::container::ContainerId;
use crate::monitor::effect::Effect;
use crate::monitor::event::Event;
use crate::monitor::identity::Identity;
use crate::monitor::input::{Input, News};
use crate::monitor::judge::{Answered, Askers};
use crate::monitor::link::{Absence, Gap, Link, Memory};
use crate::monitor::moment::{Moment, Now};
use crate::monitor::settings::Settings;
use crate::monitor::state::{Clock, State};
use crate::timestamp::Timestamp;

/// The core: all that dmon knows, and what follows from it.
#[derive(Clone, Debug)]
pub struct Monitor {
    settings: Settings,
    state: State,
    /// The clock of waits when the monotonic clock was at zero.
    epoch: Moment,
    /// What the clocks say in this step.
    now: Clock,
    link: Link,
    askers: Askers,
    news: News,
    /// Events that came before the first look.
    early: Vec<Event>,
    /// Containers whose inspection is under way.
    asked: BTreeSet<ContainerId>,
    /// When the Engine answered a ping last.
    answered: Option<Answered>,
    pinging: Pinging,
    /// When the next reconciliation is due; `None` while one is under way.
    next_look: Option<Moment>,
    /// dmon's own identity, once its container was seen.
    own: Option<Identity>,
    dirt: Dirt,
    saved: Moment,
    /// When somebody asked dmon to end.
    stopping: Option<Moment>,
    /// Identities of which something changed that has not been judged yet.
    touched: BTreeSet<Identity>,
    /// What is waited for, by identity.
    waits: BTreeMap<Identity, Moment>,
    /// What the link to the Engine waits for.
    link_wakes: Option<Moment>,
    /// The next time that what is being judged waits for.
    wake: Option<Moment>,
    effects: Vec<Effect>,
}

/// Whether the Engine is being asked if it is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pinging {
    /// Nobody needs to know.
    No,
    /// It is.
    UnderWay,
    /// It did not answer; ask again then.
    Again(Moment),
}

/// How much of the state is not on disk yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Dirt {
    /// Nothing.
    Clean,
    /// When the Engine answered last.
    Stale,
    /// Something that matters.
    Dirty,
}

impl Monitor {
    /// Starts with what is remembered; `None`: nothing, so the first look is a silent baseline.
    pub fn new(settings: Settings, state: Option<State>, now: Now) -> Self {
        let mut state = state.unwrap_or_default();
        state.ledger.forget_what_was_under_way();
        // The clock of waits goes on where it stood, moved by the time in between.
        let away = now.wall.since(state.clock.wall);
        let first = state.answered.is_none();
        let moment = if first { Moment::default() } else { state.clock.moment + away };
        let epoch = moment - now.monotonic;
        let moment = epoch + now.monotonic;
        let since = state.answered.unwrap_or(now.wall);
        let gap = Gap {
            since,
            known: moment,
            absence: Absence::Unknown,
            last_event: state.last_event,
            memory: Memory::Unknown,
            remembers: None,
            reason: "it has not answered yet".to_owned(),
        };
        let touched = state.subjects.keys().cloned().collect();
        Self {
            settings,
            state,
            epoch,
            now: Clock { wall: now.wall, moment },
            link: Link::Away(gap),
            askers: Askers::Told,
            news: News::Events,
            early: Vec::new(),
            asked: BTreeSet::new(),
            answered: None,
            pinging: Pinging::No,
            next_look: None,
            own: None,
            dirt: Dirt::Clean,
            saved: moment,
            stopping: None,
            touched,
            waits: BTreeMap::new(),
            link_wakes: Some(moment),
            wake: None,
            effects: Vec::new(),
        }
    }

    /// Takes one input in and gives what is to be done, in this order.
    pub fn step(&mut self, now: Now, input: Input) -> Vec<Effect> {
        self.now = Clock { wall: now.wall, moment: self.epoch + now.monotonic };
        self.wake = None;
        self.take(input);
        self.reconcile();
        self.settle();
        self.tell();
        std::mem::take(&mut self.effects)
    }

    /// When [`Input::Wake`] is wanted if nothing comes before, as time since the process started.
    pub fn deadline(&self) -> Option<Duration> {
        let deadlines = [
            self.link_wakes,
            self.waits.values().min().copied().filter(|_| self.link == Link::Live),
            self.next_look,
            self.ledger_deadline(),
            self.save_deadline(),
            self.exit_deadline(),
        ];
        deadlines.into_iter().flatten().min().map(|moment| moment.since(self.epoch))
    }

    /// What is to be written to disk.
    pub fn state(&self) -> State {
        // What a gap has changed is worked out again by a dmon that starts before it is.
        let last_event = match &self.link {
            Link::CatchingUp { gap, .. } => gap.last_event,
            Link::Away(_) | Link::Live => self.state.last_event,
        };
        State { clock: self.now, last_event, ..self.state.clone() }
    }

    /// When the Engine answered last, by this host's wall clock: for `dmon health`.
    pub fn answered(&self) -> Option<Timestamp> {
        self.state.answered
    }

    fn take(&mut self, input: Input) {
        match input {
            Input::Connected { engine, boot_id, news } => self.connected(&engine, boot_id, news),
            Input::Lost { since, loss } => self.lost(since, loss),
            Input::Event(event) => self.event(event),
            Input::EventsMissed => self.events_missed(),
            Input::Look { sent, containers } => self.look(sent, &containers),
            Input::Inspected { sent, container } => {
                self.asked.remove(&container.id);
                self.touch(&container.id);
                self.first_words_of(&container.id);
                let learned = self.state.world.inspected(sent, &container);
                self.learn(learned);
            }
            Input::Gone { sent, id } => {
                self.asked.remove(&id);
                let learned = self.state.world.gone(sent, &id);
                self.learn(learned);
            }
            Input::Refused(id) => {
                self.asked.remove(&id);
            }
            Input::Logs { id, lines } => self.logs(&id, lines),
            Input::Pinged(ping) => self.pinged(ping),
            Input::Delivery { batch, outcome } => {
                self.state.ledger.delivery(batch, outcome, self.now.moment);
                self.save();
            }
            Input::Stop => self.stopping = self.stopping.or(Some(self.now.moment)),
            Input::Wake => {}
        }
    }

    /// Asks for the next reconciliation when it is due.
    fn reconcile(&mut self) {
        if self.next_look.is_some_and(|due| due <= self.now.moment) {
            self.next_look = None;
            self.effects.push(Effect::Look);
        }
    }

    /// Has the identity of a container judged anew.
    fn touch(&mut self, id: &ContainerId) {
        let container = self.state.world.containers.get(id);
        self.touched.extend(container.map(|container| container.identity.clone()));
    }

    /// When a container began to run, by which its restarts are known, is first told by an
    /// inspection: worth writing down.
    fn first_words_of(&mut self, id: &ContainerId) {
        if self.state.world.containers.get(id).is_none_or(|known| known.details.is_none()) {
            self.dirt = Dirt::Dirty;
        }
    }

    /// What is being judged wants to be judged again then.
    fn wake_at(&mut self, moment: Moment) {
        self.wake = Some(self.wake.map_or(moment, |wake| wake.min(moment)));
    }

    /// Asks for an inspection, unless one is under way.
    fn ask(&mut self, id: &ContainerId) {
        if !matches!(self.link, Link::Away(_)) && self.asked.insert(id.clone()) {
            self.effects.push(Effect::Inspect(id.clone()));
        }
    }
}
