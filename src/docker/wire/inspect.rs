//! `/containers/{id}/json`.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::lenient::{Lenient, Text, Whole, labels};
use super::{Unreadable, parse, without_slash};
use crate::monitor::container::{
    ContainerId, Health, Inspected, Labels, Port, RestartPolicy, State, Status,
};
use crate::timestamp::Timestamp;

/// Reads what inspect says of one container.
pub fn inspect(bytes: &[u8]) -> Result<Inspected, Unreadable> {
    let answer: Answer = parse(WHAT, bytes)?;
    let ports = answer.ports();
    let (Lenient(config), Lenient(host_config)) = (answer.config, answer.host_config);
    Ok(Inspected {
        id: ContainerId::new(answer.id),
        name: without_slash(&answer.name.0).to_owned(),
        image: config.image.0,
        labels: config.labels,
        created: Timestamp::from_rfc3339(&answer.created.0).unwrap_or(Timestamp::from_seconds(0)),
        state: answer.state.read()?,
        restart_count: small(answer.restart_count),
        restart_policy: host_config.restart_policy.0.read(),
        stop_signal: Some(config.stop_signal.0).filter(|signal| !signal.is_empty()),
        auto_remove: host_config.auto_remove.0,
        tty: config.tty.0,
        open_stdin: config.open_stdin.0,
        memory_limit_bytes: u64::try_from(host_config.memory.0).ok().filter(|limit| *limit > 0),
        ports,
    })
}

const WHAT: &str = "the description of a container";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    id: String,
    #[serde(default)]
    name: Text,
    #[serde(default)]
    created: Text,
    #[serde(default)]
    restart_count: Whole,
    state: AnswerState,
    #[serde(default)]
    config: Lenient<Config>,
    #[serde(default)]
    host_config: Lenient<HostConfig>,
    #[serde(default)]
    network_settings: Lenient<NetworkSettings>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AnswerState {
    status: Text,
    #[serde(default)]
    exit_code: Whole,
    #[serde(default)]
    error: Text,
    #[serde(default, rename = "OOMKilled")]
    oom_killed: Lenient<bool>,
    #[serde(default)]
    started_at: Text,
    #[serde(default)]
    finished_at: Text,
    #[serde(default)]
    health: Lenient<Option<HealthCheck>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct HealthCheck {
    #[serde(default)]
    status: Text,
    #[serde(default)]
    log: Lenient<Vec<Lenient<Probe>>>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase")]
struct Probe {
    #[serde(default)]
    output: Text,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase")]
struct Config {
    #[serde(default)]
    image: Text,
    #[serde(default, deserialize_with = "labels")]
    labels: Labels,
    /// Docker writes what the image or the command line said (`SIGQUIT`, `3`), Podman a number.
    #[serde(default)]
    stop_signal: Text,
    #[serde(default)]
    tty: Lenient<bool>,
    #[serde(default)]
    open_stdin: Lenient<bool>,
    #[serde(default)]
    exposed_ports: Lenient<BTreeMap<String, Option<IgnoredAny>>>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase")]
struct HostConfig {
    #[serde(default)]
    restart_policy: Lenient<Policy>,
    #[serde(default)]
    auto_remove: Lenient<bool>,
    #[serde(default)]
    memory: Whole,
    #[serde(default)]
    port_bindings: Lenient<PortMap>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase")]
struct Policy {
    #[serde(default)]
    name: Text,
    #[serde(default)]
    maximum_retry_count: Whole,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase")]
struct NetworkSettings {
    #[serde(default)]
    ports: Lenient<PortMap>,
}

/// `80/tcp` and where the host publishes it; `null` or nothing when it is only exposed.
type PortMap = BTreeMap<String, Lenient<Vec<Lenient<Binding>>>>;

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase")]
struct Binding {
    #[serde(default)]
    host_port: Text,
}

impl AnswerState {
    fn read(self) -> Result<State, Unreadable> {
        let status = Status::from_word(&self.status.0).ok_or_else(|| {
            Unreadable::new(WHAT, format_args!("its state is {:?}", self.status.0))
        })?;
        let health = self.health.0;
        let verdict = health.as_ref().and_then(|health| Health::from_word(&health.status.0));
        let probe = health.and_then(|health| health.log.0.into_iter().last());
        Ok(State {
            status,
            health: verdict,
            last_probe_output: probe.map(|Lenient(probe)| probe.output.0),
            started_at: Timestamp::from_rfc3339(&self.started_at.0),
            finished_at: Timestamp::from_rfc3339(&self.finished_at.0),
            exit_code: self.exit_code.0,
            oom_killed: self.oom_killed.0,
            error: self.error.0,
        })
    }
}

impl Policy {
    fn read(&self) -> RestartPolicy {
        match self.name.0.as_str() {
            "always" => RestartPolicy::Always,
            "unless-stopped" => RestartPolicy::UnlessStopped,
            "on-failure" => {
                RestartPolicy::OnFailure { maximum_retries: small(self.maximum_retry_count) }
            }
            _ => RestartPolicy::No,
        }
    }
}

/// A count, cut to its range.
fn small(Whole(count): Whole) -> u32 {
    u32::try_from(count.max(0)).unwrap_or(u32::MAX)
}

impl Answer {
    /// A container that runs says where it is published; one that does not, only where it would be.
    fn ports(&self) -> Vec<Port> {
        let mut ports = ports_of(&self.network_settings.0.ports.0);
        if ports.is_empty() {
            ports = ports_of(&self.host_config.0.port_bindings.0);
            let exposed = self.config.0.exposed_ports.0.keys();
            for port in exposed.filter_map(|key| port_of(key, None)) {
                let same =
                    |one: &Port| (one.container, &one.protocol) == (port.container, &port.protocol);
                if !ports.iter().any(same) {
                    ports.push(port);
                }
            }
        }
        ports.sort();
        ports.dedup();
        ports
    }
}

fn ports_of(map: &PortMap) -> Vec<Port> {
    let mut ports = Vec::new();
    for (key, Lenient(bindings)) in map {
        match bindings.as_slice() {
            [] => ports.extend(port_of(key, None)),
            // An empty host port is one that the Engine is still to choose.
            bindings => ports.extend(
                bindings
                    .iter()
                    .filter_map(|Lenient(binding)| port_of(key, binding.host_port.0.parse().ok())),
            ),
        }
    }
    ports
}

fn port_of(key: &str, host: Option<u16>) -> Option<Port> {
    let (container, protocol) = key.split_once('/').unwrap_or((key, "tcp"));
    Some(Port {
        container: container.parse().ok()?,
        host: host.filter(|port| *port != 0),
        protocol: protocol.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::docker::recordings;

    fn recorded(path: &str, name: &str) -> Inspected {
        let bytes = recordings::read(path);
        recordings::lines(&bytes)
            .map(|line| inspect(line).unwrap())
            .find(|container| container.name == name)
            .unwrap_or_else(|| panic!("{path} has no {name}"))
    }

    /// A description with `parts` besides what must be there.
    fn made(parts: &str) -> Inspected {
        let json = format!(r#"{{"Id":"a","State":{{"Status":"running"}}{parts}}}"#);
        inspect(json.as_bytes()).unwrap_or_else(|error| panic!("{json}: {error}"))
    }

    #[test]
    fn every_recorded_description_is_read() {
        for (path, bytes) in recordings::all(".inspect.jsonl") {
            for line in recordings::lines(&bytes) {
                let container = inspect(line).unwrap_or_else(|error| panic!("{path}: {error}"));
                assert_eq!(container.id.as_str().len(), 64, "{path}");
                assert!(!container.name.is_empty() && !container.name.contains('/'), "{path}");
                assert!(container.image.ends_with("tb:1"), "{path}");
                assert!(container.state.started_at > Some(container.created), "{path}");
            }
        }
    }

    #[test]
    fn a_death_and_its_policy_are_read() {
        let check = |path: &str, name: &str, exit_code, oom_killed, policy: &str, restarts| {
            let container = recorded(path, name);
            assert_eq!(container.state.exit_code, exit_code, "{path}");
            assert_eq!(container.state.oom_killed, oom_killed, "{path}");
            assert_eq!(container.restart_policy.to_string(), policy, "{path}");
            assert_eq!(container.restart_count, restarts, "{path}");
        };
        check("docker-28.5.2/oom/after.inspect.jsonl", "web", 137, true, "on-failure:1", 1);
        check("docker-28.5.2/crash_norestart/after.inspect.jsonl", "web", 3, false, "no", 0);
        check(
            "docker-20.10.24/crashloop_fail/after.inspect.jsonl",
            "web",
            7,
            false,
            "on-failure:3",
            3,
        );
        check("podman-5.8.6/oom/after.inspect.jsonl", "web", 137, true, "on-failure:1", 1);
        check("podman-5.8.6/restart_always/after.inspect.jsonl", "web", 0, false, "always", 0);
    }

    #[test]
    fn the_first_run_has_not_finished() {
        let state = recorded("docker-28.5.2/restart/before.inspect.jsonl", "web").state;
        assert_eq!(state.finished_at, None);
        assert!(state.started_at.is_some());
    }

    #[test]
    fn health_comes_with_the_last_probe() {
        let state = recorded("docker-26.1.5/health/after.inspect.jsonl", "web").state;
        assert_eq!(state.health, Some(Health::Healthy));
        assert_eq!(state.last_probe_output.as_deref(), Some("\n"));
        let none = recorded("docker-26.1.5/restart/after.inspect.jsonl", "web").state;
        assert_eq!((none.health, none.last_probe_output), (None, None));
    }

    #[test]
    fn a_memory_limit_is_there_when_it_is_set() {
        let limited = recorded("docker-26.1.5/oom/after.inspect.jsonl", "web");
        assert_eq!(limited.memory_limit_bytes, Some(16 << 20));
        let free = recorded("docker-26.1.5/restart/after.inspect.jsonl", "web");
        assert_eq!(free.memory_limit_bytes, None);
    }

    #[test]
    fn a_stop_signal_is_a_word_or_a_number() {
        let check = |json: &str, expected: Option<&str>| {
            let container = made(&format!(r#","Config":{{"StopSignal":{json}}}"#));
            assert_eq!(container.stop_signal.as_deref(), expected);
        };
        check(r#""SIGWINCH""#, Some("SIGWINCH"));
        check(r#""28""#, Some("28"));
        check("28", Some("28"));
        check(r#""""#, None);
        check("null", None);
        let podman = recorded("podman-5.8.6/restart/after.inspect.jsonl", "web");
        assert_eq!(podman.stop_signal.as_deref(), Some("15"));
    }

    #[test]
    fn missing_and_null_are_nothing() {
        let null = made(
            r#","Name":null,"Created":null,"Config":null,"HostConfig":null,"NetworkSettings":null,
               "RestartCount":null,"Image":null,"New":[{}]"#,
        );
        assert_eq!(null, made(""));
        assert_eq!(null.restart_policy, RestartPolicy::No);
        let deeper = made(
            r#","Config":{"Labels":null,"ExposedPorts":null,"Tty":null},
               "HostConfig":{"RestartPolicy":null,"Memory":null,"PortBindings":null},
               "NetworkSettings":{"Ports":null}"#,
        );
        assert_eq!(deeper, made(""));
    }

    #[test]
    fn an_odd_field_costs_nothing_but_itself() {
        let check = |odd: &str| assert_eq!(made(odd), made(""), "{odd}");
        check(r#","Name":{},"Created":7,"Image":[],"RestartCount":"many""#);
        check(r#","Config":7,"HostConfig":"x","NetworkSettings":[]"#);
        check(r#","Config":{"Labels":7,"ExposedPorts":["80/tcp"],"Tty":"yes"}"#);
        check(r#","HostConfig":{"Memory":{},"RestartPolicy":[],"PortBindings":{"-1/tcp":[null]}}"#);
        let state = r#"{"Id":"a","State":{"Status":"running","ExitCode":[],"OOMKilled":"no",
                        "StartedAt":7,"Health":{"Status":3,"Log":[null,7]},"Error":{}}}"#;
        let odd = inspect(state.as_bytes()).unwrap();
        assert_eq!((odd.state.exit_code, odd.state.health), (0, None));
    }

    #[test]
    fn a_number_out_of_range_is_cut_to_it() {
        let check = |json: &str, restarts, limit| {
            let container =
                made(&format!(r#","RestartCount":{json},"HostConfig":{{"Memory":{json}}}"#));
            assert_eq!(container.restart_count, restarts, "{json}");
            assert_eq!(container.memory_limit_bytes, limit, "{json}");
        };
        check("3", 3, Some(3));
        check("-3", 0, None);
        check("4294967296", u32::MAX, Some(1 << 32));
        check("1e30", u32::MAX, Some(i64::MAX.cast_unsigned()));
    }

    #[test]
    fn ports_are_where_they_are_published_or_would_be() {
        let check = |parts: &str, expected: &[&str]| {
            let shown: Vec<String> = made(parts).ports.iter().map(ToString::to_string).collect();
            assert_eq!(shown, expected, "{parts}");
        };
        check(
            r#","NetworkSettings":{"Ports":{"80/tcp":[{"HostIp":"0.0.0.0","HostPort":"8080"},
               {"HostIp":"::","HostPort":"8080"}],"53/udp":null}}"#,
            &["53/udp", "8080→80/tcp"],
        );
        check(
            r#","NetworkSettings":{"Ports":{}},"Config":{"ExposedPorts":{"80/tcp":{},"81/tcp":{}}},
               "HostConfig":{"PortBindings":{"80/tcp":[{"HostIp":"","HostPort":"8080"}]}}"#,
            &["8080→80/tcp", "81/tcp"],
        );
        check(
            r#","HostConfig":{"PortBindings":{"80/tcp":[{"HostIp":"","HostPort":""}],"x":null}}"#,
            &["80/tcp"],
        );
    }

    #[test]
    fn what_is_no_description_is_an_error() {
        let check = |json: &str, expected: &str| {
            let error = inspect(json.as_bytes()).unwrap_err().to_string();
            assert!(error.starts_with(expected), "{error}");
        };
        check("", "the description of a container cannot be read: EOF");
        check(
            r#"{"Id":"a"}"#,
            "the description of a container cannot be read: missing field `State`",
        );
        check(
            r#"{"Id":"a","State":{"Status":"hibernating"}}"#,
            "the description of a container cannot be read: its state is \"hibernating\"",
        );
        check(
            r#"{"Id":"a","State":null}"#,
            "the description of a container cannot be read: invalid type: null",
        );
        check(
            r#"{"Id":"a","State":{"Status":null}}"#,
            "the description of a container cannot be read: its state is \"\"",
        );
    }
}
