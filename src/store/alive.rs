//! `alive`: what the dmon that stays up says of itself, rewritten every few seconds and read by
//! `dmon health`. Its age is told by a clock that all processes of the host share and that never
//! steps. Taking the lock removes the file, so that it is never the one of a former process.

use std::fs::{self, File};
use std::io::{self, Read};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::clock;
use crate::message::{tame, units::count};
use crate::store::{Durability, Store};

const NAME: &str = "alive";

/// The longest time between two writes while dmon runs as it should.
pub const WRITTEN_EVERY: Duration = Duration::from_secs(10);

/// A file that is older is of a dmon that hangs.
const AGE_MAX: Duration = Duration::from_secs(30);

/// The most warnings that are kept; the rest is counted.
const WARNINGS_MAX: usize = 20;

/// The longest sentence that is kept.
const SENTENCE_CHARS_MAX: usize = 300;

/// No sign of life is near to this.
const FILE_BYTES_MAX: u64 = 64 << 10;

/// What a dmon that stays up says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alive {
    /// Whether it is live: it sees what happens. The error says why not.
    pub live: Result<(), String>,
    /// Whether an inspection that it needed was answered lately, or none was needed. The error says
    /// why not.
    pub inspections: Result<(), String>,
    /// What it cannot do while all in all it works, a sentence each.
    pub warnings: Vec<String>,
}

impl Alive {
    /// Of a dmon that has not asked the Engine anything yet.
    pub fn starting() -> Self {
        let live = Err("dmon is starting".to_owned());
        Self { live, inspections: Ok(()), warnings: Vec::new() }
    }

    /// The same in as little as somebody reads.
    fn bounded(&self) -> Self {
        let cut = |text: &String| -> String {
            tame::line(text).chars().take(SENTENCE_CHARS_MAX).collect()
        };
        let mut warnings: Vec<String> = self.warnings.iter().take(WARNINGS_MAX).map(cut).collect();
        match self.warnings.len() - warnings.len() {
            0 => {}
            more => warnings.push(format!("{} more", count(more, "warning"))),
        }
        Self {
            live: self.live.as_ref().map_err(cut).copied(),
            inspections: self.inspections.as_ref().map_err(cut).copied(),
            warnings,
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Sign {
    /// When it was written, in milliseconds since the host started.
    written: u64,
    alive: Alive,
}

impl Store {
    /// Notes what the dmon that holds the lock says of itself.
    pub fn mark_alive(&self, alive: &Alive) -> io::Result<()> {
        let sign = Sign { written: milliseconds(clock::since_boot()), alive: alive.bounded() };
        // After a loss of power nobody is alive: no need to wait for the disk.
        self.replace(NAME, &serde_json::to_vec(&sign)?, Durability::Unsynced)
    }

    /// Whether the dmon of this directory runs and does what it is for: its warnings, or else what
    /// is wrong, in a sentence.
    pub fn check_alive(&self) -> Result<Vec<String>, String> {
        let directory = self.directory.display();
        match self.is_locked() {
            Ok(true) => {}
            Ok(false) => return Err(format!("no dmon is running with {directory}")),
            Err(error) => return Err(format!("{directory} cannot be read: {error}")),
        }
        match self.read_alive() {
            Ok(sign) => judge(sign, clock::since_boot()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Err("dmon is starting, or cannot write into its state directory".to_owned())
            }
            Err(error) => Err(format!("{} cannot be read: {error}", self.file(NAME).display())),
        }
    }

    fn read_alive(&self) -> io::Result<Sign> {
        let mut bytes = Vec::new();
        File::open(self.file(NAME))?.take(FILE_BYTES_MAX).read_to_end(&mut bytes)?;
        Ok(serde_json::from_slice(&bytes)?)
    }

    /// Removes what a former process left.
    pub(super) fn forget_alive(&self) -> io::Result<()> {
        match fs::remove_file(self.file(NAME)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            done => done,
        }
    }
}

fn judge(sign: Sign, now: Duration) -> Result<Vec<String>, String> {
    let Sign { written, alive } = sign;
    // From the future only where the wall clock had to stand in and was set back: of unknown age.
    let age = Duration::from_millis(milliseconds(now).abs_diff(written));
    if age > AGE_MAX {
        return Err(format!(
            "dmon does not respond: its last sign of life is {} s old",
            age.as_secs()
        ));
    }
    alive.live.map_err(|why| format!("the Engine is not watched: {why}"))?;
    alive.inspections.map_err(|why| format!("containers cannot be judged: {why}"))?;
    Ok(alive.warnings)
}

fn milliseconds(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn well() -> Alive {
        Alive { live: Ok(()), inspections: Ok(()), warnings: Vec::new() }
    }

    #[test]
    fn a_sign_of_life_counts_for_half_a_minute() {
        let check = |age: i64, expected: bool| {
            let sign = Sign { written: 1_000_000, alive: well() };
            let now = Duration::from_millis(1_000_000_u64.saturating_add_signed(age));
            let outcome = judge(sign, now);
            assert_eq!(outcome.is_ok(), expected, "{age}: {outcome:?}");
        };
        check(0, true);
        check(30_000, true);
        check(30_001, false);
        check(-30_000, true);
        check(-30_001, false);
    }

    #[test]
    fn what_is_wrong_is_said_in_a_sentence() {
        let check = |alive: Alive, expected: Result<&[&str], &str>| {
            let outcome = judge(Sign { written: 7000, alive }, Duration::from_secs(7));
            let expected = expected.map(|it| it.iter().map(|&line| line.to_owned()).collect());
            assert_eq!(outcome, expected.map_err(str::to_owned));
        };
        let why = || Err("no permission to use unix:///s".to_owned());
        check(well(), Ok(&[]));
        check(Alive::starting(), Err("the Engine is not watched: dmon is starting"));
        let warned = Alive { warnings: vec!["web cannot be inspected: x".to_owned()], ..well() };
        check(warned.clone(), Ok(&["web cannot be inspected: x"]));
        let expected = "the Engine is not watched: no permission to use unix:///s";
        check(Alive { live: why(), ..warned.clone() }, Err(expected));
        let expected = "containers cannot be judged: no permission to use unix:///s";
        check(Alive { inspections: why(), ..warned }, Err(expected));
    }

    #[test]
    fn of_many_or_long_sentences_a_part_is_kept() {
        let warnings = vec!["x".repeat(SENTENCE_CHARS_MAX + 1); WARNINGS_MAX + 2];
        let live = Err(format!("one\ntwo {}", "y".repeat(SENTENCE_CHARS_MAX)));
        let kept = Alive { live, warnings, ..well() }.bounded();
        assert_eq!(kept.warnings.len(), WARNINGS_MAX + 1);
        assert_eq!(kept.warnings[0], "x".repeat(SENTENCE_CHARS_MAX));
        assert_eq!(kept.warnings[WARNINGS_MAX], "2 warnings more");
        let why = kept.live.unwrap_err();
        assert!(why.starts_with("one two yyy"), "{why}");
        assert_eq!(why.chars().count(), SENTENCE_CHARS_MAX);
        let full = Alive { warnings: vec![String::new(); WARNINGS_MAX], ..well() };
        assert_eq!(full.bounded(), full);
    }
}
