//! The rows that concern a single container.

use super::bench::Bench;

/// Plays a script and compares what Slack was told, with the second of each message.
fn check(containers: &str, script: &str, expected: &[&str]) {
    let mut bench = Bench::new(containers);
    bench.play(script);
    assert_eq!(bench.told(), expected, "{containers} | {script}\nheld: {:#?}", bench.held);
}
#[test]
fn a_death_that_nobody_asked_for_is_told_at_once() {
    check(
        "web",
        "1 die web 7; 9 wait",
        &["1.0 CRITICAL Status web running→exited ExitedByItself 7"],
    );
}

#[test]
fn a_death_for_memory_says_so() {
    check(
        "web",
        "1 oom web; 1.1 die web 137; 9 wait",
        &["1.1 CRITICAL Status web running→exited OutOfMemory { limit_bytes: Some(536870912)"],
    );
    check(
        "web:always",
        "1 oom web; 1.1 dierestarting web 137; 1.5 policystart web; 20 wait",
        &["3.5 WARNING Restarted web OutOfMemory { limit_bytes: Some(536870912)"],
    );
    check(
        "web",
        "1 oom web; 400 wait",
        &[
            "2.0 WARNING Status web running→running ProcessOutOfMemory",
            "301.0 INFO Recovered web running",
        ],
    );
}

#[test]
fn a_stop_is_told_after_the_grace() {
    let told = &["6.1 CRITICAL Status web running→exited StoppedOnRequest"];
    check("web", "1 kill web 15; 1.1 die web 0; 1.2 stop web; 20 wait", told);
    check("web", "1 kill web 15; 1.1 stop web; 1.1 die web 0; 20 wait", told);
    check("web:always", "1 kill web 9; 1.1 die web 137; 20 wait", told);
    check("web", "1.1 die web 0; 1.12 stop web; 20 wait", told);
}

#[test]
fn a_stop_that_becomes_a_start_is_a_restart() {
    let told = &["3.0 WARNING Restarted web manually"];
    let script = "1 kill web 15; 1.1 die web 0; 1.2 stop web; 3 start web; 3 restart web; 20 wait";
    check("web", script, told);
    let script = "1 kill web 15; 1.1 stop web; 1.2 die web 0; 3 start web; 20 wait";
    check("web:always", script, told);
}

#[test]
fn a_policy_restarts_and_gives_up() {
    check(
        "web:always",
        "1 dierestarting web 7; 1.5 policystart web; 20 wait",
        &["3.5 WARNING Restarted web ExitedByItself 7"],
    );
    let thrice = "1 dierestarting web 7; 1.5 policystart web; 2.5 dierestarting web 7; \
                  2.7 policystart web; 3.7 dierestarting web 7; 4 policystart web";
    check(
        "web:always",
        &format!("{thrice}; 400 wait"),
        &["3.7 CRITICAL CrashLoop web 3 [7] ×3", "303.7 INFO Recovered web restarting ×3"],
    );
    check(
        "web:onfail=3",
        &format!("{thrice}; 5 die web 7; 9 wait; 120 start web; 130 wait"),
        &[
            "3.7 CRITICAL CrashLoop web 3 [7] ×3",
            "5.0 CRITICAL RestartFailed web running→exited PolicyGaveUp ×4",
            "120.0 INFO Recovered web exited ×4",
        ],
    );
}
