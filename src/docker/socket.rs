//! Sockets to the Engine, of both kinds, and how they are connected within a time.

use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::os::unix::net::UnixStream;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use super::Endpoint;
use super::connection::Deadline;

/// Makes connections. `std` has no timeout for looking up a name, nor for connecting to a Unix
/// socket, which waits while the listener's queue is full, as that of a hung Engine becomes. So a
/// thread does it, one for all that are wanted together, and is left behind when it takes too long.
#[derive(Default)]
pub(super) struct Connector {
    /// Held by each thread as long as it lives.
    threads: Arc<()>,
}

/// The most threads that may be left behind, waiting.
const STUCK_MAX: usize = 8;

/// Connections as they are made.
pub(super) struct Connections(mpsc::Receiver<io::Result<Socket>>);

impl Connector {
    /// Begins to make `count` connections.
    pub(super) fn start(
        &self,
        to: &Endpoint,
        count: usize,
        by: Deadline,
    ) -> io::Result<Connections> {
        let alive = Arc::clone(&self.threads);
        let wait = by.left().map_err(|_| io::ErrorKind::TimedOut)?;
        // One is the connector's own, one is this thread's to be.
        if Arc::strong_count(&alive) > 2 + STUCK_MAX {
            return Err(io::ErrorKind::TimedOut.into());
        }
        let (made, connections) = mpsc::sync_channel(1);
        let to = to.clone();
        thread::Builder::new().name("connect".to_owned()).spawn(move || {
            for _ in 0..count {
                // When nobody wants it any more, it and the rest are not made.
                if made.send(Socket::connect(&to, wait)).is_err() {
                    break;
                }
            }
            drop(alive);
        })?;
        Ok(Connections(connections))
    }
}

impl Connections {
    /// The next one, or why it could not be made.
    pub(super) fn next(&self, by: Deadline) -> io::Result<Socket> {
        let late = || io::Error::from(io::ErrorKind::TimedOut);
        let left = by.left().map_err(|_| late())?;
        self.0.recv_timeout(left).map_err(|_| late())?
    }
}

/// A socket of either kind.
pub(super) enum Socket {
    Unix(UnixStream),
    Tcp(TcpStream),
}

impl Socket {
    fn connect(to: &Endpoint, wait: Duration) -> io::Result<Self> {
        match to {
            Endpoint::Unix(path) => UnixStream::connect(path).map(Self::Unix),
            Endpoint::Tcp { host, port } => {
                let unknown = |_| io::Error::from(io::ErrorKind::NotFound);
                let addresses = (host.as_str(), *port).to_socket_addrs().map_err(unknown)?;
                let mut result = Err(io::ErrorKind::NotFound.into());
                for address in addresses {
                    result = TcpStream::connect_timeout(&address, wait);
                    if result.is_ok() {
                        break;
                    }
                }
                result.map(Self::Tcp)
            }
        }
    }

    pub(super) fn set_nonblocking(&self, nonblocking: bool) -> io::Result<()> {
        match self {
            Self::Unix(stream) => stream.set_nonblocking(nonblocking),
            Self::Tcp(stream) => stream.set_nonblocking(nonblocking),
        }
    }

    pub(super) fn set_read_timeout(&self, wait: Duration) -> io::Result<()> {
        match self {
            Self::Unix(stream) => stream.set_read_timeout(Some(wait)),
            Self::Tcp(stream) => stream.set_read_timeout(Some(wait)),
        }
    }

    pub(super) fn set_write_timeout(&self, wait: Duration) -> io::Result<()> {
        match self {
            Self::Unix(stream) => stream.set_write_timeout(Some(wait)),
            Self::Tcp(stream) => stream.set_write_timeout(Some(wait)),
        }
    }
}

impl Read for Socket {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Unix(stream) => stream.read(buffer),
            Self::Tcp(stream) => stream.read(buffer),
        }
    }
}

impl Write for Socket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Unix(stream) => stream.write(bytes),
            Self::Tcp(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Unix(stream) => stream.flush(),
            Self::Tcp(stream) => stream.flush(),
        }
    }
}
