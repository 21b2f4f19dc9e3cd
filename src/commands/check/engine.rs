//! Each part of the Engine's API is asked as dmon asks it. One that is refused does not keep the
//! others from being tried.

use std::time::Duration;

use super::Finding::{self, Bad, Good, Lacking};
use super::{Check, Config};
use crate::commands::route::{Route, by_reason, enumerated, is_gone};
use crate::docker::{AT_ONCE_MAX, Client, Error, Heard};
use crate::message::units::count;
use crate::monitor::container::{ContainerId, Listed};

/// How long an event stream is listened to, to see that it stays open.
const STREAM_STAYS_OPEN_FOR: Duration = Duration::from_millis(500);

/// The most containers whose log is tried: some logging drivers cannot be read.
const LOGS_TRIED_MAX: usize = 3;

/// Ends at the first check without which the others make no sense.
pub(super) fn check(client: &mut Client, config: &Config, print: &mut impl FnMut(Check)) {
    let address = &config.docker_socket;
    match client.ping() {
        Ok(()) => print(("socket", Good(format!("{address} answers")))),
        Err(error @ Error::Refused { .. }) => {
            let why = Route::Ping.why(&error);
            print(("socket", Lacking(format!("{address} answers, though not to a ping: {why}"))));
        }
        Err(error) => return print(("socket", Bad(error.to_string()))),
    }
    print(("version", version(client)));
    print(("info", info(client)));
    match client.list() {
        Ok(all) => {
            print(("list", list(&all, config)));
            print(("events", events(client)));
            of_containers(client, config, &Containers::of(&all), print);
        }
        Err(error) => {
            print(("list", Bad(Route::List.why(&error))));
            print(("events", events(client)));
            for route in [Route::Inspect, Route::Stats, Route::Logs] {
                let why = "not tried, as the list of containers is not answered";
                print((route.name(), Lacking(why.to_owned())));
            }
        }
    }
}

fn version(client: &mut Client) -> Finding {
    match client.version() {
        Ok(version) => Good(format!("{} (API {})", version.engine, version.api)),
        Err(error) => Lacking(format!("{}; it is only shown here", Route::Version.why(&error))),
    }
}

fn info(client: &mut Client) -> Finding {
    match client.info() {
        Ok(engine) => {
            let product = if engine.is_podman { "Podman" } else { "Docker" };
            Good(format!("{product} {} on {}", engine.version, engine.host_name))
        }
        Err(error) => Bad(format!("{}; there is no report without it", Route::Info.why(&error))),
    }
}

fn list(all: &[Listed], config: &Config) -> Finding {
    let watched = all.iter().filter(|one| config.names.admits(&one.name, &one.labels)).count();
    match (watched, all.len()) {
        (0, total @ 1..) => Lacking(format!(
            "none of {} passes CONTAINER_NAME_FILTER, CONTAINER_NAME_EXCLUDE and the label \
             dmon.enable: correct them if that is not meant",
            count(total, "container")
        )),
        (watched, total) if watched == total => Good(count(total, "container")),
        (watched, total) => Good(format!("{watched} of {} watched", count(total, "container"))),
    }
}

fn events(client: &mut Client) -> Finding {
    let route = Route::Events;
    match client.events(None) {
        Ok(mut stream) => match stream.next(STREAM_STAYS_OPEN_FOR) {
            Ok(Heard::End) => {
                Bad("the stream ends at once: see whether a proxy cuts it off".to_owned())
            }
            Ok(_) => Good("the stream is open".to_owned()),
            Err(error) => Bad(format!("the stream breaks at once: {}", route.why(&error))),
        },
        Err(error @ Error::Refused { .. }) => {
            Lacking(format!("{}; without it dmon polls", route.why(&error)))
        }
        Err(error) => Bad(route.why(&error)),
    }
}

/// The containers that are asked about.
struct Containers<'a> {
    /// By name: those that run first, at most as many as are asked about at once.
    real: Vec<(&'a str, ContainerId)>,
}

impl<'a> Containers<'a> {
    fn of(all: &'a [Listed]) -> Self {
        let (up, down): (Vec<&Listed>, Vec<&Listed>) =
            all.iter().partition(|container| container.status.is_up());
        let real = up.into_iter().chain(down).take(AT_ONCE_MAX);
        Self { real: real.map(|it| (it.name.as_str(), it.id.clone())).collect() }
    }

    /// Where there is none, one that does not exist is asked about: the Engine says so, and a proxy
    /// that refuses the question says something else.
    fn ids(&self) -> Vec<ContainerId> {
        if self.real.is_empty() {
            return vec![ContainerId::new("0".repeat(64))];
        }
        self.real.iter().map(|(_, id)| id.clone()).collect()
    }

    fn name(&self, id: &ContainerId) -> &'a str {
        let found = self.real.iter().find(|(_, other)| other == id);
        found.map_or("a container that does not exist", |(name, _)| name)
    }
}

fn of_containers(
    client: &mut Client,
    config: &Config,
    containers: &Containers<'_>,
    print: &mut impl FnMut(Check),
) {
    let ids = containers.ids();
    let answers = client.inspect_many(&ids);
    let failed = ids.iter().zip(&answers).filter_map(|(id, answer)| {
        let error = answer.as_ref().err().filter(|error| !is_gone(error))?;
        Some((containers.name(id), error))
    });
    print((Route::Inspect.name(), answered_for(Route::Inspect, ids.len(), failed.collect())));

    let sample = client.sample(&ids);
    let failed = sample.failed.iter().map(|(id, error)| (containers.name(id), error));
    print((Route::Stats.name(), answered_for(Route::Stats, ids.len(), failed.collect())));

    print((Route::Logs.name(), logs(client, config, &ids)));
}

/// Whether a question was answered for all containers, for some of them, or for none.
fn answered_for(route: Route, total: usize, failed: Vec<(&str, &Error)>) -> Finding {
    if failed.is_empty() {
        return Good("answered".to_owned());
    }
    let is_bad = failed.len() == total;
    let by_reason = by_reason(route, failed);
    let sentences = by_reason.iter().map(|(why, names)| format!("{}: {why}", enumerated(names)));
    let sentence = format!("not answered for {}", sentences.collect::<Vec<_>>().join("; "));
    if is_bad { Bad(sentence) } else { Lacking(sentence) }
}

fn logs(client: &mut Client, config: &Config, ids: &[ContainerId]) -> Finding {
    let mut why = String::new();
    for id in ids.iter().take(LOGS_TRIED_MAX) {
        match client.logs(id, 1) {
            Err(error) if !is_gone(&error) => why = Route::Logs.why(&error),
            _ => return Good("answered".to_owned()),
        }
    }
    match config.alert_log_lines {
        0 => Lacking(format!("{why}; not needed while ALERT_LOG_LINES is 0")),
        _ => Bad(why),
    }
}
