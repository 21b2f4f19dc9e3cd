//! How much is said.

use std::fmt::Write;
use std::time::Duration;

use super::bench::{Bench, settings};
use super::check;
use crate::monitor::severity::Severity;

#[test]
fn an_open_incident_is_spoken_of_ever_more_seldom() {
    check(
        "web",
        "1 die web 3; 200000 wait",
        &[
            "1.0 CRITICAL Status web running→exited ExitedByItself 3",
            "301.0 CRITICAL Status web running→exited ExitedByItself 3 ×1",
            "2101.0 CRITICAL Status web running→exited ExitedByItself 3 ×1",
            "9301.0 CRITICAL Status web running→exited ExitedByItself 3 ×1",
            "38101.0 CRITICAL Status web running→exited ExitedByItself 3 ×1",
            "124501.0 CRITICAL Status web running→exited ExitedByItself 3 ×1",
        ],
    );
}

#[test]
fn worse_is_told_at_once() {
    check(
        "web:health",
        "1 health web unhealthy; 10 die web 3; 60 wait",
        &[
            "1.0 WARNING Status web running→unhealthy HealthCheckFailed",
            "10.0 CRITICAL Status web running→exited ExitedByItself 3 ×2",
        ],
    );
}

#[test]
fn after_a_relapse_recovery_is_told_when_it_lasts() {
    check(
        "web:health",
        "1 health web unhealthy; 20 health web healthy; 40 health web unhealthy; \
         60 health web healthy; 80 health web unhealthy; 100 health web healthy; 500 wait",
        &[
            "1.0 WARNING Status web running→unhealthy HealthCheckFailed",
            "20.0 INFO Recovered web unhealthy",
            "40.0 WARNING Status web running→unhealthy HealthCheckFailed",
            "400.0 INFO Recovered web unhealthy ×2",
        ],
    );
}

#[test]
fn a_storm_that_is_over_makes_nothing_wait() {
    let restart = |at: u32| {
        let each = |what: &str| ["a", "b", "c", "d"].map(|name| what.replace('_', name)).concat();
        let stops = each(&format!("{at} kill _ 15; {at} die _ 0; {at} stop _;"));
        stops + &each(&format!("{at}.5 start _;"))
    };
    let restarts: String = [10, 30, 50, 70].map(restart).concat();
    let mut bench = Bench::new("a b c d e");
    bench.play(&format!("{restarts} 76 die e 1; 99 wait"));
    let told = bench.told();
    assert_eq!(told.len(), 5, "{told:#?}");
    assert_eq!(told[4], "76.0 CRITICAL Status e running→exited ExitedByItself 1");
}

#[test]
fn a_storm_is_few_messages() {
    let mut bench = Bench::new(&(0..50).fold(String::new(), |all, n| format!("{all} c{n:02}")));
    let script = (0..50).fold(String::new(), |mut script, n| {
        let _ = write!(script, "{:.2} die c{n:02} 1;", 1.0 + f64::from(n) * 0.06);
        script
    });
    bench.play(&format!("{script} 60 wait"));
    assert_eq!(bench.batches.len(), 3, "{:#?}", bench.told());
    let named: usize = bench.batches.iter().map(|(_, batch)| batch.alerts.len()).sum();
    assert_eq!(named, 50);
}

#[test]
fn what_slack_missed_is_told_as_it_is_now() {
    check(
        "a b",
        "0 slackaway; 1 die a 1; 2 die b 1; 10 start b; 500 slackback; 790 wait",
        &["511.0 CRITICAL Status a running→exited ExitedByItself 1 \
             + CRITICAL Status b running→exited ExitedByItself 1 (over)"],
    );
}

#[test]
fn above_a_thousand_entries_are_counted() {
    let mut bench = Bench::new(&(0..1_010).fold(String::new(), |all, n| format!("{all} c{n:04}")));
    let script = (0..1_010).fold("0 slackaway;".to_owned(), |mut script, n| {
        let _ = write!(script, "1 die c{n:04} 1;");
        script
    });
    bench.play(&format!("{script} 2 slackback; 60 wait"));
    let (_, batch) = &bench.batches[0];
    assert_eq!(batch.alerts.len(), 1_000);
    assert_eq!(batch.crowd.len(), 1);
    assert_eq!((batch.crowd[0].image.as_str(), batch.crowd[0].count), ("img:1", 10));
}

#[test]
fn less_than_the_minimum_is_not_sent() {
    let mut settings = settings();
    settings.minimum_severity = Severity::Critical;
    let mut bench = Bench::unconnected(settings, "web:health db");
    bench.connect();
    bench
        .play("1 health web unhealthy; 10 die web 3; 20 start web; 30 health web healthy; 50 wait");
    assert_eq!(
        bench.told(),
        [
            "5.0 CRITICAL Status web running→exited ExitedByItself 3 ×2",
            "25.0 INFO Recovered web exited ×2"
        ]
    );
}

/// A container under `always` that dies so often, for so long: how many messages a day.
fn messages_a_day(every: Duration, days: u32) -> Vec<usize> {
    let mut bench = Bench::new("web:always");
    let start = bench.clock;
    let mut counts = Vec::new();
    let mut at = start;
    for day in 1..=days {
        let end = start + Duration::from_hours(24) * day;
        let before = bench.batches.len();
        while at < end {
            at += every;
            bench.until(at);
            bench.act("dierestarting web 1");
            bench.until(at + Duration::from_millis(100));
            bench.act("policystart web");
        }
        counts.push(bench.batches.len() - before);
    }
    counts
}

#[test]
fn a_container_that_dies_every_ten_minutes_is_told_of_seldom() {
    let counts = messages_a_day(Duration::from_mins(10), 6);
    assert!(counts[0] <= 12, "{counts:?}");
    assert!(counts[2..].iter().all(|count| *count <= 2), "{counts:?}");
    assert!(counts[1..].iter().sum::<usize>() >= 4, "{counts:?}");
}

#[test]
fn a_container_that_dies_each_second_is_a_loop() {
    let mut bench = Bench::new("web:always");
    let start = bench.clock;
    for second in 1..3_600 {
        bench.until(start + Duration::from_secs(second));
        bench.act("dierestarting web 1");
        bench.until(start + Duration::from_secs(second) + Duration::from_millis(100));
        bench.act("policystart web");
    }
    let told = bench.told();
    assert!(told.len() <= 3, "{told:#?}");
    assert!(told[0].starts_with("3.0 CRITICAL CrashLoop web"), "{told:#?}");
}
