//! When something is due, by identity: kept as accounts change, so that the next message is found
//! without going through all of them.

use std::collections::{BTreeMap, BTreeSet};

use super::{Account, FOLLOW_UPS_GATHER_WITHIN, GATHERS_FOR, More, can_wait};
use crate::monitor::identity::Identity;
use crate::monitor::moment::Moment;
use crate::monitor::settings::Settings;
use crate::monitor::timers::Timers;

/// When the first thing of each identity is due.
#[derive(Clone, Debug, Default)]
pub struct Due {
    /// What leaves as soon as it is due.
    urgent: Timers<Identity>,
    /// What waits for more of its kind.
    patient: Timers<Identity>,
    /// How much of each is kept one by one, follow-ups aside.
    entries: BTreeMap<Identity, usize>,
    total: usize,
    /// Whose account was changed since.
    stale: BTreeSet<Identity>,
}

/// It follows from the accounts.
impl PartialEq for Due {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Due {
    /// The account of an identity is about to be changed.
    pub(super) fn outdate(&mut self, identity: &Identity) {
        self.stale.insert(identity.clone());
    }

    /// Takes in the accounts that were changed.
    pub(super) fn update(&mut self, accounts: &BTreeMap<Identity, Account>, settings: &Settings) {
        for identity in std::mem::take(&mut self.stale) {
            let account = accounts.get(&identity);
            let owed = || {
                let account = account.into_iter();
                account.flat_map(|it| it.owed(settings.cooldown, settings.minimum_severity))
            };
            let first = |waits: bool| {
                owed().filter(|it| can_wait(it.alert) == waits).map(|it| it.due).min()
            };
            self.urgent.set(&identity, first(false));
            self.patient.set(&identity, first(true));
            let entries = account.map_or(0, Account::entries);
            self.total = self.total + entries - self.entries.remove(&identity).unwrap_or(0);
            if entries > 0 {
                self.entries.insert(identity, entries);
            }
        }
    }

    /// How much is kept one by one, follow-ups aside.
    pub(super) fn entries(&self) -> usize {
        self.total
    }

    /// When the next message has something to say.
    pub(super) fn first(&self, more: More) -> Option<Moment> {
        let patient = self.patient.first().map(|due| match more {
            More::Coming => due + GATHERS_FOR,
            More::NotKnown => due,
        });
        self.urgent.first().into_iter().chain(patient).min()
    }

    /// Those of whom something may leave with a message that leaves now.
    pub(super) fn due(&self, now: Moment) -> BTreeSet<&Identity> {
        let until = now + FOLLOW_UPS_GATHER_WITHIN;
        self.urgent.due(until).chain(self.patient.due(until)).collect()
    }
}
