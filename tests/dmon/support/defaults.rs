//! What the core is set to where nobody sets anything.

use std::time::Duration;

use dmon::monitor::filter::Filter;
use dmon::monitor::settings::Settings;
use dmon::monitor::severity::Severity;

/// The defaults.
pub(crate) fn settings() -> Settings {
    Settings {
        interval: Duration::from_secs(10),
        restart_grace: Duration::from_secs(5),
        cooldown: Duration::from_mins(5),
        minimum_severity: Severity::Info,
        manual_stop_severity: Some(Severity::Critical),
        clean_exit_severity: Some(Severity::Critical),
        log_lines: 0,
        filter: Filter::default(),
        own_container: None,
    }
}
