//! Certificates and proxies.

use std::fs;

use dmon::slack::courier::{Courier, Delivery};
use dmon::slack::{Body, Webhook};
use dmon::web::Network;

use super::{alert, closed_port, impatient, unreached};
use crate::support::binary::Home;
use crate::support::slack::{Reply, SECRET, ScriptedSlack};
use crate::support::tls::Identity;

/// A network as these variables describe it.
fn network(variables: &[(&str, &str)]) -> Network {
    Network::read(|name| {
        let found = variables.iter().find(|(variable, _)| *variable == name);
        found.map(|(_, value)| value.into())
    })
}

fn post(url: &str, network: &Network, body: &Body) -> Delivery {
    Courier::new(&Webhook::parse(url).unwrap(), network).unwrap().post(body)
}

#[test]
fn a_certificate_is_trusted_once_its_file_is_named() {
    let home = Home::new();
    let Some(identity) = Identity::make(home.path(), "IP:127.0.0.1") else { return };
    let slack = ScriptedSlack::with_tls(&identity);

    let why = unreached(&slack.url(), &Network::default());
    assert!(why.contains("signed by an authority that dmon does not know"), "{why}");

    let trusting = network(&[("SSL_CERT_FILE", identity.certificate.to_str().unwrap())]);
    let courier = Courier::new(&slack.webhook(), &trusting).unwrap();
    let pem = fs::read_to_string(&identity.certificate).unwrap();
    let of_windows = format!("\u{feff}{}", pem.replace('\n', "\r\n"));
    fs::write(&identity.certificate, of_windows).unwrap();
    assert_eq!(Courier::new(&slack.webhook(), &trusting).unwrap().check(), Ok(()));
    assert_eq!(courier.check(), Ok(()));
    assert_eq!(slack.posts().len(), 0, "a check sends nothing");
    assert_eq!(courier.post(&alert()[0]), Delivery::Delivered);
    assert_eq!(slack.posts()[0].body, alert()[0].json());
}

#[test]
fn another_certificate_or_name_is_not_trusted() {
    let (home, other, third) = (Home::new(), Home::new(), Home::new());
    let Some(identity) = Identity::make(home.path(), "DNS:chat.example.org") else { return };
    let Some(stranger) = Identity::make(other.path(), "IP:127.0.0.1") else { return };
    let Some(authority) = Identity::make_authority(third.path(), "IP:127.0.0.1") else { return };
    let check = |identity: &Identity, file: &Identity, expected: &str| {
        let slack = ScriptedSlack::with_tls(identity);
        let network = network(&[("SSL_CERT_FILE", file.certificate.to_str().unwrap())]);
        let why = unreached(&slack.url(), &network);
        assert!(why.contains(expected), "{why}");
        assert_eq!(slack.posts().len(), 0);
    };
    check(&stranger, &identity, "signed by none of the authorities in SSL_CERT_FILE (/");
    check(&identity, &identity, " is for chat.example.org: check SLACK_WEBHOOK_URL");
    check(&authority, &authority, "made with basicConstraints=CA:FALSE");
}

#[test]
fn a_file_of_certificates_that_cannot_be_used_is_said_so() {
    let home = Home::new();
    let path = home.path().join("authorities.pem");
    let webhook = Webhook::parse("https://chat.example.org/x").unwrap();
    let refused = || {
        let network = network(&[("SSL_CERT_FILE", path.to_str().unwrap())]);
        let error = Courier::new(&webhook, &network).map(|_| ()).unwrap_err();
        assert!(error.starts_with(&format!("SSL_CERT_FILE ({}) ", path.display())), "{error}");
        error
    };
    let check = |text: &str, expected: &str| {
        fs::write(&path, text).unwrap();
        let error = refused();
        assert!(error.contains(expected), "{text:?}: {error}");
    };
    assert!(refused().contains("cannot be read (No such file"), "{}", refused());
    check("", "is empty");
    check("hello", "holds no certificate");
    check("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "holds no certificate");
    check("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "holds no certificate");
    check("-----BEGIN CERTIFICATE-----\nAAAA\n", "is damaged");
    let plain = Webhook::parse("http://127.0.0.1/x").unwrap();
    let broken = network(&[("SSL_CERT_FILE", path.to_str().unwrap())]);
    assert!(Courier::new(&plain, &broken).is_ok(), "no TLS, no certificates");
}

/// A webhook that only a proxy leads to.
const BEYOND: &str = "http://chat.example.org:8065/hooks/SECRET-4f9a";

#[test]
fn a_proxy_is_asked_to_connect_with_its_user_and_password() {
    let (slack, proxy) = (ScriptedSlack::new(), ScriptedSlack::new());
    proxy.answer(Reply::Tunnel(slack.address()));
    let address = format!("http://me:hun%40ter2@{}", proxy.address());
    let network = network(&[("HTTP_PROXY", &address)]);
    assert_eq!(post(BEYOND, &network, &alert()[0]), Delivery::Delivered);
    assert_eq!(slack.posts()[0].header("Host"), Some("chat.example.org:8065"));
    let asked = &proxy.posts()[0];
    assert!(asked.head.starts_with("CONNECT chat.example.org:8065 HTTP/1.1\r\n"), "{asked:?}");
    // me:hun@ter2
    assert_eq!(asked.header("Proxy-Authorization"), Some("Basic bWU6aHVuQHRlcjI="));
    assert!(!asked.head.contains(SECRET), "{asked:?}");
}

#[test]
fn tls_goes_through_a_proxy_to_the_receiver_itself() {
    let home = Home::new();
    let Some(identity) = Identity::make(home.path(), "DNS:chat.example.org") else { return };
    let (slack, proxy) = (ScriptedSlack::with_tls(&identity), ScriptedSlack::new());
    proxy.answer(Reply::Tunnel(slack.address()));
    let address = proxy.address().to_string();
    let file = identity.certificate.to_str().unwrap();
    let url = "https://Chat.Example.org./hooks/SECRET-4f9a";
    let trusting = network(&[("HTTPS_PROXY", &address), ("SSL_CERT_FILE", file)]);
    let courier = Courier::new(&Webhook::parse(url).unwrap(), &trusting).unwrap();
    assert_eq!(courier.check(), Ok(()));
    assert_eq!(slack.posts().len(), 0);
    assert_eq!(courier.post(&alert()[0]), Delivery::Delivered);
    assert_eq!(slack.posts()[0].body, alert()[0].json());

    let why = unreached(url, &network(&[("HTTPS_PROXY", &address)]));
    assert!(
        why.starts_with("the certificate of https://chat.example.org is signed by an"),
        "{why}"
    );
}

#[test]
fn a_proxy_that_speaks_tls_itself_is_asked_over_it() {
    let home = Home::new();
    let Some(identity) = Identity::make(home.path(), "IP:127.0.0.1") else { return };
    let proxy = ScriptedSlack::with_tls(&identity);
    proxy.answer(Reply::status(403, ""));
    let address = format!("https://{}", proxy.address());

    let why = unreached(BEYOND, &network(&[("HTTP_PROXY", &address)]));
    let name = format!("the certificate of the proxy {} is signed by", proxy.address());
    assert!(why.starts_with(&name), "{why}");

    let file = identity.certificate.to_str().unwrap();
    let why = unreached(BEYOND, &network(&[("HTTP_PROXY", &address), ("SSL_CERT_FILE", file)]));
    assert!(why.contains("does not connect to http://chat.example.org:8065 (403)"), "{why}");
    assert!(proxy.posts()[0].head.starts_with("CONNECT chat.example.org:8065 "));
}

#[test]
fn a_proxy_that_does_not_help_is_told() {
    let check = |reply: Reply, expected: &str| {
        let proxy = ScriptedSlack::new();
        proxy.answer(reply);
        let address = format!("http://me:hunter2@{}", proxy.address());
        let why = unreached(BEYOND, &network(&[("ALL_PROXY", &address)]));
        assert!(why.starts_with(&format!("the proxy {} ", proxy.address())), "{why}");
        assert!(why.contains(expected), "{why}");
        assert!(!why.contains("hunter2"), "{why}");
    };
    check(
        Reply::status(407, ""),
        "asks for a user and a password, or for others (407): set them in",
    );
    check(
        Reply::status(403, "no"),
        "does not connect to http://chat.example.org:8065 (403): allow",
    );
    check(Reply::status(502, ""), "does not reach http://chat.example.org:8065 (502)");
    check(Reply::Close, "closed the connection: check ALL_PROXY");
    check(Reply::last("220 mail.example.org ESMTP\r\n\r\n"), "does not answer as an HTTP proxy");
}

#[test]
fn a_proxy_that_is_not_there_is_told() {
    let check = |proxy: &str, expected: &str| {
        let network = network(&[("HTTP_PROXY", proxy)]);
        let why = unreached(BEYOND, &Network { timeouts: impatient(), ..network });
        assert!(why.starts_with(expected), "{why}");
        assert!(!why.contains("hunter2"), "{why}");
    };
    let gone = format!("127.0.0.1:{}", closed_port());
    check(
        &format!("http://me:hunter2@{gone}"),
        &format!("nobody listens at the proxy {gone} (con"),
    );
    check("http://me:hunter2@nowhere.invalid", "the name nowhere.invalid ");
    let proxy = ScriptedSlack::new();
    proxy.answer(Reply::Hang);
    let address = proxy.address().to_string();
    check(&address, "no connection to http://chat.example.org:8065 within 1 s");
}
