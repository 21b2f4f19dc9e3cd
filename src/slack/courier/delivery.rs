//! What became of a POST: an answer judged by its words first and its status second, since Slack's
//! codes differ between its own documents. Neither asks nor decides what comes next.

use std::time::Duration;

use crate::message::tame;
use crate::slack::Webhook;
use crate::web::Answer;

/// What became of one POST. Each `why` is a sentence for a person, with the remedy where one is
/// known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// The receiver has it.
    Delivered,
    /// The receiver has it not, as far as is known: no connection, or a failure on its side.
    /// Another try may help.
    Failed {
        /// What went wrong.
        why: String,
        /// The wait that the receiver asked for.
        retry_after: Option<Duration>,
    },
    /// It was sent and no answer came: it may have arrived, and another try may say it twice.
    Unanswered {
        /// What went wrong.
        why: String,
    },
    /// Too much was sent; this was not taken.
    RateLimited {
        /// The wait that the receiver asked for.
        retry_after: Option<Duration>,
    },
    /// The receiver does not understand this body; it may understand plain text.
    Malformed {
        /// What it said.
        why: String,
    },
    /// The receiver takes nothing until somebody sets it right.
    Refused {
        /// What it said, and what to do.
        why: String,
    },
}

/// A wait longer than this is not believed: a slip of a server could silence dmon for ever.
const RETRY_AFTER_MAX: Duration = Duration::from_hours(1);

/// Reads a `Retry-After` in seconds, also with a fraction, which Discord sends. A date, as the
/// standard allows too, counts as none.
fn retry_after(value: &str) -> Option<Duration> {
    let seconds: f64 = value.trim().parse().ok().filter(|seconds: &f64| seconds.is_finite())?;
    Duration::try_from_secs_f64(seconds.min(RETRY_AFTER_MAX.as_secs_f64())).ok()
}

/// What an answer means.
enum Meaning {
    /// The body is at fault.
    Body,
    /// The webhook, its channel or its workspace is; the remedy.
    Webhook(&'static str),
    /// There were too many messages.
    Pace,
    /// Something is that passes; what to add to the answer, if anything.
    Passing(&'static str),
}

const NEW_WEBHOOK: &str =
    "the webhook was removed or disabled: create a new one in Slack and set SLACK_WEBHOOK_URL";

/// What a word of Slack's means. Its status is not looked at: `invalid_token`, for one, came with
/// 403 and later with 400.
fn of_word(word: &str) -> Option<Meaning> {
    Some(match word {
        "invalid_payload"
        | "invalid_blocks"
        | "invalid_blocks_format"
        | "invalid_attachments"
        | "msg_blocks_too_long"
        | "no_text"
        | "only_one_table_allowed"
        | "too_many_attachments" => Meaning::Body,
        "invalid_token" | "no_active_hooks" | "no_service" | "no_service_id" => {
            Meaning::Webhook(NEW_WEBHOOK)
        }
        "no_team" | "team_disabled" => Meaning::Webhook(
            "its workspace is gone or disabled: set SLACK_WEBHOOK_URL to a webhook of another",
        ),
        "action_prohibited" => Meaning::Webhook(
            "an administrator of the workspace forbids it: ask for this app to be allowed to post",
        ),
        "posting_to_general_channel_denied" => Meaning::Webhook(
            "only some may post to the workspace's general channel: create a webhook for another",
        ),
        "channel_is_archived" => {
            Meaning::Webhook("the channel is archived: restore it, or create a webhook for another")
        }
        "channel_not_found" | "user_not_found" => {
            Meaning::Webhook("who should receive it is gone: create a webhook for another channel")
        }
        "rollup_error" => Meaning::Passing(""),
        _ => return None,
    })
}

/// What a status means that came without such a word.
fn of_status(status: u16) -> Meaning {
    match status {
        200..=299 => Meaning::Passing(", which is not Slack's ok: look for a proxy on the way"),
        300..=399 => Meaning::Webhook(
            "redirects are not followed, as the URL is a secret: set SLACK_WEBHOOK_URL to where it \
             leads",
        ),
        400 | 413 | 415 | 422 => Meaning::Body,
        404 | 410 => Meaning::Webhook(NEW_WEBHOOK),
        429 => Meaning::Pace,
        401..=407 | 409..=424 | 426..=499 => Meaning::Webhook(
            "see that SLACK_WEBHOOK_URL is the whole URL of an incoming webhook that may post",
        ),
        _ => Meaning::Passing(""),
    }
}

/// Judges an answer of this webhook.
pub(super) fn judge(webhook: &Webhook, answer: &Answer) -> Delivery {
    let status = answer.status;
    let retry_after = answer.retry_after.as_deref().and_then(retry_after);
    let word = answer.body.as_deref().map(str::trim);
    let said = said(webhook, answer);
    match (status, word) {
        (200..=299, _) if !webhook.is_slack() => return Delivery::Delivered,
        (200..=299, Some("ok")) => return Delivery::Delivered,
        (200..=299, None) => {
            return Delivery::Unanswered { why: format!("{said}, and the answer broke off") };
        }
        _ => {}
    }
    match word.and_then(of_word).unwrap_or_else(|| of_status(status)) {
        Meaning::Body => Delivery::Malformed { why: said },
        Meaning::Webhook(remedy) => Delivery::Refused { why: format!("{said}: {remedy}") },
        Meaning::Pace => Delivery::RateLimited { retry_after },
        Meaning::Passing(note) => Delivery::Failed { why: said + note, retry_after },
    }
}

/// Words of a receiver longer than this are a page, not a reason.
const REASON_MAX: usize = 300;

/// Who answered, and what: the status, and the reason where one is given.
fn said(webhook: &Webhook, answer: &Answer) -> String {
    let status = answer.status;
    let body = answer.body.as_deref().unwrap_or_default().trim();
    if body.is_empty() || body.len() > REASON_MAX || body.starts_with('<') {
        return format!("{webhook} answered {status}");
    }
    format!("{webhook} answered {status} ({})", without_secrets(webhook, &tame::line(body)))
}

/// Many servers repeat the path that they do not know.
fn without_secrets(webhook: &Webhook, text: &str) -> String {
    let url = webhook.url().reveal();
    let (_, after_scheme) = url.split_once("://").unwrap_or_default();
    let (_, path) = after_scheme.split_once(['/', '?']).unwrap_or_default();
    // Servers escape and decode, but never letters, digits and these signs: each run of them stays.
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | '~');
    let mut pieces = path.split('%');
    let first = pieces.next();
    let decoded = pieces.filter_map(|piece| piece.get(2..));
    let runs = first.into_iter().chain(decoded).flat_map(|piece| piece.split(|c| !is_plain(c)));
    let mut parts: Vec<&str> = runs.filter(|run| run.len() > 3).collect();
    // The longest first: a shorter one may be part of it.
    parts.sort_by_key(|part| std::cmp::Reverse(part.len()));
    parts.iter().fold(text.to_owned(), |text, part| text.replace(part, "<hidden>"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SLACK: &str = "https://hooks.slack.com/services/T0/B0/hunter2";
    const OTHER: &str = "https://chat.example.org/hooks/hunter2?token=hunter3";

    fn judged(url: &str, status: u16, body: &str) -> Delivery {
        let answer = Answer { status, retry_after: None, body: Some(body.to_owned()) };
        judge(&Webhook::parse(url).unwrap(), &answer)
    }

    #[test]
    fn the_body_decides_and_then_the_status() {
        let check = |url: &str, status: u16, body: &str, expected: &str| {
            let delivery = judged(url, status, body);
            let shown = format!("{delivery:?}");
            assert_eq!(shown.split([' ', '{']).next(), Some(expected), "{status} {body}: {shown}");
        };
        check(SLACK, 200, "ok", "Delivered");
        check(SLACK, 200, " ok\r\n", "Delivered");
        check(SLACK, 201, "ok", "Delivered");
        check(SLACK, 200, "", "Failed");
        check(SLACK, 200, "<html>Sign in to this network</html>", "Failed");
        check(SLACK, 200, "{\"ok\":true}", "Failed");
        check(SLACK, 200, "invalid_token", "Refused");
        check(OTHER, 200, "", "Delivered");
        check(OTHER, 204, "", "Delivered");
        check(OTHER, 200, "invalid_token", "Delivered");
        check("https://hooks.slack.com.example.org/x", 200, "anything", "Delivered");

        check(SLACK, 400, "invalid_payload", "Malformed");
        check(SLACK, 400, "invalid_blocks\n", "Malformed");
        check(SLACK, 400, "invalid_blocks_format", "Malformed");
        check(SLACK, 400, "invalid_attachments", "Malformed");
        check(SLACK, 400, "msg_blocks_too_long", "Malformed");
        check(SLACK, 400, "no_text", "Malformed");
        check(SLACK, 400, "too_many_attachments", "Malformed");
        check(SLACK, 500, "invalid_blocks", "Malformed");
        check(SLACK, 400, "what_is_this", "Malformed");
        check(OTHER, 400, "{\"message\":\"Unable to parse\"}", "Malformed");
        check(OTHER, 413, "", "Malformed");
        check(OTHER, 422, "", "Malformed");

        check(SLACK, 400, "invalid_token", "Refused");
        check(SLACK, 403, "invalid_token", "Refused");
        check(SLACK, 403, "action_prohibited", "Refused");
        check(SLACK, 400, "posting_to_general_channel_denied", "Refused");
        check(SLACK, 404, "channel_not_found", "Refused");
        check(SLACK, 400, "user_not_found", "Refused");
        check(SLACK, 404, "no_service", "Refused");
        check(SLACK, 400, "no_service_id", "Refused");
        check(SLACK, 404, "no_team", "Refused");
        check(SLACK, 404, "no_active_hooks", "Refused");
        check(SLACK, 404, "team_disabled", "Refused");
        check(SLACK, 410, "channel_is_archived", "Refused");
        check(OTHER, 401, "", "Refused");
        check(OTHER, 404, "404 page not found", "Refused");
        check(OTHER, 405, "", "Refused");
        check(SLACK, 301, "", "Refused");
        check(OTHER, 308, "", "Refused");

        check(SLACK, 429, "", "RateLimited");
        check(OTHER, 429, "{\"retry_after\":1}", "RateLimited");
        check(SLACK, 500, "rollup_error", "Failed");
        check(SLACK, 400, "rollup_error", "Failed");
        check(OTHER, 408, "", "Failed");
        check(OTHER, 425, "", "Failed");
        check(OTHER, 500, "", "Failed");
        check(OTHER, 503, "", "Failed");
        check(OTHER, 599, "", "Failed");
        check(OTHER, 103, "", "Failed");
    }

    #[test]
    fn an_answer_that_broke_off_is_no_ok() {
        let check = |url: &str, status: u16, expected: Delivery| {
            let answer = Answer { status, ..Answer::default() };
            assert_eq!(judge(&Webhook::parse(url).unwrap(), &answer), expected);
        };
        let why = "https://hooks.slack.com answered 200, and the answer broke off".to_owned();
        check(SLACK, 200, Delivery::Unanswered { why });
        check(OTHER, 200, Delivery::Delivered);
        let why = "https://hooks.slack.com answered 500".to_owned();
        check(SLACK, 500, Delivery::Failed { why, retry_after: None });
    }

    #[test]
    fn the_sentence_says_who_answered_what_and_what_to_do() {
        let check =
            |url: &str, status: u16, body: &str, expected: &str| match judged(url, status, body) {
                Delivery::Failed { why, .. }
                | Delivery::Malformed { why }
                | Delivery::Refused { why } => assert_eq!(why, expected),
                other => panic!("{other:?}"),
            };
        check(
            SLACK,
            404,
            "no_service",
            "https://hooks.slack.com answered 404 (no_service): the webhook was removed or \
             disabled: create a new one in Slack and set SLACK_WEBHOOK_URL",
        );
        check(
            SLACK,
            400,
            "invalid_blocks",
            "https://hooks.slack.com answered 400 (invalid_blocks)",
        );
        check(OTHER, 502, "<html>…</html>", "https://chat.example.org answered 502");
        check(OTHER, 500, &"long ".repeat(100), "https://chat.example.org answered 500");
        check(
            OTHER,
            500,
            "no \u{1b}[31mroom\nleft",
            "https://chat.example.org answered 500 (no room left)",
        );
    }

    #[test]
    fn the_wait_is_handed_on() {
        let webhook = Webhook::parse(SLACK).unwrap();
        let retry_after = Some(Duration::from_secs(7));
        let check = |status: u16, expected: Delivery| {
            let (header, body) = (Some("7".to_owned()), Some(String::new()));
            let answer = Answer { status, retry_after: header, body };
            assert_eq!(judge(&webhook, &answer), expected);
        };
        check(429, Delivery::RateLimited { retry_after });
        let why = "https://hooks.slack.com answered 503".to_owned();
        check(503, Delivery::Failed { why, retry_after });
    }

    #[test]
    fn a_receiver_that_repeats_the_url_gives_nothing_away() {
        let check = |url: &str, body: &str| {
            for status in [200, 302, 400, 404, 500] {
                let shown = format!("{:?}", judged(url, status, body));
                assert!(!shown.contains("hunter"), "{shown}");
            }
        };
        check(SLACK, "cannot POST /services/T0/B0/hunter2");
        check(SLACK, SLACK);
        check(OTHER, "no hook with the token hunter3 at hunter2");
        check(OTHER, "/hooks/hunter2&quest;token&equals;hunter3 was not found");
        check("https://example.org/hunter/hunter2hunter", "hunter2hunter, hunter");
        check("https://example.org?hunter2", "hunter2");
        check("https://example.org/a%2Fhunter2", "a/hunter2");
    }

    #[test]
    fn a_wait_is_read_in_seconds_and_bounded() {
        let check = |text: &str, expected: Option<Duration>| {
            assert_eq!(retry_after(text), expected, "{text:?}");
        };
        check("1", Some(Duration::from_secs(1)));
        check(" 30 ", Some(Duration::from_secs(30)));
        check("0", Some(Duration::ZERO));
        check("0.5", Some(Duration::from_millis(500)));
        check("3600", Some(RETRY_AFTER_MAX));
        check("3601", Some(RETRY_AFTER_MAX));
        check("1e300", Some(RETRY_AFTER_MAX));
        check("", None);
        check("-1", None);
        check("nan", None);
        check("inf", None);
        check("Sun, 22 Nov 2026 14:00:00 GMT", None);
    }
}
