//! The log file, on a real file system.

use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};

use dmon::logging::{FILE_MAX_BYTES, LogFile};

use crate::support::binary::Home;

#[test]
fn lines_are_appended_for_the_owner_only() {
    let home = Home::new();
    let path = home.path().join("dmon.log");
    LogFile::new(path.clone()).append(b"one\n").unwrap();
    LogFile::new(path.clone()).append(b"two\n").unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "one\ntwo\n");
    assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
}

#[test]
fn a_full_file_is_renamed_and_one_old_file_is_kept() {
    let home = Home::new();
    let (path, old) = (home.path().join("dmon.log"), home.path().join("dmon.log.1"));
    let log = LogFile::new(path.clone());
    for round in ["one", "two"] {
        log.append(round.as_bytes()).unwrap();
        fs::File::options().append(true).open(&path).unwrap().set_len(FILE_MAX_BYTES - 1).unwrap();
        log.append(b"!").unwrap();
        assert_eq!(fs::metadata(&path).unwrap().len(), FILE_MAX_BYTES, "it fits to the last byte");
        log.append(b"next").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"next");
        assert_eq!(fs::metadata(&old).unwrap().len(), FILE_MAX_BYTES);
        fs::remove_file(&path).unwrap();
    }
    assert!(fs::read(&old).unwrap().starts_with(b"two"));
    assert!(!home.path().join("dmon.log.2").exists());
}

#[test]
fn a_link_to_something_else_is_never_renamed() {
    let home = Home::new();
    let (path, target) = (home.path().join("stderr"), home.path().join("target"));
    fs::File::create(&target).unwrap().set_len(FILE_MAX_BYTES).unwrap();
    symlink(&target, &path).unwrap();
    LogFile::new(path.clone()).append(b"!").unwrap();
    assert!(fs::symlink_metadata(&path).unwrap().is_symlink());
    assert_eq!(fs::metadata(&target).unwrap().len(), FILE_MAX_BYTES + 1);
}

#[test]
fn a_file_that_cannot_be_written_is_an_error() {
    let home = Home::new();
    assert!(LogFile::new(home.path().join("missing/dmon.log")).append(b"").is_err());
    assert!(LogFile::new(home.path().to_owned()).append(b"").is_err());
}
