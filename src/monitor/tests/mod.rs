//! The contract's tables, one line a row: containers and an event script in, what Slack is told out.

mod answers;
pub(super) mod bench;
mod engine;
mod faults;
mod groups;
mod looks;
mod matrix;
mod pace;
mod script;
mod single;

use bench::Bench;

/// Plays a script and compares what Slack was told, with the second of each message.
fn check(containers: &str, script: &str, expected: &[&str]) {
    let mut bench = Bench::new(containers);
    bench.play(script);
    assert_eq!(bench.told(), expected, "{containers} | {script}\nheld: {:#?}", bench.held);
}
