//! Settings, from an environment made up here and from env files on a real file system.

mod dotenv;
mod env_files;
mod values;
mod webhook;

use std::ffi::OsString;
use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::PathBuf;

use dmon::config::{Config, Errors, Loaded, Posting, Surroundings};

use crate::support::binary::Home;

pub(super) const WEBHOOK: (&str, &str) =
    ("SLACK_WEBHOOK_URL", "https://hooks.slack.com/services/T0/B0/hunter2");

/// What dmon would be started in: this environment, and a home for env files.
pub(super) fn surroundings(home: &Home, variables: &[(&str, &str)]) -> Surroundings {
    let owner = fs::metadata(home.path()).unwrap().uid();
    Surroundings {
        variables: variables.iter().map(|(k, v)| ((*k).to_owned(), OsString::from(v))).collect(),
        system_env_file: home.path().join("etc.env"),
        working_directory: home.path().join("work"),
        caller_uid: Some(owner),
    }
}

/// The settings of an environment alone, for a command that posts nothing.
pub(super) fn load(variables: &[(&str, &str)]) -> Result<Loaded, Errors> {
    Config::load(None, Posting::NotNeeded, &surroundings(&Home::new(), variables))
}

pub(super) fn load_posting(variables: &[(&str, &str)]) -> Result<Loaded, Errors> {
    Config::load(None, Posting::Needed, &surroundings(&Home::new(), variables))
}

/// What is refused.
pub(super) fn refused(outcome: Result<Loaded, Errors>) -> Vec<String> {
    outcome.map(|loaded| loaded.config).unwrap_err().refused
}

/// Writes a file below the home with these permissions.
pub(super) fn write(home: &Home, name: &str, mode: u32, text: impl AsRef<[u8]>) -> PathBuf {
    let path = home.path().join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
    path
}

#[test]
fn the_surroundings_are_those_of_this_process() {
    let here = Surroundings::of_process();
    assert_eq!(here.caller_uid, Some(fs::metadata("/proc/self").unwrap().uid()));
    assert_eq!(
        here.variables.get("CARGO_MANIFEST_DIR"),
        Some(&OsString::from(env!("CARGO_MANIFEST_DIR")))
    );
}
