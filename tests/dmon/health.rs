//! `dmon health` beside a `dmon watch`, as Docker's `HEALTHCHECK` runs it.

use std::time::Duration;

use dmon::clock;

use crate::support::binary::Home;
use crate::support::engine::{Container, Reply, ScriptedEngine};
use crate::support::process::{Finished, Running};

/// What the contract gives a dmon that starts.
const SOON: Duration = Duration::from_secs(10);

fn watch(home: &Home, address: &str) -> Running {
    let run = home.dmon(["watch", "--interval", "1"]).env("DOCKER_SOCKET", address);
    let mut running = run.env("NOTIFICATION_ENABLED", "false").start();
    running.wait_for_line("watching ");
    running
}

fn health(home: &Home) -> Finished {
    home.dmon(["health"]).run()
}

/// Asks again until it ends so and says this.
fn wait_for_health(home: &Home, code: i32, part: &str) {
    let deadline = clock::monotonic() + SOON;
    loop {
        let finished = health(home);
        let said = format!("{}{}", finished.stdout, finished.stderr);
        if finished.code == Some(code) && said.contains(part) {
            return;
        }
        assert!(clock::monotonic() < deadline, "not {code} with {part:?}: {finished:?}");
    }
}

#[test]
fn it_is_green_while_the_engine_is_watched() {
    let (home, engine) = (Home::new(), ScriptedEngine::new([Container::new("web")]));
    assert_eq!(health(&home).code, Some(1));
    let watching = watch(&home, engine.address());
    wait_for_health(&home, 0, "the Engine is being watched\n");
    watching.signal("TERM");
    watching.finish();
    wait_for_health(&home, 1, "no dmon is running with ");
}

#[test]
fn the_sign_of_life_of_a_former_process_does_not_count() {
    let (home, engine) = (Home::new(), ScriptedEngine::new([Container::new("web")]));
    let watching = watch(&home, engine.address());
    wait_for_health(&home, 0, "");
    watching.signal("KILL");
    watching.finish();
    let nowhere = home.path().join("engine.sock");
    let _watching = watch(&home, nowhere.to_str().unwrap());
    let finished = health(&home);
    assert_eq!(finished.code, Some(1), "at once: {finished:?}");
    let why =
        format!("the Engine is not watched: there is no socket at unix://{}", nowhere.display());
    wait_for_health(&home, 1, &why);
}

#[test]
fn one_container_that_cannot_be_inspected_is_a_warning() {
    let engine = ScriptedEngine::new(["web", "odd"].map(Container::new));
    let odd = format!("/containers/{}/json", Container::new("odd").id());
    engine.answer(&odd, Reply::json("{}"));
    let home = Home::new();
    let _watching = watch(&home, engine.address());
    wait_for_health(&home, 0, "warning: odd cannot be inspected: ");
}

#[test]
fn it_is_red_while_no_inspection_is_answered() {
    let engine = ScriptedEngine::new(["web", "db"].map(Container::new));
    for name in ["web", "db"] {
        let forbidden = "HTTP/1.1 403 Forbidden\r\nContent-Length: 10\r\n\r\nForbidden\n";
        let path = format!("/containers/{}/json", Container::new(name).id());
        engine.answer(&path, Reply::bytes(forbidden));
    }
    let home = Home::new();
    let _watching = watch(&home, engine.address());
    wait_for_health(&home, 1, "containers cannot be judged: no inspection is answered: a proxy");
}
