//! How the value of each setting is read. Each function takes the text, trimmed and not empty, and
//! returns the value or what is wrong with it; what is accepted instead is told by the caller.

use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use log::LevelFilter;
use regex::{Regex, RegexBuilder};
use time::Time;

use crate::docker::Endpoint;
use crate::monitor::severity::Severity;
use crate::monitor::truth::truth;
use crate::secret::Secret;
use crate::slack::{Format, Mention, Webhook};
use crate::web::Uri;
use crate::zone::Zone;

/// A value, or what is wrong with the text.
pub(super) type Outcome<T> = Result<T, String>;

fn refuse<T>(reason: &str) -> Outcome<T> {
    Err(reason.to_owned())
}

/// What a switch chooses: `on` or `off`.
pub(super) fn switch<T: Copy>(on: T, off: T) -> impl Fn(&str) -> Outcome<T> {
    move |text| match truth(text) {
        Some(true) => Ok(on),
        Some(false) => Ok(off),
        None => refuse("it is neither true nor false"),
    }
}

/// A whole number within `range`.
pub(super) fn whole(range: RangeInclusive<u32>) -> impl Fn(&str) -> Outcome<u32> {
    move |text| {
        if !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return refuse("it is not a whole number");
        }
        text.parse().ok().filter(|n| range.contains(n)).ok_or("it is out of range".to_owned())
    }
}

/// Whole seconds within `range`.
pub(super) fn seconds(range: RangeInclusive<u32>) -> impl Fn(&str) -> Outcome<Duration> {
    let whole = whole(range);
    move |text| whole(text).map(|seconds| Duration::from_secs(u64::from(seconds)))
}

/// `off`, 0 for the same, or percent from 1 to `most`.
pub(super) fn percent(most: f64) -> impl Fn(&str) -> Outcome<Option<f64>> {
    move |text| {
        if text.eq_ignore_ascii_case("off") {
            return Ok(None);
        }
        match text.parse::<f64>() {
            Ok(0.0) => Ok(None),
            Ok(percent) if (1.0..=most).contains(&percent) => Ok(Some(percent)),
            Ok(_) => refuse("it is out of range"),
            Err(_) => refuse("it is not a number"),
        }
    }
}

pub(super) fn severity(text: &str) -> Outcome<Severity> {
    Severity::from_word(text).ok_or("it is no severity".to_owned())
}

pub(super) fn severity_or_off(text: &str) -> Outcome<Option<Severity>> {
    if text.eq_ignore_ascii_case("off") { Ok(None) } else { severity(text).map(Some) }
}

pub(super) fn level(text: &str) -> Outcome<LevelFilter> {
    if text.eq_ignore_ascii_case("warning") {
        return Ok(LevelFilter::Warn);
    }
    text.parse().or_else(|_| refuse("it is no level"))
}

pub(super) fn format(text: &str) -> Outcome<Format> {
    Format::from_word(text).ok_or("it is no format".to_owned())
}

pub(super) fn zone(text: &str) -> Outcome<Zone> {
    text.parse()
}

pub(super) fn endpoint(text: &str) -> Outcome<Endpoint> {
    text.parse()
}

pub(super) fn webhook(text: &str) -> Outcome<Webhook> {
    Webhook::parse(text)
}

pub(super) fn path(text: &str) -> Outcome<PathBuf> {
    if text.contains("://") { refuse("it is a URL") } else { Ok(PathBuf::from(text)) }
}

/// Times of day, in their order, each once.
pub(super) fn times(text: &str) -> Outcome<Vec<Time>> {
    let times: Option<Vec<Time>> = text.split(',').map(|item| time(item.trim())).collect();
    let Some(mut times) = times else {
        return refuse("there is no time of day where one should be");
    };
    times.sort_unstable();
    times.dedup();
    Ok(times)
}

fn time(text: &str) -> Option<Time> {
    let (hour, minute) = text.split_once(':')?;
    let is_number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if hour.len() > 2 || minute.len() != 2 || !is_number(hour) || !is_number(minute) {
        return None;
    }
    Time::from_hms(hour.parse().ok()?, minute.parse().ok()?, 0).ok()
}

/// A regular expression without the Unicode tables that names of containers never need.
pub(super) fn pattern(text: &str) -> Outcome<Regex> {
    RegexBuilder::new(text).size_limit(1 << 20).build().map_err(|error| match error {
        regex::Error::CompiledTooBig(_) => "it is too big".to_owned(),
        error => reason_of(&error.to_string()),
    })
}

/// The last line of a pattern's error; those before it draw the pattern with an arrow.
fn reason_of(error: &str) -> String {
    let line = error.lines().last().unwrap_or_default();
    let reason = line.strip_prefix("error: ").unwrap_or(line);
    if reason.contains("Unicode") {
        return r"Unicode classes (\p{…}) are not built in; \d, \w, \s and (?i) are".to_owned();
    }
    reason.to_owned()
}

/// Mentions as Slack writes them.
pub(super) fn mention(text: &str) -> Outcome<Mention> {
    match Mention::parse(text) {
        Some(mention) => Ok(mention),
        None => refuse("there is something else than mentions in it, or more than five"),
    }
}

/// A name for people. It is shown in every message, so a URL that was meant for another setting
/// must not get there.
pub(super) fn host_name(text: &str) -> Outcome<String> {
    if text.contains("://") {
        return refuse("it is a URL");
    }
    if text.chars().count() > 100 { refuse("it is too long") } else { Ok(text.to_owned()) }
}

/// A URL that is a password: nothing of it is repeated.
pub(super) fn secret_url(text: &str) -> Outcome<Secret> {
    let Ok(uri) = text.parse::<Uri>() else { return refuse("it is not a valid URL") };
    if !matches!(uri.scheme_str(), Some("http" | "https")) {
        return refuse("it does not begin with http:// or https://");
    }
    if uri.host().unwrap_or_default().is_empty() {
        return refuse("the host is missing");
    }
    Ok(Secret::new(text))
}
