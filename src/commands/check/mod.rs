//! `dmon test`: whether everything that dmon needs is there. Posts nothing.

mod engine;

use super::{Failed, io};
use crate::args::Output;
use crate::config::{Config, Loaded, Sources};
use crate::docker::Client;
use crate::json_lines;
use crate::slack::courier::Courier;
use crate::web::Network;

/// What a check came to, with its sentence.
enum Finding {
    /// All is well.
    Good(String),
    /// dmon works, though not as well as it could.
    Lacking(String),
    /// dmon does not work.
    Bad(String),
}

use Finding::{Bad, Good, Lacking};

/// A check: what was tried, and what was found.
type Check = (&'static str, Finding);

pub(super) fn run(loaded: &Loaded, output: Output) -> Result<(), Failed> {
    let config = &loaded.config;
    let mut passed = Ok(());
    let mut print = |(name, finding): Check| {
        let (mark, outcome, sentence) = match &finding {
            Good(sentence) => ('✓', "good", sentence),
            Lacking(sentence) => ('!', "lacking", sentence),
            Bad(sentence) => ('✗', "bad", sentence),
        };
        match output {
            Output::Json => io::print(&json_lines::check(name, outcome, sentence)),
            Output::Slack | Output::Text => io::print(&format!("{mark} {name}: {sentence}\n")),
        }
        if matches!(finding, Bad(_)) {
            passed = Err(Failed);
        }
    };
    // Settings that are wrong have ended dmon before.
    print(("settings", settings(config, &loaded.sources)));
    engine::check(&mut Client::new(config.docker_socket.clone()), config, &mut print);
    print(("webhook", webhook(config)));
    passed
}

fn settings(config: &Config, sources: &Sources) -> Finding {
    let mut parts = Vec::new();
    if let Some(file) = &sources.file {
        let names = match sources.from_file.as_slice() {
            [] => "nothing".to_owned(),
            names => names.join(", "),
        };
        parts.push(format!("{names} from {}", file.display()));
    }
    if !sources.from_environment.is_empty() {
        parts.push(format!("{} from the environment", sources.from_environment.join(", ")));
    }
    if parts.is_empty() {
        parts.push("none is set, the defaults hold".to_owned());
    }
    parts.extend(sources.closed.iter().cloned());
    let sentence = parts.join("; ");
    let is_lacking = !sources.closed.is_empty()
        && config.webhook.is_none()
        && config.notifications.are_enabled();
    if is_lacking { Lacking(sentence) } else { Good(sentence) }
}

fn webhook(config: &Config) -> Finding {
    match &config.webhook {
        Some(webhook) => match Courier::new(webhook, &Network::of_process())
            .and_then(|courier| courier.check())
        {
            Ok(()) => Good(format!("{webhook} can be reached")),
            Err(error) => Bad(error),
        },
        None if !config.notifications.are_enabled() => {
            Good("not needed, as NOTIFICATION_ENABLED is false".to_owned())
        }
        None => Bad("none is set, so nothing can be posted: set SLACK_WEBHOOK_URL, or use --print"
            .to_owned()),
    }
}
