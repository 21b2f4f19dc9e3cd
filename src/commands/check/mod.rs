//! `dmon test`: whether everything that dmon needs is there. Posts nothing.

use super::{Failed, io};
use crate::args::Output;
use crate::config::Config;
use crate::docker::Client;
use crate::docker::Error;
use crate::json_lines;
use crate::message::units::count;
use crate::slack::courier;

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

/// A check: what was looked at, and what was found.
type Check = (&'static str, Finding);

pub(super) fn run(config: &Config, output: Output) -> Result<(), Failed> {
    let mut passed = Ok(());
    let mut tell = |(name, finding): Check| {
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
    // Settings that cannot be read have ended dmon before.
    tell(("settings", Good("all can be read".to_owned())));
    engine(&mut Client::new(config.docker_socket.clone()), config, &mut tell);
    tell(("webhook", webhook(config)));
    passed
}

/// Ends at the first check without which the others make no sense.
fn engine(client: &mut Client, config: &Config, tell: &mut impl FnMut(Check)) {
    if let Err(error) = client.ping() {
        return tell(("socket", Bad(error.to_string())));
    }
    tell(("socket", Good(format!("{} answers", config.docker_socket))));
    tell(("Engine", version(client).unwrap_or_else(|error| Bad(error.to_string()))));
    tell(("containers", containers(client, config).unwrap_or_else(|error| Bad(error.to_string()))));
    tell(("event stream", events(client)));
}

fn version(client: &mut Client) -> Result<Finding, Error> {
    let (engine, version) = (client.info()?, client.version()?);
    let product = if engine.is_podman { "Podman" } else { "Docker" };
    let (release, api, host) = (engine.version, version.api, engine.host_name);
    Ok(Good(format!("{product} {release} (API {api}) on {host}")))
}

fn containers(client: &mut Client, config: &Config) -> Result<Finding, Error> {
    let all = client.list()?;
    let watched = all.iter().filter(|one| config.names.admits(&one.name, &one.labels)).count();
    Ok(match (watched, all.len()) {
        (0, total @ 1..) => Lacking(format!(
            "none of {} passes CONTAINER_NAME_FILTER, CONTAINER_NAME_EXCLUDE and the label \
             dmon.enable: correct them if that is not meant",
            count(total, "container")
        )),
        (watched, total) if watched == total => Good(count(total, "container")),
        (watched, total) => Good(format!("{watched} of {} watched", count(total, "container"))),
    })
}

fn events(client: &mut Client) -> Finding {
    match client.events(None) {
        Ok(_) => Good("open".to_owned()),
        Err(error @ Error::Refused { .. }) => Lacking(format!(
            "{error}; watching would poll instead: a socket proxy has to allow EVENTS"
        )),
        Err(error) => Bad(error.to_string()),
    }
}

fn webhook(config: &Config) -> Finding {
    match &config.webhook {
        Some(webhook) => match courier::check(webhook) {
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
