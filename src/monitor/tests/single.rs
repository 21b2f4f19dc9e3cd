//! The rows that concern a single container.

use std::time::Duration;

use super::bench::{Bench, settings};
use super::check;

#[test]
fn a_death_that_nobody_asked_for_is_told_at_once() {
    check(
        "web",
        "1 die web 7; 9 wait",
        &["1.0 CRITICAL Status web running→exited ExitedByItself 7"],
    );
}

#[test]
fn a_death_that_nothing_answers_does_not_wait_for_a_slow_engine() {
    let told = |containers: &str| {
        let mut bench = Bench::new(containers);
        bench.play("0.9 slow; 1 die web 7");
        bench.until(bench.clock + Duration::from_millis(40));
        bench.told().len()
    };
    assert_eq!(told("web"), 1);
    assert_eq!(told("web:always"), 0, "whether its policy goes on is to be known");
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

#[test]
fn what_happened_several_times_did_so_since_the_first() {
    let check = |containers: &str, script: &str, times: u32| {
        let mut bench = Bench::new(containers);
        let first = bench.wall() + Duration::from_secs(1);
        bench.play(script);
        let repeat = bench.batches.last().unwrap().1.alerts[0].repeat.unwrap();
        assert_eq!((repeat.times, repeat.since), (times, first), "{containers} | {script}");
    };
    let twice = "1 dierestarting web 7; 1.5 policystart web; 2 dierestarting web 7; \
                 2.5 policystart web; 3";
    check("web:always", &format!("{twice} dierestarting web 7; 3.5 wait"), 3);
    check("web:onfail=2", &format!("{twice} die web 7; 3.5 wait"), 3);
}

#[test]
fn a_removal_tells_what_was_removed() {
    check(
        "web",
        "1 kill web 9; 1.1 die web 137; 1.2 destroy web; 20 wait",
        &["6.1 CRITICAL Removed web running"],
    );
    check("web", "1 destroy web; 20 wait", &["6.0 CRITICAL Removed web running"]);
    check(
        "web",
        "1 kill web 15; 1.1 die web 0; 1.15 stop web; 1.2 destroy web; 20 wait",
        &["6.1 CRITICAL Removed web running StoppedAndRemoved"],
    );
    check(
        "web:always",
        "1 dierestarting web 1; 2 destroy web; 20 wait",
        &["7.0 CRITICAL Removed web restarting ×2"],
    );
}

#[test]
fn what_is_removed_when_down_ends_what_was_open() {
    check(
        "web",
        "1 die web 3; 20 destroy web; 400 wait",
        &[
            "1.0 CRITICAL Status web running→exited ExitedByItself 3",
            "20.0 INFO Removed web exited",
        ],
    );
    check(
        "web",
        "1 kill web 15; 1.1 die web 0; 1.2 stop web; 20 destroy web; 400 wait",
        &[
            "6.1 CRITICAL Status web running→exited StoppedOnRequest",
            "20.0 INFO Removed web exited",
        ],
    );
}

#[test]
fn a_removal_has_the_last_word_on_what_was_open() {
    check(
        "web:health",
        "1 health web unhealthy; 2 health web healthy; 3 health web unhealthy; \
         4 health web healthy; 5 health web unhealthy; 9 die web 1; 20 destroy web; 400 wait",
        &[
            "1.0 WARNING Status web running→unhealthy HealthCheckFailed",
            "2.0 INFO Recovered web unhealthy",
            "3.0 WARNING Status web running→unhealthy HealthCheckFailed",
            "9.0 CRITICAL Status web running→exited ExitedByItself 1 ×3",
            "20.0 INFO Removed web exited ×3",
        ],
    );
    check(
        "web",
        "0 slackaway; 1 die web 3; 20 destroy web; 100 slackback; 200 wait",
        &[
            "127.0 CRITICAL Status web running→exited ExitedByItself 3 (over) + INFO Removed web exited",
        ],
    );
    check(
        "web:dmon.job=true",
        "1 kill web 15; 1.1 die web 1; 1.2 stop web; 9 destroy web; 20 wait",
        &[],
    );
}

#[test]
fn a_stop_in_back_off_is_a_stop() {
    check(
        "web:always",
        "1 dierestarting web 7; 30 stop web; 60 wait",
        &["35.0 CRITICAL Status web restarting→exited StoppedOnRequest"],
    );
}

#[test]
fn a_start_that_fails_makes_no_event() {
    check(
        "web",
        "1 kill web 15; 1.1 stop web; 1.15 die web 0; 1.3 error web; 20 wait",
        &["6.2 CRITICAL RestartFailed web running→exited CouldNotStart"],
    );
    check(
        "web",
        "1 die web 3; 30 error web; 50 wait",
        &[
            "1.0 CRITICAL Status web running→exited ExitedByItself 3",
            "35.0 CRITICAL RestartFailed web exited→exited CouldNotStart ×2",
        ],
    );
}

#[test]
fn what_somebody_starts_has_to_stay_up() {
    let restart = "1 kill web 15; 1.1 stop web; 1.15 die web 0; 2 start web";
    check(
        "web",
        &format!("{restart}; 12 die web 1; 20 wait"),
        &[
            "2.0 WARNING Restarted web manually",
            "12.0 CRITICAL RestartFailed web running→exited DidNotStayUp",
        ],
    );
    check(
        "web",
        &format!("{restart}; 60 die web 1; 70 wait"),
        &[
            "2.0 WARNING Restarted web manually",
            "60.0 CRITICAL Status web running→exited ExitedByItself 1",
        ],
    );
    check(
        "web:health",
        &format!("{restart}; 12 health web unhealthy; 20 health web healthy; 30 wait"),
        &[
            "2.0 WARNING Restarted web manually",
            "12.0 CRITICAL RestartFailed web starting→unhealthy NeverHealthy",
            "20.0 INFO Recovered web unhealthy",
        ],
    );
}

#[test]
fn a_health_check_fails_and_passes() {
    check(
        "web:health",
        "1 health web unhealthy; 20 health web healthy; 30 wait",
        &[
            "1.0 WARNING Status web running→unhealthy HealthCheckFailed",
            "20.0 INFO Recovered web unhealthy",
        ],
    );
    check(
        "web:health",
        "1 die web 1; 20 start web; 50 health web healthy; 60 wait",
        &[
            "1.0 CRITICAL Status web running→exited ExitedByItself 1",
            "50.0 INFO Recovered web exited",
        ],
    );
}

#[test]
fn a_policy_has_not_given_up_while_nobody_knows() {
    check(
        "web:unless",
        "0 slow; 1 dierestarting web 1; 5 policystart web; 6 quick; 20 wait",
        &["7.0 WARNING Restarted web ExitedByItself 1"],
    );
}

#[test]
fn nothing_has_recovered_before_it_is_healthy() {
    check(
        "web:health",
        "1 oom web; 10 dierestarting web 1; 11 policystart web; 20 health web healthy; 30 wait",
        &[
            "2.0 WARNING Status web running→running ProcessOutOfMemory",
            "20.0 INFO Recovered web running ×2",
        ],
    );
    check(
        "web",
        "1 destroy web; 20 create web:health; 20.5 slow; 21 start web; 29 quick; \
         40 health web healthy; 60 wait",
        &["6.0 CRITICAL Removed web running", "40.0 INFO Recovered web removed"],
    );
}

#[test]
fn a_pause_is_told_when_it_lasts() {
    check(
        "web",
        "1 pause web; 2 unpause web; 10 pause web; 20 unpause web; 30 wait",
        &[
            "15.0 WARNING Status web running→paused PausedOnRequest",
            "20.0 INFO Recovered web paused",
        ],
    );
}

#[test]
fn a_new_name_is_told_and_a_rename_is_not() {
    check("web", "1 create db; 1.5 start db; 10 wait", &["1.5 INFO Added db"]);
    check("web", "1 create db; 10 destroy db; 20 wait", &[]);
    check(
        "web",
        "1 rename web web2; 2 die web2 3; 30 start web2; 60 wait",
        &[
            "2.0 CRITICAL Status web2 running→exited ExitedByItself 3",
            "30.0 INFO Recovered web2 exited",
        ],
    );
    check(
        "web",
        "1 die web 3; 2 rename web web2; 30 start web2; 60 wait",
        &[
            "1.0 CRITICAL Status web running→exited ExitedByItself 3",
            "30.0 INFO Recovered web2 exited",
        ],
    );
}

#[test]
fn a_signal_may_take_the_policy_away() {
    let told = &["2.0 WARNING PolicyDisabled web 1"];
    check("web:unless", "1 kill web 1; 10 wait; 11 kill web 1; 30 wait", told);
    check("web:unless,stopsignal=SIGQUIT", "1 kill web 1; 30 wait", told);
    check("web:always", "1 kill web 1; 30 wait", told);
    check("web:always,stopsignal=SIGQUIT", "1 kill web 1; 30 wait", &[]);
    check("web", "1 kill web 1; 30 wait", &[]);
}

#[test]
fn labels_lower_the_severity_or_silence() {
    check(
        "web:dmon.severity=warning db:dmon.enable=false",
        "1 die web 1; 2 die db 1; 20 wait",
        &["1.0 WARNING Status web running→exited ExitedByItself 1"],
    );
}

#[test]
fn a_stop_in_the_back_off_is_one_though_the_inspection_is_late() {
    check(
        "web:always",
        "0 slow; 1 dierestarting web 7; 4 stop web; 4.5 quick; 20 wait",
        &["9.0 CRITICAL Status web restarting→exited StoppedOnRequest"],
    );
}

#[test]
fn a_removal_in_the_back_off_is_no_policy_that_gave_up() {
    check(
        "web:always",
        "0 slow; 1 dierestarting web 1; 1.01 destroy web; 20 wait",
        &["6.0 CRITICAL Removed web restarting"],
    );
}

#[test]
fn what_slack_was_told_of_has_an_end_though_the_end_itself_is_no_news() {
    let check = |containers: &str, script: &str, expected: &[&str]| {
        let mut settings = settings();
        (settings.manual_stop_severity, settings.clean_exit_severity) = (None, None);
        let mut bench = Bench::unconnected(settings, containers);
        bench.connect();
        bench.until(bench.clock + Duration::from_secs(5));
        bench.batches.clear();
        bench.play(script);
        assert_eq!(bench.told(), expected, "{containers} | {script}");
    };
    let unhealthy = "1.0 WARNING Status web running→unhealthy HealthCheckFailed";
    check(
        "web:health",
        "1 health web unhealthy; 20 kill web 15; 20.2 die web 0; 20.3 stop web; 900 wait",
        &[unhealthy, "25.2 INFO Status web running→exited StoppedOnRequest"],
    );
    check("web", "1 kill web 15; 1.1 die web 0; 1.2 stop web; 900 wait", &[]);
    check(
        "web:health,dmon.job=true",
        "1 health web unhealthy; 20 die web 0; 900 wait",
        &[unhealthy, "20.0 INFO Status web running→exited ExitedByItself 0"],
    );
    check(
        "web:health,dmon.job=true,rm",
        "1 health web unhealthy; 20 die web 3; 20.1 destroy web; 900 wait",
        &[unhealthy, "20.0 CRITICAL JobFailed web ExitedByItself 3"],
    );
}
