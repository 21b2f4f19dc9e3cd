//! A scripted Engine on a real socket: answers as an Engine with the containers it is given, tells
//! the events it is told to tell, misbehaves on demand, and remembers what it was asked.
//!
//! ```ignore
//! let engine = ScriptedEngine::new([Container::new("web"), Container::new("db").exited(1)]);
//! engine.answer("/info", Reply::refusal(403, "no"));
//! home.dmon(["once"]).env("DOCKER_SOCKET", engine.address());
//! engine.change("web", |web| web.exited(137));
//! engine.tell("web", "die", &[("exitCode", "137")]);
//! ```

mod container;
mod peer;
mod reply;

use std::collections::{BTreeMap, VecDeque};
use std::env;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use dmon::clock;

use peer::{Listener, Peer};

pub(crate) use container::Container;
pub(crate) use reply::Reply;

/// How long dmon may take for anything that a test waits for here: twice the longest that it waits
/// for an answer.
const PATIENCE: Duration = Duration::from_secs(20);

/// What is told within this time may have one time on a clock.
const RESOLUTION_NS: i64 = 1_000_000;

/// The Engine. Dropping it closes everything.
pub(crate) struct ScriptedEngine {
    shared: Arc<Shared>,
    address: String,
    /// Where its socket is, removed with it.
    folder: PathBuf,
}

struct Shared {
    script: Mutex<Script>,
    changed: Condvar,
}

#[derive(Default)]
struct Script {
    containers: Vec<Container>,
    /// What is answered to a path instead of what an Engine would; the last answer stays.
    routes: BTreeMap<String, VecDeque<Reply>>,
    /// `path?query` of each request, in the order in which they came.
    requests: Vec<String>,
    connections: Connections,
    /// What was told: `timeNano` and line.
    told: Vec<(i64, String)>,
    /// Those who listen to events.
    listening: Vec<Peer>,
    /// How far its clock is ahead of this machine's, in nanoseconds.
    ahead_ns: i64,
    is_over: bool,
}

#[derive(Default)]
struct Connections {
    open: Vec<(u32, Peer)>,
    /// How many there ever were.
    made: u32,
}

impl ScriptedEngine {
    /// An Engine with those containers on a Unix socket.
    pub(crate) fn new(containers: impl IntoIterator<Item = Container>) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        // Short: the path of a socket has at most 107 bytes.
        let folder = env::temp_dir().join(format!("dmon-engine-{}-{count}", process::id()));
        fs::create_dir_all(&folder).unwrap();
        let path = folder.join("engine.sock");
        let address = format!("unix://{}", path.display());
        Self::on(Listener::unix(&path), address, folder, containers)
    }

    /// The same on a TCP port of this machine.
    pub(crate) fn on_tcp(containers: impl IntoIterator<Item = Container>) -> Self {
        let listener = Listener::tcp();
        let address = listener.address();
        Self::on(listener, address, PathBuf::new(), containers)
    }

    fn on(
        listener: Listener,
        address: String,
        folder: PathBuf,
        containers: impl IntoIterator<Item = Container>,
    ) -> Self {
        let containers = containers.into_iter().collect();
        let script = Mutex::new(Script { containers, ..Script::default() });
        let shared = Arc::new(Shared { script, changed: Condvar::new() });
        let engine = Self { shared, address, folder };
        engine.listen(listener);
        engine
    }

    /// As `DOCKER_SOCKET` takes it.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// Answers that path (without its query) so from now on.
    pub(crate) fn answer(&self, path: &str, reply: Reply) {
        self.answer_in_turn(path, [reply]);
    }

    /// Answers that path with each of these in turn, then with the last one.
    pub(crate) fn answer_in_turn(&self, path: &str, replies: impl IntoIterator<Item = Reply>) {
        let replies = replies.into_iter().collect();
        self.script().routes.insert(path.to_owned(), replies);
    }

    /// Answers that path again as an Engine would.
    pub(crate) fn answer_as_usual(&self, path: &str) {
        self.script().routes.remove(path);
    }

    /// Answers every path again as an Engine would.
    pub(crate) fn answer_all_as_usual(&self) {
        self.script().routes.clear();
    }

    /// Changes one of its containers, without an event.
    pub(crate) fn change(&self, name: &str, change: impl FnOnce(Container) -> Container) {
        let mut script = self.script();
        let container = script.containers.iter_mut().find(|one| one.name == name).unwrap();
        *container = change(container.clone());
    }

    /// Removes one of its containers, without an event.
    pub(crate) fn remove(&self, name: &str) {
        self.script().containers.retain(|container| container.name != name);
    }

    /// Tells an event of one of its containers, with attributes besides its name, its image and its
    /// labels.
    pub(crate) fn tell(&self, name: &str, action: &str, attributes: &[(&str, &str)]) {
        let mut script = self.script();
        let last = script.told.last().map_or(0, |(time, _)| *time);
        let time = clock::wall().nanoseconds() + script.ahead_ns;
        // No two have one time, but where the clock was set back.
        let time = if (0..RESOLUTION_NS).contains(&(last - time)) { last + 1 } else { time };
        let container = script.containers.iter().find(|one| one.name == name).unwrap();
        let line = container.event(time, action, attributes);
        script.told.push((time, line.clone()));
        script.listening.retain_mut(|peer| peer.write_all(&reply::chunk(line.as_bytes())).is_ok());
    }

    /// Writes that line to all who listen, whatever it is.
    pub(crate) fn tell_line(&self, line: &str) {
        let line = reply::chunk(format!("{line}\n").as_bytes());
        self.script().listening.retain_mut(|peer| peer.write_all(&line).is_ok());
    }

    /// Sets its clock: so many seconds ahead of this machine's, behind it where they are negative.
    pub(crate) fn set_clock(&self, ahead_seconds: i64) {
        let mut script = self.script();
        script.ahead_ns = ahead_seconds * 1_000_000_000;
        let ahead_ns = script.ahead_ns;
        for container in &mut script.containers {
            container.ahead_ns = ahead_ns;
        }
    }

    /// Closes the event streams in order, as an Engine that stops.
    pub(crate) fn end_streams(&self) {
        for mut peer in self.script().listening.drain(..) {
            // The listener may have left before.
            let _ = peer.write_all(&reply::chunk(b""));
            peer.close();
        }
    }

    /// Closes all connections without a word.
    pub(crate) fn cut_connections(&self) {
        for (_, peer) in &self.script().connections.open {
            peer.close();
        }
    }

    /// What it was asked so far: `/path?query`, in order.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.script().requests.clone()
    }

    /// How many connections there ever were.
    pub(crate) fn connections_made(&self) -> u32 {
        self.script().connections.made
    }

    /// How many connections are open.
    pub(crate) fn connections_open(&self) -> usize {
        self.script().connections.open.len()
    }

    /// Waits until somebody listens to its events.
    pub(crate) fn wait_for_listener(&self) {
        self.shared.wait(|script| !script.listening.is_empty());
    }

    /// How often that path was asked for.
    pub(crate) fn requests_of(&self, path: &str) -> usize {
        self.script().requests_of(path)
    }

    /// Waits until that path was asked for so many times in all.
    pub(crate) fn wait_for_requests(&self, path: &str, count: usize) {
        self.shared.wait(|script| script.requests_of(path) >= count);
    }

    /// Waits until no connection is open any more.
    pub(crate) fn wait_until_alone(&self) {
        self.shared.wait(|script| script.connections.open.is_empty());
    }

    fn script(&self) -> MutexGuard<'_, Script> {
        self.shared.script.lock().unwrap()
    }

    fn listen(&self, listener: Listener) {
        let shared = Arc::clone(&self.shared);
        thread::spawn(move || {
            while let Some(peer) = listener.accept() {
                if shared.change(|script| script.is_over) {
                    break;
                }
                let shared = Arc::clone(&shared);
                thread::spawn(move || shared.serve(peer));
            }
        });
    }
}

impl Drop for ScriptedEngine {
    fn drop(&mut self) {
        // Poisoned by a failed assertion, it is as good for this.
        let mut script = self.shared.script.lock().unwrap_or_else(PoisonError::into_inner);
        script.is_over = true;
        script.connections.open.iter().for_each(|(_, peer)| peer.close());
        drop(script);
        // The thread that accepts connections wakes up for one more.
        drop(Peer::connect(&self.address));
        let _ = fs::remove_dir_all(&self.folder);
    }
}

impl Shared {
    /// Waits until the script is so.
    fn wait(&self, until: impl Fn(&Script) -> bool) {
        let script = self.script.lock().unwrap();
        let (script, timeout) =
            self.changed.wait_timeout_while(script, PATIENCE, |script| !until(script)).unwrap();
        drop(script);
        assert!(!timeout.timed_out(), "the Engine waited in vain");
    }

    fn change<T>(&self, change: impl FnOnce(&mut Script) -> T) -> T {
        let result = change(&mut self.script.lock().unwrap());
        self.changed.notify_all();
        result
    }

    /// Answers the requests of one connection until one of both sides closes it.
    fn serve(&self, mut peer: Peer) {
        let number = self.change(|script| script.connections.add(&peer));
        let mut reader = BufReader::new(peer.duplicate());
        while let Some(request) = request(&mut reader) {
            let path = request.split('?').next().unwrap_or_default().to_owned();
            let reply = self.change(|script| {
                script.requests.push(request.clone());
                script.reply(&path)
            });
            let reply = reply.unwrap_or_else(|| self.usual(&path));
            if !reply.send(self, &mut peer, &request) {
                break;
            }
        }
        peer.close();
        self.change(|script| script.connections.open.retain(|(other, _)| *other != number));
    }

    /// What an Engine with these containers answers.
    fn usual(&self, path: &str) -> Reply {
        let mut script = self.script.lock().unwrap();
        let segments: Vec<&str> = path.split('/').skip(1).collect();
        match segments[..] {
            ["_ping"] => {
                Reply::bytes("HTTP/1.1 200 OK\r\nApi-Version: 1.51\r\nContent-Length: 2\r\n\r\nOK")
            }
            ["version"] => Reply::json(r#"{"Version":"28.5.2","ApiVersion":"1.51"}"#),
            ["info"] => Reply::json(
                r#"{"Name":"vm","ServerVersion":"28.5.2","NCPU":2,"MemTotal":8000000000}"#,
            ),
            ["events"] => Reply::Events,
            ["containers", "json"] => {
                let lines: Vec<_> = script.containers.iter().map(Container::listed).collect();
                Reply::json(format!("[{}]", lines.join(",")))
            }
            ["containers", id, what] => {
                let found = script.containers.iter_mut().find(|one| one.id() == id);
                found
                    .and_then(|container| container.answer(what))
                    .unwrap_or_else(|| Reply::refusal(404, &format!("No such container: {id}")))
            }
            _ => Reply::refusal(404, "page not found"),
        }
    }
}

impl Script {
    fn requests_of(&self, path: &str) -> usize {
        self.requests.iter().filter(|request| request.split('?').next() == Some(path)).count()
    }

    fn reply(&mut self, path: &str) -> Option<Reply> {
        let replies = self.routes.get_mut(path)?;
        if replies.len() > 1 { replies.pop_front() } else { replies.front().cloned() }
    }
}

impl Connections {
    fn add(&mut self, peer: &Peer) -> u32 {
        self.made += 1;
        self.open.push((self.made, peer.duplicate()));
        self.made
    }
}

/// The path and query of the next request; `None` when there is none any more.
fn request(reader: &mut impl BufRead) -> Option<String> {
    let mut lines = reader.lines();
    let first = lines.next()?.ok()?;
    // The headers say nothing that matters here.
    lines.find(|line| line.as_ref().is_ok_and(String::is_empty))?.ok()?;
    let target = first.strip_prefix("GET ").and_then(|line| line.strip_suffix(" HTTP/1.1"));
    Some(target.unwrap_or_else(|| panic!("not a GET: {first}")).to_owned())
}
