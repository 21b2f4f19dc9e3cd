//! Causes in words. Fixed by the contract: people and scripts search for them.

use crate::message::units::memory;
use crate::monitor::cause::Cause;
use crate::monitor::exit_code;

/// The cause in a few words; `None` where none is known.
pub fn words(cause: &Cause) -> Option<String> {
    let fixed = match cause {
        Cause::Unknown => return None,
        Cause::ExitedByItself { exit_code } => {
            return Some(format!("exited by itself with code {}", exit_code::describe(*exit_code)));
        }
        Cause::Exited { exit_code } => {
            return Some(format!("exited with code {}", exit_code::describe(*exit_code)));
        }
        Cause::OutOfMemory { limit_bytes: Some(limit) } => {
            return Some(format!("out of memory (limit {})", memory(*limit)));
        }
        Cause::OutOfMemory { limit_bytes: None } => "out of memory",
        Cause::ProcessOutOfMemory => "a process in it was killed: out of memory",
        Cause::StoppedOnRequest => "stopped on request",
        Cause::StoppedAndRemoved => "stopped on request and removed",
        Cause::HealthCheckFailed => "health check failing",
        Cause::PausedOnRequest => "paused on request",
        Cause::FoundRestarting => "its restart policy starts it again and again",
        Cause::NotBackAfterEngineRestart => "did not come back after the Engine restart",
        Cause::PolicyGaveUp => "its restart policy gave up",
        Cause::CouldNotStart => "the Engine could not start it",
        Cause::DidNotStayUp => "ended soon after it was started",
        Cause::NeverHealthy => "turned unhealthy before it was healthy",
    };
    Some(fixed.to_owned())
}
