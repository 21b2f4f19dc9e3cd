//! What dmon believes of the containers and why it tells somebody. Pure: no I/O, clocks, threads or
//! JSON in here.
//!
//! Two pictures are kept: what is true of the containers (`world`, and per identity `track`), and
//! what Slack was told (`ledger`). dmon owes Slack the difference. [`Monitor::step`] is a fold: an
//! input goes in, effects come out, and [`Monitor::deadline`] says when it wants to be woken. The
//! way of an input:
//!
//! ```text
//! event, list, inspection ─▶ link ─▶ world ─Change▶ track ─Transition, Notice▶ ledger ─Batch▶ Effect
//! ```
//!
//! Each part owns its state and hands back values. This module takes them from one to the next, and
//! has no rule in it.

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
pub mod world;

mod last_words;
mod link;
mod saver;
#[cfg(test)]
mod tests;
mod timeline;
mod timers;
mod track;
pub mod truth;

use std::collections::BTreeMap;
use std::mem;
use std::time::Duration;

pub use track::subject;

use crate::monitor::change::What;
use crate::monitor::container::{ContainerId, Inspected, List, Listed};
use crate::monitor::effect::{Effect, Remark};
use crate::monitor::event::{Action, Event};
use crate::monitor::identity::Identity;
use crate::monitor::input::{Input, Ping};
use crate::monitor::last_words::LastWords;
use crate::monitor::ledger::{Ledger, More};
use crate::monitor::link::{Known, Link, Restart};
use crate::monitor::moment::{Moment, Now};
use crate::monitor::saver::{Revision, Saver};
use crate::monitor::settings::Settings;
use crate::monitor::state::State;
use crate::monitor::timeline::Timeline;
use crate::monitor::track::{ANSWER_WITHIN, Env, Finding, Intents, Question, Tracks};
use crate::monitor::world::{Learned, Occurred, World};

/// The core: all that dmon knows, and what follows from it.
#[derive(Clone, Debug)]
pub struct Monitor {
    settings: Settings,
    timeline: Timeline,
    link: Link,
    world: World,
    tracks: Tracks,
    ledger: Ledger,
    saver: Saver,
    last_words: LastWords,
    effects: Vec<Effect>,
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

/// What identities are judged by. A macro, since it borrows some fields and leaves the others.
macro_rules! env {
    ($monitor:expr) => {
        Env {
            settings: &$monitor.settings,
            world: &$monitor.world,
            link: &$monitor.link,
            ledger: &$monitor.ledger,
            clocks: $monitor.timeline.clocks(),
        }
    };
}

impl Monitor {
    /// Starts with what is remembered; `None`: nothing, so the first list is a silent baseline.
    pub fn new(settings: Settings, state: Option<State>, now: Now) -> Self {
        let state = state.unwrap_or_default();
        let timeline = Timeline::new(state.clock, now);
        let link = Link::new(Known::of(&state), &timeline.clocks(), settings.interval);
        let State { world, subjects, mut ledger, .. } = state;
        ledger.start_again(&settings);
        let tracks = Tracks::new(subjects, &ledger);
        let mut monitor = Self {
            settings,
            link,
            world: world.indexed(),
            tracks,
            ledger,
            saver: Saver::new(Revision::default(), timeline.now()),
            timeline,
            last_words: LastWords::default(),
            effects: Vec::new(),
        };
        monitor.saver = Saver::new(monitor.revision(), monitor.now());
        monitor
    }

    /// Takes one input in and gives what is to be done, in this order.
    pub fn step(&mut self, now: Now, input: Input) -> Vec<Effect> {
        self.timeline.read(now);
        self.take(input);
        self.evaluate();
        self.effects.extend(self.link.effects());
        self.emit();
        mem::take(&mut self.effects)
    }

    /// When [`Input::Wake`] is wanted if nothing comes before, as time since the process started.
    pub fn deadline(&self) -> Option<Duration> {
        let may_judge = self.link.may_judge(self.now());
        let deadlines = [
            self.link.deadline(),
            self.tracks.deadline().filter(|_| may_judge),
            self.ledger_deadline(),
            self.saver.due(self.revision()),
            self.last_words.deadline(),
        ];
        let next = deadlines.into_iter().flatten().min();
        next.map(|moment| self.timeline.since_start(moment))
    }

    /// What is to be written to disk.
    pub fn state(&self) -> State {
        let Known { listed, last_event, boot_id, .. } = self.link.known();
        State {
            world: self.world.to_write(),
            subjects: self.tracks.subjects().clone(),
            ledger: self.ledger.to_write(),
            answered: listed,
            last_event,
            boot_id,
            clock: self.timeline.clock(),
        }
    }

    /// Whether dmon sees all that happens, and what it can and cannot say: for `dmon health`.
    pub fn health(&self) -> Health {
        let live = match &self.link.not_live {
            Some(not_live) => Err(not_live.reason.clone()),
            None => Ok(()),
        };
        let inspections = match self.link.inspections.all_fail(self.now()) {
            Some(reason) => Err(format!("no inspection is answered: {reason}")),
            None => Ok(()),
        };
        let failing = self.link.inspections.failing();
        let uninspected =
            failing.map(|(id, reason)| (self.world.name_of(id), reason.to_owned())).collect();
        Health { live, inspections, uninspected }
    }

    /// Whether dmon is live: the list is answered and, where there are events, the stream stays
    /// open.
    pub fn is_live(&self) -> bool {
        self.link.not_live.is_none()
    }

    fn now(&self) -> Moment {
        self.timeline.now()
    }

    fn take(&mut self, input: Input) {
        let clocks = self.timeline.clocks();
        match input {
            Input::Connected { engine, boot_id, news } => {
                if let Some(time) = engine.as_ref().and_then(|engine| engine.system_time) {
                    self.timeline.engine_shows(time);
                }
                self.link.connected(engine.as_ref(), boot_id, news, clocks.moment);
            }
            Input::Lost(loss) => self.link.lost(loss, &clocks),
            Input::Event(event) => self.event(&event),
            Input::EventsMissed => self.link.missed_events(&clocks),
            Input::Listed { asked, list } => self.listed(asked, &list),
            Input::Unlisted { asked, reason } => self.link.unlisted(asked, reason, &clocks),
            Input::Inspected { asked, container } => self.inspected(asked, &container),
            Input::Gone { asked, id } => {
                self.link.inspections.answered(&id, clocks.moment);
                let learned = self.world.gone(asked, &id);
                self.learn(learned);
            }
            Input::Unanswered { id, reason, .. } => self.unanswered(&id, reason),
            Input::Logs { id, lines } => self.tracks.logs(&id, lines),
            Input::Pinged { asked, ping } => {
                self.link.pinged(asked, ping, clocks.moment);
                let mut found = Vec::new();
                if ping == Ping::Unanswered {
                    self.tracks.engine_is_away(&env!(self), &mut found);
                }
                self.tracks.touch_deaths();
                self.route(found);
            }
            Input::Delivery { batch, outcome } => {
                self.ledger.delivery(batch, outcome, clocks.moment);
                self.save();
            }
            Input::Stop => self.last_words.begin(clocks.moment),
            Input::Wake => {}
        }
    }

    fn event(&mut self, event: &Event) {
        let Some(occurred) = self.link.event(event, &self.timeline.clocks()) else { return };
        if occurred == Occurred::Now {
            self.timeline.engine_shows(event.time);
        }
        let learned = self.world.hear(event, occurred, &self.timeline.clocks());
        if event.action == Action::Restart && self.link.intents() == Intents::Hidden {
            self.world.restarted_by_podman(&event.id, self.now());
        }
        self.learn(learned);
    }

    fn listed(&mut self, asked: Moment, list: &List) {
        let (clocks, answered) = (self.timeline.clocks(), self.link.answered());
        self.link.answered_list(asked, clocks.moment);
        if self.link.answered() != answered {
            self.tracks.touch_deaths();
        }
        if self.link.last_list().is_none() {
            self.world.adopt(asked, &list.containers, &clocks);
            let mut found = Vec::new();
            self.tracks.baseline(asked, &list.containers, &env!(self), &mut found);
            self.route(found);
        } else {
            let learned = self.world.list(asked, list, &clocks);
            self.learn_from_list(asked, list, learned);
        }
        self.link.complete(asked, list, &self.world, &clocks);
        for early in self.link.early_events() {
            self.event(&early);
        }
        for id in self.tracks.awaited(&env!(self)) {
            self.link.inspect(&id, clocks.moment);
        }
        self.link.probe(&self.world, clocks.moment);
        if self.link.inspections.failing().next().is_some() {
            self.tracks.touch_deaths();
        }
        self.forget();
    }

    /// Inspects what the list leaves open. Of what cannot be inspected, the list is believed.
    fn learn_from_list(&mut self, asked: Moment, list: &List, learned: Learned) {
        let clocks = self.timeline.clocks();
        let lines: BTreeMap<&ContainerId, &Listed> =
            list.containers.iter().map(|line| (&line.id, line)).collect();
        for id in learned.unsure {
            if !self.link.inspections.fails(&id, ANSWER_WITHIN, clocks.moment) {
                self.link.inspect(&id, clocks.moment);
                self.link.inspections.doubt(&id);
                continue;
            }
            if let Some(line) = lines.get(&id) {
                let learned = self.world.believe_line(asked, line, &clocks);
                self.learn(learned);
                self.touch(&id);
            }
            if !self.link.inspections.rests(&id, clocks.moment) {
                self.link.inspect(&id, clocks.moment);
            }
        }
    }

    fn inspected(&mut self, asked: Moment, container: &Inspected) {
        let clocks = self.timeline.clocks();
        self.link.inspections.answered(&container.id, clocks.moment);
        self.touch(&container.id);
        let learned = self.world.inspected(asked, container, &clocks);
        if learned.changes.iter().any(|change| change.what.has_event()) {
            self.link.not_reported(clocks.moment);
        }
        self.learn(learned);
    }

    /// What events and the list say of a container is all there is.
    fn unanswered(&mut self, id: &ContainerId, reason: String) {
        let news = !self.link.inspections.is_failing(id);
        self.link.inspections.unanswered(id, reason, self.now());
        self.touch(id);
        if news || self.tracks.has_open_death(id) {
            self.link.list_now(self.now());
        }
    }

    /// Takes in what an event or an answer led to.
    fn learn(&mut self, learned: Learned) {
        for id in &learned.unsure {
            self.link.inspect(id, self.now());
        }
        let mut found = Vec::new();
        for change in learned.changes {
            if let What::Removed(_) = change.what {
                self.link.forget(&change.id);
            }
            self.tracks.apply(change, &env!(self), &mut found);
        }
        self.route(found);
    }

    /// Has the identity of a container judged anew.
    fn touch(&mut self, id: &ContainerId) {
        if let Some(container) = self.world.containers.get(id) {
            self.tracks.touch(&container.identity);
        }
    }

    /// Asks what is due, and judges what can be judged now.
    fn evaluate(&mut self) {
        let clocks = self.timeline.clocks();
        self.link.evaluate(&self.world, &clocks);
        let mut found = Vec::new();
        self.catch_up(&mut found);
        let transition = self.link.transition(clocks.moment);
        found.extend(transition.map(|it| Finding::Transition(Identity::Engine, it)));
        if self.link.may_judge(clocks.moment) {
            self.tracks.evaluate(&env!(self), &mut found);
        }
        self.route(found);
    }

    /// Goes on once it is known what a time without the Engine has changed.
    fn catch_up(&mut self, found: &mut Vec<Finding>) {
        let (now, grace) = (self.now(), self.settings.restart_grace);
        let Some(gap) = self.link.gap_to_judge(now) else { return };
        let fates = self.tracks.fates(&gap, &env!(self));
        let Some(restart) = self.link.restart_in(&gap, &fates, grace, now) else { return };
        let changed = self.tracks.moved(&env!(self));
        if restart == Restart::Yes {
            self.tracks.engine_restarted(&gap, &env!(self), found);
        }
        self.link.is_caught_up(changed);
    }

    /// Hands findings on to whom they concern.
    fn route(&mut self, found: Vec<Finding>) {
        let clocks = self.timeline.clocks();
        for finding in found {
            let held = match finding {
                Finding::Transition(identity, transition) => {
                    self.ledger.transition(&identity, transition, &clocks, &self.settings)
                }
                Finding::Notice(alert) => self.ledger.notice(alert, clocks.moment, &self.settings),
                Finding::Suppressed(held) => Some(held),
                Finding::Renamed { from, to } => {
                    self.ledger.rename(&from, &to);
                    None
                }
                Finding::Ask(question) => {
                    self.ask(question);
                    None
                }
            };
            self.effects.extend(held.map(Effect::Suppressed));
        }
    }

    fn ask(&mut self, question: Question) {
        let now = self.now();
        match question {
            Question::Inspect(id) => self.link.inspect(&id, now),
            Question::List => self.link.list_now(now),
            Question::Ping => self.link.ping(now),
            Question::Logs(id, lines) => self.link.fetch_logs(id, lines),
        }
    }

    /// Posts what is due, writes what changed, ends when asked to.
    fn emit(&mut self) {
        let now = self.now();
        if let Some((batch, lasted)) = self.ledger.abandon(now) {
            self.effects.push(Effect::Log(Remark::PostIsStuck { lasted }));
            self.effects.push(Effect::AbandonPost(batch));
        }
        let more = self.more();
        if let Some(batch) = self.ledger.next(now, more, &self.settings) {
            self.save();
            self.effects.push(Effect::Post(batch));
        }
        let under_way = self.ledger.under_way.is_some();
        if self.last_words.are_said(now, under_way, self.ledger_deadline()) {
            self.save();
            self.effects.push(Effect::Exit);
        } else if self.saver.due(self.revision()).is_some_and(|due| due <= now) {
            self.save();
        }
    }

    /// Whether what can wait is to wait for more of its kind.
    fn more(&self) -> More {
        if self.last_words.are_due() { More::NotKnown } else { self.tracks.more(&env!(self)) }
    }

    fn ledger_deadline(&self) -> Option<Moment> {
        self.ledger.deadline(self.more())
    }

    fn save(&mut self) {
        self.saver.saved(self.revision(), self.now());
        self.effects.push(Effect::Save);
    }

    fn revision(&self) -> Revision {
        let changes = [self.world.revision, self.tracks.revision(), self.ledger.revision];
        Revision { changes, answered: self.link.last_list() }
    }

    /// Forgets who has been gone for long, and accounts with nothing left to remember.
    fn forget(&mut self) {
        let (ledger, settings, now) = (&self.ledger, &self.settings, self.timeline.now());
        // What Slack is still to be told of one stays.
        let pending = |identity: &Identity| ledger.is_pending(identity, settings);
        for identity in self.tracks.forget(now, pending) {
            self.ledger.close(&identity);
        }
        self.ledger.forget(now, &self.settings);
    }
}
