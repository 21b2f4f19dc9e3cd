//! The Engine stops, crashes, comes back, and is out of reach.

use std::time::Duration;

use super::bench::{Bench, Quirk, now, settings};
use super::check;
use crate::monitor::Monitor;
use crate::monitor::container::Status;
use crate::monitor::settings::Settings;

/// An orderly stop: everything is stopped, new connections fail, and then the stream ends.
const STOP: &str = "1 kill a 15; 1 kill b 15; 1 kill c 15; 1.1 die a 0; 1.1 stop a; 1.2 die b 0; \
                    1.2 stop b; 1.3 die c 0; 1.3 stop c; 1.4 closing; 7 lost";

#[test]
fn an_engine_that_goes_again_before_it_is_caught_up_with_has_restarted_all_the_same() {
    check(
        "a b:always",
        "1 kill a 15; 1 kill b 15; 1.1 die a 143; 1.1 die b 143; 1.2 stop a; 1.2 stop b; \
         1.3 closing; 2 lost; 18 start b; 20 connected; 20.5 remembers; 21 update b; 22 lost; \
         25 connected; 60 wait",
        &[
            "30.0 CRITICAL Status a running→exited NotBackAfterEngineRestart + WARNING EngineRestart b",
        ],
    );
}

#[test]
fn an_engine_restart_is_one_message() {
    check(
        "a:always b:unless c",
        &format!("{STOP}; 15 start a; 15.1 start b; 16 connected; 60 wait; 70 start c; 90 wait"),
        &[
            "21.0 CRITICAL Status c running→exited NotBackAfterEngineRestart \
             + WARNING EngineRestart a,b",
            "70.0 INFO Recovered c exited",
        ],
    );
    check(
        "a:always b:unless",
        "1 lost; 2 start a; 15.1 start b; 16 connected; 60 wait",
        &["16.5 WARNING EngineRestart a,b"],
    );
}

#[test]
fn an_engine_that_was_back_at_once_and_left_its_containers_down_was_restarted() {
    check(
        "a:unless b:unless",
        "1 streamend; 1.1 deaf; 1.2 die a 0; 1.3 die b 0; 1.4 hearing; 1.5 connected; 30 wait",
        &["6.5 CRITICAL Status a running→exited NotBackAfterEngineRestart \
           + CRITICAL Status b running→exited NotBackAfterEngineRestart"],
    );
}

#[test]
fn an_engine_that_remembers_was_not_restarted() {
    check(
        "a b:always",
        "0 remembers; 1 kill a 15; 1.1 die a 0; 1.2 stop a; 2 lost; 3 start a; 4 connected; 30 wait",
        &["4.5 WARNING Restarted a manually"],
    );
}

#[test]
fn a_container_that_the_engine_cannot_read_is_asked_for_again() {
    check(
        "a b:health",
        "0 refusing; 1 health b unhealthy; 3 die a 4; 12 readable; 30 wait",
        &[
            "2.0 WARNING Status b running→unhealthy HealthCheckFailed",
            "3.0 CRITICAL Status a running→exited ExitedByItself 4",
        ],
    );
    check(
        "a",
        "0 refusing; 1 deaf; 2 die a 4; 12 readable; 30 wait",
        &["11.0 CRITICAL Status a running→exited Exited 4"],
    );
}

#[test]
fn what_was_found_already_is_not_news_when_it_is_told_again() {
    check(
        "a b",
        "0 remembers; 1 kill b 1; 2 deaf; 3 rename a c; 30 die c 0; 60 destroy c; 90 hearing; \
         91 streamend; 92 connected; 120 wait",
        &["40.0 CRITICAL Status c running→exited Exited 0", "65.0 INFO Removed c exited"],
    );
}

#[test]
fn a_reboot_is_one_message() {
    check(
        "a:always b",
        "1 reboot; 1 lost; 2 start a; 15.1 die b 255; 16 connected; 60 wait",
        &["21.0 CRITICAL Status b running→exited NotBackAfterEngineRestart \
             + WARNING EngineRestart a"],
    );
}

#[test]
fn a_stop_is_told_only_while_the_engine_answers() {
    check(
        "a b",
        "1 kill a 15; 1.1 die a 0; 1.2 stop a; 2 closing; 9 opening; 30 wait",
        &["10.1 CRITICAL Status a running→exited StoppedOnRequest"],
    );
}

#[test]
fn one_that_the_engine_starts_late_is_not_restarted_by_somebody() {
    check(
        "a:always b:unless c:always",
        "1 lost; 2 die a 255; 3 die b 255; 3.1 die c 255; 5 start a; 5.1 start b; 6 connected; \
         6.1 slow; 6.2 start c; 12 quick; 60 wait",
        &["9.0 WARNING EngineRestart a,b,c"],
    );
}

#[test]
fn what_an_engine_restart_took_along_is_still_so_when_the_stream_breaks_again() {
    check(
        "a:always b:unless",
        "1 lost; 2 die a 255; 3 die b 255; 5 start a; 5.1 start b; 6 connected; \
         6.2 streamend; 6.3 connected; 60 wait",
        &["6.8 WARNING EngineRestart a,b"],
    );
}

#[test]
fn an_engine_restart_starts_what_was_stopped_and_swarm_replaces_its_tasks() {
    check(
        "a:always t1:swarm=1 c:always d:always",
        "0.1 kill c 15; 0.2 die c 0; 0.3 stop c; 0.1 kill d 15; 0.2 die d 0; 0.3 stop d; \
         9 wait; 10 kill a 15; 10 kill t1 15; 10.1 die a 0; 10.2 die t1 0; 11 lost; 15 start a; \
         15.1 start c; 15.2 start d; 16 connected; 20 create t2:swarm=1; 20.5 start t2; 90 wait",
        &[
            "5.2 CRITICAL Status c running→exited StoppedOnRequest \
             + CRITICAL Status d running→exited StoppedOnRequest",
            "20.5 WARNING EngineRestart t2,a + INFO Recovered c exited + INFO Recovered d exited",
        ],
    );
}

#[test]
fn an_engine_that_remembers_what_was_before_the_starts_did_not_start_them() {
    let mut bench = Bench::new("a b:always c:always");
    bench.act("remembers");
    // More happened than it tells again: the last event that was heard is not among it.
    bench.history.clear();
    bench.play(
        "0 deaf; 0 streamend; 100 kill b 1; 300 die b 255; 301 start b; 302 die c 255; 303 start c",
    );
    bench.play("400 hearing; 400 connected; 430 wait");
    assert!(!bench.told().iter().any(|told| told.contains("EngineRestart")), "{:#?}", bench.told());
}

#[test]
fn a_job_that_had_failed_before_the_first_look_is_no_incident() {
    let mut bench = Bench::unconnected(settings(), "a:dmon.job=true");
    bench.engine_says("die a 3");
    bench.connect();
    bench.play("9000 wait");
    assert_eq!(bench.told(), ["-5.0 INFO Watching a exited"]);
}

#[test]
fn an_engine_out_of_reach_is_told_once_and_its_return_too() {
    check(
        "a b",
        "1 lost; 45 connected; 60 wait",
        &["31.0 CRITICAL Unreachable connection refused", "45.5 INFO Reachable "],
    );
    check("a b", "1 lost; 20 lost; 29 connected; 60 wait", &[]);
    check("a b", "1 streamend; 1.1 connected; 60 wait", &[]);
    check(
        "a b c",
        "1 lost; 2 die b 4; 45 connected; 60 wait",
        &[
            "31.0 CRITICAL Unreachable connection refused",
            "45.5 INFO Reachable b",
            "50.0 CRITICAL Status b running→exited Exited 4 (late)",
        ],
    );
}

#[test]
fn an_engine_that_is_not_there_at_the_start_is_waited_for() {
    let mut bench = Bench::unconnected(settings(), "a");
    bench.play("1 wait; 40 wait");
    bench.connect();
    bench.play("5 wait");
    assert_eq!(
        bench.told(),
        [
            "25.0 CRITICAL Unreachable it has not answered yet",
            "35.0 INFO Watching ",
            "36.0 INFO Reachable ",
        ]
    );
}

#[test]
fn the_first_look_is_silent_and_its_problems_count_as_told() {
    let mut bench = Bench::unconnected(settings(), "a b:health c d");
    bench.engine_says("health b unhealthy; die c 3; die d 0");
    bench.connect();
    bench.play("10 health b healthy; 20 start c; 30 wait");
    assert_eq!(
        bench.told(),
        [
            "-5.0 INFO Watching b unhealthy,c exited",
            "5.0 INFO Recovered b unhealthy",
            "15.0 INFO Recovered c exited"
        ]
    );
}

#[test]
fn a_death_right_after_the_first_look_is_no_restart_of_the_engine() {
    let mut bench = Bench::unconnected(settings(), "a b c");
    bench.until(bench.clock + Duration::from_millis(10));
    bench.connect();
    bench.play("0.1 die a 3; 30 wait");
    let told = ["-5.0 INFO Watching ", "-4.0 CRITICAL Status a running→exited ExitedByItself 3"];
    assert_eq!(bench.told(), told);
}

#[test]
fn dmon_is_never_told_of() {
    let mut settings = settings();
    settings.own_container = Some("000000000001".to_owned());
    let mut bench = Bench::unconnected(settings, "dmon:svc=dmon web");
    bench.connect();
    bench.play(
        "1 create dmon2:svc=dmon; 2 kill dmon 15; 2.1 die dmon 0; 2.2 stop dmon; 3 destroy dmon; 30 wait",
    );
    assert_eq!(bench.told(), ["-5.0 INFO Watching "]);
}

#[test]
fn an_upgraded_dmon_knows_its_new_container_as_its_own() {
    let own = |id: &str| Settings { own_container: Some(format!("{id:0>12}")), ..settings() };
    let mut bench = Bench::unconnected(own("1"), "dmon:svc=dmon web");
    bench.connect();
    bench.play("10 wait");
    let state = bench.monitor.state();
    bench.containers.remove("dmon");
    bench.make("dmon:svc=dmon");
    bench.containers.get_mut("dmon").unwrap().state.status = Status::Running;
    bench.monitor = Monitor::new(own("3"), Some(state), now(bench.clock));
    bench.connect();
    bench.play("30 wait");
    assert_eq!(bench.told(), ["-5.0 INFO Watching "]);
}

#[test]
fn a_stop_that_waited_for_its_grace_is_reported_though_the_container_was_removed_meanwhile() {
    let mut bench = Bench::new("a b c");
    bench.play("1 wait; 2 kill b 15; 2.1 die b 0; 2.2 stop b; 3 wait");
    bench.restart_dmon("60 destroy b; 70 wait");
    bench.play("30 wait");
    assert_eq!(bench.told(), ["73.5 CRITICAL Removed b running StoppedAndRemoved"]);
}

#[test]
fn an_outage_that_was_over_before_dmon_heard_of_it_is_one() {
    let check = |script: &str, expected: &[&str]| {
        let mut bench = Bench::new("a b");
        bench.act("remembers");
        bench.play(&format!("1 lost; {script}; 20 connected; 40 wait"));
        assert_eq!(bench.told(), expected, "{script}");
    };
    check(
        "2 kill a 15; 2.1 die a 0; 2.2 stop a; 12 start a",
        &["20.5 CRITICAL Status a running→exited StoppedOnRequest (over)"],
    );
    check(
        "2 die a 3; 12 start a",
        &["20.5 CRITICAL Status a running→exited ExitedByItself 3 (over)"],
    );
    check(
        "2 kill a 15; 2.1 die a 0; 2.2 stop a; 6 start a",
        &["20.5 WARNING Restarted a manually"],
    );
}

#[test]
fn a_restart_of_dmon_continues() {
    let mut bench = Bench::new("a b c");
    bench.play("1 die a 1; 2 kill b 15; 2.1 die b 0; 2.2 stop b; 3 wait");
    bench.restart_dmon("60 start a; 61 die c 2; 70 wait");
    bench.play("30 wait");
    assert_eq!(
        bench.told(),
        [
            "1.0 CRITICAL Status a running→exited ExitedByItself 1",
            "73.5 CRITICAL Status b running→exited StoppedOnRequest + INFO Recovered a exited",
            "78.0 CRITICAL Status c running→exited Exited 2 (late)",
        ]
    );
}

#[test]
fn the_end_of_one_that_is_hidden_is_no_news_though_a_gap_hid_it_too() {
    let containers = "hidden:dmon.enable=false web";
    check(containers, "1 lost; 2 destroy hidden; 3 connected; 30 wait", &[]);
    let heard = "1 streamend; 1.1 connected; 1.2 kill hidden 9; 1.3 die hidden 137; \
                 1.4 destroy hidden; 30 wait";
    check(containers, heard, &[]);
}

#[test]
fn the_end_of_one_that_is_hidden_is_no_news_before_anything_was_judged() {
    let check = |script: &str, expected: &[&str]| {
        let containers = "hidden:dmon.enable=false,dmon.job=true web";
        let mut bench = Bench::unconnected(settings(), containers);
        bench.connect();
        bench.play(script);
        assert_eq!(bench.told(), expected, "{script}");
    };
    check("0.1 die hidden 5; 30 wait", &["-5.0 INFO Watching "]);
    let told = &[
        "-5.0 INFO Watching ",
        "25.1 CRITICAL Unreachable connection refused",
        "36.0 INFO Reachable ",
    ];
    check("0.1 lost; 10 die hidden 5; 40 connected; 60 wait", told);
}

#[test]
fn what_the_first_inspections_tell_is_written_down_at_once() {
    let mut bench = Bench::unconnected(settings(), "a");
    bench.quirks.insert(Quirk::Slow);
    bench.connect();
    bench.play("10 quick");
    assert_eq!(bench.saved, bench.clock);
}
