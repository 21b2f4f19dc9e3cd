//! What is told where events are lost, late, or tell less: by looking, and on Podman.

use std::time::Duration;

use super::bench::{Bench, settings};
use super::check;

#[test]
fn a_look_that_is_ahead_of_the_events_changes_nothing() {
    // A look is due at 5.
    let late = "5.1 hearing; 5.1 late";
    check(
        "web:always",
        &format!("0 deaf; 4.9 dierestarting web 7; {late}; 5.5 policystart web; 20 wait"),
        &["7.5 WARNING Restarted web ExitedByItself 7"],
    );
    check(
        "web:always",
        "0 deaf; 4.9 dierestarting web 7; 5.1 hearing; 5.5 policystart web; 20 wait",
        &["7.5 WARNING Restarted web Exited 7"],
    );
    check(
        "web",
        &format!("0 deaf; 4.9 die web 7; {late}; 20 wait"),
        &["5.1 CRITICAL Status web running→exited ExitedByItself 7"],
    );
}

#[test]
fn looks_alone_find_everything() {
    check(
        "web",
        "0 deaf; 2 die web 3; 60 wait",
        &["10.0 CRITICAL Status web running→exited Exited 3"],
    );
    check("web", "0 deaf; 2 destroy web; 60 wait", &["10.0 CRITICAL Removed web running"]);
    check(
        "web:always",
        "0 deaf; 6 dierestarting web 3; 7 policystart web; 60 wait",
        &["17.0 WARNING Restarted web Unknown"],
    );
    check(
        "web",
        "0 deaf; 6 kill web 15; 6.1 die web 0; 6.2 stop web; 7 start web; 60 wait",
        &["15.0 WARNING Restarted web manually"],
    );
    check(
        "web:always",
        "0 deaf; 2 dierestarting web 3; 60 wait; 61 policystart web; 90 wait",
        &[
            "10.0 WARNING Status web running→restarting FoundRestarting",
            "67.0 INFO Recovered web restarting",
        ],
    );
    check("web", "0 deaf; 2 create db; 3 start db; 60 wait", &["5.0 INFO Added db"]);
    check(
        "web:health",
        "0 deaf; 2 health web unhealthy; 60 wait; 61 health web healthy; 90 wait",
        &[
            "5.0 WARNING Status web running→unhealthy HealthCheckFailed",
            "65.0 INFO Recovered web unhealthy",
        ],
    );
}

#[test]
fn a_restart_whose_start_went_unheard_is_its_policys() {
    check(
        "web:always",
        "1 dierestarting web 1; 1.05 deaf; 1.1 policystart web; 20 wait",
        &["7.0 WARNING Restarted web ExitedByItself 1"],
    );
}

#[test]
fn looks_alone_find_a_restart_just_after_an_inspection() {
    check(
        "web",
        "0 deaf; 2 kill web 15; 2.1 die web 0; 2.2 stop web; 2.3 start web; \
         5.4 die web 0; 5.5 start web; 60 wait",
        &["5.0 WARNING Restarted web manually", "15.0 WARNING Restarted web manually"],
    );
}

#[test]
fn deaths_that_looks_find_are_counted_once() {
    let loops = "6 dierestarting web 7; 6.1 policystart web; 7 dierestarting web 7; \
                 7.2 policystart web; 8 dierestarting web 7";
    check(
        "web:always",
        &format!("0 deaf; {loops}; 20 wait"),
        &["20.0 CRITICAL CrashLoop web 3 [7] ×3"],
    );
}

#[test]
fn podman_does_not_tell_who_asked() {
    let check = |containers: &str, script: &str, expected: &[&str]| {
        let mut bench = Bench::unconnected(settings(), containers);
        bench.act("podman");
        bench.connect();
        bench.until(bench.clock + Duration::from_secs(5));
        bench.batches.clear();
        bench.play(script);
        assert_eq!(bench.told(), expected, "{containers} | {script}");
    };
    check("web", "1 die web 0; 20 wait", &["6.0 CRITICAL Status web running→exited Exited 0"]);
    check("web", "1 die web 3; 2 start web; 20 wait", &["2.0 WARNING Restarted web manually"]);
    let removed = "1 die web 0; 1.2 destroy web; 20 wait";
    check("web", removed, &["6.0 CRITICAL Removed web running Exited 0"]);
    check("web:rm", removed, &["6.0 CRITICAL Status web running→exited Exited 0"]);
    let again = |exit_code| format!("1 die web 3; 2 start web; 9 die web {exit_code}; 20 wait");
    let restarted = "2.0 WARNING Restarted web manually";
    let failed = "14.0 CRITICAL RestartFailed web running→exited DidNotStayUp";
    check("web", &again(4), &[restarted, failed]);
    check("web", &again(0), &[restarted, "14.0 CRITICAL Status web running→exited Exited 0"]);
    check(
        "web:always",
        "1 dierestarting web 3; 1.1 restart web; 2 policystart web; 20 wait",
        &["4.0 WARNING Restarted web Exited 3"],
    );
    check(
        "web",
        "1 restart web; 1.1 die web 137; 1.5 start web; 20 wait",
        &["1.5 WARNING Restarted web manually"],
    );
    check(
        "web",
        "1 stop web; 1.1 die web 0; 1.2 destroy web; 20 wait",
        &["6.1 CRITICAL Removed web running StoppedAndRemoved"],
    );
}
