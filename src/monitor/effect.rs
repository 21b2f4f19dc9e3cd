//! What the core wants done. Effects are data: whoever drives the core does them and reports what
//! came of it. Questions carry the moment at which they leave; their answers echo it.

use std::fmt;
use std::time::Duration;

use crate::monitor::alert::Alert;
use crate::monitor::container::ContainerId;
use crate::monitor::identity::Identity;
use crate::monitor::moment::Moment;

/// One thing that the core wants done.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// List all containers; answered by `Input::Listed` or `Input::Unlisted`.
    List {
        /// Now.
        asked: Moment,
    },
    /// Inspect a container; answered by `Input::Inspected`, `Input::Gone` or `Input::Unanswered`.
    Inspect {
        /// Now.
        asked: Moment,
        /// Which.
        id: ContainerId,
    },
    /// Ask on a new connection whether the Engine is there; answered by `Input::Pinged`.
    Ping {
        /// Now.
        asked: Moment,
    },
    /// Read the last lines of a container's log; answered by `Input::Logs`.
    FetchLogs {
        /// Whose.
        id: ContainerId,
        /// How many.
        lines: u32,
    },
    /// Close the event stream and open another: it is open and mute. Answered by `Input::Lost`.
    ReopenStream,
    /// Send this; answered by `Input::Delivery`. Only one is under way at a time.
    Post(Batch),
    /// A message that is under way for too long is given up: whoever posts it may hang, and is to be
    /// replaced before the next one.
    AbandonPost(BatchId),
    /// Write the state to disk. Comes before every `Post` of the same step.
    Save,
    /// Nothing is left to do.
    Exit,
    /// Something was seen and is not sent (now): for the log and for `dmon explain`.
    Suppressed(Suppressed),
    /// A line for the log.
    Log(Remark),
}

/// What an operator wants to read in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remark {
    /// Not everything that happens is seen any more.
    NotLive {
        /// Why, in one line.
        reason: String,
    },
    /// Everything is seen again.
    Live {
        /// After so long.
        lasted: Duration,
    },
    /// Containers that cannot be inspected, whatever the others do.
    NotInspected {
        /// Their names.
        names: Vec<String>,
        /// Why, in one line.
        reason: String,
    },
    /// Containers whose line of the list cannot be read.
    UnreadableLine {
        /// Their names, or ids where the names cannot be read either.
        names: Vec<String>,
        /// Why, in one line.
        reason: String,
    },
    /// Lists show changes that the event stream did not report.
    StreamIsMute,
    /// The Engine's clock was set back.
    ClockWentBack {
        /// By so much.
        by: Duration,
    },
    /// Whoever posts messages has not reported back.
    PostIsStuck {
        /// For so long.
        lasted: Duration,
    },
}

/// How much a remark matters in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Something does not work.
    Warning,
    /// Good to know.
    Info,
}

impl Remark {
    /// How much it matters.
    pub fn level(&self) -> Level {
        match self {
            Self::Live { .. } => Level::Info,
            _ => Level::Warning,
        }
    }
}

impl fmt::Display for Remark {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotLive { reason } => write!(out, "the Engine is not watched: {reason}"),
            Self::Live { lasted } => {
                write!(out, "the Engine is watched again, after {} s", lasted.as_secs())
            }
            Self::NotInspected { names, reason } => write!(
                out,
                "no inspection of {}: {reason}; what events and the list say of it is used",
                some_of(names)
            ),
            Self::UnreadableLine { names, reason } => write!(
                out,
                "the list's line of {} cannot be read: {reason}; the container exists",
                some_of(names)
            ),
            Self::StreamIsMute => out.write_str(
                "the event stream is open and does not report what the list shows: it is opened \
                 again",
            ),
            Self::ClockWentBack { by } => {
                write!(out, "the Engine's clock went back by {} s", by.as_secs())
            }
            Self::PostIsStuck { lasted } => write!(
                out,
                "a message has been under way for {} s: it counts as unanswered",
                lasted.as_secs()
            ),
        }
    }
}

/// Three names, and how many more there are.
fn some_of(names: &[String]) -> String {
    const SHOWN: usize = 3;
    let shown = names.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
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
    pub crowd: Vec<Overflow>,
}

/// Alerts above the thousand that are kept one by one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overflow {
    /// Their title.
    pub title: String,
    /// Their image.
    pub image: String,
    /// How many.
    pub count: u32,
}

/// Something that is not told, or not now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suppressed {
    /// Of whom.
    pub identity: Identity,
    /// Its container's name.
    pub name: String,
    /// What, as a few words (`died with code 3`, `restarted`).
    pub what: String,
    /// Why not.
    pub reason: Reason,
}

impl Suppressed {
    /// This alert is not sent, or not now.
    pub(in crate::monitor) fn of(alert: &Alert, reason: Reason) -> Self {
        Self {
            identity: alert.identity.clone(),
            name: alert.about.name.clone(),
            what: alert.kind.title().to_owned(),
            reason,
        }
    }
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
            Self::Grace => "it waits for what becomes of it",
            Self::EngineAway => "the Engine is away: judged when it is back",
            Self::EngineRestart => "it is part of a restart of the Engine",
            Self::NeverStarted => "it never started",
        }
    }
}
