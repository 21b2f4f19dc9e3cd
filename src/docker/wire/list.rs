//! `/containers/json?all=1`.

use std::time::Duration;

use log::warn;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Unreadable, nullable, parse, without_slash};
use crate::monitor::container::{ContainerId, Health, Labels, Listed, Port, Status};
use crate::timestamp::Timestamp;

/// Reads the list. A line that makes no sense is left out with a warning, so that one container
/// from a future Engine does not hide all the others; an error means that the whole is no list.
pub fn list(bytes: &[u8]) -> Result<Vec<Listed>, Unreadable> {
    let lines: Vec<&RawValue> = serde_json::from_slice(bytes)
        .map_err(|error| Unreadable::new("the list of containers", error))?;
    Ok(lines
        .into_iter()
        .filter_map(|line| {
            container(line.get()).inspect_err(|error| warn!("left out of the list: {error}")).ok()
        })
        .collect())
}

fn container(text: &str) -> Result<Listed, Unreadable> {
    let line: Line = parse(WHAT, text.as_bytes())?;
    if line.id.is_empty() {
        return Err(Unreadable::new(WHAT, "it has no id"));
    }
    let status = Status::from_word(&line.state).or_else(|| status_of(&line.status));
    let status = status
        .ok_or_else(|| Unreadable::new(WHAT, format_args!("{} is {:?}", line.id, line.state)))?;
    let mut ports: Vec<Port> = line.ports.into_iter().map(Port::from).collect();
    ports.sort();
    ports.dedup();
    Ok(Listed {
        name: own_name(&line.names).to_owned(),
        id: ContainerId::new(line.id),
        image: line.image,
        labels: line.labels,
        status,
        health: health_of(&line.status),
        exit_code: exit_code_of(&line.status),
        up_at_most: up_at_most(&line.status),
        ports,
        created: Timestamp::from_seconds(line.created),
    })
}

const WHAT: &str = "a container of the list";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Line {
    id: String,
    #[serde(default, deserialize_with = "nullable")]
    names: Vec<String>,
    #[serde(default, deserialize_with = "nullable")]
    image: String,
    #[serde(default, deserialize_with = "nullable")]
    labels: Labels,
    #[serde(default, deserialize_with = "nullable")]
    state: String,
    #[serde(default, deserialize_with = "nullable")]
    status: String,
    #[serde(default, deserialize_with = "nullable")]
    ports: Vec<LinePort>,
    #[serde(default, deserialize_with = "nullable")]
    created: i64,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct LinePort {
    private_port: u16,
    public_port: Option<u16>,
    #[serde(default, deserialize_with = "nullable")]
    r#type: String,
}

impl From<LinePort> for Port {
    fn from(port: LinePort) -> Self {
        let host = port.public_port.filter(|port| *port != 0);
        Self { container: port.private_port, host, protocol: port.r#type }
    }
}

/// A container that others link to is listed under their names for it too (`/other/alias`): its own
/// name has no second slash.
fn own_name(names: &[String]) -> &str {
    let mut names = names.iter().map(|name| without_slash(name));
    let first = names.clone().next().unwrap_or_default();
    names.find(|name| !name.contains('/')).unwrap_or(first)
}

/// What `Status` says in words, for a `State` that is missing or not known.
fn status_of(text: &str) -> Option<Status> {
    Some(match text.split_whitespace().next()? {
        "Up" if text.ends_with("(Paused)") => Status::Paused,
        "Up" => Status::Running,
        "Restarting" => Status::Restarting,
        "Exited" => Status::Exited,
        "Created" => Status::Created,
        "Removal" => Status::Removing,
        "Dead" => Status::Dead,
        _ => return None,
    })
}

/// `Up 17 seconds (healthy)`, `Up 1 second (health: starting)`.
fn health_of(text: &str) -> Option<Health> {
    let (_, last) = text.strip_suffix(')')?.rsplit_once('(')?;
    Health::from_word(last.strip_prefix("health: ").unwrap_or(last))
}

/// `Exited (137) 2 seconds ago`, `Restarting (7) Less than a second ago`.
fn exit_code_of(text: &str) -> Option<i64> {
    let rest = text.strip_prefix("Exited (").or_else(|| text.strip_prefix("Restarting ("))?;
    rest.split_once(')')?.0.parse().ok()
}

/// `Up Less than a second`, `Up 3 minutes (healthy)`, `Up About an hour`. The Engine cuts seconds,
/// minutes and days off and rounds hours; Podman writes a minute as `1 minute`.
fn up_at_most(text: &str) -> Option<Duration> {
    let text = text.strip_prefix("Up ")?;
    if text.starts_with("Less than a second") {
        return Some(Duration::from_secs(1));
    }
    let text = text.strip_prefix("About ").unwrap_or(text);
    let (number, unit) = text.split_once(' ')?;
    let number: u32 = if matches!(number, "a" | "an") { 1 } else { number.parse().ok()? };
    let unit = unit.split_whitespace().next()?;
    let unit_seconds: u64 = match unit.strip_suffix('s').unwrap_or(unit) {
        "second" => 1,
        "minute" => 60,
        "hour" => 3_600,
        "day" => 86_400,
        "week" => 7 * 86_400,
        "month" => 30 * 86_400,
        "year" => 365 * 86_400,
        _ => return None,
    };
    Some(Duration::from_secs(unit_seconds) * number.checked_add(1)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::docker::recordings;

    fn one(json: &str) -> Listed {
        let mut listed = list(format!("[{json}]").as_bytes()).unwrap();
        assert_eq!(listed.len(), 1, "{json}");
        listed.remove(0)
    }

    #[test]
    fn every_recorded_list_is_read_whole() {
        for (path, bytes) in recordings::all(".list.json") {
            let lines: Vec<&RawValue> = serde_json::from_slice(&bytes).unwrap();
            let listed = list(&bytes).unwrap();
            assert_eq!(listed.len(), lines.len(), "{path}");
            for container in listed {
                assert_eq!(container.id.as_str().len(), 64, "{path}");
                assert!(!container.name.is_empty() && !container.name.contains('/'), "{path}");
                assert!(container.image.ends_with("tb:1"), "{path}");
                assert!(container.created > Timestamp::from_seconds(1_700_000_000), "{path}");
            }
        }
    }

    #[test]
    fn how_long_a_run_has_lasted_is_bounded_by_the_words() {
        let check = |text: &str, seconds: Option<u64>| {
            assert_eq!(up_at_most(text), seconds.map(Duration::from_secs), "{text}");
        };
        check("Up Less than a second", Some(1));
        check("Up 1 second (health: starting)", Some(2));
        check("Up 59 seconds", Some(60));
        check("Up About a minute (Paused)", Some(120));
        check("Up 3 minutes (healthy)", Some(240));
        check("Up About an hour", Some(7_200));
        check("Up 2 days", Some(3 * 86_400));
        check("Up 3 weeks", Some(28 * 86_400));
        check("Exited (0) 3 hours ago", None);
        check("Up", None);
        check("Up a while", None);
    }

    #[test]
    fn what_an_engine_listed_is_told_as_it_was() {
        let check = |path: &str, name: &str, status, health, exit_code| {
            let listed = list(&recordings::read(path)).unwrap();
            let container = listed.iter().find(|one| one.name == name).unwrap();
            assert_eq!(container.status, status, "{path}");
            assert_eq!(container.health, health, "{path}");
            assert_eq!(container.exit_code, exit_code, "{path}");
        };
        let healthy = Some(Health::Healthy);
        check("docker-28.5.2/restart/before.list.json", "web", Status::Running, None, None);
        check("docker-28.5.2/health/after.list.json", "web", Status::Running, healthy, None);
        check("docker-20.10.24/kill/after.list.json", "web", Status::Exited, None, Some(137));
        check("podman-5.8.6/crash_norestart/after.list.json", "web", Status::Exited, None, Some(3));
        check("podman-5.8.6/rename/after.list.json", "web2", Status::Running, None, None);
    }

    #[test]
    fn the_text_gives_health_and_exit_code() {
        let check = |text: &str, health, exit_code| {
            assert_eq!((health_of(text), exit_code_of(text)), (health, exit_code), "{text}");
        };
        check("Up 17 seconds (healthy)", Some(Health::Healthy), None);
        check("Up 2 hours (unhealthy)", Some(Health::Unhealthy), None);
        check("Up 1 second (health: starting)", Some(Health::Starting), None);
        check("Up 3 minutes (Paused)", None, None);
        check("Up 3 minutes", None, None);
        check("Exited (137) 2 seconds ago", None, Some(137));
        check("Exited (-1) 2 seconds ago", None, Some(-1));
        check("Restarting (7) Less than a second ago", None, Some(7));
        check("Created", None, None);
        check("Dead", None, None);
        check("", None, None);
    }

    #[test]
    fn a_state_that_is_not_known_is_read_off_the_text() {
        let check = |state: &str, text: &str, expected| {
            let json = format!(r#"{{"Id":"a","State":"{state}","Status":"{text}"}}"#);
            assert_eq!(one(&json).status, expected, "{json}");
        };
        check("", "Up 2 hours", Status::Running);
        check("frozen", "Up 2 hours (Paused)", Status::Paused);
        check("hibernating", "Exited (0) 3 hours ago", Status::Exited);
        check("", "Restarting (1) 3 seconds ago", Status::Restarting);
        check("", "Removal In Progress", Status::Removing);
        check("", "Created", Status::Created);
        check("", "Dead", Status::Dead);
        check("paused", "Up 2 hours", Status::Paused);
    }

    #[test]
    fn missing_and_null_are_nothing() {
        let nothing = one(r#"{"Id":"a","State":"running"}"#);
        let null = one(r#"{"Id":"a","State":"running","Names":null,"Image":null,"Labels":null,
                "Status":null,"Ports":null,"Created":null,"New":{"in":["31",{}]}}"#);
        assert_eq!(null, nothing);
        assert_eq!(nothing.name, "");
    }

    #[test]
    fn a_line_that_makes_no_sense_does_not_hide_the_others() {
        let check = |broken: &str| {
            let json = format!(r#"[{broken},{{"Id":"b","State":"running"}}]"#);
            let listed = list(json.as_bytes()).unwrap();
            assert_eq!(listed.len(), 1, "{broken}");
            assert_eq!(listed[0].id.as_str(), "b", "{broken}");
        };
        check(r#"{"State":"running"}"#);
        check(r#"{"Id":"","State":"running"}"#);
        check(r#"{"Id":"a","State":"hibernating","Status":"Zzz"}"#);
        check(r#"{"Id":"a","State":"running","Names":5}"#);
        check("null");
    }

    #[test]
    fn what_is_no_list_is_an_error() {
        let check = |json: &str, expected: &str| {
            let error = list(json.as_bytes()).unwrap_err().to_string();
            assert!(error.starts_with(expected), "{error}");
        };
        check("", "the list of containers cannot be read: EOF");
        check(r#"{"message":"no"}"#, "the list of containers cannot be read: invalid type: map");
        check(r#"[{"Id":"a","State":"running"}"#, "the list of containers cannot be read: EOF");
    }

    #[test]
    fn ports_are_sorted_and_each_is_there_once() {
        let listed = one(r#"{"Id":"a","State":"running","Ports":[
                {"IP":"::","PrivatePort":80,"PublicPort":8080,"Type":"tcp"},
                {"PrivatePort":53,"Type":"udp"},
                {"IP":"0.0.0.0","PrivatePort":80,"PublicPort":8080,"Type":"tcp"}]}"#);
        let shown: Vec<String> = listed.ports.iter().map(ToString::to_string).collect();
        assert_eq!(shown, ["53/udp", "8080→80/tcp"]);
    }

    #[test]
    fn its_own_name_is_told_from_those_that_others_link_it_by() {
        let check = |names: &str, expected: &str| {
            let json = format!(r#"{{"Id":"a","State":"running","Names":{names}}}"#);
            assert_eq!(one(&json).name, expected);
        };
        check(r#"["/web/db","/db"]"#, "db");
        check(r#"["/db"]"#, "db");
        check(r#"["db"]"#, "db");
        check("[]", "");
    }
}
