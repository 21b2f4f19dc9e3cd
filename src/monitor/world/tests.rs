//! Events and looks end in the same changes.

use super::*;
use crate::monitor::change::By;
use crate::monitor::container::{Health, Labels, RestartPolicy, State, Status};

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
        image_id: String::new(),
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
    world.inspected(at(200), &running());
    world
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
        other => format!("{other:?}"),
    }
}

#[test]
fn what_an_inspection_shows_must_have_happened() {
    let check = |change: &dyn Fn(&mut Inspected), expected: &str| {
        let mut seen = running();
        change(&mut seen);
        assert_eq!(what(&world().inspected(at(300), &seen)), expected);
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
fn a_fact_told_twice_is_one_change() {
    let die = event(210, Action::Die { exit_code: Some(3) });
    let mut world = world();
    assert_eq!(what(&world.hear(&die, at(211))), "died Some(3) unseen 0");
    assert_eq!(what(&world.hear(&die, at(212))), "");
    let mut seen = running();
    seen.state.status = Status::Exited;
    seen.state.exit_code = 3;
    seen.state.finished_at = Some(at(210));
    assert_eq!(what(&world.inspected(at(213), &seen)), "");
}

#[test]
fn what_an_inspection_found_first_is_one_change_too() {
    let mut world = world();
    let mut seen = running();
    seen.state.status = Status::Exited;
    seen.state.finished_at = Some(at(210));
    assert_eq!(what(&world.inspected(at(211), &seen)), "died Some(0) unseen 0");
    let late = event(210, Action::Die { exit_code: Some(0) });
    assert_eq!(what(&world.hear(&late, at(212))), "");
}

#[test]
fn an_answer_never_overrides_a_newer_event() {
    let mut world = world();
    world.hear(&event(210, Action::Die { exit_code: Some(3) }), at(211));
    let learned = world.inspected(at(205), &running());
    assert_eq!((what(&learned).as_str(), learned.unsure.len()), ("", 1));
    assert_eq!(world.containers[&ContainerId::new("a")].status, Status::Exited);
    let gone = world.gone(at(205), &ContainerId::new("a"));
    assert_eq!((what(&gone).as_str(), gone.unsure.len()), ("", 1));
}

#[test]
fn only_absence_from_a_list_is_believed_at_once() {
    assert_eq!(what(&world().look(at(300), &[])), "removed");
    let mut world = world();
    world.hear(&event(350, Action::Pause), at(350));
    assert_eq!(world.look(at(300), &[]).unsure.len(), 1);
}

#[test]
fn a_removed_container_stays_removed() {
    let mut world = world();
    assert_eq!(what(&world.hear(&event(210, Action::Destroy), at(210))), "removed");
    assert_eq!(world.inspected(at(209), &running()), Learned::default());
    assert_eq!(world.hear(&event(205, Action::Pause), at(212)), Learned::default());
}

#[test]
fn a_pause_makes_a_health_check_look_failed() {
    let mut world = world();
    let mut seen = running();
    seen.state.health = Some(Health::Healthy);
    world.inspected(at(201), &seen);
    world.hear(&event(210, Action::Pause), at(210));
    world.hear(&event(220, Action::Unpause), at(220));
    seen.state.health = Some(Health::Unhealthy);
    assert_eq!(what(&world.inspected(at(221), &seen)), "");
    assert_eq!(
        what(&world.hear(&event(230, Action::Health(Health::Unhealthy)), at(230))),
        "Health(Unhealthy)"
    );
}
