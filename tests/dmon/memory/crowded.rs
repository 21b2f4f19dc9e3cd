//! The state of a busy host: many containers, much that is owed.

use dmon::monitor::alert::{Alert, Kind};
use dmon::monitor::cause::Cause;
use dmon::monitor::container::{Labels, Status};
use dmon::monitor::identity::Identity;
use dmon::monitor::ledger::{Account, Incident, Notice};
use dmon::monitor::state::State;
use dmon::monitor::subject::Subject;
use dmon::monitor::world::Container;

use super::{full, owed};

/// 500 containers of Compose, and 1,000 entries that are owed for them.
pub(super) fn crowded() -> State {
    let mut state = State::default();
    for n in 0..500 {
        let container = container(n);
        let identity = container.identity.clone();
        let subject = Subject {
            container: Some(full::id(n)),
            name: container.name.clone(),
            image: container.image.clone(),
            run: full::subject(n).run,
            ..Subject::default()
        };
        state.subjects.insert(identity.clone(), subject);
        state.ledger.accounts.insert(identity.clone(), owing(&identity));
        state.world.containers.insert(full::id(n), container);
    }
    state
}

fn container(n: u32) -> Container {
    let mut container = full::container(Status::Running, n);
    container.image = format!("registry.example.org/shop/service-{n}:2026.11.22");
    container.labels = labels(n);
    container.identity = Identity::of(&container.name, &container.labels);
    container
}

/// An incident and a notice, neither of them told.
fn owing(identity: &Identity) -> Account {
    let alert = |kind| Alert { identity: identity.clone(), ..owed::alert(kind) };
    let problem = alert(owed::status(Cause::OutOfMemory { limit_bytes: Some(512 << 20) }));
    let notice =
        Notice { due: full::moment(1), alert: alert(Kind::RestartedManually), batch: None };
    Account {
        incident: Some(Incident { problem, recovery: None, told: None, ..owed::incident() }),
        notices: vec![notice],
        ..Account::default()
    }
}

/// What Compose and a common image put on a container.
fn labels(n: u32) -> Labels {
    let digest = "5a".repeat(32);
    let compose = [
        ("config-hash", digest.clone()),
        ("container-number", "1".to_owned()),
        ("depends_on", "db:service_healthy:false,cache:service_started:false".to_owned()),
        ("image", format!("sha256:{digest}")),
        ("oneoff", "False".to_owned()),
        ("project", "shop".to_owned()),
        ("project.config_files", "/srv/compose/shop/docker-compose.yml".to_owned()),
        ("project.working_dir", "/srv/compose/shop".to_owned()),
        ("service", format!("service-{n}")),
        ("version", "2.40.3".to_owned()),
    ];
    let image = [
        ("created", "2026-11-22T08:03:48.777Z".to_owned()),
        ("licenses", "Apache-2.0".to_owned()),
        ("revision", digest[..40].to_owned()),
        ("source", "https://git.example.org/shop/service".to_owned()),
        ("title", format!("service-{n}")),
    ];
    let compose = compose.map(|(key, value)| (format!("com.docker.compose.{key}"), value));
    let image = image.map(|(key, value)| (format!("org.opencontainers.image.{key}"), value));
    compose.into_iter().chain(image).collect()
}
