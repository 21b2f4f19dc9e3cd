//! Expected output kept in files under tests/fixtures. With `UPDATE_GOLDEN=1` in the environment
//! the files are rewritten instead of compared: then `git diff` shows what changed.

use std::env;
use std::fs;
use std::path::Path;

/// Panics unless `actual` is what the file (relative to tests/fixtures) holds.
///
/// The version is written as `VERSION`: a release changes none of them.
pub(crate) fn assert_golden(file: &str, actual: &str) {
    let actual = &actual.replace(dmon::message::VERSION, "dmon VERSION");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(file);
    if env::var_os("UPDATE_GOLDEN").is_some_and(|value| value == "1") {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, actual).unwrap();
        return;
    }
    let expected = fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("{file}: {error}; UPDATE_GOLDEN=1 cargo test writes it"));
    if let Some((at, (is, should))) = first_difference(actual, &expected) {
        panic!(
            "{file}, line {at}, is not as it was (UPDATE_GOLDEN=1 cargo test takes it over)\n  \
             is:     {is}\n  should: {should}\nall of it:\n{actual}"
        );
    }
}

/// The first line in which two texts differ, its number from 1 and what each has there.
pub(crate) fn first_difference<'a>(
    actual: &'a str,
    expected: &'a str,
) -> Option<(usize, (&'a str, &'a str))> {
    let end = "(the end)";
    let mut lines = actual.split_inclusive('\n').chain([end]);
    let mut expected = expected.split_inclusive('\n').chain([end]);
    (1..).find_map(|at| match (lines.next(), expected.next()) {
        (None, None) => Some(None),
        (is, should) if is == should => None,
        (is, should) => {
            Some(Some((at, (is.unwrap_or(end).trim_end(), should.unwrap_or(end).trim_end()))))
        }
    })?
}
