//! What an answer means. A refusal, an answer that cannot be read or none at all concerns the
//! question alone; only the Engine's own words say that a container is gone.

use log::debug;

use super::{About, Question};
use crate::docker::client::refused;
use crate::docker::http::Target;
use crate::docker::{Error, Response, error, logs, wire};
use crate::monitor::container::ContainerId;
use crate::monitor::input::{Input, Ping};
use crate::monitor::moment::Moment;

/// The most lines that are kept of a log, the last ones.
const LOG_LINES_MAX: usize = 50;
/// The most that is kept of a line.
const LOG_LINE_BYTES_MAX: usize = 1024;

/// What is to be asked after that answer, the `made`th to the question: a proxy that forbids a ping
/// shows that it lives itself, not that there is an Engine behind it. So it is asked for what only
/// an Engine says, on a new connection each.
pub fn further_request(
    question: &Question,
    made: usize,
    response: &Result<Response, Error>,
) -> Option<Target> {
    let is_refusal = response.as_ref().is_ok_and(|response| error::is_refusal(response.status));
    match (&question.about, made) {
        (About::Ping, 1) if is_refusal => Some(Target::new("/version")),
        (About::Ping, 2) if is_refusal => {
            let list = Target::new("/containers/json").query("all", "1");
            Some(list.query("limit", "1"))
        }
        _ => None,
    }
}

/// What the core is to know of the last answer to that question.
pub fn answer(question: &Question, response: Result<Response, Error>) -> Input {
    let asked = question.asked;
    match &question.about {
        About::List => list(question, response),
        About::Inspect(id) => inspect(question, id.clone(), response),
        About::Ping => Input::Pinged { asked, ping: ping(response) },
        About::Logs { id, .. } => {
            let log = granted(question, response).unwrap_or_else(|reason| {
                debug!("no log of {id}: {reason}");
                Vec::new()
            });
            Input::Logs { id: id.clone(), lines: lines(&log) }
        }
    }
}

fn list(question: &Question, response: Result<Response, Error>) -> Input {
    let asked = question.asked;
    let read = |body: Vec<u8>| wire::list(&body).map_err(|error| error.to_string());
    match granted(question, response).and_then(read) {
        Ok(list) => Input::Listed { asked, list },
        Err(reason) => {
            debug!("no list: {reason}");
            Input::Unlisted { asked, reason }
        }
    }
}

fn inspect(question: &Question, id: ContainerId, response: Result<Response, Error>) -> Input {
    let asked = question.asked;
    if response.as_ref().is_ok_and(says_no_such_container) {
        return Input::Gone { asked, id };
    }
    let read = |body: Vec<u8>| match wire::inspect(&body) {
        Ok(container) if container.id == id => Ok(container),
        Ok(container) => Err(format!("the answer describes another container ({})", container.id)),
        Err(error) => Err(error.to_string()),
    };
    match granted(question, response).and_then(read) {
        Ok(container) => Input::Inspected { asked, container: Box::new(container) },
        Err(reason) => unanswered(asked, id, reason),
    }
}

pub(super) fn unanswered(asked: Moment, id: ContainerId, reason: String) -> Input {
    debug!("no inspection of {id}: {reason}");
    Input::Unanswered { asked, id, reason }
}

/// Whether these are the Engine's own words for a container that it does not have. Any 404 without
/// them is a proxy's. Podman has another status for one that is being removed at the moment.
fn says_no_such_container(response: &Response) -> bool {
    let message = || wire::message(&response.body).unwrap_or_default().to_lowercase();
    matches!(response.status, 404 | 500) && message().contains("no such container")
}

fn ping(response: Result<Response, Error>) -> Ping {
    let is_engine = |body: &[u8]| {
        body.trim_ascii() == b"OK" || wire::version(body).is_ok() || wire::list(body).is_ok()
    };
    match response {
        Ok(response) if response.status == 200 && is_engine(&response.body) => Ping::Answered,
        Ok(response) => {
            debug!("a ping was answered with status {}, not by an Engine", response.status);
            Ping::Unanswered
        }
        Err(error) => {
            debug!("a ping was not answered: {}", error.reason());
            Ping::Unanswered
        }
    }
}

/// Why there is no log to be had where one was asked for, in one line. That of a container which is
/// gone is missed by nobody.
pub(super) fn missing_log(
    question: &Question,
    response: &Result<Response, Error>,
) -> Option<String> {
    let is_gone = || response.as_ref().is_ok_and(says_no_such_container);
    let is_log = matches!(question.about, About::Logs { .. });
    if is_log && !is_gone() { obstacle(question, response) } else { None }
}

/// The body of an answer that grants what was asked for, or why there is none.
fn granted(question: &Question, response: Result<Response, Error>) -> Result<Vec<u8>, String> {
    match obstacle(question, &response) {
        Some(reason) => Err(reason),
        None => Ok(response.map(|response| response.body).unwrap_or_default()),
    }
}

/// Why an answer does not grant what was asked for.
fn obstacle(question: &Question, response: &Result<Response, Error>) -> Option<String> {
    // Without the id: what is wrong with many containers is one reason.
    let path = match question.about {
        About::List => "/containers/json",
        About::Inspect(_) => "/containers/{id}/json",
        About::Ping => "/_ping",
        About::Logs { .. } => "/containers/{id}/logs",
    };
    match response {
        Ok(response) if response.status == 200 => None,
        Ok(response) => Some(refused(path.to_owned(), response).reason()),
        // That it is no Engine would be too much said of one answer.
        Err(Error::Alien { reason, .. }) => Some(format!("{path}: {reason}")),
        Err(error) => Some(format!("{path}: {}", error.reason())),
    }
}

/// The last lines of a log, cut to what is kept.
fn lines(log: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(&logs::demultiplex(log)).into_owned();
    let lines: Vec<&str> = text.lines().collect();
    let last = &lines[lines.len().saturating_sub(LOG_LINES_MAX)..];
    last.iter()
        .map(|line| line[..line.floor_char_boundary(LOG_LINE_BYTES_MAX)].to_owned())
        .collect()
}

#[cfg(test)]
mod tests;
