//! The one setting that may come from a file of its own, and when it is required.

use dmon::config::{Config, Posting};

use super::{WEBHOOK, load, refused, surroundings, write};
use crate::support::binary::Home;

#[test]
fn a_webhook_is_required_where_something_is_posted() {
    let check = |variables: &[(&str, &str)], posting: Posting, expected: bool| {
        let surroundings = surroundings(&Home::new(), variables);
        assert_eq!(Config::load(None, posting, &surroundings).is_ok(), expected, "{variables:?}");
    };
    check(&[], Posting::Needed, false);
    check(&[], Posting::NotNeeded, true);
    check(&[WEBHOOK], Posting::Needed, true);
    check(&[("NOTIFICATION_ENABLED", "false")], Posting::Needed, true);
    check(&[("SLACK_WEBHOOK_URL", "nonsense")], Posting::NotNeeded, false);
    let nonsense = [("SLACK_WEBHOOK_URL", "nonsense"), ("NOTIFICATION_ENABLED", "false")];
    check(&nonsense, Posting::Needed, false);
}

#[test]
fn a_plain_webhook_beyond_this_machine_is_warned_about() {
    let check = |url: &str, expected: usize| {
        assert_eq!(load(&[("SLACK_WEBHOOK_URL", url)]).unwrap().warnings.len(), expected, "{url}");
    };
    check("http://chat.example.org/hooks/x", 1);
    check("http://127.0.0.1:8065/hooks/x", 0);
    check("https://chat.example.org/hooks/x", 0);
}

#[test]
fn the_webhook_is_read_from_a_file() {
    let home = Home::new();
    let check = |text: &[u8], expected: &str| {
        let path = write(&home, "webhook", 0o444, text);
        let variables = [("SLACK_WEBHOOK_URL_FILE", path.to_str().unwrap())];
        let outcome = Config::load(None, Posting::Needed, &surroundings(&home, &variables));
        match outcome {
            Ok(loaded) => {
                assert_eq!(loaded.config.webhook.unwrap().url().reveal(), expected);
                assert_eq!(loaded.warnings, [""; 0], "secrets of containers are readable by all");
            }
            Err(errors) => assert!(errors.refused[0].contains(expected), "{errors}"),
        }
    };
    let url = "https://hooks.slack.com/services/T0/B0/x";
    check(b"https://hooks.slack.com/services/T0/B0/x\r\n", url);
    check(b"\xef\xbb\xbfhttps://hooks.slack.com/services/T0/B0/x\r\n", url);
    let utf16: Vec<u8> =
        format!("\u{feff}{url}\r\n").encode_utf16().flat_map(u16::to_le_bytes).collect();
    check(&utf16, url);
    check(b"\n", "in the file: it is empty");
    check(b"\xef\xbb\xbf", "in the file: it is empty");
    check(b"hooks.slack.com/x", "in the file: it does not begin with https://");
    check(b"https://hooks.slack.com/\xff", "the file cannot be read: it is not UTF-8");
    let sentences = refused(load(&[("SLACK_WEBHOOK_URL_FILE", "/nowhere/webhook")]));
    assert!(sentences[0].contains("the file cannot be read: No such file"), "{sentences:?}");
}

#[test]
fn two_webhooks_from_one_place_contradict_each_other() {
    let home = Home::new();
    let file = write(&home, "webhook", 0o600, "https://hooks.slack.com/services/in/a/file");
    let by_file = ("SLACK_WEBHOOK_URL_FILE", file.to_str().unwrap());
    let both = refused(load(&[WEBHOOK, by_file]));
    let expected = "SLACK_WEBHOOK_URL (environment) and SLACK_WEBHOOK_URL_FILE (environment) are \
                    both set: remove one";
    assert_eq!(both, [expected]);

    let check = |in_environment: (&str, &str), in_env_file: (&str, &str), expected: &str| {
        let (name, value) = in_env_file;
        write(&home, "etc.env", 0o600, format!("{name}={value}\n"));
        let surroundings = surroundings(&home, &[in_environment]);
        let config = Config::load(None, Posting::Needed, &surroundings).unwrap().config;
        assert_eq!(config.webhook.unwrap().url().reveal(), expected);
    };
    check(WEBHOOK, by_file, WEBHOOK.1);
    check(by_file, WEBHOOK, "https://hooks.slack.com/services/in/a/file");
}
