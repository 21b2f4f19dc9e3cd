//! What the tests share: dmon as a process, scripted and real Engines, a scripted Slack.

pub(crate) mod alerts;
pub(crate) mod binary;
pub(crate) mod compose;
pub(crate) mod defaults;
pub(crate) mod docker;
pub(crate) mod engine;
pub(crate) mod golden;
pub(crate) mod messages;
pub(crate) mod private_engine;
pub(crate) mod process;
pub(crate) mod random;
pub(crate) mod real_engine;
pub(crate) mod reports;
pub(crate) mod slack;
pub(crate) mod slack_limits;
pub(crate) mod tls;
pub(crate) mod watching;
