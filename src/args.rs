//! The command line: the loop over lexopt in [`parse`] is its grammar. What the words mean in full
//! is in `help`; what the settings say is in `config`.

use std::ffi::OsString;
use std::fmt;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use lexopt::{Arg, Parser};

use crate::config::{Posting, shown};
use crate::help;
use crate::nearest::nearest;

/// What the command line asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Invocation {
    /// The help: of all, or of one command.
    Help(Option<Command>),
    /// The version.
    Version,
    /// To do something.
    Run(Args),
}

/// What to do, and the options that every command has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Args {
    /// What to do.
    pub job: Job,
    /// `--env-file`.
    pub env_file: Option<PathBuf>,
    /// Where messages go.
    pub output: Output,
}

/// What to do, with what only this needs to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Job {
    /// [`Command::Once`].
    Once,
    /// [`Command::Watch`].
    Watch {
        /// `--interval`, where it is given.
        interval: Option<Duration>,
    },
    /// [`Command::Test`].
    Test,
    /// [`Command::TestNotification`].
    TestNotification,
    /// [`Command::Health`].
    Health,
    /// [`Command::Explain`].
    Explain {
        /// The recording; `-` for standard input.
        path: PathBuf,
    },
}

/// What dmon can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// One report, then exit.
    Once,
    /// Stays up and tells what happens.
    Watch,
    /// Checks settings, Engine and webhook, posts nothing.
    Test,
    /// Posts one test message.
    TestNotification,
    /// Whether the dmon that stays up sees the Engine.
    Health,
    /// Replays a recording and says what would be told.
    Explain,
}

/// Where messages go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Output {
    /// To the webhook.
    #[default]
    Slack,
    /// To standard output, for people (`--print`).
    Text,
    /// To standard output, one JSON object a line (`--json`).
    Json,
}

/// The options, for those that are misspelt.
const OPTIONS: [&str; 6] = ["--env-file", "--print", "--json", "--interval", "--help", "--version"];

/// What `--interval` accepts, in seconds.
const INTERVAL: RangeInclusive<u64> = 1..=3600;

impl Command {
    /// Every command, in the order of the help.
    pub const ALL: [Self; 6] =
        [Self::Once, Self::Watch, Self::Test, Self::TestNotification, Self::Health, Self::Explain];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Once => "once",
            Self::Watch => "watch",
            Self::Test => "test",
            Self::TestNotification => "test-notification",
            Self::Health => "health",
            Self::Explain => "explain",
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|command| command.name() == name)
    }
}

impl Args {
    /// Whether a webhook is needed for it.
    pub fn posting(&self) -> Posting {
        match (&self.job, self.output) {
            (Job::Once | Job::Watch { .. } | Job::TestNotification, Output::Slack) => {
                Posting::Needed
            }
            _ => Posting::NotNeeded,
        }
    }
}

/// A command line that cannot be understood: exit status 2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UsageError {
    /// Nothing is asked for.
    NoCommand,
    /// One sentence on what is wrong.
    Wrong(String),
}

/// Reads a command line, without the program's own name. Help and version are given whatever else
/// is wrong, before or after them.
pub fn parse<T: Into<OsString>>(
    arguments: impl IntoIterator<Item = T>,
) -> Result<Invocation, UsageError> {
    let arguments: Vec<OsString> = arguments.into_iter().map(Into::into).collect();
    let mut parser = Parser::from_args(arguments);
    let mut line = Line::default();
    loop {
        match parser.next() {
            Ok(None) => return line.understand(),
            Ok(Some(Arg::Short('h') | Arg::Long("help"))) => {
                return Ok(Invocation::Help(line.topic()));
            }
            Ok(Some(Arg::Short('V') | Arg::Long("version"))) => return Ok(Invocation::Version),
            Ok(Some(Arg::Long("env-file"))) => match parser.value() {
                Ok(path) if !path.is_empty() => line.env_file = Some(path.into()),
                _ => line.refuse("--env-file needs the name of a FILE after it".to_owned()),
            },
            Ok(Some(Arg::Long("interval"))) => match parser.value() {
                Ok(seconds) => line.interval = Some(seconds),
                Err(_) => line.refuse("--interval needs a number of seconds after it".to_owned()),
            },
            Ok(Some(Arg::Long("print"))) if line.output == Output::Json => {}
            Ok(Some(Arg::Long("print"))) => line.output = Output::Text,
            Ok(Some(Arg::Long("json"))) => line.output = Output::Json,
            Ok(Some(Arg::Value(word))) => line.words.push(word),
            Ok(Some(Arg::Long(other))) => {
                let option = format!("--{other}");
                line.refuse(unknown("option", &option, &OPTIONS));
            }
            Ok(Some(Arg::Short(other))) => {
                line.refuse(unknown("option", &format!("-{other}"), &OPTIONS));
            }
            Err(lexopt::Error::UnexpectedValue { option, .. }) => {
                line.refuse(format!("{option} takes no value"));
            }
            Err(error) => line.refuse(error.to_string()),
        }
    }
}

/// What has been read of the line.
#[derive(Default)]
struct Line {
    words: Vec<OsString>,
    env_file: Option<PathBuf>,
    output: Output,
    interval: Option<OsString>,
    wrong: Option<String>,
}

impl Line {
    /// The first thing that is wrong is the one to tell: what follows may come of it.
    fn refuse(&mut self, sentence: String) {
        self.wrong.get_or_insert(sentence);
    }

    /// The command that help is asked for.
    fn topic(&self) -> Option<Command> {
        self.words.iter().find_map(|word| Command::from_name(word.to_str()?))
    }

    fn understand(mut self) -> Result<Invocation, UsageError> {
        if self.words.first().is_some_and(|word| word == "help") {
            return Ok(Invocation::Help(self.topic()));
        }
        if let Some(sentence) = self.wrong {
            return Err(UsageError::Wrong(sentence));
        }
        if self.words.is_empty() {
            return Err(UsageError::NoCommand);
        }
        let name = self.words.remove(0).to_string_lossy().into_owned();
        let names = Command::ALL.map(Command::name);
        let command = Command::from_name(&name)
            .ok_or_else(|| UsageError::Wrong(unknown("command", &name, &names)))?;
        let (env_file, output) = (self.env_file.take(), self.output);
        self.job(command)
            .map(|job| Invocation::Run(Args { job, env_file, output }))
            .map_err(UsageError::Wrong)
    }

    /// The job, with what it takes; refuses what it does not take.
    fn job(self, command: Command) -> Result<Job, String> {
        let mut words = self.words.into_iter();
        let interval = match (command, self.interval) {
            (_, None) => None,
            (Command::Watch, Some(text)) => Some(interval(&text.to_string_lossy())?),
            (other, Some(_)) => {
                return Err(format!("--interval is for watch, not {}", other.name()));
            }
        };
        let job = match command {
            Command::Once => Job::Once,
            Command::Watch => Job::Watch { interval },
            Command::Test => Job::Test,
            Command::TestNotification => Job::TestNotification,
            Command::Health => Job::Health,
            Command::Explain => match words.next() {
                Some(path) => Job::Explain { path: path.into() },
                None => return Err("explain needs the PATH of a recording, or -".to_owned()),
            },
        };
        match words.next() {
            None => Ok(job),
            Some(word) => {
                let (name, word) = (command.name(), shown(&word.to_string_lossy()));
                Err(format!("{word} is too much for {name}"))
            }
        }
    }
}

fn interval(text: &str) -> Result<Duration, String> {
    match text.parse() {
        Ok(seconds) if INTERVAL.contains(&seconds) => Ok(Duration::from_secs(seconds)),
        _ => Err(format!(
            "--interval {} is not accepted: it takes seconds, {} to {}",
            shown(text),
            INTERVAL.start(),
            INTERVAL.end()
        )),
    }
}

/// The sentence for a word that is none of `known`.
fn unknown(kind: &str, word: &str, known: &[&str]) -> String {
    let word_shown = shown(word);
    match nearest(word, known.iter().copied()) {
        Some(meant) => format!("there is no {kind} {word_shown}, did you mean {meant}?"),
        None => format!("there is no {kind} {word_shown}: it is one of {}", known.join(", ")),
    }
}

impl fmt::Display for UsageError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoCommand => write!(formatter, "which command?\n\n{}", help::short()),
            Self::Wrong(sentence) => write!(formatter, "{sentence}\ntry: dmon --help"),
        }
    }
}

impl std::error::Error for UsageError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Invocation, UsageError> {
        parse(line.split_whitespace())
    }

    #[test]
    fn a_line_is_a_command_and_options_in_any_order() {
        let check = |line: &str, job: Job, output: Output, env_file: Option<&str>| {
            let env_file = env_file.map(PathBuf::from);
            assert_eq!(read(line), Ok(Invocation::Run(Args { job, env_file, output })), "{line}");
        };
        check("once", Job::Once, Output::Slack, None);
        check("test", Job::Test, Output::Slack, None);
        check("test-notification", Job::TestNotification, Output::Slack, None);
        check("once --print", Job::Once, Output::Text, None);
        check("--print once", Job::Once, Output::Text, None);
        check("once --json", Job::Once, Output::Json, None);
        check("once --json --print", Job::Once, Output::Json, None);
        check("once --print --json", Job::Once, Output::Json, None);
        check("once --env-file a.env", Job::Once, Output::Slack, Some("a.env"));
        check("--env-file=a.env once", Job::Once, Output::Slack, Some("a.env"));
        check("-- once", Job::Once, Output::Slack, None);
        check("watch", Job::Watch { interval: None }, Output::Slack, None);
        let interval = Some(Duration::from_secs(30));
        check("watch --interval 30", Job::Watch { interval }, Output::Slack, None);
        check("--interval=30 --json watch", Job::Watch { interval }, Output::Json, None);
        check("explain a/b", Job::Explain { path: "a/b".into() }, Output::Slack, None);
        check("explain - --json", Job::Explain { path: "-".into() }, Output::Json, None);
        check("health", Job::Health, Output::Slack, None);
    }

    #[test]
    fn help_and_version_are_given_whatever_else_is_wrong() {
        let check =
            |line: &str, expected: Invocation| assert_eq!(read(line), Ok(expected), "{line}");
        check("--help", Invocation::Help(None));
        check("-h", Invocation::Help(None));
        check("help", Invocation::Help(None));
        check("once --help", Invocation::Help(Some(Command::Once)));
        check("help once", Invocation::Help(Some(Command::Once)));
        check("help --bogus nonsense", Invocation::Help(None));
        check("--bogus nonsense --env-file= --print=1 -h", Invocation::Help(None));
        check("--help --env-file", Invocation::Help(None));
        check("--version", Invocation::Version);
        check("nonsense -V", Invocation::Version);
    }

    #[test]
    fn what_is_wrong_is_named_with_what_would_be_right() {
        let check = |line: &str, expected: &str| {
            let expected = UsageError::Wrong(expected.to_owned());
            assert_eq!(read(line), Err(expected), "{line}");
        };
        check("onec", "there is no command \"onec\", did you mean once?");
        check("tset", "there is no command \"tset\", did you mean test?");
        check(
            "report",
            "there is no command \"report\": it is one of once, watch, test, test-notification, \
             health, explain",
        );
        check("once --prnt", "there is no option \"--prnt\", did you mean --print?");
        check(
            "once -x",
            "there is no option \"-x\": it is one of --env-file, --print, --json, --interval, \
             --help, --version",
        );
        check("once twice", "\"twice\" is too much for once");
        check("once --print=yes", "--print takes no value");
        check("explain", "explain needs the PATH of a recording, or -");
        check("watch now", "\"now\" is too much for watch");
        check("once --interval 5", "--interval is for watch, not once");
        check("watch --interval", "--interval needs a number of seconds after it");
        check(
            "watch --interval 0",
            "--interval \"0\" is not accepted: it takes seconds, 1 to 3600",
        );
        check(
            "watch --interval 10s",
            "--interval \"10s\" is not accepted: it takes seconds, 1 to 3600",
        );
        check("once --env-file", "--env-file needs the name of a FILE after it");
        check("once --env-file=", "--env-file needs the name of a FILE after it");
        check("once https://hooks.example.org/x", "<hidden> is too much for once");
        assert_eq!(read(""), Err(UsageError::NoCommand));
        assert_eq!(read("--print"), Err(UsageError::NoCommand));
    }

    #[test]
    fn only_what_posts_needs_a_webhook() {
        let check = |line: &str, expected: Posting| match read(line) {
            Ok(Invocation::Run(args)) => assert_eq!(args.posting(), expected, "{line}"),
            other => panic!("{line}: {other:?}"),
        };
        check("once", Posting::Needed);
        check("test-notification", Posting::Needed);
        check("once --print", Posting::NotNeeded);
        check("test-notification --json", Posting::NotNeeded);
        check("test", Posting::NotNeeded);
        check("watch", Posting::Needed);
        check("watch --print", Posting::NotNeeded);
        check("health", Posting::NotNeeded);
        check("explain x", Posting::NotNeeded);
    }
}
