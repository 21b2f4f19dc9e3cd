//! Real containers on a real Engine, by the `docker` command: the Engine of `DOCKER_HOST`, else
//! this machine's own. Nothing is pulled: the image is made of the host's static busybox.
//!
//! A test that finds no Engine is skipped and says so; with `DMON_TEST_REQUIRE_ENGINE` set, as CI
//! has it, it fails. What a killed test run left behind goes by
//! `docker rm -f $(docker ps -aq --filter label=dmon-test)`.

use std::env;
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{self, Command, ExitStatus};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;
use std::time::Duration;

use dmon::clock;

use super::binary::Home;
use super::process::{PATIENCE, Running};

/// The image of every container made here: busybox and its commands.
pub(crate) const IMAGE: &str = "dmon-test:1";

/// Commands of busybox that the image has.
const APPLETS: &[&str] = &[
    "cat", "dd", "echo", "false", "head", "httpd", "kill", "ls", "mkdir", "nc", "rm", "sh",
    "sleep", "sync", "tail", "test", "touch", "true", "wget", "yes",
];

/// The label by which the containers made here are known; its value is the test's prefix.
const LABEL: &str = "dmon-test";

/// A real Engine and the containers that one test made on it. Dropping it removes them.
pub(crate) struct RealEngine {
    /// Held while the test works with it: see [`RealEngine::find`].
    _turn: MutexGuard<'static, ()>,
    /// Its address, as `DOCKER_SOCKET` and `docker -H` take it.
    pub(crate) address: String,
    prefix: String,
}

impl RealEngine {
    /// The Engine, with the image on it; `None`, said on standard error, where there is none. One
    /// test has it at a time: what takes an Engine a moment when it is idle takes it seconds
    /// when ten tests start containers at once.
    pub(crate) fn find() -> Option<Self> {
        static READY: OnceLock<Result<(), String>> = OnceLock::new();
        static COUNT: AtomicU32 = AtomicU32::new(0);
        static TURN: Mutex<()> = Mutex::new(());
        // Another test that failed leaves nothing behind that this one cares for.
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let address =
            env::var("DOCKER_HOST").unwrap_or_else(|_| "unix:///var/run/docker.sock".to_owned());
        if let Err(why) = READY.get_or_init(|| prepare(&address)) {
            skip(why);
            return None;
        }
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        Some(Self { _turn: turn, address, prefix: format!("{LABEL}-{}-{count}-", process::id()) })
    }

    /// The name of the test's container `name` as the Engine has it.
    pub(crate) fn full_name(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    /// What `docker ARGS` prints. Panics with what it complains of when it fails.
    pub(crate) fn docker(&self, args: &[&str]) -> String {
        docker(&self.address, args).unwrap_or_else(|error| panic!("{error}"))
    }

    /// Starts a container without network (`docker run -d OPTIONS IMAGE COMMAND`); its id.
    pub(crate) fn run(&self, name: &str, options: &[&str], command: &[&str]) -> String {
        let label = format!("{LABEL}={}", self.prefix);
        let name = self.full_name(name);
        let fixed = ["run", "-d", "--pull=never", "--network=none", "--label", &label];
        self.docker(&[&fixed, &["--name", &name][..], options, &[IMAGE], command].concat())
    }

    /// A field of a container, by Go template (`{{.State.Status}}`).
    pub(crate) fn inspect(&self, name: &str, template: &str) -> String {
        self.docker(&["container", "inspect", "-f", template, &self.full_name(name)])
    }

    /// Waits until that field has this value.
    pub(crate) fn wait_for(&self, name: &str, template: &str, expected: &str) {
        let deadline = clock::monotonic() + PATIENCE;
        loop {
            let value = self.inspect(name, template);
            if value == expected {
                return;
            }
            assert!(clock::monotonic() < deadline, "{name}: {template} stays {value}");
            clock::pause(Duration::from_millis(50));
        }
    }
}

impl Drop for RealEngine {
    fn drop(&mut self) {
        if let Err(error) = remove_labelled(&self.address, &self.prefix) {
            // Never a panic: this may run during one.
            say(&format!("containers of {} stay behind: {error}", self.prefix));
        }
    }
}

fn remove_labelled(address: &str, label: &str) -> Result<(), String> {
    let filter = format!("label={LABEL}={label}");
    let ids = docker(address, &["ps", "-aq", "--filter", &filter])?;
    let ids: Vec<&str> = ids.lines().collect();
    if !ids.is_empty() {
        docker(address, &[&["rm", "-fv"], &ids[..]].concat())?;
    }
    Ok(())
}

/// Runs the command line client; what it printed, without the last line feed, or why it failed.
fn docker(address: &str, args: &[&str]) -> Result<String, String> {
    let finished = Running::start(Command::new("docker").args(["-H", address]).args(args)).finish();
    match finished.code {
        Some(0) => Ok(finished.stdout.trim_end().to_owned()),
        _ => Err(format!("docker {}: {}", args.join(" "), finished.stderr.trim_end())),
    }
}

/// Makes sure of the client, the Engine and the image, once a process.
fn prepare(address: &str) -> Result<(), String> {
    Command::new("docker").arg("--version").output().map_err(|error| {
        format!("the docker command cannot be run ({error}): install Docker's client")
    })?;
    docker(address, &["version", "--format", "{{.Server.Version}}"])
        .map_err(|error| format!("no Engine answers at {address}: {error}"))?;
    if docker(address, &["image", "inspect", IMAGE]).is_err() {
        import_image(address)?;
    }
    docker(address, &["run", "--rm", "--pull=never", "--network=none", IMAGE, "true"])
        .map(|_| ())
        .map_err(|error| format!("the image {IMAGE} does not run (is busybox static?): {error}"))
}

/// Makes the image of the host's busybox.
fn import_image(address: &str) -> Result<(), String> {
    let busybox = ["/bin/busybox", "/sbin/busybox", "/usr/bin/busybox", "/usr/sbin/busybox"]
        .into_iter()
        .find(|path| Path::new(path).exists())
        .ok_or("the image needs a static busybox: install busybox-static")?;
    let home = Home::new();
    let (root, archive) = (home.path().join("root"), home.path().join("root.tar"));
    fill_root(&root, busybox).map_err(|error| format!("{}: {error}", root.display()))?;
    let tar = Command::new("tar").arg("-cf").arg(&archive).arg("-C").arg(&root).arg(".").status();
    if !tar.as_ref().is_ok_and(ExitStatus::success) {
        return Err(format!("tar could not pack {}: {tar:?}", root.display()));
    }
    docker(address, &["import", archive.to_str().unwrap(), IMAGE]).map(|_| ())
}

fn fill_root(root: &Path, busybox: &str) -> io::Result<()> {
    let bin = root.join("bin");
    fs::create_dir_all(&bin)?;
    fs::create_dir_all(root.join("tmp"))?;
    fs::copy(busybox, bin.join("busybox"))?;
    APPLETS.iter().try_for_each(|applet| symlink("busybox", bin.join(applet)))
}

/// Tells that the running test is skipped, or fails it where CI wants an Engine.
pub(crate) fn skip(why: &str) {
    assert!(env::var_os("DMON_TEST_REQUIRE_ENGINE").is_none(), "an Engine is required: {why}");
    let thread = thread::current();
    say(&format!("SKIPPED: {}: {why}", thread.name().unwrap_or("a test")));
}

/// Writes a line past libtest, which hides what passing tests print.
pub(crate) fn say(line: &str) {
    let _ = io::stderr().write_all(format!("{line}\n").as_bytes());
}
