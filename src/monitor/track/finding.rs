//! What follows from what is known of an identity. Findings are data: the core hands transitions and
//! notices to the ledger, questions to the link, and the rest to the log.

use crate::monitor::alert::{About, Alert};
use crate::monitor::container::ContainerId;
use crate::monitor::effect::{Reason, Suppressed};
use crate::monitor::identity::Identity;

/// One thing that follows.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::monitor) enum Finding {
    /// An outage begins, changes or ends.
    Transition(Identity, Transition),
    /// Something to report that is no outage. Within one, it is part of that story.
    Notice(Alert),
    /// Something that is not reported, and why.
    Suppressed(Suppressed),
    /// An identity has another name now.
    Renamed {
        /// What it was.
        from: Identity,
        /// What it is.
        to: Identity,
    },
    /// The Engine has to be asked.
    Ask(Question),
}

/// What happens to an outage, which is all the problems of an identity at a time.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::monitor) enum Transition {
    /// It begins with this problem.
    Opened(Alert),
    /// It is found by the first list: whoever reads the start message knows.
    Found(Alert),
    /// Another problem is the worst one now, or the same came again.
    Changed(Alert),
    /// What is not the worst of it happened so often.
    Again(u32),
    /// It ends.
    Closed(Closing),
}

/// How an outage ends.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::monitor) enum Closing {
    /// The container is well.
    Recovered(About),
    /// The Engine answers again; these containers are other than before.
    Reachable(Vec<String>),
    /// By this notice. Where Slack was told of no outage, the notice is handled as it says.
    By(Box<Alert>, Unreported),
    /// By nothing that is worth a word.
    Silently,
    /// Nothing is reported of this identity any more.
    Excluded,
}

/// What becomes of a notice that would end an outage, where there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::monitor) enum Unreported {
    /// It is reported all the same.
    Notice,
    /// It is not: what happened, in a few words, and why.
    Suppressed(&'static str, Reason),
}

/// A question to the Engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::monitor) enum Question {
    /// What a container is like.
    Inspect(ContainerId),
    /// Which containers there are, soon.
    List,
    /// Whether it is there.
    Ping,
    /// The last lines of a container's log: so many.
    Logs(ContainerId, u32),
}
