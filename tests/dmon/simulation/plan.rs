//! What a container is made from, and how the Engine shows it.

use dmon::monitor::container::{
    ContainerId, Health, Inspected, Labels, RestartPolicy, State, Status,
};
use dmon::timestamp::Timestamp;

use super::truth::Purpose;

/// How a container is to be made.
#[derive(Clone)]
pub(super) struct Plan {
    pub(super) name: String,
    pub(super) image: &'static str,
    pub(super) labels: Labels,
    pub(super) policy: RestartPolicy,
    pub(super) has_check: bool,
    pub(super) auto_remove: bool,
    pub(super) purpose: Purpose,
}

impl Plan {
    /// Whether it is a service of a compose project.
    pub(super) fn is_composed(&self) -> bool {
        self.labels.keys().any(|key| key.starts_with("com.docker.compose"))
    }

    /// Whether it is a task of a Swarm service.
    pub(super) fn is_task(&self) -> bool {
        self.labels.keys().any(|key| key.starts_with("com.docker.swarm"))
    }
}

pub(super) fn made(id: ContainerId, plan: &Plan, at: Timestamp) -> Inspected {
    Inspected {
        id,
        name: plan.name.clone(),
        image: plan.image.to_owned(),
        labels: plan.labels.clone(),
        created: at,
        state: State {
            status: Status::Created,
            health: plan.has_check.then_some(Health::Starting),
            last_probe_output: None,
            started_at: None,
            finished_at: None,
            exit_code: 0,
            oom_killed: false,
            error: String::new(),
        },
        restart_count: 0,
        restart_policy: plan.policy,
        stop_signal: None,
        auto_remove: plan.auto_remove,
        tty: false,
        open_stdin: false,
        memory_limit_bytes: None,
        ports: Vec::new(),
    }
}

pub(super) fn plan(name: String, policy: RestartPolicy, has_check: bool, labels: Labels) -> Plan {
    let (image, auto_remove, purpose) = ("img:1", false, Purpose::Service);
    Plan { name, image, labels, policy, has_check, auto_remove, purpose }
}

/// A task of a Swarm service: the Engine has no policy for it, Swarm replaces it.
pub(super) fn task(service: &str, slot: u32, made: u32) -> Plan {
    let name = format!("{service}.{slot}.task{made}");
    let labels = [("service.name", service), ("task.name", &name)];
    let label = |(key, value): (&str, &str)| (format!("com.docker.swarm.{key}"), value.to_owned());
    let labels = labels.into_iter().map(label).collect();
    plan(name, RestartPolicy::No, false, labels)
}

pub(super) fn at_slot(plan: &Plan) -> u32 {
    let slot = plan.name.split('.').nth(1).and_then(|slot| slot.parse().ok());
    slot.expect("a task's name has its slot in it")
}

pub(super) fn compose(project: &str, service: &str) -> Labels {
    let label = |key: &str, value: &str| (format!("com.docker.compose.{key}"), value.to_owned());
    [label("project", project), label("service", service), label("container-number", "1")].into()
}
