//! Env files that nobody named: a `.env` that merely lies in the working directory, and a file that
//! dmon has no permission to read.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::Path;

use dmon::config::settings::SETTINGS;
use dmon::config::{Config, Posting, Surroundings};

use super::{WEBHOOK, refused, surroundings, write};
use crate::support::binary::Home;
use crate::support::engine::{Container, ScriptedEngine};
use crate::support::process::Finished;

#[test]
fn a_dotenv_of_another_application_stops_nothing() {
    let home = Home::new();
    let check = |text: &[u8], expected: &[&str]| {
        let path = write(&home, "work/.env", 0o600, text);
        let loaded = Config::load(None, Posting::NotNeeded, &surroundings(&home, &[]));
        let text = String::from_utf8_lossy(text);
        let loaded = loaded.unwrap_or_else(|errors| panic!("{text}: {errors}"));
        let path = path.display().to_string();
        let warnings: Vec<String> =
            loaded.warnings.iter().map(|warning| warning.replace(&path, ".env")).collect();
        assert_eq!(warnings, expected, "{text}");
    };
    let line = |lines: &str| format!(".env, {lines}: ignored; accepted: KEY=VALUE");
    check(b"POSTGRES_USER=shop\nspring.datasource.url=jdbc:x\n", &[&line("line 2")]);
    check(b"foo-bar=test\n", &[&line("line 1")]);
    check(b"COMPOSE_PROJECT_NAME=shop\nAWS_SESSION_TOKEN\n", &[&line("line 2")]);
    check(b"set -a\nFOO=1\n", &[&line("line 1")]);
    check(b"if true; then\n  export FOO=1\nfi\n", &[&line("lines 1 and 3")]);
    check(b"MOTD='tis the season\n", &[&line("line 1")]);
    check(b"\xef\xbb\xbfNAME=\"a\r\nb.c=d\r\n", &[&line("lines 1 and 2")]);
    check("a.b=c\n".repeat(70).as_bytes(), &[&line("lines 1, 2, 3, 4, 5 and 65 more")]);
    let level = "LOG_LEVEL=\"verbose\" (.env, line 1) is ignored: it is no level; accepted: TRACE, \
                 DEBUG, INFO, WARNING, ERROR or OFF";
    check(b"LOG_LEVEL=verbose\n", &[level]);
    check(b"export LOG_LEVEL=\"verbose\" \n", &[level]);
    let zone = "TIMEZONE=\"local\" (.env, line 2) is ignored: ";
    let path = write(&home, "work/.env", 0o600, "\nTIMEZONE=local\n");
    let loaded = Config::load(None, Posting::NotNeeded, &surroundings(&home, &[])).unwrap();
    let warning = loaded.warnings[0].replace(path.to_str().unwrap(), ".env");
    assert!(warning.starts_with(zone), "{warning}");
    check(b"PASSWORD=\xff\n", &[]);
    let host = "HOST_NAME=\"\u{fffd}\" (.env, line 1) is ignored: it is not UTF-8; accepted: up to \
                100 characters";
    check(b"HOST_NAME=\xff\n", &[host]);
    check(&vec![b'\n'; (1 << 20) + 1], &[".env is ignored: it is larger than 1 MiB"]);
}

#[test]
fn every_setting_of_a_dotenv_may_be_wrong() {
    let home = Home::new();
    for setting in SETTINGS {
        // No name of a file either.
        let text = format!("{}=:// \u{1}\n", setting.name);
        write(&home, "work/.env", 0o600, &text);
        let loaded = Config::load(None, Posting::NotNeeded, &surroundings(&home, &[]));
        let warnings = loaded.unwrap_or_else(|errors| panic!("{errors}")).warnings;
        let [warning] = warnings.as_slice() else { panic!("{text}: {warnings:?}") };
        assert!(warning.starts_with(&format!("{}=", setting.name)), "{warning}");
        assert!(warning.contains("/.env, line 1) is ignored: "), "{warning}");
        assert!(warning.ends_with(setting.accepted), "{warning}");
    }
}

#[test]
fn what_a_dotenv_says_rightly_holds_whatever_else_is_wrong_in_it() {
    let home = Home::new();
    let url = "https://hooks.slack.com/services/T0/B0/x";
    let text = format!("a.b=c\nMOTD='tis\nLOG_LEVEL=all\nSLACK_WEBHOOK_URL={url}\nHOST_NAME=web\n");
    write(&home, "work/.env", 0o600, text);
    let loaded = Config::load(None, Posting::Needed, &surroundings(&home, &[])).unwrap();
    assert_eq!(loaded.config.host_name.as_deref(), Some("web"));
    assert_eq!(loaded.config.log_level, log::LevelFilter::Info);
    assert_eq!(loaded.config.webhook.unwrap().url().reveal(), url);
    assert_eq!(loaded.sources.from_file, ["SLACK_WEBHOOK_URL", "HOST_NAME"]);
}

#[test]
fn a_webhook_that_a_dotenv_has_wrong_is_missing_where_one_is_needed() {
    let home = Home::new();
    let load = |posting, text: &str| {
        write(&home, "work/.env", 0o600, text);
        Config::load(None, posting, &surroundings(&home, &[]))
    };
    let errors = load(Posting::Needed, "SLACK_WEBHOOK_URL=hunter2\n").unwrap_err();
    assert!(errors.refused[0].starts_with("SLACK_WEBHOOK_URL is not set"), "{errors}");
    assert!(errors.warnings[0].starts_with("SLACK_WEBHOOK_URL=<hidden> ("), "{errors}");
    assert_eq!((errors.refused.len(), errors.warnings.len()), (1, 1), "{errors}");
    let both = "SLACK_WEBHOOK_URL=https://hooks.slack.com/x\nSLACK_WEBHOOK_URL_FILE=/nowhere\n";
    let loaded = load(Posting::Needed, both).unwrap();
    assert!(loaded.warnings[0].ends_with("are both set: the latter is ignored"));
    assert!(loaded.config.webhook.is_some());
}

#[test]
fn a_file_that_somebody_named_is_strict() {
    let home = Home::new();
    let named = write(&home, "work/.env", 0o600, "LOG_LEVEL=verbose\n");
    let variables = [("DMON_ENV_FILE", named.to_str().unwrap())];
    let by_variable = Config::load(None, Posting::NotNeeded, &surroundings(&home, &variables));
    let by_option = Config::load(Some(&named), Posting::NotNeeded, &surroundings(&home, &[]));
    for outcome in [by_variable, by_option] {
        let sentences = refused(outcome);
        assert!(sentences[0].starts_with("LOG_LEVEL=\"verbose\" ("), "{sentences:?}");
    }
}

#[test]
fn a_dotenv_that_others_could_have_written_is_ignored() {
    let home = Home::new();
    let check = |mode: u32, caller: Option<u32>, expected: Option<&str>| {
        let path = write(&home, "work/.env", mode, "HOST_NAME=dotenv");
        // Whoever runs the tests may be root, whose files are always believed.
        if fs::metadata(&path).unwrap().uid() == 0 {
            chown(&path, Some(4242), None).unwrap();
        }
        let owner = fs::metadata(&path).unwrap().uid();
        let caller_uid = caller.map(|step| owner + step);
        let surroundings = Surroundings { caller_uid, ..surroundings(&home, &[]) };
        let loaded = Config::load(None, Posting::NotNeeded, &surroundings).unwrap();
        let Some(reason) = expected else {
            assert_eq!(loaded.warnings, [""; 0]);
            return assert_eq!(loaded.config.host_name.as_deref(), Some("dotenv"));
        };
        assert_eq!(loaded.warnings, [format!("{} is ignored: {reason}", path.display())]);
        assert_eq!(loaded.config.host_name, None);
    };
    check(0o644, Some(0), None);
    check(0o644, Some(1), Some("it belongs to somebody else"));
    check(0o600, None, Some("it belongs to somebody else"));
    check(0o664, Some(0), Some("others can write it (chmod go-w)"));
    check(0o602, Some(0), Some("others can write it (chmod go-w)"));
}

/// A run of dmon that no env file was named to, in the home as its working directory.
fn run(
    home: &Home,
    engine: &ScriptedEngine,
    args: &[&str],
    variables: &[(&str, &str)],
) -> Finished {
    let run = home.dmon(args).env("DMON_ENV_FILE", "").env("DOCKER_SOCKET", engine.address());
    variables.iter().fold(run, |run, (name, value)| run.env(name, value)).run()
}

#[test]
fn a_report_is_made_beside_the_dotenv_of_another_application() {
    let (home, engine) = (Home::new(), ScriptedEngine::new([Container::new("web")]));
    let text = "a.b=c\nMOTD='tis\nLOG_LEVEL=verbose\nTIMEZONE=local\nHOST_NAME=shop-1\n";
    write(&home, ".env", 0o600, text);
    let finished = run(&home, &engine, &["once", "--print"], &[]);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert!(finished.stdout.contains("shop-1"), "{}", finished.stdout);
    let lines: Vec<&str> = finished.stderr.lines().collect();
    let expected =
        [".env, lines 1 and 2: ", "TIMEZONE=\"local\" (.env, ", "LOG_LEVEL=\"verbose\" ("];
    assert_eq!(lines.len(), expected.len(), "{}", finished.stderr);
    for (line, expected) in lines.iter().zip(expected) {
        assert!(line.contains("WARNING") && line.contains(expected), "{line}");
    }
}

/// The same as a user who may read only what belongs to them, with an env file of somebody else's.
fn run_locked_out(engine: &ScriptedEngine, args: &[&str], variables: &[(&str, &str)]) -> Finished {
    let home = Home::new();
    let file = write(&home, "config/dmon/dmon.env", 0o600, "HOST_NAME=shop-1\n");
    let binary = env!("CARGO_BIN_EXE_dmon");
    let run = if fs::metadata(&file).unwrap().uid() == 0 {
        // Without its capabilities, root is the owner of its files and no more.
        chown(&file, Some(4242), Some(4242)).unwrap();
        let drop = ["--bounding-set", "-all", "--inh-caps", "-all", binary];
        home.run_of(Path::new("/usr/bin/setpriv"), [&drop, args].concat())
    } else {
        fs::set_permissions(&file, Permissions::from_mode(0o000)).unwrap();
        home.dmon(args)
    };
    let run = run.env("DMON_ENV_FILE", "").env("XDG_CONFIG_HOME", home.path().join("config"));
    let run = run.env("DOCKER_SOCKET", engine.address());
    variables.iter().fold(run, |run, (name, value)| run.env(name, value)).run()
}

#[test]
fn a_file_that_cannot_be_read_is_no_error_where_its_settings_were_passed_on() {
    let engine = ScriptedEngine::new([]);
    let not_posted = ("NOTIFICATION_ENABLED", "false");
    for variables in [[WEBHOOK, not_posted], [("HOST_NAME", "shop-2"), not_posted]] {
        let finished = run_locked_out(&engine, &["once"], &variables);
        assert_eq!(finished.code, Some(0), "{finished:?}");
        let first = finished.stderr.lines().next().unwrap();
        assert!(first.contains("INFO ") && first.contains("config/dmon/dmon.env is not read (Per"));
        assert!(!finished.stderr.contains("WARNING"), "{}", finished.stderr);
    }
}

#[test]
fn a_file_that_cannot_be_read_is_named_where_a_setting_is_missing() {
    let finished = run_locked_out(&ScriptedEngine::new([]), &["once"], &[]);
    assert_eq!(finished.code, Some(2), "{finished:?}");
    let lines: Vec<&str> = finished.stderr.lines().collect();
    assert_eq!(lines[0], "dmon: a setting is wrong:");
    assert!(lines[1].starts_with("  SLACK_WEBHOOK_URL is not set: "), "{lines:?}");
    assert!(lines[2].starts_with("warning: ") && lines[2].contains("Permission denied"));
    assert_eq!(lines.len(), 3, "{lines:?}");
}
