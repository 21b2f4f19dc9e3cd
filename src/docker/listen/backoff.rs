//! The waits between two attempts to open the stream.

use std::time::Duration;

use crate::timestamp::Timestamp;

/// The first wait.
pub(super) const FIRST: Duration = Duration::from_millis(100);
/// The longest one.
pub(super) const LAST: Duration = Duration::from_secs(5);

/// Waits that double from one to the next.
#[derive(Debug)]
pub(super) struct Backoff {
    first: Duration,
    last: Duration,
    next: Duration,
}

impl Backoff {
    pub(super) fn new(first: Duration, last: Duration) -> Self {
        Self { first, last, next: first }
    }

    /// The next wait: three quarters to all of it, so that many hosts behind one proxy do not come
    /// back at one time. The clock's nanoseconds are random enough for that.
    pub(super) fn next(&mut self, wall: Timestamp) -> Duration {
        let wait = self.next;
        self.next = (wait * 2).min(self.last);
        let share = u32::try_from(wall.nanoseconds().rem_euclid(256)).unwrap_or(0);
        wait.saturating_sub(wait / 4 * share / 256)
    }

    /// Begins with the first wait again.
    pub(super) fn reset(&mut self) {
        self.next = self.first;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest() {
        let mut backoff = Backoff::new(FIRST, LAST);
        let mut waits = |nanoseconds| backoff.next(Timestamp::from_nanoseconds(nanoseconds));
        let whole: Vec<u128> = (0..8).map(|_| waits(0).as_millis()).collect();
        assert_eq!(whole, [100, 200, 400, 800, 1600, 3200, 5000, 5000]);
        assert!(waits(255) > LAST * 3 / 4 && waits(255) < LAST);
        backoff.reset();
        assert_eq!(backoff.next(Timestamp::from_seconds(0)), FIRST);
    }
}
