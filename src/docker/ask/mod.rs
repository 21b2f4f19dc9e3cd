//! Asks the Engine what the core wants to know, beside the event stream and on connections of its
//! own. Each question is answered on its own: none waits for the slowest of others. Does not decide
//! what is worth asking.
//!
//! [`request`], [`further_request`] and [`answer`] say what is asked and what an answer means,
//! [`dispatch::Dispatch`] what is asked when and what becomes of a question that stays open; all of
//! them are pure. [`Asker`] does it with threads and sockets.

mod answer;
pub mod dispatch;
mod workers;

use super::client::BODY_BYTES_MAX;
use super::http::Target;
use super::targets;
use crate::monitor::container::ContainerId;
use crate::monitor::moment::Moment;

pub use answer::{answer, further_request};
pub use workers::Asker;

/// A question to the Engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// When it was asked, by the core's clock; the answer repeats it.
    pub asked: Moment,
    /// What is asked.
    pub about: About,
}

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum About {
    /// Which containers are there? Answered by `Input::Listed` or `Input::Unlisted`.
    List,
    /// How is this one? Answered by `Input::Inspected`, `Input::Gone` or `Input::Unanswered`.
    Inspect(ContainerId),
    /// Does the Engine take a new connection and answer on it? Answered by `Input::Pinged`.
    Ping,
    /// What did it log last? Answered by `Input::Logs`, which is empty where there is none to have.
    Logs {
        /// Whose log.
        id: ContainerId,
        /// How many lines of it.
        lines: u32,
    },
}

/// Questions that do not wait for each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lane {
    /// [`About::List`].
    Lists,
    /// [`About::Inspect`].
    Inspections,
    /// [`About::Ping`].
    Pings,
    /// [`About::Logs`].
    Logs,
}

impl Lane {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Lists, Self::Inspections, Self::Pings, Self::Logs];
}

impl About {
    /// Where it belongs.
    pub fn lane(&self) -> Lane {
        match self {
            Self::List => Lane::Lists,
            Self::Inspect(_) => Lane::Inspections,
            Self::Ping => Lane::Pings,
            Self::Logs { .. } => Lane::Logs,
        }
    }

    /// The largest answer that is read.
    fn body_bytes_max(&self) -> u64 {
        match self {
            Self::List => BODY_BYTES_MAX,
            Self::Inspect(_) | Self::Ping | Self::Logs { .. } => ONE_BODY_BYTES_MAX,
        }
    }
}

/// The largest answer about one container.
pub const ONE_BODY_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// The request that is made for an answer.
pub fn request(question: &Question) -> Target {
    match &question.about {
        About::List => targets::list(),
        About::Inspect(id) => targets::of_container(id, "json"),
        About::Ping => Target::new("/_ping"),
        About::Logs { id, lines } => targets::logs(id, *lines),
    }
}
