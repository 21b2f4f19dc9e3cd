//! Where to ask the Engine for what: the paths and queries of more than one place.

use super::http::Target;
use crate::monitor::container::ContainerId;
use crate::timestamp::Timestamp;

/// The events from now on, or from a moment in the past on, that one included.
pub(super) fn events(since: Option<Timestamp>) -> Target {
    let target = Target::new("/events").query("filters", EVENT_FILTERS);
    let Some(since) = since else { return target };
    let (seconds, rest) = (since.seconds(), since.nanoseconds().rem_euclid(1_000_000_000));
    target.query("since", &format!("{seconds}.{rest:09}"))
}

/// The events that dmon cares for, as the Engine's own filter: a health check alone makes three
/// others at every probe. Podman says `remove` for `destroy`.
const EVENT_FILTERS: &str = concat!(
    r#"{"type":["container"],"event":["create","start","die","kill","stop","restart","pause","#,
    r#""unpause","oom","health_status","rename","destroy","remove","update"]}"#,
);

/// All containers.
pub(super) fn list() -> Target {
    Target::new("/containers/json").query("all", "1")
}

/// Something of one container.
pub(super) fn of_container(id: &ContainerId, what: &str) -> Target {
    Target::new("/containers").segment(id.as_str()).segment(what)
}

/// The last lines of a log, of both outputs.
pub(super) fn logs(id: &ContainerId, lines: u32) -> Target {
    let target = of_container(id, "logs").query("stdout", "1").query("stderr", "1");
    target.query("tail", &lines.to_string())
}
