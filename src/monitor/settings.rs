//! What the core is set to. Read and checked elsewhere; nothing here has a default.

use std::time::Duration;

use crate::monitor::filter::Filter;
use crate::monitor::severity::Severity;

/// The settings that decide what is told, and when.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Between two reconciliations (`--interval`, `REALTIME_CHECK_INTERVAL`).
    pub interval: Duration,
    /// How long an intended stop may take to become a restart or a recreation (`RESTART_GRACE`).
    pub restart_grace: Duration,
    /// The first wait within an incident (`ALERT_COOLDOWN`).
    pub cooldown: Duration,
    /// Less is not sent (`ALERT_MIN_SEVERITY`).
    pub minimum_severity: Severity,
    /// For stops on request (`MANUAL_STOP_SEVERITY`); `None` is `off`.
    pub manual_stop_severity: Option<Severity>,
    /// For an exit with code 0 that nobody asked for (`CLEAN_EXIT_SEVERITY`); `None` is `off`.
    pub clean_exit_severity: Option<Severity>,
    /// Last log lines put into alerts for deaths (`ALERT_LOG_LINES`); a label may say otherwise.
    pub log_lines: u32,
    /// Which containers are seen at all.
    pub filter: Filter,
    /// dmon's own container: its id or the beginning of it (at least twelve digits). It is never
    /// told of.
    pub own_container: Option<String>,
}
