//! `dmon test-notification`: one message, to see it arrive.

use super::outlet::Outlet;
use super::{Failed, outlet};
use crate::args::Output;
use crate::clock;
use crate::config::Config;
use crate::docker::Client;
use crate::{json_lines, message};

pub(super) fn run(config: &Config, output: Output) -> Result<(), Failed> {
    let engine = Client::new(config.docker_socket.clone()).info();
    let host = match (&config.host_name, engine) {
        (None, Ok(engine)) => engine.host_name,
        _ => outlet::host(config),
    };
    let now = clock::wall();
    let message = message::report::test_notification(&host, &config.timezone.format(now));
    Outlet::of(config, output)?.tell(&message, || json_lines::test_notification(&host, now))
}
