//! Slack's edge: the webhook's address, the shapes of its bodies and the one POST that carries
//! them.

mod attachments;
mod blocks;
mod body;
pub mod courier;
mod markup;
pub mod mention;
mod page;
mod payload;
mod text;
mod tone;
pub mod webhook;

pub use body::{Body, bodies};
pub use mention::Mention;
pub use webhook::{Format, Shape, Webhook};
