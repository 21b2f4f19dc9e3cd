//! The state directory, on a real file system.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process;

use dmon::store::Store;
use dmon::store::alive::Alive;

use crate::support::binary::Home;

fn open(home: &Home) -> Store {
    Store::open(&[home.path().join("state")]).unwrap()
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o777
}

/// The names in the state directory.
fn names(home: &Home) -> Vec<String> {
    let entries = fs::read_dir(home.path().join("state")).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort_unstable();
    names
}

#[test]
fn a_missing_directory_is_made_for_its_owner_only() {
    let home = Home::new();
    let path = home.path().join("a/b");
    assert_eq!(Store::open(std::slice::from_ref(&path)).unwrap().directory(), path);
    assert_eq!((mode(&path), mode(&home.path().join("a"))), (0o700, 0o700));
    assert_eq!(fs::read_dir(&path).unwrap().count(), 0, "nothing is left of the trial");
}

#[test]
fn a_directory_that_is_there_keeps_its_permissions() {
    let home = Home::new();
    fs::set_permissions(home.path(), Permissions::from_mode(0o755)).unwrap();
    Store::open(&[home.path().to_owned()]).unwrap();
    assert_eq!(mode(home.path()), 0o755);
}

#[test]
fn the_first_directory_that_can_be_written_is_taken() {
    let home = Home::new();
    let blocked = home.path().join("dmon.env/below-a-file");
    let free = home.path().join("free");
    let store = Store::open(&[blocked.clone(), free.clone()]).unwrap();
    assert_eq!(store.directory(), free);
    let error = Store::open(std::slice::from_ref(&blocked)).unwrap_err();
    let begin =
        format!("no state directory can be written ({}: Not a directory", blocked.display());
    assert!(error.starts_with(&begin), "{error}");
    // A file system on which nothing can be made, also not by root.
    assert!(Store::open(&[PathBuf::from("/proc")]).is_err());
    assert_eq!(Store::find(&[blocked, free.clone()]).unwrap().directory(), free);
    assert_eq!(Store::find(&[home.path().join("missing")]), None);
    assert!(!home.path().join("missing").exists());
}

#[test]
fn a_state_is_loaded_as_it_was_saved() {
    let home = Home::new();
    let store = open(&home);
    assert_eq!(store.load::<Vec<u32>>(1), Ok(None));
    for state in [vec![1_u32, 2, 3], vec![]] {
        store.save(1, &state).unwrap();
        assert_eq!(store.load(1), Ok(Some(state)));
    }
    assert_eq!(names(&home), ["state.json"]);
    assert_eq!(mode(&home.path().join("state/state.json")), 0o600);
}

#[test]
fn what_a_crash_left_of_a_save_is_not_in_the_way() {
    let home = Home::new();
    let store = open(&home);
    store.save(1, &"old".to_owned()).unwrap();
    fs::write(home.path().join("state/state.json.tmp"), "{\"version\":1,\"sta").unwrap();
    assert_eq!(store.load(1), Ok(Some("old".to_owned())));
    store.save(1, &"new".to_owned()).unwrap();
    assert_eq!(store.load(1), Ok(Some("new".to_owned())));
    assert_eq!(names(&home), ["state.json"]);
}

#[test]
fn a_state_that_is_not_understood_is_set_aside_whole() {
    let check = |content: &str, name: &str, reason: &str| {
        let home = Home::new();
        let store = open(&home);
        fs::write(home.path().join("state/state.json"), content).unwrap();
        let error = store.load::<Vec<u32>>(2).unwrap_err();
        assert!(error.contains(reason), "{error}");
        let [aside] = &names(&home)[..] else { panic!("{:?}", names(&home)) };
        assert!(aside.starts_with(name) && error.ends_with(aside), "{aside}: {error}");
        assert_eq!(fs::read_to_string(home.path().join("state").join(aside)).unwrap(), content);
        assert_eq!(store.load::<Vec<u32>>(2), Ok(None), "a fresh start");
    };
    check("", "state.json.corrupt-", "EOF while parsing");
    check("{\"version\":2,\"state\":[1,", "state.json.corrupt-", "EOF while parsing");
    check("{\"version\":2,\"state\":{}}", "state.json.corrupt-", "invalid type");
    check("{\"version\":2}", "state.json.corrupt-", "missing field `state`");
    check("\0\0\0\0", "state.json.corrupt-", "expected value");
    let newer = "it has version 3, this dmon reads 2";
    check("{\"version\":3,\"state\":\"of another shape\"}", "state.json.version-3-", newer);
    let older = "it has version 1, this dmon reads 2";
    check("{\"version\":1,\"state\":[]}", "state.json.version-1-", older);
}

#[test]
fn a_state_larger_than_any_is_set_aside_unread() {
    let home = Home::new();
    let store = open(&home);
    let file = fs::File::create(home.path().join("state/state.json")).unwrap();
    file.set_len((64 << 20) + 1).unwrap();
    let error = store.load::<String>(1).unwrap_err();
    assert!(error.contains("larger than 64 MiB"), "{error}");
    assert!(names(&home)[0].starts_with("state.json.unreadable-"));
}

#[test]
fn one_process_has_the_directory_until_it_ends() {
    let home = Home::new();
    let store = open(&home);
    // What a process that was killed left behind.
    fs::write(home.path().join("state/lock"), "999999999\n").unwrap();
    let lock = store.lock().unwrap();
    let error = store.lock().unwrap_err().to_string();
    let expected = format!(
        "another dmon (process {}) uses the state directory {}: stop it, or set STATE_DIR",
        process::id(),
        store.directory().display()
    );
    assert_eq!(error, expected);
    drop(lock);
    store.lock().unwrap();
}

#[test]
fn a_directory_is_alive_while_its_dmon_runs_and_says_so() {
    let home = Home::new();
    let store = open(&home);
    let check = |expected: Result<&[&str], &str>| match (store.check_alive(), expected) {
        (Ok(warnings), Ok(expected)) => assert_eq!(warnings, expected),
        (Err(why), Err(expected)) => assert!(why.starts_with(expected), "{why}"),
        (outcome, _) => panic!("{outcome:?} is not {expected:?}"),
    };
    let well = |warnings: &[&str]| Alive {
        live: Ok(()),
        inspections: Ok(()),
        warnings: warnings.iter().map(|&warning| warning.to_owned()).collect(),
    };
    check(Err("no dmon is running with "));
    let lock = store.lock().unwrap();
    check(Err("dmon is starting"));
    store.mark_alive(&Alive::starting()).unwrap();
    check(Err("the Engine is not watched: dmon is starting"));
    store.mark_alive(&well(&["web cannot be inspected: no answer"])).unwrap();
    check(Ok(&["web cannot be inspected: no answer"]));
    assert_eq!(mode(&home.path().join("state/alive")), 0o600);
    drop(lock);
    check(Err("no dmon is running with "));
    let _lock = store.lock().unwrap();
    check(Err("dmon is starting"));
    fs::write(home.path().join("state/alive"), "{").unwrap();
    check(Err(&format!("{} cannot be read: ", home.path().join("state/alive").display())));
}
