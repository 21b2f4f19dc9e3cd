//! Settings: command line, environment and env file become one checked [`Config`]. Every command
//! reads and checks all of them, and all that is wrong is told in one go. What a setting is called
//! and accepts is in `settings`; how a value is read is in `values`.

mod env_file;
mod reader;
pub mod settings;
mod sources;
mod values;

use std::fmt;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use log::LevelFilter;
use time::Time;

pub use crate::config::reader::shown;
use crate::config::reader::{Found, Reader};
pub use crate::config::sources::Surroundings;
use crate::docker::Endpoint;
use crate::monitor::filter::Filter;
use crate::monitor::severity::Severity;
use crate::secret::Secret;
use crate::slack::{Format, Mention, Webhook};
use crate::zone::Zone;

/// Everything that can be set, checked. Named as the settings are.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where messages go (`SLACK_WEBHOOK_URL`, `SLACK_WEBHOOK_URL_FILE`). Always there when
    /// [`Posting::Needed`] was asked for and `notifications` are on.
    pub webhook: Option<Webhook>,
    /// The shape of messages.
    pub slack_format: Format,
    /// Who is called by critical alerts.
    pub slack_mention: Option<Mention>,
    /// When the daily report is sent: local times, in their order, at least one.
    pub daily_check_times: Vec<Time>,
    /// The time between two lists of all containers while watching.
    pub realtime_check_interval: Duration,
    /// The zone of every time shown.
    pub timezone: Zone,
    /// How much is logged.
    pub log_level: LevelFilter,
    /// The file that the log is appended to.
    pub log_file: Option<PathBuf>,
    /// Where the Engine listens.
    pub docker_socket: Endpoint,
    /// Whether anything is posted.
    pub notifications: Notifications,
    /// Whether reports list stopped containers.
    pub stopped_containers: StoppedContainers,
    /// Which containers dmon looks at.
    pub names: Filter,
    /// The host's name; the Engine's own where it is `None`.
    pub host_name: Option<String>,
    /// Where dmon may keep its files, best first: the first that can be written is taken.
    pub state_dirs: Vec<PathBuf>,
    /// The least time between two messages about an incident that got no worse.
    pub alert_cooldown: Duration,
    /// Alerts below it are not sent.
    pub alert_min_severity: Severity,
    /// The time an intended stop may take to become something else.
    pub restart_grace: Duration,
    /// The severity of a stop on request; `None`: it is not told.
    pub manual_stop_severity: Option<Severity>,
    /// The severity of an exit with code 0 that nobody asked for; `None`: it is not told.
    pub clean_exit_severity: Option<Severity>,
    /// How many log lines go into alerts for deaths: 0 to 50.
    pub alert_log_lines: u32,
    /// The time between two samples of CPU and memory; `None`: none are taken.
    pub stats_interval: Option<Duration>,
    /// Percent of one core.
    pub cpu_alert_percent: Option<f64>,
    /// Percent of the container's limit.
    pub memory_alert_percent: Option<f64>,
    /// How long a container must be over one of them.
    pub alert_for: Duration,
    /// What is asked for once a minute while all is well.
    pub heartbeat_url: Option<Secret>,
}

/// `NOTIFICATION_ENABLED`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notifications {
    /// Messages are posted.
    Enabled,
    /// What would be posted is logged.
    Disabled,
}

impl Notifications {
    /// Whether messages are posted.
    pub fn are_enabled(self) -> bool {
        self == Self::Enabled
    }
}

/// `INCLUDE_STOPPED_CONTAINERS`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoppedContainers {
    /// Reports list them.
    Included,
    /// Reports leave them out.
    LeftOut,
}

/// Whether what is going to be done posts messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Posting {
    /// It does: a webhook is required unless notifications are off.
    Needed,
    /// It prints, or does something else.
    NotNeeded,
}

/// What the settings came to.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The settings.
    pub config: Config,
    /// Where they came from.
    pub sources: Sources,
    /// What somebody should know and that stops nothing, for the log once it is up.
    pub warnings: Vec<String>,
}

/// Where the settings came from that are not the defaults.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// The env file that was read.
    pub file: Option<PathBuf>,
    /// The settings that it set.
    pub from_file: Vec<&'static str>,
    /// The settings that the environment set.
    pub from_environment: Vec<&'static str>,
    /// One sentence for each env file that this process has no permission to read.
    pub closed: Vec<String>,
}

/// Everything that is wrong with the settings. Shows no secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Errors {
    /// One sentence for each.
    pub refused: Vec<String>,
    /// What else was seen and may be the reason (a misspelt name).
    pub warnings: Vec<String>,
}

impl Config {
    /// Reads and checks every setting. `env_file` is the file named on the command line.
    pub fn load(
        env_file: Option<&Path>,
        posting: Posting,
        surroundings: &Surroundings,
    ) -> Result<Loaded, Errors> {
        let sources::Search { file, mut warnings, mut refused, closed } =
            sources::search(env_file, surroundings);
        // What is missing may stand in the file that could not be read.
        let posting = if refused.is_empty() { posting } else { Posting::NotNeeded };
        let mut reader = Reader::new(&surroundings.variables, file.as_ref());
        let config = read(&mut reader, posting, surroundings);
        let findings = reader.findings();
        refused.extend(findings.refused);
        warnings.extend(findings.ignored);
        if config.webhook.as_ref().is_some_and(Webhook::is_exposed) {
            warnings.push(
                "the webhook's URL begins with http://: everybody on the way can read it and the \
                 messages"
                    .to_owned(),
            );
        }
        if refused.is_empty() {
            let sources = Sources {
                file: file.map(|file| file.path),
                from_file: findings.from_file,
                from_environment: findings.from_environment,
                closed,
            };
            Ok(Loaded { config, sources, warnings })
        } else {
            warnings.extend(closed);
            Err(Errors { refused, warnings })
        }
    }
}

fn read(reader: &mut Reader<'_>, posting: Posting, surroundings: &Surroundings) -> Config {
    use settings as s;
    use values as v;

    let notifications = reader
        .read(&s::NOTIFICATION_ENABLED, v::switch(Notifications::Enabled, Notifications::Disabled));
    Config {
        webhook: webhook(reader, posting, notifications),
        slack_format: reader.read(&s::SLACK_FORMAT, v::format),
        slack_mention: reader.optional(&s::SLACK_MENTION, v::mention),
        daily_check_times: reader.read(&s::DAILY_CHECK_TIME, v::times),
        realtime_check_interval: reader.read(&s::REALTIME_CHECK_INTERVAL, v::seconds(1..=3600)),
        timezone: reader.read(&s::TIMEZONE, v::zone),
        log_level: reader.read(&s::LOG_LEVEL, v::level),
        log_file: reader.optional(&s::LOG_FILE, v::path),
        docker_socket: reader
            .optional(&s::DOCKER_SOCKET, v::endpoint)
            .unwrap_or_else(|| reader.read(&s::DOCKER_HOST, v::endpoint)),
        notifications,
        stopped_containers: reader.read(
            &s::INCLUDE_STOPPED_CONTAINERS,
            v::switch(StoppedContainers::Included, StoppedContainers::LeftOut),
        ),
        names: Filter {
            include: reader.optional(&s::CONTAINER_NAME_FILTER, v::pattern),
            exclude: reader.optional(&s::CONTAINER_NAME_EXCLUDE, v::pattern),
        },
        host_name: reader.optional(&s::HOST_NAME, v::host_name),
        state_dirs: state_dirs(reader.optional(&s::STATE_DIR, v::path), surroundings),
        alert_cooldown: reader.read(&s::ALERT_COOLDOWN, v::seconds(0..=86_400)),
        alert_min_severity: reader.read(&s::ALERT_MIN_SEVERITY, v::severity),
        restart_grace: reader.read(&s::RESTART_GRACE, v::seconds(0..=300)),
        manual_stop_severity: reader.read(&s::MANUAL_STOP_SEVERITY, v::severity_or_off),
        clean_exit_severity: reader.read(&s::CLEAN_EXIT_SEVERITY, v::severity_or_off),
        alert_log_lines: reader.read(&s::ALERT_LOG_LINES, v::whole(0..=50)),
        stats_interval: Some(reader.read(&s::STATS_INTERVAL, v::seconds(0..=3600)))
            .filter(|interval| !interval.is_zero()),
        cpu_alert_percent: reader.read(&s::CPU_ALERT_PERCENT, v::percent(100_000.0)),
        memory_alert_percent: reader.read(&s::MEMORY_ALERT_PERCENT, v::percent(100.0)),
        alert_for: reader.read(&s::ALERT_FOR, v::seconds(0..=86_400)),
        heartbeat_url: reader.optional(&s::HEARTBEAT_URL, v::secret_url),
    }
}

/// The webhook, given or in a file. Of two, the one from the environment wins over the one from the
/// env file, as for any setting; from the same place they contradict each other.
fn webhook(
    reader: &mut Reader<'_>,
    posting: Posting,
    notifications: Notifications,
) -> Option<Webhook> {
    let refusals = reader.refusals();
    let webhook = given_webhook(reader);
    let is_needed = posting == Posting::Needed && notifications == Notifications::Enabled;
    if webhook.is_none() && is_needed && reader.refusals() == refusals {
        reader.note(
            "SLACK_WEBHOOK_URL is not set: set it (or SLACK_WEBHOOK_URL_FILE) to the URL of an \
             incoming webhook, or try --print"
                .to_owned(),
        );
    }
    webhook
}

fn given_webhook(reader: &mut Reader<'_>) -> Option<Webhook> {
    let given = reader.find(&settings::SLACK_WEBHOOK_URL);
    let in_file = reader.find(&settings::SLACK_WEBHOOK_URL_FILE);
    match (given, in_file) {
        (Some(given), Some(file)) if given.origin.rank() == file.origin.rank() => {
            let (here, there) = (&given.origin, &file.origin);
            let both = format!(
                "SLACK_WEBHOOK_URL ({here}) and SLACK_WEBHOOK_URL_FILE ({there}) are both set"
            );
            if given.origin.is_lenient() {
                reader.ignore(format!("{both}: the latter is ignored"));
                return reader.parse(&settings::SLACK_WEBHOOK_URL, &given, values::webhook);
            }
            reader.note(format!("{both}: remove one"));
            None
        }
        (Some(given), Some(file)) if given.origin.rank() < file.origin.rank() => {
            webhook_in(reader, &file)
        }
        (Some(given), _) => reader.parse(&settings::SLACK_WEBHOOK_URL, &given, values::webhook),
        (None, Some(file)) => webhook_in(reader, &file),
        (None, None) => None,
    }
}

/// The webhook in the file that `SLACK_WEBHOOK_URL_FILE` names.
fn webhook_in(reader: &mut Reader<'_>, found: &Found) -> Option<Webhook> {
    reader.parse(&settings::SLACK_WEBHOOK_URL_FILE, found, |path| {
        let text = File::open(path).and_then(sources::read_text);
        let text = text.map_err(|error| format!("the file cannot be read: {error}"))?;
        Webhook::parse(&text).map_err(|reason| format!("in the file: {reason}"))
    })
}

/// Where dmon may keep its files. A directory that was named is the only one; systemd names the one
/// it made, the first of a list (`StateDirectory=`).
fn state_dirs(named: Option<PathBuf>, surroundings: &Surroundings) -> Vec<PathBuf> {
    let by_systemd = || {
        let list = surroundings.path("STATE_DIRECTORY")?;
        Some(PathBuf::from(list.to_str()?.split(':').next()?))
    };
    match named.or_else(by_systemd) {
        Some(named) => vec![named],
        None => [
            Some(PathBuf::from("/var/lib/dmon")),
            surroundings.xdg_path("XDG_STATE_HOME", ".local/state"),
        ]
        .into_iter()
        .flatten()
        .collect(),
    }
}

impl fmt::Display for Errors {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.refused.len() {
            1 => formatter.write_str("a setting is wrong:")?,
            count => write!(formatter, "{count} settings are wrong:")?,
        }
        for sentence in &self.refused {
            write!(formatter, "\n  {sentence}")?;
        }
        for sentence in &self.warnings {
            write!(formatter, "\nwarning: {sentence}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Errors {}
