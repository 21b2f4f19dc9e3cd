//! dmon in a container of the Engine that it watches: it tells of the others, never of itself.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::json;

use super::{DOWN, LIFE, RECOVERED};
use crate::support::compose::Project;
use crate::support::docker::Docker;
use crate::support::real_engine::{IMAGE, RealEngine, skip};
use crate::support::watching::Watching;

const STARTED: &str = "👀 dmon Is Watching";

/// What dmon's container must have of this host: its program, the libraries of a build for tests,
/// the Engine's socket and dmon's home. `None`, said on standard error, where the Engine has none
/// of these.
fn mounts(engine: &RealEngine, dmon: &Watching) -> Option<Vec<String>> {
    let Some(socket) = engine.address.strip_prefix("unix://") else {
        skip("the Engine's host is not this one");
        return None;
    };
    if !engine.sees(dmon.home.path()) {
        return None;
    }
    let home = dmon.home.path().display();
    let libraries = ["/lib", "/lib64", "/usr/lib"].into_iter();
    let libraries = libraries.filter(|path| Path::new(path).exists());
    let libraries = libraries.map(|path| format!("{path}:{path}:ro"));
    let own = [
        format!("{}:/dmon:ro", env!("CARGO_BIN_EXE_dmon")),
        format!("{socket}:{socket}"),
        format!("{home}:{home}"),
    ];
    Some(libraries.chain(own).collect())
}

fn environment(dmon: &Watching) -> BTreeMap<String, String> {
    let state = dmon.home.path().join("state").display().to_string();
    let state = ("STATE_DIR".to_owned(), state);
    dmon.settings().iter().cloned().chain([state]).collect()
}

/// Runs it as a user would who follows the README.
fn run(engine: &Docker, dmon: &Watching, mounts: &[String]) {
    let mounts = mounts.iter().map(|mount| format!("--volume={mount}"));
    let environment = environment(dmon).into_iter();
    let environment = environment.map(|(name, value)| format!("--env={name}={value}"));
    let (label, name) = (engine.label(), engine.full_name("dmon"));
    let fixed = ["run", "-d", "--pull=never", "--network=host", "--label", &label];
    let options: Vec<String> = mounts.chain(environment).collect();
    let options: Vec<&str> = options.iter().map(String::as_str).collect();
    let command = ["--name", &name, IMAGE, "/dmon", "watch"];
    engine.docker(&[&fixed[..], &options, &command].concat());
}

#[test]
fn its_own_container_comes_restarts_and_goes_without_a_word() {
    let Some(engine) = RealEngine::find() else { return };
    engine.run("web", &[], LIFE);
    let mut dmon = Watching::ready(&engine.address, &engine.full_name(""), &[]);
    let Some(mounts) = mounts(&engine, &dmon) else { return };
    run(&engine, &dmon, &mounts);
    dmon.expect(STARTED, &[("Containers", "1 running")]);
    engine.fail("web");
    dmon.expect(DOWN, &[("Container", "web")]);
    engine.tell(&["restart"], "dmon");
    engine.tell(&["start"], "web");
    dmon.expect(RECOVERED, &[("Container", "web")]);
    engine.tell(&["rm", "-f"], "dmon");
    run(&engine, &dmon, &mounts);
    engine.fail("web");
    let told = dmon.next();
    assert!(told.is_about("web"), "{told:#?}");
    engine.tell(&["stop"], "dmon");
    dmon.expect_no_more();
}

#[test]
fn as_a_service_of_a_project_it_is_upgraded_without_a_word() {
    let Some(engine) = RealEngine::find() else { return };
    let Some(shop) = Project::new(&engine) else { return };
    let mut dmon = Watching::ready(&engine.address, &engine.full_name(""), &[]);
    let Some(mounts) = mounts(&engine, &dmon) else { return };
    let web = shop.service(LIFE, "");
    let service = |version: &str| {
        let mut environment = environment(&dmon);
        environment.insert("VERSION".to_owned(), version.to_owned());
        let service = json!({
            "image": IMAGE,
            "network_mode": "host",
            "labels": engine.labels(),
            "volumes": mounts,
            "environment": environment,
            "command": ["/dmon", "watch"],
        });
        service.to_string()
    };
    let (first, second) = (service("1"), service("2"));
    shop.write(&[("web", &web), ("dmon", &first)]);
    shop.compose(&["up", "-d", "web"]);
    shop.compose(&["up", "-d"]);
    dmon.expect(STARTED, &[("Containers", "1 running")]);
    dmon.wait_until_remembered();
    shop.write(&[("web", &web), ("dmon", &second)]);
    shop.compose(&["up", "-d"]);
    engine.fail(&shop.name("web", 1));
    dmon.expect(DOWN, &[("Container", &shop.name("web", 1))]);
    shop.compose(&["stop", "dmon"]);
    dmon.expect_no_more();
}
