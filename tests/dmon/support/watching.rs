//! `dmon watch` at work, with a scripted Slack to tell: what it told, one message at a time, in its
//! order, and that there was no more.

use std::collections::BTreeMap;
use std::fs;
use std::thread;
use std::time::Duration;

use dmon::clock;
use serde_json::Value;

use super::binary::Home;
use super::process::{PATIENCE, Running};
use super::real_engine::say;
use super::slack::{Post, ScriptedSlack};

/// A dmon that watches, and what it told. It begins anew in the same home after it ended.
pub(crate) struct Watching {
    /// Where it tells.
    pub(crate) slack: ScriptedSlack,
    /// Where it lives.
    pub(crate) home: Home,
    settings: Vec<(String, String)>,
    /// What the names of the test's containers begin with, left out of what was told.
    prefix: String,
    running: Option<Running>,
    /// How many messages were looked at.
    read: usize,
}

/// A message as it was told.
#[derive(Debug)]
pub(crate) struct Told {
    /// Its headline.
    pub(crate) title: String,
    /// Its fields, without the marks around names and times.
    pub(crate) fields: BTreeMap<String, String>,
    /// All else that it says, without the same marks.
    pub(crate) text: String,
}

impl Watching {
    /// Starts it on the Engine at that address, for containers whose names begin with `prefix`, and
    /// waits for its first message.
    pub(crate) fn start(engine: &str, prefix: &str, settings: &[(&str, &str)]) -> Self {
        let mut watching = Self::ready(engine, prefix, settings);
        watching.begin();
        watching.expect("👀 dmon Is Watching", &[]);
        watching
    }

    /// The same, not started yet.
    pub(crate) fn ready(engine: &str, prefix: &str, settings: &[(&str, &str)]) -> Self {
        let slack = ScriptedSlack::new();
        let (url, filter) = (slack.url(), format!("^{prefix}"));
        let fixed = [
            ("DOCKER_SOCKET", engine),
            ("SLACK_WEBHOOK_URL", &url),
            ("CONTAINER_NAME_FILTER", &filter),
            ("LOG_LEVEL", "debug"),
        ];
        let settings = fixed.iter().chain(settings);
        let settings = settings.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let settings = settings.collect();
        let (prefix, home) = (prefix.to_owned(), Home::new());
        Self { slack, home, settings, prefix, running: None, read: 0 }
    }

    /// Starts it, or starts it again.
    pub(crate) fn begin(&mut self) {
        let run = self.home.dmon(["watch"]).env("LOG_FILE", self.home.path().join("dmon.log"));
        let settings = self.settings.iter();
        self.running = Some(settings.fold(run, |run, (name, value)| run.env(name, value)).start());
    }

    /// The process.
    pub(crate) fn process(&mut self) -> &mut Running {
        self.running.as_mut().unwrap()
    }

    /// Waits for the next message.
    pub(crate) fn next(&mut self) -> Told {
        self.read += 1;
        let posts = self.slack.wait_for_posts(self.read);
        Told::of(&posts[self.read - 1], &self.prefix)
    }

    /// Waits for the next message, which is this alert with these fields.
    pub(crate) fn expect(&mut self, title: &str, fields: &[(&str, &str)]) -> Told {
        let told = self.next();
        assert_eq!(told.title, title, "{told:#?}");
        for (name, value) in fields {
            let field = told.fields.get(*name).map(String::as_str);
            assert_eq!(field, Some(*value), "{name} of {told:#?}");
        }
        told
    }

    /// Waits until it has written down that all was told.
    pub(crate) fn wait_until_remembered(&self) {
        let deadline = clock::monotonic() + PATIENCE;
        let file = self.home.path().join("state/state.json");
        let state = || serde_json::from_slice::<Value>(&fs::read(&file).ok()?).ok();
        while state().is_none_or(|state| is_owing(&state)) {
            assert!(clock::monotonic() < deadline, "it stays owing: {:#?}", state());
            clock::pause(Duration::from_millis(20));
        }
    }

    /// Ends it as an administrator does. It must have told nothing more.
    pub(crate) fn end(mut self) {
        self.stop();
    }

    /// The same; it can begin anew.
    pub(crate) fn stop(&mut self) {
        self.process().signal("TERM");
        let finished = self.running.take().unwrap().finish();
        assert_eq!(finished.code, Some(0), "{finished:?}");
        self.expect_no_more();
    }

    /// Ends it as a crash does; it can begin anew.
    pub(crate) fn kill(&mut self) {
        self.process().signal("KILL");
        let finished = self.running.take().unwrap().finish();
        assert_eq!(finished.code, None, "{finished:?}");
        self.expect_no_more();
    }

    fn expect_no_more(&self) {
        let posts = self.slack.posts();
        let more = posts[self.read..].iter().map(|post| Told::of(post, &self.prefix));
        let more: Vec<Told> = more.collect();
        assert!(more.is_empty(), "nobody expected {more:#?}");
    }
}

impl Drop for Watching {
    /// What dmon thought helps to see why a test failed.
    fn drop(&mut self) {
        if thread::panicking() {
            let log = fs::read_to_string(self.home.path().join("dmon.log"));
            say(&format!("dmon's log:\n{}", log.unwrap_or_default()));
        }
    }
}

/// Whether there is something to be told in a state.
fn is_owing(state: &Value) -> bool {
    match state {
        Value::Object(fields) => fields.iter().any(|(name, value)| match name.as_str() {
            "notices" => value.as_array().is_some_and(|notices| !notices.is_empty()),
            "incident" => value.get("told").is_none() || value.get("recovery").is_some(),
            _ => is_owing(value),
        }),
        Value::Array(values) => values.iter().any(is_owing),
        _ => false,
    }
}

impl Told {
    /// Reads what receivers other than Slack are sent, or plain text.
    fn of(post: &Post, prefix: &str) -> Self {
        let plain = |text: &Value| text.as_str().unwrap_or_default().replace(['`', '\u{200b}'], "");
        let plain = |text: &Value| plain(text).replace(prefix, "");
        let body = post.json();
        let attachments = body["attachments"].as_array().cloned().unwrap_or_default();
        let title = attachments.iter().map(|part| plain(&part["title"])).next();
        let fields = attachments.iter().filter_map(|part| part["fields"].as_array()).flatten();
        let fields = fields.map(|field| (plain(&field["title"]), plain(&field["value"])));
        let texts = attachments.iter().map(|part| plain(&part["text"]));
        let texts: Vec<String> = std::iter::once(plain(&body["text"])).chain(texts).collect();
        Self { title: title.unwrap_or_default(), fields: fields.collect(), text: texts.join("\n") }
    }

    /// Panics unless it says this.
    pub(crate) fn says(&self, part: &str) -> &Self {
        assert!(self.text.contains(part), "no {part:?} in {self:#?}");
        self
    }
}
