//! Child processes whose output is read while they run. Every wait has a deadline, and no child
//! outlives its test.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use dmon::clock;

/// How long a child may take for anything that a test waits for where nothing shorter is promised, as
/// on a real Engine.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// What a child wrote and how it ended.
#[derive(Debug)]
pub(crate) struct Finished {
    /// Its exit status; `None` when a signal ended it.
    pub(crate) code: Option<i32>,
    /// All of its standard output.
    pub(crate) stdout: String,
    /// All of its standard error.
    pub(crate) stderr: String,
}

/// A child that runs, or has ended without having been waited for. Dropping it kills it.
pub(crate) struct Running {
    child: Child,
    arriving: Receiver<(Stream, String)>,
    /// The lines so far, each with its line feed.
    lines: Vec<(Stream, String)>,
    /// How many of `lines` lie behind the last one that was waited for.
    passed: usize,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Stream {
    Stdout,
    Stderr,
}

impl Running {
    /// Starts `command` with an empty standard input.
    pub(crate) fn start(command: &mut Command) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let (sender, arriving) = channel();
        forward(child.stdout.take().unwrap(), Stream::Stdout, sender.clone());
        forward(child.stderr.take().unwrap(), Stream::Stderr, sender);
        Self { child, arriving, lines: Vec::new(), passed: 0 }
    }

    /// Its process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits for the next line, of either stream, that contains `part`; one wait looks only at
    /// what came after the line that the wait before it returned. Panics with all output so far
    /// when no such line comes.
    pub(crate) fn wait_for_line(&mut self, part: &str) -> String {
        self.wait_for_line_within(part, PATIENCE)
    }

    /// The same with another deadline.
    pub(crate) fn wait_for_line_within(&mut self, part: &str, within: Duration) -> String {
        let deadline = clock::monotonic() + within;
        loop {
            if let Some(found) = self.lines[self.passed..].iter().position(|it| it.1.contains(part))
            {
                self.passed += found + 1;
                return self.lines[self.passed - 1].1.trim_end().to_owned();
            }
            self.passed = self.lines.len();
            if let Err(why) = self.read_line(deadline) {
                panic!("no line with {part:?} within {within:?} ({why}) in {:#?}", self.lines);
            }
        }
    }

    /// The lines so far that contain `part`, of either stream, whatever was waited for.
    pub(crate) fn lines_with(&mut self, part: &str) -> Vec<String> {
        self.lines.extend(self.arriving.try_iter());
        let lines = self.lines.iter().filter(|(_, line)| line.contains(part));
        lines.map(|(_, line)| line.trim_end().to_owned()).collect()
    }

    /// Sends it a signal, named as the shell's `kill` names it (`TERM`).
    pub(crate) fn signal(&self, name: &str) {
        let kill = format!("kill -s {name} {}", self.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success(), "{kill}");
    }

    /// Waits for its end. Panics with all output so far when it does not end.
    pub(crate) fn finish(self) -> Finished {
        self.finish_within(PATIENCE)
    }

    /// The same with another deadline.
    pub(crate) fn finish_within(mut self, within: Duration) -> Finished {
        let deadline = clock::monotonic() + within;
        let end = loop {
            if let Err(end) = self.read_line(deadline) {
                break end;
            }
        };
        assert_eq!(end, RecvTimeoutError::Disconnected, "still running after {:#?}", self.lines);
        let code = self.child.wait().unwrap().code();
        Finished { code, stdout: self.text(Stream::Stdout), stderr: self.text(Stream::Stderr) }
    }

    /// Waits for its end; whether it came. Never panics.
    pub(crate) fn ends(&mut self) -> bool {
        let deadline = clock::monotonic() + PATIENCE;
        while clock::monotonic() < deadline {
            if let Ok(Some(_)) | Err(_) = self.child.try_wait() {
                return true;
            }
            clock::pause(Duration::from_millis(20));
        }
        false
    }

    /// Takes in one line; an error once both streams have ended.
    fn read_line(&mut self, deadline: Instant) -> Result<(), RecvTimeoutError> {
        let left = deadline.saturating_duration_since(clock::monotonic());
        self.lines.push(self.arriving.recv_timeout(left)?);
        Ok(())
    }

    fn text(&self, stream: Stream) -> String {
        self.lines.iter().filter(|line| line.0 == stream).map(|line| line.1.as_str()).collect()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Both fail only for a child that has been waited for already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Passes a stream on, line by line, until it ends.
fn forward(stream: impl Read + Send + 'static, which: Stream, lines: Sender<(Stream, String)>) {
    thread::spawn(move || {
        let mut stream = BufReader::new(stream);
        let mut line = Vec::new();
        while stream.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
            if lines.send((which, String::from_utf8_lossy(&line).into_owned())).is_err() {
                break;
            }
            line.clear();
        }
    });
}
