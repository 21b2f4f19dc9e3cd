//! `dmon explain`: what the rules make of a recording. Needs no Engine and no Slack.

mod engine;
mod recording;
mod replay;

use std::path::Path;

pub use recording::{Reach, Recording, Snapshot};
pub use replay::{Line, Said, replay};

use super::{Failed, io, watch};
use crate::args::Output;
use crate::config::Config;
use crate::message::alert::{self, Context};
use crate::message::units::count;
use crate::monitor::effect::Suppressed;
use crate::{json_lines, terminal};

pub(super) fn run(config: &Config, output: Output, path: &Path) -> Result<(), Failed> {
    let recording = Recording::read(path).map_err(|error| Failed::because(&error))?;
    let reach = recording.reach().map_err(|error| Failed::because(&error))?;
    if let Some(warning) = recording.warning() {
        log::warn!("{warning}");
    }
    let host = config.host_name.clone().unwrap_or_else(|| recording.engine.host_name.clone());
    let settings = watch::settings(config, config.realtime_check_interval, None);
    let lines = replay(&recording, settings);
    let sent = lines.iter().filter(|line| matches!(line.said, Said::Told(_))).count();
    if output == Output::Json {
        let Reach { from, to, events, containers } = reach;
        io::print(&json_lines::recording((from, to), events, containers, sent));
        for line in &lines {
            io::print(&json(line));
        }
        return Ok(());
    }
    io::print(&reach_in_words(reach, config));
    for line in &lines {
        io::print(&text(line, config, &host));
    }
    if sent == 0 {
        io::print("Nothing would have been sent.\n");
    }
    Ok(())
}

fn reach_in_words(reach: Reach, config: &Config) -> String {
    let Reach { from, to, events, containers } = reach;
    let (events, containers) = (count(events, "event"), count(containers, "container"));
    let [from, to] = [from, to].map(|time| config.timezone.format(time));
    format!("The recording reaches from {from} to {to}: {events} of {containers}.\n")
}

fn json(Line { at, said }: &Line) -> String {
    match said {
        Said::Told(batch) => json_lines::alerts(batch),
        Said::Suppressed(held) => json_lines::held(held, *at),
    }
}

/// A line on what was held back, or the message as it would be sent.
fn text(Line { at, said }: &Line, config: &Config, host: &str) -> String {
    let time = |moment| config.timezone.format(moment);
    match said {
        Said::Suppressed(Suppressed { identity, name, what, reason }) => {
            let reason = reason.words();
            let container = if name.is_empty() { identity.to_string() } else { name.clone() };
            format!("{} not told of {container}: {what}: {reason}\n", time(*at))
        }
        Said::Told(batch) => {
            let message = alert::message(batch, Context { host, time: &time });
            let text = terminal::text(&message, io::width(), io::colour());
            format!("{} told:\n\n{text}\n", time(*at))
        }
    }
}
