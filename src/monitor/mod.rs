//! What dmon believes of the containers and why it tells somebody. Pure: no I/O, clocks, threads or
//! JSON in here.
//!
//! Two pictures are kept: what is true of the containers (`world`, and per identity `subject`), and
//! what Slack was told (`ledger`). dmon owes Slack the difference. [`Monitor::step`] is a fold: an
//! input goes in, effects come out, and [`Monitor::deadline`] says when it wants to be woken. The
//! way of an input:
//!
//! ```text
//! event, list, inspection ─▶ world ─Change▶ follow ─▶ subject ─judge, settle▶ ledger ─▶ batch
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

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use crate::monitor::container::ContainerId;
use crate::monitor::effect::{Effect, Remark};
use crate::monitor::event::{Action, Event};
use crate::monitor::identity::Identity;
use crate::monitor::input::Input;
use crate::monitor::judge::Askers;
use crate::monitor::link::{Absence, Gap, Link, Presence};
use crate::monitor::moment::{CLOCK_SETS_MAX, CLOCKS_AGREE_WITHIN, ClockSet, Clocks, Moment, Now};
use crate::monitor::settings::Settings;
use crate::monitor::state::{Clock, State};
use crate::timestamp::Timestamp;

/// The core: all that dmon knows, and what follows from it.
#[derive(Clone, Debug)]
pub struct Monitor {
    settings: Settings,
    state: State,
    /// The moment at which this process started.
    epoch: Moment,
    /// What the clocks say in this step.
    now: Clock,
    link: Link,
    askers: Askers,
    is_podman: bool,
    /// How far the Engine's clock is ahead of this host's.
    engine_ahead_ns: i64,
    /// When this host's wall clock was set, the last time first.
    clock_set: [Option<ClockSet>; CLOCK_SETS_MAX],
    /// When the last event came in.
    last_event_came: Moment,
    /// The last events: the Engine repeats some of them to a stream that is opened again.
    recent: VecDeque<(Timestamp, ContainerId, Action)>,
    /// Events that came before the first list.
    early: Vec<Event>,
    /// When a mute stream was opened again.
    reopened: Moment,
    /// Containers whose line of the list could not be read.
    unreadable_lines: BTreeSet<ContainerId>,
    /// The names of those that the last gap has changed.
    changed: Vec<String>,
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

/// Whether dmon sees all that happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Health {
    /// Whether it is live; else why not, in one line.
    pub live: Result<(), String>,
    /// Whether inspections are answered, or none was needed; else why not, in one line.
    pub inspections: Result<(), String>,
    /// Containers that cannot be inspected, and why.
    pub uninspected: Vec<(String, String)>,
}

impl Monitor {
    /// Starts with what is remembered; `None`: nothing, so the first look is a silent baseline.
    pub fn new(settings: Settings, state: Option<State>, now: Now) -> Self {
        let mut state = state.unwrap_or_default();
        state.ledger.start_again();
        // The monotonic clock goes on where it stood, moved by the time in between.
        let away = now.wall.since(state.clock.wall);
        let moment = match state.clock.moment {
            // The first start: what began before it still has a moment.
            Moment(Duration::ZERO) => Moment::at_first_start(now.wall),
            before => before + away,
        };
        let epoch = moment - now.monotonic;
        let moment = epoch + now.monotonic;
        let since = state.answered.unwrap_or(now.wall);
        let gap = Gap::new(since, moment, Absence::Unknown, state.last_event);
        let clocks = Clocks::new(now.wall, moment);
        let touched = state.subjects.keys().cloned().collect();
        Self {
            link: Link::new(gap, &clocks, settings.interval),
            settings,
            state,
            epoch,
            now: Clock { wall: now.wall, moment },
            askers: Askers::Told,
            is_podman: false,
            engine_ahead_ns: 0,
            clock_set: [None; CLOCK_SETS_MAX],
            last_event_came: moment,
            recent: VecDeque::new(),
            early: Vec::new(),
            reopened: moment,
            unreadable_lines: BTreeSet::new(),
            changed: Vec::new(),
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
        self.read_clocks(now);
        self.wake = None;
        self.take(input);
        self.evaluate_link();
        self.settle();
        self.effects.extend(self.link.questions());
        self.tell();
        std::mem::take(&mut self.effects)
    }

    fn read_clocks(&mut self, now: Now) {
        let moment = self.epoch + now.monotonic;
        let expected = self.now.wall + moment.since(self.now.moment);
        let by_ns = now.wall.nanoseconds().saturating_sub(expected.nanoseconds());
        if u128::from(by_ns.unsigned_abs()) >= CLOCKS_AGREE_WITHIN.as_nanos() {
            self.clock_set.rotate_right(1);
            self.clock_set[0] = Some(ClockSet { at: moment, by_ns });
        }
        self.now = Clock { wall: now.wall, moment };
    }

    /// When [`Input::Wake`] is wanted if nothing comes before, as time since the process started.
    pub fn deadline(&self) -> Option<Duration> {
        let deadlines = [
            self.link_wakes,
            self.link.deadline(),
            self.waits.values().min().copied().filter(|_| self.judges()),
            self.ledger_deadline(),
            self.save_deadline(),
            self.exit_deadline(),
        ];
        deadlines.into_iter().flatten().min().map(|moment| moment.since(self.epoch))
    }

    /// What is to be written to disk.
    pub fn state(&self) -> State {
        // What a gap has changed is worked out again by a dmon that starts before it is.
        let last_event = match &self.link.presence {
            Presence::CatchingUp { gap, .. } => gap.last_event.or(self.state.last_event),
            Presence::Away(_) | Presence::Live => self.state.last_event,
        };
        State { clock: self.now, last_event, ..self.state.clone() }
    }

    /// Whether dmon sees all that happens, and what it can and cannot say: for `dmon health`.
    pub fn health(&self) -> Health {
        let now = self.now.moment;
        let live = match &self.link.not_live {
            Some(not_live) => Err(not_live.reason.clone()),
            None => Ok(()),
        };
        let inspections = match self.link.inspections.all_fail(now) {
            Some(reason) => Err(format!("no inspection is answered: {reason}")),
            None => Ok(()),
        };
        let failing = self.link.inspections.failing();
        let name = |id: &ContainerId| match self.container(id) {
            Some(container) if !container.name.is_empty() => container.name.clone(),
            _ => id.short().to_owned(),
        };
        let uninspected = failing.map(|(id, reason)| (name(id), reason.to_owned())).collect();
        Health { live, inspections, uninspected }
    }

    /// Whether dmon is live: the list is answered and, where there are events, the stream stays
    /// open.
    pub fn is_live(&self) -> bool {
        self.link.not_live.is_none()
    }

    fn take(&mut self, input: Input) {
        match input {
            Input::Connected { engine, boot_id, news } => {
                self.connected(engine.as_ref(), boot_id, news);
            }
            Input::Lost(loss) => self.lost(loss),
            Input::Event(event) => self.event(event),
            Input::EventsMissed => self.events_missed(),
            Input::Listed { asked, list } => self.listed(asked, &list),
            Input::Unlisted { asked, reason } => {
                let clocks = self.clocks();
                self.link.unlisted(asked, reason, self.state.answered, &clocks);
            }
            Input::Inspected { asked, container } => self.inspected(asked, &container),
            Input::Gone { asked, id } => self.gone(asked, &id),
            Input::Unanswered { id, reason, .. } => self.unanswered(&id, reason),
            Input::Logs { id, lines } => self.logs(&id, lines),
            Input::Pinged { asked, ping } => self.pinged(asked, ping),
            Input::Delivery { batch, outcome } => {
                self.state.ledger.delivery(batch, outcome, self.now.moment);
                self.save();
            }
            Input::Stop => self.stopping = self.stopping.or(Some(self.now.moment)),
            Input::Wake => {}
        }
    }

    /// Asks what is due, and writes into the log what an operator wants to know of the link.
    fn evaluate_link(&mut self) {
        let clocks = self.clocks();
        let remarks = self.link.evaluate(self.state.answered, &clocks);
        self.effects.extend(remarks.into_iter().map(Effect::Log));
        for (reason, ids) in self.link.inspections.warnings(self.now.moment) {
            let name = |id: &ContainerId| match self.container(id) {
                Some(container) if !container.name.is_empty() => container.name.clone(),
                _ => id.short().to_owned(),
            };
            let names = ids.iter().map(name).collect();
            self.effects.push(Effect::Log(Remark::NotInspected { names, reason }));
        }
    }

    /// Whether what waits is judged when its time comes.
    fn judges(&self) -> bool {
        self.link.presence == Presence::Live || self.link.judges_by_events(self.now.moment)
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
        self.link.inspect(id, self.now.moment);
    }
}
