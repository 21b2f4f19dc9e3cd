//! `/containers/json?all=1`.

use std::time::Duration;

use log::warn;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::lenient::{Lenient, Text, Whole, labels};
use super::{Unreadable, without_slash};
use crate::monitor::container::{
    ContainerId, Health, Labels, List, Listed, Port, Status, UnreadableLine,
};
use crate::timestamp::Timestamp;

/// Reads the list. A line that makes no sense hides no other: with an id it is unreadable, since
/// its container exists; without one it is left out with a warning. An error means that the whole
/// is no list.
pub fn list(bytes: &[u8]) -> Result<List, Unreadable> {
    let lines: Vec<&RawValue> = serde_json::from_slice(bytes)
        .map_err(|error| Unreadable::new("the list of containers", error))?;
    let mut list = List::default();
    for line in lines {
        match serde_json::from_str::<Line>(line.get()) {
            Ok(line) if line.id.is_empty() => warn!("left out of the list: {WHAT} has no id"),
            Ok(line) => match line.read() {
                Ok(container) => list.containers.push(container),
                Err(line) => list.unreadable.push(line),
            },
            Err(error) => warn!("left out of the list: {}", Unreadable::new(WHAT, error)),
        }
    }
    Ok(list)
}

const WHAT: &str = "a container of the list";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Line {
    id: String,
    #[serde(default)]
    names: Lenient<Vec<Text>>,
    #[serde(default)]
    image: Text,
    #[serde(default, deserialize_with = "labels")]
    labels: Labels,
    #[serde(default)]
    state: Text,
    #[serde(default)]
    status: Text,
    /// Newer Engines (API 1.52, Podman 6) have it.
    #[serde(default)]
    health: Lenient<Option<LineHealth>>,
    #[serde(default)]
    ports: Lenient<Vec<Lenient<Option<LinePort>>>>,
    #[serde(default)]
    created: Whole,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct LineHealth {
    #[serde(default)]
    status: Text,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct LinePort {
    private_port: u16,
    #[serde(default)]
    public_port: Lenient<Option<u16>>,
    #[serde(default)]
    r#type: Text,
}

impl Line {
    fn read(self) -> Result<Listed, UnreadableLine> {
        let (Text(state), Text(words)) = (self.state, self.status);
        let name = own_name(&self.names.0).to_owned();
        let id = ContainerId::new(self.id);
        let Some(status) = Status::from_word(&state).or_else(|| status_of(&words)) else {
            return Err(UnreadableLine { id, name, reason: format!("its state is {state:?}") });
        };
        let health = self.health.0.and_then(|health| Health::from_word(&health.status.0));
        let mut ports: Vec<Port> =
            self.ports.0.into_iter().filter_map(|port| port.0).map(Port::from).collect();
        ports.sort();
        ports.dedup();
        Ok(Listed {
            id,
            name,
            image: self.image.0,
            labels: self.labels,
            status,
            health: health.or_else(|| health_of(&words)),
            exit_code: exit_code_of(&words),
            up_at_most: up_at_most(&words),
            ports,
            created: Timestamp::from_seconds(self.created.0),
        })
    }
}

impl From<LinePort> for Port {
    fn from(port: LinePort) -> Self {
        let host = port.public_port.0.filter(|port| *port != 0);
        Self { container: port.private_port, host, protocol: port.r#type.0 }
    }
}

/// A container that others link to is listed under their names for it too (`/other/alias`): its own
/// name has no second slash.
fn own_name(names: &[Text]) -> &str {
    let mut names = names.iter().map(|Text(name)| without_slash(name));
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
        let mut list = list(format!("[{json}]").as_bytes()).unwrap();
        assert_eq!((list.containers.len(), list.unreadable.len()), (1, 0), "{json}");
        list.containers.remove(0)
    }

    #[test]
    fn every_recorded_list_is_read_whole() {
        for (path, bytes) in recordings::all(".list.json") {
            let lines: Vec<&RawValue> = serde_json::from_slice(&bytes).unwrap();
            let listed = list(&bytes).unwrap().containers;
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
    fn recorded_lists_are_read_as_they_were() {
        let check = |path: &str, name: &str, status, health, exit_code| {
            let listed = list(&recordings::read(path)).unwrap().containers;
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
    fn a_line_without_an_id_does_not_hide_the_others() {
        let check = |broken: &str| {
            let json = format!(r#"[{broken},{{"Id":"b","State":"running"}}]"#);
            let list = list(json.as_bytes()).unwrap();
            assert_eq!((list.containers.len(), list.unreadable.len()), (1, 0), "{broken}");
            assert_eq!(list.containers[0].id.as_str(), "b", "{broken}");
        };
        check(r#"{"State":"running"}"#);
        check(r#"{"Id":"","State":"running"}"#);
        check(r#"{"Id":7,"State":"running"}"#);
        check("null");
    }

    #[test]
    fn a_line_without_a_state_is_unreadable_and_not_absent() {
        let check = |rest: &str, name: &str, reason: &str| {
            let json = format!(r#"[{{"Id":"a"{rest}}},{{"Id":"b","State":"running"}}]"#);
            let list = list(json.as_bytes()).unwrap();
            assert_eq!(list.containers.len(), 1, "{json}");
            let line = UnreadableLine {
                id: ContainerId::new("a"),
                name: name.into(),
                reason: reason.into(),
            };
            assert_eq!(list.unreadable, [line], "{json}");
        };
        let web = r#","Names":["/web"]"#;
        let known = r#","State":"unknown","Status":"""#;
        check(&format!("{web}{known}"), "web", r#"its state is "unknown""#);
        check(r#","State":"hibernating","Status":"Zzz""#, "", r#"its state is "hibernating""#);
        check(&format!(r#"{web},"State":null"#), "web", r#"its state is """#);
        check(web, "web", r#"its state is """#);
        check(r#","Names":5,"State":{}"#, "", r#"its state is """#);
    }

    #[test]
    fn an_odd_field_costs_nothing_but_itself() {
        let check = |odd: &str| {
            let listed = one(&format!(r#"{{"Id":"a","State":"running",{odd}}}"#));
            assert_eq!(listed, one(r#"{"Id":"a","State":"running"}"#), "{odd}");
        };
        check(r#""Names":5"#);
        check(r#""Names":[null]"#);
        check(r#""Image":{}"#);
        check(r#""Labels":[]"#);
        check(r#""Status":[]"#);
        check(r#""Created":"now""#);
        check(r#""Health":7"#);
        check(r#""Ports":{}"#);
        check(r#""Ports":[{"PrivatePort":-1,"Type":"tcp"},null]"#);
        let ports =
            r#""Ports":[{"PrivatePort":80,"PublicPort":-5,"Type":"tcp"},{"PrivatePort":""}]"#;
        let listed = one(&format!(r#"{{"Id":"a","State":"running",{ports}}}"#));
        assert_eq!(listed.ports.iter().map(ToString::to_string).collect::<Vec<_>>(), ["80/tcp"]);
    }

    #[test]
    fn the_field_for_health_goes_before_the_words() {
        let check = |field: &str, words: &str, expected| {
            let json = format!(r#"{{"Id":"a","State":"running","Status":"{words}"{field}}}"#);
            assert_eq!(one(&json).health, expected, "{json}");
        };
        let unhealthy = r#","Health":{"Status":"unhealthy","FailingStreak":3}"#;
        check(unhealthy, "Up 2 hours", Some(Health::Unhealthy));
        check(unhealthy, "Up 2 hours (healthy)", Some(Health::Unhealthy));
        check(r#","Health":{"Status":"none","FailingStreak":0}"#, "Up 2 hours", None);
        check(r#","Health":null"#, "Up 2 hours (healthy)", Some(Health::Healthy));
        check("", "Up 2 hours (healthy)", Some(Health::Healthy));
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
