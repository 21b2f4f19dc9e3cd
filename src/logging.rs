//! The log: on standard error, and in `LOG_FILE` too. Only dmon's own lines get through: those of
//! the HTTP client would tell the webhook's URL.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

use env_logger::{Builder, Target};
use log::{Level, LevelFilter};

use crate::clock;
use crate::config::Config;
use crate::secret::Secret;
use crate::slack::webhook::Webhook;
use crate::timestamp::Timestamp;
use crate::zone::Zone;

/// Starts the log, once a process. A log file that cannot be written is warned about, and the rest
/// goes on.
pub fn start(config: &Config) {
    let file = config.log_file.clone().map(LogFile::new);
    // Tried before the first line, so that the warning stands at the top.
    let refused = file.as_ref().and_then(|file| file.append(b"").err());
    let sink = Sink { file, failing: refused.is_some() };
    let zone = config.timezone.clone();
    let secrets: Vec<String> =
        [config.webhook.as_ref().map(Webhook::url), config.heartbeat_url.as_ref()]
            .into_iter()
            .flatten()
            .flat_map(telltales)
            .collect();
    let started = builder(config.log_level)
        .format(move |out, record| {
            let text = record.args().to_string();
            out.write_all(line(&zone, clock::wall(), record.level(), &text, &secrets).as_bytes())
        })
        .target(Target::Pipe(Box::new(sink)))
        .try_init();
    if started.is_ok()
        && let Some(error) = refused
    {
        log::warn!("LOG_FILE cannot be written, the log is here only: {error}");
    }
}

/// A logger that lets nothing through but dmon's own lines of this level and above.
fn builder(level: LevelFilter) -> Builder {
    let mut builder = Builder::new();
    builder.filter_module("dmon", level);
    builder
}

/// One line of the log: local time, level, text. Text of several lines is indented and other
/// control characters are escaped, so that no container can forge a line.
fn line(zone: &Zone, now: Timestamp, level: Level, text: &str, secrets: &[String]) -> String {
    let level = if level == Level::Warn { "WARNING" } else { level.as_str() };
    let mut line = format!("{} {level:<7} ", zone.format(now));
    let text =
        secrets.iter().fold(text.to_owned(), |text, secret| text.replace(secret, "<hidden>"));
    for character in text.trim_end().chars() {
        match character {
            '\n' => line.push_str("\n    "),
            '\t' => line.push('\t'),
            control if control.is_control() => {
                write!(line, "{}", control.escape_default()).expect("a String takes all text");
            }
            other => line.push(other),
        }
    }
    line.push('\n');
    line
}

/// What of a secret URL must not be logged: the whole, what follows the host, the password before
/// it. A last line of defence: nothing is meant to log any of it.
fn telltales(url: &Secret) -> Vec<String> {
    let url = url.reveal();
    let (_, rest) = url.split_once("://").unwrap_or_default();
    let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let user = authority.rsplit_once('@').map(|(user, _)| user).unwrap_or_default();
    // A few characters are no password, and would be found in every other word.
    let parts = [url, path, user].into_iter().filter(|part| part.len() > 4);
    parts.map(str::to_owned).collect()
}

/// Where the log's lines go.
struct Sink {
    file: Option<LogFile>,
    /// Whether the last line did not get into the file: that is told once, not with each line.
    failing: bool,
}

impl Write for Sink {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        // When standard error is closed nobody listens, and there is nobody to tell.
        let _ = io::stderr().lock().write_all(line);
        let failure = self.file.as_ref().and_then(|file| file.append(line).err());
        if let Some(error) = failure.as_ref().filter(|_| !self.failing) {
            let _ = writeln!(io::stderr().lock(), "LOG_FILE cannot be written: {error}");
        }
        self.failing = failure.is_some();
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The size that a log file does not grow beyond before it is renamed.
pub const FILE_MAX_BYTES: u64 = 10 << 20;

/// A log file that only its owner can read. It is opened for each line, so that it may be moved
/// away or shared with another dmon at any time.
#[derive(Debug)]
pub struct LogFile {
    path: PathBuf,
}

impl LogFile {
    /// The log file of this name; it need not be there yet.
    pub fn new(path: PathBuf) -> Self {
        Self { path }
    }

    /// Adds a line, after the file was renamed to `NAME.1` if it would grow too large; the one that
    /// had this name is gone then.
    pub fn append(&self, line: &[u8]) -> io::Result<()> {
        // Only a plain file: `/dev/stderr` and the like must stay what they are.
        let length = fs::symlink_metadata(&self.path).ok().filter(fs::Metadata::is_file);
        if length.is_some_and(|file| file.len() + line.len() as u64 > FILE_MAX_BYTES) {
            fs::rename(&self.path, self.old_path())?;
        }
        let mut options = OpenOptions::new();
        options.append(true).create(true).mode(0o600);
        options.open(&self.path)?.write_all(line)
    }

    fn old_path(&self) -> OsString {
        let mut name = self.path.clone().into_os_string();
        name.push(".1");
        name
    }
}

#[cfg(test)]
mod tests {
    use log::Log;

    use super::*;

    #[test]
    fn only_dmon_is_heard() {
        let check = |filter: LevelFilter, target: &str, level: Level, expected: bool| {
            let metadata = log::Metadata::builder().target(target).level(level).build();
            assert_eq!(builder(filter).build().enabled(&metadata), expected, "{target} {level}");
        };
        check(LevelFilter::Trace, "dmon::slack::courier", Level::Trace, true);
        check(LevelFilter::Warn, "dmon", Level::Warn, true);
        check(LevelFilter::Warn, "dmon", Level::Info, false);
        check(LevelFilter::Off, "dmon", Level::Error, false);
        check(LevelFilter::Trace, "ureq", Level::Error, false);
        check(LevelFilter::Trace, "ureq_proto::client", Level::Trace, false);
        check(LevelFilter::Trace, "rustls", Level::Warn, false);
    }

    #[test]
    fn a_line_tells_local_time_level_and_text() {
        let zone: Zone = "Europe/Berlin".parse().unwrap();
        let now = Timestamp::from_rfc3339("2026-11-22T08:03:48.7Z").unwrap();
        let check = |level: Level, text: &str, expected: &str| {
            let expected = format!("2026-11-22 09:03:48 CET {expected}\n");
            assert_eq!(line(&zone, now, level, text, &[]), expected);
        };
        check(Level::Info, "web: running", "INFO    web: running");
        check(Level::Warn, "slow", "WARNING slow");
        check(Level::Trace, "ä 🚨", "TRACE   ä 🚨");
        check(Level::Info, "one\ntwo\n", "INFO    one\n    two");
        check(Level::Info, "\u{1b}[31mred\r\0", "INFO    \\u{1b}[31mred\\r\\u{0}");
    }

    #[test]
    fn no_part_of_a_secret_url_is_logged() {
        let check = |url: &str, text: &str, expected: &str| {
            let secrets = telltales(&Secret::new(url));
            let line = line(&Zone::utc(), Timestamp::from_seconds(0), Level::Info, text, &secrets);
            assert_eq!(line, format!("1970-01-01 00:00:00 UTC INFO    {expected}\n"));
        };
        let slack = "https://hooks.slack.com/services/T/B/hunter2";
        check(slack, &format!("to {slack}: no"), "to <hidden>: no");
        check(slack, "POST /services/T/B/hunter2", "POST <hidden>");
        check(slack, "hooks.slack.com refused", "hooks.slack.com refused");
        check("https://ops:hunter2@example.org/", "by ops:hunter2 / or so", "by <hidden> / or so");
        check("https://example.org?token=hunter2", "GET ?token=hunter2", "GET <hidden>");
    }
}
