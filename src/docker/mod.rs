//! The Engine's edge: its address, HTTP by hand, its JSON, and the nouns of `monitor::container`
//! made of it.

pub mod endpoint;
pub mod http;
#[cfg(test)]
mod recordings;
pub mod wire;

pub use endpoint::Endpoint;
