//! Which question is asked when, and what becomes of one that stays open. Pure: whoever drives it
//! says what time it is, makes the requests and brings the answers.
//!
//! Lists, pings, inspections and logs have a lane each. An inspection that is open for
//! [`SLOW_AFTER`] leaves its place to others and moves to one of a few slow places; where none is
//! free, it is given up. Every question is answered once.

use std::collections::{BTreeMap, VecDeque};
use std::mem;
use std::time::Duration;

use super::answer::unanswered;
use super::{About, Lane, Question};
use crate::docker::ANSWER_TIMEOUT;
use crate::docker::error::seconds;
use crate::monitor::container::ContainerId;
use crate::monitor::input::{Input, Ping};
use crate::monitor::moment::Moment;

/// The most lists open at one time, and the most pings: one that hangs does not keep the next.
pub const LISTS_MAX: usize = 2;
/// See [`LISTS_MAX`].
pub const PINGS_MAX: usize = 2;
/// The most inspections open at one time, besides the slow ones.
pub const INSPECTIONS_MAX: usize = 16;
/// The most inspections open for longer than [`SLOW_AFTER`].
pub const SLOW_INSPECTIONS_MAX: usize = 8;
/// The most inspections that wait to be asked.
pub const INSPECTIONS_WAITING_MAX: usize = 16 * 1024;
/// The most logs open at one time.
pub const LOGS_MAX: usize = 4;
/// The most logs that wait to be asked for.
pub const LOGS_WAITING_MAX: usize = 64;

/// How long an inspection may take before it leaves its place to others.
pub const SLOW_AFTER: Duration = Duration::from_secs(1);
/// How long it may take from then on.
pub const SLOW_FOR: Duration = ANSWER_TIMEOUT.saturating_sub(SLOW_AFTER);
/// How long a log may take, its wait included. An alert does not wait for it that long.
pub const LOGS_TIMEOUT: Duration = Duration::from_secs(2);

/// Names a question that was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ticket(u64);

/// A question to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// Its name for [`Dispatch::finished`].
    pub ticket: Ticket,
    /// The question.
    pub question: Question,
}

/// The questions that wait or are open.
#[derive(Debug, Default)]
pub struct Dispatch {
    next_ticket: u64,
    open: BTreeMap<Ticket, Open>,
    /// Lists and pings to be sent.
    urgent: VecDeque<Question>,
    inspections: Inspections,
    /// With the time by which they must be answered.
    logs: VecDeque<(Duration, Question)>,
    /// Answers that nobody had to be asked for.
    ready: Vec<Input>,
}

/// A question that was sent and is not answered.
#[derive(Debug)]
struct Open {
    question: Question,
    /// When it is given up, or moves to a slow place.
    until: Duration,
    pace: Pace,
    /// The newest question about the same container, to be sent after this one.
    next: Option<Moment>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pace {
    /// Within its time.
    InTime,
    /// In a slow place.
    Slow,
}

impl Dispatch {
    /// Takes a question. What can be answered without asking is answered by the next [`Self::due`].
    pub fn ask(&mut self, question: Question, now: Duration) {
        match &question.about {
            About::List if self.urgent(Lane::Lists) < LISTS_MAX => self.urgent.push_back(question),
            About::Ping if self.urgent(Lane::Pings) < PINGS_MAX => self.urgent.push_back(question),
            About::List | About::Ping => {
                self.ready.push(given_up(question, "those before it are not answered yet"));
            }
            About::Inspect(id) => {
                let id = id.clone();
                self.ask_inspection(id, question.asked);
            }
            // The log that is on its way serves both.
            About::Logs { .. } if self.is_under_way(&question) => {}
            About::Logs { .. } if self.logs.len() < LOGS_WAITING_MAX => {
                self.logs.push_back((now.saturating_add(LOGS_TIMEOUT), question));
            }
            About::Logs { .. } => self.ready.push(given_up(question, "too many logs wait")),
        }
    }

    fn ask_inspection(&mut self, id: ContainerId, asked: Moment) {
        let open = self.open.values_mut().find(|open| open.is_inspection_of(&id));
        match open {
            // What it answers may be older than this question, so it cannot answer it.
            Some(open) => open.next = open.next.max(Some(asked)),
            None if self.inspections.has_room_for(&id) => self.inspections.push(id, asked),
            None => self.ready.push(unanswered(asked, id, "too many inspections wait".to_owned())),
        }
    }

    /// The next question of that lane to be sent, if one may be.
    pub fn next(&mut self, lane: Lane, now: Duration) -> Option<Sent> {
        let (question, until) = match lane {
            Lane::Lists | Lane::Pings => {
                let is_next = |question: &Question| question.about.lane() == lane;
                let index = self.urgent.iter().position(is_next)?;
                (self.urgent.remove(index)?, now.saturating_add(ANSWER_TIMEOUT))
            }
            Lane::Inspections if self.open(lane) < INSPECTIONS_MAX => {
                (self.inspections.pop()?, now.saturating_add(SLOW_AFTER))
            }
            Lane::Logs if self.open(lane) < LOGS_MAX => {
                let (until, question) = self.logs.pop_front()?;
                (question, until)
            }
            Lane::Inspections | Lane::Logs => return None,
        };
        let ticket = Ticket(self.next_ticket);
        self.next_ticket += 1;
        let open = Open { question: question.clone(), until, pace: Pace::InTime, next: None };
        self.open.insert(ticket, open);
        Some(Sent { ticket, question })
    }

    /// Takes the answer to a question that was sent; gives what of it is handed on.
    pub fn finished(&mut self, ticket: Ticket, answer: Input) -> Option<Input> {
        let open = self.open.remove(&ticket)?;
        if let (About::Inspect(id), Some(asked)) = (open.question.about, open.next) {
            self.inspections.push(id, asked);
        }
        Some(answer)
    }

    /// By when the question of that ticket has to be answered; `None` once it is given up.
    pub fn until(&self, ticket: Ticket) -> Option<Duration> {
        self.open.get(&ticket).map(|open| open.until)
    }

    /// When [`Self::due`] is to be called next, if nothing comes before.
    pub fn deadline(&self) -> Option<Duration> {
        if !self.ready.is_empty() {
            return Some(Duration::ZERO);
        }
        let waiting = self.logs.front().map(|(until, _)| *until);
        self.open.values().map(|open| open.until).chain(waiting).min()
    }

    /// What is to be reported by now without an answer.
    pub fn due(&mut self, now: Duration) -> Vec<Input> {
        let late = self.open.iter().filter(|(_, open)| open.until <= now);
        for ticket in late.map(|(ticket, _)| *ticket).collect::<Vec<_>>() {
            self.overdue(ticket);
        }
        while let Some((_, question)) = self.logs.pop_front_if(|(until, _)| *until <= now) {
            self.ready.push(given_up(question, "the logs before it are not answered"));
        }
        mem::take(&mut self.ready)
    }

    fn overdue(&mut self, ticket: Ticket) {
        let is_full = self.slow_inspections() >= SLOW_INSPECTIONS_MAX;
        let Some(open) = self.open.get_mut(&ticket) else { return };
        match (&open.question.about, open.pace) {
            (About::Inspect(_), Pace::InTime) if !is_full => {
                open.pace = Pace::Slow;
                open.until = open.until.saturating_add(SLOW_FOR);
            }
            (About::Inspect(id), pace) => {
                let waited = match pace {
                    Pace::InTime => SLOW_AFTER,
                    Pace::Slow => ANSWER_TIMEOUT,
                };
                let reason = format!("no answer within {}", seconds(waited));
                for asked in [Some(open.question.asked), open.next].into_iter().flatten() {
                    self.ready.push(unanswered(asked, id.clone(), reason.clone()));
                }
                self.open.remove(&ticket);
            }
            (About::List | About::Ping | About::Logs { .. }, _) => {
                let question = open.question.clone();
                self.open.remove(&ticket);
                let reason = format!("no answer within {}", seconds(ANSWER_TIMEOUT));
                self.ready.push(given_up(question, &reason));
            }
        }
    }

    /// How many of that lane are open, slow inspections left out.
    fn open(&self, lane: Lane) -> usize {
        let is_counted =
            |open: &&Open| open.question.about.lane() == lane && open.pace == Pace::InTime;
        self.open.values().filter(is_counted).count()
    }

    /// How many lists or pings are open or to be sent.
    fn urgent(&self, lane: Lane) -> usize {
        let waiting = self.urgent.iter().filter(|question| question.about.lane() == lane);
        waiting.count() + self.open(lane)
    }

    fn slow_inspections(&self) -> usize {
        self.open.values().filter(|open| open.pace == Pace::Slow).count()
    }

    /// Whether the same is waiting or open already.
    fn is_under_way(&self, question: &Question) -> bool {
        let mut waiting = self.logs.iter().map(|(_, waiting)| waiting);
        let mut open = self.open.values().map(|open| &open.question);
        waiting.any(|one| one.about == question.about)
            || open.any(|one| one.about == question.about)
    }
}

impl Open {
    fn is_inspection_of(&self, id: &ContainerId) -> bool {
        matches!(&self.question.about, About::Inspect(other) if other == id)
    }
}

/// The answer to a question, other than an inspection, that is not asked or not answered.
fn given_up(question: Question, reason: &str) -> Input {
    let asked = question.asked;
    match question.about {
        About::List => Input::Unlisted { asked, reason: format!("/containers/json: {reason}") },
        About::Ping => Input::Pinged { asked, ping: Ping::Unanswered },
        About::Logs { id, .. } => Input::Logs { id, lines: Vec::new() },
        About::Inspect(id) => unanswered(asked, id, reason.to_owned()),
    }
}

/// Inspections that wait to be asked: each container once, by its newest question. The newest goes
/// first, so that a death does not wait behind the inspections of a whole host.
#[derive(Debug, Default)]
struct Inspections {
    turns: BTreeMap<u64, (ContainerId, Moment)>,
    by_id: BTreeMap<ContainerId, u64>,
    next_turn: u64,
}

impl Inspections {
    fn has_room_for(&self, id: &ContainerId) -> bool {
        self.by_id.len() < INSPECTIONS_WAITING_MAX || self.by_id.contains_key(id)
    }

    fn push(&mut self, id: ContainerId, asked: Moment) {
        let before = self.by_id.insert(id.clone(), self.next_turn);
        let before = before.and_then(|turn| self.turns.remove(&turn));
        let asked = before.map_or(asked, |(_, before)| asked.max(before));
        self.turns.insert(self.next_turn, (id, asked));
        self.next_turn += 1;
    }

    fn pop(&mut self) -> Option<Question> {
        let (_, (id, asked)) = self.turns.pop_last()?;
        self.by_id.remove(&id);
        Some(Question { asked, about: About::Inspect(id) })
    }
}

#[cfg(test)]
mod tests;
