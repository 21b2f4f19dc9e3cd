//! The parts of the Engine's API that dmon uses, what a socket proxy has to allow for each, and why
//! one question was not answered, in a sentence.

use std::collections::BTreeMap;

use crate::docker::Error;

/// A part of the Engine's API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Route {
    /// `/_ping`.
    Ping,
    /// `/version`.
    Version,
    /// `/info`.
    Info,
    /// `/containers/json`.
    List,
    /// `/containers/{id}/json`.
    Inspect,
    /// `/events`.
    Events,
    /// `/containers/{id}/stats`.
    Stats,
    /// `/containers/{id}/logs`.
    Logs,
}

/// What wollomatic's socket-proxy compares whole paths with: all that dmon uses.
const WOLLOMATIC: &str = r"-allowGET=(/v1\..{1,2})?/(_ping|version|info|events|containers/json|containers/[\w.-]+/(json|stats|logs))";

impl Route {
    /// Its name.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Ping => "ping",
            Self::Version => "version",
            Self::Info => "info",
            Self::List => "list",
            Self::Inspect => "inspect",
            Self::Events => "events",
            Self::Stats => "stats",
            Self::Logs => "logs",
        }
    }

    /// The variables of the proxies of Tecnativa and linuxserver that allow it.
    fn variables(self) -> &'static str {
        match self {
            Self::Ping => "PING=1 (Tecnativa, linuxserver)",
            Self::Version => "VERSION=1 (Tecnativa, linuxserver)",
            Self::Info => "INFO=1 (Tecnativa, linuxserver)",
            Self::List | Self::Inspect | Self::Stats => "CONTAINERS=1 (Tecnativa, linuxserver)",
            Self::Events => "EVENTS=1 (Tecnativa, linuxserver)",
            Self::Logs => "CONTAINERS=1 (Tecnativa; linuxserver: ALLOW_LOGS=1 too)",
        }
    }

    /// Why a question of this kind was not answered, and what to do. The error is about that
    /// question: one odd answer does not mean that there is no Engine.
    pub(super) fn why(self, error: &Error) -> String {
        match error {
            Error::Refused { status, message, .. }
                if is_of_a_proxy(*status, message.as_deref()) =>
            {
                let variables = self.variables();
                format!(
                    "a proxy refuses it with status {status}: let it allow {variables} or \
                     '{WOLLOMATIC}' (wollomatic)"
                )
            }
            Error::Refused { status, message: Some(words), .. } => {
                format!("the Engine refuses it with status {status}: {words}")
            }
            Error::Refused { status, message: None, .. } => format!(
                "answered with status {status}, not in the Engine's words: see the log of the proxy \
                 before it"
            ),
            Error::Alien { reason, .. } => reason.clone(),
            error @ Error::Unreachable { .. } => error.to_string(),
        }
    }
}

/// Whether a refusal is a proxy's. One that forbids or does not know a path says 401, 403, 404 or
/// 405, in words of its own.
fn is_of_a_proxy(status: u16, message: Option<&str>) -> bool {
    matches!(status, 401 | 403 | 404 | 405) && !message.is_some_and(is_of_no_such_container)
}

/// Whether the Engine says that there is no such container.
pub(super) fn is_gone(error: &Error) -> bool {
    matches!(error, Error::Refused { message: Some(words), .. } if is_of_no_such_container(words))
}

fn is_of_no_such_container(message: &str) -> bool {
    message.to_lowercase().contains("no such container")
}

/// Containers whose question was not answered, by reason: it may be the same for all of them.
pub(super) fn by_reason<'a>(
    route: Route,
    failed: impl IntoIterator<Item = (&'a str, &'a Error)>,
) -> BTreeMap<String, Vec<&'a str>> {
    let mut by_reason: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (name, error) in failed {
        by_reason.entry(route.why(error)).or_default().push(name);
    }
    by_reason
}

/// The most that a list of names shows.
const NAMED_MAX: usize = 5;

/// `a, b and c`; the first few of many.
pub(super) fn enumerated(names: &[&str]) -> String {
    match names {
        [] | [_] => names.concat(),
        [first @ .., last] if names.len() <= NAMED_MAX => {
            format!("{} and {last}", first.join(", "))
        }
        _ => format!("{} and {} more", names[..NAMED_MAX].join(", "), names.len() - NAMED_MAX),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_names_the_first_few_are_shown() {
        let check = |names: &[&str], expected: &str| assert_eq!(enumerated(names), expected);
        check(&[], "");
        check(&["a"], "a");
        check(&["a", "b"], "a and b");
        check(&["a", "b", "c", "d", "e"], "a, b, c, d and e");
        check(&["a", "b", "c", "d", "e", "f", "g"], "a, b, c, d, e and 2 more");
    }

    #[test]
    fn a_refusal_names_what_has_to_be_allowed() {
        let check = |route: Route, status, message: Option<&str>, expected: &str| {
            let message = message.map(str::to_owned);
            let why = route.why(&Error::Refused { path: "/x".to_owned(), status, message });
            assert!(why.starts_with(expected), "{why}");
        };
        let refused = |status, variables| {
            format!("a proxy refuses it with status {status}: let it allow {variables} (Tecnativa")
        };
        check(Route::Ping, 403, None, &refused(403, "PING=1"));
        check(Route::Version, 403, None, &refused(403, "VERSION=1"));
        check(Route::Info, 401, None, &refused(401, "INFO=1"));
        check(Route::List, 405, None, &refused(405, "CONTAINERS=1"));
        check(Route::Inspect, 404, None, &refused(404, "CONTAINERS=1"));
        check(Route::Inspect, 404, Some("page not found"), &refused(404, "CONTAINERS=1"));
        check(Route::Events, 403, Some("forbidden"), &refused(403, "EVENTS=1"));
        check(Route::Stats, 403, None, &refused(403, "CONTAINERS=1"));
        check(Route::Logs, 403, None, &refused(403, "CONTAINERS=1"));
        let gone = "the Engine refuses it with status 404: No such container: a";
        check(Route::Inspect, 404, Some("No such container: a"), gone);
        let gateway = "answered with status 502, not in the Engine's words: ";
        check(Route::Inspect, 502, None, gateway);
        let driver = "the Engine refuses it with status 501: not supported";
        check(Route::Logs, 501, Some("not supported"), driver);
    }

    #[test]
    fn what_wollomatic_is_given_matches_what_dmon_asks_for() {
        let pattern = WOLLOMATIC.strip_prefix("-allowGET=").unwrap();
        let pattern = regex::Regex::new(&format!("^{pattern}$")).unwrap();
        for path in ["/_ping", "/version", "/info", "/events", "/containers/json"] {
            assert!(pattern.is_match(path), "{path}");
        }
        for what in ["json", "stats", "logs"] {
            assert!(pattern.is_match(&format!("/containers/{}/{what}", "0f".repeat(32))), "{what}");
        }
        assert!(!pattern.is_match("/containers/a/export"));
    }

    #[test]
    fn one_odd_answer_is_not_about_the_engine() {
        let endpoint = "/s.sock".parse().unwrap();
        let odd = Error::Alien { endpoint, reason: "it cannot be read".to_owned() };
        let by_reason = by_reason(Route::Stats, [("a", &odd), ("b", &odd)]);
        assert_eq!(by_reason["it cannot be read"], ["a", "b"]);
    }
}
