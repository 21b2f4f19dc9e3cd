//! Everything that goes out over HTTP and HTTPS: proxies, certificates, timeouts, one request at a
//! time, and the words for what fails on the way. What an answer means is its receiver's matter, and
//! nothing here tries again. A URL may be a secret as a whole: no error shows any of it.

mod client;
mod connector;
mod fault;
mod network;
mod proxy;
mod tls;

pub use client::{Answer, Client, Target};
pub use fault::Fault;
pub use network::{Network, Timeouts};
pub use ureq::http::Uri;

use std::net::IpAddr;

/// Whether a host of a URL is this machine.
pub fn is_loopback(host: &str) -> bool {
    let address = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    match address.parse::<IpAddr>() {
        Ok(address) => address.is_loopback(),
        Err(_) => host == "localhost" || host.ends_with(".localhost"),
    }
}
