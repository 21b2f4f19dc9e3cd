//! Which env file is read, whether it may be, and what is warned about.

use std::fs;
use std::path::Path;

use dmon::config::{Config, Posting};

use super::{load_posting, refused, surroundings, write};
use crate::support::binary::Home;

#[test]
fn the_environment_wins_over_the_env_file_and_that_over_the_default() {
    let home = Home::new();
    write(&home, "etc.env", 0o600, "ALERT_COOLDOWN=1\nRESTART_GRACE=2\nALERT_FOR=3\n");
    let surroundings = surroundings(&home, &[("ALERT_COOLDOWN", "60"), ("ALERT_FOR", "")]);
    let config = Config::load(None, Posting::NotNeeded, &surroundings).unwrap().config;
    let read = [config.alert_cooldown, config.restart_grace, config.alert_for].map(|d| d.as_secs());
    assert_eq!(read, [60, 2, 3]);
    assert_eq!(config.realtime_check_interval.as_secs(), 10);
}

#[test]
fn the_first_env_file_that_is_there_is_read() {
    let home = Home::new();
    let at = |name: &str| home.path().join(name);
    let (named, variable) = (at("named.env"), at("variable.env"));
    let variables = [
        ("DMON_ENV_FILE", variable.to_str().unwrap()),
        ("XDG_CONFIG_HOME", home.path().to_str().unwrap()),
    ];
    let read = |named: Option<&Path>, variables: &[(&str, &str)]| {
        let loaded = Config::load(named, Posting::NotNeeded, &surroundings(&home, variables));
        loaded.unwrap().config.host_name.unwrap()
    };
    write(&home, "work/.env", 0o600, "HOST_NAME=working-directory");
    assert_eq!(read(None, &variables[1..]), "working-directory");
    write(&home, "dmon/dmon.env", 0o600, "HOST_NAME=user");
    assert_eq!(read(None, &variables[1..]), "user");
    write(&home, "etc.env", 0o600, "HOST_NAME=system");
    assert_eq!(read(None, &variables[1..]), "system");
    write(&home, "variable.env", 0o600, "HOST_NAME=variable");
    assert_eq!(read(None, &variables), "variable");
    write(&home, "named.env", 0o600, "HOST_NAME=named");
    assert_eq!(read(Some(&named), &variables), "named");
}

#[test]
fn the_user_s_directories_default_to_their_place_below_home() {
    let home = Home::new();
    write(&home, ".config/dmon/dmon.env", 0o600, "HOST_NAME=user");
    let path = home.path().to_str().unwrap();
    let check = |variables: &[(&str, &str)], host_name: Option<&str>, state_dir: &str| {
        let surroundings = surroundings(&home, variables);
        let config = Config::load(None, Posting::NotNeeded, &surroundings).unwrap().config;
        assert_eq!(config.host_name.as_deref(), host_name, "{variables:?}");
        assert_eq!(config.state_dirs.last().unwrap(), Path::new(state_dir), "{variables:?}");
    };
    check(&[], None, "/var/lib/dmon");
    check(&[("HOME", path)], Some("user"), &format!("{path}/.local/state/dmon"));
    check(&[("XDG_STATE_HOME", "/srv/state")], None, "/srv/state/dmon");
    check(&[("XDG_STATE_HOME", "relative")], None, "/var/lib/dmon");
    check(&[("STATE_DIRECTORY", "/run/one:/run/two"), ("HOME", path)], Some("user"), "/run/one");
    check(&[("STATE_DIR", "/srv/x"), ("STATE_DIRECTORY", "/run/one")], None, "/srv/x");
}

#[test]
fn an_env_file_that_was_named_must_be_there() {
    let named = Config::load(
        Some(Path::new("/nowhere/dmon.env")),
        Posting::Needed,
        &surroundings(&Home::new(), &[]),
    );
    let by_variable = load_posting(&[("DMON_ENV_FILE", "/nowhere/dmon.env")]);
    for sentences in [refused(named), refused(by_variable)] {
        let expected =
            "the env file /nowhere/dmon.env cannot be read: No such file or directory (os error 2)";
        assert_eq!(sentences, [expected], "and not that a webhook is missing");
    }
}

#[test]
fn lines_of_an_env_file_that_are_wrong_are_told_by_number_alone() {
    let home = Home::new();
    let path =
        write(&home, "etc.env", 0o600, "https://hooks.slack.com/hunter2\nA=1\n'hunter2'=2\n");
    let sentences = refused(Config::load(None, Posting::Needed, &surroundings(&home, &[])));
    let expected = [
        format!("{}, line 1: there is no = in it", path.display()),
        format!("{}, line 3: what stands before the = is not a name of a variable", path.display()),
    ];
    assert_eq!(sentences, expected);
    write(&home, "etc.env", 0o600, "ALERT_COOLDOWN=300 # five minutes\n");
    let sentences = refused(Config::load(None, Posting::NotNeeded, &surroundings(&home, &[])));
    let expected = format!(
        "ALERT_COOLDOWN=\"300 # five minutes\" ({}, line 1): it is not a whole number (a comment \
         needs a line of its own); accepted: seconds, 0 to 86400",
        path.display()
    );
    assert_eq!(sentences, [expected]);
}

#[test]
fn an_env_file_has_limits() {
    let home = Home::new();
    let check = |text: &[u8], reason: &str| {
        let path = home.path().join("etc.env");
        fs::write(&path, text).unwrap();
        let sentences = refused(Config::load(None, Posting::NotNeeded, &surroundings(&home, &[])));
        assert_eq!(
            sentences,
            [format!("the env file {} cannot be read: {reason}", path.display())]
        );
    };
    check(&vec![b'\n'; (1 << 20) + 1], "it is larger than 1 MiB");
    check(b"HOST_NAME=\xff\n", "it is not UTF-8");
}

#[test]
fn what_is_no_file_is_ignored_unless_it_was_named() {
    let home = Home::new();
    fs::create_dir_all(home.path().join("etc.env")).unwrap();
    write(&home, "work/.env", 0o600, "HOST_NAME=dotenv");
    let loaded = Config::load(None, Posting::NotNeeded, &surroundings(&home, &[])).unwrap();
    let expected =
        format!("{} is ignored: it is not a file", home.path().join("etc.env").display());
    assert_eq!(loaded.warnings, [expected]);
    assert_eq!(loaded.config.host_name.as_deref(), Some("dotenv"));
    let named = Some(Path::new("/dev/null"));
    assert!(Config::load(named, Posting::NotNeeded, &surroundings(&home, &[])).is_ok());
}

#[test]
fn a_secret_that_everybody_can_read_is_warned_about() {
    let home = Home::new();
    let check = |text: &str, mode: u32, expected: Option<&str>| {
        let path = write(&home, "etc.env", mode, text).display().to_string();
        let loaded = Config::load(None, Posting::NotNeeded, &surroundings(&home, &[])).unwrap();
        let expected: Vec<String> = expected
            .map(|key| format!("everybody can read {path}, which holds {key}: chmod 600 {path}"))
            .into_iter()
            .collect();
        assert_eq!(loaded.warnings, expected, "{text} {mode:o}");
    };
    let webhook = "SLACK_WEBHOOK_URL=https://hooks.slack.com/services/x";
    check(webhook, 0o644, Some("SLACK_WEBHOOK_URL"));
    check("HEARTBEAT_URL=https://hc.example.org/x", 0o604, Some("HEARTBEAT_URL"));
    check(webhook, 0o640, None);
    check(webhook, 0o600, None);
    check("SLACK_WEBHOOK_URL=", 0o644, None);
    check("HOST_NAME=web", 0o644, None);
}

#[test]
fn a_misspelt_name_in_an_env_file_is_warned_about() {
    let home = Home::new();
    let check = |key: &str, expected: Option<&str>| {
        let path = write(&home, "etc.env", 0o600, format!("\n{key}=hunter2"));
        let loaded = Config::load(None, Posting::NotNeeded, &surroundings(&home, &[])).unwrap();
        let expected: Vec<String> = expected
            .map(|name| {
                format!("{}, line 2: {key} is not a setting, did you mean {name}?", path.display())
            })
            .into_iter()
            .collect();
        assert_eq!(loaded.warnings, expected, "{key}");
    };
    check("SLACK_WEBHOK_URL", Some("SLACK_WEBHOOK_URL"));
    check("alert_cooldown", Some("ALERT_COOLDOWN"));
    check("HOSTNAME", Some("HOST_NAME"));
    check("POSTGRES_PASSWORD", None);
    check("HTTPS_PROXY", None);
    check("PATH", None);
    write(&home, "etc.env", 0o600, "SLACK_WEBHOK_URL=x");
    let errors = Config::load(None, Posting::Needed, &surroundings(&home, &[])).unwrap_err();
    assert!(
        errors.to_string().contains("\nwarning: "),
        "the reason stands beside the error: {errors}"
    );
}
