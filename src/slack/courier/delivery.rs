//! What became of a POST: an answer judged by its words first and its status second, since Slack's
//! codes differ between its own documents. Neither asks nor decides what comes next.

use std::time::Duration;

use crate::message::tame;
use crate::slack::Webhook;

/// What became of one POST. Each `why` is a sentence for a person, with the remedy where one is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// The receiver has it.
    Delivered,
    /// The receiver has it not, as far as is known: no connection, or a failure on its side. Another
    /// try may help.
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

/// An answer to a POST.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// `Retry-After`, as [`retry_after`] reads it.
    pub retry_after: Option<Duration>,
    /// The body; empty where it broke off or was too long to be a sentence.
    pub body: String,
}

/// A wait longer than this is not believed: a slip of a server could silence dmon for ever.
pub const RETRY_AFTER_MAX: Duration = Duration::from_hours(1);

/// Reads a `Retry-After` in seconds, also with a fraction, which Discord sends. A date, as the
/// standard allows too, counts as none.
pub fn retry_after(value: &str) -> Option<Duration> {
    let seconds: f64 = value.trim().parse().ok()?;
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

/// What a word of Slack's means. Its status is not looked at: `invalid_token`, for one, came with 403 and later
/// with 400.
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
pub fn judge(webhook: &Webhook, answer: &Answer) -> Delivery {
    let (status, word, retry_after) = (answer.status, answer.body.trim(), answer.retry_after);
    if (200..=299).contains(&status) && (!webhook.is_slack() || word == "ok") {
        return Delivery::Delivered;
    }
    let said = said(webhook, answer);
    match of_word(word).unwrap_or_else(|| of_status(status)) {
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
    let body = answer.body.trim();
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
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | '~');
    // Whatever of it a server escapes or decodes, these stay as they are.
    let mut parts: Vec<&str> = path.split(|c| !is_plain(c)).filter(|part| part.len() > 3).collect();
    // The longest first: a shorter one may be part of it.
    parts.sort_by_key(|part| std::cmp::Reverse(part.len()));
    parts.iter().fold(text.to_owned(), |text, part| text.replace(part, "<hidden>"))
}
