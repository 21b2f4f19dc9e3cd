//! The simulation: seeded lives of containers, with events that are lost, repeated and overtaken,
//! connections that break, a dmon that is restarted, an Engine that ends and comes back, deploys,
//! jobs and storms, and a Slack that fails, delays and asks to wait; then an hour of calm; and judges
//! who know the truth.
//!
//! `DMON_SIMULATION_SEED=7 cargo test --test dmon simulation` plays one seed and, where anything is
//! wrong, tells the whole story of whom it is about.

mod engine;
mod host;
mod judges;
mod life;
mod outage;
mod people;
mod plan;
mod truth;
mod watcher;
mod weather;

use std::env;
use std::fmt::Write;
use std::thread;
use std::time::Duration;

use host::{Host, second};
use judges::Fault;

/// How many seeds are played.
const SEEDS: u64 = 500;

/// How long life goes on before the calm.
const LIFE: Duration = Duration::from_mins(90);

/// How much of a story is told around what is wrong, when many seeds are played.
const AROUND: Duration = Duration::from_mins(2);

#[test]
fn whatever_happens_slack_knows_the_truth() {
    if let Ok(seed) = env::var("DMON_SIMULATION_SEED") {
        let seed = seed.parse().expect("a seed is a number");
        let wrong = played(seed, Duration::from_hours(9));
        assert!(wrong.is_none(), "{}", wrong.unwrap_or_default());
        return;
    }
    let wrong = all_played();
    let Some((_, first)) = wrong.first() else { return };
    let mut all = String::new();
    for (seed, wrong) in &wrong {
        let _ = writeln!(all, "{seed}: {}", wrong.lines().next().unwrap_or_default());
    }
    panic!("{} of {SEEDS} seeds are wrong:\n{all}\n{first}", wrong.len());
}

/// Plays all seeds, as many at once as there are processors. The seeds that are wrong, and why.
fn all_played() -> Vec<(u64, String)> {
    let threads = u64::try_from(thread::available_parallelism().map_or(1, usize::from)).unwrap();
    let mut wrong: Vec<(u64, String)> = thread::scope(|scope| {
        let play = |first: u64| {
            let seeds = (first..SEEDS).step_by(usize::try_from(threads).unwrap());
            move || seeds.filter_map(|seed| Some((seed, played(seed, AROUND)?))).collect::<Vec<_>>()
        };
        let players: Vec<_> = (0..threads).map(|first| scope.spawn(play(first))).collect();
        players
            .into_iter()
            .flat_map(|player| player.join().expect("it tells, not panics"))
            .collect()
    });
    wrong.sort_unstable();
    wrong
}

/// Plays a seed. What is wrong, and the story around the first of it.
fn played(seed: u64, around: Duration) -> Option<String> {
    let mut host = Host::new(seed);
    host.live(LIFE);
    let faults = judges::judge(&host);
    let Fault { soul, at, what } = faults.first()?;
    let story = host.told_of(*soul, *at - around, *at + around);
    let (weather, more) = (&host.climate, faults.len() - 1);
    Some(format!("at {} {what} (and {more} more)\nseed {seed}: {weather:?}\n{story}", second(*at)))
}
