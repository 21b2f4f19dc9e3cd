//! Clocks that step: the host's, the Engine's, or one that they share.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use dmon::monitor::alert::{Alert, Kind};
use dmon::monitor::identity::Identity;
use dmon::timestamp::Timestamp;

use super::host::Host;
use super::judges::is_problem;
use super::story::{second, told};

/// Whose clock steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    /// The Engine is on this host.
    Both,
    Host,
    Engine,
}

/// By how many milliseconds.
const STEPS: [i64; 8] = [-7_200_000, 7_200_000, -86_400_000, -61_000, -3_000, 3_000, -400, 40_000];

impl Host {
    /// Somebody sets a clock.
    pub(super) fn clock_trouble(&mut self) {
        let side = if self.climate.is_remote {
            self.hands.pick(&[Side::Host, Side::Engine])
        } else {
            Side::Both
        };
        let step = self.hands.pick(&STEPS);
        if side != Side::Engine {
            self.wall_is_ahead += step * 1_000_000;
        }
        if side != Side::Host {
            self.engine.clock_is_ahead += step * 1_000_000;
        }
        self.note(|host| {
            let (wall, engine) = (host.wall(), host.engine.stamp(host.now()));
            let shown = (second(wall), second(engine));
            (None, format!("CLOCK {side:?} {step} ms: now {shown:?}"))
        });
    }
}

/// What differs between a simulation and the same one with clocks that step. A clock that goes back
/// makes dmon catch up, and what happened then is told with less detail (who asked for it), sooner
/// or later. So two things are compared: whether the incident of each container is open in the end,
/// and how long an incident lasted that ended at the same time in both.
pub(super) fn difference(straight: &Host, stepped: &Host) -> Option<String> {
    let (one, other) = (by_identity(straight), by_identity(stepped));
    let all: BTreeSet<_> = one.keys().chain(other.keys()).copied().collect();
    all.into_iter().find_map(|whom| {
        let (one, other) = (one.get(whom), other.get(whom));
        let one = one.map_or(&[][..], Vec::as_slice);
        let other = other.map_or(&[][..], Vec::as_slice);
        if is_open(one) != is_open(other) {
            let what = "clocks that step leave an incident open or over that is not otherwise";
            return Some(format!("{what}: {}", shown(*other.last().or(one.last())?)));
        }
        let (before, after) =
            pairs(one, other).find(|(one, other)| one.1.abs_diff(other.1) > FOUND_WITHIN)?;
        let (before, after) = (shown(before.0), shown(after.0));
        Some(format!("clocks that step change a duration: {after} and not {before}"))
    })
}

/// When it was told, and what.
type Said<'a> = (Timestamp, &'a Alert);

/// An end that was told, and how long what ended had lasted.
type End<'a> = (Said<'a>, Duration);

fn by_identity(host: &Host) -> BTreeMap<&Identity, Vec<Said<'_>>> {
    let mut all = BTreeMap::<_, Vec<Said>>::new();
    for post in &host.posts {
        for alert in &post.alerts {
            all.entry(&alert.identity).or_default().push((post.at, alert));
        }
    }
    all
}

/// Whether the last incident is open.
fn is_open(said: &[Said]) -> bool {
    let ends = |alert: &Alert| matches!(alert.kind, Kind::Recovered { .. } | Kind::Removed { .. });
    let last = said.iter().rev().find(|(_, alert)| is_problem(alert) || ends(alert));
    last.is_some_and(|(_, alert)| is_problem(alert) && alert.ended.is_none())
}

/// The ends that were told of at the same time in both, of incidents of as many deaths.
fn pairs<'a>(one: &[Said<'a>], other: &[Said<'a>]) -> impl Iterator<Item = (End<'a>, End<'a>)> {
    let other = ends(other);
    ends(one).into_iter().filter_map(move |end| {
        let is_same = |((at, alert), _): &&End| {
            let (then, before) = end.0;
            at.since(then).max(then.since(*at)) <= FOUND_WITHIN && times(alert) == times(before)
        };
        Some((end, *other.iter().find(is_same)?))
    })
}

fn ends<'a>(said: &[Said<'a>]) -> Vec<End<'a>> {
    let lasted = |alert: &Alert| match &alert.kind {
        Kind::Recovered { lasted, .. } | Kind::EngineReachable { lasted, .. } => Some(*lasted),
        _ => None,
    };
    said.iter().filter_map(|said| Some((*said, lasted(said.1)?))).collect()
}

fn times(alert: &Alert) -> u32 {
    alert.repeat.map_or(1, |repeat| repeat.times)
}

fn shown((at, alert): Said) -> String {
    format!("{} {}", second(at), told(alert))
}

/// What is found by listing is found an interval sooner or later.
const FOUND_WITHIN: Duration = Duration::from_secs(12);
