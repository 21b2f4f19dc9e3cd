//! Asks the Engine what the core wants to know, beside the event stream and on connections of its
//! own, and hands the answers back. Does not decide what is worth asking.

use std::sync::mpsc::{Receiver, SyncSender};

use log::debug;

use super::watch::Wishes;
use super::{Client, Endpoint, Error, logs};
use crate::clock;
use crate::monitor::container::{ContainerId, Inspected};
use crate::monitor::input::{Input, Loss, Ping};
use crate::timestamp::Timestamp;

/// A question to the Engine.
#[derive(Debug, PartialEq, Eq)]
pub enum Question {
    /// Which containers are there? Answered by `Input::Look`.
    Look,
    /// How is this one? Answered by `Input::Inspected`, `Input::Gone` or `Input::Refused`.
    Inspect(ContainerId),
    /// Does the Engine take a new connection and answer on it? Answered by `Input::Pinged`.
    Ping,
    /// What did it say last? Answered by `Input::Logs`.
    Logs {
        /// Whose log.
        id: ContainerId,
        /// How many lines of it.
        lines: u32,
    },
}

/// Asks until there are no more questions, or until nobody takes the answers. A question that stays
/// without an answer is answered by `Input::Lost`, and the event stream is opened anew.
pub fn answer(
    endpoint: &Endpoint,
    questions: &Receiver<Question>,
    inbox: &SyncSender<Input>,
    wishes: &Wishes,
) {
    let mut client = Client::new(endpoint.clone());
    while let Ok(first) = questions.recv() {
        let (inspections, others): (Vec<_>, Vec<_>) = std::iter::once(first)
            .chain(questions.try_iter())
            .partition(|question| matches!(question, Question::Inspect(_)));
        let mut answers = inspect(&mut client, inspections);
        answers.extend(others.into_iter().map(|question| ask(&mut client, question)));
        for answer in answers {
            if matches!(answer, Input::Lost { .. }) {
                wishes.reopen();
            }
            if inbox.send(answer).is_err() {
                return;
            }
        }
    }
}

/// All at once: when fifty containers end together, the fiftieth is not told a second late.
fn inspect(client: &mut Client, inspections: Vec<Question>) -> Vec<Input> {
    let mut ids: Vec<ContainerId> = inspections
        .into_iter()
        .filter_map(|question| match question {
            Question::Inspect(id) => Some(id),
            _ => None,
        })
        .collect();
    ids.sort_unstable();
    ids.dedup();
    let sent = clock::wall();
    let results = match ids.as_slice() {
        // The connection that is open already.
        [id] => vec![client.inspect(id)],
        _ => client.inspect_many(&ids),
    };
    results.into_iter().zip(ids).map(|(result, id)| inspected(sent, id, result)).collect()
}

fn inspected(sent: Timestamp, id: ContainerId, result: Result<Inspected, Error>) -> Input {
    match result {
        Ok(container) => Input::Inspected { sent, container: Box::new(container) },
        Err(error) if error.is_no_such_container() => Input::Gone { sent, id },
        // An Engine that cannot read one container is there for the others. (A proxy that says such
        // a thing has no words of the Engine.)
        Err(error @ Error::Refused { message: Some(_), .. }) => {
            debug!("no inspection of {id}: {error}");
            Input::Refused(id)
        }
        Err(error) => lost(sent, &error),
    }
}

fn ask(client: &mut Client, question: Question) -> Input {
    let sent = clock::wall();
    match question {
        Question::Look => match client.list() {
            Ok(containers) => Input::Look { sent, containers },
            Err(error) => lost(sent, &error),
        },
        Question::Inspect(id) => {
            let result = client.inspect(&id);
            inspected(sent, id, result)
        }
        Question::Ping => Input::Pinged(match client.ping() {
            Ok(()) => Ping::Answered,
            Err(error) => {
                debug!("no answer to a ping: {error}");
                Ping::Unanswered
            }
        }),
        Question::Logs { id, lines } => {
            let log = client.logs(&id, lines).unwrap_or_else(|error| {
                debug!("no log of {id}: {error}");
                Vec::new()
            });
            let text = String::from_utf8_lossy(&logs::demultiplex(&log)).into_owned();
            Input::Logs { id, lines: text.lines().map(str::to_owned).collect() }
        }
    }
}

fn lost(since: Timestamp, error: &Error) -> Input {
    Input::Lost { since, loss: Loss::NoAnswer(error.to_string()) }
}
