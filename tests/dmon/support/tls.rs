//! Certificates made by the `openssl` command as the tests run, and the server's side of TLS with
//! them. A test that finds no such command is skipped and says so; where `DMON_TEST_REQUIRE_ENGINE`
//! is set, as CI has it, nothing may be skipped, and it fails.

use std::env;
use std::fs;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::real_engine::say;

/// A key and a certificate for it, signed with itself.
#[derive(Clone)]
pub(crate) struct Identity {
    /// The certificate, in PEM.
    pub(crate) certificate: PathBuf,
    config: Arc<ServerConfig>,
}

impl Identity {
    /// Makes one in that folder, for those names (`DNS:example.org`, `IP:127.0.0.1`); `None`, said
    /// on standard error, where there is no `openssl`.
    pub(crate) fn make(folder: &Path, names: &str) -> Option<Self> {
        Self::constrained(folder, names, "CA:FALSE")
    }

    /// The same for one that may sign others, as `openssl req -x509` makes it unasked.
    pub(crate) fn make_authority(folder: &Path, names: &str) -> Option<Self> {
        Self::constrained(folder, names, "CA:TRUE")
    }

    fn constrained(folder: &Path, names: &str, constraint: &str) -> Option<Self> {
        if let Err(error) = Command::new("openssl").arg("version").output() {
            let why = format!("the openssl command cannot be run: {error}");
            assert!(env::var_os("DMON_TEST_REQUIRE_ENGINE").is_none(), "{why}");
            let thread = std::thread::current();
            say(&format!("SKIPPED: {}: {why}", thread.name().unwrap_or("a test")));
            return None;
        }
        let [settings, key, certificate] =
            ["openssl.cnf", "key.pem", "certificate.pem"].map(|name| folder.join(name));
        let text = format!(
            "[req]\nprompt = no\ndistinguished_name = name\nx509_extensions = more\n\
             [name]\nCN = dmon test\n[more]\nbasicConstraints = critical, {constraint}\n\
             subjectAltName = {names}\n"
        );
        fs::write(&settings, text).unwrap();
        let made = Command::new("openssl")
            .args(["req", "-x509", "-nodes", "-days", "2", "-newkey", "ec"])
            .args(["-pkeyopt", "ec_paramgen_curve:prime256v1", "-config"])
            .args([&settings, Path::new("-keyout"), &key, Path::new("-out"), &certificate])
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let chain = vec![CertificateDer::from_pem_file(&certificate).unwrap()];
        let key = PrivateKeyDer::from_pem_file(&key).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .unwrap();
        Some(Self { certificate, config: Arc::new(config) })
    }

    /// The server's side of a connection.
    pub(super) fn serve(&self, stream: TcpStream) -> StreamOwned<ServerConnection, TcpStream> {
        StreamOwned::new(ServerConnection::new(Arc::clone(&self.config)).unwrap(), stream)
    }
}
