//! Why something happened, as far as it is known. The words are in `message::alert`.

/// Why a container is not what it should be.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// It ended and nobody had asked.
    ExitedByItself {
        /// With this code.
        exit_code: i64,
    },
    /// It ended, and who asked is not known: Podman does not tell, nor does an Engine whose events
    /// were not heard.
    Exited {
        /// With this code.
        exit_code: i64,
    },
    /// It ended, and no more is known.
    Unknown,
    /// Its main process was killed for memory.
    OutOfMemory {
        /// Its memory limit, where it has one.
        limit_bytes: Option<u64>,
    },
    /// A process in it was killed for memory; it goes on.
    ProcessOutOfMemory,
    /// Somebody stopped or killed it through the Engine.
    StoppedOnRequest,
    /// Somebody stopped it and removed it.
    StoppedAndRemoved,
    /// Its health check fails.
    HealthCheckFailed,
    /// Somebody froze it.
    PausedOnRequest,
    /// It was found waiting for its restart policy, its deaths unseen.
    FoundRestarting,
    /// It ran before the Engine or the host restarted, and does not run after.
    NotBackAfterEngineRestart,
    /// Its restart policy tried as often as it may.
    PolicyGaveUp,
    /// The Engine could not start it.
    CouldNotStart,
    /// It was restarted or recreated on request and ended soon after.
    DidNotStayUp,
    /// It was restarted or recreated on request and its health check failed before it ever passed.
    NeverHealthy,
}
