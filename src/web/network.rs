//! How the network is used: which proxy, which certificates, how long. What the environment says of
//! it is read here and nowhere else; nothing here connects.

use std::env;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustls::RootCertStore;
use ureq::tls::{Certificate, PemItem, parse_pem};

use super::proxy::Proxies;
use crate::text_encoding;

/// How the network is used. `Debug` shows no credentials.
#[derive(Clone, Debug, Default)]
pub struct Network {
    /// The file of certificates that replaces the bundled roots (`SSL_CERT_FILE`).
    pub cert_file: Option<PathBuf>,
    /// The proxies.
    pub proxies: Proxies,
    /// How long each step may take.
    pub timeouts: Timeouts,
}

/// How long each step of a request may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// Looking up the name.
    pub resolve: Duration,
    /// TCP, TLS and the proxy's consent.
    pub connect: Duration,
    /// The head of the request, and once more its body.
    pub send: Duration,
    /// The head of the answer, and once more its body.
    pub receive: Duration,
    /// All together.
    pub whole: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            resolve: Duration::from_secs(10),
            connect: Duration::from_secs(10),
            send: Duration::from_secs(10),
            receive: Duration::from_secs(15),
            whole: Duration::from_secs(30),
        }
    }
}

impl Network {
    /// What this process's environment says.
    pub fn of_process() -> Self {
        Self::read(|name| env::var_os(name))
    }

    /// What these variables say; an empty one is unset.
    pub fn read(variable: impl Fn(&str) -> Option<OsString>) -> Self {
        let variable = |name: &str| variable(name).filter(|value| !value.is_empty());
        Self {
            cert_file: variable("SSL_CERT_FILE").map(PathBuf::from),
            proxies: Proxies::read(variable),
            timeouts: Timeouts::default(),
        }
    }

    /// The certificates that replace the bundled roots; `None` where the bundled ones hold.
    pub(super) fn certificates(&self) -> Result<Option<Vec<Certificate<'static>>>, String> {
        let Some(path) = &self.cert_file else { return Ok(None) };
        let certificates = read_certificates(path).map_err(|why| {
            format!(
                "SSL_CERT_FILE ({}) {why}: set it to a file of certificates in PEM, or unset it to \
                 use the bundled ones",
                path.display()
            )
        });
        certificates.map(Some)
    }
}

/// No bundle of certificates is near to this.
const CERT_FILE_MAX_BYTES: u64 = 16 << 20;

fn read_certificates(path: &Path) -> Result<Vec<Certificate<'static>>, String> {
    let pem = read(path).map_err(|error| format!("cannot be read ({error})"))?;
    let mut certificates = Vec::new();
    for item in parse_pem(&pem) {
        match item {
            Ok(PemItem::Certificate(certificate)) => certificates.push(certificate),
            Ok(_) => {}
            Err(_) => return Err("is damaged".to_owned()),
        }
    }
    // What rustls cannot read, ureq would leave out in silence, and then know no issuer at all.
    let mut store = RootCertStore::empty();
    let der = certificates.iter().map(|certificate| certificate.der().to_vec().into());
    let (usable, _) = store.add_parsable_certificates(der);
    match (pem.is_empty(), usable) {
        (true, _) => Err("is empty".to_owned()),
        (false, 0) => Err("holds no certificate".to_owned()),
        _ => Ok(certificates),
    }
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(CERT_FILE_MAX_BYTES).read_to_end(&mut bytes)?;
    Ok(text_encoding::utf8(bytes))
}
