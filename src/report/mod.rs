//! What a status report says: the containers as they were seen, which of them have a problem, the
//! counts. Its words and shape are made in `message::report`; nothing here asks the Engine.

#[cfg(test)]
pub(crate) mod fixtures;

use std::cmp::Reverse;

use crate::monitor::container::{Engine, Health, Inspected, Listed, Status, Usage};
use crate::timestamp::Timestamp;

/// The state of a host's containers at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// The host's name as it is shown.
    pub host: String,
    /// The Engine that was asked.
    pub engine: Engine,
    /// When it was asked.
    pub time: Timestamp,
    /// Of the watched containers, those left out of `rows` included.
    pub counts: Counts,
    /// The containers, those with problems first, then those that run, then the others; each group
    /// by name.
    pub rows: Vec<Row>,
}

/// How many containers are how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Whose main process runs, healthy or not.
    pub running: usize,
    /// Created, exited, dead or being removed.
    pub stopped: usize,
    /// Running with a failing health check.
    pub unhealthy: usize,
    /// Waiting for their policy to start them again.
    pub restarting: usize,
    /// Frozen.
    pub paused: usize,
}

/// A container as it was seen. What could not be learned is `None`: it may be gone since the list.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Its line of the Engine's list.
    pub listed: Listed,
    /// Its description.
    pub inspected: Option<Inspected>,
    /// What it uses, when it is up.
    pub usage: Option<Usage>,
}

/// Which containers a report shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// All of them.
    All,
    /// Those that are up or about to be (`INCLUDE_STOPPED_CONTAINERS=false`).
    Up,
}

impl Report {
    /// Orders and counts what was seen at `time`.
    pub fn new(
        host: String,
        engine: Engine,
        time: Timestamp,
        mut rows: Vec<Row>,
        shown: Shown,
    ) -> Self {
        let counts = Counts::of(&rows);
        rows.retain(|row| shown == Shown::All || !is_stopped(row.status()));
        rows.sort_by_cached_key(|row| {
            let status = row.status();
            (row.problem().is_none(), Reverse(status.is_up()), row.listed.name.clone())
        });
        Self { host, engine, time, counts, rows }
    }

    /// The containers with a problem.
    pub fn problems(&self) -> impl Iterator<Item = (&Row, Problem)> {
        self.rows.iter().filter_map(|row| Some((row, row.problem()?)))
    }
}

impl Counts {
    fn of(rows: &[Row]) -> Self {
        let mut counts = Self::default();
        for row in rows {
            match row.status() {
                Status::Running => counts.running += 1,
                Status::Paused => counts.paused += 1,
                Status::Restarting => counts.restarting += 1,
                status => counts.stopped += usize::from(is_stopped(status)),
            }
            counts.unhealthy += usize::from(row.problem() == Some(Problem::Unhealthy));
        }
        counts
    }
}

fn is_stopped(status: Status) -> bool {
    !status.is_up() && status != Status::Restarting
}

/// Why a container needs a look. One a container: the first that fits, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// The Engine could not start it, and says why (`State.Error`).
    StartFailed,
    /// Half removed.
    Dead,
    /// Its last run was killed for memory.
    OutOfMemory,
    /// Waiting for its next start.
    Restarting,
    /// Its last run ended with a code other than 0. Whether somebody asked for it, a report cannot
    /// know.
    Exited(i64),
    /// Its health check fails.
    Unhealthy,
    /// Frozen.
    Paused,
}

impl Row {
    /// What it is doing, by the later of the two answers.
    pub fn status(&self) -> Status {
        self.inspected.as_ref().map_or(self.listed.status, |inspected| inspected.state.status)
    }

    /// What its health check says while it runs; `None` without a check.
    pub fn health(&self) -> Option<Health> {
        let health = match &self.inspected {
            Some(inspected) => inspected.state.health,
            None => self.listed.health,
        };
        health.filter(|_| self.status() == Status::Running)
    }

    /// The exit code of its last run, once it has ended.
    pub fn exit_code(&self) -> Option<i64> {
        match &self.inspected {
            _ if self.status().is_up() => None,
            Some(inspected) => inspected.state.finished_at.map(|_| inspected.state.exit_code),
            None => self.listed.exit_code,
        }
    }

    /// When its present run began.
    pub fn started_at(&self) -> Option<Timestamp> {
        self.inspected.as_ref()?.state.started_at.filter(|_| self.status().is_up())
    }

    /// Why it needs a look, if it does.
    pub fn problem(&self) -> Option<Problem> {
        let state = self.inspected.as_ref().map(|inspected| &inspected.state);
        let status = self.status();
        if state.is_some_and(|state| !state.error.is_empty()) && !status.is_up() {
            return Some(Problem::StartFailed);
        }
        match status {
            Status::Dead => Some(Problem::Dead),
            // The Engine keeps `OOMKilled` of a child's death until the next start: only SIGKILL's
            // code says that the main process was the one.
            Status::Exited | Status::Restarting
                if self.exit_code() == Some(137) && state.is_some_and(|state| state.oom_killed) =>
            {
                Some(Problem::OutOfMemory)
            }
            Status::Restarting => Some(Problem::Restarting),
            Status::Exited => self.exit_code().filter(|code| *code != 0).map(Problem::Exited),
            Status::Running if self.health() == Some(Health::Unhealthy) => Some(Problem::Unhealthy),
            Status::Paused => Some(Problem::Paused),
            Status::Created | Status::Running | Status::Removing => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::fixtures::{at, engine, row};
    use super::*;

    #[test]
    fn what_is_a_problem() {
        let check = |row: Row, expected: Option<Problem>| assert_eq!(row.problem(), expected);
        check(row("a"), None);
        check(row("a").exited(0, 0), None);
        check(row("a").exited(143, 0), Some(Problem::Exited(143)));
        check(row("a").exited(137, 0).killed_for_memory(1), Some(Problem::OutOfMemory));
        // A child was killed for memory, and the container was stopped later on request.
        check(row("a").exited(0, 0).killed_for_memory(1), None);
        check(row("a").unhealthy(""), Some(Problem::Unhealthy));
        check(row("a").paused(), Some(Problem::Paused));
        check(row("a").exited(1, 0).restarting(1), Some(Problem::Restarting));
        check(row("a").never_started("no such file"), Some(Problem::StartFailed));
        check(row("a").vanished(), None);
    }

    #[test]
    fn problems_come_first_then_the_running() {
        let rows = ["stopped", "b", "a", "ill"].map(|name| match name {
            "stopped" => row(name).exited(0, 0),
            "ill" => row(name).unhealthy(""),
            _ => row(name),
        });
        let report = Report::new("h".to_owned(), engine(), at(0), rows.to_vec(), Shown::All);
        let names: Vec<&str> = report.rows.iter().map(|row| row.listed.name.as_str()).collect();
        assert_eq!(names, ["ill", "a", "b", "stopped"]);
    }

    #[test]
    fn stopped_ones_are_counted_also_where_they_are_not_shown() {
        let rows = vec![row("a"), row("b").exited(1, 0), row("c").never_started("x")];
        let report = Report::new("h".to_owned(), engine(), at(0), rows, Shown::Up);
        assert_eq!(report.rows.len(), 1);
        assert_eq!(report.counts, Counts { running: 1, stopped: 2, ..Counts::default() });
    }
}
