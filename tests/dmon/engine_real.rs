//! The Engine's client against a real Engine, beside what `docker` says of the same containers.

use std::collections::BTreeMap;
use std::time::Duration;

use dmon::clock;
use dmon::docker::logs::demultiplex;
use dmon::docker::{Client, Error, Heard, Stream, wire};
use dmon::monitor::container::{ContainerId, Listed, RestartPolicy, Status, Usage};
use dmon::monitor::event::{Action, Event};
use dmon::monitor::signals;

use crate::support::process::PATIENCE;
use crate::support::real_engine::RealEngine;

fn client(engine: &RealEngine) -> Client {
    Client::with_timeout(engine.address.parse().unwrap(), PATIENCE)
}

/// The test's own containers by name.
fn listed(engine: &RealEngine, client: &mut Client) -> BTreeMap<String, Listed> {
    let prefix = engine.full_name("");
    let own = client.list().unwrap().into_iter().filter_map(|container| {
        Some((container.name.strip_prefix(&prefix)?.to_owned(), container))
    });
    own.collect()
}

#[test]
fn the_engine_says_who_it_is() {
    let Some(engine) = RealEngine::find() else { return };
    let mut client = client(&engine);
    client.ping().unwrap();
    let info = client.info().unwrap();
    assert_eq!(info.version, engine.docker(&["version", "-f", "{{.Server.Version}}"]));
    assert_eq!(info.host_name, engine.docker(&["info", "-f", "{{.Name}}"]));
    let version = client.version().unwrap();
    assert_eq!(version.engine, info.version);
    assert_eq!(version.api, engine.docker(&["version", "-f", "{{.Server.APIVersion}}"]));
}

#[test]
fn containers_are_what_they_were_made() {
    let Some(engine) = RealEngine::find() else { return };
    let options = ["--memory=32m", "--restart=on-failure:3", "--label=a=b", "--stop-signal=WINCH"];
    engine.run("up", &options, &["sleep", "600"]);
    engine.run("frozen", &[], &["sleep", "600"]);
    engine.docker(&["pause", &engine.full_name("frozen")]);
    engine.run("failed", &[], &["sh", "-c", "echo said; echo cried >&2; exit 3"]);
    engine.wait_for("failed", "{{.State.Status}}", "exited");

    let mut client = client(&engine);
    let listed = listed(&engine, &mut client);
    let statuses = ["up", "frozen", "failed"].map(|name| listed[name].status);
    assert_eq!(statuses, [Status::Running, Status::Paused, Status::Exited]);
    assert_eq!((listed["failed"].exit_code, &listed["up"].labels["a"][..]), (Some(3), "b"));

    let up = client.inspect(&listed["up"].id).unwrap();
    assert_eq!(up.memory_limit_bytes, Some(32 << 20));
    assert_eq!(up.restart_policy, RestartPolicy::OnFailure { maximum_retries: 3 });
    // Docker repeats the name that it was told, Podman has the number.
    assert_eq!(up.stop_signal.as_deref().and_then(signals::number), Some(28));
    assert!(up.state.started_at >= Some(up.created) && up.state.finished_at.is_none());
    let failed = &client.inspect_many(&[listed["failed"].id.clone()])[0];
    let failed = &failed.as_ref().unwrap().state;
    assert_eq!((failed.status, failed.exit_code), (Status::Exited, 3));
    // Not which came first: 20.10 notes the start of one that ends at once after its end.
    assert!(failed.started_at.is_some() && failed.finished_at.is_some());

    let log = demultiplex(&client.logs(&listed["failed"].id, 5).unwrap());
    let mut lines: Vec<_> = log.split(|byte| *byte == b'\n').collect();
    lines.sort_unstable();
    assert_eq!(lines, [&b""[..], b"cried", b"said"], "either output may be first");
}

#[test]
fn a_container_that_is_not_there_is_not_found() {
    let Some(engine) = RealEngine::find() else { return };
    let error = client(&engine).inspect(&ContainerId::new("0".repeat(64))).unwrap_err();
    assert!(matches!(error, Error::Refused { status: 404, message: Some(_), .. }), "{error}");
}

#[test]
fn usage_is_what_docker_stats_shows_beside_it() {
    let Some(engine) = RealEngine::find_docker("counts in a way that docker stats misreads") else {
        return;
    };
    let burn = "while :; do :; done";
    engine.run("burn", &["--cpus=0.5", "--memory=256m"], &["sh", "-c", burn]);
    let cache = "dd if=/dev/zero of=/file bs=1M count=20; sync; cat /file >/dev/null; sleep 600";
    engine.run("cache", &["--memory=64m"], &["sh", "-c", cache]);
    engine.run("gone", &[], &["true"]);
    let mut client = client(&engine);
    let ids: Vec<_> = listed(&engine, &mut client).into_values().map(|one| one.id).collect();

    let deadline = clock::monotonic() + PATIENCE;
    let names = [engine.full_name("burn"), engine.full_name("cache")];
    let host = client.info().unwrap();
    loop {
        let first = client.sample(&ids);
        let format = "{{.ID}} {{.CPUPerc}} {{.MemPerc}}";
        let command = ["stats", "--no-stream", "--no-trunc", "--format", format];
        let printed =
            engine.docker(&[&command[..], &names.each_ref().map(String::as_str)].concat());
        let usage = client.sample(&ids).usage(&first, &host);
        // The two look at different moments: on a busy machine they may have to look again.
        if printed.lines().all(|line| agrees(line, &usage)) {
            break;
        }
        assert!(clock::monotonic() < deadline, "{printed} is not {usage:#?}");
    }
}

/// Whether a line of `docker stats` says the same: processors within 5 points, memory within 2 %.
#[expect(clippy::cast_precision_loss, reason = "compared with a rounded number")]
fn agrees(line: &str, usage: &BTreeMap<ContainerId, Usage>) -> bool {
    let mut fields = line.split_whitespace();
    let usage = usage[&ContainerId::new(fields.next().unwrap())];
    let mut percent = || fields.next().unwrap().trim_end_matches('%').parse::<f64>().unwrap();
    let (cpu, memory) = (percent(), percent());
    let used =
        usage.memory_bytes.unwrap() as f64 / usage.memory_limit_bytes.unwrap() as f64 * 100.0;
    (usage.cpu_percent.unwrap() - cpu).abs() < 5.0 && (used - memory).abs() <= memory * 0.02 + 0.01
}

/// The next event of that container.
fn hear(stream: &mut Stream, id: &str) -> Event {
    let deadline = clock::monotonic() + PATIENCE;
    while clock::monotonic() < deadline {
        let Heard::Line(line) = stream.next(Duration::from_secs(1)).unwrap() else { continue };
        if let Some(event) = wire::event(line).unwrap().filter(|event| event.id.as_str() == id) {
            return event;
        }
    }
    panic!("no event of {id}");
}

#[test]
fn events_are_told_as_they_happen_and_again() {
    let Some(engine) = RealEngine::find_docker("leaves health checks to systemd") else { return };
    let mut client = client(&engine);
    let mut stream = client.events(None).unwrap();
    let check = ["--health-cmd=true", "--health-interval=1s", "--label=a=b"];
    let id = engine.run("web", &check, &["sleep", "600"]);
    let created = hear(&mut stream, &id);
    assert_eq!((&created.action, created.name), (&Action::Create, engine.full_name("web")));
    assert_eq!(created.labels["a"], "b");
    assert_eq!(hear(&mut stream, &id).action, Action::Start);
    let healthy = hear(&mut stream, &id).action;
    assert_eq!(healthy, Action::Health(dmon::monitor::container::Health::Healthy));
    // The probe's own exec events are not among them.
    engine.docker(&["kill", &engine.full_name("web")]);
    assert_eq!(hear(&mut stream, &id).action, Action::Kill { signal: "9".to_owned() });
    assert_eq!(
        hear(&mut stream, &id).action,
        Action::Die { exit_code: Some(137), out_of_memory: false }
    );

    let mut again = client.events(Some(created.time)).unwrap();
    assert_eq!(hear(&mut again, &id).time, created.time);
    assert_eq!(hear(&mut again, &id).action, Action::Start);
}
