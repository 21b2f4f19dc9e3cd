//! Looks settings up, environment before env file, and collects what is wrong with them.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;

use crate::config::settings::{Exposure, Fallback, Setting};
use crate::config::sources::{EnvFile, Strictness};
use crate::config::values::Outcome;

/// The values that were found for one run.
pub(super) struct Reader<'a> {
    variables: &'a BTreeMap<String, OsString>,
    file: Option<&'a EnvFile>,
    findings: Findings,
}

/// What reading the settings came to, besides their values; each in the order in which it was read.
#[derive(Default)]
pub(super) struct Findings {
    /// What is wrong.
    pub refused: Vec<String>,
    /// What is wrong in a file that may be another application's, and is ignored.
    pub ignored: Vec<String>,
    /// The settings that the env file set.
    pub from_file: Vec<&'static str>,
    /// The settings that the environment set.
    pub from_environment: Vec<&'static str>,
}

/// A value as it was set: trimmed, not empty, without control characters. Not `Debug`: it may be a
/// secret.
pub(super) struct Found {
    pub text: String,
    pub origin: Origin,
}

/// Where a value was set.
pub(super) enum Origin {
    EnvFile {
        /// Path and line, for people.
        place: String,
        strictness: Strictness,
    },
    Environment,
}

impl Origin {
    /// The higher one wins.
    pub(super) fn rank(&self) -> u8 {
        match self {
            Self::EnvFile { .. } => 0,
            Self::Environment => 1,
        }
    }

    /// Whether what is wrong there is ignored.
    pub(super) fn is_lenient(&self) -> bool {
        matches!(self, Self::EnvFile { strictness: Strictness::Lenient, .. })
    }
}

impl<'a> Reader<'a> {
    pub(super) fn new(
        variables: &'a BTreeMap<String, OsString>,
        file: Option<&'a EnvFile>,
    ) -> Self {
        Self { variables, file, findings: Findings::default() }
    }

    /// The setting's value, or its default. A value that is refused is noted, and the default
    /// stands in so that the others are read too.
    pub(super) fn read<T>(&mut self, setting: &Setting, parse: impl Fn(&str) -> Outcome<T>) -> T {
        self.optional(setting, &parse).unwrap_or_else(|| {
            let default = match setting.default {
                Fallback::Value(text) => parse(text).ok(),
                Fallback::Told(_) => None,
            };
            default.expect("what is read with a default has one that is accepted: tests load them")
        })
    }

    /// The setting's value; `None` where it is not set or is refused.
    pub(super) fn optional<T>(
        &mut self,
        setting: &Setting,
        parse: impl Fn(&str) -> Outcome<T>,
    ) -> Option<T> {
        let found = self.find(setting)?;
        self.parse(setting, &found, parse)
    }

    /// What a value that was found says; `None` where it is refused.
    pub(super) fn parse<T>(
        &mut self,
        setting: &Setting,
        found: &Found,
        parse: impl Fn(&str) -> Outcome<T>,
    ) -> Option<T> {
        match parse(&found.text) {
            Ok(value) => {
                self.accept(setting, found);
                Some(value)
            }
            Err(reason) => {
                self.refuse(setting, found, &reason);
                None
            }
        }
    }

    /// Notes where a setting came from.
    pub(super) fn accept(&mut self, setting: &Setting, found: &Found) {
        match found.origin {
            Origin::EnvFile { .. } => self.findings.from_file.push(setting.name),
            Origin::Environment => self.findings.from_environment.push(setting.name),
        }
    }

    /// The setting as it was set; empty means unset.
    pub(super) fn find(&mut self, setting: &Setting) -> Option<Found> {
        let found = self.in_environment(setting).or_else(|| self.in_file(setting))?;
        if found.text.contains(char::is_control) {
            self.refuse(setting, &found, "there is a control character in it");
            return None;
        }
        if found.text.contains(char::REPLACEMENT_CHARACTER) {
            self.refuse(setting, &found, "it is not UTF-8");
            return None;
        }
        Some(found)
    }

    fn in_environment(&self, setting: &Setting) -> Option<Found> {
        let value = self.variables.get(setting.name)?;
        let text = trimmed(&value.to_string_lossy());
        (!text.is_empty()).then_some(Found { text, origin: Origin::Environment })
    }

    fn in_file(&self, setting: &Setting) -> Option<Found> {
        let file = self.file?;
        let last = file.assignments.iter().rfind(|assignment| assignment.key == setting.name)?;
        let text = trimmed(&last.value);
        let place = format!("{}, line {}", file.path.display(), last.line);
        let origin = Origin::EnvFile { place, strictness: file.strictness };
        (!text.is_empty()).then_some(Found { text, origin })
    }

    /// Notes that a value is refused: name, value, where it was set, why, and what is accepted.
    pub(super) fn refuse(&mut self, setting: &Setting, found: &Found, reason: &str) {
        let Setting { name, accepted, .. } = setting;
        let value = match setting.exposure {
            Exposure::Hidden => "<hidden>".to_owned(),
            Exposure::Shown => shown(&found.text),
        };
        // Only systemd's readers are surprised by this: elsewhere such a comment is one.
        let hint = match found.origin {
            Origin::EnvFile { .. } if found.text.contains(" #") => {
                " (a comment needs a line of its own)"
            }
            _ => "",
        };
        let origin = &found.origin;
        let sentence = format!("{name}={value} ({origin})");
        let why = format!("{reason}{hint}; accepted: {accepted}");
        if origin.is_lenient() {
            self.ignore(format!("{sentence} is ignored: {why}"));
        } else {
            self.note(format!("{sentence}: {why}"));
        }
    }

    /// Notes what is wrong in a sentence of its own.
    pub(super) fn note(&mut self, sentence: String) {
        self.findings.refused.push(sentence);
    }

    /// Notes what is ignored in a sentence of its own.
    pub(super) fn ignore(&mut self, sentence: String) {
        self.findings.ignored.push(sentence);
    }

    /// How much was refused so far.
    pub(super) fn refusals(&self) -> usize {
        self.findings.refused.len()
    }

    /// What all of it came to.
    pub(super) fn findings(self) -> Findings {
        self.findings
    }
}

/// A value without the space around it, nor the byte order mark of the file that it was read from
/// (`"$(cat FILE)"`).
fn trimmed(text: &str) -> String {
    text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}').to_owned()
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Environment => formatter.write_str("environment"),
            Self::EnvFile { place, .. } => formatter.write_str(place),
        }
    }
}

/// A value as errors may show it: in quotes, cut at 100 characters, and hidden where it could be a
/// password, since people paste webhooks into the wrong place.
pub fn shown(text: &str) -> String {
    let is_address = text.starts_with("unix://") || text.starts_with("tcp://");
    if (text.contains("://") && !is_address) || (text.contains('@') && !text.contains('<')) {
        return "<hidden>".to_owned();
    }
    match text.char_indices().nth(100) {
        Some((end, _)) => format!("{:?}…", &text[..end]),
        None => format!("{text:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_be_a_password_is_hidden() {
        let check = |text: &str, expected: &str| assert_eq!(shown(text), expected);
        check("soon", "\"soon\"");
        check("a\"b\n", "\"a\\\"b\\n\"");
        check("<@bob>", "\"<@bob>\"");
        check("tcp://host:port", "\"tcp://host:port\"");
        check("unix://", "\"unix://\"");
        check("https://hooks.slack.com/services/T/B/x", "<hidden>");
        check("tcp://me:password@host:2375", "<hidden>");
        check("me:password@host:2375", "<hidden>");
        check(&"ä".repeat(101), &format!("\"{}\"…", "ä".repeat(100)));
    }
}
