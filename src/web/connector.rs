//! ureq's own connector, whose errors say that no connection was made. So it is known whether
//! anything was sent, and a connection can be checked without sending anything.

use std::error::Error;
use std::fmt;

use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{
    ConnectionDetails, Connector, DefaultConnector, NextTimeout, Transport,
};
use ureq::{Agent, Proxy};

/// What a connection is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// To send a request.
    Request,
    /// To see that it can be made; it ends as [`Connected`].
    Check,
}

/// An agent whose requests end as [`Unconnected`] when nothing of them was sent.
pub(super) fn agent(config: Config, purpose: Purpose) -> Agent {
    let first = if config.proxy().is_some() { Hop::Proxy } else { Hop::Server };
    let connector = Marking { inner: DefaultConnector::new(), first, purpose };
    Agent::with_parts(config, connector, Names(DefaultResolver::default()))
}

/// There is no connection; nothing was sent.
#[derive(Debug)]
pub(super) struct Unconnected {
    pub(super) step: Step,
    pub(super) hop: Hop,
    pub(super) cause: ureq::Error,
}

/// The step that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Looking up a name.
    Name,
    /// TCP, TLS or the proxy's consent.
    Connection,
}

/// Where a step was to lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hop {
    Server,
    Proxy,
}

/// The connection is there, and nothing more was wanted.
#[derive(Debug)]
pub(super) struct Connected;

impl Unconnected {
    fn mark(step: Step, hop: Hop, cause: ureq::Error) -> ureq::Error {
        match cause {
            ureq::Error::Other(inner) if inner.is::<Self>() => ureq::Error::Other(inner),
            cause => ureq::Error::Other(Box::new(Self { step, hop, cause })),
        }
    }
}

// Nobody shows these two; they travel inside ureq's error, which asks for the trait.
impl fmt::Display for Unconnected {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("no connection")
    }
}

impl fmt::Display for Connected {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("connected")
    }
}

impl Error for Unconnected {}
impl Error for Connected {}

/// Looks names up as ureq does.
#[derive(Debug)]
struct Names(DefaultResolver);

impl Resolver for Names {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let is_proxy = config.proxy().map(Proxy::uri) == Some(uri);
        let hop = if is_proxy { Hop::Proxy } else { Hop::Server };
        let found = self.0.resolve(uri, config, timeout);
        found.map_err(|cause| Unconnected::mark(Step::Name, hop, cause))
    }
}

/// Connects as ureq does.
#[derive(Debug)]
struct Marking {
    inner: DefaultConnector,
    /// Where the connection to the server leads first.
    first: Hop,
    purpose: Purpose,
}

impl Connector for Marking {
    type Out = Box<dyn Transport>;

    fn connect(
        &self,
        details: &ConnectionDetails,
        chained: Option<()>,
    ) -> Result<Option<Self::Out>, ureq::Error> {
        // On the way to the server ureq's connector comes back here for the connection to the
        // proxy, with settings that name no proxy.
        let hop = if details.config.proxy().is_some() { Hop::Server } else { self.first };
        let connected = self.inner.connect(details, chained);
        let connected =
            connected.map_err(|cause| Unconnected::mark(Step::Connection, hop, cause))?;
        match (hop, self.purpose) {
            (Hop::Server, Purpose::Check) => Err(ureq::Error::Other(Box::new(Connected))),
            _ => Ok(connected),
        }
    }
}
