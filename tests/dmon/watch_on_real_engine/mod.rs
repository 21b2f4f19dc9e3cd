//! `dmon watch` on a real Engine: what people do to containers, and exactly what is told of it. Each
//! test has containers and a dmon of its own. That nothing more was told is seen at dmon's end.

mod comings;
mod deaths;
mod health;
mod process;
mod restarts;
mod stories;

use std::process::Command;

use crate::support::real_engine::RealEngine;
use crate::support::watching::Watching;

/// Runs until it is stopped, which it obeys at once. SIGUSR1 and SIGUSR2 from within let it end by
/// itself, with 3 and with 0.
const LIFE: &[&str] = &[
    "sh",
    "-c",
    "trap 'exit 0' TERM; trap 'exit 3' USR1; trap 'exit 0' USR2; trap : HUP; echo up
     while :; do sleep 1000 & wait; done",
];

const DOWN: &str = "🚨 Container Status Alert - CRITICAL";
const WARNING: &str = "⚠️ Container Status Alert - WARNING";
const FAILED: &str = "🚨 Container Restart Failed - CRITICAL";
const RESTARTED: &str = "🔄 Container Restart Detected";
const RECOVERED: &str = "✅ Container Recovered";
const REMOVED: &str = "ℹ️ Container Removed";

/// Watches the test's containers.
fn watch(engine: &RealEngine, settings: &[(&str, &str)]) -> Watching {
    Watching::start(&engine.address, &engine.full_name(""), settings)
}

impl RealEngine {
    /// `docker COMMAND OPTIONS NAME` for one of the test's containers.
    fn tell(&self, command: &[&str], name: &str) {
        self.docker(&[command, &[&self.full_name(name)]].concat());
    }

    /// The same for what the Engine refuses to do.
    fn fails(&self, command: &[&str], name: &str) {
        let name = self.full_name(name);
        let mut docker = Command::new("docker");
        let run = docker.args(["-H", &self.address]).args(command).arg(&name);
        assert!(!run.output().unwrap().status.success(), "docker {command:?} {name}");
    }

    /// Runs a command within one of the test's containers, which may end with it.
    fn exec(&self, name: &str, command: &[&str]) {
        self.docker(&[&["exec", "-d", &self.full_name(name)], command].concat());
    }

    /// Lets one that leads a [`LIFE`] end by itself with 3.
    fn fail(&self, name: &str) {
        self.exec(name, &["kill", "-USR1", "1"]);
    }

    /// Lets one that leads a [`LIFE`] end by itself with 0.
    fn succeed(&self, name: &str) {
        self.exec(name, &["kill", "-USR2", "1"]);
    }
}
