//! Each part of the Engine's API, refused, garbled or silent in each way, at each moment, for all
//! containers or for one: dmon is never silent and green. See [`cells::CELLS`].

mod cells;
mod fault;

use std::collections::VecDeque;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use dmon::clock;

use self::cells::{CELLS, Cell, Endpoint, Fault, Health, Told, When, Who};
use super::{DOWN, REACHABLE, UNREACHABLE, fail};
use crate::support::docker::wait_until_within;
use crate::support::engine::{Container, ScriptedEngine};
use crate::support::watching::{self, Watching};

/// How many cells are played side by side: their processes wait nearly all the time.
const AT_ONCE: usize = 24;

/// By then a crash is reported, or that the Engine is unreachable; and so it is after the fault.
const REPORTED_WITHIN: Duration = Duration::from_secs(35);

/// Inspections that were answered count for a minute; the next one shows that they are not any more.
const INSPECTIONS_COUNT_FOR: Duration = Duration::from_secs(75);

/// A fault that hangs is known after ten seconds.
const HEALTH_FOLLOWS_WITHIN: Duration = Duration::from_secs(15);

/// An inspection is given up after ten seconds, and only what lasts for three more is worth a warning.
const WARNED_WITHIN: Duration = Duration::from_secs(18);

/// The first attempts to open the stream are less than a second apart.
const STREAMS_AT_FIRST: usize = 6;

/// The containers; `odd` is the one that a fault of one container concerns.
const NAMES: [&str; 4] = ["web", "db", "odd", "cache"];

#[test]
fn in_no_cell_of_the_matrix_is_dmon_silent_and_green() {
    let waiting = Mutex::new(CELLS.iter().collect::<VecDeque<&Cell>>());
    let wrong = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(cell) = { waiting.lock().unwrap().pop_front() } {
                    // A thread of its own: a cell that fails panics.
                    if thread::spawn(|| Play::of(cell).play()).join().is_err() {
                        wrong.lock().unwrap().push(cell.to_string());
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    let (count, all) = (wrong.len(), CELLS.len());
    assert!(wrong.is_empty(), "{count} of {all} cells are wrong, each is shown above: {wrong:#?}");
}

/// A cell that is played.
struct Play {
    cell: &'static Cell,
    engine: ScriptedEngine,
    dmon: Watching,
    begun: Instant,
    /// What was reported since the fault began.
    told: Vec<watching::Told>,
}

impl Play {
    fn of(cell: &'static Cell) -> Self {
        let engine = ScriptedEngine::new(NAMES.map(Container::new));
        let log_lines = if cell.endpoint == Endpoint::Logs { "5" } else { "0" };
        let settings = [
            ("REALTIME_CHECK_INTERVAL", "5"),
            ("RESTART_GRACE", "1"),
            ("ALERT_LOG_LINES", log_lines),
        ];
        let dmon = Watching::of_script(engine.address(), &settings);
        Self { cell, engine, dmon, begun: clock::monotonic(), told: Vec::new() }
    }

    fn play(mut self) {
        self.begin();
        self.crash("web");
        match self.cell.told {
            Told::Crash => {
                self.expect("the crash of web", |told| is_crash(told, "web"));
                if self.cell.who == Who::One {
                    self.crash("odd");
                    self.expect("the crash of odd", |told| is_crash(told, "odd"));
                }
            }
            Told::Unreachable => self.expect("unreachable", |told| {
                told.has(UNREACHABLE) || told.has("Docker Engine Unreachable")
            }),
        }
        self.check_health();
        self.check_log();
        self.check_requests();
        self.end_fault();
    }

    /// Starts dmon, with the fault at its time.
    fn begin(&mut self) {
        let Cell { when, told, .. } = *self.cell;
        self.cell.prepare(&self.engine);
        if when == When::FromStart {
            self.cell.begin_fault(&self.engine);
        }
        self.dmon.begin();
        if when == When::FromStart && told == Told::Unreachable {
            return self.engine.wait_for_requests("/events", 1);
        }
        self.dmon.within(REPORTED_WITHIN).expect("👀 dmon Is Watching", &[]);
        if when != When::FromStart {
            self.dmon.wait_until_known(NAMES.len());
            self.begun = clock::monotonic();
            let streams = self.engine.requests_of("/events");
            self.cell.begin_fault(&self.engine);
            if when == When::AfterGap {
                self.engine.cut_connections();
                self.engine.wait_for_requests("/events", streams + 1);
            }
        }
    }

    /// Has a container end, which the Engine reports as far as the fault lets it.
    fn crash(&self, name: &str) {
        match (self.cell.endpoint, self.cell.fault, self.cell.when) {
            (Endpoint::Events, fault, When::InCalm) => {
                self.engine.change(name, |container| container.ends(3));
                match fault {
                    Fault::BadJson => self.engine.tell_line("<html>"),
                    Fault::TooLarge => self.engine.tell_line(&fault::long_line()),
                    // Open and mute.
                    _ => {}
                }
            }
            _ => fail(&self.engine, name, 3),
        }
    }

    /// Waits for a message that says this.
    fn expect(&mut self, what: &str, is_it: impl Fn(&watching::Told) -> bool) {
        let deadline = clock::monotonic() + REPORTED_WITHIN;
        while !self.told.iter().any(&is_it) {
            let left = deadline.saturating_duration_since(clock::monotonic());
            assert!(!left.is_zero(), "{}: not {what} in {:#?}", self.cell, self.told);
            self.told.push(self.dmon.within(left).next());
        }
        let is_invented = |told: &&watching::Told| told.has("Removed") || told.has("Restart");
        let invented: Vec<_> = self.told.iter().filter(is_invented).collect();
        assert!(
            invented.is_empty(),
            "{}: nobody removed or started anything: {invented:#?}",
            self.cell
        );
    }

    fn check_health(&mut self) {
        let (code, within) = match self.cell.health {
            Health::Green => (0, HEALTH_FOLLOWS_WITHIN),
            Health::Red => (1, HEALTH_FOLLOWS_WITHIN),
            Health::RedInTheEnd => (1, INSPECTIONS_COUNT_FOR),
        };
        self.dmon.within(within).expect_health(code, "");
    }

    /// The log names what does not work and why, and does so once.
    fn check_log(&mut self) {
        let (what, why) = self.cell.warning;
        let is_named = |line: &&String| line.contains(what) && line.contains(why);
        let process = self.dmon.process();
        let warned = format!("{}: a warning with {what:?} and {why:?}", self.cell);
        let warnings = wait_until_within(WARNED_WITHIN, &warned, || {
            let warnings = process.lines_with("WARNING");
            if warnings.iter().any(|line| is_named(&line)) { Ok(warnings) } else { Err(warnings) }
        });
        let named = warnings.iter().filter(is_named).count();
        assert!(named == 1, "{}: warned {named} times in {warnings:#?}", self.cell);
        assert!(warnings.len() <= 3, "{}: {warnings:#?}", self.cell);
    }

    fn check_requests(&self) {
        let seconds = usize::try_from(self.begun.elapsed().as_secs()).unwrap();
        let streams = self.engine.requests_of("/events");
        let is_patient = streams <= seconds + STREAMS_AT_FIRST;
        assert!(is_patient, "{}: the stream was opened {streams} times in {seconds} s", self.cell);
        let requests = self.engine.requests().len();
        let is_few = requests <= 100 + 10 * seconds;
        assert!(is_few, "{}: {requests} requests in {seconds} s", self.cell);
    }

    /// All is well again: so says dmon, and nothing that happened was lost.
    fn end_fault(&mut self) {
        self.cell.end_fault(&self.engine);
        if self.cell.told == Told::Unreachable {
            self.expect("reachable", |told| {
                told.has(REACHABLE) || told.has("Docker Engine Reachable")
            });
        }
        self.expect("the crash of web", |told| told.has("web"));
        fail(&self.engine, "db", 3);
        self.expect("the crash of db", |told| is_crash(told, "db"));
        self.dmon.within(HEALTH_FOLLOWS_WITHIN).expect_health(0, "");
    }
}

fn is_crash(told: &watching::Told, name: &str) -> bool {
    told.has(name) && (told.title == DOWN || told.has("code 3"))
}
