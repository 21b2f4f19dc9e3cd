//! Mirrors of `monitor::subject` and `monitor::identity`.

use serde::{Deserialize, Serialize};

use crate::monitor::{change, effect, identity, signals, subject};
use crate::store::memory::alert::{Alert, Repeat};
use crate::store::memory::mirror::{Entries, Mirror, Moment, Span, Timestamp};
use crate::store::memory::world::{Container, ContainerId, Status};

/// What was handed on of the problems, the ledger knows.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Problems(Entries<Aspect, Alert>);

impl Mirror for Problems {
    type Core = subject::Problems;

    fn of(core: &Self::Core) -> Self {
        Self(Mirror::of(core.by_aspect()))
    }

    fn core(self) -> Self::Core {
        subject::Problems::of(self.0.core())
    }
}

mirror! {
    enum Identity = identity::Identity {
        Engine,
        Compose { project: String, service: String, number: String },
        Swarm { service: String, slot: String },
        Name(name: String),
    }

    /// Of what is missing there is nothing.
    #[derive(Default)]
    #[serde(default)]
    struct Subject = subject::Subject {
        container: Option<ContainerId>,
        name: String,
        image: String,
        silent: Option<Reason>,
        run: Option<Run>,
        death: Option<Death>,
        paused: Option<Sign>,
        out_of_memory: Option<Sign>,
        unhealthy: Option<Sign>,
        start_failed: Option<Sign>,
        signalled: Option<(Sign, String)>,
        arrival: Option<Arrival>,
        problems: Problems,
        deaths: Vec<Answered>,
        backoff: Option<Span>,
        overtaken: Option<Repeat>,
        clean_ends: u32,
        gone: Option<Moment>,
    }

    enum Reason = effect::Reason {
        Baseline,
        Filtered,
        Own,
        BelowMinimum,
        SwitchedOff,
        Job,
        Shell,
        BuildStep,
        InIncident,
        Counted,
        OverInGrace,
        Grace,
        EngineAway,
        EngineRestart,
        NeverStarted,
    }

    enum Aspect = subject::Aspect {
        Down,
        Loop,
        Health,
        Restarting,
        Paused,
        Memory,
    }

    struct Run = subject::Run {
        sign: Sign,
        origin: Origin,
        health: Passed,
        policy_off: Passed,
    }

    enum Passed = subject::Passed {
        NotYet,
        Once,
    }

    enum Origin = subject::Origin {
        First,
        Request,
        Automatic,
    }

    struct Sign = subject::Sign {
        at: Timestamp,
        #[serde(default)]
        moment: Moment,
        known: Moment,
        between: Option<(Timestamp, Timestamp)>,
    }

    struct Death = subject::Death {
        sign: Sign,
        container: ContainerId,
        exit_code: Option<i64>,
        from: Status,
        asked: Option<Asked>,
        out_of_memory: bool,
        seen: Seen,
        unseen: u32,
        restart_count: Option<u32>,
        log: Option<Vec<String>>,
        ran: Option<Span>,
        origin: Origin,
        removed: Option<Box<Container>>,
        back: Option<Back>,
        counted: Passed,
    }

    enum Asked = signals::Asked {
        Kill,
        Stop,
    }

    enum Seen = change::Seen {
        Heard,
        Found,
    }

    struct Back = subject::Back {
        sign: Sign,
        container: ContainerId,
        by: By,
    }

    enum By = change::By {
        Somebody,
        Policy,
        Untold,
    }

    struct Answered = subject::Answered {
        at: Timestamp,
        known: Moment,
        exit_code: Option<i64>,
    }

    enum Arrival = subject::Arrival {
        Added,
        Recreated { image_before: String },
    }
}
