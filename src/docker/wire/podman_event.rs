//! One line of `podman events --format json`. It says what a line of `/events` says, in places of
//! its own, and is read as that line.

use serde::Deserialize;
use serde_json::json;

use super::{Unreadable, nullable, parse};
use crate::monitor::container::Labels;
use crate::monitor::event::Event;
use crate::timestamp::Timestamp;

/// Reads one line. `None` is an event that dmon does not use, as in [`super::event`].
pub fn podman_event(line: &[u8]) -> Result<Option<Event>, Unreadable> {
    let line: Line = parse("an event of Podman's", line)?;
    let time = line.time().ok_or_else(|| {
        Unreadable::new("an event of Podman's", "neither Time nor timeNano says when it was")
    })?;
    let mut attributes = line.attributes;
    attributes.insert("name".to_owned(), line.name);
    attributes.insert("image".to_owned(), line.image);
    if let Some(code) = line.exit_code {
        attributes.insert("containerExitCode".to_owned(), code.to_string());
    }
    if line.out_of_memory {
        attributes.insert("oomKilled".to_owned(), "true".to_owned());
    }
    let of_engine = json!({
        "Type": line.r#type,
        "Action": line.status,
        "Actor": { "ID": line.id, "Attributes": attributes },
        "HealthStatus": line.health_status,
        "timeNano": time.nanoseconds(),
    });
    super::event(of_engine.to_string().as_bytes())
}

#[derive(Deserialize)]
struct Line {
    #[serde(rename = "Type")]
    r#type: String,
    #[serde(rename = "Status")]
    status: String,
    #[serde(rename = "ID", default, deserialize_with = "nullable")]
    id: String,
    #[serde(rename = "Name", default, deserialize_with = "nullable")]
    name: String,
    #[serde(rename = "Image", default, deserialize_with = "nullable")]
    image: String,
    #[serde(rename = "ContainerExitCode")]
    exit_code: Option<i64>,
    #[serde(rename = "OOMKilled", alias = "oomKilled", default, deserialize_with = "nullable")]
    out_of_memory: bool,
    #[serde(rename = "HealthStatus", default, deserialize_with = "nullable")]
    health_status: String,
    #[serde(rename = "Attributes", default, deserialize_with = "nullable")]
    attributes: Labels,
    /// RFC 3339, in the host's zone. Newer versions write the other two instead.
    #[serde(rename = "Time", default, deserialize_with = "nullable")]
    text: String,
    #[serde(rename = "time", default, deserialize_with = "nullable")]
    seconds: i64,
    #[serde(rename = "timeNano", default, deserialize_with = "nullable")]
    nanoseconds: i64,
}

impl Line {
    fn time(&self) -> Option<Timestamp> {
        match (self.nanoseconds, self.seconds) {
            (0, 0) => Timestamp::from_rfc3339(&self.text),
            (0, seconds) => Some(Timestamp::from_seconds(seconds)),
            (nanoseconds, _) => Some(Timestamp::from_nanoseconds(nanoseconds)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::monitor::container::Health;
    use crate::monitor::event::Action;

    const TIME: &str = r#""Time":"2026-11-25T22:47:00.849932843+01:00""#;

    fn made(status: &str, fields: &str) -> Option<Event> {
        let json = format!(
            r#"{{"ID":"a","Image":"localhost/shop:latest","Name":"shop-api","Status":"{status}",
               "Type":"container",{fields}}}"#
        );
        podman_event(json.as_bytes()).unwrap_or_else(|error| panic!("{json}: {error}"))
    }

    #[test]
    fn a_death_has_its_code_name_image_labels_and_time() {
        let fields = format!(
            r#""ContainerExitCode":1,{TIME},"Attributes":{{"PODMAN_SYSTEMD_UNIT":"shop.service"}}"#
        );
        let event = made("died", &fields).unwrap();
        assert!(matches!(event.action, Action::Die { exit_code: Some(1), .. }), "{event:?}");
        assert_eq!((event.id.as_str(), event.name.as_str()), ("a", "shop-api"));
        assert_eq!(event.image, "localhost/shop:latest");
        assert_eq!(event.time, Timestamp::from_nanoseconds(1_795_643_220_849_932_843));
        let labels: Vec<_> = event.labels.into_iter().collect();
        assert_eq!(labels, [("PODMAN_SYSTEMD_UNIT".to_owned(), "shop.service".to_owned())]);
    }

    #[test]
    fn the_time_is_written_in_three_ways() {
        let check = |fields: &str, expected| {
            assert_eq!(made("start", fields).unwrap().time.nanoseconds(), expected, "{fields}");
        };
        check(r#""Time":"1970-01-01T01:00:01+01:00""#, 1_000_000_000);
        check(r#""time":7"#, 7_000_000_000);
        check(r#""time":7,"timeNano":7000000001"#, 7_000_000_001);
    }

    #[test]
    fn each_status_is_the_action_of_the_same_name() {
        let check = |status: &str, fields: &str, expected: Option<Action>| {
            let fields = format!("{fields}{TIME}");
            assert_eq!(made(status, &fields).map(|event| event.action), expected, "{status}");
        };
        check("create", "", Some(Action::Create));
        check("start", "", Some(Action::Start));
        check("stop", "", Some(Action::Stop));
        check("pause", "", Some(Action::Pause));
        check("unpause", "", Some(Action::Unpause));
        check("restart", "", Some(Action::Restart));
        check("remove", "", Some(Action::Destroy));
        let unhealthy = Some(Action::Health(Health::Unhealthy));
        check("health_status", r#""HealthStatus":"unhealthy","#, unhealthy);
        check("cleanup", r#""Attributes":null,"#, None);
        check("exec_died", r#""ContainerExitCode":0,"#, None);
    }

    #[test]
    fn what_is_no_event_of_a_container_is_told_apart() {
        let network = format!(r#"{{"Type":"network","Status":"create","network":"x",{TIME}}}"#);
        assert_eq!(podman_event(network.as_bytes()), Ok(None));
        let error = |json: &str| podman_event(json.as_bytes()).unwrap_err().to_string();
        let start = "an event of Podman's cannot be read: ";
        assert!(error("{}").starts_with(&format!("{start}missing field `Type`")));
        let timeless = error(r#"{"Type":"container","Status":"died","ID":"a"}"#);
        assert_eq!(timeless, format!("{start}neither Time nor timeNano says when it was"));
    }
}
