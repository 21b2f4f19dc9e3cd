//! An Engine that answers as the recorded one would have answered at each moment, as far as the
//! recording lets that be known.

use std::collections::BTreeMap;
use std::time::Duration;

use super::recording::{Recording, Snapshot};
use crate::monitor::container::{
    ContainerId, Health, Inspected, List, Listed, RestartPolicy, State, Status,
};
use crate::monitor::event::{Action, Event};
use crate::monitor::signals;
use crate::timestamp::Timestamp;

/// A container that is gone so soon after its end was started with `--rm`.
const REMOVES_ITSELF_WITHIN: Duration = Duration::from_secs(1);

/// An Engine that replays.
pub(super) struct Engine<'a> {
    recording: &'a Recording,
    containers: BTreeMap<ContainerId, Inspected>,
    /// Containers that somebody asked to end since they started.
    asked: BTreeMap<ContainerId, Timestamp>,
}

impl<'a> Engine<'a> {
    /// The Engine as it was before the first event.
    pub(super) fn new(recording: &'a Recording) -> Self {
        let mut engine = Self { recording, containers: BTreeMap::new(), asked: BTreeMap::new() };
        engine.show(&recording.before);
        engine
    }

    /// The Engine as it was found after the last event.
    pub(super) fn finish(&mut self) {
        let Some(after) = &self.recording.after else { return };
        let before = std::mem::take(&mut self.containers);
        self.show(after);
        // Podman shows a container as exited also in the moment before its policy restarts it.
        for (id, container) in &mut self.containers {
            let exited = container.state.status == Status::Exited;
            if let Some(before) = before.get(id)
                && self.recording.engine.is_podman
                && exited
                && goes_on(container)
            {
                container.clone_from(before);
            }
        }
    }

    fn show(&mut self, snapshot: &Snapshot) {
        let of = |line: &Listed| {
            let inspected = snapshot.inspected.get(&line.id).cloned();
            (line.id.clone(), inspected.unwrap_or_else(|| from_list(line)))
        };
        self.containers = snapshot.listed.iter().map(of).collect();
    }

    pub(super) fn list(&self) -> List {
        let containers = self.containers.values().map(to_list).collect();
        List { containers, unreadable: Vec::new() }
    }

    pub(super) fn inspect(&self, id: &ContainerId) -> Option<&Inspected> {
        self.containers.get(id)
    }

    /// When the Engine itself started containers that no event tells of: it was restarted.
    pub(super) fn restarted(&self) -> Option<Timestamp> {
        let after = self.recording.after.as_ref()?;
        let last = self.recording.events.last()?.time;
        let moved = |before: &Inspected| {
            let after = after.inspected.get(&before.id)?;
            let fresh = after.state.started_at.filter(|at| *at > last)?;
            (after.restart_count <= before.restart_count && after.state.status.is_up())
                .then_some(fresh)
        };
        self.recording.before.inspected.values().filter_map(moved).max()
    }

    /// Does what an event says was done.
    pub(super) fn apply(&mut self, event: &Event) {
        if event.action == Action::Destroy {
            self.containers.remove(&event.id);
            return;
        }
        if !self.containers.contains_key(&event.id) {
            let made = self.guess(event);
            self.containers.insert(event.id.clone(), made);
        }
        let is_podman = self.recording.engine.is_podman;
        let asked = self.asked.contains_key(&event.id);
        let Some(container) = self.containers.get_mut(&event.id) else { return };
        let state = &mut container.state;
        match &event.action {
            Action::Start => {
                state.status = Status::Running;
                state.started_at = Some(event.time);
                state.health = state.health.map(|_| Health::Starting);
                self.asked.remove(&event.id);
            }
            Action::Die { exit_code, out_of_memory } => {
                state.oom_killed |= *out_of_memory;
                state.exit_code = exit_code.unwrap_or_default();
                state.finished_at = Some(event.time);
                state.status = Status::Exited;
                if !asked && !is_podman && goes_on(container) {
                    container.restart_count += 1;
                    container.state.status = Status::Restarting;
                }
            }
            Action::Kill { signal } => {
                if signals::meaning(signal, container.stop_signal.as_deref()).is_some() {
                    self.asked.insert(event.id.clone(), event.time);
                }
            }
            Action::Stop => {
                self.asked.insert(event.id.clone(), event.time);
                if state.status == Status::Restarting {
                    state.status = Status::Exited;
                }
            }
            Action::Restart if is_podman && state.status == Status::Exited => {
                container.restart_count += 1;
            }
            Action::Pause => state.status = Status::Paused,
            Action::Unpause => state.status = Status::Running,
            Action::Oom => state.oom_killed = true,
            Action::Health(health) => state.health = Some(*health),
            Action::Rename { .. } => container.name.clone_from(&event.name),
            Action::Create | Action::Restart | Action::Update | Action::Destroy => {}
        }
    }

    /// A container of which nothing was recorded before this event: as it was found later, else as
    /// its events let guess.
    fn guess(&self, event: &Event) -> Inspected {
        let later = self.recording.after.as_ref().and_then(|after| after.inspected.get(&event.id));
        let (restart_policy, auto_remove) = self.ends(&event.id);
        let mut made = later.cloned().unwrap_or_else(|| Inspected {
            id: event.id.clone(),
            name: String::new(),
            image: event.image.clone(),
            labels: event.labels.clone(),
            created: event.time,
            state: new(),
            restart_count: 0,
            restart_policy,
            stop_signal: None,
            auto_remove,
            tty: false,
            open_stdin: false,
            memory_limit_bytes: None,
            ports: Vec::new(),
        });
        made.name.clone_from(&event.name);
        made.restart_count = 0;
        let health = made.state.health.map(|_| Health::Starting);
        made.state = State { health, ..new() };
        if !matches!(event.action, Action::Create) {
            made.state.status = Status::Running;
        }
        made
    }

    /// What the events tell of how a container's ends are answered.
    fn ends(&self, id: &ContainerId) -> (RestartPolicy, bool) {
        let events = self.recording.events.iter().filter(|event| event.id == *id);
        let mut asked = false;
        let mut died = None;
        let (mut policy, mut auto_remove) = (RestartPolicy::No, false);
        for event in events {
            match event.action {
                Action::Kill { .. } | Action::Stop => (asked, died) = (true, None),
                Action::Die { .. } if !asked => died = Some(event.time),
                Action::Start => {
                    if died.take().is_some() {
                        policy = RestartPolicy::Always;
                    }
                    asked = false;
                }
                Action::Destroy => {
                    auto_remove =
                        died.is_some_and(|died| event.time.since(died) <= REMOVES_ITSELF_WITHIN);
                }
                _ => {}
            }
        }
        (policy, auto_remove)
    }
}

/// Whether the policy starts the container again after the end that is written down in it.
fn goes_on(container: &Inspected) -> bool {
    match container.restart_policy {
        RestartPolicy::No => false,
        RestartPolicy::Always | RestartPolicy::UnlessStopped => true,
        RestartPolicy::OnFailure { maximum_retries } => {
            let more = maximum_retries == 0 || container.restart_count < maximum_retries;
            container.state.exit_code != 0 && more
        }
    }
}

fn new() -> State {
    State {
        status: Status::Created,
        health: None,
        last_probe_output: None,
        started_at: None,
        finished_at: None,
        exit_code: 0,
        oom_killed: false,
        error: String::new(),
    }
}

fn from_list(line: &Listed) -> Inspected {
    let exit_code = line.exit_code.unwrap_or_default();
    Inspected {
        id: line.id.clone(),
        name: line.name.clone(),
        image: line.image.clone(),
        labels: line.labels.clone(),
        created: line.created,
        state: State { status: line.status, health: line.health, exit_code, ..new() },
        restart_count: 0,
        restart_policy: RestartPolicy::No,
        stop_signal: None,
        auto_remove: false,
        tty: false,
        open_stdin: false,
        memory_limit_bytes: None,
        ports: line.ports.clone(),
    }
}

fn to_list(container: &Inspected) -> Listed {
    let state = &container.state;
    Listed {
        id: container.id.clone(),
        name: container.name.clone(),
        image: container.image.clone(),
        labels: container.labels.clone(),
        status: state.status,
        health: state.health.filter(|_| state.status == Status::Running),
        exit_code: matches!(state.status, Status::Exited | Status::Restarting)
            .then_some(state.exit_code),
        up_at_most: None,
        ports: container.ports.clone(),
        created: container.created,
    }
}
