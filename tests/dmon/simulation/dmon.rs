//! dmon on its host: how it starts and ends, what its core is given and when, and what becomes of
//! what the core wants done.

use std::time::Duration;

use dmon::docker::ask::About;
use dmon::docker::ask::dispatch::Dispatch;
use dmon::docker::listen::Listener;
use dmon::monitor::Monitor;
use dmon::monitor::effect::{Batch, Effect};
use dmon::monitor::input::{Input, Outcome};
use dmon::monitor::moment::{Moment, Now};
use dmon::monitor::state::State;
use dmon::store::memory::{from_bytes, to_bytes};

use super::host::{Happening, Host, Post};
use super::listening::Doing;
use super::reading::Stream;
use super::story::told;
use super::weather::Mood;
use crate::support::defaults::settings;

/// Of so many states that are saved one is read back at once.
const READ_ONE_IN: u32 = 16;

/// A dmon that runs.
pub(super) struct Dmon {
    pub(super) monitor: Monitor,
    /// When its core wants to be woken: asked for once a step.
    wakes: Option<Duration>,
    pub(super) begun: Duration,
    pub(super) dispatch: Dispatch,
    pub(super) listener: Listener,
    pub(super) doing: Doing,
    /// The stream it listens to.
    pub(super) stream: Option<Stream>,
    /// When something came out of it last.
    pub(super) heard: Duration,
    /// Its core wants the stream to be opened anew.
    pub(super) reopen: bool,
}

impl Host {
    pub(super) fn dmon_starts(&mut self) {
        self.incarnation += 1;
        let now = Now { wall: self.wall(), monotonic: Duration::ZERO };
        let saved = self.saved.take().map(|state| self.read_back(&state));
        self.saved.clone_from(&saved);
        let since = saved.as_ref().and_then(|state| state.last_event);
        let settings =
            dmon::monitor::settings::Settings { log_lines: self.climate.log_lines, ..settings() };
        let monitor = Monitor::new(settings, saved, now);
        self.dmon = Some(Dmon {
            wakes: monitor.deadline(),
            monitor,
            begun: self.clock,
            dispatch: Dispatch::default(),
            listener: Listener::new(&self.endpoint, since, now),
            doing: Doing::Waiting(Duration::from_millis(5)),
            stream: None,
            heard: Duration::ZERO,
            reopen: false,
        });
        self.is_there();
        self.note_all(|| "DMON starts".to_owned());
    }

    /// Somebody ends dmon: in order, or as a crash does.
    pub(super) fn dmon_ends(&mut self) {
        if self.dmon.is_none() {
            return;
        }
        if self.dice.below(2) == 0 {
            self.give(Input::Stop);
        } else {
            self.note_all(|| "DMON is killed".to_owned());
            self.gone();
        }
    }

    fn gone(&mut self) {
        let now = self.now();
        self.dmon = None;
        self.served = None;
        if let Some(post) = self.posts.last_mut().filter(|post| post.answered > now) {
            post.known = false;
        }
        self.is_away();
        let away = self.dice.pick(&[2, 2, 10, 60, 600, 4_000]);
        self.queue(Duration::from_secs(away), Happening::DmonStarts);
    }

    /// What its clocks show.
    pub(super) fn clocks(&self) -> Now {
        Now { wall: self.wall(), monotonic: self.monotonic() }
    }

    /// How long it has run.
    pub(super) fn monotonic(&self) -> Duration {
        let begun = self.dmon.as_ref().map_or(self.clock, |dmon| dmon.begun);
        self.clock.saturating_sub(begun)
    }

    pub(super) fn runs(&self, incarnation: u32) -> bool {
        self.incarnation == incarnation && self.dmon.is_some()
    }

    /// When it wants to do something by itself.
    pub(super) fn deadline(&self) -> Option<Duration> {
        let dmon = self.dmon.as_ref()?;
        let listener = match dmon.doing {
            Doing::Waiting(until) => Some(until),
            _ => None,
        };
        let deadlines = [dmon.wakes, dmon.dispatch.deadline(), listener];
        Some(dmon.begun + deadlines.into_iter().flatten().min()?)
    }

    /// It does what it wants to do by itself by now.
    pub(super) fn wakes(&mut self) {
        let now = self.monotonic();
        let Some(dmon) = &self.dmon else { return };
        let is_due = |deadline: Option<Duration>| deadline.is_some_and(|at| at <= now);
        if matches!(dmon.doing, Doing::Waiting(until) if until <= now) {
            self.listen();
        } else if is_due(dmon.dispatch.deadline()) {
            self.overdue();
        } else {
            self.give(Input::Wake);
        }
    }

    /// Gives its core something and does what the core wants done.
    pub(super) fn give(&mut self, input: Input) {
        self.note_input(&input);
        let now = self.clocks();
        let Some(dmon) = &mut self.dmon else { return };
        let effects = dmon.monitor.step(now, input);
        dmon.wakes = dmon.monitor.deadline();
        let is_live = dmon.monitor.is_live();
        self.live_now(is_live);
        for effect in effects {
            self.perform(effect);
        }
    }

    /// Writes down whether dmon believes that it sees everything.
    fn live_now(&mut self, is_live: bool) {
        if self.live.last().is_none_or(|(_, before)| *before != is_live) {
            let now = self.now();
            self.live.push((now, is_live));
            self.note_all(|| if is_live { "LIVE" } else { "NOT LIVE" }.to_owned());
        }
    }

    fn note_input(&mut self, input: &Input) {
        match input {
            Input::Inspected { container, .. } => self.note(|host| {
                let (status, count) = (container.state.status, container.restart_count);
                (host.engine.soul_of(&container.id), format!("  inspected: {status}, ×{count}"))
            }),
            Input::Unanswered { id, reason, .. } => {
                self.note(|host| (host.engine.soul_of(id), format!("  not inspected: {reason}")));
            }
            Input::Gone { id, .. } => {
                self.note(|host| (host.engine.soul_of(id), "  gone".to_owned()));
            }
            Input::Event(event) => self.note(|host| {
                (host.engine.soul_of(&event.id), format!("  heard {:?}", event.action))
            }),
            Input::Unlisted { reason, .. } => self.note_all(|| format!("UNLISTED {reason}")),
            Input::Connected { news, .. } => self.note_all(|| format!("CONNECTED {news:?}")),
            Input::Lost(loss) => self.note_all(|| format!("LOST {loss:?}")),
            Input::Listed { list, .. } => self.note_all(|| {
                format!("  listed {}, unreadable {}", list.containers.len(), list.unreadable.len())
            }),
            Input::EventsMissed => self.note_all(|| "EVENTS MISSED".to_owned()),
            _ => {}
        }
    }

    fn perform(&mut self, effect: Effect) {
        match effect {
            Effect::List { asked } => self.ask(About::List, asked),
            Effect::Inspect { asked, id } => self.ask(About::Inspect(id), asked),
            Effect::Ping { asked } => self.ask(About::Ping, asked),
            Effect::FetchLogs { id, lines } => {
                self.ask(About::Logs { id, lines }, Moment(self.monotonic()));
            }
            Effect::ReopenStream => {
                if let Some(dmon) = &mut self.dmon {
                    dmon.reopen = true;
                }
                self.note_all(|| "REOPENS the stream".to_owned());
                let soon = Duration::from_millis(250);
                self.queue(soon, Happening::Listens(self.incarnation));
            }
            Effect::Save => self.save(),
            Effect::Exit => {
                self.note_all(|| "DMON ended".to_owned());
                self.gone();
            }
            Effect::Suppressed(held) => self.note(|host| {
                let soul = host.engine.identities.get(&held.identity).copied();
                (soul, format!("  held: {}: {:?}", held.what, held.reason))
            }),
            Effect::Log(remark) => self.note_all(|| format!("LOG {remark}")),
            Effect::Post(batch) => self.post(batch),
            Effect::AbandonPost(_) => self.note_all(|| "ABANDONS a message".to_owned()),
        }
    }

    /// What dmon remembers is kept for the next one.
    fn save(&mut self) {
        let Some(dmon) = self.dmon.as_ref().filter(|_| self.climate.dmon_ends.is_some()) else {
            return;
        };
        let mut state = dmon.monitor.state();
        // What is under way in a message is owed again.
        state.ledger.under_way = None;
        for account in state.ledger.accounts.values_mut() {
            account.notices.iter_mut().for_each(|notice| notice.batch = None);
        }
        self.saves += 1;
        let state =
            if self.saves.is_multiple_of(READ_ONE_IN) { self.read_back(&state) } else { state };
        self.saved = Some(state);
    }

    /// What is read from the bytes of a state file. Done of each state that a dmon starts with, and
    /// of some that no dmon ever reads.
    fn read_back(&mut self, state: &State) -> State {
        let read = from_bytes(&to_bytes(state)).expect("a state that was written can be read");
        if read != *state {
            let now = self.now();
            self.forgets.get_or_insert(now);
            self.note_all(|| format!("FORGETS: saved {state:?}, read {read:?}"));
        }
        read
    }

    fn post(&mut self, batch: Batch) {
        let (arrived, known, takes, wait) = match self.mood {
            Mood::Takes => (true, true, self.ways.millis(50, 400), None),
            Mood::Dawdles => (true, true, self.ways.millis(4_000, 14_000), None),
            Mood::Mumbles => (true, false, Duration::from_secs(10), None),
            Mood::Fails => (false, false, self.ways.millis(1, 10_000), None),
            Mood::Waits(wait) => (false, false, self.ways.millis(50, 400), Some(wait)),
        };
        for alert in &batch.alerts {
            self.note(|host| {
                let soul = host.engine.identities.get(&alert.identity).copied();
                (soul, format!("TOLD ({:?}) {}", host.mood, told(alert)))
            });
        }
        let at = self.now();
        let answered = at + takes;
        self.posts.push(Post { at, alerts: batch.alerts, arrived, known, answered });
        let outcome = match (arrived, known) {
            (true, true) => Outcome::Delivered,
            (true, false) => Outcome::Unanswered,
            (false, _) => Outcome::Failed { wait },
        };
        let delivery = Input::Delivery { batch: batch.id, outcome };
        self.queue(takes, Happening::Input(self.incarnation, delivery));
    }
}
