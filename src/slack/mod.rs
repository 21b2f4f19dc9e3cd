//! Slack's edge: the webhook's address, the shapes of its bodies and the one POST that carries them.

pub mod webhook;

pub use webhook::{Format, Shape, Webhook};
