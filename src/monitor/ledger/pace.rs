//! When the next message may leave.

use std::time::Duration;

use crate::monitor::effect::BatchId;
use crate::monitor::moment::Moment;

/// Slack takes one message a second.
const BETWEEN_MESSAGES: Duration = Duration::from_secs(1);

/// A message about more containers than this is followed by a longer wait, so that a storm becomes
/// few messages.
const CONTAINERS_OF_A_STORM: usize = 3;

/// The waits after such messages, one after the other; the last one repeats.
const IN_A_STORM: [Duration; 3] =
    [Duration::from_secs(5), Duration::from_secs(10), Duration::from_secs(30)];

/// The first and the longest wait after a failure.
const AFTER_FAILURE: (Duration, Duration) = (Duration::from_secs(2), Duration::from_mins(5));

/// When the next message may leave.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pace {
    /// Not before.
    pub next: Moment,
    /// How many messages about many containers left one after the other.
    pub storm: u32,
    /// How many messages failed one after the other.
    pub failures: u32,
    /// How many messages there were.
    pub batches: u64,
}

impl Pace {
    /// Names the next batch.
    pub fn name(&mut self) -> BatchId {
        self.batches += 1;
        BatchId(self.batches)
    }

    /// A message about so many containers was delivered.
    pub fn delivered(&mut self, now: Moment, containers: usize) {
        self.failures = 0;
        // It could have left long before: nothing waited, and the storm is over.
        if now > self.next + IN_A_STORM[0] {
            self.storm = 0;
        }
        if containers > CONTAINERS_OF_A_STORM {
            let at = usize::try_from(self.storm).unwrap_or(usize::MAX).min(IN_A_STORM.len() - 1);
            self.next = now + IN_A_STORM[at];
            self.storm += 1;
        } else {
            self.next = now + BETWEEN_MESSAGES;
            self.storm = 0;
        }
    }

    /// A message was not delivered; Slack may have asked to wait.
    pub fn failed(&mut self, now: Moment, asked: Option<Duration>) {
        let (first, longest) = AFTER_FAILURE;
        let wait = first.saturating_mul(1 << self.failures.min(10)).min(longest);
        self.failures += 1;
        self.next = now + wait.max(asked.unwrap_or_default());
    }
}
