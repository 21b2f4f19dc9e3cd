//! What is done to the containers, and what follows from it.

use std::time::Duration;

use dmon::monitor::container::{ContainerId, Health, Labels, RestartPolicy, Status};
use dmon::monitor::event::Action;
use dmon::timestamp::Timestamp;

use super::engine::{Engine, Vessel};
use super::plan::{Plan, compose, plan, task};
use super::truth::{By, Purpose, Why};
use super::weather::Weather;
use crate::support::random::Random;

/// One thing that is done to a container. One that comes when it no longer fits does nothing.
#[derive(Clone)]
pub(super) enum Deed {
    /// Something of life's choice.
    Anything,
    Make(Box<Plan>, bool),
    Start(ContainerId, By),
    /// The main process of this run ends. A plan for a run does nothing to another.
    End(ContainerId, u32, i64, Why),
    Signal(ContainerId, u32, u32),
    /// The Engine says that a stop is done.
    Stopped(ContainerId, u32),
    /// The Engine says so, and it changes nothing.
    Says(ContainerId, Action),
    OutOfMemory(ContainerId),
    Pause(ContainerId),
    Unpause(ContainerId),
    Feel(ContainerId, u32, Health),
    Rename(ContainerId, String),
    /// The container of the first name takes the second, which is free now, and is started.
    TakeOver(String, String),
    Remove(ContainerId),
    /// What keeps it from being started is mended, or not.
    Mend(ContainerId),
}

/// What follows from a deed, each after so long.
pub(super) type Plans = Vec<(Duration, Deed)>;

/// Life: the dice and what it has in mind.
pub(super) struct Life {
    pub(super) dice: Random,
    /// What every service was made from.
    pub(super) plans: Vec<Plan>,
    made: u32,
    pub(super) renames: bool,
    /// Of so many deaths one is told twice.
    doubles: usize,
}

impl Life {
    pub(super) fn new(dice: Random, weather: &Weather) -> Self {
        let renames = weather.follows_renames();
        Self { dice, plans: Vec::new(), made: 0, renames, doubles: weather.doubles }
    }

    /// The services that there are at the start.
    pub(super) fn first_plans(&mut self) -> Vec<Plan> {
        let policies = [
            RestartPolicy::No,
            RestartPolicy::Always,
            RestartPolicy::UnlessStopped,
            RestartPolicy::OnFailure { maximum_retries: 3 },
            RestartPolicy::No,
        ];
        for (at, policy) in policies.into_iter().enumerate() {
            let name = format!("web{at}");
            self.plans.push(plan(name, policy, at % 2 == 1, Labels::new()));
        }
        for (at, policy) in [RestartPolicy::No, RestartPolicy::Always].into_iter().enumerate() {
            let labels = compose("shop", &format!("api{at}"));
            self.plans.push(plan(format!("shop-api{at}-1"), policy, at == 1, labels));
        }
        for slot in 1..=2 {
            let made = self.made();
            self.plans.push(task("pool", slot, made));
        }
        let hidden = [("dmon.enable".to_owned(), "false".to_owned())].into();
        let hidden = plan("hidden".to_owned(), RestartPolicy::Always, true, hidden);
        self.plans.push(Plan { purpose: Purpose::Hidden, ..hidden });
        self.plans.clone()
    }

    /// Does a deed. What follows from it.
    pub(super) fn act(&mut self, engine: &mut Engine, deed: Deed, at: Timestamp) -> Plans {
        match deed {
            Deed::Anything => return self.anything(engine),
            Deed::Make(plan, starts) => {
                let taken = engine.vessels.values().any(|it| it.shown.name == plan.name);
                // Swarm fills a place once.
                let filled = plan.is_task() && engine.is_filled(&plan);
                if taken || filled || engine.retired.contains(&plan.name) {
                    return Plans::new();
                }
                let id = engine.make(&plan, at);
                let by = if plan.is_task() { By::Policy } else { By::Person };
                let start = (self.millis(5, 300), Deed::Start(id, by));
                return if starts { vec![start] } else { Plans::new() };
            }
            Deed::Start(id, by) => return self.start(engine, &id, by, at),
            Deed::End(id, run, exit_code, why) => {
                if engine.is_at(&id, run) {
                    return self.end(engine, &id, exit_code, why, at);
                }
            }
            Deed::Signal(id, run, signal) => {
                if engine.is_at(&id, run) {
                    engine.signal(&id, signal, at);
                }
            }
            Deed::Stopped(id, run) => {
                if engine.is_at(&id, run) {
                    engine.stopped(&id, at);
                }
            }
            Deed::Says(id, action) => engine.says(&id, action, at),
            Deed::OutOfMemory(id) => engine.out_of_memory(&id, at),
            Deed::Pause(id) => engine.pause(&id, at),
            Deed::Unpause(id) => {
                engine.unpause(&id, at);
                return self.probed_soon(engine, &id);
            }
            Deed::Feel(id, run, health) => engine.feel(&id, run, health, at),
            Deed::Rename(id, name) => engine.rename(&id, &name, at),
            Deed::TakeOver(made, name) => return self.take_over(engine, &made, &name, at),
            Deed::Remove(id) => {
                if engine.vessels.get(&id).is_some_and(|it| !it.is_up()) {
                    engine.remove(&id, at);
                }
            }
            Deed::Mend(id) => {
                if let Some(vessel) = engine.vessels.get_mut(&id) {
                    vessel.broken = false;
                }
            }
        }
        Plans::new()
    }

    fn start(&mut self, engine: &mut Engine, id: &ContainerId, by: By, at: Timestamp) -> Plans {
        // A policy starts what waits for it, and nothing else.
        let waits = |it: &Vessel| {
            it.shown.state.status == Status::Restarting || it.is_task() && it.run == 0
        };
        if by == By::Policy && !engine.vessels.get(id).is_some_and(waits) {
            return Plans::new();
        }
        if !engine.start(id, by, at) {
            return Plans::new();
        }
        let vessel = engine.vessels.get_mut(id).unwrap();
        let run = vessel.run;
        let mut plans = Plans::new();
        if vessel.shown.state.health.is_some() {
            let verdict =
                if self.dice.below(12) == 0 { Health::Unhealthy } else { Health::Healthy };
            plans.push((self.millis(500, 20_000), Deed::Feel(id.clone(), run, verdict)));
            if verdict == Health::Unhealthy {
                let later = Deed::Feel(id.clone(), run, Health::Healthy);
                plans.push((self.millis(30_000, 900_000), later));
            }
        }
        if vessel.shown.auto_remove {
            let code = self.dice.pick(&[0, 0, 4]);
            plans.push((self.millis(200, 60_000), Deed::End(id.clone(), run, code, Why::ByItself)));
        }
        if vessel.frail > 0 {
            vessel.frail -= 1;
            let code = self.dice.pick(&[1, 1, 7]);
            plans.push((self.millis(50, 4_000), Deed::End(id.clone(), run, code, Why::ByItself)));
        }
        plans
    }

    /// A check that had no verdict yet comes to one.
    fn probed_soon(&mut self, engine: &Engine, id: &ContainerId) -> Plans {
        let Some(vessel) = engine.vessels.get(id) else { return Plans::new() };
        let verdict = Deed::Feel(id.clone(), vessel.run, Health::Healthy);
        match vessel.shown.state.health {
            Some(Health::Starting) => vec![(self.millis(500, 20_000), verdict)],
            _ => Plans::new(),
        }
    }

    fn end(
        &mut self,
        engine: &mut Engine,
        id: &ContainerId,
        exit_code: i64,
        why: Why,
        at: Timestamp,
    ) -> Plans {
        let lives = engine.vessels.get(id).is_some_and(Vessel::is_up);
        let wait = engine.die(id, exit_code, why, at);
        let mut plans = Plans::new();
        if lives && self.doubles > 0 && self.dice.below(self.doubles) == 0 {
            let again = Action::Die { exit_code: Some(exit_code), out_of_memory: false };
            plans.push((Duration::from_micros(700), Deed::Says(id.clone(), again)));
        }
        if let Some(wait) = wait {
            plans.push((wait, Deed::Start(id.clone(), By::Policy)));
        }
        if engine.vessels.get(id).is_some_and(|it| it.shown.auto_remove && !it.is_up()) {
            plans.push((self.millis(5, 50), Deed::Remove(id.clone())));
        }
        plans
    }

    pub(super) fn made(&mut self) -> u32 {
        self.made += 1;
        self.made
    }

    pub(super) fn millis(&mut self, least: usize, most: usize) -> Duration {
        self.dice.millis(least, most)
    }
}
