//! What the core remembers, in `state.json`: each type of it, with its fields and the names that
//! they are written under. Neither decides what is worth keeping (`monitor::state`) nor how a file
//! is replaced (`store::state`).
//!
//! An older dmon's state should stay readable: a new field is an `Option`, or is read `or default`,
//! where it is true that the older dmon's silence means that; otherwise `VERSION` rises, and the
//! older state is set aside.

use std::io;

use serde_json::value::RawValue;

use crate::monitor::{
    alert, cause, change, container, effect, identity, ledger, moment, severity, signals, state,
    subject, world,
};
use crate::store::Store;
use crate::store::stored::{self, Fields, Key, Stored, Unreadable, Writer};
use crate::timestamp::Timestamp;

/// The shape of what is written. Another one is not read.
const VERSION: u32 = 1;

/// What was saved last; [`state::State::default`] where nothing was. The error is the sentence that
/// tells of a state that is not understood and was set aside: go on without.
pub fn load(store: &Store) -> Result<state::State, String> {
    store.load(VERSION).map(Option::unwrap_or_default)
}

/// Saves the state in the place of the last one, but for what was under way: nobody waits for it
/// after a restart.
pub fn save(store: &Store, state: &state::State) -> io::Result<()> {
    store.save(VERSION, state)
}

/// The state as it is written, for whoever keeps it elsewhere than in a file.
pub fn to_bytes(state: &state::State) -> Vec<u8> {
    stored::to_bytes(|out| state.write(out))
}

/// A state from [`to_bytes`].
pub fn from_bytes(bytes: &[u8]) -> io::Result<state::State> {
    let json: &RawValue = serde_json::from_slice(bytes)?;
    state::State::read(json).map_err(|error| io::Error::other(error.to_string()))
}

stored! {
    struct state::State { world, subjects, ledger, answered, last_event, boot_id, clock }

    struct state::Clock { wall, moment }
}

// --- world ---------------------------------------------------------------------------------------

stored! {
    struct world::World {
        containers, removed as "gone" or default;
        revision = 0, index = world::Index::default()
    }

    struct world::Container {
        identity, name, image, labels, status, health, since as "status_since" or default,
        heard as "newest" or default, started_at, began, listed as "age", confirmed or default,
        exit_code, paused as "pause", uncounted, signals as "received" or default, details,
    }

    struct world::Age { asked, at_least }

    struct world::Details {
        asked as "inspected" or default, showed_run as "answered", outdated, restart_count,
        restart_policy, stop_signal, auto_remove, interactive, memory_limit_bytes, ports,
        oom_killed, error, probe_output,
    }

    enum container::Status { Created, Running, Paused, Restarting, Removing, Exited, Dead }

    enum container::Health { Starting, Healthy, Unhealthy }

    enum container::RestartPolicy { No, Always, UnlessStopped, OnFailure { maximum_retries } }

    struct container::Port { container, host, protocol }

    struct signals::Signals { kill, stop, oom }

    struct signals::Kill { at, force }

    enum signals::Force { Certain, Polite }
}

// --- subjects ------------------------------------------------------------------------------------

stored! {
    enum identity::Identity {
        Engine,
        Compose { project, service, number },
        Swarm { service, slot },
        Name(name),
    }

    struct subject::Subject {
        container, name or default, image or default, silent, run, death, paused, out_of_memory,
        unhealthy, start_failed, signalled, arrival, problems or default, deaths or default,
        backoff, overtaken, clean_ends or default, gone,
    }

    enum effect::Reason {
        Baseline, Filtered, Own, BelowMinimum, SwitchedOff, Job, Shell, BuildStep, InIncident,
        Counted, Grace, EngineAway, EngineRestart, NeverStarted,
    }

    enum subject::Symptom { Down, Loop, Health, Restarting, Paused, Memory }

    struct subject::Run { sign, origin, health, policy_off }

    enum subject::Passed { NotYet, Once }

    enum subject::Origin { First, Request, Automatic }

    struct subject::Observation { at, moment or default, known, between }

    struct subject::Death {
        sign, container, exit_code, from, asked, out_of_memory, seen, unseen, restart_count, log,
        ran, origin, removed, back, counted,
    }

    enum signals::Intent { Kill, Stop }

    enum change::Seen { Heard, Found }

    struct subject::Back { sign, container, by }

    enum change::By { Somebody, Policy, Untold }

    struct subject::LoopDeath { at, known, exit_code }

    enum subject::Arrival { Added, Recreated { image_before } }
}

// --- ledger --------------------------------------------------------------------------------------

stored! {
    struct ledger::Ledger { accounts, crowd, pace; under_way = None, revision = 0, due = ledger::Due::default() }

    struct ledger::Account { incident, recovered, notices or default, widening }

    struct ledger::Incident {
        began, opened or default, problem, changed, times, recovery, trust, told,
    }

    struct ledger::Recovery { since, alert, unsure }

    enum ledger::Damping { AtOnce, AfterCooldown }

    struct ledger::Told { at, severity, finality as "gravity", follow_ups }

    enum severity::Severity { Info, Warning, Critical }

    enum ledger::Finality { Passing, Lasting, Final }

    struct ledger::Notice { due, alert; batch = None }

    struct ledger::NoticeBackoff { wait, next, last }

    struct effect::Overflow { title, image, count }

    struct ledger::Pace {
        next or default, storm or default, failures or default, batches or default,
    }
}

// --- alerts --------------------------------------------------------------------------------------

stored! {
    struct alert::Alert {
        id, identity, severity, kind, time, moment or default, about, repeat, ended, between, log,
    }

    struct alert::About { name, image, exit_code, restart_count, restart_policy, ports, compose }

    struct alert::Repeat { times, since, moment or default }

    enum alert::Kind {
        Status { from, to, cause, said },
        Removed { previous, cause },
        CrashLoop { deaths, exit_codes, backoff },
        RestartFailed { from, to, cause, error },
        RestartedManually,
        RestartedAutomatically { cause },
        EngineRestarted { restarted },
        Recreated { image_before },
        Added { status },
        JobFailed { cause },
        PolicyDisabled { signal },
        Recovered { after, from, lasted },
        EngineUnreachable { reason },
        EngineReachable { lasted, changed },
        Watching { counts, unwell },
    }

    enum alert::Condition { Is(status), Feels(health), Removed }

    enum cause::Cause {
        ExitedByItself { exit_code },
        Exited { exit_code },
        Unknown,
        OutOfMemory { limit_bytes },
        ProcessOutOfMemory,
        StoppedOnRequest,
        StoppedAndRemoved,
        HealthCheckFailed,
        PausedOnRequest,
        FoundRestarting,
        NotBackAfterEngineRestart,
        PolicyGaveUp,
        CouldNotStart,
        DidNotStayUp,
        NeverHealthy,
    }
}

// --- ids and times -------------------------------------------------------------------------------

impl Key for identity::Identity {}
impl Key for container::ContainerId {}
impl Key for subject::Symptom {}

/// What was handed on of the problems, the ledger knows.
impl Stored for subject::Problems {
    fn write(&self, out: &mut Writer) {
        self.by_symptom().write(out);
    }

    fn read(json: &RawValue) -> Result<Self, Unreadable> {
        Stored::read(json).map(Self::of)
    }
}

/// The id as the Engine wrote it.
impl Stored for container::ContainerId {
    fn write(&self, out: &mut Writer) {
        out.plain(self.as_str());
    }

    fn read(json: &RawValue) -> Result<Self, Unreadable> {
        String::read(json).map(Self::new)
    }
}

/// The number itself.
impl Stored for alert::AlertId {
    fn write(&self, out: &mut Writer) {
        self.0.write(out);
    }

    fn read(json: &RawValue) -> Result<Self, Unreadable> {
        Stored::read(json).map(Self)
    }
}

/// Nanoseconds on the clock that waits run on.
impl Stored for moment::Moment {
    fn write(&self, out: &mut Writer) {
        self.0.write(out);
    }

    fn read(json: &RawValue) -> Result<Self, Unreadable> {
        Stored::read(json).map(Self)
    }
}

/// Nanoseconds since 1970-01-01T00:00:00Z.
impl Stored for Timestamp {
    fn write(&self, out: &mut Writer) {
        self.nanoseconds().write(out);
    }

    fn read(json: &RawValue) -> Result<Self, Unreadable> {
        Stored::read(json).map(Self::from_nanoseconds)
    }
}
