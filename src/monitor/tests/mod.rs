//! The contract's tables, one line a row: containers and an event script in, what Slack is told out.

mod bench;
mod tables;
