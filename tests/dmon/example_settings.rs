//! `dmon.env.example` beside the table of settings: it names each, tells the true defaults, and
//! what it proposes is accepted.

use std::collections::BTreeMap;
use std::path::PathBuf;

use dmon::config::settings::{Fallback, SETTINGS};
use dmon::config::{Config, Posting, Surroundings};
use regex::Regex;

use crate::support::binary::Home;

const EXAMPLE: &str = include_str!("../../dmon.env.example");

/// Every setting of the example, whether commented out or not.
fn proposed() -> Vec<(&'static str, &'static str)> {
    let line = Regex::new(r"(?m)^#?([A-Z_]+)=(.*)$").unwrap();
    line.captures_iter(EXAMPLE).map(|captures| captures.extract::<2>().1.into()).collect()
}

#[test]
fn each_setting_is_in_the_example_once() {
    let sorted = |mut names: Vec<&'static str>| {
        names.sort_unstable();
        names
    };
    assert_eq!(
        sorted(proposed().iter().map(|(name, _)| *name).collect()),
        sorted(SETTINGS.iter().map(|setting| setting.name).collect())
    );
}

#[test]
fn the_example_tells_the_true_defaults() {
    let proposed: BTreeMap<_, _> = proposed().into_iter().collect();
    for setting in SETTINGS {
        if let Fallback::Value(default) = setting.default {
            assert_eq!(proposed[setting.name], default, "{}", setting.name);
        }
    }
}

#[test]
fn all_that_the_example_proposes_is_accepted() {
    let home = Home::new();
    let filled: Vec<String> = proposed()
        .into_iter()
        .filter(|(name, _)| *name != "SLACK_WEBHOOK_URL_FILE")
        .map(|setting| match setting {
            ("SLACK_WEBHOOK_URL", _) => {
                "SLACK_WEBHOOK_URL=https://hooks.slack.com/services/T0/B0/x".to_owned()
            }
            (name, value) => format!("{name}={value}"),
        })
        .collect();
    home.write_env_file(&filled.join("\n"));
    let surroundings = Surroundings {
        variables: BTreeMap::new(),
        system_env_file: PathBuf::new(),
        working_directory: PathBuf::new(),
        caller_uid: None,
    };
    let file = home.path().join("dmon.env");
    let loaded = Config::load(Some(&file), Posting::Needed, &surroundings).unwrap();
    assert_eq!(loaded.warnings, [""; 0]);
}
