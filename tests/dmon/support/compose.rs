//! A compose project on a real Engine, by the command that `DMON_TEST_COMPOSE` names, else by
//! Docker's plugin, else by `docker-compose`. The first generation of that recreates nothing on
//! Engines from 25 on.

use std::env;
use std::fs;
use std::process::Command;

use serde_json::json;

use super::binary::Home;
use super::docker::Docker;
use super::process::{Finished, Running};
use super::real_engine::{IMAGE, skip};

/// A project and the folder that its file is in. Its containers go with the Engine's.
pub(crate) struct Project<'a> {
    engine: &'a Docker,
    folder: Home,
    /// Its command, in words.
    command: Vec<String>,
    /// Stands between the parts of its containers' names.
    separator: &'static str,
}

impl<'a> Project<'a> {
    /// One without services yet; `None`, said on standard error, where there is no compose.
    pub(crate) fn new(engine: &'a Docker) -> Option<Self> {
        let named = env::var("DMON_TEST_COMPOSE");
        let commands =
            named.map_or(vec!["docker compose".into(), "docker-compose".into()], |it| vec![it]);
        let words = commands.iter().map(|it: &String| it.split(' ').map(str::to_owned).collect());
        let found = words.into_iter().find_map(|command: Vec<String>| {
            let mut compose = Command::new(&command[0]);
            let version = compose.args(&command[1..]).args(["version", "--short"]).output().ok()?;
            version.status.success().then_some((command, version.stdout))
        });
        let Some((command, version)) = found else {
            skip(&format!("none of these can be run: {commands:?}"));
            return None;
        };
        let separator = if version.starts_with(b"1.") { "_" } else { "-" };
        Some(Self { engine, folder: Home::new(), command, separator })
    }

    /// What a service's container is called, without what all names of the test begin with.
    pub(crate) fn name(&self, service: &str, number: u32) -> String {
        ["shop", service, &number.to_string()].join(self.separator)
    }

    /// A service without network that runs this, with more of its settings (`a: b, c: d`).
    pub(crate) fn service(&self, command: &[&str], more: &str) -> String {
        self.service_of(IMAGE, command, more)
    }

    /// The same of another image.
    pub(crate) fn service_of(&self, image: &str, command: &[&str], more: &str) -> String {
        let (labels, command) = (self.engine.labels(), json!(command));
        let comma = if more.is_empty() { "" } else { ", " };
        format!(
            "{{image: '{image}', network_mode: none, labels: {labels}, \
             command: {command}{comma}{more}}}"
        )
    }

    /// Writes the project's file anew: these services.
    pub(crate) fn write(&self, services: &[(&str, &str)]) {
        let services = services.iter().map(|(name, service)| format!("  {name}: {service}\n"));
        let file = format!("version: '2.4'\nservices:\n{}", services.collect::<String>());
        fs::write(self.folder.path().join("docker-compose.yml"), file).unwrap();
    }

    /// `docker compose ARGS`, which succeeds.
    pub(crate) fn compose(&self, args: &[&str]) {
        let finished = self.run(args);
        assert_eq!(finished.code, Some(0), "compose {args:?}: {finished:?}");
    }

    /// The same for what fails.
    pub(crate) fn compose_fails(&self, args: &[&str]) {
        let finished = self.run(args);
        assert_ne!(finished.code, Some(0), "compose {args:?}: {finished:?}");
    }

    fn run(&self, args: &[&str]) -> Finished {
        let project = self.engine.full_name("shop");
        let mut compose = Command::new(&self.command[0]);
        compose
            .args(&self.command[1..])
            .args(["-p", &project])
            .args(args)
            .current_dir(self.folder.path());
        compose.env("DOCKER_HOST", &self.engine.address);
        // A project of twenty services takes its time on a busy machine.
        compose.env("COMPOSE_HTTP_TIMEOUT", "200");
        Running::start(&mut compose).finish()
    }
}
