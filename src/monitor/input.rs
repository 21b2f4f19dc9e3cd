//! What the core is told. Everything it knows of the world comes in by one of these.

use crate::monitor::container::{ContainerId, Engine, Inspected, Listed};
use crate::monitor::effect::BatchId;
use crate::monitor::event::Event;
use crate::timestamp::Timestamp;

/// One thing that the core is told.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// The Engine answers, on new connections: at the start and after each [`Input::Lost`]. The
    /// event stream, where there is one, is open already, so that the look that the core asks for
    /// next leaves no gap.
    Connected {
        /// What the Engine says of itself.
        engine: Engine,
        /// The kernel's id of this boot (`/proc/sys/kernel/random/boot_id`); `None` where the
        /// Engine's host is not this one.
        boot_id: Option<String>,
        /// Where news come from.
        news: News,
    },
    /// The stream ended, or a request stayed without an answer. Told again for every attempt to
    /// connect that fails.
    Lost {
        /// The end of the stream, or when the request was sent.
        since: Timestamp,
        /// What happened.
        loss: Loss,
    },
    /// The Engine told of an event.
    Event(Event),
    /// Events were thrown away unread, because there were too many.
    EventsMissed,
    /// All containers of the Engine: the answer to [`crate::monitor::effect::Effect::Look`].
    Look {
        /// When the request was sent, by this host's wall clock.
        sent: Timestamp,
        /// The complete list.
        containers: Vec<Listed>,
    },
    /// The answer to [`crate::monitor::effect::Effect::Inspect`].
    Inspected {
        /// When the request was sent, by this host's wall clock.
        sent: Timestamp,
        /// The container.
        container: Box<Inspected>,
    },
    /// The other answer to [`crate::monitor::effect::Effect::Inspect`]: there is no such container.
    Gone {
        /// When the request was sent, by this host's wall clock.
        sent: Timestamp,
        /// Which.
        id: ContainerId,
    },
    /// The Engine is there and does not say how this container is: it is asked again at a later look.
    Refused(ContainerId),
    /// The answer to [`crate::monitor::effect::Effect::FetchLogs`]; empty when there was none.
    Logs {
        /// Whose.
        id: ContainerId,
        /// Its last lines, the oldest first.
        lines: Vec<String>,
    },
    /// The answer to [`crate::monitor::effect::Effect::Ping`].
    Pinged(Ping),
    /// The answer to [`crate::monitor::effect::Effect::Post`].
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
    /// The event stream, with looks beside it.
    Events,
    /// Looks alone: the Engine or the proxy before it has no `/events`.
    Looks,
}

/// How the Engine was lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Loss {
    /// The stream ended or broke. Proxies cut idle streams: that alone means nothing.
    StreamEnded,
    /// No connection, or no answer; why, in the words of the Engine's client.
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
