//! One line of `/events`.

use serde::Deserialize;

use super::lenient::{Lenient, Text, Whole, labels};
use super::{Unreadable, parse, without_slash};
use crate::monitor::container::{ContainerId, Health, Labels};
use crate::monitor::event::{Action, Event};
use crate::timestamp::Timestamp;

/// Reads one line of the event stream. `None` is an event that dmon does not care for: of an image,
/// a network or a volume, an exec, an attach, or one that is not known.
pub fn event(line: &[u8]) -> Result<Option<Event>, Unreadable> {
    let line: Line = parse("an event", line)?;
    let Lenient(Actor { id: Text(id), mut attributes }) = line.actor;
    if line.r#type != "container" || id.is_empty() {
        return Ok(None);
    }
    let Some(action) = action(&line.action.0, &line.health_status.0, &attributes) else {
        return Ok(None);
    };
    let name = attributes.remove("name").unwrap_or_default();
    let image = attributes.remove("image").unwrap_or_default();
    // What the Engine says of this event stands among the container's labels.
    attributes.retain(|key, _| !ATTRIBUTES.contains(&key.as_str()));
    Ok(Some(Event {
        time: match line.time_nano.0 {
            0 => Timestamp::from_seconds(line.time.0),
            nanoseconds => Timestamp::from_nanoseconds(nanoseconds),
        },
        id: ContainerId::new(id),
        action,
        name: without_slash(&name).to_owned(),
        image,
        labels: attributes,
    }))
}

const ATTRIBUTES: [&str; 8] = [
    "containerExitCode",
    "execDuration",
    "exitCode",
    "health_status",
    "oldName",
    "oomKilled",
    "podId",
    "signal",
];

#[derive(Deserialize)]
struct Line {
    #[serde(rename = "Type")]
    r#type: String,
    #[serde(rename = "Action", default)]
    action: Text,
    #[serde(rename = "Actor", default)]
    actor: Lenient<Actor>,
    /// Podman's verdict, beside an action that says only `health_status`.
    #[serde(rename = "HealthStatus", default)]
    health_status: Text,
    #[serde(default)]
    time: Whole,
    #[serde(default, rename = "timeNano")]
    time_nano: Whole,
}

#[derive(Deserialize, Default)]
struct Actor {
    #[serde(rename = "ID", default)]
    id: Text,
    #[serde(rename = "Attributes", default, deserialize_with = "labels")]
    attributes: Labels,
}

fn action(word: &str, health_status: &str, attributes: &Labels) -> Option<Action> {
    let text = |key: &str| attributes.get(key).map(String::as_str).unwrap_or_default();
    let code = |key: &str| text(key).parse().ok();
    Some(match word {
        "create" => Action::Create,
        "start" => Action::Start,
        "die" | "died" => Action::Die {
            exit_code: code("exitCode").or_else(|| code("containerExitCode")),
            // Podman 6 writes it.
            out_of_memory: text("oomKilled") == "true",
        },
        "kill" => Action::Kill { signal: text("signal").to_owned() },
        "stop" => Action::Stop,
        "restart" => Action::Restart,
        "pause" => Action::Pause,
        "unpause" => Action::Unpause,
        "oom" => Action::Oom,
        "update" => Action::Update,
        "rename" => Action::Rename { from: without_slash(text("oldName")).to_owned() },
        // Podman says `remove`.
        "destroy" | "remove" => Action::Destroy,
        "health_status" => Action::Health(
            Health::from_word(health_status)
                .or_else(|| Health::from_word(text("health_status")))?,
        ),
        _ => Action::Health(Health::from_word(word.strip_prefix("health_status: ")?)?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::docker::recordings;

    /// An event of container `a` with that action and those attributes.
    fn made(action: &str, attributes: &str) -> Option<Event> {
        let json = format!(
            r#"{{"Type":"container","Action":"{action}","Actor":{{"ID":"a","Attributes":
               {{{attributes}}}}},"time":7,"timeNano":7000000001}}"#
        );
        event(json.as_bytes()).unwrap_or_else(|error| panic!("{json}: {error}"))
    }

    fn actions(path: &str) -> Vec<Action> {
        let bytes = recordings::read(path);
        recordings::lines(&bytes)
            .filter_map(|line| event(line).unwrap())
            .map(|event| event.action)
            .collect()
    }

    #[test]
    fn every_recorded_event_is_read() {
        for (path, bytes) in recordings::all("events.jsonl") {
            for line in recordings::lines(&bytes) {
                let Some(event) = event(line).unwrap_or_else(|error| panic!("{path}: {error}"))
                else {
                    continue;
                };
                assert_eq!(event.id.as_str().len(), 64, "{path}");
                assert!(!event.name.is_empty() && !event.name.contains('/'), "{path}");
                assert!(event.image.ends_with("tb:1"), "{path}");
                assert!(event.time > Timestamp::from_seconds(1_700_000_000), "{path}");
                let foreign = event.labels.keys().find(|key| !key.starts_with("com.docker."));
                assert_eq!(foreign, None, "{path}");
            }
        }
    }

    #[test]
    fn a_restart_is_read_as_each_engine_tells_it() {
        let die = |code| Action::Die { exit_code: Some(code), out_of_memory: false };
        let kill = |signal: &str| Action::Kill { signal: signal.to_owned() };
        assert_eq!(
            actions("docker-20.10.24/restart/events.jsonl"),
            [kill("15"), die(0), Action::Stop, Action::Start, Action::Restart]
        );
        assert_eq!(
            actions("podman-5.8.6/restart/events.jsonl"),
            [Action::Restart, die(137), Action::Start]
        );
    }

    #[test]
    fn an_exec_is_no_event_for_us() {
        assert_eq!(actions("docker-28.5.2/exec_noise/events.jsonl"), []);
    }

    #[test]
    fn each_action_is_told_from_the_others() {
        let check = |action: &str, attributes: &str, expected: Option<Action>| {
            assert_eq!(made(action, attributes).map(|event| event.action), expected, "{action}");
        };
        let signal = "9".to_owned();
        check("create", "", Some(Action::Create));
        let die = |exit_code, out_of_memory| Some(Action::Die { exit_code, out_of_memory });
        check("die", r#""exitCode":"137""#, die(Some(137), false));
        check("die", "", die(None, false));
        check("die", r#""exitCode":137"#, die(Some(137), false));
        check("died", r#""containerExitCode":"3""#, die(Some(3), false));
        check("died", r#""containerExitCode":"137","oomKilled":"true""#, die(Some(137), true));
        check("died", r#""containerExitCode":"137","oomKilled":"false""#, die(Some(137), false));
        check("update", "", Some(Action::Update));
        check("kill", r#""signal":"9""#, Some(Action::Kill { signal }));
        check("kill", "", Some(Action::Kill { signal: String::new() }));
        check("oom", "", Some(Action::Oom));
        check("pause", "", Some(Action::Pause));
        check("unpause", "", Some(Action::Unpause));
        check("rename", r#""oldName":"/b""#, Some(Action::Rename { from: "b".to_owned() }));
        check("rename", "", Some(Action::Rename { from: String::new() }));
        check("destroy", "", Some(Action::Destroy));
        check("remove", "", Some(Action::Destroy));
        check("health_status: healthy", "", Some(Action::Health(Health::Healthy)));
        check("health_status: unhealthy", "", Some(Action::Health(Health::Unhealthy)));
        check(
            "health_status",
            r#""health_status":"unhealthy""#,
            Some(Action::Health(Health::Unhealthy)),
        );
        check("health_status: running", "", None);
        check("health_status", "", None);
        check("exec_die", r#""exitCode":"0""#, None);
        check("cleanup", "", None);
        check("", "", None);
    }

    #[test]
    fn podman_writes_the_verdict_beside_the_action() {
        let json = br#"{"Type":"container","Action":"health_status","HealthStatus":"healthy",
                        "Actor":{"ID":"a","Attributes":{"name":"b"}},"timeNano":1}"#;
        assert_eq!(event(json).unwrap().unwrap().action, Action::Health(Health::Healthy));
    }

    #[test]
    fn the_labels_are_what_the_engine_did_not_add() {
        let event = made(
            "die",
            r#""name":"web","image":"nginx","exitCode":"1","execDuration":"3","podId":"",
               "containerExitCode":"1","oomKilled":"false","com.docker.compose.service":"web""#,
        )
        .unwrap();
        assert_eq!(event.name, "web");
        assert_eq!(event.image, "nginx");
        assert_eq!(event.time, Timestamp::from_nanoseconds(7_000_000_001));
        let labels: Vec<_> = event.labels.into_iter().collect();
        assert_eq!(labels, [("com.docker.compose.service".to_owned(), "web".to_owned())]);
    }

    #[test]
    fn an_event_of_a_newer_api_has_fewer_fields() {
        // API 1.52 has no `status`, `id` and `from` beside these; older ones repeat them there.
        let new = r#"{"Type":"container","Action":"start","Actor":{"ID":"a","Attributes":
                     {"name":"web","image":"nginx"}},"scope":"local","time":7,"timeNano":7000000001}"#;
        let old = new.replacen('{', r#"{"status":"start","id":"a","from":"nginx","#, 1);
        let read = |json: &str| event(json.as_bytes()).unwrap().unwrap();
        assert_eq!(read(new).action, Action::Start);
        assert_eq!(read(new), read(&old));
    }

    #[test]
    fn an_odd_time_is_the_one_beside_it() {
        let check = |times: &str, nanoseconds: i64| {
            let json =
                format!(r#"{{"Type":"container","Action":"start","Actor":{{"ID":"a"}}{times}}}"#);
            let time = event(json.as_bytes()).unwrap().unwrap().time;
            assert_eq!(time.nanoseconds(), nanoseconds, "{json}");
        };
        check(r#","time":7,"timeNano":"8""#, 7_000_000_000);
        check(r#","time":7"#, 7_000_000_000);
        check(r#","time":null,"timeNano":8"#, 8);
        check("", 0);
    }

    #[test]
    fn what_is_not_a_container_is_left_alone() {
        let check = |json: &str| assert_eq!(event(json.as_bytes()), Ok(None), "{json}");
        check(r#"{"Type":"network","Action":"destroy","Actor":{"ID":"a","Attributes":null}}"#);
        check(r#"{"Type":"container","Action":"start","Actor":null}"#);
        check(r#"{"Type":"container","Action":null,"Actor":{"ID":"a"}}"#);
    }

    #[test]
    fn a_line_that_is_no_event_is_an_error() {
        let check = |json: &str, expected: &str| {
            let error = event(json.as_bytes()).unwrap_err().to_string();
            assert!(error.starts_with(expected), "{error}");
        };
        check("", "an event cannot be read: EOF");
        check("{}", "an event cannot be read: missing field `Type`");
        check("[1]", "an event cannot be read: invalid type");
    }
}
