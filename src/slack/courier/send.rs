//! What a command that runs once does about deliveries: tries again, falls back to plain text,
//! gives up. A monitor, which has other things to do meanwhile, does not wait here.

use std::collections::VecDeque;
use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use super::{Courier, Delivery};
use crate::message::units::count;
use crate::slack::Body;

/// Slack takes one message a second.
const PACE: Duration = Duration::from_secs(1);

/// How often a body is posted before it is given up.
const TRIES_MAX: u32 = 4;

/// How often, where it may have arrived each time.
const UNANSWERED_MAX: u32 = 2;

/// A longer wait is left to whoever starts the command.
const WAIT_MAX: Duration = Duration::from_secs(30);

/// What a receiver says that takes no more for now.
const FULL: &str = "the receiver takes no more messages for now (429)";

impl Courier {
    /// Posts bodies in their order; `pause` waits.
    pub fn send(&self, bodies: &[Body], mut pause: impl FnMut(Duration)) -> Result<(), String> {
        let mut waiting: VecDeque<Body> = bodies.iter().cloned().collect();
        let mut tries = Tries::default();
        let mut delivered = 0;
        while let Some(body) = waiting.front() {
            let wait = match self.post(body) {
                Delivery::Delivered => {
                    waiting.pop_front();
                    delivered += 1;
                    tries = Tries::default();
                    Ok(PACE)
                }
                Delivery::Malformed { why } => instead(&mut waiting, why),
                Delivery::Refused { why } => Err(why),
                Delivery::Failed { why, retry_after } => tries.failed(&why, retry_after),
                Delivery::RateLimited { retry_after } => tries.failed(FULL, retry_after),
                Delivery::Unanswered { why } => tries.unanswered(&why),
            };
            let wait = wait.map_err(|why| after(delivered, why))?;
            if !waiting.is_empty() {
                pause(wait);
            }
        }
        Ok(())
    }
}

/// Puts plain text in the place of the first body, which was not understood.
fn instead(waiting: &mut VecDeque<Body>, why: String) -> Result<Duration, String> {
    let plain = waiting.pop_front().map(|body| body.plain()).unwrap_or_default();
    if plain.is_empty() {
        return Err(why);
    }
    log::warn!("{why}: the message is sent as plain text");
    for body in plain.into_iter().rev() {
        waiting.push_front(body);
    }
    Ok(PACE)
}

/// Why the rest of a message was not delivered.
fn after(delivered: usize, why: String) -> String {
    match delivered {
        0 => why,
        _ => format!("{why} (after {} had arrived)", count(delivered, "part")),
    }
}

/// How often the body at hand was tried.
#[derive(Default)]
struct Tries {
    failed: u32,
    unanswered: u32,
}

impl Tries {
    /// How long to wait before the next try, or why there is none.
    fn failed(&mut self, why: &str, asked: Option<Duration>) -> Result<Duration, String> {
        self.failed += 1;
        if self.failed == TRIES_MAX {
            return Err(format!("{why} (tried {TRIES_MAX} times)"));
        }
        let wait = match asked {
            Some(asked) if asked > WAIT_MAX => {
                return Err(format!("{why}; it asks to wait {} s: try later", asked.as_secs()));
            }
            Some(asked) => asked.max(PACE),
            None => PACE * 2_u32.pow(self.failed - 1),
        };
        let wait = wait + spread(wait);
        log::warn!("{why}: next try in {} s", wait.as_secs());
        Ok(wait)
    }

    /// The same, where the body may have arrived.
    fn unanswered(&mut self, why: &str) -> Result<Duration, String> {
        self.unanswered += 1;
        match self.unanswered {
            UNANSWERED_MAX => Err(format!("{why}; it may have arrived all the same")),
            _ => self.failed(why, None),
        }
    }
}

/// Some time between nothing and a second, at most half of `wait`: many hosts whose Slack was gone
/// should not come back in step.
fn spread(wait: Duration) -> Duration {
    let [random, ..] = RandomState::new().hash_one(()).to_ne_bytes();
    (wait / 2).min(Duration::from_secs(1)) * u32::from(random) / 256
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The waits after each failure, in whole seconds, and the error at the end.
    fn waits(asked: &[Option<u64>]) -> (Vec<u64>, Option<String>) {
        let mut tries = Tries::default();
        let mut waits = Vec::new();
        for asked in asked {
            match tries.failed("no", asked.map(Duration::from_secs)) {
                Ok(wait) => waits.push(wait.as_secs()),
                Err(error) => return (waits, Some(error)),
            }
        }
        (waits, None)
    }

    #[test]
    fn waits_grow_until_it_is_given_up() {
        let (waits, error) = waits(&[None; 9]);
        let expected = [1..=1, 2..=3, 4..=5];
        assert!(waits.iter().zip(expected).all(|(wait, range)| range.contains(wait)), "{waits:?}");
        assert_eq!(waits.len(), 3);
        assert_eq!(error.as_deref(), Some("no (tried 4 times)"));
    }

    #[test]
    fn a_wait_that_is_asked_for_is_kept_if_it_is_short() {
        let (first, error) = waits(&[Some(0)]);
        assert_eq!((first, error), (vec![1], None));
        let (first, error) = waits(&[Some(30)]);
        assert!((30..=31).contains(&first[0]), "{first:?}");
        assert_eq!(error, None);
        let (first, error) = waits(&[Some(31)]);
        assert_eq!(first, Vec::<u64>::new());
        assert_eq!(error.as_deref(), Some("no; it asks to wait 31 s: try later"));
    }

    #[test]
    fn what_may_have_arrived_is_said_twice_at_most() {
        let mut tries = Tries::default();
        assert!(tries.unanswered("no answer").is_ok());
        let error = tries.unanswered("no answer").unwrap_err();
        assert_eq!(error, "no answer; it may have arrived all the same");
    }

    #[test]
    fn nobody_waits_in_step_nor_much_longer() {
        let wait = Duration::from_secs(8);
        let some: Vec<Duration> = (0..99).map(|_| spread(wait)).collect();
        assert!(some.iter().all(|span| *span < Duration::from_secs(1)), "{some:?}");
        assert!(some.iter().any(|span| *span != some[0]), "{some:?}");
        assert!(spread(Duration::from_secs(1)) < Duration::from_millis(500));
    }
}
