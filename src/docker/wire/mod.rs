//! The Engine's JSON and how it becomes the nouns of `monitor`. Bytes in, nouns out: nothing here
//! knows sockets. Takes what is there: answers gain fields and lose some from one version to the
//! next, and Podman writes some of them its own way, so only what a container cannot be reported
//! without (its id, what it is doing) is required.

mod event;
mod info;
mod inspect;
mod lenient;
mod list;
mod podman_event;
mod stats;

use std::fmt;

use serde::de::{Deserialize, DeserializeOwned, Deserializer};

pub use event::event;
pub use info::{Version, info, message, version};
pub use inspect::inspect;
pub use list::list;
pub use podman_event::podman_event;
pub use stats::{Cpu, Stats, stats};

/// An answer that is not what the Engine answers to that question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    what: &'static str,
    cause: String,
}

impl Unreadable {
    fn new(what: &'static str, cause: impl fmt::Display) -> Self {
        Self { what, cause: cause.to_string() }
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} cannot be read: {}", self.what, self.cause)
    }
}

impl std::error::Error for Unreadable {}

fn parse<T: DeserializeOwned>(what: &'static str, bytes: &[u8]) -> Result<T, Unreadable> {
    serde_json::from_slice(bytes).map_err(|error| Unreadable::new(what, error))
}

/// Go writes an empty list, map or pointer as `null`: it means the same as nothing at all.
fn nullable<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(
    deserializer: D,
) -> Result<T, D::Error> {
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// The Engine writes names with a leading slash.
fn without_slash(name: &str) -> &str {
    name.strip_prefix('/').unwrap_or(name)
}
