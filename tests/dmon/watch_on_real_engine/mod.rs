//! `dmon watch` on a real Engine: what people do to containers, and exactly what is told of it. Each
//! test has containers and a dmon of its own. That nothing more was told is seen at dmon's end.

mod comings;
mod deaths;
mod engine_restarts;
mod first_look;
mod health;
mod jobs;
mod own;
mod process;
mod projects;
mod recreations;
mod restarts;
mod storms;
mod swarm;

use crate::support::docker::Docker;
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

const RECREATED: &str = "♻️ Container Recreated";
const ADDED: &str = "ℹ️ Container Added";

/// Watches the test's containers.
fn watch(engine: &Docker, settings: &[(&str, &str)]) -> Watching {
    Watching::start(&engine.address, &engine.full_name(""), settings)
}

impl Docker {
    /// Lets one that leads a [`LIFE`] end by itself with 3.
    fn fail(&self, name: &str) {
        self.exec(name, &["kill", "-USR1", "1"]);
    }

    /// Lets one that leads a [`LIFE`] end by itself with 0.
    fn succeed(&self, name: &str) {
        self.exec(name, &["kill", "-USR2", "1"]);
    }
}
