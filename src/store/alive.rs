//! `alive`: when dmon last looked at the Engine successfully, written by the one that stays up and
//! read by `dmon health`.

use std::fs;
use std::io;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::store::{Durability, Store};
use crate::timestamp::Timestamp;

const NAME: &str = "alive";

/// The least time after which a look is too old.
const PATIENCE_MIN: Duration = Duration::from_mins(1);

#[derive(Serialize, Deserialize)]
struct Sign {
    /// When the Engine last answered, in seconds since 1970-01-01T00:00:00Z.
    looked_at: i64,
    /// How often it is looked at, in seconds.
    interval: u64,
}

impl Store {
    /// Notes that the Engine was looked at successfully, as is done about every `interval`.
    pub fn mark_alive(&self, now: Timestamp, interval: Duration) -> io::Result<()> {
        let sign = Sign { looked_at: now.seconds(), interval: interval.as_secs() };
        // After a loss of power nobody is alive: no need to wait for the disk.
        self.replace(NAME, &serde_json::to_vec(&sign)?, Durability::Unsynced)
    }

    /// Whether the dmon of this directory runs and has looked at the Engine within the last minute,
    /// or three intervals where that is more. The error says what is wrong instead.
    pub fn check_alive(&self, now: Timestamp) -> Result<(), String> {
        let directory = self.directory.display();
        match self.is_locked() {
            Ok(true) => {}
            Ok(false) => return Err(format!("no dmon is running with {directory}")),
            Err(error) => return Err(format!("{directory} cannot be read: {error}")),
        }
        let sign = fs::read(self.file(NAME))
            .and_then(|bytes| Ok(serde_json::from_slice::<Sign>(&bytes)?))
            .map_err(|_| "the Engine has not been looked at yet".to_owned())?;
        judge(&sign, now)
    }
}

fn judge(sign: &Sign, now: Timestamp) -> Result<(), String> {
    let limit = PATIENCE_MIN.as_secs().max(sign.interval.saturating_mul(3));
    // A look from the future is one from before the clock was set back: of unknown age, forgiven
    // for as long as it takes to look again.
    let age = now.seconds().abs_diff(sign.looked_at);
    if age > limit {
        return Err(format!("the Engine was last looked at {age} s ago, more than {limit} s"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_counts_for_a_minute_or_three_intervals() {
        let check = |interval: u64, age: i64, expected: bool| {
            let sign = Sign { looked_at: 1_000_000, interval };
            let outcome = judge(&sign, Timestamp::from_seconds(1_000_000 + age));
            assert_eq!(outcome.is_ok(), expected, "{interval} {age}: {outcome:?}");
        };
        check(10, 0, true);
        check(10, 60, true);
        check(10, 61, false);
        check(100, 300, true);
        check(100, 301, false);
        check(10, -60, true);
        check(10, -61, false);
        check(u64::MAX, 1_000_000, true);
    }
}
