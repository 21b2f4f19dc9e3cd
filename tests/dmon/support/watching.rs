//! `dmon watch` at work, with a scripted Slack to tell: what it told, one message at a time, in its
//! order, and that there was no more.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::binary::Home;
use super::docker::{wait_until, wait_until_within};
use super::process::{Finished, PATIENCE, Running};
use super::real_engine::say;
use super::slack::{Post, ScriptedSlack};

/// A dmon that is asked to end does so within this time by the contract.
const STOPPING: Duration = Duration::from_secs(5);

/// A dmon that watches, and what it told. It begins anew in the same home after it ended.
pub(crate) struct Watching {
    /// Before its home, so that it ends before its home goes.
    running: Option<Running>,
    /// Where it tells.
    pub(crate) slack: ScriptedSlack,
    /// Where it lives.
    pub(crate) home: Home,
    settings: Vec<(String, String)>,
    /// What the names of the test's containers begin with, left out of what was told.
    prefix: String,
    /// How many messages were looked at.
    read: usize,
    /// How long it may take for what a test waits for, where the test does not say it.
    patience: Duration,
}

/// How long dmon may take on a scripted Engine, which answers at once, for what is promised at once:
/// at most a second after the message before it, and this machine may be busy.
pub(crate) const SOON: Duration = Duration::from_secs(5);

/// A dmon that has this long for what is waited for.
pub(crate) struct Within<'a> {
    watching: &'a mut Watching,
    span: Duration,
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
        Self::ready(engine, prefix, settings).started()
    }

    /// One for the scripted Engine at that address, not started yet: it has to be as fast as it
    /// promises.
    pub(crate) fn of_script(engine: &str, settings: &[(&str, &str)]) -> Self {
        let mut watching = Self::ready(engine, "", settings);
        watching.patience = SOON;
        watching
    }

    /// Starts it and waits for its first message.
    pub(crate) fn started(mut self) -> Self {
        self.begin();
        self.expect("👀 dmon Is Watching", &[]);
        self
    }

    /// The same as [`Self::start`], not started yet.
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
        Self { slack, home, settings, prefix, running: None, read: 0, patience: PATIENCE }
    }

    /// The same dmon, which has this long for the one thing that is waited for next.
    pub(crate) fn within(&mut self, span: Duration) -> Within<'_> {
        Within { watching: self, span }
    }

    /// Runs another command with the same settings in the same home, to its end.
    pub(crate) fn run(&self, command: &str) -> Finished {
        let settings = self.settings.iter();
        settings.fold(self.home.dmon([command]), |run, (name, value)| run.env(name, value)).run()
    }

    /// Starts it, or starts it again.
    pub(crate) fn begin(&mut self) {
        let run = self.home.dmon(["watch"]).env("LOG_FILE", self.log_file());
        let settings = self.settings.iter();
        self.running = Some(settings.fold(run, |run, (name, value)| run.env(name, value)).start());
    }

    /// What it is started with, for one that is started in another way.
    pub(crate) fn settings(&self) -> &[(String, String)] {
        &self.settings
    }

    /// The process.
    pub(crate) fn process(&mut self) -> &mut Running {
        self.running.as_mut().unwrap()
    }

    fn log_file(&self) -> PathBuf {
        self.home.path().join("dmon.log")
    }

    /// Waits for the next message.
    pub(crate) fn next(&mut self) -> Told {
        let patience = self.patience;
        self.within(patience).next()
    }

    /// Waits for the next message, which is this alert with these fields.
    pub(crate) fn expect(&mut self, title: &str, fields: &[(&str, &str)]) -> Told {
        let patience = self.patience;
        self.within(patience).expect(title, fields)
    }

    /// Waits for the next line of its log that contains `part`.
    pub(crate) fn logs(&mut self, part: &str) -> String {
        let patience = self.patience;
        self.within(patience).logs(part)
    }

    /// Waits until `dmon health` ends with that code and says this.
    pub(crate) fn expect_health(&mut self, code: i32, part: &str) {
        let patience = self.patience;
        self.within(patience).expect_health(code, part);
    }

    /// When all of the last message that was looked at was there.
    pub(crate) fn arrived(&self) -> Instant {
        self.slack.posts()[self.read - 1].time
    }

    /// Waits for the next messages until they tell what is wanted: no more than that many.
    pub(crate) fn gather(&mut self, at_most: usize, is_all: impl Fn(&[Told]) -> bool) -> Vec<Told> {
        let mut told = Vec::new();
        while !is_all(&told) {
            assert!(told.len() < at_most, "something is missing in {told:#?}");
            told.push(self.next());
        }
        told
    }

    /// Waits until it has written down that all was told.
    pub(crate) fn wait_until_remembered(&self) {
        self.wait_for_state(|state| !is_owing(state));
    }

    /// Waits until it has inspected this many containers: those that run when it starts are, right
    /// after its first message.
    pub(crate) fn wait_until_known(&self, number: usize) {
        self.wait_for_state(|state| {
            let containers = state["state"]["world"]["containers"].as_array().into_iter().flatten();
            containers.filter(|container| container[1]["details"].is_object()).count() >= number
        });
    }

    fn wait_for_state(&self, is_there: impl Fn(&Value) -> bool) {
        let file = self.home.path().join("state/state.json");
        wait_until("its state is what it should be", || {
            let read = fs::read(&file).map_err(|error| error.to_string());
            let state: Value = read.and_then(|read| {
                serde_json::from_slice(&read).map_err(|error| error.to_string())
            })?;
            if is_there(&state) { Ok(()) } else { Err(format!("{state:#}")) }
        });
    }

    /// Ends it as an administrator does. It must have told nothing more.
    pub(crate) fn end(mut self) {
        self.stop();
    }

    /// The same; it can begin anew.
    pub(crate) fn stop(&mut self) {
        self.process().signal("TERM");
        let patience = self.patience + STOPPING;
        let finished = self.running.take().unwrap().finish_within(patience);
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

    /// Panics if it has told more than was looked at.
    pub(crate) fn expect_no_more(&self) {
        let posts = self.slack.posts();
        let more = posts[self.read..].iter().map(|post| Told::of(post, &self.prefix));
        let more: Vec<Told> = more.collect();
        assert!(more.is_empty(), "nobody expected {more:#?}");
    }
}

impl Within<'_> {
    /// Waits for the next message.
    pub(crate) fn next(self) -> Told {
        let Self { watching, span } = self;
        watching.read += 1;
        let posts = watching.slack.wait_for_posts_within(watching.read, span);
        Told::of(&posts[watching.read - 1], &watching.prefix)
    }

    /// Waits for the next message, which is this alert with these fields.
    pub(crate) fn expect(self, title: &str, fields: &[(&str, &str)]) -> Told {
        let told = self.next();
        assert_eq!(told.title, title, "{told:#?}");
        for (name, value) in fields {
            let field = told.fields.get(*name).map(String::as_str);
            assert_eq!(field, Some(*value), "{name} of {told:#?}");
        }
        told
    }

    /// Waits for the next line of its log that contains `part`.
    pub(crate) fn logs(self, part: &str) -> String {
        self.watching.process().wait_for_line_within(part, self.span)
    }

    /// Waits until `dmon health` ends with that code and says this.
    pub(crate) fn expect_health(self, code: i32, part: &str) {
        wait_until_within(self.span, &format!("dmon health ends with {code}: {part}"), || {
            let finished = self.watching.run("health");
            let said = format!("{}{}", finished.stdout, finished.stderr);
            if finished.code == Some(code) && said.contains(part) { Ok(()) } else { Err(finished) }
        });
    }
}

impl Drop for Watching {
    /// What dmon thought helps to see why a test failed.
    fn drop(&mut self) {
        if thread::panicking() {
            let log = fs::read_to_string(self.log_file());
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

    /// Whether it says this anywhere.
    pub(crate) fn has(&self, part: &str) -> bool {
        self.title.contains(part) || self.text.contains(part)
    }

    /// Whether it is about that container and no other.
    pub(crate) fn is_about(&self, name: &str) -> bool {
        self.fields.get("Container").is_some_and(|container| container == name)
    }

    /// Panics unless it says this.
    pub(crate) fn says(&self, part: &str) -> &Self {
        assert!(self.text.contains(part), "no {part:?} in {self:#?}");
        self
    }
}
