//! The README names every setting, and its first two commands are the one that runs dmon and the
//! one that tests it.

use dmon::config::settings::SETTINGS;

const README: &str = include_str!("../../README.md");

#[test]
fn every_setting_is_in_it() {
    let missing: Vec<&str> = SETTINGS
        .iter()
        .map(|setting| setting.name)
        .filter(|name| !README.contains(&format!("`{name}`")))
        .collect();
    assert_eq!(missing, Vec::<&str>::new());
}

#[test]
fn its_first_two_commands_run_it_and_test_it() {
    let commands = README.lines().filter_map(|line| line.strip_prefix("    "));
    let first: Vec<&str> = commands.take(2).collect();
    assert_eq!(first, ["cargo run --release -- once --print", "cargo test"]);
}
