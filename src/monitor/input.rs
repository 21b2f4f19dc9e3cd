//! What the core is given. Everything it knows of the world comes in by one of these.
//!
//! An answer carries the moment at which its question left, as the core stamped it. That orders
//! answers and events, whatever the wall clocks say.

use crate::monitor::container::{ContainerId, Engine, Inspected, List};
use crate::monitor::effect::BatchId;
use crate::monitor::event::Event;
use crate::monitor::moment::Moment;

/// One input of the core.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// The event stream is open, or it is known that there is none: at the start, after each
    /// [`Input::Lost`], and when a stream can be opened where there was none. The list that the core
    /// asks for next leaves no gap between the two.
    Connected {
        /// What the Engine says of itself; `None` where `/info` is refused.
        engine: Option<Engine>,
        /// The kernel's id of this boot (`/proc/sys/kernel/random/boot_id`); `None` where the
        /// Engine's host is not this one.
        boot_id: Option<String>,
        /// Where news come from.
        news: News,
    },
    /// The event stream ended, or could not be opened. Given for every attempt that fails.
    Lost(Loss),
    /// The Engine reported an event.
    Event(Event),
    /// Events were dropped: too many at once, or unreadable.
    EventsMissed,
    /// All containers of the Engine: the answer to `Effect::List`.
    Listed {
        /// When it was asked for.
        asked: Moment,
        /// The complete list.
        list: List,
    },
    /// The other answer to `Effect::List`: it was refused, cannot be read, or did not come in time.
    Unlisted {
        /// When it was asked for.
        asked: Moment,
        /// Why, in one line.
        reason: String,
    },
    /// The answer to `Effect::Inspect`.
    Inspected {
        /// When it was asked for.
        asked: Moment,
        /// The container.
        container: Box<Inspected>,
    },
    /// Another answer to `Effect::Inspect`: the Engine itself says that there is no such container.
    Gone {
        /// When it was asked for.
        asked: Moment,
        /// Which.
        id: ContainerId,
    },
    /// The third answer to `Effect::Inspect`: none that can be used. It says nothing about the
    /// Engine, nor about other containers.
    Unanswered {
        /// When it was asked for.
        asked: Moment,
        /// Which container.
        id: ContainerId,
        /// Why, in one line.
        reason: String,
    },
    /// The answer to `Effect::FetchLogs`; empty when there was none.
    Logs {
        /// Whose.
        id: ContainerId,
        /// Its last lines, the oldest first.
        lines: Vec<String>,
    },
    /// The answer to `Effect::Ping`.
    Pinged {
        /// When it was asked for.
        asked: Moment,
        /// The answer.
        ping: Ping,
    },
    /// The answer to `Effect::Post`.
    Delivery {
        /// Which batch.
        batch: BatchId,
        /// How it went.
        outcome: Outcome,
    },
    /// Somebody asked dmon to end.
    Stop,
    /// Nothing: a deadline has come.
    Wake,
}

/// Where news of the containers come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// The event stream, with lists beside it.
    Events,
    /// Lists alone: the Engine or the proxy before it has no `/events`.
    Lists,
}

/// How the event stream was lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Loss {
    /// It ended or broke. Proxies cut idle streams: that alone means nothing.
    StreamEnded,
    /// No connection, or no answer; why, in one line.
    NoAnswer(String),
}

/// Whether the Engine answers on a new connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ping {
    /// It does.
    Answered,
    /// It does not.
    Unanswered,
}

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Slack has it.
    Delivered,
    /// It was sent, and whether Slack has it is not known: its answer did not come.
    Unanswered,
    /// Slack has it not.
    Failed {
        /// Slack asked to wait this long, where it did.
        wait: Option<std::time::Duration>,
    },
}
