//! Deploys and jobs: one story each.

use regex::Regex;

use super::bench::{Bench, settings};
use super::check;
use crate::monitor::filter::Filter;
use crate::monitor::settings::Settings;

#[test]
fn what_was_removed_minutes_after_its_end_did_not_remove_itself() {
    check(
        "a",
        "0 remembers; 1 pause a; 1.1 unpause a; 2 streamend; 2.1 closing; 3 create web; \
         3.1 start web; 60 die web 7; 400 destroy web; 499 slow; 500 connected; 510 quick; 540 wait",
        &[
            "32.0 CRITICAL Unreachable the event stream ended",
            "332.0 CRITICAL Unreachable the event stream ended ×1",
            "510.0 CRITICAL Status web running→exited ExitedByItself 7 + INFO Reachable web",
        ],
    );
}

#[test]
fn a_recreation_that_follows_one_that_was_not_told_is_told_once() {
    check(
        "a:svc=a",
        "1 kill a 15; 1.1 die a 0; 1.2 stop a; 1.3 destroy a; 1.4 create a:svc=a,health; \
         1.5 start a; 2 streamend; 2.1 closing; 10 die a 1; 11 destroy a; 12 create a:svc=a; \
         12.1 start a; 12.2 hangs a; 13 connected; 60 wait",
        &["23.0 INFO Recreated a - (late)"],
    );
}

#[test]
fn a_recreation_is_one_line() {
    check(
        "web",
        "1 kill web 15; 1.1 stop web; 1.15 die web 0; 1.2 destroy web; \
         2 create web:image=img:2; 3 start web; 20 wait",
        &["3.0 INFO Recreated web img:1"],
    );
    check(
        "web",
        "1 kill web 9; 1.1 die web 137; 1.2 destroy web; 2 create web; 3 start web; 20 wait",
        &["3.0 INFO Recreated web -"],
    );
}

/// compose makes the new container before it stops the old one.
const COMPOSE: &str = "1 create api2:svc=api,image=img:2; 1.1 kill api 15; 1.2 die api 143; \
                       1.3 stop api; 1.4 destroy api; 1.5 rename api2 api";

#[test]
fn compose_may_take_its_time() {
    check(
        "api:svc=api",
        &format!("{COMPOSE}; 14 start api; 30 wait"),
        &["14.0 INFO Recreated api img:1"],
    );
    check(
        "api:svc=api",
        &format!("{COMPOSE}; 200 wait"),
        &["121.2 CRITICAL Removed api running StoppedAndRemoved"],
    );
}

#[test]
fn a_recreation_that_fails_is_told() {
    check(
        "api:svc=api",
        &format!("{COMPOSE}; 2 error api; 200 wait"),
        &["5.0 CRITICAL RestartFailed api running→exited CouldNotStart"],
    );
    check(
        "api:svc=api",
        &format!("{COMPOSE}; 4 start api; 10 die api 1; 50 wait"),
        &[
            "4.0 INFO Recreated api img:1",
            "10.0 CRITICAL RestartFailed api running→exited DidNotStayUp",
        ],
    );
    let health = COMPOSE.replace("svc=api,", "svc=api,health,");
    check(
        "api:svc=api,health",
        &format!("{health}; 4 start api; 30 health api unhealthy; 60 health api healthy; 99 wait"),
        &[
            "30.0 CRITICAL RestartFailed api starting→unhealthy NeverHealthy",
            "60.0 INFO Recovered api unhealthy",
        ],
    );
    check(
        "api:svc=api,health",
        &format!("{health}; 4 start api; 30 health api healthy; 60 wait"),
        &["30.0 INFO Recreated api img:1"],
    );
}

#[test]
fn a_fixed_container_recovers() {
    check(
        "api:svc=api",
        "1 die api 3; 10 create api2:svc=api; 11 destroy api; 12 rename api2 api; 13 start api; 50 wait",
        &[
            "1.0 CRITICAL Status api running→exited ExitedByItself 3",
            "13.0 INFO Recovered api exited",
        ],
    );
}

#[test]
fn one_that_is_gone_before_it_can_be_inspected_was_a_job() {
    let gone = |exit_code| {
        format!(
            "1 slow; 1 create job:rm; 1.1 start job; 1.15 die job {exit_code}; 1.2 destroy job; \
             9 quick; 30 wait"
        )
    };
    check("web", &gone(0), &[]);
    check("web", &gone(3), &["1.2 CRITICAL JobFailed job ExitedByItself 3"]);
}

#[test]
fn a_task_of_a_swarm_has_a_successor() {
    check(
        "t1:swarm=1",
        "1 die t1 1; 6 create t2:swarm=1; 6.5 start t2; 60 destroy t1; 70 wait",
        &["8.5 WARNING Restarted t2 ExitedByItself 1"],
    );
    check(
        "t1:swarm=1",
        "1 kill t1 15; 1.1 die t1 1; 1.2 stop t1; 2 create t2:swarm=1,image=img:2; 6.5 start t2; \
         60 destroy t1; 70 wait",
        &["6.5 INFO Recreated t2 img:1"],
    );
    check(
        "t1:swarm=1",
        "1 create t2:swarm=1,image=img:2; 2 start t2; 3 kill t1 15; 3.1 die t1 0; 3.2 stop t1; 40 wait",
        &["2.0 INFO Recreated t2 img:1"],
    );
    check(
        "t1:swarm=1",
        "1 kill t1 15; 1.1 die t1 1; 1.2 stop t1; 2 destroy t1; 60 wait",
        &["16.1 CRITICAL Removed t1 running StoppedAndRemoved"],
    );
    check(
        "t1:swarm=1",
        "1 die t1 1; 60 wait",
        &["16.0 CRITICAL Status t1 running→exited ExitedByItself 1"],
    );
}

#[test]
fn an_update_of_a_service_task_by_task_is_one_message() {
    let task = |at: u32, task: u32| {
        format!(
            "{at} kill t{task} 15; {at}.1 die t{task} 0; {at}.2 stop t{task}; \
             {at}.3 create n{task}:swarm={task}; {at}.9 start n{task}; "
        )
    };
    let tasks = [task(1, 1), task(5, 2), task(9, 3)].concat();
    let told = "INFO Recreated n1 - + INFO Recreated n2 - + INFO Recreated n3 -";
    check(
        "t1:swarm=1 t2:swarm=2 t3:swarm=3",
        &format!("{tasks}40 wait"),
        &[&format!("9.9 {told}")],
    );
    // The others are left as they are.
    check(
        "t1:swarm=1 t2:swarm=2",
        &format!("{}40 wait", task(1, 1)),
        &["11.9 INFO Recreated n1 -"],
    );
}

#[test]
fn jobs_are_told_only_when_they_fail() {
    let job = |code: u32| {
        format!("1 create job:rm; 1.5 start job; 5 die job {code}; 5.1 destroy job; 30 wait")
    };
    check("", &job(0), &[]);
    check("", &job(4), &["5.0 CRITICAL JobFailed job ExitedByItself 4"]);
    check(
        "job:dmon.job=true",
        "1 die job 0; 10 start job; 20 die job 1; 30 wait",
        &["20.0 CRITICAL JobFailed job ExitedByItself 1"],
    );
    check("job:dmon.job=true", "1 kill job 15; 1.1 die job 143; 1.2 stop job; 30 wait", &[]);
    check(
        "migrate:svc=migrate \
         api:svc=api,com.docker.compose.depends_on=migrate:service_completed_successfully:false",
        "1 die migrate 0; 30 wait",
        &[],
    );
}

#[test]
fn two_clean_ends_make_a_job() {
    check(
        "web",
        "1 die web 0; 10 start web; 20 die web 0; 30 start web; 40 die web 0; 50 start web; \
         60 die web 1; 90 wait",
        &[
            "1.0 CRITICAL Status web running→exited ExitedByItself 0",
            "10.0 INFO Recovered web exited",
            "60.0 CRITICAL JobFailed web ExitedByItself 1",
        ],
    );
}

#[test]
fn a_recreation_that_cannot_start_is_told_whatever_the_old_one_is_called_meanwhile() {
    let mut bench = Bench::unconnected(
        Settings {
            filter: Filter { include: Some(Regex::new("^api").unwrap()), exclude: None },
            ..settings()
        },
        "api:svc=api",
    );
    bench.connect();
    bench.play(
        "1 kill api 15; 1.1 die api 143; 1.2 stop api; 1.3 rename api 0123456789ab_api; \
         1.4 create api:svc=api; 1.5 error api; 30 wait",
    );
    assert_eq!(
        bench.told(),
        ["-5.0 INFO Watching ", "5.0 CRITICAL RestartFailed api running→exited CouldNotStart"]
    );
}

#[test]
fn shells_and_build_steps_are_nobodys_business() {
    let run = "1.5 start x; 5 die x 4; 5.1 destroy x; 30 wait";
    check("", &format!("1 create x:rm,tty; {run}"), &[]);
    check("", &format!("1 create x:com.docker.compose.oneoff=True,tty; {run}"), &[]);
    check("", &format!("1 create x:image=sha256:abc; {run}"), &[]);
}

#[test]
fn an_old_container_that_goes_before_the_new_one_is_known_is_a_recreation() {
    check(
        "api:svc=api",
        "0.5 slow; 1 create api2:svc=api; 1.1 kill api 15; 1.2 die api 143; 1.3 stop api; \
         1.4 start api2; 1.5 destroy api; 1.6 rename api2 api; 1.7 quick; 30 wait",
        &["1.7 INFO Recreated api -"],
    );
}
