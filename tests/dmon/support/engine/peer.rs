//! Sockets of both kinds.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;

pub(super) enum Listener {
    Unix(UnixListener),
    Tcp(TcpListener),
}

pub(super) enum Peer {
    Unix(UnixStream),
    Tcp(TcpStream),
}

impl Listener {
    pub(super) fn unix(path: &Path) -> Self {
        Self::Unix(UnixListener::bind(path).unwrap())
    }

    pub(super) fn tcp() -> Self {
        Self::Tcp(TcpListener::bind("127.0.0.1:0").unwrap())
    }

    /// As `DOCKER_SOCKET` takes it.
    pub(super) fn address(&self) -> String {
        match self {
            Self::Unix(listener) => {
                let path = listener.local_addr().unwrap();
                format!("unix://{}", path.as_pathname().unwrap().display())
            }
            Self::Tcp(listener) => format!("tcp://{}", listener.local_addr().unwrap()),
        }
    }

    pub(super) fn accept(&self) -> Option<Peer> {
        match self {
            Self::Unix(listener) => listener.accept().ok().map(|(stream, _)| Peer::Unix(stream)),
            Self::Tcp(listener) => listener.accept().ok().map(|(stream, _)| Peer::Tcp(stream)),
        }
    }
}

impl Peer {
    pub(super) fn connect(address: &str) -> io::Result<Self> {
        match address.split_once("://") {
            Some(("unix", path)) => UnixStream::connect(path).map(Self::Unix),
            Some((_, address)) => TcpStream::connect(address).map(Self::Tcp),
            None => panic!("{address} is no address"),
        }
    }

    pub(super) fn duplicate(&self) -> Self {
        match self {
            Self::Unix(stream) => Self::Unix(stream.try_clone().unwrap()),
            Self::Tcp(stream) => Self::Tcp(stream.try_clone().unwrap()),
        }
    }

    /// Closes it for all who hold it. One that is closed already stays so.
    pub(super) fn close(&self) {
        let _ = match self {
            Self::Unix(stream) => stream.shutdown(Shutdown::Both),
            Self::Tcp(stream) => stream.shutdown(Shutdown::Both),
        };
    }
}

impl Read for Peer {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Unix(stream) => stream.read(buffer),
            Self::Tcp(stream) => stream.read(buffer),
        }
    }
}

impl Write for Peer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Unix(stream) => stream.write(bytes),
            Self::Tcp(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
