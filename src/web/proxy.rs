//! Which proxy leads to a server, if any: decided by its scheme and host, as other programs read
//! these variables. ureq's own reading takes one proxy for all URLs. Every proxy is asked for a
//! tunnel (`CONNECT`), for `http://` too.

use std::ffi::OsString;
use std::net::IpAddr;

use ureq::http::Uri;
use ureq::{Proxy, ProxyProtocol};

use super::fault::Peer;
use super::is_loopback;
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

/// A proxy that is used, and the variable that names it.
pub(super) struct ChosenProxy {
    pub(super) proxy: Proxy,
    pub(super) variable: &'static str,
}

impl ChosenProxy {
    /// It in sentences: without its user and password.
    pub(super) fn peer(&self) -> Peer {
        let (host, port) = (self.proxy.host().to_owned(), self.proxy.port());
        Peer { name: format!("the proxy {host}:{port}"), host, variable: self.variable }
    }
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
    /// Reads `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`, and where one is not set the
    /// same in lower case.
    pub fn read(variable: impl Fn(&str) -> Option<OsString>) -> Self {
        // What is not Unicode is no URL: with the signs that stand for it, it is refused later.
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
    pub(super) fn choose(&self, url: &Uri) -> Result<Option<ChosenProxy>, String> {
        let is_https = url.scheme_str() == Some("https");
        let host = url.host().unwrap_or_default().trim_end_matches('.').to_ascii_lowercase();
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let port = url.port_u16().unwrap_or(if is_https { 443 } else { 80 });
        let setting = if is_https { &self.https } else { &self.http };
        match setting {
            // This machine's proxy, if any, leads elsewhere.
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
    fn proxy(&self) -> Result<ChosenProxy, String> {
        let url = self.url.reveal();
        let whole = if url.contains("://") { url.to_owned() } else { format!("http://{url}") };
        let variable = self.variable;
        let refused = || format!("{variable} is no proxy's URL: it looks like http://HOST:PORT");
        let proxy = Proxy::new(&whole).map_err(|_| refused())?;
        if !has_sound_port(proxy.uri()) {
            return Err(refused());
        }
        match proxy.protocol() {
            ProxyProtocol::Http | ProxyProtocol::Https => Ok(ChosenProxy { proxy, variable }),
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
                (Err(_), Err(_)) => is_in_domain(host, name),
                (name, host) => name == host,
            },
            Self::Range { address, bits } => {
                host.parse().is_ok_and(|host| is_in_range(host, *address, *bits))
            }
        }
    }
}

/// Whether the port is one or left out; ureq would take 80 for one that is none.
fn has_sound_port(url: &Uri) -> bool {
    let authority = url.authority().map_or("", |authority| authority.as_str());
    let host_and_port = authority.rsplit('@').next().unwrap_or_default();
    url.port_u16().is_some_and(|port| port != 0) || url.host() == Some(host_and_port)
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

fn is_in_domain(host: &str, domain: &str) -> bool {
    host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
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

#[cfg(test)]
mod tests {
    use super::*;

    type Variables<'a> = &'a [(&'a str, &'a str)];

    fn chosen(variables: Variables<'_>, url: &str) -> Result<Option<String>, String> {
        let proxies = Proxies::read(|name| {
            let found = variables.iter().find(|(variable, _)| *variable == name);
            found.map(|(_, value)| value.into())
        });
        let proxy = proxies.choose(&url.parse().unwrap())?;
        Ok(proxy.map(|ChosenProxy { proxy, .. }| {
            format!("{} {}:{}", proxy.protocol(), proxy.host(), proxy.port())
        }))
    }

    const SLACK: &str = "https://hooks.slack.com/services/x";

    #[test]
    fn the_scheme_chooses_the_variable() {
        let check = |variables: Variables<'_>, url: &str, expected: Option<&str>| {
            assert_eq!(chosen(variables, url).unwrap().as_deref(), expected, "{variables:?} {url}");
        };
        let plain = "http://chat.example.org/x";
        let (https, http, all) =
            (("HTTPS_PROXY", "http://s:1"), ("HTTP_PROXY", "http://p:2"), ("ALL_PROXY", "a:3"));
        check(&[], SLACK, None);
        check(&[https, http], SLACK, Some("HTTP s:1"));
        check(&[https, http], plain, Some("HTTP p:2"));
        check(&[http], SLACK, None);
        check(&[https], plain, None);
        check(&[https, all], plain, Some("HTTP a:3"));
        check(&[https, all], SLACK, Some("HTTP s:1"));
        check(&[("https_proxy", "http://l:4")], SLACK, Some("HTTP l:4"));
        check(&[("all_proxy", "http://l:4")], plain, Some("HTTP l:4"));
        check(&[https, ("https_proxy", "http://l:4")], SLACK, Some("HTTP s:1"));
        check(&[("HTTPS_PROXY", " "), all], SLACK, Some("HTTP a:3"));
    }

    #[test]
    fn a_proxy_is_written_as_everywhere() {
        let check = |value: &str, expected: &str| {
            let found = chosen(&[("HTTPS_PROXY", value)], SLACK).unwrap();
            assert_eq!(found.as_deref(), Some(expected), "{value}");
        };
        check("http://proxy.example.org:3128", "HTTP proxy.example.org:3128");
        check("http://proxy.example.org:3128/", "HTTP proxy.example.org:3128");
        check("proxy.example.org:3128", "HTTP proxy.example.org:3128");
        check("proxy", "HTTP proxy:80");
        check("https://proxy", "HTTPS proxy:443");
        check("HTTP://me:hunter2@proxy:3128", "HTTP proxy:3128");
        check("me:hunter2@proxy:3128/", "HTTP proxy:3128");
        check("http://me:hun%40ter2@[::1]:3128", "HTTP [::1]:3128");
    }

    #[test]
    fn what_is_no_proxy_is_refused_without_repeating_it() {
        let check = |variable: &str, value: &str, expected: &str| {
            let error = chosen(&[(variable, value)], SLACK).unwrap_err();
            assert!(error.starts_with(variable), "{error}");
            assert!(error.contains(expected), "{error}");
            assert!(!error.contains("hunter"), "{error}");
        };
        check("HTTPS_PROXY", "http://me:hunter2@", "no proxy's URL");
        check("https_proxy", "http://me:hunter2@proxy:port", "no proxy's URL");
        check("HTTPS_PROXY", "http://me:hun ter2@proxy", "no proxy's URL");
        check("HTTPS_PROXY", "http://me:hunter2@proxy:0", "no proxy's URL");
        check("HTTPS_PROXY", "me:hunter2@proxy:99999", "no proxy's URL");
        check("HTTPS_PROXY", "ftp://me:hunter2@proxy", "no proxy's URL");
        check("ALL_PROXY", "socks5://me:hunter2@proxy:1080", "SOCKS");
        check("ALL_PROXY", "socks5h://me:hunter2@proxy:1080", "SOCKS");
        assert_eq!(chosen(&[("HTTPS_PROXY", "http:// /")], "http://example.org"), Ok(None));
    }

    #[test]
    fn what_no_proxy_names_is_reached_directly() {
        let check = |list: &str, url: &str, is_direct: bool| {
            let found = chosen(&[("ALL_PROXY", "http://proxy"), ("NO_PROXY", list)], url).unwrap();
            assert_eq!(found.is_none(), is_direct, "{list:?} {url}");
        };
        check("", SLACK, false);
        check("*", SLACK, true);
        check("slack.com", SLACK, true);
        check(".slack.com", SLACK, true);
        check("*.slack.com", SLACK, true);
        check("hooks.slack.com", SLACK, true);
        check("HOOKS.Slack.Com.", SLACK, true);
        check("slack.com", "https://Hooks.Slack.com./x", true);
        check("ack.com", SLACK, false);
        check("a.hooks.slack.com", SLACK, false);
        check("example.org, slack.com ", SLACK, true);
        check("example.org slack.com", SLACK, true);
        check(",,", SLACK, false);
        check("slack.com:443", SLACK, true);
        check("slack.com:80", SLACK, false);
        check("slack.com:8443", "https://hooks.slack.com:8443/x", true);
        check("192.0.2.7", "http://192.0.2.7/x", true);
        check("192.0.2.7", "http://192.0.2.70/x", false);
        check("192.0.2.7:8065", "http://192.0.2.7:8065/x", true);
        check("2.7", "http://192.0.2.7/x", false);
        check("192.0.2.0/24", "http://192.0.2.7/x", true);
        check("192.0.2.0/24", "http://192.0.3.7/x", false);
        check("0.0.0.0/0", "http://192.0.3.7/x", true);
        check("0.0.0.0/0", "http://[2001:db8::7]/x", false);
        check("192.0.2.0/24", "http://chat.example.org/x", false);
        check("192.0.2.0/many", "http://192.0.2.7/x", false);
        check("2001:db8::/32", "http://[2001:db8::7]/x", true);
        check("2001:db8::7", "http://[2001:DB8:0::7]:80/x", true);
        check("[2001:db8::7]:80", "http://[2001:db8::7]/x", true);
        check("[2001:db8::7]:81", "http://[2001:db8::7]/x", false);
    }

    #[test]
    fn no_proxy_leads_to_this_machine() {
        let check = |url: &str| {
            assert_eq!(chosen(&[("ALL_PROXY", "http://proxy")], url), Ok(None), "{url}");
        };
        check("http://127.0.0.1:8065/x");
        check("https://127.9.9.9/x");
        check("https://[::1]/x");
        check("https://LocalHost./x");
        check("https://chat.localhost/x");
    }

    #[test]
    fn credentials_are_not_shown() {
        let proxies = Proxies::read(|_| Some("http://me:hunter2@proxy:1".into()));
        assert!(!format!("{proxies:?}").contains("hunter2"), "{proxies:?}");
    }
}
