//! The Engine answers oddly, late or not at all, and clocks are set: what is reported all the same.

use std::time::Duration;

use super::bench::Bench;
use super::check;
use crate::monitor::alert::Kind;
use crate::monitor::container::Status;
use crate::monitor::effect::Batch;
use crate::monitor::input::News;

#[test]
fn an_inspection_that_is_not_answered_concerns_its_container_alone() {
    check(
        "odd web",
        "0 hangs odd; 20 die web 3; 30 wait",
        &["20.0 CRITICAL Status web running→exited ExitedByItself 3"],
    );
    // Its own death is reported with what events and the list say.
    check(
        "odd web",
        "0 hangs odd; 20 die odd 3; 30 wait",
        &["20.0 CRITICAL Status odd running→exited ExitedByItself 3"],
    );
    check(
        "odd:always",
        "0 refusing; 20 dierestarting odd 3; 21 policystart odd; 40 wait",
        &["23.0 WARNING Restarted odd ExitedByItself 3"],
    );
}

#[test]
fn what_cannot_be_inspected_is_named_once() {
    let mut bench = Bench::unconnected(super::bench::settings(), "a b");
    bench.act("refusing");
    bench.connect();
    bench.play("300 wait");
    let log: Vec<String> = bench.log.iter().map(ToString::to_string).collect();
    assert_eq!(
        log,
        ["no inspection of a, b: layer not known; what events and the list say of it is used"]
    );
}

#[test]
fn with_no_inspection_at_all_events_and_the_list_are_believed() {
    let mut bench = Bench::unconnected(super::bench::settings(), "a b:always");
    bench.act("refusing");
    bench.connect();
    bench.until(bench.clock + Duration::from_secs(5));
    bench.batches.clear();
    bench.play(
        "1 die a 3; 22 dierestarting b 1; 22.2 policystart b; 41 kill b 15; 41.1 die b 0; \
         41.2 stop b; 61 start b; 90 wait",
    );
    assert_eq!(
        bench.told(),
        [
            "1.0 CRITICAL Status a running→exited ExitedByItself 3",
            "24.2 WARNING Restarted b ExitedByItself 1",
            "46.1 CRITICAL Status b running→exited StoppedOnRequest",
            "62.0 INFO Recovered b exited",
        ]
    );
}

#[test]
fn a_restart_between_the_first_list_and_the_first_inspection_is_reported() {
    let mut bench = Bench::unconnected(super::bench::settings(), "web");
    bench.act("slow");
    bench.connect();
    bench.batches.clear();
    // The inspection shows the new run before the events of the restart come in.
    bench.play(
        "0.01 deaf; 0.02 kill web 15; 0.03 die web 0; 0.03 stop web; 0.04 start web; \
         0.04 restart web; 0.05 quick; 0.06 hearing; 0.06 backlog; 20 wait",
    );
    // A second after the start message.
    assert_eq!(bench.told(), ["-4.0 WARNING Restarted web manually"]);
}

#[test]
fn absence_is_confirmed_before_it_is_believed() {
    check("a b", "1 emptylist; 60 wait", &[]);
    check("a b", "1 oddlines; 60 wait", &[]);
    check(
        "a b",
        "1 emptylist; 12 lists; 30 die a 3; 40 wait",
        &["30.0 CRITICAL Status a running→exited ExitedByItself 3"],
    );
}

#[test]
fn what_nobody_could_see_for_long_is_reported_without_an_exact_time() {
    check(
        "a b",
        "1 deaf; 2 refusing; 12 destroy a; 20 readable; 200 wait",
        &["31.0 CRITICAL Removed a running"],
    );
    check(
        "a b",
        "1 deaf; 2 refusing; 12 destroy a; 90 readable; 200 wait",
        &["172.0 CRITICAL Removed a running (late)"],
    );
}

#[test]
fn an_end_that_the_list_alone_shows_outlives_the_removal_of_the_container_before() {
    check(
        "a b",
        "1 deaf; 2 refusing; 12 destroy a; 13 create a; 14 start a; 14.5 die a 3; \
         90 readable; 200 wait",
        &["21.0 CRITICAL RestartFailed a running→exited DidNotStayUp"],
    );
}

#[test]
fn a_list_that_fails_is_reported_and_events_are_judged_all_the_same() {
    check(
        "a b",
        "1 nolist; 8 die a 3; 50 lists; 70 wait",
        &[
            "8.0 CRITICAL Status a running→exited ExitedByItself 3",
            "35.0 CRITICAL Unreachable status 500",
            "53.0 INFO Reachable ",
        ],
    );
    // After a gap, events that come in wait for the list, but not for ever.
    check(
        "a b",
        "1 nolist; 2 streamend; 2.1 connected; 8 die a 3; 60 lists; 70 wait",
        &[
            "32.0 CRITICAL Unreachable status 500",
            "33.0 CRITICAL Status a running→exited ExitedByItself 3",
            "60.1 INFO Reachable ",
        ],
    );
}

#[test]
fn a_stream_that_ends_again_and_again_is_reported() {
    let turn = |turn: u32| format!("{turn} streamend; {turn}.3 connected; ");
    let script: String = (0..40).map(turn).collect();
    check(
        "a b",
        &format!("{script} 45 wait"),
        &["31.0 CRITICAL Unreachable the event stream ended", "40.3 INFO Reachable "],
    );
}

#[test]
fn lists_alone_recover_from_a_list_that_is_lost() {
    let mut bench = Bench::unconnected(super::bench::settings(), "a b");
    bench.news = News::Lists;
    bench.connect();
    bench.until(bench.clock + Duration::from_secs(5));
    bench.batches.clear();
    bench.play("1 nolist; 6 lists; 20 die a 3; 60 wait");
    assert_eq!(bench.told(), ["25.0 CRITICAL Status a running→exited Exited 3"]);
}

#[test]
fn lists_alone_find_each_death_though_every_seventh_answer_is_lost() {
    let containers = "w0 w1 w2 w3 w4 w5 w6 w7 w8 w9";
    for offset in 0..7 {
        let mut bench = Bench::unconnected(super::bench::settings(), containers);
        bench.news = News::Lists;
        bench.connect();
        bench.until(bench.clock + Duration::from_secs(5));
        bench.batches.clear();
        bench.loses_one_in = 7;
        bench.play(&format!("{offset} wait"));
        for n in 0..10 {
            bench.act(&format!("die w{n} 3"));
            let died = bench.clock;
            bench.until(bench.clock + Duration::from_mins(1));
            let name = format!("w{n}");
            let is_it = |batch: &Batch| batch.alerts.iter().any(|it| it.about.name == name);
            let sent = bench.batches.iter().find(|(_, batch)| is_it(batch)).map(|(at, _)| *at);
            let took = sent.expect("each death is reported").saturating_sub(died);
            // Two intervals and two time-outs.
            assert!(took <= Duration::from_secs(40), "{name} after {took:?}, offset {offset}");
        }
        let unreachable = bench.told().into_iter().filter(|line| line.contains("Unreachable"));
        assert_eq!(unreachable.collect::<Vec<_>>(), [""; 0], "offset {offset}");
    }
}

#[test]
fn a_stop_is_reported_though_no_ping_is_answered_while_lists_are() {
    check(
        "a b",
        "1 noping; 2 kill a 15; 2.1 die a 0; 2.2 stop a; 90 wait",
        &["27.1 CRITICAL Status a running→exited StoppedOnRequest"],
    );
}

#[test]
fn a_stream_that_is_open_and_mute_is_opened_again() {
    let mut bench = Bench::new("a b");
    bench.play("0 deaf; 20 die a 3; 40 wait");
    assert_eq!(bench.reopened, 1, "{:?}", bench.log);
}

#[test]
fn clocks_that_are_set_change_no_story() {
    let stories = [
        "11 kill a 15; 11.1 die a 0; 11.2 stop a; 11.4 start a; 11.4 restart a; 30 wait",
        "11 kill a 15; 11.1 die a 0; 11.2 stop a; 30 wait",
        "11 die a 3; 20 start a; 30 wait",
        "11 dierestarting b 1; 11.2 policystart b; 30 wait",
        "11 dierestarting b 1; 11.2 policystart b; 12 dierestarting b 1; 12.3 policystart b; \
         13 dierestarting b 1; 13.5 policystart b; 400 wait",
        "11 health c unhealthy; 20 health c healthy; 30 wait",
        "11 pause a; 30 unpause a; 40 wait",
        "11 oom a; 11.1 die a 137; 30 wait",
        "11 kill a 15; 11.1 die a 0; 11.2 stop a; 11.3 destroy a; 30 wait",
        "9.9 kill a 15; 10.1 die a 0; 10.2 stop a; 30 wait",
        "10.1 die a 3; 10.2 start a; 10.3 die c 4; 30 wait",
    ];
    let played = |by: i64, story: &str| {
        let mut bench = Bench::new("a b:always c:health");
        bench.play(&format!("10 setclock {by}; {story}"));
        bench.told()
    };
    for story in stories {
        let expected = played(0, story);
        for by in [-7_200, 7_200, -86_400, 86_400, -3, 5] {
            assert_eq!(played(by, story), expected, "set by {by} s: {story}");
        }
    }
}

#[test]
fn a_clock_that_is_set_changes_no_duration() {
    for by in [-7_200, 7_200] {
        let mut bench = Bench::new("a");
        // The stop waits for its grace while the clock is set.
        bench.play(&format!(
            "1 kill a 15; 1.1 die a 0; 1.2 stop a; 3 setclock {by}; 4 setclock 60; 5 setclock {by}; \
             61.1 start a; 70 wait"
        ));
        let recovered = &bench.batches[1].1.alerts[0];
        let Kind::Recovered { lasted, .. } = recovered.kind else { panic!("{recovered:?}") };
        assert_eq!(lasted.as_secs(), 60, "{by}");
    }
    // The clock is set between the first death of a loop and the one that makes it a loop: after
    // that, it shows the time of the first death once more.
    for by in [-61, 61, -7_200] {
        let mut bench = Bench::new("b:always");
        bench.play(&format!(
            "1 dierestarting b 1; 1.2 policystart b; 3 setclock {by}; 100 dierestarting b 1; \
             100.3 policystart b; 110 dierestarting b 1; 110.5 policystart b; 500 wait"
        ));
        let ends = bench.batches.iter().flat_map(|(_, batch)| &batch.alerts);
        let lasted = ends.filter_map(|alert| match alert.kind {
            Kind::Recovered { lasted, .. } => Some(lasted.as_secs()),
            _ => None,
        });
        assert_eq!(lasted.collect::<Vec<_>>(), [409], "{by}");
    }
}

#[test]
fn an_update_makes_the_policy_known() {
    check(
        "a",
        "1 update a; 10 dierestarting a 1; 10.1 policystart a; 20 wait",
        &["12.1 WARNING Restarted a ExitedByItself 1"],
    );
}

#[test]
fn a_death_that_is_still_judged_outlives_a_rename_onto_its_name() {
    check(
        "a b",
        "1 kill a 15; 1.1 die a 0; 1.2 stop a; 1.3 destroy a; 2 rename b a; 20 wait",
        &["2.0 CRITICAL Removed a running StoppedAndRemoved (over)"],
    );
}

#[test]
fn who_is_forgotten_has_nothing_pending() {
    let mut bench = Bench::new("a");
    bench.act("slackaway");
    for n in 0..1_200 {
        bench.act(&format!("create x{n}"));
        bench.act(&format!("start x{n}"));
        bench.act(&format!("die x{n} 3"));
        bench.until(bench.clock + Duration::from_secs(1));
        bench.act(&format!("destroy x{n}"));
    }
    bench.play("30 slackback; 400 wait");
    let kept = bench.batches.iter().flat_map(|(_, batch)| &batch.alerts);
    let kept =
        kept.filter(|it| it.severity == crate::monitor::severity::Severity::Critical).count();
    let overflow = bench.batches.iter().flat_map(|(_, batch)| &batch.crowd);
    let counted: u32 =
        overflow.filter(|it| it.title == "Container Status Alert").map(|it| it.count).sum();
    assert_eq!(kept + usize::try_from(counted).unwrap(), 1_200);
}

#[test]
fn a_message_that_is_under_way_for_ever_ends_no_other() {
    let mut bench = Bench::new("a b");
    bench.act("slackhangs");
    bench.play("1 die a 3; 10 slackback; 20 die b 4; 400 wait");
    assert_eq!(
        bench.told(),
        ["303.0 CRITICAL Status a running→exited ExitedByItself 3 \
          + CRITICAL Status b running→exited ExitedByItself 4"]
    );
}

#[test]
fn what_is_pending_of_a_name_outlives_a_rename_onto_it() {
    check(
        "a b",
        "0 slackaway; 1 die a 3; 2 destroy a; 3 rename b a; 10 slackback; 400 wait",
        &["15.0 CRITICAL Status a running→exited ExitedByItself 3 (over) + INFO Removed a exited"],
    );
    // The one that takes the name has something pending too.
    check(
        "a b",
        "0 slackaway; 1 die a 3; 2 destroy a; 3 die b 4; 4 rename b a; 10 slackback; 40 wait",
        &["15.0 CRITICAL Status a running→exited ExitedByItself 3 (over) \
           + CRITICAL Status b running→exited ExitedByItself 4 + INFO Removed a exited"],
    );
}

#[test]
fn an_engine_with_another_clock_makes_no_other_durations() {
    for ahead in [-3_600, 3_600] {
        let mut bench = Bench::unconnected(super::bench::settings(), "a b:rm");
        bench.ahead = ahead;
        bench.containers.clear();
        bench.make("a");
        bench.make("b:rm");
        for container in bench.containers.values_mut() {
            container.state.status = Status::Running;
        }
        bench.connect();
        bench.until(bench.clock + Duration::from_secs(5));
        bench.batches.clear();
        // One that was started with --rm and ran for an hour is no job.
        bench.play("1 die a 3; 61 start a; 70 die b 0; 80 wait");
        assert_eq!(
            bench.told(),
            [
                "1.0 CRITICAL Status a running→exited ExitedByItself 3",
                "61.0 INFO Recovered a exited",
                "70.0 CRITICAL Status b running→exited ExitedByItself 0",
            ],
            "{ahead}"
        );
        let recovered = &bench.batches[1].1.alerts[0];
        let Kind::Recovered { lasted, .. } = recovered.kind else { panic!("{recovered:?}") };
        assert_eq!(lasted.as_secs(), 60, "{ahead}");
    }
}
