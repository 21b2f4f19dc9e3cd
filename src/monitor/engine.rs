//! What comes from the Engine, taken in: events, lists, inspections, and that there are none.

use std::time::Duration;

use crate::monitor::change::{Change, Seen};
use crate::monitor::container::{ContainerId, Engine, Inspected, List, Status};
use crate::monitor::effect::{Effect, Reason, Remark};
use crate::monitor::event::Event;
use crate::monitor::identity::Identity;
use crate::monitor::input::{Loss, News, Ping};
use crate::monitor::judge::{ANSWER_WITHIN, Askers};
use crate::monitor::link::{Absence, Memory, Presence};
use crate::monitor::moment::{CLOCKS_AGREE_WITHIN, Clocks, Moment};
use crate::monitor::subject::Sign;
use crate::monitor::world::{Learned, Occurred};
use crate::monitor::{Dirt, Monitor};
use crate::timestamp::Timestamp;

/// How many containers that are down are inspected at each list.
const DOWN_INSPECTED_A_LIST: usize = 5;

/// The most events that are kept until the first list is in: the list makes up for more.
const EARLY_EVENTS_MAX: usize = 4_096;

/// A stream is taken for mute when it reported nothing for this long, and not what an inspection
/// shows.
const MUTE_FOR: Duration = Duration::from_secs(10);

/// So many of the last events are known again when the Engine repeats them.
const RECENT_EVENTS: usize = 256;

impl Monitor {
    pub(super) fn connected(&mut self, engine: Option<&Engine>, boot: Option<String>, news: News) {
        if let Presence::Away(gap) = &mut self.link.presence
            && self.state.boot_id.is_some()
            && boot.is_some()
            && self.state.boot_id != boot
        {
            gap.absence = Absence::Rebooted;
        }
        self.state.boot_id = boot.or(self.state.boot_id.take());
        if let Some(engine) = engine {
            self.is_podman = engine.is_podman;
            if let Some(time) = engine.system_time {
                self.compare_clocks(time);
            }
        }
        let silent = self.is_podman || news == News::Lists;
        self.askers = if silent { Askers::Untold } else { Askers::Told };
        self.link.connected(news, self.now.moment);
    }

    pub(super) fn lost(&mut self, loss: Loss) {
        let clocks = self.clocks();
        self.link.lost(loss, self.state.last_event, &clocks);
    }

    pub(super) fn event(&mut self, event: Event) {
        if self.state.answered.is_none() {
            if self.early.len() < EARLY_EVENTS_MAX {
                self.early.push(event);
            }
            return;
        }
        let repeated = self.is_repeated(&event);
        let clocks = self.clocks();
        if let Presence::CatchingUp { gap, .. } = &mut self.link.presence {
            if repeated {
                gap.memory = Memory::Kept;
            } else {
                gap.remembers.get_or_insert(event.time);
            }
        }
        let moment = clocks.moment_of(event.time);
        let repeats = self.link.repeats_events_before(clocks.moment);
        let is_old = repeats.is_some_and(|opened| moment < opened);
        let occurred = if is_old { Occurred::Before(moment) } else { Occurred::Now };
        if repeated {
            return;
        }
        self.note_event(&event, occurred);
        let clocks = self.clocks();
        let learned = self.state.world.hear(&event, occurred, &clocks);
        self.learn(learned);
    }

    /// Whether an event came in before: a stream is asked for from the last event on, that one
    /// included. Podman asks for whole seconds.
    fn is_repeated(&self, event: &Event) -> bool {
        let key = (event.time, event.id.clone(), event.action.clone());
        let Presence::CatchingUp { gap, .. } = &self.link.presence else {
            return self.recent.contains(&key);
        };
        let last = gap.last_event;
        self.recent.contains(&key)
            || last.is_some_and(|last| {
                event.time <= last && last.since(event.time) < CLOCKS_AGREE_WITHIN
            })
    }

    /// Remembers an event, and what it says of the Engine's clock.
    fn note_event(&mut self, event: &Event, occurred: Occurred) {
        self.recent.push_back((event.time, event.id.clone(), event.action.clone()));
        if self.recent.len() > RECENT_EVENTS {
            self.recent.pop_front();
        }
        self.last_event_came = self.now.moment;
        if occurred == Occurred::Now {
            self.compare_clocks(event.time);
        }
        let Some(last) = self.state.last_event else {
            self.state.last_event = Some(event.time);
            return;
        };
        let back = last.since(event.time);
        if back < CLOCKS_AGREE_WITHIN {
            self.state.last_event = Some(last.max(event.time));
        } else if occurred == Occurred::Now {
            self.state.last_event = Some(event.time);
            self.effects.push(Effect::Log(Remark::ClockWentBack { by: back }));
            self.events_missed();
        }
    }

    /// Compares the Engine's clock with this host's: it shows this now, or did a moment ago.
    fn compare_clocks(&mut self, engine: Timestamp) {
        let ahead = engine.nanoseconds().saturating_sub(self.now.wall.nanoseconds());
        let agree = i64::try_from(CLOCKS_AGREE_WITHIN.as_nanos()).unwrap_or(i64::MAX);
        self.engine_ahead_ns = if ahead.saturating_abs() < agree { 0 } else { ahead };
    }

    /// What events would have reported is found by a list and inspections.
    pub(super) fn events_missed(&mut self) {
        let since = self.state.answered.unwrap_or(self.now.wall);
        self.link.missed_events(since, self.now.moment);
    }

    pub(super) fn listed(&mut self, asked: Moment, list: &List) {
        self.dirt = self.dirt.max(Dirt::Stale);
        let answered = self.link.answered();
        self.link.listed(asked, self.now.moment);
        if self.link.answered() != answered {
            self.touch_deaths();
        }
        let clocks = self.clocks();
        let first = self.state.answered.is_none();
        if first {
            self.first_look(asked, &list.containers);
        } else {
            let learned = self.state.world.list(asked, list, &clocks);
            self.learn_from_list(asked, list, learned);
        }
        self.find_own();
        self.state.answered = Some(clocks.wall_at(asked));
        self.warn_of_lines(list);
        if matches!(self.link.presence, Presence::CatchingUp { .. }) {
            self.ask_all();
        }
        self.ask_some_that_are_down();
        for early in std::mem::take(&mut self.early) {
            self.event(early);
        }
        self.ask_awaited();
        self.ask_for_a_sign();
        if self.link.inspections.failing().next().is_some() {
            self.touch_deaths();
        }
        self.forget();
    }

    /// Inspects what the list leaves open. Of what cannot be inspected, the list is believed.
    fn learn_from_list(&mut self, asked: Moment, list: &List, learned: Learned) {
        let (now, clocks) = (self.now.moment, self.clocks());
        let lines = list.containers.iter().map(|line| (&line.id, line));
        let lines: std::collections::BTreeMap<_, _> = lines.collect();
        for id in learned.unsure {
            if !self.link.inspections.fails(&id, ANSWER_WITHIN, now) {
                self.ask(&id);
                self.link.inspections.doubt(&id);
                continue;
            }
            if let Some(line) = lines.get(&id) {
                let learned = self.state.world.believe_line(asked, line, &clocks);
                self.learn(learned);
                self.touch(&id);
            }
            if !self.link.inspections.rests(&id, now) {
                self.ask(&id);
            }
        }
    }

    fn warn_of_lines(&mut self, list: &List) {
        let unreadable = list.unreadable.iter();
        self.unreadable_lines.retain(|id| list.unreadable.iter().any(|line| line.id == *id));
        let new = unreadable.filter(|line| self.unreadable_lines.insert(line.id.clone()));
        let new: Vec<_> = new.collect();
        let Some(first) = new.first() else { return };
        let name = |id: &ContainerId, listed: &str| match self.container(id) {
            Some(known) if !known.name.is_empty() => known.name.clone(),
            _ if !listed.is_empty() => listed.to_owned(),
            _ => id.short().to_owned(),
        };
        let names = new.iter().map(|line| name(&line.id, &line.name)).collect();
        let reason = first.reason.clone();
        self.effects.push(Effect::Log(Remark::UnreadableLine { names, reason }));
    }

    pub(super) fn inspected(&mut self, asked: Moment, container: &Inspected) {
        self.link.inspections.answered(&container.id, self.now.moment);
        self.touch(&container.id);
        self.first_words_of(&container.id);
        let clocks = self.clocks();
        let learned = self.state.world.inspected(asked, container, &clocks);
        self.check_stream(&learned);
        self.learn(learned);
    }

    pub(super) fn gone(&mut self, asked: Moment, id: &ContainerId) {
        self.link.inspections.answered(id, self.now.moment);
        let learned = self.state.world.gone(asked, id);
        self.learn(learned);
    }

    /// What events and the list say of a container is all there is.
    pub(super) fn unanswered(&mut self, id: &ContainerId, reason: String) {
        let news = !self.link.inspections.is_failing(id);
        self.link.inspections.unanswered(id, reason, self.now.moment);
        self.touch(id);
        let mut deaths = self.state.subjects.values().filter_map(|it| it.death.as_ref());
        if news || deaths.any(|death| death.container == *id) {
            self.link.list_now(self.now.moment);
        }
    }

    /// A stream that is open and does not report what an inspection shows is of no use.
    fn check_stream(&mut self, learned: &Learned) {
        let now = self.now.moment;
        let missed = learned.changes.iter().any(|change| change.what.has_event());
        let since = self.last_event_came.max(self.reopened);
        if missed
            && self.link.presence == Presence::Live
            && self.link.news == News::Events
            && now >= since + MUTE_FOR
        {
            self.reopened = now;
            self.effects.push(Effect::Log(Remark::StreamIsMute));
            self.link.reopen();
        }
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
        let now = self.now.moment;
        let containers = self.state.world.containers.iter();
        let mut down: Vec<(Option<Moment>, ContainerId)> = containers
            .filter(|(id, it)| !it.status.is_up() && !self.link.inspections.rests(id, now))
            .map(|(id, it)| (it.details.as_ref().map(|details| details.asked), id.clone()))
            .collect();
        down.sort();
        for (_, id) in down.iter().take(DOWN_INSPECTED_A_LIST) {
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

    /// While inspections go unanswered, one of another container shows whether any is answered.
    fn ask_for_a_sign(&mut self) {
        let inspections = &self.link.inspections;
        if !inspections.wants_probe(self.now.moment) {
            return;
        }
        let failing: Vec<&ContainerId> = inspections.failing().map(|(id, _)| id).collect();
        let others = self.state.world.containers.iter().filter(|(id, _)| !failing.contains(id));
        let oldest = others.min_by_key(|(_, it)| it.details.as_ref().map(|details| details.asked));
        if let Some(id) = oldest.map(|(id, _)| id.clone()) {
            self.ask(&id);
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

    pub(super) fn pinged(&mut self, asked: Moment, ping: Ping) {
        self.link.pinged(asked, ping, self.now.moment);
        if ping == Ping::Unanswered {
            for identity in self.deaths() {
                self.hold(&identity, "ended", Reason::EngineAway);
            }
        }
        self.touch_deaths();
    }

    /// Identities with a death that is not judged yet.
    fn deaths(&self) -> Vec<Identity> {
        let dead = self.state.subjects.iter().filter(|(_, subject)| subject.death.is_some());
        dead.map(|(identity, _)| identity.clone()).collect()
    }

    fn touch_deaths(&mut self) {
        let deaths = self.deaths();
        self.touched.extend(deaths);
    }

    /// When something happened and since when it is known.
    pub(super) fn sign(&self, change: &Change) -> Sign {
        let clocks = self.clocks();
        let at = match change.at {
            Some(at) => clocks.local(at),
            None => clocks.wall_at(change.moment),
        };
        let between = match &self.link.presence {
            Presence::CatchingUp { gap, .. } if change.seen == Seen::Found => {
                Some((gap.since, self.now.wall))
            }
            _ => None,
        };
        Sign { at, moment: change.moment, known: self.now.moment, between }
    }

    /// What the clocks say in this step.
    pub(super) fn clocks(&self) -> Clocks {
        let (wall, moment) = (self.now.wall, self.now.moment);
        Clocks { wall, moment, engine_ahead_ns: self.engine_ahead_ns, set: self.clock_set }
    }
}
