//! What the small Engine answers, and what stays without an answer.

use std::time::Duration;

use super::bench::{Bench, Presence, Quirk};
use super::matrix::Fault;
use crate::monitor::container::{ContainerId, Inspected, List, Listed, Status, UnreadableLine};
use crate::monitor::effect::Effect;
use crate::monitor::input::{Input, Outcome, Ping};
use crate::timestamp::Timestamp;

/// Whether a question stays without an answer.
enum Unanswered {
    No,
    /// That is known at once.
    Refused(Input),
    /// That is known later.
    Hangs,
}

impl Bench {
    /// Whether a question stays without an answer.
    fn unanswered(&mut self, effect: &Effect) -> Unanswered {
        let name = match effect {
            Effect::Inspect { id, .. } | Effect::FetchLogs { id, .. } => {
                let container = self.containers.values().find(|container| container.id == *id);
                container.map(|container| container.name.as_str())
            }
            _ => None,
        };
        let disorder = self.disorder.filter(|disorder| disorder.concerns(effect, name));
        match (disorder.map(|disorder| disorder.fault), Self::failure(effect)) {
            (Some(Fault::Refused), Some(failure)) => Unanswered::Refused(failure),
            (Some(Fault::Hangs), Some(failure)) => {
                self.late.push((self.clock + Duration::from_secs(10), failure));
                Unanswered::Hangs
            }
            _ => Unanswered::No,
        }
    }

    /// That there is no answer to a question.
    fn failure(effect: &Effect) -> Option<Input> {
        let (reason, ping) = ("no answer within 10 s".to_owned(), Ping::Unanswered);
        Some(match effect {
            Effect::List { asked } => Input::Unlisted { asked: *asked, reason },
            Effect::Ping { asked } => Input::Pinged { asked: *asked, ping },
            Effect::Inspect { asked, id } => {
                Input::Unanswered { asked: *asked, id: id.clone(), reason }
            }
            Effect::FetchLogs { id, .. } => Input::Logs { id: id.clone(), lines: Vec::new() },
            _ => return None,
        })
    }

    /// What is known of a question whose answer is lost.
    fn lost(&mut self, effect: &Effect) -> Option<Input> {
        let unanswered = Self::failure(effect)?;
        self.asked += 1;
        let is_lost = self.loses_one_in > 0 && self.asked.is_multiple_of(self.loses_one_in);
        is_lost.then_some(unanswered)
    }

    pub(super) fn answer(&mut self, effect: Effect) -> Option<Input> {
        match self.unanswered(&effect) {
            Unanswered::No => {}
            Unanswered::Refused(failure) => return Some(failure),
            Unanswered::Hangs => return None,
        }
        if let Some(input) = self.lost(&effect) {
            self.late.push((self.clock + Duration::from_secs(10), input));
            return None;
        }
        match effect {
            Effect::Suppressed(held) => self.held.push(held),
            Effect::Post(batch) => {
                let outcome = match self.slack {
                    Presence::There => Outcome::Delivered,
                    Presence::Away => Outcome::Failed { wait: None },
                    Presence::Hangs => return None,
                };
                let delivery = Input::Delivery { batch: batch.id, outcome };
                if outcome == Outcome::Delivered {
                    self.batches.push((self.clock, batch));
                }
                return Some(delivery);
            }
            Effect::Ping { asked }
                if self.engine == Presence::Away || self.quirks.contains(&Quirk::NoPing) =>
            {
                return Some(Input::Pinged { asked, ping: Ping::Unanswered });
            }
            Effect::Ping { asked } => return Some(Input::Pinged { asked, ping: Ping::Answered }),
            Effect::List { asked } if self.quirks.contains(&Quirk::NoList) => {
                return Some(Input::Unlisted { asked, reason: "status 500".to_owned() });
            }
            Effect::Inspect { id, .. } if self.is_hanging(&id) => {}
            Effect::List { asked } if self.engine == Presence::Away => {
                return Some(Input::Unlisted { asked, reason: "connection refused".to_owned() });
            }
            Effect::Inspect { asked, id } if self.engine == Presence::Away => {
                let reason = "connection refused".to_owned();
                return Some(Input::Unanswered { asked, id, reason });
            }
            Effect::Inspect { .. } if self.quirks.contains(&Quirk::Slow) => {
                self.waiting.push(effect);
            }
            Effect::Inspect { asked, id } if self.quirks.contains(&Quirk::Refusing) => {
                let reason = "layer not known".to_owned();
                return Some(Input::Unanswered { asked, id, reason });
            }
            Effect::List { asked } => return Some(Input::Listed { asked, list: self.list() }),
            Effect::Inspect { asked, id } => {
                let container = self.containers.values().find(|container| container.id == id);
                return Some(match container {
                    Some(it) => Input::Inspected { asked, container: Box::new(it.clone()) },
                    None => Input::Gone { asked, id },
                });
            }
            Effect::FetchLogs { id, lines } => {
                let lines = (0..lines).map(|line| format!("line {line}")).collect();
                return Some(Input::Logs { id, lines });
            }
            Effect::Log(remark) => self.log.push(remark),
            Effect::ReopenStream => self.reopened += 1,
            Effect::Save => self.saved = self.clock,
            Effect::Exit | Effect::AbandonPost(_) => {}
        }
        None
    }

    fn is_hanging(&self, id: &ContainerId) -> bool {
        let hanging = self.hangs.as_ref().and_then(|name| self.containers.get(name));
        hanging.is_some_and(|container| container.id == *id)
    }

    fn list(&self) -> List {
        if self.quirks.contains(&Quirk::EmptyList) {
            return List::default();
        }
        if self.quirks.contains(&Quirk::OddLines) {
            let odd = |it: &Inspected| UnreadableLine {
                id: it.id.clone(),
                name: it.name.clone(),
                reason: "its State is \"unknown\"".to_owned(),
            };
            return List {
                containers: Vec::new(),
                unreadable: self.containers.values().map(odd).collect(),
            };
        }
        let wall = self.engine_time();
        let containers = self.containers.values().map(|it| listed(it, wall)).collect();
        List { containers, unreadable: Vec::new() }
    }
}

fn listed(container: &Inspected, wall: Timestamp) -> Listed {
    let state = &container.state;
    Listed {
        id: container.id.clone(),
        name: container.name.clone(),
        image: container.image.clone(),
        labels: container.labels.clone(),
        status: state.status,
        health: state.health.filter(|_| state.status == Status::Running),
        exit_code: (state.status == Status::Exited).then_some(state.exit_code),
        up_at_most: state.started_at.filter(|_| state.status.is_up()).map(|at| wall.since(at)),
        ports: Vec::new(),
        created: container.created,
    }
}
