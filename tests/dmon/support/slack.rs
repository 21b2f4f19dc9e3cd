//! A scripted Slack on a real port of this machine: takes what is posted to its webhook, remembers
//! it, and answers as it is told, rightly or not. Without a script it says `ok`.
//!
//! ```ignore
//! let slack = ScriptedSlack::new();
//! slack.answer_in_turn([Reply::status(503, ""), Reply::ok()]);
//! home.dmon(["once"]).env("SLACK_WEBHOOK_URL", slack.url());
//! assert_eq!(slack.wait_for_posts(2)[1].json()["text"], "…");
//! ```

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use dmon::clock;
use dmon::slack::Webhook;

use super::process::PATIENCE;
use super::tls::Identity;

/// What of every webhook's URL here must be seen by nobody else.
pub(crate) const SECRET: &str = "SECRET-4f9a";

/// A receiver of messages. Dropping it closes everything.
pub(crate) struct ScriptedSlack {
    shared: Arc<Shared>,
    address: SocketAddr,
    scheme: &'static str,
}

/// What was posted.
#[derive(Clone, Debug)]
pub(crate) struct Post {
    /// When all of it was there.
    pub(crate) time: Instant,
    /// The request line and the headers.
    pub(crate) head: String,
    /// The body.
    pub(crate) body: String,
}

/// What is done about one request, once all of it is there.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    /// These bytes; then the next request is waited for.
    Bytes(Vec<u8>),
    /// These bytes, then the connection is closed.
    Last(Vec<u8>),
    /// Another reply, later.
    Late(Duration, Box<Reply>),
    /// These bytes, then [`FLOOD_BYTES`] more.
    Flood(Vec<u8>),
    /// These bytes, then one more now and then, without end.
    Drip(Vec<u8>),
    /// The connection is closed.
    Close,
    /// Nothing, until the other side gives up.
    Hang,
    /// The connection is handed on to that address, as a proxy does.
    Tunnel(SocketAddr),
}

/// More than any socket's buffer takes.
pub(crate) const FLOOD_BYTES: usize = 64 << 20;

struct Shared {
    script: Mutex<Script>,
    changed: Condvar,
    identity: Option<Identity>,
}

#[derive(Default)]
struct Script {
    /// The last one stays.
    replies: VecDeque<Reply>,
    posts: Vec<Post>,
    connections: Vec<TcpStream>,
    /// How much of a flood was taken.
    taken: Option<usize>,
    is_over: bool,
}

impl ScriptedSlack {
    /// One that is spoken to in plain HTTP.
    pub(crate) fn new() -> Self {
        Self::on(None)
    }

    /// One that proves with a certificate who it is.
    pub(crate) fn with_tls(identity: &Identity) -> Self {
        Self::on(Some(identity.clone()))
    }

    fn on(identity: Option<Identity>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let scheme = if identity.is_some() { "https" } else { "http" };
        let shared = Shared { script: Mutex::default(), changed: Condvar::new(), identity };
        let slack = Self { shared: Arc::new(shared), address, scheme };
        slack.answer(Reply::ok());
        slack.listen(listener);
        slack
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its webhook, as `SLACK_WEBHOOK_URL` takes it. The host is not one of Slack's own.
    pub(crate) fn url(&self) -> String {
        format!("{}://{}/services/T000/B000/{SECRET}", self.scheme, self.address)
    }

    /// The same, parsed.
    pub(crate) fn webhook(&self) -> Webhook {
        Webhook::parse(&self.url()).unwrap()
    }

    /// Answers so from now on.
    pub(crate) fn answer(&self, reply: Reply) {
        self.answer_in_turn([reply]);
    }

    /// Answers with each of these in turn, then with the last one.
    pub(crate) fn answer_in_turn(&self, replies: impl IntoIterator<Item = Reply>) {
        self.script().replies = replies.into_iter().collect();
    }

    /// What was posted so far, in order.
    pub(crate) fn posts(&self) -> Vec<Post> {
        self.script().posts.clone()
    }

    /// How many connections there ever were.
    pub(crate) fn connections_made(&self) -> usize {
        self.script().connections.len()
    }

    /// Waits until so much was posted.
    pub(crate) fn wait_for_posts(&self, count: usize) -> Vec<Post> {
        self.wait_for_posts_within(count, PATIENCE)
    }

    /// The same with another deadline.
    pub(crate) fn wait_for_posts_within(&self, count: usize, within: Duration) -> Vec<Post> {
        self.wait(within, |script| script.posts.len() >= count).posts.clone()
    }

    /// Waits for the end of a flood: how many bytes the other side took of it, buffers included.
    pub(crate) fn wait_for_flood(&self) -> usize {
        self.wait(PATIENCE, |script| script.taken.is_some()).taken.unwrap()
    }

    fn wait(&self, within: Duration, until: impl Fn(&Script) -> bool) -> MutexGuard<'_, Script> {
        let (script, timeout) = self
            .shared
            .changed
            .wait_timeout_while(self.script(), within, |script| !until(script))
            .unwrap();
        let posts = script.posts.clone();
        drop(script);
        assert!(!timeout.timed_out(), "Slack waited in vain for {within:?}: {posts:#?}");
        self.script()
    }

    fn script(&self) -> MutexGuard<'_, Script> {
        self.shared.script.lock().unwrap()
    }

    fn listen(&self, listener: TcpListener) {
        let shared = Arc::clone(&self.shared);
        thread::spawn(move || {
            while let Ok((stream, _)) = listener.accept() {
                let mut script = shared.script.lock().unwrap();
                if script.is_over {
                    break;
                }
                script.connections.push(stream.try_clone().unwrap());
                let shared = Arc::clone(&shared);
                thread::spawn(move || shared.serve(stream));
            }
        });
    }
}

impl Drop for ScriptedSlack {
    fn drop(&mut self) {
        // Poisoned by a failed assertion, it is as good for this.
        let mut script = self.shared.script.lock().unwrap_or_else(PoisonError::into_inner);
        script.is_over = true;
        script.connections.iter().for_each(close);
        drop(script);
        // The thread that accepts connections wakes up for one more.
        drop(TcpStream::connect(self.address));
    }
}

impl Shared {
    fn serve(&self, stream: TcpStream) {
        let socket = stream.try_clone().unwrap();
        match &self.identity {
            None => self.answer(stream, &socket),
            Some(identity) => self.answer(identity.serve(stream), &socket),
        }
        close(&socket);
    }

    /// Answers the requests of one connection until one of both sides has enough.
    fn answer(&self, stream: impl Read + Write, socket: &TcpStream) {
        let mut reader = BufReader::new(stream);
        // A handshake that fails, or a check that sends nothing, is no post.
        while let Some(post) = Post::read(&mut reader) {
            let mut script = self.script.lock().unwrap();
            script.posts.push(post);
            let reply = match script.replies.len() {
                0 | 1 => script.replies.front().cloned(),
                _ => script.replies.pop_front(),
            };
            drop(script);
            self.changed.notify_all();
            if !reply.unwrap().send(self, reader.get_mut(), socket) {
                break;
            }
        }
    }
}

impl Reply {
    /// What Slack says to a message that it took.
    pub(crate) fn ok() -> Self {
        Self::status(200, "ok")
    }

    /// An answer with this status and body.
    pub(crate) fn status(status: u16, body: &str) -> Self {
        Self::with_header(status, "Content-Type: text/html", body)
    }

    /// The same with this header (`Retry-After: 1`).
    pub(crate) fn with_header(status: u16, header: &str, body: &str) -> Self {
        let length = body.len();
        let head =
            format!("HTTP/1.1 {status} Said\r\n{header}\r\nContent-Length: {length}\r\n\r\n");
        Self::Bytes((head + body).into_bytes())
    }

    /// These bytes, then the connection is closed.
    pub(crate) fn last(bytes: impl Into<Vec<u8>>) -> Self {
        Self::Last(bytes.into())
    }

    /// Answers; whether the connection stays open. That the other side has left is none of its
    /// business.
    fn send(&self, shared: &Shared, stream: &mut (impl Read + Write), socket: &TcpStream) -> bool {
        match self {
            Self::Bytes(bytes) => return write(stream, bytes),
            Self::Late(delay, reply) => {
                clock::pause(*delay);
                return reply.send(shared, stream, socket);
            }
            Self::Last(bytes) => {
                write(stream, bytes);
            }
            Self::Flood(bytes) => {
                let piece = [b'x'; 1 << 14];
                let pieces = FLOOD_BYTES / piece.len();
                write(stream, bytes);
                let taken = (0..pieces).take_while(|_| write(stream, &piece)).count();
                shared.script.lock().unwrap().taken = Some(taken * piece.len());
                shared.changed.notify_all();
            }
            Self::Drip(bytes) => {
                let mut is_open = write(stream, bytes);
                while is_open {
                    clock::pause(Duration::from_millis(20));
                    is_open = write(stream, b"x");
                }
            }
            Self::Close => {}
            Self::Hang => while stream.read(&mut [0; 64]).is_ok_and(|count| count > 0) {},
            Self::Tunnel(address) => {
                write(stream, b"HTTP/1.1 200 Connection established\r\n\r\n");
                tunnel(socket, &TcpStream::connect(address).unwrap());
            }
        }
        false
    }
}

fn write(stream: &mut impl Write, bytes: &[u8]) -> bool {
    stream.write_all(bytes).and_then(|()| stream.flush()).is_ok()
}

impl Post {
    /// A header's value, if it was sent.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.head.lines().filter_map(|line| line.split_once(": "));
        headers.find(|(header, _)| header.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// The body's JSON.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap()
    }

    fn read(reader: &mut impl BufRead) -> Option<Self> {
        let mut post = Self { time: clock::monotonic(), head: String::new(), body: String::new() };
        while !post.head.ends_with("\r\n\r\n") {
            reader.read_line(&mut post.head).ok().filter(|length| *length > 0)?;
        }
        let length = post.header("Content-Length").map_or(0, |length| length.parse().unwrap());
        let mut body = vec![0; length];
        reader.read_exact(&mut body).ok()?;
        post.body = String::from_utf8(body).unwrap();
        post.time = clock::monotonic();
        Some(post)
    }
}

/// Copies both ways until one side ends.
fn tunnel(one: &TcpStream, other: &TcpStream) {
    let copy = |mut from: &TcpStream, mut to: &TcpStream| {
        let _ = std::io::copy(&mut from, &mut to);
        close(from);
        close(to);
    };
    thread::scope(|scope| {
        scope.spawn(|| copy(one, other));
        copy(other, one);
    });
}

/// Closes it for all who hold it. One that is closed already stays so.
fn close(stream: &TcpStream) {
    let _ = stream.shutdown(Shutdown::Both);
}
