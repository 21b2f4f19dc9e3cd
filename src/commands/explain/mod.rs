//! `dmon explain`: what the rules make of a recording. Needs no Engine and no Slack.

mod engine;
mod recording;
mod replay;

pub use recording::{Recording, Snapshot};
pub use replay::{Line, Said, replay};
