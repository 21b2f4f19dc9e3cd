//! The containers of one test on one Engine, by the `docker` command: made, looked at, treated as
//! people treat them. Does not know whose Engine it is: see `real_engine` and `private_engine`.

use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;
use std::{iter, process};

use dmon::clock;
use serde_json::{Value, json};

use super::process::{PATIENCE, Running};

/// The image of every container made here: busybox and its commands.
pub(crate) const IMAGE: &str = "dmon-test:1";

/// The label by which the containers made here are known; its value is the test's prefix.
pub(super) const LABEL: &str = "dmon-test";

/// How many clients start containers side by side.
const HANDS: usize = 4;

/// An Engine's address, and what the names of one test's containers begin with.
pub(crate) struct Docker {
    /// The address, as `DOCKER_SOCKET` and `docker -H` take it.
    pub(crate) address: String,
    pub(super) prefix: String,
}

impl Docker {
    /// A test's containers on that Engine: there are none yet.
    pub(super) fn new(address: String) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        Self { address, prefix: format!("{LABEL}-{}-{count}-", process::id()) }
    }

    /// The name of the test's container `name` as the Engine has it.
    pub(crate) fn full_name(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    /// The label of the test's containers, for those that something else makes.
    pub(crate) fn label(&self) -> String {
        format!("{LABEL}={}", self.prefix)
    }

    /// The same as a compose file has it.
    pub(crate) fn labels(&self) -> Value {
        json!({LABEL: self.prefix})
    }

    /// What `docker ARGS` prints. Panics with what it complains of when it fails.
    pub(crate) fn docker(&self, args: &[&str]) -> String {
        docker(&self.address, args).unwrap_or_else(|error| panic!("{error}"))
    }

    /// Starts a container without network (`docker run -d OPTIONS IMAGE COMMAND`); its id.
    pub(crate) fn run(&self, name: &str, options: &[&str], command: &[&str]) -> String {
        self.make(&["run", "-d"], name, options, command)
    }

    /// The same without starting it.
    pub(crate) fn create(&self, name: &str, options: &[&str], command: &[&str]) -> String {
        self.make(&["create"], name, options, command)
    }

    fn make(&self, how: &[&str], name: &str, options: &[&str], command: &[&str]) -> String {
        let (label, name) = (self.label(), self.full_name(name));
        let fixed = ["--pull=never", "--network=none", "--label", &label, "--name", &name];
        self.docker(&[how, &fixed, options, &[IMAGE], command].concat())
    }

    /// Starts containers that were made, several at a time.
    pub(crate) fn start_all(&self, names: &[String]) {
        let names: Vec<String> = names.iter().map(|name| self.full_name(name)).collect();
        let share = names.len().div_ceil(HANDS).max(1);
        let command = |names: &[String]| {
            let names = names.iter().map(String::as_str);
            self.docker(&iter::once("start").chain(names).collect::<Vec<_>>());
        };
        thread::scope(|scope| {
            for names in names.chunks(share) {
                scope.spawn(move || command(names));
            }
        });
    }

    /// A field of a container, by Go template (`{{.State.Status}}`).
    pub(crate) fn inspect(&self, name: &str, template: &str) -> String {
        self.docker(&["container", "inspect", "-f", template, &self.full_name(name)])
    }

    /// Waits until that field has this value.
    pub(crate) fn wait_for(&self, name: &str, template: &str, expected: &str) {
        wait_until(&format!("{template} of {name} is {expected}"), || {
            let value = self.inspect(name, template);
            if value == expected { Ok(()) } else { Err(value) }
        });
    }

    /// `docker COMMAND OPTIONS NAME` for one of the test's containers.
    pub(crate) fn tell(&self, command: &[&str], name: &str) {
        self.docker(&[command, &[&self.full_name(name)]].concat());
    }

    /// The same for what the Engine refuses to do.
    pub(crate) fn fails(&self, command: &[&str], name: &str) {
        let name = self.full_name(name);
        let mut docker = Command::new("docker");
        let run = docker.args(["-H", &self.address]).args(command).arg(&name);
        assert!(!run.output().unwrap().status.success(), "docker {command:?} {name}");
    }

    /// Runs a command within one of the test's containers, which may end with it.
    pub(crate) fn exec(&self, name: &str, command: &[&str]) {
        self.docker(&[&["exec", "-d", &self.full_name(name)], command].concat());
    }
}

/// Waits for something that answers with what it is instead until it is so.
pub(crate) fn wait_until<T, E: std::fmt::Debug>(
    what: &str,
    look: impl FnMut() -> Result<T, E>,
) -> T {
    wait_until_within(PATIENCE, what, look)
}

/// The same with another deadline.
pub(crate) fn wait_until_within<T, E: std::fmt::Debug>(
    within: Duration,
    what: &str,
    mut look: impl FnMut() -> Result<T, E>,
) -> T {
    let deadline = clock::monotonic() + within;
    loop {
        match look() {
            Ok(found) => return found,
            Err(instead) => {
                let is_time = clock::monotonic() < deadline;
                assert!(is_time, "not within {within:?}: {what}; instead: {instead:?}");
            }
        }
        clock::pause(Duration::from_millis(50));
    }
}

/// Runs the command line client; what it printed, without the last line feed, or why it failed.
pub(super) fn docker(address: &str, args: &[&str]) -> Result<String, String> {
    let finished = Running::start(Command::new("docker").args(["-H", address]).args(args)).finish();
    match finished.code {
        Some(0) => Ok(finished.stdout.trim_end().to_owned()),
        _ => Err(format!("docker {}: {}", args.join(" "), finished.stderr.trim_end())),
    }
}
