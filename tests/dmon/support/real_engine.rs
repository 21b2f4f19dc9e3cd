//! The Engine of `DOCKER_HOST`, else this machine's own. Nothing is pulled: the image is made of
//! the host's static busybox.
//!
//! A test that finds no Engine is skipped and says so; with `DMON_TEST_REQUIRE_ENGINE` set, as CI
//! has it, it fails. What a killed test run left behind goes by
//! `docker rm -f $(docker ps -aq --filter label=dmon-test)`.

use std::env;
use std::fs;
use std::io::{self, Write};
use std::ops::Deref;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, ExitStatus};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;

pub(crate) use super::docker::IMAGE;

use super::binary::Home;
use super::docker::{Docker, LABEL, docker};

/// Commands of busybox that the image has.
const APPLETS: &[&str] = &[
    "cat", "dd", "echo", "false", "head", "httpd", "kill", "ls", "mkdir", "nc", "rm", "sh",
    "sleep", "sync", "tail", "test", "touch", "true", "wget", "yes",
];

/// Who made an Engine.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Make {
    Docker,
    /// It does not tell who asked for a death.
    Podman,
}

/// A real Engine and the containers that one test made on it. Dropping it removes them.
pub(crate) struct RealEngine {
    docker: Docker,
    pub(crate) make: Make,
    /// Held while the test works with it.
    _turn: Turn,
}

/// The right to work with a real Engine. One test has it at a time: what takes an Engine a moment
/// when it is idle takes it seconds when ten tests start containers at once.
pub(super) struct Turn {
    _held: MutexGuard<'static, ()>,
}

impl Turn {
    /// Waits for it.
    pub(super) fn take() -> Self {
        static TURN: Mutex<()> = Mutex::new(());
        // Another test that failed leaves nothing behind that this one cares for.
        Self { _held: TURN.lock().unwrap_or_else(PoisonError::into_inner) }
    }
}

impl RealEngine {
    /// The Engine, with the image on it; `None`, said on standard error, where there is none.
    pub(crate) fn find() -> Option<Self> {
        static READY: OnceLock<Result<Make, String>> = OnceLock::new();
        let turn = Turn::take();
        let address =
            env::var("DOCKER_HOST").unwrap_or_else(|_| "unix:///var/run/docker.sock".to_owned());
        let make = match READY.get_or_init(|| prepare(&address)) {
            Ok(make) => *make,
            Err(why) => {
                skip(why);
                return None;
            }
        };
        Some(Self { docker: Docker::new(address), make, _turn: turn })
    }

    /// The same, for what only Docker does. Podman is no missing Engine: it is passed over, whoever
    /// requires one.
    pub(crate) fn find_docker(podman: &str) -> Option<Self> {
        let engine = Self::find()?;
        if engine.make == Make::Podman {
            tell_skipped(&format!("Podman {podman}"));
            return None;
        }
        Some(engine)
    }

    /// Whether its containers can have this folder of this host; said on standard error where not.
    pub(crate) fn sees(&self, folder: &Path) -> bool {
        let mount = format!("--mount=type=bind,source={},target=/seen", folder.display());
        let look = ["run", "--rm", "--pull=never", "--network=none", &mount, IMAGE, "true"];
        let looked = docker(&self.docker.address, &look);
        if let Err(why) = &looked {
            tell_skipped(&format!("the Engine has files of its own: {why}"));
        }
        looked.is_ok()
    }

    /// What is said of a container that ended by itself.
    pub(crate) fn by_itself(&self, exit_code: i64) -> String {
        match self.make {
            Make::Docker => format!("exited by itself with code {exit_code}"),
            Make::Podman => format!("exited with code {exit_code}"),
        }
    }

    /// The image as the Engine names it.
    pub(crate) fn image(&self) -> String {
        match self.make {
            Make::Docker => IMAGE.to_owned(),
            Make::Podman => format!("docker.io/library/{IMAGE}"),
        }
    }
}

impl Deref for RealEngine {
    type Target = Docker;

    fn deref(&self) -> &Docker {
        &self.docker
    }
}

impl Drop for RealEngine {
    fn drop(&mut self) {
        if let Err(error) = remove_labelled(&self.docker) {
            // Never a panic: this may run during one.
            say(&format!("containers of {} stay behind: {error}", self.docker.prefix));
        }
    }
}

fn remove_labelled(containers: &Docker) -> Result<(), String> {
    let filter = format!("label={LABEL}={}", containers.prefix);
    let ids = docker(&containers.address, &["ps", "-aq", "--filter", &filter])?;
    let ids: Vec<&str> = ids.lines().collect();
    if !ids.is_empty() {
        docker(&containers.address, &[&["rm", "-fv"], &ids[..]].concat())?;
    }
    Ok(())
}

/// Makes sure of the client, the Engine and the image.
pub(super) fn prepare(address: &str) -> Result<Make, String> {
    Command::new("docker").arg("--version").output().map_err(|error| {
        format!("the docker command cannot be run ({error}): install Docker's client")
    })?;
    let components = "{{range .Server.Components}}{{.Name}},{{end}}";
    let components = docker(address, &["version", "--format", components])
        .map_err(|error| format!("no Engine answers at {address}: {error}"))?;
    let make = if components.contains("Podman") { Make::Podman } else { Make::Docker };
    if docker(address, &["image", "inspect", IMAGE]).is_err() {
        import_image(address)?;
    }
    docker(address, &["run", "--rm", "--pull=never", "--network=none", IMAGE, "true"])
        .map(|_| make)
        .map_err(|error| format!("the image {IMAGE} does not run (is busybox static?): {error}"))
}

/// Where this machine's busybox is.
pub(super) fn busybox() -> Result<&'static str, String> {
    ["/bin/busybox", "/sbin/busybox", "/usr/bin/busybox", "/usr/sbin/busybox"]
        .into_iter()
        .find(|path| Path::new(path).exists())
        .ok_or_else(|| "a static busybox is needed: install busybox-static".to_owned())
}

/// Makes the image of the host's busybox.
fn import_image(address: &str) -> Result<(), String> {
    let busybox = busybox()?;
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
    tell_skipped(why);
}

/// Says that the running test is skipped.
pub(crate) fn tell_skipped(why: &str) {
    let thread = thread::current();
    say(&format!("SKIPPED: {}: {why}", thread.name().unwrap_or("a test")));
}

/// Writes a line past libtest, which hides what passing tests print.
pub(crate) fn say(line: &str) {
    let _ = io::stderr().write_all(format!("{line}\n").as_bytes());
}
