//! `/info`, `/version`, and what the Engine says when it refuses.

use serde::Deserialize;

use super::lenient::{Lenient, Text, Whole};
use super::{Unreadable, parse};
use crate::monitor::container::Engine;
use crate::timestamp::Timestamp;

/// Reads `/info`.
pub fn info(bytes: &[u8]) -> Result<Engine, Unreadable> {
    let info: Info = parse("what the Engine says of itself", bytes)?;
    Ok(Engine {
        host_name: info.name.0,
        version: info.server_version.0,
        memory_bytes: u64::try_from(info.mem_total.0).unwrap_or(0),
        processors: u32::try_from(info.ncpu.0).unwrap_or(0),
        is_podman: info.buildah_version.0.is_some(),
        system_time: Timestamp::from_rfc3339(&info.system_time.0),
    })
}

/// What `/version` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// The Engine's version (`28.5.2`).
    pub engine: String,
    /// The newest version of the API that it speaks (`1.51`).
    pub api: String,
}

/// Reads `/version`.
pub fn version(bytes: &[u8]) -> Result<Version, Unreadable> {
    let answer: VersionAnswer = parse("the Engine's version", bytes)?;
    Ok(Version { engine: answer.version, api: answer.api_version })
}

/// The Engine's reason in the body of an answer that refuses (`{"message":"No such container"}`).
/// `None` where the body is something else: a proxy's page, nothing at all.
pub fn message(bytes: &[u8]) -> Option<String> {
    let refusal: Refusal = serde_json::from_slice(bytes).ok()?;
    let message = refusal.message.trim();
    (!message.is_empty()).then(|| message.to_owned())
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Info {
    #[serde(default)]
    name: Text,
    server_version: Text,
    #[serde(default)]
    system_time: Text,
    #[serde(default)]
    mem_total: Whole,
    #[serde(default, rename = "NCPU")]
    ncpu: Whole,
    /// Only Podman has it.
    #[serde(default)]
    buildah_version: Lenient<Option<String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct VersionAnswer {
    version: String,
    api_version: String,
}

#[derive(Deserialize)]
struct Refusal {
    message: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::docker::recordings;

    #[test]
    fn each_engine_is_known_by_what_it_says() {
        let check = |engine: &str, expected: &str, api: &str, is_podman| {
            let info = info(&recordings::read(&format!("{engine}/info.json"))).unwrap();
            assert!(info.version.starts_with(expected), "{}", info.version);
            assert_eq!((info.processors, info.is_podman), (2, is_podman), "{engine}");
            assert!(info.system_time > Some(Timestamp::from_seconds(1_700_000_000)), "{engine}");
            assert!(!info.host_name.is_empty() && info.memory_bytes > 1 << 30, "{engine}");
            let version = version(&recordings::read(&format!("{engine}/version.json"))).unwrap();
            assert_eq!(version, Version { engine: info.version, api: api.to_owned() });
        };
        check("docker-20.10.24", "20.10.24", "1.41", false);
        check("docker-26.1.5", "26.1.5", "1.45", false);
        check("docker-26.1.5-cgroup2", "26.1.5", "1.45", false);
        check("docker-28.5.2", "28.5.2", "1.51", false);
        check("podman-5.8.6", "5.8.6", "1.44", true);
    }

    #[test]
    fn what_is_no_engine_is_an_error() {
        for answer in ["", "{}", "[]", "OK", r#"{"Name":"a"}"#] {
            assert!(info(answer.as_bytes()).is_err(), "{answer}");
            assert!(version(answer.as_bytes()).is_err(), "{answer}");
        }
    }

    #[test]
    fn a_refusal_has_its_reason() {
        let check = |body: &str, expected: Option<&str>| {
            assert_eq!(message(body.as_bytes()).as_deref(), expected, "{body}");
        };
        check("{\"message\":\"No such container: a\"}\n", Some("No such container: a"));
        check(
            r#"{"cause":"x","message":"no such container","response":404}"#,
            Some("no such container"),
        );
        check("<html>403 Forbidden</html>", None);
        check(r#"{"message":" "}"#, None);
        check("", None);
    }
}
