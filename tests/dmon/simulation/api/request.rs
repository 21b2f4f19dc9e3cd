//! What is asked of the Engine, read from the bytes of a request.

use dmon::monitor::container::ContainerId;
use dmon::timestamp::Timestamp;
use serde::Deserialize;

/// A request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::simulation) enum Request {
    Ping,
    Version,
    Info,
    List,
    Inspect(ContainerId),
    Logs {
        id: ContainerId,
        tail: usize,
    },
    Events {
        since: Option<Timestamp>,
        filter: Filter,
    },
    /// No Engine has that path.
    Unknown(String),
}

/// A path of the API, whatever it is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::simulation) enum Endpoint {
    Ping,
    Version,
    Info,
    List,
    Inspect,
    Logs,
    Events,
}

/// Which events a listener wants.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub(in crate::simulation) struct Filter {
    r#type: Vec<String>,
    event: Vec<String>,
}

impl Filter {
    /// Whether it lets an event of a container pass.
    pub(in crate::simulation) fn passes(&self, action: &str) -> bool {
        let word = action.split(':').next().unwrap_or_default();
        let named = |all: &[String], word: &str| all.is_empty() || all.iter().any(|it| it == word);
        named(&self.r#type, "container") && named(&self.event, word)
    }
}

impl Request {
    /// Reads a request as dmon writes it. One that is no GET is no request of dmon's.
    pub(in crate::simulation) fn of(bytes: &[u8]) -> Self {
        let text = std::str::from_utf8(bytes).expect("a request is text");
        let line = text.lines().next().unwrap_or_default();
        let target = line.strip_prefix("GET ").and_then(|rest| rest.strip_suffix(" HTTP/1.1"));
        Self::of_target(target.unwrap_or_else(|| panic!("no GET: {line}")))
    }

    /// Reads a path with its query.
    pub(in crate::simulation) fn of_target(target: &str) -> Self {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let value = |name: &str| {
            let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            pairs.find(|(key, _)| *key == name).map(|(_, value)| unescaped(value))
        };
        let segments: Vec<&str> = path.split('/').skip(1).collect();
        match segments[..] {
            ["_ping"] => Self::Ping,
            ["version"] => Self::Version,
            ["info"] => Self::Info,
            ["events"] => Self::Events {
                since: value("since").map(|since| moment(&since)),
                filter: value("filters").map_or(Filter::default(), |filters| {
                    serde_json::from_str(&filters).expect("filters are JSON")
                }),
            },
            ["containers", "json"] => {
                assert_eq!(value("all").as_deref(), Some("1"), "those that are down count too");
                Self::List
            }
            ["containers", id, "json"] => Self::Inspect(ContainerId::new(id)),
            ["containers", id, "logs"] => {
                let tail = value("tail").and_then(|tail| tail.parse().ok());
                Self::Logs { id: ContainerId::new(id), tail: tail.expect("so many lines") }
            }
            _ => Self::Unknown(path.to_owned()),
        }
    }

    /// The path that is asked; `None` for one that no Engine has.
    pub(in crate::simulation) fn endpoint(&self) -> Option<Endpoint> {
        Some(match self {
            Self::Ping => Endpoint::Ping,
            Self::Version => Endpoint::Version,
            Self::Info => Endpoint::Info,
            Self::List => Endpoint::List,
            Self::Inspect(_) => Endpoint::Inspect,
            Self::Logs { .. } => Endpoint::Logs,
            Self::Events { .. } => Endpoint::Events,
            Self::Unknown(_) => return None,
        })
    }

    /// The container that it is about.
    pub(in crate::simulation) fn id(&self) -> Option<&ContainerId> {
        match self {
            Self::Inspect(id) | Self::Logs { id, .. } => Some(id),
            _ => None,
        }
    }
}

/// `1800000000.123456789`.
fn moment(text: &str) -> Timestamp {
    let (seconds, rest) = text.split_once('.').unwrap_or((text, "0"));
    let nanoseconds: i64 = format!("{rest:0<9}").parse().expect("a fraction of a second");
    let seconds: i64 = seconds.parse().expect("seconds");
    Timestamp::from_nanoseconds(seconds * 1_000_000_000 + nanoseconds)
}

/// `%7B` is `{`.
fn unescaped(text: &str) -> String {
    let mut parts = text.split('%');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let (digits, rest) = part.split_at(2);
        bytes.push(u8::from_str_radix(digits, 16).expect("two digits after %"));
        bytes.extend_from_slice(rest.as_bytes());
    }
    String::from_utf8(bytes).expect("a query is text")
}
