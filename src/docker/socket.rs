//! Sockets to the Engine, of both kinds, and how they are connected within a time.

use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::RecvTimeoutError;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use super::Endpoint;
use super::connection::Deadline;

/// Makes connections. `std` has no timeout for looking up a name, nor for connecting to a Unix
/// socket, which waits while the listener's queue is full, as that of a hung Engine becomes. So a
/// thread does it, one for all that are wanted together, and is left behind when it takes too long.
/// Clones share one limit.
#[derive(Clone, Default)]
pub(super) struct Connector {
    threads: Arc<AtomicUsize>,
}

/// The most threads that connect or are left behind, waiting, at one time.
const CONNECTING_MAX: usize = 64;

/// Connections as they are made.
pub(super) struct Connections(mpsc::Receiver<io::Result<Socket>>);

impl Connector {
    /// Begins to make `count` connections.
    pub(super) fn start(
        &self,
        to: &Endpoint,
        count: usize,
        by: Deadline<'_>,
    ) -> io::Result<Connections> {
        let wait = by.left().map_err(|_| io::ErrorKind::TimedOut)?;
        let place = self.place().ok_or(io::ErrorKind::TimedOut)?;
        let (made, connections) = mpsc::sync_channel(1);
        let to = to.clone();
        thread::Builder::new().name("connect".to_owned()).spawn(move || {
            for _ in 0..count {
                // When nobody wants it any more, it and the rest are not made.
                if made.send(Socket::connect(&to, wait)).is_err() {
                    break;
                }
            }
            drop(place);
        })?;
        Ok(Connections(connections))
    }

    /// A place for one more thread, unless all are taken.
    fn place(&self) -> Option<Place> {
        let more = |count| (count < CONNECTING_MAX).then_some(count + 1);
        self.threads.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).ok()?;
        Some(Place(Arc::clone(&self.threads)))
    }
}

/// The place of one thread, given back when it ends.
struct Place(Arc<AtomicUsize>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Connections {
    /// The next one, or why it could not be made.
    pub(super) fn next(&self, by: Deadline<'_>) -> io::Result<Socket> {
        loop {
            let left = by.left().map_err(|_| io::ErrorKind::TimedOut)?;
            match self.0.recv_timeout(left) {
                // The deadline may be another by now.
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Err(io::ErrorKind::TimedOut.into()),
                Ok(connection) => return connection,
            }
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_threads_connect_than_there_are_places() {
        let connector = Connector::default();
        let same = connector.clone();
        let mut places: Vec<_> = (0..CONNECTING_MAX).map(|_| connector.place().unwrap()).collect();
        assert!(same.place().is_none());
        places.pop();
        assert!(same.place().is_some());
    }
}
