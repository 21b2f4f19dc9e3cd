//! Services of a Swarm, on an Engine of the test's own that is all of its nodes.

use super::{LIFE, RESTARTED, watch};
use crate::support::docker::{Docker, IMAGE, wait_until};
use crate::support::private_engine::PrivateEngine;
use crate::support::watching::{Told, Watching};

const NEXT_IMAGE: &str = "dmon-test:2";

/// The service's containers that run: `api.SLOT.ID`.
fn tasks(engine: &Docker) -> Vec<String> {
    let filter = format!("name=^{}", engine.full_name("api"));
    let names = engine.docker(&["ps", "--format={{.Names}}", "--filter", &filter]);
    let prefix = engine.full_name("");
    names.lines().map(|name| name.strip_prefix(&prefix).unwrap().to_owned()).collect()
}

/// Waits until there are so many, and none of these.
fn wait_for_tasks(engine: &Docker, number: usize, but: &[String]) -> Vec<String> {
    wait_until(&format!("{number} other tasks run"), || {
        let tasks = tasks(engine);
        let is_done = tasks.len() == number && !tasks.iter().any(|task| but.contains(task));
        if is_done { Ok(tasks) } else { Err(tasks) }
    })
}

/// Waits until each of these was told of, in so many messages at most, all with these words.
fn expect_all(dmon: &mut Watching, at_most: usize, words: &str, names: &[String]) -> Vec<Told> {
    let told = dmon.gather(at_most, |told| {
        names.iter().all(|name| told.iter().any(|told| told.has(name) || told.is_about(name)))
    });
    for told in &told {
        assert!(told.has(words), "no {words:?} in {told:#?}");
    }
    told
}

/// Makes the Engine a Swarm with a service on it.
fn create(engine: &Docker, options: &[&str]) {
    let (name, label) = (engine.full_name("api"), engine.label());
    let fixed = ["service", "create", "-d", "--name", &name, "--container-label", &label];
    let more = ["--network=host", "--no-resolve-image"];
    engine.docker(&["swarm", "init", "--advertise-addr", "127.0.0.1"]);
    engine.docker(&[&fixed[..], &more, options, &[IMAGE], LIFE].concat());
}

#[test]
fn tasks_that_come_back_after_an_engine_restart_were_never_gone() {
    let Some(mut engine) = PrivateEngine::find(&[]) else { return };
    engine.run("web", &["--restart=always"], LIFE);
    create(&engine, &["--replicas=3", "--restart-delay=5s"]);
    let before = wait_for_tasks(&engine, 3, &[]);
    let mut dmon = watch(&engine, &[]);
    dmon.wait_until_known(4);
    engine.stop();
    engine.start();
    let names = wait_for_tasks(&engine, 3, &before);
    let told = dmon.gather(3, |told| {
        names.iter().all(|name| told.iter().any(|told| told.has(name)))
            && told.iter().any(|told| told.has("Container Restart Detected"))
    });
    for told in &told {
        assert!(!told.has("critical"), "{told:#?}");
    }
    dmon.end();
}

#[test]
fn a_service_comes_is_mended_updated_shrinks_and_goes() {
    let Some(engine) = PrivateEngine::find(&[]) else { return };
    engine.docker(&["tag", IMAGE, NEXT_IMAGE]);
    let service = |command: &[&str]| {
        engine.docker(&[&["service"], command, &[&engine.full_name("api")]].concat())
    };
    let mut dmon = watch(&engine, &[]);
    create(&engine, &["--replicas=10", "--restart-delay=1s"]);
    let names = wait_for_tasks(&engine, 10, &[]);
    expect_all(&mut dmon, 3, "Container Added", &names);

    engine.fail(&names[0]);
    let fields = [
        ("Type", "Automatic restart"),
        ("Cause", "exited by itself with code 3"),
        ("Exit Code", "3"),
    ];
    let told = dmon.expect(RESTARTED, &fields);
    let (place, _) = names[0].rsplit_once('.').unwrap();
    assert!(told.fields["Container"].starts_with(&format!("{place}.")), "{place} in {told:#?}");

    let before = wait_for_tasks(&engine, 10, &names[..1]);
    let image = format!("--image={NEXT_IMAGE}");
    service(&["update", "-d", "--no-resolve-image", "--update-parallelism=2", &image]);
    let updated = wait_for_tasks(&engine, 10, &before);
    expect_all(&mut dmon, 5, "Container Recreated", &updated);

    service(&["update", "-d", "--replicas=7"]);
    let left = wait_for_tasks(&engine, 7, &[]);
    let gone: Vec<String> = updated.into_iter().filter(|task| !left.contains(task)).collect();
    expect_all(&mut dmon, 2, "stopped on request and removed", &gone);
    service(&["rm"]);
    expect_all(&mut dmon, 3, "stopped on request and removed", &left);
    dmon.end();
}
