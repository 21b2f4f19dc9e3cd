//! What was recorded of an Engine: a folder as `curl` fills it, or its events alone.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read};
use std::path::Path;

use crate::docker::wire;
use crate::monitor::container::{ContainerId, Engine, Inspected, Listed};
use crate::monitor::event::Event;

/// The most that is read of one file: a day of events of a busy host.
const FILE_BYTES_AT_MOST: u64 = 256 << 20;

/// What was recorded of an Engine.
#[derive(Clone, Debug)]
pub struct Recording {
    /// What the Engine says of itself.
    pub engine: Engine,
    /// Its containers before the first event.
    pub before: Snapshot,
    /// What it told, in the order in which it told it.
    pub events: Vec<Event>,
    /// Its containers after the last event; `None` where that was not recorded.
    pub after: Option<Snapshot>,
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
    /// `-`, such lines from standard input. The error says what is missing or cannot be read.
    pub fn read(path: &Path) -> Result<Self, String> {
        if path == Path::new("-") {
            let mut bytes = Vec::new();
            let read = io::stdin().lock().take(FILE_BYTES_AT_MOST).read_to_end(&mut bytes);
            read.map_err(|error| format!("standard input cannot be read: {error}"))?;
            return Self::of_events(&bytes, "standard input");
        }
        if !path.is_dir() {
            return Self::of_events(&bytes_of(path)?, &path.display().to_string());
        }
        let events = path.join("events.jsonl");
        let recording = Self::of_events(&bytes_of(&events)?, &events.display().to_string())?;
        let engine = [path.join("info.json"), path.join("../info.json")]
            .into_iter()
            .find(|path| path.exists())
            .map(|path| wire::info(&bytes_of(&path)?).map_err(|error| of(&path, &error)))
            .transpose()?;
        Ok(Self {
            engine: engine.unwrap_or(recording.engine),
            before: Snapshot::read(path, "before")?.unwrap_or_default(),
            after: Snapshot::read(path, "after")?,
            events: recording.events,
        })
    }

    fn of_events(bytes: &[u8], name: &str) -> Result<Self, String> {
        let mut events = Vec::new();
        for (number, line) in lines(bytes).enumerate() {
            let event = wire::event(line)
                .map_err(|error| format!("line {} of {name}: {error}", number + 1))?;
            events.extend(event);
        }
        if bytes.trim_ascii().is_empty() {
            return Err(format!("{name} is empty: it should hold Engine events, one a line"));
        }
        let engine = Engine {
            host_name: "recording".to_owned(),
            version: String::new(),
            memory_bytes: 0,
            processors: 0,
            is_podman: false,
        };
        Ok(Self { engine, before: Snapshot::default(), events, after: None })
    }
}

impl Snapshot {
    fn read(folder: &Path, name: &str) -> Result<Option<Self>, String> {
        let list = folder.join(format!("{name}.list.json"));
        if !list.exists() {
            return Ok(None);
        }
        let listed = wire::list(&bytes_of(&list)?).map_err(|error| of(&list, &error))?;
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
    let mut bytes = Vec::new();
    fs::File::open(path)
        .and_then(|file| file.take(FILE_BYTES_AT_MOST).read_to_end(&mut bytes))
        .map_err(|error| of(path, &error))?;
    Ok(bytes)
}

fn of(path: &Path, error: &dyn std::fmt::Display) -> String {
    format!("{}: {error}", path.display())
}

fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty())
}
