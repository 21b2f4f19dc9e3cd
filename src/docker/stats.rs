//! What a container uses, computed from the Engine's counters as `docker stats` computes it.
//!
//! One-shot answers carry no reading before, so the use of the processors comes from two readings.
//! The host's time advances in steps of 10 ms a processor: readings a second apart make that an
//! error of one percent of the value, closer ones a larger one.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::Error;
use super::wire::{Cpu, Stats};
use crate::monitor::container::{ContainerId, Engine, Usage};

/// How far apart two readings should be asked for. An Engine that collects once a second and
/// answers then (20.10) has a new reading exactly when this has passed since the last.
const APART: Duration = Duration::from_secs(1);

/// The counters of many containers at about one time.
#[derive(Debug)]
pub struct Sample {
    /// When they were asked for.
    pub asked: Instant,
    /// The counters of those that answered.
    pub stats: BTreeMap<ContainerId, Stats>,
    /// Those that gave none though they may run, and why.
    pub failed: Vec<(ContainerId, Error)>,
}

impl Sample {
    /// How long to wait yet before the next sample is worth taking.
    pub fn rest(&self, now: Instant) -> Duration {
        APART.saturating_sub(now.saturating_duration_since(self.asked))
    }

    /// What each container of this sample uses on that host, given one before it.
    pub fn usage(&self, before: &Self, host: &Engine) -> BTreeMap<ContainerId, Usage> {
        let pairs = self.stats.iter().map(|(id, now)| (id, before.stats.get(id), now));
        pairs.map(|(id, before, now)| (id.clone(), usage(before, now, host))).collect()
    }
}

/// What a container uses now, given its counters before; without them the processors' share comes
/// from what the Engine itself read before, where it says so. All unknown of a container that does
/// not run. What the host cannot have is unknown too: counters underflow, and some are negative.
pub fn usage(before: Option<&Stats>, now: &Stats, host: &Engine) -> Usage {
    if now.read.is_none() {
        return Usage::default();
    }
    let cpu_percent = match (before, now.cpu_before) {
        (Some(before), _) => cpu_percent(before.cpu, now.cpu, time_between(before, now)),
        (None, Some(before)) => cpu_percent(before, now.cpu, None),
        (None, None) => None,
    };
    Usage {
        cpu_percent: cpu_percent.filter(|percent| *percent <= cpu_percent_max(now.cpu, host)),
        memory_bytes: memory_bytes(now, host),
        memory_limit_bytes: now.memory_limit_bytes.filter(|limit| (1..NO_LIMIT).contains(limit)),
        net_rx_bytes: transferred(now.net_rx_bytes),
        net_tx_bytes: transferred(now.net_tx_bytes),
        block_read_bytes: transferred(now.block_read_bytes),
        block_write_bytes: transferred(now.block_write_bytes),
        pids: now.pids.filter(|pids| *pids <= PIDS_MAX),
    }
}

fn memory_bytes(now: &Stats, host: &Engine) -> Option<u64> {
    let has =
        |used: &u64| *used < NO_LIMIT && (host.memory_bytes == 0 || *used <= host.memory_bytes);
    let used = now.memory_bytes.filter(has)?;
    let inactive = now.inactive_file_bytes?;
    // As `docker stats`: what makes no sense is not subtracted.
    Some(if inactive < used { used - inactive } else { used })
}

/// All of the host's processors at work, and a tenth more: the two clocks are not read at the same
/// instant. Where the Engine does not say how many there are, those that the container may use.
fn cpu_percent_max(now: Cpu, host: &Engine) -> f64 {
    let known = Some(host.processors).filter(|number| *number > 0);
    known.or(now.online).map_or(f64::INFINITY, |processors| f64::from(processors) * 110.0)
}

fn transferred(bytes: Option<u64>) -> Option<u64> {
    bytes.filter(|bytes| *bytes < TRANSFERRED_MAX)
}

/// cgroups write "no limit" as the largest number of pages that fits; no host has a 64th of it.
const NO_LIMIT: u64 = 1 << 57;

/// The most processes and threads that Linux counts (`PID_MAX_LIMIT`).
const PIDS_MAX: u64 = 1 << 22;

/// A line of 400 Gbit/s takes six years for as much; a counter that went below zero stands above it.
const TRANSFERRED_MAX: u64 = 1 << 63;

/// The share of one processor that was used in the time by the host's own clock, or else in `wall`,
/// the time between the readings. `None` where no time passed, or a counter went back: the
/// container was started anew, or the host was.
#[expect(clippy::cast_precision_loss, reason = "a share needs fewer digits than a counter has")]
fn cpu_percent(before: Cpu, now: Cpu, wall: Option<Duration>) -> Option<f64> {
    let used = now.container_ns?.checked_sub(before.container_ns?)? as f64;
    let passed = match (before.host_ns, now.host_ns, now.online) {
        (Some(before), Some(now), Some(online)) => {
            now.checked_sub(before)? as f64 / f64::from(online)
        }
        _ => wall?.as_nanos() as f64,
    };
    (passed > 0.0).then(|| used / passed * 100.0)
}

fn time_between(before: &Stats, now: &Stats) -> Option<Duration> {
    Some(now.read?.since(before.read?))
}

#[cfg(test)]
mod tests;
