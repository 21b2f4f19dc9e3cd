//! What was recorded of an Engine: a folder as `curl` fills it, or its events alone.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Read};
use std::path::Path;

use crate::docker::wire;
use crate::message::units::count;
use crate::monitor::container::{ContainerId, Engine, Inspected, Listed};
use crate::monitor::event::Event;
use crate::text_encoding;
use crate::timestamp::Timestamp;

/// The most that is read of one file: a day of events of a busy host.
const FILE_BYTES_MAX: u64 = 256 << 20;

/// What prints events in a form that can be read.
const HOW_TO_RECORD: &str =
    "docker events --format '{{json .}}' and podman events --format json print such lines";

/// What was recorded of an Engine.
#[derive(Clone, Debug)]
pub struct Recording {
    /// What the Engine says of itself.
    pub engine: Engine,
    /// Its containers before the first event.
    pub before: Snapshot,
    /// The events that dmon uses, in the order in which the Engine sent them.
    pub events: Vec<Event>,
    /// Its containers after the last event; `None` where that was not recorded.
    pub after: Option<Snapshot>,
    lines: Lines,
}

/// Where the events were read from, and which of its lines are none.
#[derive(Clone, Debug)]
struct Lines {
    /// The file, for people.
    name: String,
    total: usize,
    unreadable: usize,
    /// The first that is unreadable, and why.
    first_unreadable: Option<String>,
}

/// What a recording holds, and from when to when it reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reach {
    /// The time of the first event.
    pub from: Timestamp,
    /// The time of the last event.
    pub to: Timestamp,
    /// How many events.
    pub events: usize,
    /// Of how many containers.
    pub containers: usize,
}

/// All containers at one time.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// The list.
    pub listed: Vec<Listed>,
    /// The inspections that were recorded with it.
    pub inspected: BTreeMap<ContainerId, Inspected>,
}

impl Recording {
    /// Reads a folder (`events.jsonl`, `before.list.json`, `before.inspect.jsonl`, the same with
    /// `after`, and `info.json` there or one folder up), a file of events as JSON lines, or, for
    /// `-`, such lines from standard input. Lines that are no events are left out. The error says
    /// what is missing or cannot be read.
    pub fn read(path: &Path) -> Result<Self, String> {
        if path == Path::new("-") {
            let bytes = all_of(io::stdin().lock(), FILE_BYTES_MAX)
                .map_err(|error| format!("standard input cannot be read: {error}"))?;
            return Ok(Self::of_events(&bytes, "standard input"));
        }
        if !path.is_dir() {
            return Ok(Self::of_events(&bytes_of(path)?, &path.display().to_string()));
        }
        let events = path.join("events.jsonl");
        let recording = Self::of_events(&bytes_of(&events)?, &events.display().to_string());
        let engine = [path.join("info.json"), path.join("../info.json")]
            .into_iter()
            .find(|path| path.exists())
            .map(|path| wire::info(&bytes_of(&path)?).map_err(|error| of(&path, &error)))
            .transpose()?;
        Ok(Self {
            engine: engine.unwrap_or(recording.engine),
            before: Snapshot::read(path, "before")?.unwrap_or_default(),
            after: Snapshot::read(path, "after")?,
            ..recording
        })
    }

    fn of_events(bytes: &[u8], name: &str) -> Self {
        let mut recording = Self {
            engine: Engine {
                host_name: "recording".to_owned(),
                version: String::new(),
                memory_bytes: 0,
                processors: 0,
                is_podman: false,
                system_time: None,
            },
            before: Snapshot::default(),
            events: Vec::new(),
            after: None,
            lines: Lines { name: name.to_owned(), total: 0, unreadable: 0, first_unreadable: None },
        };
        for line in lines(bytes) {
            recording.add(line);
        }
        recording
    }

    fn add(&mut self, line: &[u8]) {
        let lines = &mut self.lines;
        lines.total += 1;
        let event = match (wire::event(line), wire::podman_event(line)) {
            (Ok(Some(event)), _) => Ok(event),
            (_, Ok(Some(event))) => {
                self.engine.is_podman = true;
                Ok(event)
            }
            // Of a network, of an exec.
            (Ok(None), _) | (_, Ok(None)) => return,
            (Err(error), Err(_)) => Err(error.to_string()),
        };
        // To replay from 1970 on takes as long.
        let timed = |event: &Event| event.time > Timestamp::from_seconds(0);
        let why = match event {
            Ok(event) if timed(&event) => return self.events.push(event),
            Ok(_) => "it does not say when it happened".to_owned(),
            Err(why) => why,
        };
        lines.unreadable += 1;
        let number = lines.total;
        lines.first_unreadable.get_or_insert_with(|| format!("line {number}: {why}"));
    }

    /// What it holds; an error where there is no event in it that could be replayed.
    pub fn reach(&self) -> Result<Reach, String> {
        let times = self.events.iter().map(|event| event.time);
        let Some((from, to)) = times.clone().min().zip(times.max()) else {
            return Err(self.lines.without_events());
        };
        let containers: BTreeSet<&ContainerId> = self.events.iter().map(|it| &it.id).collect();
        Ok(Reach { from, to, events: self.events.len(), containers: containers.len() })
    }

    /// A sentence on the lines that are no events, where there are some.
    pub fn warning(&self) -> Option<String> {
        let Lines { name, total, unreadable, first_unreadable } = &self.lines;
        let first = first_unreadable.as_ref()?;
        Some(format!("{unreadable} of the {total} lines of {name} are no events ({first})"))
    }
}

impl Lines {
    /// Why there is nothing to replay.
    fn without_events(&self) -> String {
        let Self { name, total, first_unreadable, .. } = self;
        let all = match total {
            0 => return format!("{name} is empty: it takes events, one a line; {HOW_TO_RECORD}"),
            total => format!("the {} of {name}", count(*total, "line")),
        };
        match first_unreadable {
            Some(first) => {
                format!("no event that dmon uses is in {all} ({first}); {HOW_TO_RECORD}")
            }
            None => format!("no event that dmon uses is in {all}: none is of a container's life"),
        }
    }
}

impl Snapshot {
    fn read(folder: &Path, name: &str) -> Result<Option<Self>, String> {
        let list = folder.join(format!("{name}.list.json"));
        if !list.exists() {
            return Ok(None);
        }
        let listed = wire::list(&bytes_of(&list)?).map_err(|error| of(&list, &error))?.containers;
        let inspections = folder.join(format!("{name}.inspect.jsonl"));
        let mut inspected = BTreeMap::new();
        if inspections.exists() {
            for line in lines(&bytes_of(&inspections)?) {
                let container = wire::inspect(line).map_err(|error| of(&inspections, &error))?;
                inspected.insert(container.id.clone(), container);
            }
        }
        Ok(Some(Self { listed, inspected }))
    }
}

fn bytes_of(path: &Path) -> Result<Vec<u8>, String> {
    fs::File::open(path)
        .and_then(|file| all_of(file, FILE_BYTES_MAX))
        .map_err(|error| of(path, &error))
}

/// All that can be read, without a byte order mark.
fn all_of(source: impl Read, bytes_max: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.take(bytes_max + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > bytes_max {
        let limit = format!("it is larger than {} MiB: give a part of it", bytes_max >> 20);
        return Err(io::Error::other(limit));
    }
    Ok(text_encoding::utf8(bytes))
}

fn of(path: &Path, error: &dyn std::fmt::Display) -> String {
    format!("{}: {error}", path.display())
}

fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCKER: &str = r#"{"Type":"container","Action":"die","Actor":{"ID":"a","Attributes":
                            {"name":"web","exitCode":"1"}},"timeNano":7000000001}"#;
    const PODMAN: &str =
        r#"{"Type":"container","Status":"died","ID":"b","Name":"db","timeNano":9000000001}"#;
    const NETWORK: &str = r#"{"Type":"network","Action":"connect","Actor":{"ID":"n"}}"#;

    fn read(lines: &[&str]) -> Recording {
        let one_a_line: Vec<String> = lines.iter().map(|line| line.replace('\n', " ")).collect();
        Recording::of_events(one_a_line.join("\r\n").as_bytes(), "a.jsonl")
    }

    #[test]
    fn a_recording_says_how_far_it_reaches() {
        let recording = read(&[PODMAN, NETWORK, DOCKER, DOCKER, "", "{\"Type\":"]);
        let reach = Reach {
            from: Timestamp::from_nanoseconds(7_000_000_001),
            to: Timestamp::from_nanoseconds(9_000_000_001),
            events: 3,
            containers: 2,
        };
        assert_eq!(recording.reach(), Ok(reach));
        let warning = recording.warning().unwrap();
        let start = "1 of the 5 lines of a.jsonl are no events (line 5: an event cannot be read: ";
        assert!(warning.starts_with(start), "{warning}");
        assert_eq!(read(&[DOCKER, NETWORK]).warning(), None);
    }

    #[test]
    fn what_podman_prints_is_replayed_as_podmans() {
        assert!(read(&[PODMAN]).engine.is_podman);
        assert!(!read(&[DOCKER]).engine.is_podman);
    }

    #[test]
    fn a_recording_without_an_event_says_why() {
        let check = |lines: &[&str], expected: &str| {
            let why = read(lines).reach().unwrap_err();
            assert!(why.starts_with(expected), "{why}");
        };
        check(&[], "a.jsonl is empty: it takes events, one a line; docker events --format '{{json");
        check(&["", " "], "a.jsonl is empty");
        check(&[NETWORK], "no event that dmon uses is in the 1 line of a.jsonl: none is of a con");
        check(&[NETWORK; 3], "no event that dmon uses is in the 3 lines of a.jsonl: none is of");
        check(
            &[NETWORK, "2026-11-22T08:30:12Z container die web"],
            "no event that dmon uses is in the 2 lines of a.jsonl (line 2: an event cannot be read",
        );
    }

    #[test]
    fn an_event_without_a_time_is_none() {
        let timeless = DOCKER.replace(r#","timeNano":7000000001"#, "");
        let why = read(&[&timeless]).reach().unwrap_err();
        assert!(why.contains("(line 1: it does not say when it happened)"), "{why}");
    }

    #[test]
    fn a_file_has_a_limit() {
        assert_eq!(all_of(&b"\xef\xbb\xbfabcde"[..], 8).unwrap(), b"abcde");
        let error = all_of(io::repeat(b' '), 1 << 20).unwrap_err().to_string();
        assert_eq!(error, "it is larger than 1 MiB: give a part of it");
    }
}
