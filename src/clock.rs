//! The only reader of clocks. Everything else is handed the time.
#![expect(clippy::disallowed_methods, reason = "this is the home of the clocks")]

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::timestamp::Timestamp;

/// The wall clock, for what people read and what the Engine's times are compared with. May jump.
pub fn wall() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_seconds(0) + since
}

/// The monotonic clock, for deadlines and waits. Never jumps.
pub fn monotonic() -> Instant {
    Instant::now()
}

/// Holds this thread up. Only for the pauses between tries of a command that has nothing else to do
/// meanwhile.
pub fn pause(span: Duration) {
    std::thread::sleep(span);
}
