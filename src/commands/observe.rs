//! Asks the Engine for all that a report says.

use std::collections::BTreeMap;

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
    warn("statistics", failed);
    let failed = listed.iter().zip(&inspected);
    let failed =
        failed.filter_map(|(one, result)| Some((one.name.as_str(), result.as_ref().err()?)));
    warn("inspection", failed);

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

/// The most containers that one warning names.
const NAMED_MAX: usize = 5;

/// Warns of what was not answered, once a reason: it may be the same for all.
fn warn<'a>(what: &str, failed: impl Iterator<Item = (&'a str, &'a Error)>) {
    let mut by_reason: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (name, error) in failed {
        by_reason.entry(reason(error)).or_default().push(name);
    }
    for (reason, names) in by_reason {
        log::warn!("no {what} of {}: {reason}", enumerated(&names));
    }
}

/// Why one container's question has no answer, without the words for an Engine that is none and
/// without the container's own path.
fn reason(error: &Error) -> String {
    match error {
        Error::Alien { reason, .. } => reason.clone(),
        Error::Refused { status, message: None, .. } => {
            format!("a proxy refuses it with status {status}: let it allow CONTAINERS")
        }
        error => error.to_string(),
    }
}

/// `a, b and c`; the first few of many.
fn enumerated(names: &[&str]) -> String {
    match names {
        [] | [_] => names.concat(),
        [first @ .., last] if names.len() <= NAMED_MAX => {
            format!("{} and {last}", first.join(", "))
        }
        _ => format!("{} and {} more", names[..NAMED_MAX].join(", "), names.len() - NAMED_MAX),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_containers_the_first_few_are_named() {
        let check = |names: &[&str], expected: &str| assert_eq!(enumerated(names), expected);
        check(&["a"], "a");
        check(&["a", "b"], "a and b");
        check(&["a", "b", "c", "d", "e"], "a, b, c, d and e");
        check(&["a", "b", "c", "d", "e", "f", "g"], "a, b, c, d, e and 2 more");
    }
}
