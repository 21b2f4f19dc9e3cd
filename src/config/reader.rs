//! Looks settings up, environment before env file, and collects what is wrong with them.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;

use crate::config::settings::{Exposure, Fallback, Setting};
use crate::config::sources::EnvFile;
use crate::config::values::Outcome;

/// The values that were found for one run.
pub(super) struct Reader<'a> {
    variables: &'a BTreeMap<String, OsString>,
    file: Option<&'a EnvFile>,
    refused: Vec<String>,
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
}

impl<'a> Reader<'a> {
    pub(super) fn new(
        variables: &'a BTreeMap<String, OsString>,
        file: Option<&'a EnvFile>,
    ) -> Self {
        Self { variables, file, refused: Vec::new() }
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
            Ok(value) => Some(value),
            Err(reason) => {
                self.refuse(setting, found, &reason);
                None
            }
        }
    }

    /// The setting as it was set; empty means unset.
    pub(super) fn find(&mut self, setting: &Setting) -> Option<Found> {
        let found = self.in_environment(setting).or_else(|| self.in_file(setting))?;
        if found.text.contains(char::is_control) {
            self.refuse(setting, &found, "there is a control character in it");
            return None;
        }
        Some(found)
    }

    fn in_environment(&mut self, setting: &Setting) -> Option<Found> {
        let value = self.variables.get(setting.name)?;
        let text = value.to_string_lossy().trim().to_owned();
        let found = Found { text, origin: Origin::Environment };
        if value.to_str().is_none() {
            self.refuse(setting, &found, "it is not UTF-8");
            return None;
        }
        (!found.text.is_empty()).then_some(found)
    }

    fn in_file(&self, setting: &Setting) -> Option<Found> {
        let file = self.file?;
        let last = file.assignments.iter().rfind(|assignment| assignment.key == setting.name)?;
        let text = last.value.trim().to_owned();
        let place = format!("{}, line {}", file.path.display(), last.line);
        (!text.is_empty()).then_some(Found { text, origin: Origin::EnvFile { place } })
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
        self.note(format!("{name}={value} ({origin}): {reason}{hint}; accepted: {accepted}"));
    }

    /// Notes what is wrong in a sentence of its own.
    pub(super) fn note(&mut self, sentence: String) {
        self.refused.push(sentence);
    }

    /// What was refused, in the order it was read.
    pub(super) fn refused(self) -> Vec<String> {
        self.refused
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Environment => formatter.write_str("environment"),
            Self::EnvFile { place } => formatter.write_str(place),
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
