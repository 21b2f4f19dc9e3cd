//! The text of `--help`: complete, grouped, at most 80 columns. The settings come from the table
//! that their errors come from.

use crate::args::Command;
use crate::config::settings::{Fallback, SETTINGS, Setting};

/// The most characters in a line, for terminals as they were.
const WIDTH: usize = 80;

const USAGE: &str = "usage: dmon COMMAND [OPTION…]";

const OPTIONS: &str = "\
Options:
  --env-file FILE  read settings from FILE as well
  --print          print what would be posted; needs no webhook
  --json           print it as JSON, one object a line
  -h, --help       this help; dmon COMMAND --help tells of one command
  -V, --version    the version
";

const INTERVAL: &str = "\
  --interval SECONDS
                   time between two lists of all containers, 1 to 3600
                   [REALTIME_CHECK_INTERVAL]
";

const EXIT_STATUS: &str = "\
Exit status:
  0  done
  1  it failed: the Engine cannot be reached, a message was not delivered
  2  the command line or a setting is wrong
";

const ENV_FILES: &str = "\
Settings are variables of the environment, or lines KEY=VALUE of one env file,
written as for systemd (quotes; comments on lines of their own). Options win
over the environment, the environment over the env file. It is the first of:
  --env-file FILE
  $DMON_ENV_FILE
  /etc/dmon/dmon.env
  $XDG_CONFIG_HOME/dmon/dmon.env (~/.config/dmon/dmon.env)
  .env in the working directory, if it is yours or root's and nobody else can
  write it; what is wrong in it is ignored with a warning, since it may be
  another application's
";

const PATTERNS: &str = "\
Patterns are regular expressions that match anywhere in a name: ^web- at its
start, -test$ at its end. \\d \\w \\s \\b and (?i) know Unicode; Unicode classes
such as \\p{Greek}, look-around and back-references are not built in.
";

const ALSO: &str = "\
Also honoured: SSL_CERT_FILE (certificates to trust instead of the built-in
ones), HTTPS_PROXY, HTTP_PROXY, NO_PROXY, NO_COLOR.
";

/// The version, as `--version` prints it, with its line feed.
pub fn version() -> String {
    format!("dmon {}\n", env!("CARGO_PKG_VERSION"))
}

/// The usage and the commands, for who gave none.
pub fn short() -> String {
    format!("{USAGE}\n\n{}\ndmon --help tells of options and settings", commands())
}

/// The help: of everything, or of one command.
pub fn long(topic: Option<Command>) -> String {
    let Some(command) = topic else {
        return [
            wrap(
                &format!("dmon {}: {}", env!("CARGO_PKG_VERSION"), env!("CARGO_PKG_DESCRIPTION")),
                0,
            ),
            format!("{USAGE}\n\n{}", commands()),
            OPTIONS.to_owned(),
            EXIT_STATUS.to_owned(),
            format!("{ENV_FILES}\n{}", settings()),
            PATTERNS.to_owned(),
            ALSO.to_owned(),
        ]
        .join("\n");
    };
    let path = if command == Command::Explain { "PATH " } else { "" };
    let usage = format!("usage: dmon {} {path}[OPTION…]\n", command.name());
    let own = if command == Command::Watch { INTERVAL } else { "" };
    let options = OPTIONS.to_owned() + own;
    [usage, wrap(about(command), 0), options, EXIT_STATUS.to_owned()].join("\n")
        + "\ndmon --help lists the settings\n"
}

fn commands() -> String {
    let line = |command: Command| format!("  {:<18} {}\n", command.name(), summary(command));
    Command::ALL.into_iter().map(line).fold("Commands:\n".to_owned(), |text, line| text + &line)
}

fn summary(command: Command) -> &'static str {
    match command {
        Command::Once => "post one report of all containers, then exit (for cron)",
        Command::Watch => "stay up; tell of deaths, restarts, health as they happen",
        Command::Test => "check settings, Engine and webhook; post nothing",
        Command::TestNotification => "post one test message",
        Command::Health => "whether the dmon that watches sees the Engine (HEALTHCHECK)",
        Command::Explain => "replay recorded events and say what would be told",
    }
}

fn about(command: Command) -> &'static str {
    match command {
        Command::Once => {
            "Posts one report: what runs, what is stopped, unhealthy, restarting or paused, and \
             what each container uses. When the Engine cannot be reached that is what it posts, \
             and it exits with 1."
        }
        Command::Test => {
            "Checks the settings and says where they came from, the Engine's socket and the right \
             to use it, each part of the Engine's API that is used (version, info, list, events, \
             inspect, stats, logs), and that the webhook's host resolves and speaks TLS. Prints a \
             line for each with ✓, ! (dmon works without it) or ✗, and what to do about it. Posts \
             nothing."
        }
        Command::TestNotification => "Posts one test message to the webhook.",
        Command::Watch => {
            "Stays up and tells what happens to the containers as it happens, once and with its \
             cause. Does not end because the Engine is away: it waits and tells. SIGTERM ends it in \
             order, within 5 seconds; what was not told yet is told by the next one."
        }
        Command::Health => {
            "Exits with 0 while the dmon that stays up with this STATE_DIR runs, sees what happens \
             (the Engine lists its containers and its event stream is open), and inspections are \
             answered: at least one of those that it needed within the last minute. A container \
             that cannot be inspected is a warning. Otherwise it says what is wrong and exits with \
             1. Slack does not matter here."
        }
        Command::Explain => {
            "Replays PATH through the rules and prints each alert that would be sent, and each one \
             that is held back with the reason. PATH is a folder with events.jsonl (and \
             before.list.json, before.inspect.jsonl, after.list.json, after.inspect.jsonl where \
             there are), a file of events as JSON lines (docker events --format '{{json .}}', \
             podman events --format json), or - for standard input. Says from when to when the \
             recording reaches, and when nothing would have been sent; exits with 1 when there is \
             no event in it that dmon uses. Needs no Engine and no Slack."
        }
    }
}

fn settings() -> String {
    SETTINGS.iter().map(entry).collect()
}

fn entry(setting: &Setting) -> String {
    let Setting { name, meaning, accepted, .. } = setting;
    let default = match setting.default {
        Fallback::Value(value) => value,
        Fallback::Told(words) => words,
    };
    format!("  {name} [{default}]\n{}", wrap(&format!("{meaning}; accepts {accepted}"), 6))
}

/// Breaks lines that are too long between words. What is broken off begins where the line does, or
/// at `indent`, which is also where a line without an indentation of its own begins.
fn wrap(text: &str, indent: usize) -> String {
    let mut wrapped = String::new();
    for line in text.lines() {
        let margin = " ".repeat(indent.max(line.len() - line.trim_start().len()));
        let mut row = String::new();
        for word in line.split_whitespace() {
            if !row.is_empty() && row.chars().count() + 1 + word.chars().count() > WIDTH {
                wrapped.push_str(&row);
                wrapped.push('\n');
                row.clear();
            }
            row.push_str(if row.is_empty() { &margin } else { " " });
            row.push_str(word);
        }
        wrapped.push_str(&row);
        wrapped.push('\n');
    }
    wrapped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pages() -> Vec<String> {
        let topics = [None].into_iter().chain(Command::ALL.map(Some));
        topics.map(long).chain([short()]).collect()
    }

    #[test]
    fn no_line_is_longer_than_a_terminal_is_wide() {
        for line in pages().iter().flat_map(|page| page.lines()) {
            assert!(line.chars().count() <= WIDTH, "{line}");
            assert_eq!(line, line.trim_end());
        }
    }

    #[test]
    fn every_command_option_and_setting_is_told() {
        let page = long(None);
        for name in Command::ALL.map(Command::name) {
            assert!(page.contains(&format!("\n  {name} ")), "{name}");
        }
        for setting in SETTINGS {
            assert!(page.contains(&format!("\n  {} [", setting.name)), "{}", setting.name);
        }
        for option in ["--env-file", "--print", "--json", "--help", "--version"] {
            assert!(pages().iter().filter(|page| page.contains(option)).count() >= 4, "{option}");
        }
    }
}
