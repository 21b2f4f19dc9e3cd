//! What is not well already when dmon looks for the first time: named once, and its end is told.

use super::{LIFE, RECOVERED};
use crate::support::docker::{Docker, wait_until};
use crate::support::real_engine::RealEngine;
use crate::support::watching::Watching;

/// Two that are well or have done their work, three that are not and have not.
fn run_all(engine: &Docker) {
    let check = ["--health-cmd=test -e /tmp/well", "--health-interval=1s", "--health-retries=1"];
    let needy = "test -e /tmp/well || exit 9; trap 'exit 0' TERM; sleep 1000 & wait";
    engine.run("ill", &check, LIFE);
    engine.run("looping", &["--restart=always"], &["sh", "-c", needy]);
    engine.run(
        "failed",
        &[],
        &["sh", "-c", "test -e /tmp/once || { >/tmp/once; exit 3; }; sleep 1000"],
    );
    engine.run("done", &[], &["true"]);
    engine.run("well", &[], LIFE);
    engine.wait_for("ill", "{{.State.Health.Status}}", "unhealthy");
    engine.wait_for("failed", "{{.State.Status}}", "exited");
    engine.wait_for("done", "{{.State.Status}}", "exited");
    // From the sixth on it waits for seconds to be restarted.
    wait_until("it is restarted often", || {
        let count: u32 = engine.inspect("looping", "{{.RestartCount}}").parse().unwrap();
        if count >= 6 { Ok(()) } else { Err(count) }
    });
    engine.wait_for("looping", "{{.State.Status}}", "restarting");
}

#[test]
fn what_is_bad_already_is_named_and_its_end_is_told() {
    let Some(engine) = RealEngine::find_docker("leaves health checks to systemd") else { return };
    run_all(&engine);
    let mut dmon = Watching::ready(&engine.address, &engine.full_name(""), &[]);
    dmon.begin();
    let told =
        dmon.expect("👀 dmon Is Watching", &[("Containers", "2 running, 1 restarting, 2 exited")]);
    told.says("3 containers not well");
    told.says("ill is unhealthy").says("looping is restarting").says("failed is exited");
    assert!(!told.has("done"), "{told:#?}");

    engine.exec("ill", &["touch", "/tmp/well"]);
    let fields = [("Container", "ill"), ("Status Change", "unhealthy → healthy")];
    dmon.expect(RECOVERED, &fields);
    let well = format!("{}:/tmp/well", engine.full_name("looping"));
    engine.docker(&["cp", file!(), &well]);
    engine.tell(&["restart"], "looping");
    let fields = [("Container", "looping"), ("Status Change", "restarting → running")];
    dmon.expect(RECOVERED, &fields);
    engine.tell(&["start"], "failed");
    let fields = [("Container", "failed"), ("After", "exited with code 3")];
    dmon.expect(RECOVERED, &fields);
    dmon.end();
}
