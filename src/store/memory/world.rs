//! Mirrors of `monitor::world`, and of the nouns that containers are described with.

use serde::{Deserialize, Serialize};

use crate::monitor::{container, signals, world};
use crate::store::memory::mirror::{Entries, Mirror, Moment, Span, Timestamp};
use crate::store::memory::subject::Identity;

mirror! {
    struct World = world::World {
        containers: Entries<ContainerId, Container>,
        #[serde(rename = "gone", default)]
        removed: Vec<(ContainerId, Moment)>,
        ..{ revision: 0, index: world::Index::default() }
    }

    struct Container = world::Container {
        identity: Identity,
        name: String,
        image: String,
        labels: container::Labels,
        status: Status,
        health: Option<Health>,
        #[serde(rename = "status_since", default)]
        since: Moment,
        #[serde(rename = "newest", default)]
        heard: Moment,
        started_at: Option<Timestamp>,
        began: Option<Moment>,
        #[serde(rename = "age")]
        listed: Option<Age>,
        #[serde(default)]
        confirmed: Moment,
        exit_code: Option<i64>,
        #[serde(rename = "pause")]
        paused: Option<Moment>,
        uncounted: u32,
        #[serde(rename = "received", default)]
        signals: Signals,
        details: Option<Details>,
    }

    struct Age = world::Age {
        asked: Moment,
        at_least: Span,
    }

    struct Details = world::Details {
        #[serde(rename = "inspected", default)]
        asked: Moment,
        #[serde(rename = "answered")]
        showed_run: Option<Moment>,
        outdated: Option<Moment>,
        restart_count: u32,
        restart_policy: RestartPolicy,
        stop_signal: Option<String>,
        auto_remove: bool,
        interactive: bool,
        memory_limit_bytes: Option<u64>,
        ports: Vec<Port>,
        oom_killed: bool,
        error: String,
        probe_output: Option<String>,
    }

    enum Status = container::Status {
        Created,
        Running,
        Paused,
        Restarting,
        Removing,
        Exited,
        Dead,
    }

    enum Health = container::Health {
        Starting,
        Healthy,
        Unhealthy,
    }

    enum RestartPolicy = container::RestartPolicy {
        No,
        Always,
        UnlessStopped,
        OnFailure { maximum_retries: u32 },
    }

    struct Port = container::Port {
        container: u16,
        host: Option<u16>,
        protocol: String,
    }

    #[derive(Default)]
    struct Signals = signals::Signals {
        kill: Option<Kill>,
        stop: Option<Moment>,
        oom: Option<Moment>,
    }

    struct Kill = signals::Kill {
        at: Moment,
        force: Force,
    }

    enum Force = signals::Force {
        Certain,
        Polite,
    }
}

/// The id as the Engine wrote it.
#[derive(Serialize, Deserialize)]
pub(super) struct ContainerId(String);

impl Mirror for ContainerId {
    type Core = container::ContainerId;

    fn of(core: &Self::Core) -> Self {
        Self(core.as_str().to_owned())
    }

    fn core(self) -> Self::Core {
        container::ContainerId::new(self.0)
    }
}
