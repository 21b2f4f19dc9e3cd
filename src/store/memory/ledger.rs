//! Mirrors of `monitor::ledger`.

use crate::monitor::{effect, ledger, severity};
use crate::store::memory::alert::Alert;
use crate::store::memory::mirror::{Entries, Mirror, Moment, Span, Timestamp};
use crate::store::memory::subject::Identity;

mirror! {
    struct Ledger = ledger::Ledger {
        accounts: Entries<Identity, Account>,
        crowd: Vec<Crowd>,
        pace: Pace,
        ..{ under_way: None, revision: 0 }
    }

    /// Of what is missing there is nothing.
    #[derive(Default)]
    #[serde(default)]
    struct Account = ledger::Account {
        incident: Option<Incident>,
        recovered: Option<Moment>,
        notices: Vec<Notice>,
        widening: Option<Widening>,
    }

    struct Incident = ledger::Incident {
        began: Timestamp,
        #[serde(default)]
        opened: Moment,
        problem: Alert,
        changed: Moment,
        times: u32,
        recovery: Option<Recovery>,
        trust: Trust,
        told: Option<Told>,
    }

    struct Recovery = ledger::Recovery {
        since: Moment,
        alert: Alert,
        unsure: Option<Moment>,
    }

    enum Trust = ledger::Trust {
        AtOnce,
        AfterCooldown,
    }

    struct Told = ledger::Told {
        at: Moment,
        severity: Severity,
        gravity: Gravity,
        follow_ups: u32,
    }

    enum Severity = severity::Severity {
        Info,
        Warning,
        Critical,
    }

    enum Gravity = ledger::Gravity {
        Passing,
        Lasting,
        Final,
    }

    /// One that was under way is owed again: nobody will tell what became of its batch.
    struct Notice = ledger::Notice {
        due: Moment,
        alert: Alert,
        ..{ batch: None }
    }

    struct Widening = ledger::Widening {
        wait: Span,
        next: Moment,
        last: Moment,
    }

    struct Crowd = effect::Crowd {
        title: String,
        image: String,
        count: u32,
    }

    #[derive(Default)]
    #[serde(default)]
    struct Pace = ledger::Pace {
        next: Moment,
        storm: u32,
        failures: u32,
        batches: u64,
    }
}
