//! Which proxy leads to a receiver, if any: decided by its scheme and host, as other programs read
//! these variables. ureq's own reading takes one proxy for all URLs.

use std::ffi::OsString;
use std::net::IpAddr;

use ureq::http::Uri;
use ureq::{Proxy, ProxyProtocol};

use crate::secret::Secret;

/// The proxies of an environment. `Debug` shows no credentials.
#[derive(Clone, Debug, Default)]
pub struct Proxies {
    https: Option<Setting>,
    http: Option<Setting>,
    exceptions: Vec<Exception>,
}

/// A variable and its value, which may hold a password.
#[derive(Clone, Debug)]
struct Setting {
    variable: &'static str,
    url: Secret,
}

/// What `NO_PROXY` excepts.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Exception {
    Everything,
    /// A host and its sub-domains, or an address; with a port only that.
    Host {
        name: String,
        port: Option<u16>,
    },
    /// The addresses that begin with so many bits of this one.
    Range {
        address: IpAddr,
        bits: u32,
    },
}

impl Proxies {
    /// Reads `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`, and where one is not set the same
    /// in lower case.
    pub fn read(variable: impl Fn(&str) -> Option<OsString>) -> Self {
        // What is not Unicode cannot be a URL: with the sign that stands for it, it is refused later.
        let text = |name| variable(name).map(|value| value.to_string_lossy().trim().to_owned());
        let first = |names: &[&'static str]| {
            names.iter().find_map(|&variable| {
                let url = text(variable).filter(|url| !url.is_empty())?;
                Some(Setting { variable, url: Secret::new(url) })
            })
        };
        Self {
            https: first(&["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"]),
            http: first(&["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"]),
            exceptions: text("NO_PROXY")
                .or_else(|| text("no_proxy"))
                .map_or_else(Vec::new, |list| {
                    list.split([',', ' ']).filter_map(Exception::parse).collect()
                }),
        }
    }

    /// The proxy that leads to this URL; the error names the variable, never its value.
    pub(super) fn choose(&self, url: &Uri) -> Result<Option<Proxy>, String> {
        let is_https = url.scheme_str() == Some("https");
        let host = url.host().unwrap_or_default().trim_end_matches('.').to_ascii_lowercase();
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let port = url.port_u16().unwrap_or(if is_https { 443 } else { 80 });
        let setting = if is_https { &self.https } else { &self.http };
        match setting {
            Some(setting) if !is_loopback(host) && !self.excepts(host, port) => {
                setting.proxy().map(Some)
            }
            _ => Ok(None),
        }
    }

    fn excepts(&self, host: &str, port: u16) -> bool {
        self.exceptions.iter().any(|exception| exception.covers(host, port))
    }
}

impl Setting {
    fn proxy(&self) -> Result<Proxy, String> {
        let url = self.url.reveal();
        let whole = if url.contains("://") { url.to_owned() } else { format!("http://{url}") };
        let variable = self.variable;
        let proxy = Proxy::new(&whole).map_err(|_| {
            format!("{variable} is not the URL of a proxy: it looks like http://HOST:PORT")
        })?;
        match proxy.protocol() {
            ProxyProtocol::Http | ProxyProtocol::Https => Ok(proxy),
            _ => Err(format!(
                "{variable} names a SOCKS proxy, which dmon does not speak to: set it to an HTTP \
                 proxy, or set NO_PROXY"
            )),
        }
    }
}

impl Exception {
    fn parse(text: &str) -> Option<Self> {
        let text = text.trim().to_ascii_lowercase();
        if text == "*" {
            return Some(Self::Everything);
        }
        if let Some((address, bits)) = text.split_once('/') {
            return Some(Self::Range { address: address.parse().ok()?, bits: bits.parse().ok()? });
        }
        let (name, port) = split_port(&text);
        let name = name.trim_start_matches('*').trim_matches('.');
        (!name.is_empty()).then(|| Self::Host { name: name.to_owned(), port })
    }

    fn covers(&self, host: &str, port: u16) -> bool {
        match self {
            Self::Everything => true,
            Self::Host { port: Some(only), .. } if *only != port => false,
            Self::Host { name, .. } => match (name.parse::<IpAddr>(), host.parse::<IpAddr>()) {
                (Ok(name), Ok(host)) => name == host,
                _ => host
                    .strip_suffix(name)
                    .is_some_and(|rest| matches!(rest.chars().last(), None | Some('.'))),
            },
            Self::Range { address, bits } => {
                host.parse().is_ok_and(|host| is_in_range(host, *address, *bits))
            }
        }
    }
}

/// Splits `host:port`, `[address]:port`, and what has no port: an IPv6 address is full of colons.
fn split_port(text: &str) -> (&str, Option<u16>) {
    if let Some((address, rest)) = text.strip_prefix('[').and_then(|text| text.split_once(']')) {
        return (address, rest.strip_prefix(':').and_then(|port| port.parse().ok()));
    }
    match text.split_once(':') {
        Some((name, port)) if !port.contains(':') => (name, port.parse().ok()),
        _ => (text, None),
    }
}

fn is_in_range(host: IpAddr, address: IpAddr, bits: u32) -> bool {
    match (host, address) {
        (IpAddr::V4(host), IpAddr::V4(address)) => {
            same_bits(host.to_bits().into(), address.to_bits().into(), 32, bits)
        }
        (IpAddr::V6(host), IpAddr::V6(address)) => {
            same_bits(host.to_bits(), address.to_bits(), 128, bits)
        }
        _ => false,
    }
}

/// Whether the first `bits` of two numbers of `width` bits agree.
fn same_bits(one: u128, other: u128, width: u32, bits: u32) -> bool {
    let ignored = width.saturating_sub(bits);
    (one ^ other).checked_shr(ignored).unwrap_or(0) == 0
}

/// Whether a host is this machine: its proxy, if any, leads elsewhere.
fn is_loopback(host: &str) -> bool {
    match host.parse::<IpAddr>() {
        Ok(address) => address.is_loopback(),
        Err(_) => host == "localhost" || host.ends_with(".localhost"),
    }
}
