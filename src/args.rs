//! The command line: the loop over lexopt in [`parse`] is its grammar. What the words mean in full
//! is in `help`; what the settings say is in `config`.

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;

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
    pub command: Command,
    /// `--env-file`.
    pub env_file: Option<PathBuf>,
    /// Where messages go.
    pub output: Output,
}

/// What dmon can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// One report, then exit.
    Once,
    /// Checks settings, Engine and webhook, posts nothing.
    Test,
    /// Posts one test message.
    TestNotification,
}

/// Where messages go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// To the webhook.
    Slack,
    /// To standard output, for people (`--print`).
    Text,
    /// To standard output, one JSON object a line (`--json`).
    Json,
}

/// The options, for those that are misspelt.
const OPTIONS: [&str; 5] = ["--env-file", "--print", "--json", "--help", "--version"];

impl Command {
    /// Every command, in the order of the help.
    pub const ALL: [Self; 3] = [Self::Once, Self::Test, Self::TestNotification];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Once => "once",
            Self::Test => "test",
            Self::TestNotification => "test-notification",
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|command| command.name() == name)
    }
}

impl Args {
    /// Whether a webhook is needed for it.
    pub fn posting(&self) -> Posting {
        match (self.command, self.output) {
            (Command::Once | Command::TestNotification, Output::Slack) => Posting::Needed,
            (Command::Test, _) | (_, Output::Text | Output::Json) => Posting::NotNeeded,
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
    let mut line = Line { words: Vec::new(), env_file: None, output: Output::Slack, wrong: None };
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
            Ok(Some(Arg::Long("print"))) if line.output == Output::Json => {}
            Ok(Some(Arg::Long("print"))) => line.output = Output::Text,
            Ok(Some(Arg::Long("json"))) => line.output = Output::Json,
            Ok(Some(Arg::Value(word))) => line.words.push(word.to_string_lossy().into_owned()),
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
struct Line {
    words: Vec<String>,
    env_file: Option<PathBuf>,
    output: Output,
    wrong: Option<String>,
}

impl Line {
    /// The first thing that is wrong is the one to tell: what follows may come of it.
    fn refuse(&mut self, sentence: String) {
        self.wrong.get_or_insert(sentence);
    }

    /// The command that help is asked for.
    fn topic(&self) -> Option<Command> {
        self.words.iter().find_map(|word| Command::from_name(word))
    }

    fn understand(self) -> Result<Invocation, UsageError> {
        if self.words.first().is_some_and(|word| word == "help") {
            return Ok(Invocation::Help(self.topic()));
        }
        if let Some(sentence) = self.wrong {
            return Err(UsageError::Wrong(sentence));
        }
        let [name, rest @ ..] = &self.words[..] else { return Err(UsageError::NoCommand) };
        let names = Command::ALL.map(Command::name);
        let command = Command::from_name(name)
            .ok_or_else(|| UsageError::Wrong(unknown("command", name, &names)))?;
        if let Some(word) = rest.first() {
            let (name, word) = (command.name(), shown(word));
            return Err(UsageError::Wrong(format!(
                "{word} is too much: {name} takes options only"
            )));
        }
        Ok(Invocation::Run(Args { command, env_file: self.env_file, output: self.output }))
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
        let check = |line: &str, command: Command, output: Output, env_file: Option<&str>| {
            let env_file = env_file.map(PathBuf::from);
            assert_eq!(
                read(line),
                Ok(Invocation::Run(Args { command, env_file, output })),
                "{line}"
            );
        };
        check("once", Command::Once, Output::Slack, None);
        check("test", Command::Test, Output::Slack, None);
        check("test-notification", Command::TestNotification, Output::Slack, None);
        check("once --print", Command::Once, Output::Text, None);
        check("--print once", Command::Once, Output::Text, None);
        check("once --json", Command::Once, Output::Json, None);
        check("once --json --print", Command::Once, Output::Json, None);
        check("once --print --json", Command::Once, Output::Json, None);
        check("once --env-file a.env", Command::Once, Output::Slack, Some("a.env"));
        check("--env-file=a.env once", Command::Once, Output::Slack, Some("a.env"));
        check("-- once", Command::Once, Output::Slack, None);
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
            "there is no command \"report\": it is one of once, test, test-notification",
        );
        check("once --prnt", "there is no option \"--prnt\", did you mean --print?");
        check(
            "once -x",
            "there is no option \"-x\": it is one of --env-file, --print, --json, --help, \
             --version",
        );
        check("once twice", "\"twice\" is too much: once takes options only");
        check("once --print=yes", "--print takes no value");
        check("once --env-file", "--env-file needs the name of a FILE after it");
        check("once --env-file=", "--env-file needs the name of a FILE after it");
        check("once https://hooks.example.org/x", "<hidden> is too much: once takes options only");
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
    }
}
