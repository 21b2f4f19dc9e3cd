//! Containers that end and stay down.

use super::{DOWN, LIFE, RECOVERED, WARNING, watch};
use crate::support::real_engine::{Make, RealEngine, skip, tell_skipped};

/// Does nothing until it is told to fill its memory.
const HUNGRY: &[&str] =
    &["sh", "-c", "until test -e /tmp/go; do sleep 0.1; done; exec tail /dev/zero"];

const LITTLE_MEMORY: &[&str] = &["--memory=16m", "--memory-swap=16m"];

/// An Engine that can limit memory: without a limit the tests would take all that the host has.
fn find_with_limits() -> Option<RealEngine> {
    let engine = RealEngine::find()?;
    if engine.docker(&["info", "--format={{.MemoryLimit}}"]) != "true" {
        skip("the Engine cannot limit memory here");
        return None;
    }
    Some(engine)
}

#[test]
fn it_ends_by_itself_and_is_started_again() {
    let Some(engine) = RealEngine::find() else { return };
    engine.run("web", &["--publish=127.0.0.1::80"], LIFE);
    let mut dmon = watch(&engine, &[("HOST_NAME", "host-1")]);
    engine.fail("web");
    let told = dmon.expect(
        DOWN,
        &[
            ("Container", "web"),
            ("Status Change", "running → exited"),
            ("Cause", &engine.by_itself(3)),
            ("Image", &engine.image()),
            ("Exit Code", "3"),
            ("Restart Policy", "no"),
            ("Host", "host-1"),
        ],
    );
    assert!(told.fields["Time"].ends_with(" UTC"), "{told:?}");
    assert_eq!(told.fields.get("Restart Count"), None, "there were none: {told:?}");
    engine.tell(&["start"], "web");
    dmon.expect(
        RECOVERED,
        &[
            ("Container", "web"),
            ("Status Change", "exited → running"),
            ("After", &engine.by_itself(3)),
        ],
    );
    dmon.end();
}

#[test]
fn an_end_with_code_0_that_nobody_asked_for_is_told() {
    let Some(engine) = RealEngine::find() else { return };
    engine.run("web", &[], LIFE);
    let mut dmon = watch(&engine, &[]);
    engine.succeed("web");
    dmon.expect(DOWN, &[("Container", "web"), ("Cause", &engine.by_itself(0))]);
    dmon.end();
}

#[test]
fn out_of_memory_is_the_cause() {
    let Some(engine) = find_with_limits() else { return };
    engine.run("web", LITTLE_MEMORY, HUNGRY);
    let mut dmon = watch(&engine, &[]);
    engine.exec("web", &["touch", "/tmp/go"]);
    let cause = "out of memory (limit 16 MiB)";
    dmon.expect(DOWN, &[("Cause", cause), ("Exit Code", "137 (SIGKILL)")]);
    dmon.end();
}

#[test]
fn a_process_beside_the_main_one_is_killed_for_memory() {
    let Some(engine) = find_with_limits() else { return };
    if engine.make == Make::Podman {
        return tell_skipped("Podman tells of no process that is killed for memory");
    }
    let script = "until test -e /tmp/go; do sleep 0.1; done; tail /dev/zero; touch /tmp/done
                  sleep 1000";
    engine.run("web", LITTLE_MEMORY, &["sh", "-c", script]);
    let mut dmon = watch(&engine, &[]);
    engine.exec("web", &["touch", "/tmp/go"]);
    let cause = "a process in it was killed: out of memory";
    let told = dmon.expect(WARNING, &[("Container", "web"), ("Cause", cause)]);
    assert_eq!(told.fields.get("Exit Code"), None, "it runs: {told:?}");
    assert_eq!(told.fields.get("Status Change"), None, "it has none: {told:?}");
    dmon.end();
}

#[test]
fn a_stop_on_request_is_told_after_the_grace() {
    let Some(engine) = RealEngine::find_docker("tells of a stop now and then") else { return };
    engine.run("web", &["--restart=always"], LIFE);
    let mut dmon = watch(&engine, &[("RESTART_GRACE", "1")]);
    engine.tell(&["stop"], "web");
    dmon.expect(
        DOWN,
        &[
            ("Container", "web"),
            ("Status Change", "running → exited"),
            ("Cause", "stopped on request"),
            ("Exit Code", "0"),
            ("Restart Policy", "always"),
        ],
    );
    engine.tell(&["start"], "web");
    dmon.expect(RECOVERED, &[("Container", "web"), ("After", "stopped on request")]);
    dmon.end();
}

#[test]
fn a_kill_is_a_request() {
    let Some(engine) = RealEngine::find() else { return };
    engine.run("web", &[], LIFE);
    let mut dmon = watch(&engine, &[("RESTART_GRACE", "1")]);
    engine.tell(&["kill"], "web");
    dmon.expect(DOWN, &[("Cause", "stopped on request"), ("Exit Code", "137 (SIGKILL)")]);
    dmon.end();
}

#[test]
fn stops_on_request_can_be_none_of_our_business() {
    let Some(engine) = RealEngine::find_docker("tells of a stop now and then") else { return };
    engine.run("web", &[], LIFE);
    engine.run("db", &[], LIFE);
    let settings = [("RESTART_GRACE", "1"), ("MANUAL_STOP_SEVERITY", "off")];
    let mut dmon = watch(&engine, &settings);
    engine.tell(&["stop"], "web");
    dmon.process().wait_for_line("not told of");
    engine.fail("db");
    dmon.expect(DOWN, &[("Container", "db"), ("Cause", &engine.by_itself(3))]);
    dmon.end();
}

#[test]
fn severities_of_stops_and_clean_ends_are_settings() {
    let Some(engine) = RealEngine::find_docker("tells of a stop now and then") else { return };
    engine.run("web", &[], LIFE);
    engine.run("db", &[], LIFE);
    let settings = [
        ("RESTART_GRACE", "0"),
        ("MANUAL_STOP_SEVERITY", "warning"),
        ("CLEAN_EXIT_SEVERITY", "info"),
    ];
    let mut dmon = watch(&engine, &settings);
    engine.tell(&["stop"], "web");
    dmon.expect(WARNING, &[("Container", "web"), ("Cause", "stopped on request")]);
    engine.succeed("db");
    dmon.expect("ℹ️ Container Status Alert - INFO", &[("Container", "db")]);
    dmon.end();
}

#[test]
fn the_last_log_lines_come_along() {
    let Some(engine) = RealEngine::find() else { return };
    let script = "until test -e /tmp/go; do sleep 0.1; done
                  echo one; echo two; echo three; exit 4";
    engine.run("terminal", &["--tty"], &["sh", "-c", script]);
    engine.run("complaining", &[], &["sh", "-c", &format!("exec >&2; {script}")]);
    engine.run("quiet", &["--label=dmon.log-lines=0"], &["sh", "-c", script]);
    let mut dmon = watch(&engine, &[("ALERT_LOG_LINES", "2")]);
    let mut fail = |name: &str| {
        engine.exec(name, &["touch", "/tmp/go"]);
        dmon.expect(DOWN, &[("Container", name), ("Exit Code", "4")])
    };
    fail("terminal").says("Last log lines*\n\ntwo\nthree\n");
    fail("complaining").says("Last log lines*\n\ntwo\nthree\n");
    let quiet = fail("quiet");
    assert!(!quiet.text.contains("log lines"), "{quiet:?}");
    dmon.end();
}

#[test]
fn labels_choose_who_is_watched_and_how_bad_it_gets() {
    let Some(engine) = RealEngine::find() else { return };
    engine.run("hidden", &["--label=dmon.enable=false"], LIFE);
    engine.run("minor", &["--label=dmon.severity=warning"], LIFE);
    let mut dmon = watch(&engine, &[]);
    engine.fail("hidden");
    engine.wait_for("hidden", "{{.State.Status}}", "exited");
    engine.fail("minor");
    dmon.expect(WARNING, &[("Container", "minor"), ("Cause", &engine.by_itself(3))]);
    dmon.end();
}
