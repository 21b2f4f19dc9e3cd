//! The words of several alerts in one message: counts by severity first, then each story with all
//! whom it is about, the worst first.

use std::collections::BTreeMap;

use crate::message::alert::{Context, is_problem, late, title, tone, verb};
use crate::message::{Message, Part, Span, Text, Tone, VERSION, cause};
use crate::monitor::alert::{Alert, Kind};
use crate::monitor::effect::Batch;

/// Above so many containers a story names them side by side; below it, each has its line.
const LINES_MAX: usize = 5;

/// The message of several alerts.
pub fn message(batch: &Batch, context: Context<'_>) -> Message {
    let tone = worst(&batch.alerts);
    let headline = headline(batch);
    let mut parts = vec![Part::Fields(facts(batch, context))];
    for (heading, alerts) in stories(&batch.alerts) {
        parts.push(Part::Heading(heading));
        parts.extend(body(&alerts, context));
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
        summary: Text(vec![
            Span::Data(context.host.to_owned()),
            Span::Words(format!(": {headline}")),
        ]),
        parts,
        foot: foot(batch),
    }
}

fn worst(alerts: &[Alert]) -> Tone {
    let rank = |tone: &Tone| match tone {
        Tone::Critical => 3,
        Tone::Warning => 2,
        Tone::Info => 1,
        Tone::Good => 0,
    };
    alerts.iter().map(tone).max_by_key(rank).unwrap_or(Tone::Warning)
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
        let text = if first == last { first } else { format!("{first} to {last}") };
        facts.push(("Time", Text::data(text)));
    }
    facts
}

/// Alerts that say the same of different containers, in the order of the batch.
fn stories(alerts: &[Alert]) -> Vec<(String, Vec<&Alert>)> {
    let mut order: Vec<String> = Vec::new();
    let mut stories: BTreeMap<String, Vec<&Alert>> = BTreeMap::new();
    for alert in alerts {
        let heading = heading(alert);
        if !stories.contains_key(&heading) {
            order.push(heading.clone());
        }
        stories.entry(heading).or_default().push(alert);
    }
    let take = |heading: String| stories.remove_entry(&heading);
    order
        .into_iter()
        .filter_map(take)
        .map(|(heading, alerts)| {
            let heading = match alerts.len() {
                1 => heading,
                number => format!("{heading} ({number})"),
            };
            (heading, alerts)
        })
        .collect()
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
        return vec![Part::Paragraph(side_by_side(
            restarted.iter().map(|name| vec![Span::Data(name.clone())]),
        ))];
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
        spans
    };
    vec![Part::Paragraph(side_by_side(alerts.iter().map(name)))]
}

fn side_by_side(names: impl Iterator<Item = Vec<Span>>) -> Text {
    let mut spans = Vec::new();
    for name in names {
        if !spans.is_empty() {
            spans.push(Span::Words(", ".to_owned()));
        }
        spans.extend(name);
    }
    Text(spans)
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
