//! dmon asks: its own dispatcher says which question leaves when, the simulated Engine answers in
//! bytes, dmon's own reader says what an answer means. The simulation owns the time in between.

use std::time::Duration;

use dmon::docker::ask::dispatch::Sent;
use dmon::docker::ask::{About, Lane, Question, further_request, request};
use dmon::docker::http::{self, Reuse, Target};
use dmon::docker::{Endpoint, Error, Obstacle, Response};
use dmon::monitor::moment::Moment;

use super::api::{self, Reply, Request};
use super::faults::Flawed;
use super::host::{Happening, Host};
use super::reading::read;

/// A request on its way.
#[derive(Clone)]
pub(super) struct Asked {
    pub(super) sent: Sent,
    /// The how many-th request it is to that question.
    made: usize,
    target: Target,
    /// Whether its answer shows every container as it is.
    well: bool,
}

impl Host {
    /// dmon's core wants to know something.
    pub(super) fn ask(&mut self, about: About, asked: Moment) {
        let now = self.monotonic();
        let Some(dmon) = &mut self.dmon else { return };
        dmon.dispatch.ask(Question { asked, about }, now);
        self.send_questions();
    }

    /// Sends what may be sent.
    fn send_questions(&mut self) {
        let now = self.monotonic();
        for lane in Lane::ALL {
            while let Some(sent) = self.dmon.as_mut().and_then(|it| it.dispatch.next(lane, now)) {
                self.questions.push((self.now(), lane));
                let target = request(&sent.question);
                self.send(Asked { sent, made: 1, target, well: false });
            }
        }
    }

    fn send(&mut self, asked: Asked) {
        let takes = self.takes() / 2;
        self.queue(takes, Happening::Asked(self.incarnation, asked));
    }

    /// The Engine reads a request.
    pub(super) fn asked(&mut self, incarnation: u32, mut asked: Asked) {
        let (reply, flaw) = self.reply(&asked.target);
        asked.well = reply.is_ok() && flaw.is_none_or(|(_, of)| of.is_some());
        let response = match reply {
            Ok(Reply::Bytes(bytes)) => response(&bytes),
            Ok(Reply::Stream(..)) => unreachable!("nobody but the listener asks for events"),
            Ok(Reply::Nothing) => {
                if asked.sent.question.about == About::List {
                    self.queue(
                        LIST_TAKES,
                        Happening::Unlisted(incarnation, asked.sent.question.asked),
                    );
                }
                return;
            }
            Err(error) => Err(error),
        };
        let takes = self.takes() / 2;
        self.queue(takes, Happening::Answered(incarnation, asked, response));
    }

    /// What an Engine that may be gone, or ill, says to that.
    pub(super) fn reply(&mut self, target: &Target) -> (Result<Reply, Error>, Option<Flawed>) {
        if !self.engine.answers {
            return (Err(self.unreachable(Obstacle::Deaf)), None);
        }
        let request = Request::of(&http::get(target, "docker", Reuse::Close));
        let flaw = self.flaw(&request);
        let of = flaw.as_ref().map(|(flaw, of)| (*flaw, of.as_ref()));
        (Ok(api::answer(&self.engine, &request, of, self.now())), flaw)
    }

    /// An answer reaches dmon.
    pub(super) fn answered(
        &mut self,
        incarnation: u32,
        asked: Asked,
        response: Result<Response, Error>,
    ) {
        if !self.runs(incarnation) {
            return;
        }
        let Asked { sent: Sent { ticket, question }, made, .. } = &asked;
        if let Some(target) = further_request(question, *made, &response) {
            return self.send(Asked { made: made + 1, target, ..asked });
        }
        if question.about == About::List {
            self.lists(question.asked, asked.well);
        }
        let input = self.answers.read(question, response);
        let dmon = self.dmon.as_mut().expect("it runs");
        let input = dmon.dispatch.finished(*ticket, input);
        if let Some(input) = input {
            self.give(input);
        }
        self.send_questions();
    }

    /// What dmon has waited for too long.
    pub(super) fn overdue(&mut self) {
        let now = self.monotonic();
        let Some(dmon) = &mut self.dmon else { return };
        for input in dmon.dispatch.due(now) {
            self.give(input);
        }
        self.send_questions();
    }

    /// How long a question takes to be read and answered.
    pub(super) fn takes(&mut self) -> Duration {
        if self.one_in(self.weather.slow) {
            return self.ways.millis(500, 8_000);
        }
        self.ways.millis(1, 30)
    }

    pub(super) fn unreachable(&self, obstacle: Obstacle) -> Error {
        Error::Unreachable { endpoint: self.endpoint.clone(), obstacle }
    }
}

/// So long anybody waits for a list.
const LIST_TAKES: Duration = Duration::from_secs(10);

/// What comes back on a connection that ends then.
pub(super) fn response(bytes: &[u8]) -> Result<Response, Error> {
    let endpoint = || Endpoint::Unix("/var/run/docker.sock".into());
    read(bytes).map_err(|error| match error {
        http::Error::Truncated => {
            let obstacle = Obstacle::Broken(error.to_string());
            Error::Unreachable { endpoint: endpoint(), obstacle }
        }
        _ => Error::Alien { endpoint: endpoint(), reason: error.to_string() },
    })
}
