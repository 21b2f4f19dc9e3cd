//! `dmon explain`: what the rules make of a recording. Needs no Engine and no Slack.

mod engine;
mod recording;
mod replay;

use std::path::Path;

pub use recording::{Recording, Snapshot};
pub use replay::{Line, Said, replay};

use super::{Failed, io, watch};
use crate::args::Output;
use crate::config::Config;
use crate::message::alert::{self, Context};
use crate::monitor::effect::Held;
use crate::{json_lines, terminal};

pub(super) fn run(config: &Config, output: Output, path: &Path) -> Result<(), Failed> {
    let recording = Recording::read(path).map_err(|error| Failed::because(&error))?;
    let host = config.host_name.clone().unwrap_or_else(|| recording.engine.host_name.clone());
    let settings = watch::settings(config, config.realtime_check_interval, None);
    for line in replay(&recording, settings) {
        io::print(&match output {
            Output::Json => json(&line),
            Output::Slack | Output::Text => text(&line, config, &host),
        });
    }
    Ok(())
}

fn json(Line { at, said }: &Line) -> String {
    match said {
        Said::Told(batch) => json_lines::alerts(batch),
        Said::Held(held) => json_lines::held(held, *at),
    }
}

/// A line on what was held back, or the message as it would be sent.
fn text(Line { at, said }: &Line, config: &Config, host: &str) -> String {
    let time = |moment| config.timezone.format(moment);
    match said {
        Said::Held(Held { identity, name, what, reason }) => {
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
