//! The words of a report. What it says is decided in `report`; its shape in `slack` and `terminal`.

use crate::message::units::{
    count, memory, memory_short, percent, span, span_short, traffic_short,
};
use crate::message::{Align, Column, Message, Part, Span, Table, Text, Tone, VERSION};
use crate::monitor::container::Status;
use crate::monitor::exit_code;
use crate::report::{Counts, Problem, Report, Row};
use crate::timestamp::Timestamp;

/// Longest error or probe output that is quoted, in characters.
const QUOTE_MAX: usize = 300;

/// Puts a report into words. `time` is the report's own, written in the zone of the settings.
pub fn report(report: &Report, time: &str) -> Message {
    let problems: Vec<Text> =
        report.problems().map(|(row, problem)| problem_line(row, problem, report.time)).collect();
    let mut parts = vec![Part::Fields(vec![
        ("Host", Text::data(&report.host)),
        ("Engine", Text::data(engine(report))),
        ("Time", Text::data(time)),
        ("Containers", Text::words(counts(report.counts))),
    ])];
    if !problems.is_empty() {
        parts.push(Part::Heading(count(problems.len(), "container") + " to look at"));
        parts.push(Part::List(problems.clone()));
    }
    if !report.rows.is_empty() {
        parts.push(Part::Table(table(report)));
    }
    Message {
        tone: if problems.is_empty() { Tone::Good } else { Tone::Warning },
        mention: false,
        title: "📋 Docker Status Report".to_owned(),
        summary: summary(report, problems.len()),
        parts,
        foot: vec![VERSION.to_owned()],
    }
}

fn engine(report: &Report) -> String {
    let product = if report.engine.is_podman { "Podman" } else { "Docker" };
    format!("{product} {}", report.engine.version)
}

/// `12 running, 1 stopped, 1 unhealthy`.
fn counts(counts: Counts) -> String {
    let Counts { running, stopped, unhealthy, restarting, paused } = counts;
    let mut told = vec![format!("{running} running")];
    let others = [stopped, unhealthy, restarting, paused];
    let words = ["stopped", "unhealthy", "restarting", "paused"];
    let present = others.into_iter().zip(words).filter(|(number, _)| *number > 0);
    told.extend(present.map(|(number, word)| format!("{number} {word}")));
    told.join(", ")
}

/// `web-1: 12 running, 1 stopped, 1 unhealthy; 2 containers to look at`.
fn summary(report: &Report, problems: usize) -> Text {
    let mut told = format!(": {}", counts(report.counts));
    if problems > 0 {
        told = format!("{told}; {} to look at", count(problems, "container"));
    }
    Text(vec![Span::Data(report.host.clone()), Span::Words(told)])
}

fn problem_line(row: &Row, problem: Problem, now: Timestamp) -> Text {
    let emoji = match problem {
        Problem::Unhealthy | Problem::Restarting | Problem::Paused => "⚠️ ",
        Problem::StartFailed | Problem::Dead | Problem::OutOfMemory | Problem::Exited(_) => "🚨 ",
    };
    let mut spans = vec![Span::Words(emoji.to_owned()), Span::Data(row.listed.name.clone())];
    spans.push(Span::Words(format!(" {}", problem_words(row, problem))));
    if let Some(ago) = ended_ago(row, now) {
        spans.push(Span::Words(format!(", {ago} ago")));
    }
    if let Some(quote) = quote(row, problem) {
        spans.extend([Span::Words(": ".to_owned()), Span::Data(quote)]);
    }
    Text(spans)
}

fn problem_words(row: &Row, problem: Problem) -> String {
    match problem {
        Problem::StartFailed => "could not be started".to_owned(),
        Problem::Dead => "is dead: the Engine could not finish its removal".to_owned(),
        Problem::OutOfMemory => match row.inspected.as_ref().and_then(|row| row.memory_limit_bytes)
        {
            Some(limit) => format!("out of memory (limit {})", memory(limit)),
            None => "out of memory".to_owned(),
        },
        Problem::Restarting => {
            let code = row.exit_code().map(exit_code::describe);
            let count = row.inspected.as_ref().map(|inspected| inspected.restart_count);
            [
                Some("restarting".to_owned()),
                code.map(|code| format!("exited with code {code}")),
                count.map(|count| format!("restart {count}")),
            ]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(", ")
        }
        Problem::Exited(code) => format!("exited with code {}", exit_code::describe(code)),
        Problem::Unhealthy => "unhealthy".to_owned(),
        Problem::Paused => "paused".to_owned(),
    }
}

/// How long ago the last run ended, for a container whose run has ended for good.
fn ended_ago(row: &Row, now: Timestamp) -> Option<String> {
    let state = &row.inspected.as_ref()?.state;
    let ended = state.finished_at.filter(|_| row.status() == Status::Exited)?;
    Some(span(now.since(ended)))
}

/// What the Engine or the health check said of it.
fn quote(row: &Row, problem: Problem) -> Option<String> {
    let state = &row.inspected.as_ref()?.state;
    let said = match problem {
        Problem::StartFailed => state.error.as_str(),
        Problem::Unhealthy => state.last_probe_output.as_deref()?,
        _ => return None,
    };
    let said = said.trim();
    (!said.is_empty()).then(|| said.chars().take(QUOTE_MAX).collect())
}

fn table(report: &Report) -> Table {
    let column = |title, align| Column { title, align };
    let columns = vec![
        column("NAME", Align::Left),
        column("STATUS", Align::Left),
        column("UP", Align::Right),
        column("CPU %", Align::Right),
        column("MEMORY", Align::Right),
        column("NET IN/OUT", Align::Right),
        column("DISK R/W", Align::Right),
        column("PIDS", Align::Right),
        column("RST", Align::Right),
    ];
    Table { columns, rows: report.rows.iter().map(|row| cells(row, report.time)).collect() }
}

fn cells(row: &Row, now: Timestamp) -> Vec<String> {
    let usage = row.usage.unwrap_or_default();
    let or_nothing = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
    vec![
        row.listed.name.clone(),
        status(row),
        or_nothing(row.started_at().map(|started| span_short(now.since(started)))),
        or_nothing(usage.cpu_percent.map(percent)),
        or_nothing(usage.memory_bytes.map(|used| memory_cell(used, usage.memory_limit_bytes))),
        or_nothing(pair(usage.net_rx_bytes, usage.net_tx_bytes)),
        or_nothing(pair(usage.block_read_bytes, usage.block_write_bytes)),
        or_nothing(usage.pids.map(|pids| pids.to_string())),
        or_nothing(row.inspected.as_ref().map(|inspected| inspected.restart_count.to_string())),
    ]
}

/// Status and health in one word, with the code of a failed run: `healthy`, `running`, `exited 7`.
fn status(row: &Row) -> String {
    match (row.status(), row.health(), row.exit_code()) {
        (Status::Running, Some(health), _) => health.to_string(),
        (Status::Exited, _, Some(code)) if code != 0 => format!("exited {code}"),
        (status, ..) => status.to_string(),
    }
}

/// `21M/64M 33%`.
#[expect(clippy::cast_precision_loss, reason = "whole percents are shown")]
fn memory_cell(used: u64, limit: Option<u64>) -> String {
    match limit {
        Some(limit) if limit > 0 => {
            let share = used as f64 / limit as f64 * 100.0;
            format!("{}/{} {share:>2.0}%", memory_short(used), memory_short(limit))
        }
        _ => memory_short(used),
    }
}

fn pair(left: Option<u64>, right: Option<u64>) -> Option<String> {
    Some(format!("{}/{}", traffic_short(left?), traffic_short(right?)))
}

/// The message of `dmon test-notification`.
pub fn test_notification(host: &str, time: &str) -> Message {
    Message {
        tone: Tone::Good,
        mention: false,
        title: "✅ dmon Test Notification".to_owned(),
        summary: Text(vec![
            Span::Words("dmon on ".to_owned()),
            Span::Data(host.to_owned()),
            Span::Words(" can post here.".to_owned()),
        ]),
        parts: vec![Part::Fields(vec![("Host", Text::data(host)), ("Time", Text::data(time))])],
        foot: vec![VERSION.to_owned()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Shown;
    use crate::report::fixtures::{at, engine, row};

    /// The text without its marks, as a person reads it.
    fn read(text: &Text) -> String {
        let Text(spans) = text;
        spans
            .iter()
            .map(|span| match span {
                Span::Words(text) | Span::Data(text) => text.as_str(),
            })
            .collect()
    }

    #[test]
    fn every_problem_has_its_line() {
        let check = |row: Row, expected: &str| {
            let problem = row.problem().expect("the row was made with a problem");
            assert_eq!(read(&problem_line(&row, problem, at(7_200))), expected);
        };
        check(row("web").exited(3, 0), "🚨 web exited with code 3, 2 h ago");
        check(row("web").exited(137, 7_190), "🚨 web exited with code 137 (SIGKILL), 10 s ago");
        check(
            row("web").exited(137, 7_190).killed_for_memory(512 << 20),
            "🚨 web out of memory (limit 512 MiB), 10 s ago",
        );
        check(
            row("web").exited(1, 7_000).restarting(4),
            "⚠️ web restarting, exited with code 1, restart 4",
        );
        check(row("web").unhealthy("no route\n"), "⚠️ web unhealthy: no route");
        check(row("web").paused(), "⚠️ web paused");
        check(
            row("web").never_started("no such file"),
            "🚨 web could not be started: no such file",
        );
    }

    #[test]
    fn the_summary_leaves_out_what_is_not() {
        let check = |rows: Vec<Row>, expected: &str| {
            let made = Report::new("h".to_owned(), engine(), at(0), rows, Shown::All);
            assert_eq!(read(&report(&made, "now").summary), expected);
        };
        check(vec![], "h: 0 running");
        check(vec![row("a"), row("b").exited(0, 0)], "h: 1 running, 1 stopped");
        check(
            vec![row("a").unhealthy(""), row("b").paused()],
            "h: 1 running, 1 unhealthy, 1 paused; 2 containers to look at",
        );
    }

    #[test]
    fn cells_fit_their_columns() {
        let check = |row: Row, expected: &str| {
            assert_eq!(cells(&row, at(90_000)).join(" | "), expected);
        };
        check(row("web"), "web | running | 1d | - | - | - | - | - | 0");
        check(row("web").exited(7, 0), "web | exited 7 | - | - | - | - | - | - | 0");
        check(row("web").unhealthy(""), "web | unhealthy | 1d | - | - | - | - | - | 0");
        check(
            row("web").using(),
            "web | running | 1d | 51.9 | 21M/64M 33% | 1.1k/0B | 0B/21M | 1 | 0",
        );
    }
}
