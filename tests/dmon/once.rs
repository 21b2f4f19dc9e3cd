//! `dmon once` as a user runs it, on an Engine that says what a test wants it to say.

use super::support::binary::Home;
use super::support::engine::{Container, Reply, ScriptedEngine};
use super::support::process::Finished;

fn once(engine: &ScriptedEngine, settings: &[(&str, &str)], output: &str) -> Finished {
    let home = Home::new();
    let run = home.dmon(["once", output]).env("DOCKER_SOCKET", engine.address());
    settings.iter().fold(run, |run, (name, value)| run.env(name, value)).run()
}

/// The names in the table of a printed report, in order.
fn names(printed: &str) -> Vec<&str> {
    let table = printed.lines().skip_while(|line| !line.starts_with("NAME"));
    let rows = table.skip(1).take_while(|line| !line.is_empty());
    rows.map(|row| row.split_whitespace().next().unwrap()).collect()
}

#[test]
fn no_container_is_a_report_too() {
    let finished = once(&ScriptedEngine::new([]), &[], "--print");
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert!(finished.stdout.contains("Containers  0 running\n"), "{}", finished.stdout);
    assert!(!finished.stdout.contains("NAME"), "{}", finished.stdout);
    assert_eq!(finished.stderr, "");
}

#[test]
fn filters_and_settings_choose_what_is_reported() {
    let engine = ScriptedEngine::new([
        Container::new("shop-web"),
        Container::new("shop-job").exited(0),
        Container::new("shop-test"),
        Container::new("shop-hidden").label("dmon.enable", "false"),
        Container::new("other"),
    ]);
    let check = |settings: &[(&str, &str)], expected: &[&str]| {
        let finished = once(&engine, settings, "--print");
        assert_eq!(names(&finished.stdout), expected, "{settings:?}: {finished:?}");
    };
    let (only, not) = ("CONTAINER_NAME_FILTER", "CONTAINER_NAME_EXCLUDE");
    check(&[], &["other", "shop-test", "shop-web", "shop-job"]);
    check(&[(only, "^shop-")], &["shop-test", "shop-web", "shop-job"]);
    check(&[(only, "^shop-"), (not, "test$")], &["shop-web", "shop-job"]);
    check(&[(not, "shop"), ("INCLUDE_STOPPED_CONTAINERS", "no")], &["other"]);
    check(&[(only, "nothing")], &[]);
}

#[test]
fn five_hundred_containers_are_all_reported() {
    let engine = ScriptedEngine::new((0..500).map(|number| {
        let one = Container::new(&format!("worker-{number:03}")).uses(50, 1 << 20, 64 << 20);
        if number % 100 == 99 { one.exited(3) } else { one }
    }));
    let finished = once(&engine, &[], "--print");
    assert_eq!(finished.code, Some(0), "{finished:?}");
    let names = names(&finished.stdout);
    assert_eq!(names.len(), 500);
    assert_eq!(names[..5], ["worker-099", "worker-199", "worker-299", "worker-399", "worker-499"]);
    let row = finished.stdout.lines().find(|line| line.starts_with("worker-000")).unwrap();
    let cells: Vec<&str> = row.split_whitespace().collect();
    assert_eq!(cells[3..], ["50.0", "1M/64M", "2%", "7B/8B", "0B/0B", "1", "0"], "{row}");
}

#[test]
fn one_that_is_gone_since_the_list_does_not_spoil_the_report() {
    let engine = ScriptedEngine::new([Container::new("here"), Container::new("gone")]);
    let gone = format!("/containers/{}", Container::new("gone").id());
    engine.answer(&format!("{gone}/json"), Reply::refusal(404, "No such container"));
    engine.answer(&format!("{gone}/stats"), Reply::refusal(404, "No such container"));
    let finished = once(&engine, &[], "--print");
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert_eq!(names(&finished.stdout), ["gone", "here"]);
    assert_eq!(finished.stderr, "");
    let row = finished.stdout.lines().find(|line| line.starts_with("gone")).unwrap();
    assert_eq!(
        row.split_whitespace().collect::<Vec<_>>()[1..],
        ["running", "-", "-", "-", "-", "-", "-", "-"]
    );
}

/// The cells of a container's row, without its name and state.
fn cells<'a>(printed: &'a str, name: &str) -> Vec<&'a str> {
    let row = printed.lines().find(|line| line.split_whitespace().next() == Some(name));
    row.unwrap_or_else(|| panic!("no {name}: {printed}")).split_whitespace().skip(2).collect()
}

#[test]
fn counters_that_cannot_be_are_unknown() {
    let stats = |cpu: &str, system: u64, memory: &str| {
        Reply::json(format!(
            r#"{{"read":"2026-11-22T08:30:12Z","cpu_stats":{{"cpu_usage":{{"total_usage":{cpu}}},
            "system_cpu_usage":{system},"online_cpus":2}},"memory_stats":{{"usage":{memory},
            "limit":8000000000}},"pids_stats":{{"current":3}},
            "networks":{{"eth0":{{"rx_bytes":1000,"tx_bytes":2000}}}}}}"#
        ))
    };
    let of = |name: &str| format!("/containers/{}/stats", Container::new(name).id());
    let names = ["underflow", "negative", "jump", "reset", "garbled"];
    let engine = ScriptedEngine::new(names.map(Container::new));
    let (second, minute) = (1_000_000_000, 60_000_000_000);
    let (usage, below) = ("18446744073709547520", "18446744073708551615");
    engine.answer_in_turn(&of("underflow"), [stats("0", second, usage), stats("0", minute, usage)]);
    engine.answer_in_turn(&of("negative"), [stats("-5", second, "-1"), stats("-5", minute, "-1")]);
    engine.answer_in_turn(&of("jump"), [stats("9", second, "1048576"), stats(below, minute, "0")]);
    engine.answer_in_turn(&of("reset"), [stats("9", second, "0"), stats("8", minute, "1048576")]);
    engine.answer(&of("garbled"), Reply::json("{\"read\":7}"));
    let finished = once(&engine, &[], "--print");
    assert_eq!(finished.code, Some(0), "{finished:?}");
    let check = |name: &str, expected: [&str; 3]| {
        let cells = cells(&finished.stdout, name);
        for cell in expected {
            assert!(cells.contains(&cell), "{name}: no {cell} in {cells:?}");
        }
    };
    check("underflow", ["0.00", "-", "3"]);
    check("negative", ["-", "1k/2k", "3"]);
    check("jump", ["-", "0B/7.5G", "3"]);
    check("reset", ["-", "1M/7.5G", "3"]);
    let stderr = &finished.stderr;
    assert_eq!(stderr.lines().count(), 2, "{stderr}");
    let warning = "WARNING stats of negative: impossible counters are left out: CPU and memory\n";
    assert!(stderr.contains(warning), "{stderr}");
    assert!(stderr.contains("WARNING stats not answered for garbled: the statistics"), "{stderr}");
    assert!(!stderr.contains("not a Docker Engine"), "{stderr}");
}

#[test]
fn statistics_that_a_proxy_refuses_are_warned_about_once() {
    let containers = ["a", "b", "c"].map(Container::new);
    let engine = ScriptedEngine::new(containers.clone());
    for container in &containers {
        let forbidden = "HTTP/1.1 403 Forbidden\r\nContent-Length: 10\r\n\r\nForbidden\n";
        engine.answer(&format!("/containers/{}/stats", container.id()), Reply::bytes(forbidden));
    }
    let finished = once(&engine, &[], "--print");
    let stderr = &finished.stderr;
    let expected = "WARNING stats not answered for a, b and c: a proxy refuses it with status 403";
    assert!(stderr.contains(expected) && stderr.lines().count() == 1, "{stderr}");
}

#[test]
fn an_engine_that_cannot_be_asked_is_told_and_fails_the_command() {
    let check = |reply: Reply, expected: &str| {
        let engine = ScriptedEngine::new([]);
        engine.answer("/info", reply);
        let finished = once(&engine, &[], "--print");
        assert_eq!(finished.code, Some(1), "{finished:?}");
        let title = "🚨 Docker Engine Unreachable - CRITICAL";
        assert!(finished.stdout.starts_with(title), "{finished:?}");
        let told: Vec<&str> = finished.stdout.split_whitespace().collect();
        assert!(told.join(" ").contains(expected), "{}", finished.stdout);
        assert!(finished.stderr.contains(expected), "{}", finished.stderr);
    };
    check(Reply::refusal(500, "disk full"), "disk full");
    check(Reply::refusal(403, ""), "a proxy forbids /info");
    check(Reply::bytes("220 mail.example.org ESMTP\r\n"), "does not speak HTTP");
    check(Reply::last("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"), "cut off");
}

#[test]
fn an_unreachable_engine_is_one_json_line() {
    let home = Home::new();
    let finished = home.dmon(["once", "--json"]).env("DOCKER_SOCKET", "/nowhere/engine.sock").run();
    assert_eq!(finished.code, Some(1), "{finished:?}");
    let line: serde_json::Value = serde_json::from_str(&finished.stdout).unwrap();
    assert_eq!(line["type"], "alert");
    assert_eq!(line["kind"], "engine_unreachable");
    assert!(line["cause"].as_str().unwrap().contains("unix:///nowhere/engine.sock"), "{line}");
}

#[test]
fn settings_that_are_wrong_end_it_before_anything_is_asked() {
    let engine = ScriptedEngine::new([]);
    let finished =
        once(&engine, &[("TIMEZONE", "Mars/Olympus"), ("ALERT_COOLDOWN", "soon")], "--print");
    assert_eq!(finished.code, Some(2), "{finished:?}");
    assert!(finished.stderr.contains("TIMEZONE"), "{}", finished.stderr);
    assert!(finished.stderr.contains("ALERT_COOLDOWN"), "{}", finished.stderr);
    assert_eq!(engine.requests(), Vec::<String>::new());
}
