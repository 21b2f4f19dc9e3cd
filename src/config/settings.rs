//! Every setting once: its name, default, what it accepts and what it means. Errors, the help and
//! the tests are made from this table. How a value is read is in `values`.

/// A setting as people see it.
#[derive(Debug, PartialEq, Eq)]
pub struct Setting {
    /// The variable's name.
    pub name: &'static str,
    /// What holds where it is not set.
    pub default: Fallback,
    /// The values it accepts, for the sentence that refuses one.
    pub accepted: &'static str,
    /// What it does, in a sentence without its end.
    pub meaning: &'static str,
    /// Whether its value may be shown.
    pub exposure: Exposure,
}

/// What holds where a setting is not set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fallback {
    /// The same as if this value were set.
    Value(&'static str),
    /// What the words say.
    Told(&'static str),
}

/// Whether a setting's value may be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exposure {
    /// It may.
    Shown,
    /// It is a password, also when it is malformed.
    Hidden,
}

use Exposure::{Hidden, Shown};
use Fallback::{Told, Value};

/// Makes a constant of each setting and the list of all, so that none can be left out of it.
macro_rules! settings {
    ($($name:ident, $default:expr, $exposure:expr, $accepted:expr, $meaning:expr;)+) => {
        $(pub(super) const $name: Setting = Setting {
            name: stringify!($name),
            default: $default,
            accepted: $accepted,
            meaning: $meaning,
            exposure: $exposure,
        };)+

        /// Every setting, in the order of the help.
        pub const SETTINGS: &[Setting] = &[$($name),+];
    };
}

settings! {
    SLACK_WEBHOOK_URL, Told("required, unless --print or NOTIFICATION_ENABLED=false"), Hidden,
        "the URL of an incoming webhook (https://hooks.slack.com/services/…)",
        "where messages are posted";
    SLACK_WEBHOOK_URL_FILE, Told("none"), Shown,
        "a readable file that holds the webhook's URL and nothing else",
        "reads the URL from a file (Docker secret, systemd credential) instead";
    SLACK_FORMAT, Value("auto"), Shown,
        "auto, blocks, attachments or text",
        "the shape of messages; auto: blocks for Slack, attachments for Mattermost and the like";
    SLACK_MENTION, Told("none"), Shown,
        "<!here>, <!channel>, <@U…> or <!subteam^S…>, up to five separated by spaces",
        "who is mentioned in critical alerts";
    DAILY_CHECK_TIME, Value("09:00"), Shown,
        "HH:MM, several separated by commas",
        "when the daily report is sent, in TIMEZONE";
    REALTIME_CHECK_INTERVAL, Value("10"), Shown,
        "seconds, 1 to 3600",
        "the time between two lists of all containers while watching";
    TIMEZONE, Value("UTC"), Shown,
        "a name of the IANA's time zones (Europe/Berlin)",
        "the zone of every time shown and of DAILY_CHECK_TIME";
    LOG_LEVEL, Value("INFO"), Shown,
        "TRACE, DEBUG, INFO, WARNING, ERROR or OFF",
        "how much is logged on standard error";
    LOG_FILE, Told("none"), Shown,
        "a path",
        "appends the log there too; at 10 MiB it is renamed to NAME.1";
    DOCKER_SOCKET, Told("DOCKER_HOST, else unix:///var/run/docker.sock"), Shown,
        "unix:///path, /path or tcp://host:port",
        "where the Engine, or a socket proxy, listens";
    DOCKER_HOST, Value("unix://var/run/docker.sock"), Shown,
        "unix:///path, /path or tcp://host:port",
        "stands in for DOCKER_SOCKET where that is not set";
    NOTIFICATION_ENABLED, Value("true"), Shown,
        "true or false (1, 0, yes, no, on, off)",
        "false: nothing is posted, what would be is logged";
    INCLUDE_STOPPED_CONTAINERS, Value("true"), Shown,
        "true or false (1, 0, yes, no, on, off)",
        "whether reports list stopped containers";
    CONTAINER_NAME_FILTER, Told("none"), Shown,
        "a regular expression",
        "only containers whose name matches somewhere";
    CONTAINER_NAME_EXCLUDE, Told("none"), Shown,
        "a regular expression",
        "no containers whose name matches somewhere";
    HOST_NAME, Told("the Engine's own name for its host"), Shown,
        "up to 100 characters",
        "the host's name in every message";
    STATE_DIR, Told("$STATE_DIRECTORY, /var/lib/dmon or $XDG_STATE_HOME/dmon"), Shown,
        "a path",
        "where dmon keeps what it knows and what it has told";
    ALERT_COOLDOWN, Value("300"), Shown,
        "seconds, 0 to 86400",
        "the least time between two messages about one incident that got no worse";
    ALERT_MIN_SEVERITY, Value("info"), Shown,
        "info, warning or critical",
        "alerts below it are logged and not sent";
    RESTART_GRACE, Value("5"), Shown,
        "seconds, 0 to 300",
        "the time an intended stop may take to become a restart or a recreation";
    MANUAL_STOP_SEVERITY, Value("critical"), Shown,
        "critical, warning, info or off",
        "the severity of a stop on request";
    CLEAN_EXIT_SEVERITY, Value("critical"), Shown,
        "critical, warning, info or off",
        "the severity of an exit with code 0 that nobody asked for";
    ALERT_LOG_LINES, Value("0"), Shown,
        "lines, 0 to 50",
        "how many of its last log lines go into the alert for a dead container";
    STATS_INTERVAL, Value("60"), Shown,
        "seconds, 0 to 3600; 0 is off",
        "the time between two samples of CPU and memory while watching";
    CPU_ALERT_PERCENT, Value("off"), Shown,
        "off, or percent of one core, 1 to 100000",
        "alerts when a container uses more for ALERT_FOR";
    MEMORY_ALERT_PERCENT, Value("off"), Shown,
        "off, or percent of its limit, 1 to 100",
        "alerts when a container uses more for ALERT_FOR";
    ALERT_FOR, Value("300"), Shown,
        "seconds, 0 to 86400",
        "how long a container must be over CPU_ALERT_PERCENT or MEMORY_ALERT_PERCENT";
    HEARTBEAT_URL, Told("none"), Hidden,
        "an http:// or https:// URL",
        "asked for once a minute while all is well (dead man's switch)";
}
