//! The only reader of clocks. Everything else is handed the time.
#![expect(clippy::disallowed_methods, reason = "this is the home of the clocks")]

use std::fs;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::timestamp::Timestamp;

/// The wall clock, for what people read and what the Engine's times are compared with. May jump.
pub fn wall() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    EPOCH + since
}

/// The monotonic clock, for deadlines and waits. Never jumps.
pub fn monotonic() -> Instant {
    Instant::now()
}

/// The time since the host started: a clock that all processes of the host share and that never
/// steps. Where it cannot be read, the wall clock stands in.
pub fn since_boot() -> Duration {
    let uptime = fs::read_to_string("/proc/uptime").ok();
    uptime.and_then(|text| uptime_in(&text)).unwrap_or_else(|| wall().since(EPOCH))
}

const EPOCH: Timestamp = Timestamp::from_seconds(0);

/// The first of the two numbers of `/proc/uptime`, in seconds.
fn uptime_in(text: &str) -> Option<Duration> {
    let seconds = text.split_ascii_whitespace().next()?.parse().ok()?;
    Duration::try_from_secs_f64(seconds).ok()
}

/// Holds this thread up. Only for the pauses between tries of a command that has nothing else to do
/// meanwhile.
pub fn pause(span: Duration) {
    std::thread::sleep(span);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_since_the_host_started_is_the_first_number() {
        let check = |text: &str, expected: Option<u64>| {
            assert_eq!(uptime_in(text), expected.map(Duration::from_millis), "{text:?}");
        };
        check("350735.47 234388.90\n", Some(350_735_470));
        check("0.00 0.00\n", Some(0));
        check("", None);
        check("up 3 days", None);
        check("-1.00 0.00", None);
    }

    #[test]
    fn the_time_since_the_host_started_grows() {
        let before = since_boot();
        assert!(before > Duration::ZERO && since_boot() >= before);
    }
}
