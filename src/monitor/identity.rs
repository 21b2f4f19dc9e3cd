//! Who is who: what stays the same when a container is made anew or renamed.

use std::fmt;

use crate::monitor::container::Labels;

/// To whom incidents, cooldowns and memory belong.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Identity {
    /// The Engine itself.
    Engine,
    /// A container of a compose service.
    Compose {
        /// `com.docker.compose.project`.
        project: String,
        /// `com.docker.compose.service`.
        service: String,
        /// `com.docker.compose.container-number`.
        number: String,
    },
    /// A place of a Swarm service, whichever task fills it.
    Swarm {
        /// `com.docker.swarm.service.name`.
        service: String,
        /// The slot, or the node where the service is global.
        slot: String,
    },
    /// Any other container: its name.
    Name(String),
}

impl Identity {
    /// Reads the identity off a container's labels, else its name.
    pub fn of(name: &str, labels: &Labels) -> Self {
        let label = |key: &str| labels.get(key).filter(|value| !value.is_empty());
        if let (Some(service), Some(task)) =
            (label("com.docker.swarm.service.name"), label("com.docker.swarm.task.name"))
        {
            return Self::Swarm { service: service.clone(), slot: slot(service, task) };
        }
        match (label("com.docker.compose.project"), label("com.docker.compose.service")) {
            // Two runs of `compose run` may be up at once and share their number: they are known
            // by name.
            (Some(project), Some(service)) if !is_one_off(labels) => Self::Compose {
                project: project.clone(),
                service: service.clone(),
                number: label("com.docker.compose.container-number")
                    .map_or_else(|| "1".to_owned(), Clone::clone),
            },
            _ => Self::Name(name.to_owned()),
        }
    }
}

/// Whether it was made by `docker compose run`.
pub fn is_one_off(labels: &Labels) -> bool {
    labels.get("com.docker.compose.oneoff").is_some_and(|value| value.eq_ignore_ascii_case("true"))
}

/// Task names are `service.slot.task-id`, with the node's id for the slot of a global service.
fn slot(service: &str, task: &str) -> String {
    let rest = task.strip_prefix(service).unwrap_or(task).trim_start_matches('.');
    rest.split('.').next().unwrap_or_default().to_owned()
}

impl fmt::Display for Identity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Engine => formatter.write_str("the Engine"),
            Self::Compose { project, service, number } => {
                write!(formatter, "{project}/{service}/{number}")
            }
            Self::Swarm { service, slot } => write!(formatter, "{service}.{slot}"),
            Self::Name(name) => formatter.write_str(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_come_before_the_name() {
        let check = |labels: &[(&str, &str)], expected: &str| {
            let labels = labels.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
            assert_eq!(Identity::of("web", &labels.collect()).to_string(), expected);
        };
        check(&[], "web");
        let compose = ("com.docker.compose.project", "shop");
        let service = ("com.docker.compose.service", "api");
        check(&[compose], "web");
        check(&[compose, service], "shop/api/1");
        check(&[compose, service, ("com.docker.compose.container-number", "3")], "shop/api/3");
        check(&[compose, service, ("com.docker.compose.oneoff", "True")], "web");
        let swarm = ("com.docker.swarm.service.name", "shop_api");
        check(&[swarm, ("com.docker.swarm.task.name", "shop_api.2.xyz")], "shop_api.2");
        check(&[swarm, ("com.docker.swarm.task.name", "shop_api.nodeid.xyz")], "shop_api.nodeid");
    }
}
