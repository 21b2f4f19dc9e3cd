//! `--json`: one object a line, each with a stable `type`. Scripts read these: fields are added,
//! never renamed.

use serde::Serialize;
use time::format_description::well_known::Rfc3339;

use crate::message::cause;
use crate::monitor::alert::Alert;
use crate::monitor::container::Health;
use crate::monitor::effect::{Batch, Suppressed};
use crate::report::{Counts, Report, Row};
use crate::timestamp::Timestamp;

/// The lines of a report: `report`, then a `container` for each row, each ended by a line feed.
pub fn report(report: &Report) -> String {
    let head = Line::Report(ReportLine {
        host: &report.host,
        engine_version: &report.engine.version,
        time: rfc3339(report.time),
        counts: CountsLine::of(report.counts),
    });
    let rows = report.rows.iter().map(|row| Line::Container(ContainerLine::of(row)));
    std::iter::once(head).chain(rows).map(|line| written(&line)).collect()
}

/// The lines of what `watch` tells: an `alert` for each.
pub fn alerts(batch: &Batch) -> String {
    let cause = |alert: &Alert| alert.kind.cause().and_then(cause::words);
    let causes: Vec<Option<String>> = batch.alerts.iter().map(cause).collect();
    let lines = batch.alerts.iter().zip(&causes).map(|(alert, cause)| AlertLine {
        id: Some(alert.id.to_string()),
        kind: alert.kind.word(),
        severity: alert.severity.word(),
        title: alert.kind.title(),
        name: Some(alert.about.name.as_str()).filter(|name| !name.is_empty()),
        cause: cause.as_deref(),
        exit_code: alert.about.exit_code,
        time: rfc3339(alert.time),
    });
    lines.map(|line| written(&Line::Alert(line))).collect()
}

/// The line of an Engine that does not answer, told by a command that ends with it.
pub fn engine_unreachable(cause: &str, time: Timestamp) -> String {
    written(&Line::Alert(AlertLine {
        id: None,
        kind: "engine_unreachable",
        severity: "critical",
        title: "Docker Engine Unreachable",
        name: None,
        cause: Some(cause),
        exit_code: None,
        time: rfc3339(time),
    }))
}

/// The line of what `dmon explain` found and is not told.
pub fn held(Suppressed { identity, name, what, reason }: &Suppressed, time: Timestamp) -> String {
    let (identity, reason) = (identity.to_string(), reason.words());
    written(&Line::Suppressed { identity, name, what, reason, time: rfc3339(time) })
}

/// The line of `dmon explain` on what the recording holds, and how many messages come of it.
pub fn recording(
    (from, to): (Timestamp, Timestamp),
    events: usize,
    containers: usize,
    messages: usize,
) -> String {
    let (from, to) = (rfc3339(from), rfc3339(to));
    written(&Line::Recording { from, to, events, containers, messages })
}

/// The line of `dmon test-notification`.
pub fn test_notification(host: &str, time: Timestamp) -> String {
    written(&Line::TestNotification { host, time: rfc3339(time) })
}

/// A line of `dmon test`: what was looked at, `good`, `lacking` or `bad`, and the sentence on it.
pub fn check(name: &str, outcome: &str, detail: &str) -> String {
    written(&Line::Check { name, outcome, detail })
}

fn written(line: &Line<'_>) -> String {
    let json = serde_json::to_string(line).expect("strings and numbers always have a JSON form");
    json + "\n"
}

fn rfc3339(moment: Timestamp) -> String {
    moment.utc().format(&Rfc3339).expect("a timestamp's years have four digits")
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Line<'a> {
    Report(ReportLine<'a>),
    Container(ContainerLine<'a>),
    Alert(AlertLine<'a>),
    Suppressed { identity: String, name: &'a str, what: &'a str, reason: &'a str, time: String },
    Recording { from: String, to: String, events: usize, containers: usize, messages: usize },
    TestNotification { host: &'a str, time: String },
    Check { name: &'a str, outcome: &'a str, detail: &'a str },
}

#[derive(Serialize)]
struct ReportLine<'a> {
    host: &'a str,
    engine_version: &'a str,
    time: String,
    counts: CountsLine,
}

#[derive(Serialize)]
struct CountsLine {
    running: usize,
    stopped: usize,
    unhealthy: usize,
    restarting: usize,
    paused: usize,
}

impl CountsLine {
    fn of(Counts { running, stopped, unhealthy, restarting, paused }: Counts) -> Self {
        Self { running, stopped, unhealthy, restarting, paused }
    }
}

/// `started` is when the present or last run began. Unknown is null: a stopped container uses nothing that could be told.
#[derive(Serialize)]
struct ContainerLine<'a> {
    name: &'a str,
    id: &'a str,
    image: &'a str,
    state: &'static str,
    health: Option<&'static str>,
    started: Option<String>,
    exit_code: Option<i64>,
    cpu_percent: Option<f64>,
    memory_bytes: Option<u64>,
    memory_limit_bytes: Option<u64>,
    net_rx_bytes: Option<u64>,
    net_tx_bytes: Option<u64>,
    block_read_bytes: Option<u64>,
    block_write_bytes: Option<u64>,
    pids: Option<u64>,
    restarts: Option<u32>,
}

impl<'a> ContainerLine<'a> {
    fn of(row: &'a Row) -> Self {
        let usage = row.usage.unwrap_or_default();
        let state = row.inspected.as_ref().map(|inspected| &inspected.state);
        Self {
            name: &row.listed.name,
            id: row.listed.id.as_str(),
            image: &row.listed.image,
            state: row.status().word(),
            health: row.health().map(Health::word),
            started: state.and_then(|state| state.started_at).map(rfc3339),
            exit_code: row.exit_code(),
            cpu_percent: usage.cpu_percent,
            memory_bytes: usage.memory_bytes,
            memory_limit_bytes: usage.memory_limit_bytes,
            net_rx_bytes: usage.net_rx_bytes,
            net_tx_bytes: usage.net_tx_bytes,
            block_read_bytes: usage.block_read_bytes,
            block_write_bytes: usage.block_write_bytes,
            pids: usage.pids,
            restarts: row.inspected.as_ref().map(|inspected| inspected.restart_count),
        }
    }
}

/// `id` and `name` are null for what is about the Engine and told once.
#[derive(Serialize)]
struct AlertLine<'a> {
    id: Option<String>,
    kind: &'static str,
    severity: &'static str,
    title: &'static str,
    name: Option<&'a str>,
    cause: Option<&'a str>,
    exit_code: Option<i64>,
    time: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Shown;
    use crate::report::fixtures::{at, engine, row};

    #[test]
    fn lines_have_the_promised_fields() {
        let rows = vec![row("a").using(), row("b").exited(7, 60)];
        let made = Report::new("web-1".to_owned(), engine(), at(90), rows, Shown::All);
        let expected = [
            r#"{"type":"report","host":"web-1","engine_version":"28.5.2","time":"2026-11-22T08:01:30Z","counts":{"running":1,"stopped":1,"unhealthy":0,"restarting":0,"paused":0}}"#,
            r#"{"type":"container","name":"b","id":"ID","image":"tb:1","state":"exited","health":null,"started":"2026-11-22T08:00:00Z","exit_code":7,"cpu_percent":null,"memory_bytes":null,"memory_limit_bytes":null,"net_rx_bytes":null,"net_tx_bytes":null,"block_read_bytes":null,"block_write_bytes":null,"pids":null,"restarts":0}"#,
            r#"{"type":"container","name":"a","id":"ID","image":"tb:1","state":"running","health":null,"started":"2026-11-22T08:00:00Z","exit_code":null,"cpu_percent":51.87,"memory_bytes":21913600,"memory_limit_bytes":67108864,"net_rx_bytes":1112,"net_tx_bytes":0,"block_read_bytes":0,"block_write_bytes":20971520,"pids":1,"restarts":0}"#,
        ];
        let id = "0".repeat(64);
        assert_eq!(report(&made), expected.join("\n").replace("ID", &id) + "\n");
    }
}
