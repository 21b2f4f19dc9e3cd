//! What is wrong with an identity. Here, and nowhere else, an outage begins and ends: with the first
//! problem, and once there is none and the container is well.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::finding::{Closing, Transition};
use crate::monitor::alert::Alert;
use crate::monitor::ledger::Incident;
use crate::monitor::subject::Symptom;

/// What is wrong with an identity.
#[derive(Clone, Debug, Default)]
pub struct Problems {
    by_symptom: BTreeMap<Symptom, Alert>,
    /// The worst, as it was handed on last, while the outage goes on.
    reported: Option<Box<Alert>>,
}

/// Two that are written to disk alike: what was handed on, the ledger knows.
impl PartialEq for Problems {
    fn eq(&self, other: &Self) -> bool {
        self.by_symptom == other.by_symptom
    }
}

impl Problems {
    /// The problems as they are written to disk.
    pub fn by_symptom(&self) -> &BTreeMap<Symptom, Alert> {
        &self.by_symptom
    }

    /// Problems as they were written to disk.
    pub fn of(by_symptom: BTreeMap<Symptom, Alert>) -> Self {
        Self { by_symptom, reported: None }
    }

    /// Goes on with the outage that the ledger knows of.
    pub(super) fn restore(&mut self, incident: Option<&Incident>) {
        let open = incident.filter(|incident| incident.recovery.is_none());
        self.reported = open.map(|incident| Box::new(incident.problem.clone()));
    }

    /// Something is wrong.
    pub(super) fn set(&mut self, symptom: Symptom, alert: Alert) {
        self.by_symptom.insert(symptom, alert);
    }

    /// Something was wrong when dmon first looked: the start message says so.
    pub(super) fn found(&mut self, symptom: Symptom, alert: Alert) {
        self.reported = Some(Box::new(alert.clone()));
        self.set(symptom, alert);
    }

    /// It is not any more.
    pub(super) fn clear(&mut self, symptom: Symptom) {
        self.by_symptom.remove(&symptom);
    }

    /// Nothing is.
    pub(super) fn clear_all(&mut self) {
        self.by_symptom.clear();
    }

    /// Drops those that are over.
    pub(super) fn retain(&mut self, goes_on: impl Fn(Symptom) -> bool) {
        self.by_symptom.retain(|symptom, _| goes_on(*symptom));
    }

    /// Whether this is wrong.
    pub(super) fn has(&self, symptom: Symptom) -> bool {
        self.by_symptom.contains_key(&symptom)
    }

    /// What there is to say of that.
    pub(super) fn get(&self, symptom: Symptom) -> Option<&Alert> {
        self.by_symptom.get(&symptom)
    }

    /// Whether nothing is wrong.
    pub(super) fn is_empty(&self) -> bool {
        self.by_symptom.is_empty()
    }

    /// Whether the outage goes on, as far as was handed on.
    pub(super) fn is_open(&self) -> bool {
        self.reported.is_some()
    }

    /// All alerts, where the identity gets another name.
    pub(super) fn alerts_mut(&mut self) -> impl Iterator<Item = &mut Alert> {
        self.by_symptom.values_mut().chain(self.reported.as_deref_mut())
    }

    /// Goes on with the outage of another one, unless there is one already.
    pub(super) fn take_over(&mut self, other: Self) {
        self.reported = self.reported.take().or(other.reported);
    }

    /// What there is to hand on of the problems there are.
    pub(super) fn transitions(&mut self) -> Vec<Transition> {
        let worst = self
            .by_symptom
            .iter()
            .max_by_key(|(symptom, alert)| (alert.severity, Reverse(**symptom)));
        let Some((_, alert)) = worst else { return Vec::new() };
        let alert = alert.clone();
        let counts = self.by_symptom.values_mut().map(|it| (it.id, it.repeat.take()));
        let others: u32 = counts
            .filter(|(id, _)| *id != alert.id)
            .map(|(_, repeat)| repeat.map_or(0, |repeat| repeat.times))
            .fold(0, u32::saturating_add);
        let reported = Alert { repeat: None, ..alert.clone() };
        let before = self.reported.replace(Box::new(reported));
        let worst = match before {
            None => Some(Transition::Opened(alert)),
            Some(before) if *before == alert => None,
            Some(_) => Some(Transition::Changed(alert)),
        };
        let others = (others > 0).then_some(Transition::Again(others));
        worst.into_iter().chain(others).collect()
    }

    /// The outage ends, if there is one.
    pub(super) fn close(&mut self, closing: Closing) -> Option<Transition> {
        self.reported.take().map(|_| Transition::Closed(closing))
    }
}
