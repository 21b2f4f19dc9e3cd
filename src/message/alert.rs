//! The words of one alert. Titles and names of fields are fixed by the contract: people and scripts
//! search for them. Fields that would say nothing are left out.

use crate::message::units::{count, span};
use crate::message::{Message, Part, Span, Text, Tone, VERSION, cause, digest};
use crate::monitor::alert::{About, Alert, Condition, Kind};
use crate::monitor::cause::Cause;
use crate::monitor::container::{Health, Status};
use crate::monitor::effect::Batch;
use crate::monitor::exit_code;
use crate::monitor::severity::Severity;
use crate::monitor::signals;
use crate::timestamp::Timestamp;

/// What every alert says and the core does not know.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The host's name as it is shown.
    pub host: &'a str,
    /// A time in the zone of the settings.
    pub time: &'a dyn Fn(Timestamp) -> String,
}

/// Longest output of a probe that is quoted, in characters.
const PROBE_MAX: usize = 300;

/// Longest error of the Engine that is quoted. What is wrong stands at its end.
const ERROR_MAX: usize = 1_000;

/// Puts a batch into words: an alert that comes alone in full, several as a digest.
pub fn message(batch: &Batch, context: Context<'_>) -> Message {
    match batch.alerts.as_slice() {
        [alert] if batch.crowd.is_empty() => alone(alert, context),
        _ => digest::message(batch, context),
    }
}

fn alone(alert: &Alert, context: Context<'_>) -> Message {
    let mut parts = vec![Part::Fields(fields(alert, context))];
    parts.extend(late(alert, context).map(Part::Paragraph));
    parts.extend(more(alert));
    if !alert.log.is_empty() {
        parts.push(Part::Heading("Last log lines".to_owned()));
        parts.push(Part::Literal(alert.log.join("\n")));
    }
    Message {
        tone: tone(alert),
        mention: is_call(alert),
        title: title(alert),
        summary: summary(alert, context),
        parts,
        foot: vec![VERSION.to_owned(), format!("alert {}", alert.id)],
    }
}

/// The headline: emoji, title and, where a problem is told, how much it matters.
pub(super) fn title(alert: &Alert) -> String {
    let (title, severity) = (alert.kind.title(), alert.severity);
    if is_problem(alert) {
        format!("{} {title} - {severity}", sign(severity))
    } else {
        format!("{} {title}", emoji(alert))
    }
}

fn sign(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "🚨",
        Severity::Warning => "⚠️",
        Severity::Info => "ℹ️",
    }
}

fn emoji(alert: &Alert) -> &'static str {
    match alert.kind {
        Kind::RestartedManually
        | Kind::RestartedAutomatically { .. }
        | Kind::EngineRestarted { .. } => "🔄",
        Kind::Recreated { .. } => "♻️",
        Kind::Recovered { .. } | Kind::EngineReachable { .. } => "✅",
        Kind::Watching { .. } => "👀",
        _ => sign(alert.severity),
    }
}

/// Whether it tells that something is wrong, rather than that something happened.
pub(super) fn is_problem(alert: &Alert) -> bool {
    match &alert.kind {
        Kind::Status { .. }
        | Kind::CrashLoop { .. }
        | Kind::RestartFailed { .. }
        | Kind::JobFailed { .. }
        | Kind::EngineUnreachable { .. } => true,
        // One that was stopped before is gone, and nothing is wrong with that.
        Kind::Removed { previous, cause } => cause.is_some() || previous.is_up(),
        _ => false,
    }
}

fn is_call(alert: &Alert) -> bool {
    alert.severity == Severity::Critical && is_problem(alert)
}

/// Whether somebody needs to act.
pub(super) fn tone(alert: &Alert) -> Tone {
    match (&alert.kind, alert.severity) {
        (Kind::Recovered { .. } | Kind::EngineReachable { .. }, _) => Tone::Good,
        (_, Severity::Critical) => Tone::Critical,
        (_, Severity::Warning) => Tone::Warning,
        (_, Severity::Info) => Tone::Info,
    }
}

/// The whole story in a sentence.
fn summary(alert: &Alert, context: Context<'_>) -> Text {
    let on = [Span::Words(" on ".to_owned()), Span::Data(context.host.to_owned())];
    let (mut spans, verb) = match &alert.kind {
        Kind::EngineUnreachable { .. } | Kind::EngineReachable { .. } => {
            (vec![Span::Words("the Docker Engine".to_owned())], verb(alert))
        }
        Kind::Watching { .. } => (vec![Span::Words("dmon".to_owned())], verb(alert)),
        Kind::EngineRestarted { restarted } => {
            (vec![Span::Words(count(restarted.len(), "container"))], verb(alert))
        }
        _ => (vec![Span::Data(alert.about.name.clone())], verb(alert)),
    };
    spans.extend(on);
    spans.push(Span::Words(format!(" {verb}")));
    if let Some(cause) = alert.kind.cause().and_then(cause::words)
        && !matches!(alert.kind, Kind::Recovered { .. })
    {
        spans.push(Span::Words(format!(": {cause}")));
    }
    Text(spans)
}

/// What became of whom it is about.
pub(super) fn verb(alert: &Alert) -> String {
    match &alert.kind {
        Kind::Status { to: Condition::Is(Status::Exited), .. } => "exited".to_owned(),
        Kind::Status { to, .. } => format!("is {to}"),
        Kind::Removed { .. } => "was removed".to_owned(),
        Kind::CrashLoop { deaths, .. } => format!("died {deaths} times in 5 minutes"),
        Kind::RestartFailed { .. } => "could not be restarted".to_owned(),
        Kind::RestartedManually => "was restarted on request".to_owned(),
        Kind::RestartedAutomatically { .. } => match alert.repeat {
            Some(repeat) => format!("was restarted by its policy, {} times", repeat.times),
            None => "was restarted by its policy".to_owned(),
        },
        Kind::EngineRestarted { .. } => "run again after the Engine's restart".to_owned(),
        Kind::Recreated { .. } => "runs in a new container".to_owned(),
        Kind::Added { .. } => "is new".to_owned(),
        Kind::JobFailed { .. } => "failed".to_owned(),
        Kind::PolicyDisabled { .. } => "will not be restarted by its policy".to_owned(),
        Kind::Recovered { lasted, .. } => format!("is well again after {}", span(*lasted)),
        Kind::EngineUnreachable { reason } => format!("does not answer: {reason}"),
        Kind::EngineReachable { lasted, .. } => format!("answers again after {}", span(*lasted)),
        Kind::Watching { .. } => "watches".to_owned(),
    }
}

fn fields(alert: &Alert, context: Context<'_>) -> Vec<(&'static str, Text)> {
    let About { name, image, restart_count, restart_policy, ports, compose, .. } = &alert.about;
    let time = |moment| Text::data((context.time)(moment));
    let mut fields = Vec::new();
    let mut add = |title, text: Option<Text>| fields.extend(text.map(|text| (title, text)));
    add("Container", (!name.is_empty()).then(|| Text::data(name)));
    for (title, text) in of_kind(alert) {
        add(title, Some(text));
    }
    if !matches!(alert.kind, Kind::Recovered { .. }) {
        add("Cause", alert.kind.cause().and_then(cause::words).map(Text::words));
    }
    add("Image", image_field(alert, image));
    add("Exit Code", exit_code_of(alert).map(|code| Text::words(exit_code::describe(code))));
    let restarts = restart_count.filter(|count| *count > 0);
    add("Restart Count", restarts.map(|count| Text::words(count.to_string())));
    add("Restart Policy", restart_policy.map(|policy| Text::words(policy.to_string())));
    let ports: Vec<String> = ports.iter().map(ToString::to_string).collect();
    add("Ports", (!ports.is_empty()).then(|| Text::data(ports.join(", "))));
    add(
        "Compose",
        compose.as_ref().map(|(project, service)| Text::data(format!("{project} / {service}"))),
    );
    add(
        "Happened",
        alert.repeat.filter(|repeat| repeat.times > 1).map(|repeat| {
            let mut text = Text::words(format!("{} times since ", repeat.times));
            text.0.extend(time(repeat.since).0);
            text
        }),
    );
    add("Time", Some(time(alert.time)));
    add("Over Since", alert.ended.map(time));
    add("Host", Some(Text::data(context.host)));
    fields
}

/// The fields that only this kind has.
fn of_kind(alert: &Alert) -> Vec<(&'static str, Text)> {
    let words = |title, text: &str| (title, Text::words(text));
    let change = |from: &Condition, to: &Condition| {
        let words = || ("Status Change", Text::words(format!("{from} → {to}")));
        (from != to).then(words).into_iter().collect::<Vec<_>>()
    };
    match &alert.kind {
        Kind::Status { from, to, .. } | Kind::RestartFailed { from, to, .. } => change(from, to),
        Kind::Removed { previous, .. } => vec![words("Previous Status", previous.word())],
        Kind::CrashLoop { deaths, exit_codes, backoff } => {
            let codes: Vec<_> = exit_codes.iter().map(|code| exit_code::describe(*code)).collect();
            let mut fields = vec![words("Deaths", &format!("{deaths} in 5 minutes"))];
            if !codes.is_empty() {
                fields.push(words("Exit Codes", &codes.join(", ")));
            }
            let wait = backoff.map(|wait| format!("{:.1} s", wait.as_secs_f64()));
            fields.extend(wait.map(|wait| words("Backoff", &wait)));
            fields
        }
        Kind::RestartedManually => {
            vec![words("Type", "Manual restart"), words("Status", "running ✅")]
        }
        Kind::RestartedAutomatically { .. } => {
            vec![words("Type", "Automatic restart"), words("Status", "running ✅")]
        }
        Kind::EngineRestarted { .. } => vec![words("Type", "Engine restart")],
        Kind::Added { status } => vec![words("Status", status.word())],
        Kind::PolicyDisabled { signal } => vec![("Signal", Text::data(signals::name(signal)))],
        Kind::Recovered { after, from, lasted } => {
            let well = match from {
                Condition::Feels(_) => Condition::Feels(Health::Healthy),
                _ => Condition::Is(Status::Running),
            };
            let mut fields = change(from, &well);
            let after = after.as_ref().and_then(cause::words);
            fields.extend(after.map(|after| words("After", &after)));
            fields.push(words("Lasted", &span(*lasted)));
            fields
        }
        Kind::EngineUnreachable { reason } => vec![("Cause", Text::data(reason))],
        Kind::EngineReachable { lasted, .. } => vec![words("Lasted", &span(*lasted))],
        Kind::Watching { counts, .. } => {
            let counts: Vec<_> =
                counts.iter().map(|(status, number)| format!("{number} {status}")).collect();
            let text = if counts.is_empty() { "none".to_owned() } else { counts.join(", ") };
            vec![words("Containers", &text)]
        }
        Kind::Recreated { .. } | Kind::JobFailed { .. } => Vec::new(),
    }
}

/// `old → new` where it changed, else the image.
fn image_field(alert: &Alert, image: &str) -> Option<Text> {
    if image.is_empty() {
        return None;
    }
    let Kind::Recreated { image_before: Some(before) } = &alert.kind else {
        return Some(Text::data(image));
    };
    let (before, now) = (Span::Data(before.clone()), Span::Data(image.to_owned()));
    Some(Text(vec![before, Span::Words(" → ".to_owned()), now]))
}

/// The exit code, where a death is what is told.
fn exit_code_of(alert: &Alert) -> Option<i64> {
    let lives = [Cause::HealthCheckFailed, Cause::PausedOnRequest, Cause::ProcessOutOfMemory];
    let tells_of_death = match &alert.kind {
        Kind::Recovered { .. } | Kind::CrashLoop { .. } => false,
        kind => kind.cause().is_some_and(|cause| !lives.contains(cause)),
    };
    // A start that failed leaves the code of the run before, mostly.
    let of_start = |code: &i64| {
        alert.kind.cause() != Some(&Cause::CouldNotStart) || exit_code::FAILED_STARTS.contains(code)
    };
    alert.about.exit_code.filter(|_| tells_of_death).filter(of_start)
}

/// Since when it is known, where dmon was not looking when it happened. Times are told as data: a
/// receiver may take the colons within them for an emoji.
pub(super) fn late(alert: &Alert, context: Context<'_>) -> Option<Text> {
    let (from, to) = alert.between?;
    let words = |words: &str| Span::Words(words.to_owned());
    let time = |moment| Span::Data((context.time)(moment));
    let noticed = words("noticed late: happened between ");
    Some(Text(vec![noticed, time(from), words(" and "), time(to)]))
}

/// What the Engine or a probe said of it, if anything.
pub(super) fn said(alert: &Alert) -> Option<&str> {
    let said = match &alert.kind {
        Kind::Status { said, .. } => said.as_deref(),
        Kind::RestartFailed { error, .. } => Some(error.as_str()),
        _ => None,
    };
    said.map(str::trim).filter(|said| !said.is_empty())
}

/// What others said of it, and what to do.
pub(super) fn more(alert: &Alert) -> Vec<Part> {
    let names = |names: &[String]| {
        let few = names.len() <= digest::LINES_MAX;
        let names = names.iter().map(Text::data).collect();
        if few { Part::List(names) } else { Part::Row(names) }
    };
    if let Some(said) = said(alert) {
        let by_probe = [Cause::HealthCheckFailed, Cause::NeverHealthy];
        let by_probe = alert.kind.cause().is_some_and(|cause| by_probe.contains(cause));
        let (heading, most) =
            if by_probe { ("Last probe", PROBE_MAX) } else { ("The Engine says", ERROR_MAX) };
        let said = said.chars().take(most).collect();
        return vec![Part::Heading(heading.to_owned()), Part::Literal(said)];
    }
    match &alert.kind {
        Kind::EngineRestarted { restarted } => vec![names(restarted)],
        Kind::EngineReachable { changed, .. } if !changed.is_empty() => {
            vec![Part::Heading("What changed".to_owned()), names(changed)]
        }
        Kind::PolicyDisabled { .. } => vec![Part::Paragraph(Text::words(
            "The signal marked it as stopped on request: when it ends, its policy will not start \
             it again. A restart (docker restart) makes the policy work again.",
        ))],
        Kind::Watching { unwell, .. } if !unwell.is_empty() => {
            let line = |(name, condition): &(String, Condition)| {
                let is = Span::Words(format!(" is {condition}"));
                Text(vec![Span::Data(name.clone()), is])
            };
            let heading = format!("{} not well", count(unwell.len(), "container"));
            vec![Part::Heading(heading), Part::List(unwell.iter().map(line).collect())]
        }
        _ => Vec::new(),
    }
}
