//! The Engine's JSON and how it becomes the nouns of `monitor`. Bytes in, nouns out: nothing here
//! knows sockets. Takes what is there: answers gain fields and lose some from one version to the
//! next, and Podman writes some of them its own way, so only what a container cannot be told
//! without (its id, what it is doing) is insisted on.

mod event;
mod info;
mod inspect;
mod list;
mod stats;

use std::fmt;

use serde::de::{Deserialize, DeserializeOwned, Deserializer};

pub use event::event;
pub use info::{Version, info, message, version};
pub use inspect::inspect;
pub use list::list;
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

#[cfg(test)]
pub(in crate::docker) mod recordings {
    //! What real engines answered (`tests/fixtures/engine`).

    use std::fs;
    use std::path::PathBuf;

    fn directory() -> PathBuf {
        PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/engine"))
    }

    /// One recorded file.
    pub(in crate::docker) fn read(path: &str) -> Vec<u8> {
        fs::read(directory().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// Every recorded file whose name ends so, of every engine and scenario, with its path.
    pub(in crate::docker) fn all(ending: &str) -> Vec<(String, Vec<u8>)> {
        let mut folders = vec![directory()];
        let mut found = Vec::new();
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
                let path = entry.path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.to_str().unwrap().ends_with(ending) {
                    found.push((path.display().to_string(), fs::read(&path).unwrap()));
                }
            }
        }
        assert!(!found.is_empty(), "no recording ends with {ending}");
        found.sort();
        found
    }

    /// The lines of a recorded file of JSON lines.
    pub(in crate::docker) fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
        bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty())
    }
}
