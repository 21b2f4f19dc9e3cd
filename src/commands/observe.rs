//! Asks the Engine for all that a report says.

use crate::clock;
use crate::config::{Config, StoppedContainers};
use crate::docker::Client;
use crate::docker::Error;
use crate::monitor::container::{ContainerId, Listed};
use crate::report::{Report, Row, Shown};

/// The state of the watched containers now. Takes about a second when any of them is up: what a
/// container uses of the processors is the difference of two samples.
pub(super) fn observe(client: &mut Client, config: &Config) -> Result<Report, Error> {
    let engine = client.info()?;
    let mut listed = client.list()?;
    listed.retain(|container| config.names.admits(&container.name, &container.labels));

    let up: Vec<ContainerId> = ids(listed.iter().filter(|container| container.status.is_up()));
    let first = client.sample(&up);
    // While the counters advance, all else is asked for.
    let inspected = client.inspect_many(&ids(listed.iter()));
    if !up.is_empty() {
        clock::pause(first.rest(clock::monotonic()));
    }
    let mut usage = client.sample(&up).usage(&first);

    let row = |(listed, inspected): (Listed, Result<_, Error>)| {
        let usage = usage.remove(&listed.id);
        let inspected = inspected.inspect_err(|error| log::warn!("{}: {error}", listed.name)).ok();
        Row { listed, inspected, usage }
    };
    let rows = listed.into_iter().zip(inspected).map(row).collect();
    let host = config.host_name.clone().unwrap_or_else(|| engine.host_name.clone());
    let shown = match config.stopped_containers {
        StoppedContainers::Included => Shown::All,
        StoppedContainers::LeftOut => Shown::Up,
    };
    Ok(Report::new(host, engine, clock::wall(), rows, shown))
}

fn ids<'a>(containers: impl Iterator<Item = &'a Listed>) -> Vec<ContainerId> {
    containers.map(|container| container.id.clone()).collect()
}
