//! What real engines answered (`tests/fixtures/engine`), for the unit tests of this module.

use std::fs;
use std::path::PathBuf;

fn directory() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/engine"))
}

/// One recorded file.
pub(super) fn read(path: &str) -> Vec<u8> {
    fs::read(directory().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Every recorded file whose name ends so, of every engine and scenario, with its path.
pub(super) fn all(ending: &str) -> Vec<(String, Vec<u8>)> {
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
pub(super) fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty())
}
