//! An Engine: its containers, what can be done to them, and what it tells of that. A model of what
//! real ones were seen to do.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use dmon::monitor::container::{ContainerId, Health, Inspected, RestartPolicy, Status};
use dmon::monitor::event::{Action, Event};
use dmon::monitor::identity::Identity;
use dmon::timestamp::Timestamp;

use super::api::{self, Filter, Written};
use super::plan::{Plan, made};
use super::truth::{By, Condition, Death, Fact, Soul, Truth, What, Why};

/// The Engine tells at most so many events again.
const HISTORY: usize = 256;

/// The waits of a restart policy: doubled from the first to the last, and anew after a run of
/// [`STEADY`].
const BACKOFF: (Duration, Duration) = (Duration::from_millis(100), Duration::from_mins(1));
const STEADY: Duration = Duration::from_secs(10);

/// A stop has ended a container after this at the latest.
const A_STOP_TAKES: Duration = Duration::from_secs(30);

/// A container as the Engine has it.
pub(super) struct Vessel {
    /// As an inspection shows it.
    pub(super) shown: Inspected,
    pub(super) soul: Soul,
    /// What it wrote.
    pub(super) log: Vec<String>,
    /// When its present or last run began, in truth.
    began: Option<Timestamp>,
    /// How often it ran; a plan that was made for an earlier run is void.
    pub(super) run: u32,
    /// Somebody stopped it: its policy lets it be.
    stopped: bool,
    /// When somebody sent a signal that is meant to end it.
    asked: Option<Timestamp>,
    backoff: Duration,
    /// The Engine cannot start it.
    pub(super) broken: bool,
    /// So many of the coming runs end after a moment.
    pub(super) frail: u32,
}

/// The Engine and the truth about it.
pub(super) struct Engine {
    pub(super) vessels: BTreeMap<ContainerId, Vessel>,
    pub(super) truth: Truth,
    /// By soul.
    pub(super) identities: BTreeMap<Identity, Soul>,
    /// What it tells again to a stream that is opened anew.
    pub(super) history: VecDeque<Event>,
    /// What it has told and nobody has taken yet.
    pub(super) told: Vec<Event>,
    /// It works, and answers.
    pub(super) is_up: bool,
    pub(super) answers: bool,
    /// Names that were given up.
    pub(super) retired: BTreeSet<String>,
    /// How far its clock is ahead of the truth, in nanoseconds.
    pub(super) clock_is_ahead: i64,
    /// What it wrote of each container last.
    pub(super) written: RefCell<Written>,
    last: Timestamp,
    made: u32,
}

impl Engine {
    pub(super) fn new() -> Self {
        Self {
            vessels: BTreeMap::new(),
            truth: Truth::default(),
            identities: BTreeMap::new(),
            history: VecDeque::new(),
            told: Vec::new(),
            is_up: true,
            answers: true,
            retired: BTreeSet::new(),
            clock_is_ahead: 0,
            written: RefCell::default(),
            last: Timestamp::from_seconds(0),
            made: 0,
        }
    }

    /// What its clock shows at that time.
    pub(super) fn stamp(&self, at: Timestamp) -> Timestamp {
        Timestamp::from_nanoseconds(at.nanoseconds() + self.clock_is_ahead)
    }

    /// `docker create`.
    pub(super) fn make(&mut self, plan: &Plan, at: Timestamp) -> ContainerId {
        self.made += 1;
        let id = ContainerId::new(format!("{:0>12}{:052}", self.made, 0));
        let identity = Identity::of(&plan.name, &plan.labels);
        let soul = match self.identities.get(&identity) {
            Some(soul) => *soul,
            None => self.new_soul(identity, plan),
        };
        let shown = made(id.clone(), plan, self.stamp(at));
        let (stopped, broken, frail) = (false, false, 0);
        let (backoff, asked) = (BACKOFF.0, None);
        let vessel = Vessel {
            shown,
            soul,
            log: Vec::new(),
            began: None,
            run: 0,
            stopped,
            asked,
            backoff,
            broken,
            frail,
        };
        self.vessels.insert(id.clone(), vessel);
        self.tell(&id, at, Action::Create, What::Made);
        id
    }

    fn new_soul(&mut self, identity: Identity, plan: &Plan) -> Soul {
        let soul = self.truth.purposes.len();
        self.identities.insert(identity, soul);
        self.truth.purposes.push(plan.purpose);
        self.truth.policies.push(plan.policy);
        self.truth.conditions.push(Vec::new());
        soul
    }

    /// Starts a container that is down. Whether it runs now.
    pub(super) fn start(&mut self, id: &ContainerId, by: By, at: Timestamp) -> bool {
        let clock = self.stamp(at);
        let Some(vessel) = self.vessels.get_mut(id).filter(|it| !it.is_up()) else { return false };
        let state = &mut vessel.shown.state;
        if by != By::Policy {
            vessel.stopped = false;
            vessel.backoff = BACKOFF.0;
            vessel.shown.restart_count = 0;
        }
        if vessel.broken {
            "no such file or directory".clone_into(&mut state.error);
            if state.status == Status::Restarting {
                state.status = Status::Exited;
            }
            self.note(id, at, What::StartFailed);
            return false;
        }
        state.status = Status::Running;
        state.started_at = Some(clock);
        vessel.began = Some(at);
        state.error.clear();
        state.oom_killed = false;
        state.health = state.health.map(|_| Health::Starting);
        vessel.run += 1;
        vessel.asked = None;
        self.tell(id, at, Action::Start, What::Started(by));
        true
    }

    /// A container's main process ends. The wait until its policy starts it again, where it does.
    pub(super) fn die(
        &mut self,
        id: &ContainerId,
        exit_code: i64,
        why: Why,
        at: Timestamp,
    ) -> Option<Duration> {
        let clock = self.stamp(at);
        let vessel = self.vessels.get_mut(id).filter(|it| it.is_up())?;
        // Whatever it dies of while somebody stops it, somebody stopped it.
        let asked = vessel.asked.is_some_and(|asked| at.since(asked) < A_STOP_TAKES);
        let why = if asked && why == Why::ByItself { Why::Asked } else { why };
        let goes_on = why != Why::Engine && vessel.goes_on(exit_code);
        let state = &mut vessel.shown.state;
        let ran = vessel.began.map_or(Duration::ZERO, |began| at.since(began));
        state.status = if goes_on { Status::Restarting } else { Status::Exited };
        state.exit_code = exit_code;
        state.finished_at = Some(clock);
        let mut wait = None;
        if goes_on {
            vessel.shown.restart_count += 1;
            if ran >= STEADY {
                vessel.backoff = BACKOFF.0;
            }
            wait = Some(vessel.backoff);
            vessel.backoff = (vessel.backoff * 2).min(BACKOFF.1);
        }
        let soul = vessel.soul;
        // Swarm does the same for its tasks.
        let replaced = vessel.is_task() && why == Why::ByItself;
        let others = self.vessels.values().filter(|it| it.soul == soul);
        let why = if others.into_iter().any(Vessel::is_up) { Why::Replaced } else { why };
        let death = Death { exit_code, why, goes_on: goes_on || replaced };
        self.tell(
            id,
            at,
            Action::Die { exit_code: Some(exit_code), out_of_memory: false },
            What::Died(death),
        );
        wait
    }

    /// Somebody sends a signal, which may end it or not.
    pub(super) fn signal(&mut self, id: &ContainerId, signal: u32, at: Timestamp) {
        let Some(vessel) = self.vessels.get_mut(id).filter(|it| it.is_up()) else { return };
        vessel.stopped = true;
        if signal != 1 {
            vessel.asked = Some(at);
        }
        let event = self.event(id, at, Action::Kill { signal: signal.to_string() });
        self.publish(event);
        if signal == 1 {
            self.note(id, at, What::Signalled);
        }
    }

    /// The Engine tells that a stop is done. One that waits for its policy is stopped by that alone.
    pub(super) fn stopped(&mut self, id: &ContainerId, at: Timestamp) {
        let Some(vessel) = self.vessels.get_mut(id) else { return };
        let asked = vessel.asked.is_some_and(|asked| at.since(asked) < A_STOP_TAKES);
        if !asked && vessel.shown.state.status != Status::Restarting {
            return;
        }
        vessel.stopped = true;
        let event = self.event(id, at, Action::Stop);
        self.publish(event);
        let state = &mut self.vessels.get_mut(id).unwrap().shown.state;
        if state.status == Status::Restarting {
            state.status = Status::Exited;
            self.note(id, at, What::GivenUp);
        }
    }

    /// The Engine tells of something that changes nothing by itself.
    pub(super) fn says(&mut self, id: &ContainerId, action: Action, at: Timestamp) {
        if self.vessels.contains_key(id) {
            let event = self.event(id, at, action);
            self.publish(event);
        }
    }

    /// A process is killed for memory: the main one dies of it, or another one.
    pub(super) fn out_of_memory(&mut self, id: &ContainerId, at: Timestamp) {
        if let Some(vessel) = self.vessels.get_mut(id).filter(|it| it.is_up()) {
            vessel.shown.state.oom_killed = true;
            self.tell(id, at, Action::Oom, What::LostProcess);
        }
    }

    pub(super) fn pause(&mut self, id: &ContainerId, at: Timestamp) {
        let running = |it: &&mut Vessel| it.shown.state.status == Status::Running;
        if let Some(vessel) = self.vessels.get_mut(id).filter(running) {
            vessel.shown.state.status = Status::Paused;
            self.tell(id, at, Action::Pause, What::Paused);
        }
    }

    pub(super) fn unpause(&mut self, id: &ContainerId, at: Timestamp) {
        let paused = |it: &&mut Vessel| it.shown.state.status == Status::Paused;
        if let Some(vessel) = self.vessels.get_mut(id).filter(paused) {
            vessel.shown.state.status = Status::Running;
            self.tell(id, at, Action::Unpause, What::Unpaused);
        }
    }

    /// A health check has a verdict on the run.
    pub(super) fn feel(&mut self, id: &ContainerId, run: u32, health: Health, at: Timestamp) {
        let new = |it: &&mut Vessel| {
            it.run == run
                && it.shown.state.status == Status::Running
                && it.shown.state.health.is_some_and(|before| before != health)
        };
        if let Some(vessel) = self.vessels.get_mut(id).filter(new) {
            vessel.shown.state.health = Some(health);
            vessel.shown.state.last_probe_output = Some("probed".to_owned());
            self.tell(id, at, Action::Health(health), What::Felt(health));
        }
    }

    pub(super) fn rename(&mut self, id: &ContainerId, name: &str, at: Timestamp) {
        let Some(vessel) = self.vessels.get_mut(id) else { return };
        let (soul, labels) = (vessel.soul, vessel.shown.labels.clone());
        let from = std::mem::replace(&mut vessel.shown.name, name.to_owned());
        self.identities.insert(Identity::of(name, &labels), soul);
        self.retired.insert(from.clone());
        self.tell(id, at, Action::Rename { from }, What::Renamed);
    }

    pub(super) fn remove(&mut self, id: &ContainerId, at: Timestamp) {
        let Some(vessel) = self.vessels.get(id) else { return };
        let was = What::Removed(vessel.shown.state.status);
        let fact = Fact { at, soul: vessel.soul, id: id.clone(), what: was };
        let event = self.event(id, at, Action::Destroy);
        self.vessels.remove(id);
        self.publish(event);
        let soul = fact.soul;
        self.truth.facts.push(fact);
        self.condition_of(soul, at);
    }

    /// Starts anew after it was gone: kills what still runs, and starts what its policy says.
    /// Gives what is to be started.
    pub(super) fn come_back(&mut self, at: Timestamp) -> Vec<ContainerId> {
        self.history.clear();
        let ids: Vec<ContainerId> = self.vessels.keys().cloned().collect();
        let mut comes = Vec::new();
        for id in ids {
            self.die(&id, 137, Why::Engine, at);
            let vessel = &self.vessels[&id];
            let state = &vessel.shown.state;
            let ran = state.started_at.is_some();
            let returns = match vessel.shown.restart_policy {
                RestartPolicy::No => false,
                RestartPolicy::Always => true,
                RestartPolicy::UnlessStopped => !vessel.stopped,
                RestartPolicy::OnFailure { .. } => !vessel.stopped && state.exit_code != 0,
            };
            if ran && returns {
                comes.push(id.clone());
            } else if state.status == Status::Restarting {
                self.vessels.get_mut(&id).unwrap().shown.state.status = Status::Exited;
                self.settle(&id, at);
            }
        }
        // Nobody listens: the stream is opened later.
        self.told.clear();
        self.history.clear();
        comes
    }

    /// Whether a container runs in the place of what is planned.
    pub(super) fn is_filled(&self, plan: &Plan) -> bool {
        let soul = self.identities.get(&Identity::of(&plan.name, &plan.labels));
        self.vessels.values().any(|it| Some(&it.soul) == soul && it.is_up())
    }

    /// Whether the container's present or last run is that one.
    pub(super) fn is_at(&self, id: &ContainerId, run: u32) -> bool {
        self.vessels.get(id).is_some_and(|vessel| vessel.run == run)
    }

    /// Whose container that is, or was.
    pub(super) fn soul_of(&self, id: &ContainerId) -> Option<Soul> {
        let facts = self.truth.facts.iter().rev();
        facts.filter(|fact| fact.id == *id).map(|fact| fact.soul).next()
    }

    /// What waits for its policy when the Engine comes back and has let everything live.
    pub(super) fn wait_for_policy(&self) -> Vec<ContainerId> {
        let waits = |it: &&Vessel| it.shown.state.status == Status::Restarting;
        self.vessels.values().filter(waits).map(|it| it.shown.id.clone()).collect()
    }

    /// What it tells again to a listener that asks for what happened since then by its clock. It
    /// goes back from the newest, as far as the first that is older.
    pub(super) fn told_since(&self, since: Timestamp, filter: &Filter) -> Vec<Event> {
        let newest = self.history.iter().rev().take_while(|event| event.time >= since);
        let mut again: Vec<Event> =
            newest.filter(|event| filter.passes(&api::word(&event.action))).cloned().collect();
        again.reverse();
        again
    }

    fn tell(&mut self, id: &ContainerId, at: Timestamp, action: Action, what: What) {
        let event = self.event(id, at, action);
        self.publish(event);
        self.note(id, at, what);
    }

    fn event(&self, id: &ContainerId, at: Timestamp, action: Action) -> Event {
        let shown = &self.vessels[id].shown;
        Event {
            time: self.stamp(at),
            id: id.clone(),
            action,
            name: shown.name.clone(),
            image: shown.image.clone(),
            labels: shown.labels.clone(),
        }
    }

    fn publish(&mut self, mut event: Event) {
        // No two have the same time, whatever is done to its clock.
        if event.time == self.last {
            event.time = event.time + Duration::from_nanos(1);
        }
        self.last = event.time;
        self.history.push_back(event.clone());
        if self.history.len() > HISTORY {
            self.history.pop_front();
        }
        self.told.push(event);
    }

    fn note(&mut self, id: &ContainerId, at: Timestamp, what: What) {
        let soul = self.vessels[id].soul;
        self.truth.facts.push(Fact { at, soul, id: id.clone(), what });
        self.condition_of(soul, at);
    }

    fn settle(&mut self, id: &ContainerId, at: Timestamp) {
        let soul = self.vessels[id].soul;
        self.condition_of(soul, at);
    }

    /// Writes down how a soul is: as the container that is up, or as the last that ran, if that is
    /// still there.
    fn condition_of(&mut self, soul: Soul, at: Timestamp) {
        let starts = self.truth.of(soul).rev().filter(|fact| matches!(fact.what, What::Started(_)));
        let latest = starts.map(|fact| fact.id.clone()).next();
        let lives = self.vessels.values().filter(|it| it.soul == soul && it.run > 0);
        let lives = lives.filter(|it| it.is_up() || Some(&it.shown.id) == latest.as_ref());
        let body = lives.max_by_key(|it| (it.is_up(), it.began));
        let (status, health) = match body {
            Some(vessel) => (Some(vessel.shown.state.status), vessel.shown.state.health),
            None => (None, None),
        };
        self.truth.conditions[soul].push(Condition { at, status, health });
    }
}

impl Vessel {
    pub(super) fn is_task(&self) -> bool {
        self.shown.labels.keys().any(|key| key.starts_with("com.docker.swarm"))
    }

    pub(super) fn is_up(&self) -> bool {
        self.shown.state.status.is_up()
    }

    fn goes_on(&self, exit_code: i64) -> bool {
        !self.stopped
            && match self.shown.restart_policy {
                RestartPolicy::No => false,
                RestartPolicy::Always | RestartPolicy::UnlessStopped => true,
                RestartPolicy::OnFailure { maximum_retries } => {
                    exit_code != 0
                        && (maximum_retries == 0 || self.shown.restart_count < maximum_retries)
                }
            }
    }
}
