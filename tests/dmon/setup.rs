//! `setup.sh`, installing below a directory of the test's own.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use crate::support::binary::Home;
use crate::support::process::{Finished, Running};

const SETTINGS: &str = "etc/dmon/dmon.env";
const BINARY: &str = "usr/local/bin/dmon";
const CRON: &str = "etc/cron.d/dmon";
const STATE: &str = "var/lib/dmon";

fn setup(root: &Home, args: &[&str]) -> Finished {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("setup.sh");
    Running::start(Command::new("sh").arg(script).arg("--root").arg(root.path()).args(args))
        .finish()
}

/// Installs a binary of this content.
fn install(root: &Home, content: &str, args: &[&str]) -> Finished {
    let binary = root.path().join("built");
    fs::write(&binary, content).unwrap();
    let finished = setup(root, &[&["--binary", binary.to_str().unwrap()], args].concat());
    assert_eq!(finished.code, Some(0), "{finished:?}");
    finished
}

fn mode(root: &Home, path: &str) -> u32 {
    fs::metadata(root.path().join(path)).unwrap().permissions().mode() & 0o777
}

fn read(root: &Home, path: &str) -> String {
    fs::read_to_string(root.path().join(path)).unwrap()
}

#[test]
fn a_first_run_installs_what_is_needed() {
    let root = Home::new();
    install(&root, "new", &[]);
    assert_eq!(read(&root, BINARY), "new");
    assert_eq!(read(&root, SETTINGS), include_str!("../../dmon.env.example"));
    assert_eq!(
        [BINARY, SETTINGS, STATE].map(|path| format!("{:o}", mode(&root, path))),
        ["755", "600", "700"]
    );
    assert!(!root.path().join(CRON).exists(), "nobody asked for cron");
}

#[test]
fn a_later_run_replaces_the_binary_and_keeps_the_settings() {
    let root = Home::new();
    install(&root, "old", &["--cron"]);
    fs::write(root.path().join(SETTINGS), "mine").unwrap();
    fs::write(root.path().join(CRON), "mine too").unwrap();
    let finished = install(&root, "new", &["--cron"]);
    assert!(finished.stdout.contains(&format!("kept {}/{SETTINGS}", root.path().display())));
    assert_eq!([BINARY, SETTINGS, CRON].map(|path| read(&root, path)), ["new", "mine", "mine too"]);
}

#[test]
fn the_cron_entry_comes_on_request() {
    let root = Home::new();
    install(&root, "new", &["--cron"]);
    assert_eq!(format!("{:o}", mode(&root, CRON)), "644");
    assert_eq!(read(&root, CRON), include_str!("../../cron.example"));
}

#[test]
fn the_unit_file_comes_on_request() {
    let root = Home::new();
    let unit = "etc/systemd/system/dmon.service";
    install(&root, "new", &[]);
    assert!(!root.path().join(unit).exists(), "nobody asked for a service");
    install(&root, "new", &["--service"]);
    assert_eq!(read(&root, unit), include_str!("../../dmon.service"));
    setup(&root, &["--uninstall"]);
    assert!(!root.path().join(unit).exists(), "it would start a binary that is gone");
}

#[test]
fn uninstalling_leaves_settings_and_state() {
    let root = Home::new();
    install(&root, "new", &["--cron"]);
    for _ in ["first", "again"] {
        assert_eq!(setup(&root, &["--uninstall"]).code, Some(0));
        let exists = |path: &str| root.path().join(path).exists();
        assert_eq!([BINARY, CRON, SETTINGS, STATE].map(exists), [false, false, true, true]);
    }
}

#[test]
fn bad_usage_changes_nothing() {
    let check = |args: &[&str], code: i32, words: &str| {
        let root = Home::new();
        let finished = setup(&root, args);
        assert_eq!(finished.code, Some(code), "{finished:?}");
        assert!(finished.stderr.contains(words), "{finished:?}");
        assert!(!root.path().join("etc").exists(), "{args:?}");
    };
    check(&["--corn"], 2, "unknown argument --corn");
    check(&["--binary"], 2, "--binary needs a value");
    check(&["--binary", "/nonexistent"], 1, "there is no file /nonexistent");
}
