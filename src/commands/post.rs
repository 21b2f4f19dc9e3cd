//! Carries the core's messages to their receiver, one at a time, and hands back what became of
//! each.

use std::sync::mpsc::{Receiver, SyncSender};
use std::time::Duration;

use super::outlet::{Outlet, Slack};
use crate::clock;
use crate::message::Message;
use crate::monitor::effect::BatchId;
use crate::monitor::input::{Input, Outcome};
use crate::slack::Body;
use crate::slack::courier::Delivery;

/// A message on its way.
pub(super) struct Letter {
    /// Whose delivery is reported.
    pub(super) batch: BatchId,
    /// What it says.
    pub(super) message: Message,
    /// What it says as JSON lines.
    pub(super) lines: String,
}

/// Between the parts of a message that is too long for one: Slack takes one a second.
const PACE: Duration = Duration::from_secs(1);

/// How often the second and later parts of a message are tried: what has arrived of it should not
/// be said again because of them.
const TRIES_MAX: u32 = 3;

/// A receiver that takes nothing until somebody sets it right is asked again this seldom.
const REFUSED_WAIT: Duration = Duration::from_mins(5);

/// Delivers until there are no more letters, or until nobody takes the reports.
pub(super) fn deliver(outlet: &Outlet, letters: &Receiver<Letter>, inbox: &SyncSender<Input>) {
    while let Ok(Letter { batch, message, lines }) = letters.recv() {
        let outcome = match outlet {
            Outlet::Slack(slack) => post(slack, &message),
            Outlet::Text | Outlet::Json | Outlet::Log => match outlet.tell(&message, || lines) {
                Ok(()) => Outcome::Delivered,
                Err(_) => Outcome::Failed { wait: None },
            },
        };
        if inbox.send(Input::Delivery { batch, outcome }).is_err() {
            return;
        }
    }
}

fn post(slack: &Slack, message: &Message) -> Outcome {
    let bodies = slack.bodies(message);
    let mut rest = bodies.iter();
    let Some(first) = rest.next() else { return Outcome::Delivered };
    let mut outcome = post_body(slack, first);
    for body in rest {
        if outcome != Outcome::Delivered {
            return outcome;
        }
        for _ in 0..TRIES_MAX {
            clock::pause(PACE);
            outcome = post_body(slack, body);
            if outcome == Outcome::Delivered {
                break;
            }
        }
    }
    outcome
}

/// Posts a body, once; as plain text where the receiver does not understand it.
fn post_body(slack: &Slack, body: &Body) -> Outcome {
    let (why, wait) = match slack.courier.post(body) {
        Delivery::Delivered => return Outcome::Delivered,
        Delivery::Failed { why, retry_after } => (why, retry_after),
        Delivery::Unanswered { why } => {
            log::error!("a message may not have been delivered and is kept: {why}");
            return Outcome::Unanswered;
        }
        Delivery::RateLimited { retry_after } => {
            ("the receiver takes no more messages for now (429)".to_owned(), retry_after)
        }
        Delivery::Malformed { why } => {
            log::warn!("{why}: the message is sent as plain text");
            return match body.plain().first() {
                None => Outcome::Failed { wait: Some(REFUSED_WAIT) },
                Some(_) => post_plain(slack, &body.plain()),
            };
        }
        Delivery::Refused { why } => (why, Some(REFUSED_WAIT)),
    };
    log::error!("a message was not delivered and is kept: {why}");
    Outcome::Failed { wait }
}

fn post_plain(slack: &Slack, bodies: &[Body]) -> Outcome {
    for (at, body) in bodies.iter().enumerate() {
        if at > 0 {
            clock::pause(PACE);
        }
        match post_body(slack, body) {
            Outcome::Delivered => {}
            failed => return failed,
        }
    }
    Outcome::Delivered
}
