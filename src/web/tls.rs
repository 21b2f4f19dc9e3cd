//! Why TLS failed, in words, and what to do about it.

use std::path::Path;

use rustls::{CertificateError, Error};

use super::fault::Peer;
use crate::message::tame;

/// Why TLS with that peer failed. `cert_file` is what replaces the bundled roots.
pub(super) fn explain(peer: &Peer, error: &Error, cert_file: Option<&Path>) -> String {
    match error {
        Error::InvalidCertificate(why) => certificate(peer, why, cert_file),
        Error::InvalidMessage(_) => format!(
            "what listens at {peer} does not speak TLS: check the port in {}, and whether it wants \
             http://",
            peer.variable
        ),
        Error::AlertReceived(alert) => format!("{peer} refused the TLS handshake ({alert:?})"),
        other => format!("TLS with {peer} failed: {}", tame::line(&other.to_string())),
    }
}

fn certificate(peer: &Peer, why: &CertificateError, cert_file: Option<&Path>) -> String {
    use CertificateError as C;
    let reason = match why {
        // A certificate signed with itself and made anew differs from the old one in its key alone.
        C::UnknownIssuer | C::BadSignature => return unknown_issuer(peer, cert_file),
        C::Expired | C::ExpiredContext { .. } => {
            "has expired: have it renewed, or set the clock of this host right".to_owned()
        }
        C::NotValidYet | C::NotValidYetContext { .. } => {
            "is not valid yet: set the clock of this host right".to_owned()
        }
        C::NotValidForName => format!("is for another name: check {} for a slip", peer.variable),
        C::NotValidForNameContext { presented, .. } => {
            format!("is for {}: check {} for a slip", names(presented), peer.variable)
        }
        C::Revoked => "was revoked: have it renewed".to_owned(),
        C::Other(_) if why.to_string().contains("CaUsedAsEndEntity") => {
            "is that of an authority, which no server may use: give the server one made with \
             basicConstraints=CA:FALSE"
                .to_owned()
        }
        other => format!("is not valid: {}", tame::line(&other.to_string())),
    };
    format!("the certificate of {peer} {reason}")
}

fn unknown_issuer(peer: &Peer, cert_file: Option<&Path>) -> String {
    match cert_file {
        None => format!(
            "the certificate of {peer} is signed by an authority that dmon does not know: if it is \
             your own, or that of a proxy which looks into TLS, set SSL_CERT_FILE to a file (PEM) \
             with its certificate"
        ),
        Some(file) => format!(
            "the certificate of {peer} is signed by none of the authorities in SSL_CERT_FILE ({}): \
             add the right one, or unset it to use the bundled ones",
            file.display()
        ),
    }
}

/// The first names in a certificate, which may be many. rustls gives each with its kind:
/// `DnsName("example.org")`, `IpAddress(192.0.2.1)`.
fn names(presented: &[String]) -> String {
    const SHOWN: usize = 3;
    let bare = |name: &String| {
        let inner = name.split_once('(').and_then(|(_, inner)| inner.strip_suffix(')'));
        tame::line(inner.unwrap_or(name).trim_matches('"'))
    };
    let mut names: Vec<String> = presented.iter().take(SHOWN).map(bare).collect();
    match presented.len() {
        0 => return "no name".to_owned(),
        total if total > SHOWN => names.push(format!("{} more", total - SHOWN)),
        _ => {}
    }
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use rustls::pki_types::ServerName;
    use rustls::{AlertDescription, InvalidMessage};

    use super::*;

    fn explained(error: &Error, cert_file: Option<&str>) -> String {
        let name = "https://chat.example.org".to_owned();
        let host = "chat.example.org".to_owned();
        let peer = Peer { name, host, variable: "SLACK_WEBHOOK_URL" };
        explain(&peer, error, cert_file.map(Path::new))
    }

    #[test]
    fn every_kind_of_certificate_has_its_words() {
        let check = |why: CertificateError, expected: &str| {
            let sentence = explained(&Error::InvalidCertificate(why), None);
            let start = "the certificate of https://chat.example.org ";
            assert!(sentence.starts_with(start), "{sentence}");
            assert!(sentence[start.len()..].starts_with(expected), "{sentence}");
        };
        let for_names = |names: &[&str]| CertificateError::NotValidForNameContext {
            expected: ServerName::try_from("chat.example.org").unwrap(),
            presented: names.iter().map(|&name| name.to_owned()).collect(),
        };
        check(CertificateError::UnknownIssuer, "is signed by an authority that dmon does not know");
        check(CertificateError::Expired, "has expired: ");
        check(CertificateError::NotValidYet, "is not valid yet: set the clock");
        check(CertificateError::Revoked, "was revoked");
        check(CertificateError::NotValidForName, "is for another name: check SLACK_WEBHOOK_URL");
        check(for_names(&[]), "is for no name: ");
        check(for_names(&["DnsName(\"*.a.org\")", "IpAddress(::1)"]), "is for *.a.org, ::1: ");
        check(for_names(&["DnsName(\"\u{1b}[0ma\n\")", "b"]), "is for a , b: ");
        check(for_names(&["a", "b", "c", "d", "e"]), "is for a, b, c, 2 more: ");
        check(CertificateError::BadEncoding, "is not valid: ");
    }

    #[test]
    fn the_file_of_authorities_is_named_where_one_is_set() {
        let unknown = Error::InvalidCertificate(CertificateError::UnknownIssuer);
        assert!(explained(&unknown, None).contains("set SSL_CERT_FILE"));
        assert!(explained(&unknown, Some("/ca.pem")).contains("in SSL_CERT_FILE (/ca.pem)"));
    }

    #[test]
    fn what_is_no_tls_or_refuses_it_is_said_so() {
        let check = |error: Error, expected: &str| {
            let sentence = explained(&error, None);
            assert!(sentence.contains(expected), "{sentence}");
        };
        check(Error::InvalidMessage(InvalidMessage::InvalidContentType), "does not speak TLS");
        check(
            Error::AlertReceived(AlertDescription::HandshakeFailure),
            "refused the TLS handshake (HandshakeFailure)",
        );
        check(Error::DecryptError, "TLS with https://chat.example.org failed: ");
    }
}
