//! `dmon once`: one report.

use super::outlet::Outlet;
use super::{Failed, observe, outlet};
use crate::args::Output;
use crate::clock;
use crate::config::Config;
use crate::docker::Client;
use crate::{json_lines, message};

pub(super) fn run(config: &Config, output: Output) -> Result<(), Failed> {
    let outlet = Outlet::of(config, output)?;
    let mut client = Client::new(config.docker_socket.clone());
    match observe::observe(&mut client, config) {
        Ok(report) => {
            let message = message::report::report(&report, &config.timezone.format(report.time));
            outlet.tell(&message, || json_lines::report(&report))
        }
        Err(error) => {
            let failed = Failed::because(&format!("no report: {error}"));
            let host = outlet::host(config);
            let (now, cause) = (clock::wall(), error.to_string());
            let message = message::engine::unreachable(&host, &cause, &config.timezone.format(now));
            // Whether this is delivered or not, there is no report.
            let _ = outlet.tell(&message, || json_lines::engine_unreachable(&cause, now));
            Err(failed)
        }
    }
}
