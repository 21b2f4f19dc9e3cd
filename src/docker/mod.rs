//! The Engine's edge: its address, HTTP by hand, its JSON, and the nouns of `monitor::container`
//! made of it.

pub mod ask;
mod client;
mod connection;
pub mod endpoint;
mod error;
pub mod http;
pub mod listen;
pub mod logs;
pub mod own;
#[cfg(test)]
mod recordings;
mod remedy;
mod socket;
pub mod stats;
mod stream;
mod targets;
pub mod wire;

pub use client::{ANSWER_TIMEOUT, AT_ONCE_MAX, BODY_BYTES_MAX, Client};
pub use connection::Response;
pub use endpoint::Endpoint;
pub use error::{Error, Obstacle};
pub use remedy::Remedy;
pub use stream::{Heard, STREAM_LINE_BYTES_MAX, Stream};
