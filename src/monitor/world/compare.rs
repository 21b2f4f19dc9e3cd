//! What must have happened between what is believed of a container and what an answer of the Engine
//! shows: a look ends in the same changes as events do.

use std::time::Duration;

use super::believed::{Age, Container, Details, SAME, distance};
use crate::monitor::change::{By, What};
use crate::monitor::container::{Health, Inspected, Listed, State, Status};
use crate::monitor::identity::Identity;
use crate::monitor::moment::{Clocks, Moment};
use crate::timestamp::Timestamp;

/// After a pause a health check counts as failed until its next probe has ended, and no event says
/// so: that long an answer `unhealthy` is not believed. The default interval of probes is 30 s.
const HEALTH_IN_DOUBT: Duration = Duration::from_mins(5);

/// The least age that a line leaves open which says that a run has lasted at most so long. The
/// Engine cuts seconds and minutes off; hours it rounds, and what that leaves open is no more than
/// half (`Up 2 hours` is from one and a half).
fn at_least(up_at_most: Duration) -> Duration {
    let (minute, hour) = (Duration::from_mins(1), Duration::from_hours(1));
    match up_at_most {
        seconds if seconds <= minute => seconds.saturating_sub(Duration::from_secs(1)),
        minutes if minutes <= hour => minutes.saturating_sub(minute),
        longer => longer / 2,
    }
}

impl Container {
    /// Whether a line of the list says what is believed already. A list has no name for one that is
    /// being removed, and no health for one that is paused.
    pub(super) fn agrees(&self, asked: Moment, line: &Listed, clocks: &Clocks) -> bool {
        self.status == line.status
            && !self.shows_new_run(asked, line, clocks)
            && (self.name == line.name || line.name.is_empty())
            && (line.status != Status::Running || self.health == line.health)
            && (line.status != Status::Exited || self.exit_code == line.exit_code)
            && (self.is_up_to_date() || !line.status.is_up())
    }

    /// Whether it was inspected, and not changed since.
    fn is_up_to_date(&self) -> bool {
        self.details.as_ref().is_some_and(|details| details.outdated.is_none())
    }

    /// Whether a line shows a run that began after the known one, after the last inspection, or after
    /// the last list. All that is compared are spans, so it does not matter whose clock is right. A
    /// run that began in the future, before the Engine's clock was set back, has no age that could be
    /// compared.
    fn shows_new_run(&self, asked: Moment, line: &Listed, clocks: &Clocks) -> bool {
        let Some(up_at_most) = line.up_at_most.map(|up| up + SAME) else { return false };
        if self.started_at.is_some_and(|began| clocks.is_ahead(began)) {
            return false;
        }
        let known = self.details.as_ref().map(|details| details.asked).max(self.began);
        let listed = self.listed.map(|age| age.at_least + asked.since(age.asked));
        known.is_some_and(|known| asked.since(known) > up_at_most)
            || listed.is_some_and(|up_at_least| up_at_least > up_at_most)
    }

    /// Remembers how long a line says that the present run has lasted.
    pub(super) fn note_age(&mut self, asked: Moment, line: &Listed) {
        self.listed =
            line.up_at_most.map(|up_at_most| Age { asked, at_least: at_least(up_at_most) });
    }

    /// Compares with a line of the list that is newer than everything that came in. Gives what must
    /// have happened since, as far as the line says.
    pub(super) fn compare_line(
        &mut self,
        asked: Moment,
        line: &Listed,
        clocks: &Clocks,
    ) -> Vec<What> {
        self.heard = self.heard.max(asked);
        let mut steps = Vec::new();
        match (self.status.is_up(), line.status.is_up()) {
            // The code that the run before ended with is not in the list.
            (true, true) if self.shows_new_run(asked, line, clocks) => {
                steps.push(What::Died { exit_code: None, from: self.status, unseen: 0 });
                steps.push(What::Started(By::Untold));
            }
            (true, false) if line.status != Status::Created => {
                let (exit_code, from) = (line.exit_code, self.status);
                steps.push(What::Died { exit_code, from, unseen: 0 });
            }
            (false, true) => steps.push(What::Started(By::Untold)),
            // One that was not seen before, or not since it was made, has run meanwhile.
            (false, false) if self.status == Status::Created && line.status.has_ended() => {
                steps.push(What::Started(By::Untold));
                let (exit_code, from) = (line.exit_code, Status::Running);
                steps.push(What::Died { exit_code, from, unseen: 0 });
            }
            _ => {}
        }
        match line.status {
            Status::Running => steps.push(What::Unpaused),
            Status::Paused => steps.push(What::Paused),
            Status::Created | Status::Removing => {}
            status => steps.push(What::Down(status)),
        }
        if line.status == Status::Running {
            steps.extend(line.health.map(What::Health));
        }
        steps.into_iter().filter_map(|what| self.set(None, asked, what)).collect()
    }

    /// Whether an inspection shows the run that is known.
    pub(super) fn matches(&self, state: &State) -> bool {
        self.status == state.status && !self.is_new_run(state)
    }

    /// Whether an inspection shows a run that began after the one that is known.
    fn is_new_run(&self, state: &State) -> bool {
        match (self.started_at, state.started_at) {
            (Some(known), Some(seen)) => distance(seen, known) > SAME,
            (None, Some(_)) => self.status == Status::Created,
            (_, None) => false,
        }
    }

    /// Compares with an inspection that is newer than everything heard. Gives what must have
    /// happened since, in its order.
    pub(super) fn compare(
        &mut self,
        asked: Moment,
        seen: &Inspected,
        clocks: &Clocks,
    ) -> Vec<(Option<Timestamp>, What)> {
        let mut changes = Vec::new();
        for (at, what) in self.steps_to(asked, seen) {
            if matches!(what, What::Paused | What::Unpaused) {
                self.paused = Some(asked);
            }
            let moment = at.map_or(asked, |at| clocks.moment_of(at));
            changes.extend(self.set(at, moment, what).map(|what| (at, what)));
        }
        if self.doubts_health(asked) && seen.state.health == Some(Health::Unhealthy) {
            self.health = self.health.min(Some(Health::Starting));
        }
        self.learn(asked, seen, clocks);
        let started = changes.iter().any(|(_, what)| matches!(what, What::Started(_)));
        if let Some(details) = self.details.as_mut().filter(|_| started) {
            details.showed_run = Some(clocks.moment);
        }
        changes
    }

    /// What must have happened between what is believed and what an inspection shows. A step of
    /// which the Engine wrote down no time has none.
    fn steps_to(&self, asked: Moment, seen: &Inspected) -> Vec<(Option<Timestamp>, What)> {
        let state = &seen.state;
        let mut steps = self.runs_to(seen);
        if self.name != seen.name {
            steps.push((None, What::Renamed(seen.name.clone())));
        }
        match state.status {
            Status::Running if self.status == Status::Paused => steps.push((None, What::Unpaused)),
            Status::Paused => steps.push((None, What::Paused)),
            // What is being removed is still what it was.
            Status::Running | Status::Created | Status::Removing => {}
            status => steps.push((None, What::Down(status))),
        }
        let in_doubt = self.doubts_health(asked);
        match state.health.filter(|_| state.status == Status::Running) {
            None => {}
            Some(Health::Unhealthy) if in_doubt => {}
            Some(health) => steps.push((None, What::Health(health))),
        }
        let known = self.details.as_ref().map(|details| details.error.as_str());
        if !state.error.is_empty() && known.is_some_and(|known| known != state.error) {
            steps.push((None, What::StartFailed));
        }
        steps
    }

    /// Whether a check that failed says nothing: it was paused not long ago.
    fn doubts_health(&self, asked: Moment) -> bool {
        self.paused.is_some_and(|paused| asked.since(paused) < HEALTH_IN_DOUBT)
    }

    /// The starts and ends among [`Self::steps_to`].
    fn runs_to(&self, seen: &Inspected) -> Vec<(Option<Timestamp>, What)> {
        let state = &seen.state;
        let (was_up, is_up, new_run) =
            (self.status.is_up(), state.status.is_up(), self.is_new_run(state));
        let known = self.details.as_ref().map_or(seen.restart_count, |it| it.restart_count);
        let restarts = seen.restart_count.saturating_sub(known);
        // The count rises when the policy decides to start it again, not when it does.
        let was_waiting = self.status == Status::Restarting && seen.restart_count > 0;
        let by = if restarts > 0 || was_waiting { By::Policy } else { By::Somebody };
        let missed = restarts.saturating_sub(self.uncounted);
        let from = if was_up { self.status } else { Status::Running };
        let died = |exit_code, unseen| What::Died { exit_code, from, unseen };
        // The count takes in the death that its policy answers, or tries to, and none that it leaves.
        let goes_on = state.status == Status::Restarting || !state.error.is_empty();
        let before = |deaths: u32| deaths.saturating_sub(u32::from(goes_on));
        let mut steps = Vec::new();
        if !was_up && is_up && missed > 0 {
            steps.push((None, What::Started(by)));
        }
        if (was_up && new_run) || (!was_up && is_up && missed > 0) {
            // Its own code is lost: the Engine keeps the last one only.
            let at = state.finished_at.filter(|_| is_up).or(state.started_at);
            steps.push((at, died(None, before(missed.saturating_sub(1)))));
        }
        if new_run || (is_up && !was_up) {
            steps.push((state.started_at, What::Started(by)));
        }
        if !is_up && (was_up || new_run) && state.status != Status::Created {
            let unseen = if was_up && new_run { 0 } else { before(missed) };
            steps.push((state.finished_at, died(Some(state.exit_code), unseen)));
        }
        steps
    }

    /// Takes over what an inspection tells besides what can change by itself.
    pub(super) fn learn(&mut self, asked: Moment, seen: &Inspected, clocks: &Clocks) {
        let state = &seen.state;
        self.heard = self.heard.max(asked);
        self.image.clone_from(&seen.image);
        self.labels.clone_from(&seen.labels);
        self.identity = Identity::of(&self.name, &self.labels);
        if let Some(began) = state.started_at {
            if self.started_at.is_none_or(|known| distance(known, began) > SAME) {
                self.began = (!clocks.is_ahead(began)).then(|| clocks.moment_of(began));
            }
            self.started_at = Some(began);
        }
        self.uncounted = 0;
        match state.status {
            Status::Running if state.health.is_none() => self.health = None,
            // Its first inspection tells that it has a check.
            Status::Running if self.health.is_none() => self.health = state.health,
            Status::Exited | Status::Dead | Status::Restarting => {
                self.exit_code = Some(state.exit_code);
            }
            _ => {}
        }
        let showed_run = self.details.as_ref().and_then(|details| details.showed_run);
        let outdated = self.details.as_ref().and_then(|details| details.outdated);
        let outdated = outdated.filter(|since| *since > asked);
        self.details = Some(Details {
            asked,
            showed_run,
            outdated,
            restart_count: seen.restart_count,
            restart_policy: seen.restart_policy,
            stop_signal: seen.stop_signal.clone(),
            auto_remove: seen.auto_remove,
            interactive: seen.tty && seen.open_stdin,
            memory_limit_bytes: seen.memory_limit_bytes,
            ports: seen.ports.clone(),
            oom_killed: state.oom_killed,
            error: state.error.clone(),
            probe_output: state.last_probe_output.clone(),
        });
    }
}
