//! Asks the Engine for all that a report says.

use std::collections::BTreeMap;

use super::route::{Route, by_reason, enumerated, is_gone};
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
    let second = client.sample(&up);
    let mut usage = second.usage(&first, &engine);

    let names: BTreeMap<&ContainerId, &str> =
        listed.iter().map(|container| (&container.id, container.name.as_str())).collect();
    let failed = second.failed.iter().map(|(id, error)| (names[id], error));
    warn(Route::Stats, failed);
    for (id, stats) in second.stats.iter().filter(|(_, stats)| !stats.impossible.is_empty()) {
        let (name, what) = (names[id], enumerated(&stats.impossible));
        log::warn!("stats of {name}: impossible counters are left out: {what}");
    }
    let failed = listed.iter().zip(&inspected).filter_map(|(container, answer)| {
        let error = answer.as_ref().err().filter(|error| !is_gone(error))?;
        Some((container.name.as_str(), error))
    });
    warn(Route::Inspect, failed);

    let row = |(listed, inspected): (Listed, Result<_, Error>)| {
        let usage = usage.remove(&listed.id);
        Row { listed, inspected: inspected.ok(), usage }
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

/// Warns of what was not answered, once a reason.
fn warn<'a>(route: Route, failed: impl IntoIterator<Item = (&'a str, &'a Error)>) {
    for (why, names) in by_reason(route, failed) {
        log::warn!("{} not answered for {}: {why}", route.name(), enumerated(&names));
    }
}
