//! What is remembered of each identity, and what follows from it: problems, notices, or nothing to
//! report.
//!
//! [`Tracks::apply`] writes a change down; [`Tracks::evaluate`] judges what can be judged and gives
//! [`Finding`]s, one file a question. Nothing here sends anything or asks anybody: the findings do.

mod apply;
mod arrival;
mod baseline;
mod blind;
mod death;
mod evaluation;
mod exclusion;
mod finding;
mod gathering;
mod health;
mod job;
mod judge;
mod memory;
mod outcome;
mod pause;
mod policy;
mod problems;
mod recovery;
mod rules;
mod start;
pub mod subject;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

pub(in crate::monitor) use evaluation::Env;
pub(in crate::monitor) use finding::{Closing, Finding, Question, Transition, Unreported};
pub(in crate::monitor) use judge::{ANSWER_WITHIN, Intents, SWARM_REPLACES_WITHIN};

use evaluation::Evaluation;

use crate::monitor::container::ContainerId;
use crate::monitor::effect::Reason;
use crate::monitor::identity::Identity;
use crate::monitor::ledger::Ledger;
use crate::monitor::moment::Moment;
use crate::monitor::subject::Subject;
use crate::monitor::timers::Timers;

/// An identity that is gone is remembered this long.
const REMEMBERED_FOR: Duration = Duration::from_hours(7 * 24);

/// No more identities than this are remembered after they are gone; the oldest are forgotten first.
const REMEMBERED_AT_MOST: usize = 1_000;

/// All identities.
#[derive(Clone, Debug)]
pub(in crate::monitor) struct Tracks {
    /// What is remembered of each.
    subjects: BTreeMap<Identity, Subject>,
    /// Of which something changed that has not been judged yet.
    touched: BTreeSet<Identity>,
    /// When each is to be judged again, though nothing of it changes.
    waits: Timers<Identity>,
    /// Those with a death that is not judged yet.
    dead: BTreeSet<Identity>,
    /// Those with something that somebody asked for and that has not come to its end.
    coming: BTreeSet<Identity>,
    /// When a task of each Swarm service was last started on request.
    updated: BTreeMap<String, Moment>,
    /// Rises with each change of what is remembered.
    revision: u64,
}

impl Tracks {
    /// Goes on with what is remembered. What of it was reported, the ledger knows.
    pub(in crate::monitor) fn new(
        mut subjects: BTreeMap<Identity, Subject>,
        ledger: &Ledger,
    ) -> Self {
        for (identity, subject) in &mut subjects {
            subject.problems.restore(ledger.incident(identity));
        }
        let identities: Vec<Identity> = subjects.keys().cloned().collect();
        let mut tracks = Self {
            touched: identities.iter().cloned().collect(),
            subjects,
            waits: Timers::default(),
            dead: BTreeSet::new(),
            coming: BTreeSet::new(),
            updated: BTreeMap::new(),
            revision: 0,
        };
        for identity in &identities {
            tracks.index(identity);
            let run = tracks.subjects.get(identity).and_then(|subject| subject.run.as_ref());
            if let Some(known) = run.map(|run| run.sign.known) {
                tracks.note_start(identity, known);
            }
        }
        tracks
    }

    /// Keeps the sets that say which identities are of interest, after one of them was changed.
    fn index(&mut self, identity: &Identity) {
        let subject = self.subjects.get(identity);
        let is_in = |set: &mut BTreeSet<Identity>, holds: bool| {
            if !holds {
                set.remove(identity);
            } else if !set.contains(identity) {
                set.insert(identity.clone());
            }
        };
        is_in(&mut self.dead, subject.is_some_and(|it| it.death.is_some()));
        is_in(&mut self.coming, subject.is_some_and(gathering::is_coming));
    }

    /// What is to be written to disk.
    pub(in crate::monitor) fn subjects(&self) -> &BTreeMap<Identity, Subject> {
        &self.subjects
    }

    /// Rises with each change of what is to be written to disk.
    pub(in crate::monitor) fn revision(&self) -> u64 {
        self.revision
    }

    /// Has an identity judged anew.
    pub(in crate::monitor) fn touch(&mut self, identity: &Identity) {
        self.touched.insert(identity.clone());
    }

    /// Has all deaths judged anew that are still open.
    pub(in crate::monitor) fn touch_deaths(&mut self) {
        self.touched.extend(self.dead.iter().cloned());
    }

    /// Judges what changed and what is due.
    pub(in crate::monitor) fn evaluate(&mut self, env: &Env, found: &mut Vec<Finding>) {
        self.touched.extend(self.waits.due(env.now()).cloned());
        for identity in std::mem::take(&mut self.touched) {
            let before = self.subjects.get(&identity).cloned();
            let wait = self.at(&identity, env, found).and_then(Evaluation::all);
            self.revision += u64::from(self.subjects.get(&identity) != before.as_ref());
            self.waits.set(&identity, wait);
            self.index(&identity);
        }
    }

    /// When [`Self::evaluate`] has something to do though nothing changes.
    pub(in crate::monitor) fn deadline(&self) -> Option<Moment> {
        self.waits.first()
    }

    /// Forgets who has been gone for long, unless something of it is `pending`. Gives them.
    pub(in crate::monitor) fn forget(
        &mut self,
        now: Moment,
        pending: impl Fn(&Identity) -> bool,
    ) -> Vec<Identity> {
        let gone = self.subjects.iter();
        let mut gone: Vec<(Moment, Identity)> = gone
            .filter_map(|(identity, subject)| Some((subject.gone?, identity.clone())))
            .collect();
        gone.sort();
        let too_many = gone.len().saturating_sub(REMEMBERED_AT_MOST);
        let is_over = |at: usize, since: Moment| at < too_many || now >= since + REMEMBERED_FOR;
        let gone = gone.into_iter().enumerate().filter(|(at, (since, _))| is_over(*at, *since));
        let forgotten: Vec<Identity> =
            gone.map(|(_, (_, identity))| identity).filter(|it| !pending(it)).collect();
        for identity in &forgotten {
            self.subjects.remove(identity);
            self.waits.set(identity, None);
            self.index(identity);
        }
        self.revision += u64::from(!forgotten.is_empty());
        forgotten
    }

    /// Containers that something waits for: no event tells of a start that failed.
    pub(in crate::monitor) fn awaited(&self, env: &Env) -> Vec<ContainerId> {
        let container = |identity: &Identity| {
            let subject = self.subjects.get(identity)?;
            let successor = env.successor(identity, subject).map(|(id, _)| id.clone());
            successor.or(subject.container.clone())
        };
        self.dead.iter().filter_map(container).collect()
    }

    /// The Engine is away: nothing that is open is judged.
    pub(in crate::monitor) fn engine_is_away(&mut self, env: &Env, found: &mut Vec<Finding>) {
        for identity in &self.dead.clone() {
            if let Some(mut evaluation) = self.at(identity, env, found) {
                evaluation.suppress("ended", Reason::EngineAway);
            }
        }
    }

    /// Whether a death of this container is not judged yet.
    pub(in crate::monitor) fn has_open_death(&self, id: &ContainerId) -> bool {
        self.dead_in(id).is_some()
    }

    fn dead_in(&self, id: &ContainerId) -> Option<&Identity> {
        let death =
            |identity| self.subjects.get(identity).and_then(|it: &Subject| it.death.as_ref());
        self.dead.iter().find(|identity| death(identity).is_some_and(|it| it.container == *id))
    }

    /// Takes in the last log lines of a container that died.
    pub(in crate::monitor) fn logs(&mut self, id: &ContainerId, lines: Vec<String>) {
        let Some(identity) = self.dead_in(id).cloned() else { return };
        let subject = self.subjects.get_mut(&identity);
        if let Some(death) = subject.and_then(|subject| subject.death.as_mut()) {
            death.log = Some(lines);
            self.revision += 1;
            self.touched.insert(identity);
        }
    }

    /// One identity, to be judged.
    fn at<'a>(
        &'a mut self,
        identity: &'a Identity,
        env: &'a Env,
        found: &'a mut Vec<Finding>,
    ) -> Option<Evaluation<'a>> {
        let subject = self.subjects.get_mut(identity)?;
        Some(Evaluation::new(identity, subject, env, found))
    }
}
