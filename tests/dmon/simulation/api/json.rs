//! The JSON of the answers, in Docker 28's fields.

use std::collections::BTreeMap;
use std::time::Duration;

use dmon::monitor::container::{ContainerId, Health, Inspected, Labels, RestartPolicy, Status};
use dmon::monitor::event::{Action, Event};
use dmon::timestamp::Timestamp;
use serde::Serialize;

use super::Flaw;
use crate::simulation::engine::Engine;

/// What an Engine says when it refuses.
#[derive(Serialize)]
pub(super) struct Refusal<'a> {
    pub(super) message: &'a str,
}

/// `/version`.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
#[expect(clippy::struct_field_names, reason = "the Engine names them so")]
pub(super) struct Version {
    version: &'static str,
    api_version: &'static str,
    #[serde(rename = "MinAPIVersion")]
    min_api_version: &'static str,
    os: &'static str,
    arch: &'static str,
}

impl Default for Version {
    fn default() -> Self {
        let (version, api_version, min_api_version) = ("28.5.2", "1.51", "1.24");
        Self { version, api_version, min_api_version, os: "linux", arch: "amd64" }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Info {
    #[serde(rename = "ID")]
    id: &'static str,
    name: &'static str,
    server_version: &'static str,
    mem_total: u64,
    #[serde(rename = "NCPU")]
    ncpu: u32,
    system_time: String,
}

/// `/info`.
pub(super) fn info(now: Timestamp) -> Vec<u8> {
    body(&Info {
        id: "985fa808-389a-48c5-acdc-558e77027845",
        name: "host",
        server_version: "28.5.2",
        mem_total: 8 << 30,
        ncpu: 2,
        system_time: rfc3339(Some(now)),
    })
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Line<'a> {
    id: &'a str,
    names: [String; 1],
    image: &'a str,
    #[serde(rename = "ImageID")]
    image_id: String,
    command: &'static str,
    created: i64,
    ports: [(); 0],
    labels: &'a Labels,
    state: Option<&'static str>,
    status: &'a str,
    mounts: [(); 0],
}

/// `/containers/json?all=1`, with what is wrong with one line of it or with all.
pub(super) fn list(
    engine: &Engine,
    flaw: Option<Flaw>,
    of: Option<&ContainerId>,
    now: Timestamp,
) -> Vec<u8> {
    let clock = engine.stamp(now);
    let mut written = engine.written.borrow_mut();
    let mut list = b"[".to_vec();
    for shown in engine.vessels.values().map(|vessel| &vessel.shown) {
        let state = match flaw.filter(|_| of.is_none_or(|id| *id == shown.id)) {
            Some(Flaw::Missing) => continue,
            Some(Flaw::NoState) => Err(None),
            Some(Flaw::OddState) => Err(Some(ODD)),
            _ => Ok(()),
        };
        if list.len() > 1 {
            list.push(b',');
        }
        match state {
            Ok(()) => list.extend_from_slice(written.line(shown, clock)),
            Err(state) => list.extend(line(shown, state, "")),
        }
    }
    list.push(b']');
    list
}

fn line(shown: &Inspected, state: Option<&'static str>, status: &str) -> Vec<u8> {
    body(&Line {
        id: shown.id.as_str(),
        names: [format!("/{}", shown.name)],
        image: &shown.image,
        image_id: image_id(shown),
        command: "sleep",
        created: shown.created.seconds(),
        ports: [],
        labels: &shown.labels,
        state,
        status,
        mounts: [],
    })
}

/// What was written of each container last. It is written anew only when it is to be shown
/// otherwise.
#[derive(Default)]
pub(in crate::simulation) struct Written {
    /// The container, how long it has been so in words, and the line.
    lines: BTreeMap<ContainerId, (Inspected, String, Vec<u8>)>,
    inspections: BTreeMap<ContainerId, (Inspected, Vec<u8>)>,
}

impl Written {
    fn line(&mut self, shown: &Inspected, clock: Timestamp) -> &[u8] {
        let words = status(shown, clock);
        let is_same =
            |(before, said, _): &(Inspected, String, _)| *said == words && before == shown;
        if !self.lines.get(&shown.id).is_some_and(is_same) {
            let line = line(shown, Some(shown.state.status.word()), &words);
            self.lines.insert(shown.id.clone(), (shown.clone(), words, line));
        }
        &self.lines[&shown.id].2
    }

    fn inspection(&mut self, shown: &Inspected) -> &[u8] {
        let before = self.inspections.get(&shown.id);
        if before.is_none_or(|(before, _)| before != shown) {
            let inspection = description(shown, None);
            self.inspections.insert(shown.id.clone(), (shown.clone(), inspection));
        }
        &self.inspections[&shown.id].1
    }
}

/// A word that no Engine had when dmon was written.
const ODD: &str = "unknown";

/// What the list says of a container in words, as moby's `State.String`.
fn status(shown: &Inspected, clock: Timestamp) -> String {
    let state = &shown.state;
    let up = || human(clock.since(state.started_at.unwrap_or(clock)));
    let down = || human(clock.since(state.finished_at.unwrap_or(clock)));
    match state.status {
        Status::Created => "Created".to_owned(),
        Status::Paused => format!("Up {} (Paused)", up()),
        Status::Running => match state.health {
            Some(Health::Starting) => format!("Up {} (health: starting)", up()),
            Some(health) => format!("Up {} ({health})", up()),
            None => format!("Up {}", up()),
        },
        Status::Restarting => format!("Restarting ({}) {} ago", state.exit_code, down()),
        Status::Removing => "Removal In Progress".to_owned(),
        Status::Dead => "Dead".to_owned(),
        Status::Exited => format!("Exited ({}) {} ago", state.exit_code, down()),
    }
}

/// A span in words, as go-units' `HumanDuration`, for less than four weeks.
fn human(span: Duration) -> String {
    let (seconds, minutes) = (span.as_secs(), span.as_secs() / 60);
    let hours = (span.as_secs() + 1_800) / 3_600;
    match (seconds, minutes, hours) {
        (0, ..) => "Less than a second".to_owned(),
        (1, ..) => "1 second".to_owned(),
        (..60, ..) => format!("{seconds} seconds"),
        (_, 1, _) => "About a minute".to_owned(),
        (_, ..60, _) => format!("{minutes} minutes"),
        (.., 1) => "About an hour".to_owned(),
        (.., ..48) => format!("{hours} hours"),
        (.., ..336) => format!("{} days", hours / 24),
        _ => format!("{} weeks", hours / 168),
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Description<'a> {
    id: &'a str,
    created: String,
    path: &'static str,
    args: [&'static str; 1],
    state: Option<DescribedState<'a>>,
    image: String,
    name: String,
    restart_count: u32,
    driver: &'static str,
    platform: &'static str,
    host_config: HostConfig,
    mounts: [(); 0],
    config: Config<'a>,
    network_settings: NetworkSettings,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
#[expect(clippy::struct_excessive_bools, reason = "the Engine shows as many")]
struct DescribedState<'a> {
    status: &'static str,
    running: bool,
    paused: bool,
    restarting: bool,
    #[serde(rename = "OOMKilled")]
    oom_killed: bool,
    dead: bool,
    pid: u32,
    exit_code: i64,
    error: &'a str,
    started_at: String,
    finished_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    health: Option<HealthCheck<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct HealthCheck<'a> {
    status: &'static str,
    failing_streak: u32,
    log: Vec<Probe<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Probe<'a> {
    exit_code: i64,
    output: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct HostConfig {
    network_mode: &'static str,
    port_bindings: Empty,
    restart_policy: Policy,
    auto_remove: bool,
    memory: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Policy {
    name: &'static str,
    maximum_retry_count: u32,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Config<'a> {
    tty: bool,
    open_stdin: bool,
    env: Option<()>,
    image: &'a str,
    labels: &'a Labels,
    #[serde(skip_serializing_if = "Option::is_none")]
    stop_signal: Option<&'a str>,
}

/// An object without fields.
#[derive(Serialize)]
struct Empty {}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct NetworkSettings {
    ports: Empty,
}

/// `/containers/{id}/json`, with what is wrong with it.
pub(super) fn inspect(engine: &Engine, shown: &Inspected, flaw: Option<Flaw>) -> Vec<u8> {
    match flaw {
        Some(Flaw::NoState | Flaw::OddState) => description(shown, flaw),
        _ => engine.written.borrow_mut().inspection(shown).to_vec(),
    }
}

fn description(shown: &Inspected, flaw: Option<Flaw>) -> Vec<u8> {
    body(&Description {
        id: shown.id.as_str(),
        created: rfc3339(Some(shown.created)),
        path: "sleep",
        args: ["inf"],
        state: (flaw != Some(Flaw::NoState)).then(|| described_state(shown, flaw)),
        image: image_id(shown),
        name: format!("/{}", shown.name),
        restart_count: shown.restart_count,
        driver: "overlay2",
        platform: "linux",
        host_config: HostConfig {
            network_mode: "none",
            port_bindings: Empty {},
            restart_policy: policy(shown.restart_policy),
            auto_remove: shown.auto_remove,
            memory: shown.memory_limit_bytes.unwrap_or(0),
        },
        mounts: [],
        config: Config {
            tty: shown.tty,
            open_stdin: shown.open_stdin,
            env: None,
            image: &shown.image,
            labels: &shown.labels,
            stop_signal: shown.stop_signal.as_deref(),
        },
        network_settings: NetworkSettings { ports: Empty {} },
    })
}

fn described_state(shown: &Inspected, flaw: Option<Flaw>) -> DescribedState<'_> {
    let state = &shown.state;
    let probe = state.last_probe_output.as_deref();
    let probe = probe.map(|output| Probe { exit_code: 0, output });
    DescribedState {
        status: if flaw == Some(Flaw::OddState) { ODD } else { state.status.word() },
        running: state.status.is_up() || state.status == Status::Restarting,
        paused: state.status == Status::Paused,
        restarting: state.status == Status::Restarting,
        oom_killed: state.oom_killed,
        dead: state.status == Status::Dead,
        pid: if state.status.is_up() { 25_533 } else { 0 },
        exit_code: state.exit_code,
        error: &state.error,
        started_at: rfc3339(state.started_at),
        finished_at: rfc3339(state.finished_at),
        health: state.health.map(|health| HealthCheck {
            status: health.word(),
            failing_streak: u32::from(health == Health::Unhealthy),
            log: probe.into_iter().collect(),
        }),
    }
}

fn policy(policy: RestartPolicy) -> Policy {
    let (name, maximum_retry_count) = match policy {
        RestartPolicy::No => ("no", 0),
        RestartPolicy::Always => ("always", 0),
        RestartPolicy::UnlessStopped => ("unless-stopped", 0),
        RestartPolicy::OnFailure { maximum_retries } => ("on-failure", maximum_retries),
    };
    Policy { name, maximum_retry_count }
}

#[derive(Serialize)]
struct EventLine<'a> {
    status: &'a str,
    id: &'a str,
    from: &'a str,
    #[serde(rename = "Type")]
    r#type: &'static str,
    #[serde(rename = "Action")]
    action: &'a str,
    #[serde(rename = "Actor")]
    actor: Actor<'a>,
    scope: &'static str,
    time: i64,
    #[serde(rename = "timeNano")]
    time_nano: i64,
}

#[derive(Serialize)]
struct Actor<'a> {
    #[serde(rename = "ID")]
    id: &'a str,
    #[serde(rename = "Attributes")]
    attributes: Labels,
}

/// A line of `/events`, with its line end.
pub(in crate::simulation) fn event_line(event: &Event) -> Vec<u8> {
    let mut attributes = event.labels.clone();
    let mut attribute = |key: &str, value: String| attributes.insert(key.to_owned(), value);
    attribute("image", event.image.clone());
    attribute("name", event.name.clone());
    match &event.action {
        Action::Die { exit_code, .. } => {
            attribute("execDuration", "1".to_owned());
            exit_code.map(|code| attribute("exitCode", code.to_string()));
        }
        Action::Kill { signal } => {
            attribute("signal", signal.clone());
        }
        Action::Rename { from } => {
            attribute("oldName", format!("/{from}"));
        }
        _ => {}
    }
    let id = event.id.as_str();
    let action = &*word(&event.action);
    let mut line = body(&EventLine {
        status: action,
        id,
        from: &event.image,
        r#type: "container",
        action,
        actor: Actor { id, attributes },
        scope: "local",
        time: event.time.seconds(),
        time_nano: event.time.nanoseconds(),
    });
    line.push(b'\n');
    line
}

/// The Engine's word for what happened.
pub(in crate::simulation) fn word(action: &Action) -> String {
    let word = match action {
        Action::Health(health) => return format!("health_status: {health}"),
        Action::Create => "create",
        Action::Start => "start",
        Action::Die { .. } => "die",
        Action::Kill { .. } => "kill",
        Action::Stop => "stop",
        Action::Restart => "restart",
        Action::Pause => "pause",
        Action::Unpause => "unpause",
        Action::Oom => "oom",
        Action::Rename { .. } => "rename",
        Action::Update => "update",
        Action::Destroy => "destroy",
    };
    word.to_owned()
}

pub(super) fn body(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).expect("it has no keys but text")
}

/// As Go writes a time; its zero is the year 1.
fn rfc3339(at: Option<Timestamp>) -> String {
    let Some(at) = at else { return "0001-01-01T00:00:00Z".to_owned() };
    let utc = at.utc();
    let (date, hour, minute, second) = (utc.date(), utc.hour(), utc.minute(), utc.second());
    let nanosecond = utc.nanosecond();
    format!("{date}T{hour:02}:{minute:02}:{second:02}.{nanosecond:09}Z")
}

/// The id of its image.
fn image_id(shown: &Inspected) -> String {
    format!("sha256:{}", shown.image)
}
