//! Asks the Engine what the core wants to know, beside the event stream and on connections of its
//! own, and hands the answers back. Does not decide what is worth asking.

use std::sync::mpsc::{Receiver, SyncSender};

use log::debug;

use super::{Client, Endpoint, Error, logs};
use crate::monitor::container::{ContainerId, Inspected, List};
use crate::monitor::input::{Input, Ping};
use crate::monitor::moment::Moment;

/// A question to the Engine.
#[derive(Debug, PartialEq, Eq)]
pub enum Question {
    /// Which containers are there?
    List(Moment),
    /// How is this one?
    Inspect(Moment, ContainerId),
    /// Does the Engine take a new connection and answer on it?
    Ping(Moment),
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
pub fn answer(endpoint: &Endpoint, questions: &Receiver<Question>, inbox: &SyncSender<Input>) {
    let mut client = Client::new(endpoint.clone());
    while let Ok(first) = questions.recv() {
        let (inspections, others): (Vec<_>, Vec<_>) = std::iter::once(first)
            .chain(questions.try_iter())
            .partition(|question| matches!(question, Question::Inspect(..)));
        let mut answers = inspect(&mut client, inspections);
        answers.extend(others.into_iter().map(|question| ask(&mut client, question)));
        for answer in answers {
            if inbox.send(answer).is_err() {
                return;
            }
        }
    }
}

/// All at once: when fifty containers end together, the fiftieth is not told a second late.
fn inspect(client: &mut Client, inspections: Vec<Question>) -> Vec<Input> {
    let questions: Vec<(Moment, ContainerId)> = inspections
        .into_iter()
        .filter_map(|question| match question {
            Question::Inspect(asked, id) => Some((asked, id)),
            _ => None,
        })
        .collect();
    let ids: Vec<ContainerId> = questions.iter().map(|(_, id)| id.clone()).collect();
    let results = match ids.as_slice() {
        // The connection that is open already.
        [id] => vec![client.inspect(id)],
        _ => client.inspect_many(&ids),
    };
    let answers = results.into_iter().zip(questions);
    answers.map(|(result, (asked, id))| inspected(asked, id, result)).collect()
}

fn inspected(asked: Moment, id: ContainerId, result: Result<Inspected, Error>) -> Input {
    match result {
        Ok(container) => Input::Inspected { asked, container: Box::new(container) },
        Err(error) if error.is_no_such_container() => Input::Gone { asked, id },
        Err(error) => Input::Unanswered { asked, id, reason: error.to_string() },
    }
}

fn ask(client: &mut Client, question: Question) -> Input {
    match question {
        Question::List(asked) => match client.list() {
            Ok(containers) => {
                Input::Listed { asked, list: List { containers, unreadable: Vec::new() } }
            }
            Err(error) => Input::Unlisted { asked, reason: error.to_string() },
        },
        Question::Inspect(asked, id) => {
            let result = client.inspect(&id);
            inspected(asked, id, result)
        }
        Question::Ping(asked) => {
            let ping = match client.ping() {
                Ok(()) => Ping::Answered,
                Err(error) => {
                    debug!("no answer to a ping: {error}");
                    Ping::Unanswered
                }
            };
            Input::Pinged { asked, ping }
        }
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
