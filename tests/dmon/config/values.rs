//! What each setting accepts, what it comes to, and how it is refused.

use std::ffi::OsString;
use std::fmt::Debug;
use std::os::unix::ffi::OsStringExt;

use dmon::config::settings::{Exposure, Fallback, SETTINGS};
use dmon::config::{Config, Posting};
use regex::Regex;

use super::{WEBHOOK, load, load_posting, refused, surroundings};
use crate::support::binary::Home;

#[test]
fn without_settings_the_defaults_hold() {
    let config = load(&[]).unwrap().config;
    let check = |value: &dyn Debug, expected: &str| assert_eq!(format!("{value:?}"), expected);
    check(&config.webhook, "None");
    check(&config.slack_format, "Auto");
    check(&config.slack_mention, "None");
    check(&config.daily_check_times, "[9:00:00.0]");
    check(&config.realtime_check_interval, "10s");
    check(&config.timezone, "Zone(UTC)");
    check(&config.log_level, "Info");
    check(&config.log_file, "None");
    check(&config.docker_socket, "Unix(\"/var/run/docker.sock\")");
    check(&config.notifications, "Enabled");
    check(&config.stopped_containers, "Included");
    check(&config.names, "Filter { include: None, exclude: None }");
    check(&config.host_name, "None");
    check(&config.state_dirs, "[\"/var/lib/dmon\"]");
    check(&config.alert_cooldown, "300s");
    check(&config.alert_min_severity, "Info");
    check(&config.restart_grace, "5s");
    check(&config.manual_stop_severity, "Some(Critical)");
    check(&config.clean_exit_severity, "Some(Critical)");
    check(&config.alert_log_lines, "0");
    check(&config.stats_interval, "Some(60s)");
    check(&config.cpu_alert_percent, "None");
    check(&config.memory_alert_percent, "None");
    check(&config.alert_for, "300s");
    check(&config.heartbeat_url, "None");
}

#[test]
fn each_setting_is_read_from_its_text() {
    /// Loads one setting and shows a field of what it came to.
    fn check<T: Debug>(name: &str, value: &str, field: impl Fn(Config) -> T, expected: &str) {
        let loaded = load(&[(name, value)]).unwrap_or_else(|errors| panic!("{errors}"));
        assert_eq!(format!("{:?}", field(loaded.config)), expected, "{name}={value}");
    }
    check(WEBHOOK.0, WEBHOOK.1, |c| c.webhook, "Some(Webhook(https://hooks.slack.com/<hidden>))");
    check("SLACK_FORMAT", "Blocks", |c| c.slack_format, "Fixed(Blocks)");
    check("SLACK_MENTION", "<!here>", |c| c.slack_mention, "Some(Mention(\"<!here>\"))");
    check(
        "SLACK_MENTION",
        "<@U012ABC>  <!subteam^S9>",
        |c| c.slack_mention,
        "Some(Mention(\"<@U012ABC> <!subteam^S9>\"))",
    );
    check(
        "DAILY_CHECK_TIME",
        "18:30, 9:00,18:30",
        |c| c.daily_check_times,
        "[9:00:00.0, 18:30:00.0]",
    );
    check("DAILY_CHECK_TIME", "00:00,23:59", |c| c.daily_check_times, "[0:00:00.0, 23:59:00.0]");
    check("REALTIME_CHECK_INTERVAL", " 30 ", |c| c.realtime_check_interval, "30s");
    check("REALTIME_CHECK_INTERVAL", "\u{feff}30\r\n", |c| c.realtime_check_interval, "30s");
    check("TIMEZONE", "europe/berlin", |c| c.timezone, "Zone(Europe/Berlin)");
    check("LOG_LEVEL", "warn", |c| c.log_level, "Warn");
    check("LOG_LEVEL", "Warning", |c| c.log_level, "Warn");
    check("LOG_LEVEL", "off", |c| c.log_level, "Off");
    check("LOG_FILE", "/var/log/dmon.log", |c| c.log_file, "Some(\"/var/log/dmon.log\")");
    check(
        "DOCKER_SOCKET",
        "tcp://proxy:2375",
        |c| c.docker_socket.to_string(),
        "\"tcp://proxy:2375\"",
    );
    check(
        "DOCKER_HOST",
        "/run/podman.sock",
        |c| c.docker_socket.to_string(),
        "\"unix:///run/podman.sock\"",
    );
    for (word, notifications) in
        [("NO", "Disabled"), ("0", "Disabled"), ("on", "Enabled"), ("1", "Enabled")]
    {
        check("NOTIFICATION_ENABLED", word, |c| c.notifications, notifications);
    }
    check("INCLUDE_STOPPED_CONTAINERS", "False", |c| c.stopped_containers, "LeftOut");
    check(
        "CONTAINER_NAME_FILTER",
        "(?i)^web",
        |c| c.names.include.unwrap().is_match("WEB-1"),
        "true",
    );
    check("CONTAINER_NAME_EXCLUDE", r"\d$", |c| c.names.exclude.unwrap().is_match("web"), "false");
    check("HOST_NAME", "büro 1", |c| c.host_name, "Some(\"büro 1\")");
    check("STATE_DIR", "/srv/dmon", |c| c.state_dirs, "[\"/srv/dmon\"]");
    check("ALERT_COOLDOWN", "0", |c| c.alert_cooldown, "0ns");
    check("ALERT_MIN_SEVERITY", "Warning", |c| c.alert_min_severity, "Warning");
    check("RESTART_GRACE", "7", |c| c.restart_grace, "7s");
    check("MANUAL_STOP_SEVERITY", "OFF", |c| c.manual_stop_severity, "None");
    check("CLEAN_EXIT_SEVERITY", "info", |c| c.clean_exit_severity, "Some(Info)");
    check("ALERT_LOG_LINES", "50", |c| c.alert_log_lines, "50");
    check("STATS_INTERVAL", "0", |c| c.stats_interval, "None");
    check("CPU_ALERT_PERCENT", "250.5", |c| c.cpu_alert_percent, "Some(250.5)");
    check("MEMORY_ALERT_PERCENT", "0", |c| c.memory_alert_percent, "None");
    check("ALERT_FOR", "60", |c| c.alert_for, "60s");
    check("HEARTBEAT_URL", "https://hc.example.org/hunter2", |c| c.heartbeat_url, "Some(<hidden>)");
}

#[test]
fn what_is_refused_is_named_with_its_reason_and_what_is_accepted() {
    let check = |name: &str, value: &str, reason: &str| {
        let accepted = SETTINGS.iter().find(|setting| setting.name == name).unwrap().accepted;
        let expected = format!("{name}={value:?} (environment): {reason}; accepted: {accepted}");
        assert_eq!(refused(load(&[(name, value)])), [expected]);
    };
    let (no_mention, no_time) = (
        "there is something else than mentions in it, or more than five",
        "there is no time of day where one should be",
    );
    check("SLACK_FORMAT", "html", "it is no format");
    check("SLACK_MENTION", "<!everyone>", no_mention);
    check("SLACK_MENTION", "<@U1|bob>", no_mention);
    check("SLACK_MENTION", "<!here> and here", no_mention);
    check("DAILY_CHECK_TIME", "24:00", no_time);
    check("DAILY_CHECK_TIME", "09:00,", no_time);
    check("DAILY_CHECK_TIME", "9:5", no_time);
    check("DAILY_CHECK_TIME", "+9:05", no_time);
    check("DAILY_CHECK_TIME", ":05", no_time);
    check("REALTIME_CHECK_INTERVAL", "0", "it is out of range");
    check("REALTIME_CHECK_INTERVAL", "5m", "it is not a whole number");
    check("REALTIME_CHECK_INTERVAL", "-1", "it is not a whole number");
    check("REALTIME_CHECK_INTERVAL", "99999999999999999999", "it is out of range");
    check("TIMEZONE", "Berlin", "there is no such time zone, did you mean Europe/Berlin?");
    check("LOG_LEVEL", "loud", "it is no level");
    check("DOCKER_SOCKET", "docker.sock", "it is neither a path nor an address");
    check("DOCKER_HOST", "tcp://host:port", "\"port\" is not a port");
    check("NOTIFICATION_ENABLED", "maybe", "it is neither true nor false");
    check("CONTAINER_NAME_FILTER", "web(", "unclosed group");
    let look_around = "look-around, including look-ahead and look-behind, is not supported";
    check("CONTAINER_NAME_FILTER", "(?=web)", look_around);
    let classes = r"Unicode classes (\p{…}) are not built in; \d, \w, \s and (?i) are";
    check("CONTAINER_NAME_EXCLUDE", r"\p{Greek}", classes);
    check("CONTAINER_NAME_EXCLUDE", r"\w{1000}{1000}", "it is too big");
    check("LOG_FILE", "unix:///var/log/dmon.log", "it is a URL");
    check("MANUAL_STOP_SEVERITY", "none", "it is no severity");
    check("ALERT_LOG_LINES", "51", "it is out of range");
    check("CPU_ALERT_PERCENT", "0.5", "it is out of range");
    check("MEMORY_ALERT_PERCENT", "101", "it is out of range");
    check("MEMORY_ALERT_PERCENT", "nan", "it is out of range");
    check("MEMORY_ALERT_PERCENT", "80%", "it is not a number");
}

#[test]
fn ranges_end_where_their_words_say() {
    let range = Regex::new(r"\b(\d+) to (\d+)\b").unwrap();
    let mut ranges = 0;
    for setting in SETTINGS {
        let Some(ends) = range.captures(setting.accepted) else { continue };
        let [first, last] = ends.extract().1.map(|end| end.parse::<u32>().unwrap());
        let is_accepted = |value: u32| load(&[(setting.name, &value.to_string())]).is_ok();
        assert!(is_accepted(first) && is_accepted(last), "{}", setting.name);
        assert!(!is_accepted(last + 1), "{}", setting.name);
        // Percentages have 0 too: it is off.
        let below = if setting.accepted.starts_with("off") { None } else { first.checked_sub(1) };
        assert!(below.is_none_or(|below| !is_accepted(below)), "{}", setting.name);
        ranges += 1;
    }
    assert_eq!(ranges, 8);
}

#[test]
fn every_default_is_accepted_and_every_setting_is_read() {
    for setting in SETTINGS {
        if let Fallback::Value(default) = setting.default {
            assert!(load(&[(setting.name, default)]).is_ok(), "{}", setting.name);
        }
        let sentences = refused(load(&[(setting.name, "a\u{7}b")]));
        let value = match setting.exposure {
            Exposure::Hidden => "<hidden>",
            Exposure::Shown => r#""a\u{7}b""#,
        };
        let expected =
            format!("{}={value} (environment): there is a control character", setting.name);
        assert!(matches!(&sentences[..], [one] if one.starts_with(&expected)), "{sentences:?}");
    }
}

#[test]
fn all_that_is_wrong_is_told_in_one_go() {
    let errors = load_posting(&[("ALERT_COOLDOWN", "soon"), ("LOG_LEVEL", "loud")]).unwrap_err();
    let expected = "\
3 settings are wrong:
  SLACK_WEBHOOK_URL is not set: set it (or SLACK_WEBHOOK_URL_FILE) to the URL of an incoming \
  webhook, or try --print
  LOG_LEVEL=\"loud\" (environment): it is no level; \
  accepted: TRACE, DEBUG, INFO, WARNING, ERROR or OFF
  ALERT_COOLDOWN=\"soon\" (environment): it is not a whole number; accepted: seconds, 0 to 86400";
    assert_eq!(errors.to_string(), expected);
}

#[test]
fn empty_is_unset() {
    let everything: Vec<_> = SETTINGS.iter().map(|setting| (setting.name, " \n")).collect();
    assert!(load(&everything).is_ok());
    let config = load(&[("DOCKER_SOCKET", ""), ("DOCKER_HOST", "tcp://proxy")]).unwrap().config;
    assert_eq!(config.docker_socket.to_string(), "tcp://proxy:2375");
}

#[test]
fn docker_host_counts_only_where_docker_socket_is_not_set() {
    let variables = [("DOCKER_SOCKET", "/run/a.sock"), ("DOCKER_HOST", "ssh://me@far")];
    assert_eq!(load(&variables).unwrap().config.docker_socket.to_string(), "unix:///run/a.sock");
    assert!(refused(load(&variables[1..]))[0].starts_with("DOCKER_HOST=<hidden>"));
}

#[test]
fn a_value_that_is_not_utf_8_is_refused() {
    let mut surroundings = surroundings(&Home::new(), &[]);
    let bytes = OsString::from_vec(b"hunter2\xff".to_vec());
    surroundings.variables.insert("SLACK_WEBHOOK_URL".to_owned(), bytes);
    let sentences = refused(Config::load(None, Posting::NotNeeded, &surroundings));
    assert!(sentences[0].starts_with("SLACK_WEBHOOK_URL=<hidden> (environment): it is not UTF-8"));
}

#[test]
fn secrets_are_hidden_wherever_they_stand() {
    let values = [
        "https://hooks.slack.com/services/T0/B0/hunter2",
        "https:/hooks.slack.com/services/T0/B0/hunter2",
        "ftp://hooks.slack.com/hunter2",
        "hunter2\u{7}",
        "http://[hunter2",
        "https://hunter2@example.org/x",
    ];
    for (value, setting) in values.iter().flat_map(|v| SETTINGS.iter().map(move |s| (v, s))) {
        // Beside its own settings, a secret is known by the look of a URL.
        let is_known = setting.exposure == Exposure::Hidden || value.contains("://");
        if let Err(errors) = load(&[(setting.name, *value)]) {
            assert!(!is_known || !errors.to_string().contains("hunter2"), "{errors}");
        }
    }
    for name in ["SLACK_WEBHOOK_URL", "HEARTBEAT_URL"] {
        let loaded = load(&[(name, values[0])]).unwrap();
        assert!(!format!("{loaded:?}").contains("hunter2"), "{loaded:?}");
    }
}
