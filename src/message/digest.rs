//! The words of several alerts in one message: counts by severity first, then each story with all
//! whom it is about, the worst first.

use std::cmp::Reverse;

use crate::message::alert::{Context, is_problem, late, more, said, title, tone, verb};
use crate::message::units::{count, from_to};
use crate::message::{Message, Part, Span, Text, Tone, VERSION, cause, order, quote};
use crate::monitor::alert::{Alert, Kind};
use crate::monitor::cause::Cause;
use crate::monitor::effect::Batch;

/// Above so many containers a story names them side by side; below it, each has its line.
pub(super) const LINES_MAX: usize = 5;

/// So many stories are in the summary: it is what a telephone shows of a message.
const SUMMARY_STORIES: usize = 3;

/// What the digest says of several containers at once.
struct Story<'a> {
    heading: String,
    /// In the order of their names.
    alerts: Vec<&'a Alert>,
}

/// The message of several alerts.
pub fn message(batch: &Batch, context: Context<'_>) -> Message {
    let tone = worst(&batch.alerts);
    let headline = headline(batch);
    let stories = stories(&batch.alerts);
    let mut parts = vec![Part::Fields(facts(batch, context))];
    for Story { heading, alerts } in &stories {
        parts.push(Part::Heading(match alerts.len() {
            1 => heading.clone(),
            number => format!("{heading} ({number})"),
        }));
        parts.extend(body(alerts, context));
        parts.extend(changed(alerts, batch));
    }
    if !batch.crowd.is_empty() {
        parts.push(Part::Heading("Too many to be told one by one".to_owned()));
        parts.push(Part::List(
            batch
                .crowd
                .iter()
                .map(|crowd| {
                    let mut spans = vec![Span::Words(format!("{} × {}", crowd.count, crowd.title))];
                    if !crowd.image.is_empty() {
                        spans.extend([
                            Span::Words(", image ".to_owned()),
                            Span::Data(crowd.image.clone()),
                        ]);
                    }
                    Text(spans)
                })
                .collect(),
        ));
    }
    Message {
        tone,
        mention: tone == Tone::Critical,
        title: format!("{} {headline}", sign(tone)),
        summary: summary(&stories, context),
        parts,
        foot: foot(batch),
    }
}

fn worst(alerts: &[Alert]) -> Tone {
    alerts.iter().map(tone).max_by_key(|tone| rank(*tone)).unwrap_or(Tone::Warning)
}

fn rank(tone: Tone) -> u32 {
    match tone {
        Tone::Critical => 3,
        Tone::Warning => 2,
        Tone::Info => 1,
        Tone::Good => 0,
    }
}

/// Who leads each of the first stories, how many more there are, and what became of them.
fn summary(stories: &[Story<'_>], context: Context<'_>) -> Text {
    let mut spans = vec![Span::Data(context.host.to_owned())];
    let words = |words: String| Span::Words(words);
    for (at, Story { alerts, .. }) in stories.iter().take(SUMMARY_STORIES).enumerate() {
        spans.push(words(if at == 0 { ": " } else { "; " }.to_owned()));
        if let Kind::EngineRestarted { restarted } = &alerts[0].kind {
            let number = count(restarted.len(), "container");
            spans.push(words(format!("{number} {}", verb(alerts[0]))));
            continue;
        }
        let (name, cause) = (subject(alerts[0]), alerts[0].kind.cause().and_then(cause::words));
        spans.push(Span::Data(name));
        if alerts.len() > 1 {
            spans.push(words(format!(" and {} more", alerts.len() - 1)));
        }
        let recovered = matches!(alerts[0].kind, Kind::Recovered { .. });
        spans.push(words(match cause.filter(|_| !recovered) {
            Some(cause) => format!(": {cause}"),
            None if alerts.len() > 1 => format!(": {}", alerts[0].kind.title()),
            None => format!(" {}", verb(alerts[0])),
        }));
    }
    let others = stories.iter().skip(SUMMARY_STORIES).map(|story| story.alerts.len()).sum();
    if others > 0 {
        spans.push(words(format!("; {} more", count(others, "alert"))));
    }
    Text(spans)
}

fn sign(tone: Tone) -> &'static str {
    match tone {
        Tone::Critical => "🚨",
        Tone::Warning => "⚠️",
        Tone::Info => "ℹ️",
        Tone::Good => "✅",
    }
}

/// `3 critical, 1 warning, 2 recovered`.
fn headline(batch: &Batch) -> String {
    let tones: Vec<Tone> = batch.alerts.iter().map(tone).collect();
    let named = [
        (Tone::Critical, "critical"),
        (Tone::Warning, "warning"),
        (Tone::Info, "info"),
        (Tone::Good, "recovered"),
    ];
    let mut told: Vec<String> = named
        .into_iter()
        .map(|(tone, word)| (tones.iter().filter(|one| **one == tone).count(), word))
        .filter(|(number, _)| *number > 0)
        .map(|(number, word)| format!("{number} {word}"))
        .collect();
    let crowd: u32 = batch.crowd.iter().map(|crowd| crowd.count).sum();
    if crowd > 0 {
        told.push(format!("{crowd} counted"));
    }
    told.join(", ")
}

fn facts(batch: &Batch, context: Context<'_>) -> Vec<(&'static str, Text)> {
    let times = || batch.alerts.iter().map(|alert| alert.time);
    let mut facts = vec![("Host", Text::data(context.host))];
    if let (Some(first), Some(last)) = (times().min(), times().max()) {
        let (first, last) = ((context.time)(first), (context.time)(last));
        facts.push(("Time", Text::data(from_to(&first, &last))));
    }
    facts
}

/// Alerts that say the same of different containers: the worst first, what somebody asked for after
/// what nobody did, and what befell many before what befell few.
fn stories(alerts: &[Alert]) -> Vec<Story<'_>> {
    let mut stories: Vec<Story<'_>> = Vec::new();
    for alert in alerts {
        let heading = heading(alert);
        match stories.iter_mut().find(|story| story.heading == heading) {
            Some(story) => story.alerts.push(alert),
            None => stories.push(Story { heading, alerts: vec![alert] }),
        }
    }
    for story in &mut stories {
        story.alerts.sort_by_cached_key(|alert| order::natural(&subject(alert)));
    }
    stories.sort_by_key(|Story { alerts, .. }| {
        (Reverse(rank(tone(alerts[0]))), is_asked_for(alerts[0]), Reverse(alerts.len()))
    });
    stories
}

fn is_asked_for(alert: &Alert) -> bool {
    let asked = [Cause::StoppedOnRequest, Cause::StoppedAndRemoved, Cause::PausedOnRequest];
    alert.kind.cause().is_some_and(|cause| asked.contains(cause))
}

fn heading(alert: &Alert) -> String {
    let title = title(alert);
    let cause = alert.kind.cause().and_then(cause::words);
    match (cause, &alert.kind) {
        (Some(cause), Kind::Recovered { .. }) => format!("{title} after: {cause}"),
        (Some(cause), _) => format!("{title}: {cause}"),
        (None, Kind::EngineRestarted { .. }) => format!("{title}: Engine restart"),
        (None, Kind::RestartedManually) => format!("{title}: Manual restart"),
        (None, _) => title,
    }
}

fn body(alerts: &[&Alert], context: Context<'_>) -> Vec<Part> {
    if let [Alert { kind: Kind::EngineRestarted { restarted }, .. }] = alerts {
        return vec![Part::Row(restarted.iter().map(Text::data).collect())];
    }
    if alerts.len() <= LINES_MAX {
        return vec![Part::List(alerts.iter().map(|alert| line(alert, context)).collect())];
    }
    let name = |alert: &&Alert| {
        let mut spans = vec![Span::Data(subject(alert))];
        for Text(aside) in asides(alert, context) {
            spans.push(Span::Words(" (".to_owned()));
            spans.extend(aside);
            spans.push(Span::Words(")".to_owned()));
        }
        Text(spans)
    };
    vec![Part::Row(alerts.iter().map(name).collect())]
}

/// What a time without the Engine has changed, unless its restart tells of each already.
fn changed(alerts: &[&Alert], batch: &Batch) -> Vec<Part> {
    let is_restart = |alert: &Alert| matches!(alert.kind, Kind::EngineRestarted { .. });
    match alerts {
        [Alert { kind: Kind::EngineReachable { changed, .. }, .. }]
            if !changed.is_empty() && !batch.alerts.iter().any(is_restart) =>
        {
            let names = changed.iter().map(Text::data).collect();
            vec![Part::Heading("What changed".to_owned()), Part::Row(names)]
        }
        // The baseline: what is not well in it is reported nowhere else.
        [alert @ Alert { kind: Kind::Watching { .. }, .. }] => more(alert),
        _ => Vec::new(),
    }
}

fn line(alert: &Alert, context: Context<'_>) -> Text {
    let mut spans = vec![Span::Data(subject(alert)), Span::Words(format!(" {}", verb(alert)))];
    if let Kind::Recreated { image_before: Some(before) } = &alert.kind {
        spans.extend([
            Span::Words(", image ".to_owned()),
            Span::Data(before.clone()),
            Span::Words(" → ".to_owned()),
            Span::Data(alert.about.image.clone()),
        ]);
    }
    for Text(aside) in asides(alert, context) {
        spans.push(Span::Words(", ".to_owned()));
        spans.extend(aside);
    }
    if let Some(said) = said(alert) {
        spans.extend([Span::Words(": ".to_owned()), Span::Data(quote::end(said))]);
    }
    Text(spans)
}

fn subject(alert: &Alert) -> String {
    if alert.about.name.is_empty() { alert.identity.to_string() } else { alert.about.name.clone() }
}

/// What is particular about this one: how often, and both times of what was over before it could be
/// told. Nothing, mostly.
fn asides(alert: &Alert, context: Context<'_>) -> Vec<Text> {
    let time = |moment| Span::Data((context.time)(moment));
    let words = |words: &str| Span::Words(words.to_owned());
    let often = alert.repeat.filter(|repeat| repeat.times > 1 && is_problem(alert));
    let often = often.map(|repeat| Text::words(format!("{} times", repeat.times)));
    let over = alert
        .ended
        .map(|ended| Text(vec![words("from "), time(alert.time), words(" to "), time(ended)]));
    [often, over, late(alert, context)].into_iter().flatten().collect()
}

fn foot(batch: &Batch) -> Vec<String> {
    let ids: Vec<String> = batch.alerts.iter().map(|alert| alert.id.to_string()).collect();
    let (shown, hidden) = ids.split_at(ids.len().min(LINES_MAX));
    let mut told = format!("alerts {}", shown.join(" "));
    if !hidden.is_empty() {
        told = format!("{told} and {} more", hidden.len());
    }
    vec![VERSION.to_owned(), told]
}
