//! What the core wants done. Effects are data: whoever drives the core does them and tells what
//! came of it.

use crate::monitor::alert::Alert;
use crate::monitor::container::ContainerId;
use crate::monitor::identity::Identity;

/// One thing that the core wants done.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// List all containers; answered by `Input::Look`, or by `Input::Lost`.
    Look,
    /// Inspect this container; answered by `Input::Inspected`, `Input::Gone` or `Input::Refused`, or
    /// by `Input::Lost`.
    Inspect(ContainerId),
    /// Ask on a new connection whether the Engine is there; answered by `Input::Pinged`.
    Ping,
    /// Read the last lines of a container's log; answered by `Input::Logs`.
    FetchLogs {
        /// Whose.
        id: ContainerId,
        /// How many.
        lines: u32,
    },
    /// Tell this; answered by `Input::Delivery`. Only one is under way at a time.
    Post(Batch),
    /// Write the state to disk. Comes before every `Post` of the same step.
    Save,
    /// Nothing is left to do.
    Exit,
    /// Something was seen and is not told (now): for the log and for `dmon explain`.
    Held(Held),
}

/// Names a batch for its delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BatchId(pub u64);

/// What leaves as one message.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    /// Its id.
    pub id: BatchId,
    /// What is told, the worst first. Empty only beside `uncounted`.
    pub alerts: Vec<Alert>,
    /// What there were too many of to be kept one by one: title and image, and how many.
    pub crowd: Vec<Crowd>,
}

/// Alerts above the thousand that are kept one by one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crowd {
    /// Their title.
    pub title: String,
    /// Their image.
    pub image: String,
    /// How many.
    pub count: u32,
}

/// Something that is not told, or not now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// Of whom.
    pub identity: Identity,
    /// Its container's name.
    pub name: String,
    /// What, as a few words (`died with code 3`, `restarted`).
    pub what: String,
    /// Why not.
    pub reason: Reason,
}

/// Why something is not told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// It was so when dmon first looked.
    Baseline,
    /// The filters, or the label `dmon.enable=false`, keep the container out.
    Filtered,
    /// It is dmon's own container.
    Own,
    /// It matters less than `ALERT_MIN_SEVERITY`.
    BelowMinimum,
    /// `MANUAL_STOP_SEVERITY` or `CLEAN_EXIT_SEVERITY` is `off`.
    SwitchedOff,
    /// It is a job, and did what jobs do.
    Job,
    /// It is somebody's shell.
    Shell,
    /// It is a step of an image's build.
    BuildStep,
    /// Told already; counted in the follow-up of its incident.
    InIncident,
    /// Told not long ago; counted in the next notice of that container.
    Counted,
    /// It was over within the grace.
    OverInGrace,
    /// It waits for what becomes of it.
    Grace,
    /// The Engine is stopping, or away: judged when it is back.
    EngineAway,
    /// It is part of a restart of the Engine.
    EngineRestart,
    /// It was made and never started.
    NeverStarted,
}

impl Reason {
    /// The reason in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Baseline => "it was so at the first look",
            Self::Filtered => "filters or the label dmon.enable=false keep it out",
            Self::Own => "it is dmon's own container",
            Self::BelowMinimum => "it matters less than ALERT_MIN_SEVERITY",
            Self::SwitchedOff => "its severity is set to off",
            Self::Job => "it is a job, and this is what jobs do",
            Self::Shell => "it is somebody's shell",
            Self::BuildStep => "it is a step of an image's build",
            Self::InIncident => "its incident is told already; counted in the follow-up",
            Self::Counted => "told not long ago; counted in the next notice",
            Self::OverInGrace => "it was over within the grace",
            Self::Grace => "it waits for what becomes of it",
            Self::EngineAway => "the Engine is away: judged when it is back",
            Self::EngineRestart => "it is part of a restart of the Engine",
            Self::NeverStarted => "it never started",
        }
    }
}
