//! What people do, what Swarm does, and what happens of itself: thrown with dice.

use std::time::Duration;

use dmon::monitor::container::{ContainerId, Health, Labels, RestartPolicy, Status};
use dmon::monitor::event::Action;
use dmon::timestamp::Timestamp;

use super::engine::{Engine, Vessel};
use super::life::{Deed, Life, Plans};
use super::plan::{Plan, at_slot, plan, task};
use super::truth::{By, Purpose, Why};

impl Life {
    /// Something that fits.
    pub(super) fn anything(&mut self, engine: &mut Engine) -> Plans {
        match self.dice.below(60) {
            0..5 => return self.job(),
            5 => return self.storm(engine),
            _ => {}
        }
        let at = self.dice.below(self.plans.len());
        let plan = self.plans[at].clone();
        let own = |it: &&mut Vessel| it.shown.name == plan.name;
        let Some(vessel) = engine.vessels.values_mut().find(own) else {
            return vec![(Duration::ZERO, Deed::Make(plan.into(), true))];
        };
        let (id, run) = (vessel.shown.id.clone(), vessel.run);
        if plan.is_task() {
            return self.of_task(at, id, run);
        }
        match vessel.shown.state.status {
            Status::Running => {
                if self.dice.below(8) == 0 {
                    vessel.frail = u32::try_from(self.dice.below(9)).unwrap();
                }
                if self.dice.below(16) == 0 {
                    vessel.broken = true;
                    let mut plans = self.of_running(&plan, at, id.clone(), run);
                    plans.push((self.millis(10_000, 300_000), Deed::Mend(id)));
                    return plans;
                }
                self.of_running(&plan, at, id, run)
            }
            Status::Paused => vec![(Duration::ZERO, Deed::Unpause(id))],
            Status::Restarting => match self.dice.below(3) {
                0 => vec![(Duration::ZERO, Deed::Stopped(id, run))],
                _ => Plans::new(),
            },
            _ => match self.dice.below(5) {
                0 => vec![(Duration::ZERO, Deed::Remove(id))],
                _ => vec![(Duration::ZERO, Deed::Start(id, By::Person))],
            },
        }
    }

    /// A task of a Swarm service ends, or its service is updated: another one takes its place. What is
    /// left of it goes later.
    fn of_task(&mut self, at: usize, id: ContainerId, run: u32) -> Plans {
        let (slot, made) = (at_slot(&self.plans[at]), self.made());
        let mut next = task("pool", slot, made);
        let mut plans = if self.dice.below(2) == 0 {
            vec![(Duration::ZERO, Deed::End(id.clone(), run, 1, Why::ByItself))]
        } else {
            next.image = "img:2";
            self.stop(&id, run, Duration::ZERO)
        };
        let down = plans.iter().map(|(after, _)| *after).max().unwrap_or_default();
        self.plans[at] = next.clone();
        plans.push((down + self.millis(200, 9_000), Deed::Make(next.into(), true)));
        plans.push((down + self.millis(12_000, 90_000), Deed::Remove(id)));
        plans
    }

    /// Swarm finds its tasks down after the Engine is back.
    pub(super) fn tasks_anew(&mut self, engine: &Engine) -> Plans {
        let mut plans = Plans::new();
        for at in 0..self.plans.len() {
            let name = self.plans[at].name.clone();
            let down = engine.vessels.values().find(|it| it.shown.name == name && !it.is_up());
            let body = down.map(|it| (it.shown.id.clone(), it.run));
            if let Some((id, run)) = body.filter(|_| self.plans[at].is_task()) {
                plans.extend(self.of_task(at, id, run));
            }
        }
        plans
    }

    /// All that runs ends within three seconds.
    fn storm(&mut self, engine: &Engine) -> Plans {
        let ups = engine.vessels.values().filter(|it| it.is_up() && !it.is_task());
        let ups: Vec<(ContainerId, u32)> = ups.map(|it| (it.shown.id.clone(), it.run)).collect();
        let end = |(id, run)| Deed::End(id, run, 1, Why::ByItself);
        ups.into_iter().map(|up| (self.millis(1, 3_000), end(up))).collect()
    }

    fn of_running(&mut self, plan: &Plan, at: usize, id: ContainerId, run: u32) -> Plans {
        let now = Duration::ZERO;
        let code = self.dice.pick(&[1, 2, 137, 0]);
        let crash = (now, Deed::End(id.clone(), run, code, Why::ByItself));
        match self.dice.below(14) {
            4 => {
                let dies = Deed::End(id.clone(), run, 137, Why::ByItself);
                vec![(now, Deed::OutOfMemory(id)), (self.millis(1, 30), dies)]
            }
            5 => vec![(now, Deed::OutOfMemory(id))],
            6 => self.stop(&id, run, now),
            7 => self.restart(&id, run),
            8 => {
                let again = self.dice.below(2) == 0;
                self.remove(plan, &id, run, again)
            }
            9 if plan.labels.is_empty() && self.renames => self.rename(at, id),
            9 if plan.is_composed() => self.recreate(plan, &id, run),
            0..4 | 9 => vec![crash],
            10 => {
                let long = self.dice.below(2) == 0;
                let wait = if long { self.millis(20_000, 400_000) } else { self.millis(50, 1_500) };
                vec![(now, Deed::Pause(id.clone())), (wait, Deed::Unpause(id))]
            }
            11 if plan.has_check => {
                let well = Deed::Feel(id.clone(), run, Health::Healthy);
                let wait = self.millis(1_000, 400_000);
                vec![(now, Deed::Feel(id, run, Health::Unhealthy)), (wait, well)]
            }
            11 | 12 => {
                let killed = Deed::End(id.clone(), run, 137, Why::Asked);
                vec![(now, Deed::Signal(id, run, 9)), (self.millis(1, 30), killed)]
            }
            _ => vec![(now, Deed::Signal(id, run, 1))],
        }
    }

    /// `docker stop`: the order of death and `stop` is not fixed.
    fn stop(&mut self, id: &ContainerId, run: u32, after: Duration) -> Plans {
        let obeys = self.dice.below(4) > 0;
        let (takes, code) = if obeys {
            (self.millis(2, 400), self.dice.pick(&[0, 143]))
        } else {
            (Duration::from_secs(10), 137)
        };
        let ended = after + takes;
        let mut plans = vec![(after, Deed::Signal(id.clone(), run, 15))];
        if !obeys {
            plans.push((
                ended.saturating_sub(Duration::from_millis(2)),
                Deed::Signal(id.clone(), run, 9),
            ));
        }
        plans.push((ended, Deed::End(id.clone(), run, code, Why::Asked)));
        let said = Deed::Stopped(id.clone(), run);
        let early = Duration::from_micros(u64::try_from(self.dice.below(900)).unwrap());
        match self.dice.below(2) {
            0 => plans.push((ended.saturating_sub(early), said)),
            _ => plans.push((ended + self.millis(1, 17), said)),
        }
        plans
    }

    fn restart(&mut self, id: &ContainerId, run: u32) -> Plans {
        let mut plans = self.stop(id, run, Duration::ZERO);
        let stopped = plans.iter().map(|(after, _)| *after).max().unwrap_or_default();
        // `docker stop` and, a moment later, `docker start`; or `docker restart`.
        let by_hand = self.dice.below(3) == 0;
        let again = stopped + if by_hand { self.millis(500, 8_000) } else { self.millis(5, 400) };
        plans.push((again, Deed::Start(id.clone(), By::Person)));
        if !by_hand {
            let said = Deed::Says(id.clone(), Action::Restart);
            plans.push((again + self.millis(1, 10), said));
        }
        plans
    }

    /// `docker rm -f`, or `docker stop` and `docker rm`; and perhaps `docker run` after it.
    fn remove(&mut self, plan: &Plan, id: &ContainerId, run: u32, again: bool) -> Plans {
        let mut plans = if self.dice.below(2) == 0 {
            self.stop(id, run, Duration::ZERO)
        } else {
            let dies = Deed::End(id.clone(), run, 137, Why::Asked);
            vec![(Duration::ZERO, Deed::Signal(id.clone(), run, 9)), (self.millis(1, 50), dies)]
        };
        let down = plans.iter().map(|(after, _)| *after).max().unwrap_or_default();
        let gone = down + self.millis(1, 300);
        plans.push((gone, Deed::Remove(id.clone())));
        if again {
            let image = self.dice.pick(&["img:1", "img:2"]);
            let plan = Plan { image, ..plan.clone() };
            plans.push((gone + self.millis(100, 4_000), Deed::Make(plan.into(), true)));
        }
        plans
    }

    /// compose makes the new container before it stops the old one.
    fn recreate(&mut self, plan: &Plan, id: &ContainerId, run: u32) -> Plans {
        let made = self.made();
        let image = self.dice.pick(&["img:1", "img:2"]);
        let new = Plan { name: format!("{made}_{}", plan.name), image, ..plan.clone() };
        let mut plans = vec![(Duration::ZERO, Deed::Make(new.clone().into(), false))];
        plans.extend(self.stop(id, run, Duration::from_millis(20)));
        let down = plans.iter().map(|(after, _)| *after).max().unwrap_or_default();
        plans.push((down + self.millis(1, 50), Deed::Remove(id.clone())));
        plans.push((down + self.millis(60, 90), Deed::TakeOver(new.name, plan.name.clone())));
        plans
    }

    pub(super) fn take_over(
        &mut self,
        engine: &mut Engine,
        made: &str,
        name: &str,
        at: Timestamp,
    ) -> Plans {
        let named = |name: &str| {
            let mut all = engine.vessels.values();
            all.find(|it| it.shown.name == name).map(|it| it.shown.id.clone())
        };
        let (Some(id), None) = (named(made), named(name)) else { return Plans::new() };
        engine.rename(&id, name, at);
        let mut plans = Plans::new();
        if self.dice.below(8) == 0 {
            engine.vessels.get_mut(&id).unwrap().broken = true;
            plans.push((self.millis(1_000, 90_000), Deed::Mend(id.clone())));
        }
        // What it depends on may take its time to be healthy.
        let healthy = self.dice.below(3) == 0;
        let wait = if healthy { self.millis(5_000, 40_000) } else { self.millis(5, 600) };
        plans.push((wait, Deed::Start(id, By::Person)));
        plans
    }

    fn rename(&mut self, at: usize, id: ContainerId) -> Plans {
        let name = format!("web{at}-{}", self.made());
        self.plans[at].name.clone_from(&name);
        vec![(Duration::ZERO, Deed::Rename(id, name))]
    }

    /// A container for one task, removed by the Engine when it ends.
    fn job(&mut self) -> Plans {
        let name = format!("job-{}", self.made());
        let plan = Plan {
            auto_remove: true,
            purpose: Purpose::Job,
            ..plan(name, RestartPolicy::No, false, Labels::new())
        };
        vec![(Duration::ZERO, Deed::Make(plan.into(), true))]
    }
}
