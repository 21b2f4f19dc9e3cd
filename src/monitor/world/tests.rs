//! Events and answers end in the same changes.

use std::time::Duration;

use super::*;
use crate::monitor::change::By;
use crate::monitor::container::{Health, Labels, RestartPolicy, State, Status, UnreadableLine};
use crate::timestamp::Timestamp;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(seconds)
}

fn event(time: i64, action: Action) -> Event {
    Event {
        time: at(time),
        id: ContainerId::new("a"),
        action,
        name: "web".to_owned(),
        image: "img".to_owned(),
        labels: Labels::new(),
    }
}

/// An inspection of a container that runs since 100.
fn running() -> Inspected {
    Inspected {
        id: ContainerId::new("a"),
        name: "web".to_owned(),
        image: "img".to_owned(),
        labels: Labels::new(),
        created: at(99),
        state: State {
            status: Status::Running,
            health: None,
            last_probe_output: None,
            started_at: Some(at(100)),
            finished_at: None,
            exit_code: 0,
            oom_killed: false,
            error: String::new(),
        },
        restart_count: 2,
        restart_policy: RestartPolicy::Always,
        stop_signal: None,
        auto_remove: false,
        tty: false,
        open_stdin: false,
        memory_limit_bytes: None,
        ports: Vec::new(),
    }
}

/// A world that knows it, asked for at 200.
fn world() -> World {
    let mut world = World::default();
    inspect(&mut world, 200, &running());
    world
}

fn moment(seconds: i64) -> Moment {
    Moment(Duration::from_secs(seconds.unsigned_abs()))
}

fn clocks(seconds: i64) -> Clocks {
    Clocks::new(at(seconds), moment(seconds))
}

/// What an event changes that comes in then.
fn hear(world: &mut World, seconds: i64, event: &Event) -> String {
    what(&world.hear(event, Occurred::Now, &clocks(seconds)))
}

/// What an inspection changes that was asked for then.
fn inspect(world: &mut World, asked: i64, seen: &Inspected) -> String {
    what(&world.inspected(moment(asked), seen, &clocks(asked)))
}

fn died(exit_code: i64) -> Action {
    Action::Die { exit_code: Some(exit_code), out_of_memory: false }
}

fn line() -> Listed {
    Listed {
        id: ContainerId::new("a"),
        name: String::new(),
        image: "img".to_owned(),
        labels: Labels::new(),
        status: Status::Running,
        health: None,
        exit_code: None,
        up_at_most: None,
        ports: Vec::new(),
        created: at(99),
    }
}

fn what(learned: &Learned) -> String {
    let words: Vec<String> = learned.changes.iter().map(|change| word(&change.what)).collect();
    words.join(", ")
}

fn word(what: &What) -> String {
    match what {
        What::Started(By::Policy) => "started by its policy".to_owned(),
        What::Started(_) => "started".to_owned(),
        What::Died { exit_code, unseen, .. } => format!("died {exit_code:?} unseen {unseen}"),
        What::Down(status) => format!("is {status}"),
        What::Removed(_) => "removed".to_owned(),
        What::Renamed(before) => format!("was {before}"),
        What::DeathRepeated { .. } => "DeathRepeated".to_owned(),
        What::IntentRepeated(_) => "IntentRepeated".to_owned(),
        other => format!("{other:?}"),
    }
}

#[test]
fn what_an_inspection_shows_must_have_happened() {
    let check = |change: &dyn Fn(&mut Inspected), expected: &str| {
        let mut seen = running();
        change(&mut seen);
        assert_eq!(inspect(&mut world(), 300, &seen), expected);
    };
    let restart = |seen: &mut Inspected| {
        seen.state.finished_at = Some(at(250));
        seen.state.started_at = Some(at(251));
    };
    let exit = |seen: &mut Inspected| {
        seen.state.status = Status::Exited;
        seen.state.finished_at = Some(at(260));
        seen.state.exit_code = 3;
    };
    check(&|_| {}, "");
    check(&|seen| exit(seen), "died Some(3) unseen 0");
    check(&|seen| restart(seen), "died None unseen 0, started");
    check(
        &|seen| {
            restart(seen);
            seen.restart_count = 5;
        },
        "died None unseen 2, started by its policy",
    );
    check(
        &|seen| {
            restart(seen);
            exit(seen);
        },
        "died None unseen 0, started, died Some(3) unseen 0",
    );
    check(
        &|seen| {
            exit(seen);
            seen.state.status = Status::Restarting;
            seen.restart_count = 3;
        },
        "died Some(3) unseen 0, is restarting",
    );
    check(
        &|seen| {
            restart(seen);
            exit(seen);
            seen.state.status = Status::Restarting;
            seen.restart_count = 4;
        },
        "died None unseen 0, started by its policy, died Some(3) unseen 0, is restarting",
    );
    check(
        &|seen| {
            exit(seen);
            seen.state.status = Status::Removing;
        },
        "died Some(3) unseen 0",
    );
    check(&|seen| seen.state.status = Status::Paused, "Paused");
    check(&|seen| seen.state.health = Some(Health::Unhealthy), "Health(Unhealthy)");
    check(&|seen| seen.name = "db".to_owned(), "was web");
}

#[test]
fn a_fact_reported_twice_is_one_change() {
    let mut world = world();
    assert_eq!(hear(&mut world, 211, &event(210, died(3))), "died Some(3) unseen 0");
    assert_eq!(hear(&mut world, 212, &event(210, died(3))), "DeathRepeated");
    let mut seen = running();
    seen.state.status = Status::Exited;
    seen.state.exit_code = 3;
    seen.state.finished_at = Some(at(210));
    assert_eq!(inspect(&mut world, 213, &seen), "");
}

#[test]
fn what_an_inspection_found_first_is_one_change_too() {
    let mut world = world();
    let mut seen = running();
    seen.state.status = Status::Exited;
    seen.state.finished_at = Some(at(210));
    assert_eq!(inspect(&mut world, 211, &seen), "died Some(0) unseen 0");
    assert_eq!(hear(&mut world, 212, &event(210, died(0))), "DeathRepeated");
}

#[test]
fn two_deaths_without_a_start_between_them_are_one() {
    let mut world = world();
    assert_eq!(hear(&mut world, 210, &event(210, died(3))), "died Some(3) unseen 0");
    assert_eq!(hear(&mut world, 214, &event(214, died(3))), "DeathRepeated");
    assert_eq!(hear(&mut world, 220, &event(220, Action::Start)), "started");
    assert_eq!(hear(&mut world, 221, &event(221, died(4))), "died Some(4) unseen 0");
}

#[test]
fn an_answer_never_overrides_a_newer_event() {
    let mut world = world();
    hear(&mut world, 211, &event(210, died(3)));
    let learned = world.inspected(moment(205), &running(), &clocks(212));
    assert_eq!((what(&learned).as_str(), learned.unsure.len()), ("", 1));
    assert_eq!(world.containers[&ContainerId::new("a")].status, Status::Exited);
    let gone = world.gone(moment(205), &ContainerId::new("a"));
    assert_eq!((what(&gone).as_str(), gone.unsure.len()), ("", 1));
}

#[test]
fn absence_from_a_list_is_confirmed_before_it_is_believed() {
    let (mut world, nothing) = (world(), List::default());
    let learned = world.list(moment(300), &nothing, &clocks(300));
    assert_eq!((what(&learned).as_str(), learned.unsure.len()), ("", 1));
    let gone = world.gone(moment(301), &ContainerId::new("a"));
    assert_eq!(what(&gone), "removed");
    // An answer from before it was removed does not bring it back; a later list does.
    assert_eq!(inspect(&mut world, 300, &running()), "");
    let line = Listed { name: "web".to_owned(), ..line() };
    let list = List { containers: vec![line], ..List::default() };
    assert_eq!(world.list(moment(310), &list, &clocks(310)).unsure.len(), 1);
    assert_eq!(inspect(&mut world, 311, &running()), "Appeared, started");
}

#[test]
fn a_line_of_a_run_that_began_after_the_last_inspection_shows_a_restart() {
    let check = |asked: i64, up_at_most: u64, expected: &str| {
        let mut world = world();
        let up_at_most = Some(Duration::from_secs(up_at_most));
        let line = Listed { name: "web".to_owned(), up_at_most, ..line() };
        let list = List { containers: vec![line.clone()], ..List::default() };
        let now = clocks(asked);
        assert_eq!(world.list(moment(asked), &list, &now).unsure.len(), expected.len().min(1));
        if !expected.is_empty() {
            let learned = world.believe_line(moment(asked), &line, &now);
            assert_eq!(what(&learned), expected, "{asked}");
        }
        // It is found once.
        let again =
            Listed { up_at_most: up_at_most.map(|up| up + Duration::from_secs(10)), ..line };
        let learned = world.believe_line(moment(asked + 10), &again, &clocks(asked + 10));
        assert_eq!(what(&learned), "", "{asked}");
    };
    check(300, 220, "");
    check(300, 30, "died None unseen 0, started");
}

#[test]
fn a_line_of_one_that_ran_and_ended_unseen_shows_both() {
    let check = |status: Status, expected: &str| {
        let line = Listed { status, exit_code: Some(3), ..line() };
        let learned = World::default().believe_line(moment(300), &line, &clocks(300));
        assert_eq!(what(&learned), expected);
    };
    check(Status::Created, "Appeared");
    check(Status::Exited, "Appeared, started, died Some(3) unseen 0");
    check(Status::Restarting, "Appeared, started, died Some(3) unseen 0, is restarting");
}

#[test]
fn a_line_that_cannot_be_read_is_no_absence() {
    let mut world = world();
    let (id, name, reason) = (ContainerId::new("a"), String::new(), String::new());
    let unreadable = vec![UnreadableLine { id, name, reason }];
    let list = List { containers: Vec::new(), unreadable };
    let learned = world.list(moment(300), &list, &clocks(300));
    assert_eq!((what(&learned).as_str(), learned.unsure.len()), ("", 1));
}

#[test]
fn a_removed_container_stays_removed() {
    let mut world = world();
    assert_eq!(hear(&mut world, 210, &event(210, Action::Destroy)), "removed");
    assert_eq!(inspect(&mut world, 209, &running()), "");
    assert_eq!(hear(&mut world, 212, &event(205, Action::Pause)), "");
}

#[test]
fn a_pause_makes_a_health_check_look_failed() {
    let mut world = world();
    let mut seen = running();
    seen.state.health = Some(Health::Healthy);
    inspect(&mut world, 201, &seen);
    hear(&mut world, 210, &event(210, Action::Pause));
    hear(&mut world, 220, &event(220, Action::Unpause));
    seen.state.health = Some(Health::Unhealthy);
    assert_eq!(inspect(&mut world, 221, &seen), "");
    let unhealthy = event(230, Action::Health(Health::Unhealthy));
    assert_eq!(hear(&mut world, 230, &unhealthy), "Health(Unhealthy)");
}

#[test]
fn a_clock_that_is_set_changes_no_order() {
    let check = |steps: i64| {
        let mut world = world();
        // The Engine's times are off by the step from here on.
        assert_eq!(hear(&mut world, 300, &event(300 + steps, died(1))), "died Some(1) unseen 0");
        assert_eq!(hear(&mut world, 301, &event(301 + steps, Action::Start)), "started");
        let mut seen = running();
        seen.state.started_at = Some(at(301 + steps));
        assert_eq!(inspect(&mut world, 302, &seen), "");
        assert_eq!(hear(&mut world, 400, &event(400 + steps, died(2))), "died Some(2) unseen 0");
        seen.state.started_at = Some(at(420 + steps));
        assert_eq!(inspect(&mut world, 430, &seen), "started");
    };
    for hours in [-24, -2, 2] {
        check(hours * 3_600);
    }
}

#[test]
fn a_death_from_before_a_run_that_an_inspection_shows_is_old() {
    let mut world = world();
    let mut seen = running();
    seen.state.finished_at = Some(at(250));
    seen.state.started_at = Some(at(251));
    assert_eq!(inspect(&mut world, 252, &seen), "died None unseen 0, started");
    assert_eq!(hear(&mut world, 253, &event(250, died(1))), "DeathRepeated");
    assert_eq!(world.containers[&ContainerId::new("a")].status, Status::Running);
    // An event that comes later than the stream is behind is not from before it: a clock was set.
    assert_eq!(hear(&mut world, 300, &event(250, died(1))), "died Some(1) unseen 0");
}

#[test]
fn an_update_makes_the_policy_unknown_until_the_next_inspection() {
    let mut world = world();
    let policy = |world: &World| world.containers[&ContainerId::new("a")].restart_policy();
    assert_eq!(policy(&world), Some(RestartPolicy::Always));
    let learned = world.hear(&event(210, Action::Update), Occurred::Now, &clocks(210));
    assert_eq!((learned.unsure.len(), policy(&world)), (1, None));
    inspect(&mut world, 209, &running());
    assert_eq!(policy(&world), None);
    inspect(&mut world, 211, &running());
    assert_eq!(policy(&world), Some(RestartPolicy::Always));
}
