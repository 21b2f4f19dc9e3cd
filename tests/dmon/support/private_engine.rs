//! An Engine of the test's own: this machine's `dockerd` as a child, to be stopped, killed and
//! started again at will. It has mounts, a network and process numbers of its own, so that it
//! neither meets this machine's Engine nor outlives the test: when the first process of its
//! namespaces is killed, the kernel ends all others and undoes all mounts.
//!
//! Needs root, `dockerd`, and `unshare` and `nsenter` of util-linux. A test that finds them not is
//! skipped and says so, or fails, as with `real_engine`.

use std::fs;
use std::io;
use std::ops::Deref;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use super::binary::Home;
use super::docker::{Docker, docker, wait_until};
use super::process::Running;
use super::real_engine::{Turn, busybox, prepare, say, skip};

/// The first process of the namespaces. `/run` holds sockets that must outlive a dockerd;
/// `/etc/docker` would tell it to be like this machine's Engine.
const SET_UP: &str = r#"set -e
    mount --bind "$1/run" /run
    mkdir -p /etc/docker
    mount --bind "$1/etc" /etc/docker
    "$2" ip link set lo up
    echo ready
    while :; do sleep 1000 & wait $!; done"#;

/// A dockerd in those namespaces. What it starts may outlive it, so its words go to a file: a pipe
/// would stay open.
const DOCKERD: &str = r#"home=$1 name=$2; shift 2
    exec dockerd -H unix:///run/engine.sock --data-root "$home/data" --exec-root /run/docker \
        --pidfile /run/dockerd.pid --exec-opt native.cgroupdriver=cgroupfs \
        --cgroup-parent "/$name" --bridge=none --iptables=false --ip6tables=false "$@" \
        >>"$home/log" 2>&1"#;

/// How much of a dockerd's log is told when a test fails.
const LOG_LINES: usize = 30;

/// A private Engine. Dropping it ends it, its containers and all that belongs to them.
pub(crate) struct PrivateEngine {
    docker: Docker,
    /// What its dockerd is started with, besides what it always is.
    options: Vec<&'static str>,
    namespaces: Running,
    /// The first process of the namespaces.
    first: u32,
    dockerd: Option<Running>,
    home: Home,
    /// The name of the control group that its containers' are in.
    group: String,
    /// Held while the test works with it.
    _turn: Turn,
}

impl PrivateEngine {
    /// One that runs and has the image; `None`, said on standard error, where there can be none.
    pub(crate) fn find(options: &[&'static str]) -> Option<Self> {
        let turn = Turn::take();
        let found = preconditions().and_then(|()| Self::new(turn, options));
        found.inspect_err(|why| skip(why)).ok()
    }

    fn new(turn: Turn, options: &[&'static str]) -> Result<Self, String> {
        let home = Home::new();
        for folder in ["run", "etc", "data"] {
            fs::create_dir(home.path().join(folder)).unwrap();
        }
        let mut unshare = Command::new("unshare");
        unshare.args(["-m", "-n", "-p", "-f", "--kill-child", "--mount-proc"]);
        unshare.args(["--propagation", "private", "sh", "-c", SET_UP, "sh"]);
        let mut namespaces = Running::start(unshare.arg(home.path()).arg(busybox()?));
        namespaces.wait_for_line("ready");
        let first = only_child(namespaces.id())?;
        let docker = Docker::new(format!("unix://{}/run/engine.sock", home.path().display()));
        let (group, options) = (docker.full_name("group"), options.to_vec());
        let dockerd = None;
        let mut engine =
            Self { docker, options, namespaces, first, dockerd, home, group, _turn: turn };
        engine.start();
        prepare(&engine.docker.address)?;
        Ok(engine)
    }

    /// Starts it, and waits until it answers: then it has started its containers.
    pub(crate) fn start(&mut self) {
        let mut dockerd = self.inside(&["-m", "-n", "-p"]);
        dockerd.args(["sh", "-c", DOCKERD, "sh"]).arg(self.home.path()).arg(&self.group);
        self.dockerd = Some(Running::start(dockerd.args(&self.options)));
        let version = ["version", "--format", "{{.Server.Version}}"];
        wait_until("the private Engine answers", || docker(&self.docker.address, &version));
    }

    /// The same with other options than before.
    pub(crate) fn start_with(&mut self, options: &[&'static str]) {
        self.options = options.to_vec();
        self.start();
    }

    /// Ends it as a service manager does.
    pub(crate) fn stop(&mut self) {
        self.signal("TERM");
        let finished = self.dockerd.take().unwrap().finish();
        assert_eq!(finished.code, Some(0), "{finished:?}");
    }

    /// Takes its data away, as a disk that is not mounted does; it starts with none.
    pub(crate) fn lose_disk(&self) {
        let data = self.home.path().join("data");
        fs::rename(&data, self.home.path().join("away")).unwrap();
        fs::create_dir(data).unwrap();
    }

    /// Gives it its data back.
    pub(crate) fn find_disk(&self) {
        let data = self.home.path().join("data");
        fs::remove_dir_all(&data).unwrap();
        fs::rename(self.home.path().join("away"), data).unwrap();
    }

    /// Ends it as a crash does: its containers live on.
    pub(crate) fn crash(&mut self) {
        self.signal("KILL");
        let finished = self.dockerd.take().unwrap().finish();
        assert_ne!(finished.code, Some(0), "{finished:?}");
    }

    fn signal(&self, name: &str) {
        let file = self.home.path().join("run/dockerd.pid");
        self.signal_process(name, fs::read_to_string(file).unwrap().trim());
    }

    /// Sends a signal to a process of this Engine's, by the number that the Engine knows it by.
    pub(crate) fn signal_process(&self, name: &str, number: &str) {
        let kill = format!("kill -s {name} {number}");
        let status = self.inside(&["-m", "-p"]).args(["sh", "-c", &kill]).status();
        assert!(status.unwrap().success(), "{kill}");
    }

    /// A command in some of the Engine's namespaces.
    fn inside(&self, namespaces: &[&str]) -> Command {
        let mut command = Command::new("nsenter");
        command.args(["-t", &self.first.to_string()]).args(namespaces);
        command
    }

    fn say_log(&self) {
        let log = fs::read_to_string(self.home.path().join("log")).unwrap_or_default();
        let lines: Vec<&str> = log.lines().filter(|line| !line.contains("level=info")).collect();
        let last = lines[lines.len().saturating_sub(LOG_LINES)..].join("\n");
        say(&format!("the private Engine's log:\n{last}"));
    }
}

impl Deref for PrivateEngine {
    type Target = Docker;

    fn deref(&self) -> &Docker {
        &self.docker
    }
}

impl Drop for PrivateEngine {
    fn drop(&mut self) {
        if thread::panicking() {
            self.say_log();
        }
        // Not `Running::signal`, which may panic. `unshare` ends when its child and, before it, all
        // that lives in the namespaces has ended.
        let kill = format!("kill -s KILL {}", self.first);
        let killed = Command::new("sh").args(["-c", &kill]).status();
        let ended = killed.is_ok_and(|status| status.success()) && self.namespaces.ends();
        if !ended {
            say("a private Engine stays behind");
        }
        if let Err(error) = remove_groups(&self.group) {
            say(&format!("control groups of {} stay behind: {error}", self.group));
        }
    }
}

fn preconditions() -> Result<(), String> {
    let user = fs::metadata("/proc/self").map_err(|error| format!("/proc/self: {error}"))?.uid();
    if user != 0 {
        return Err("a private Engine needs root".to_owned());
    }
    for program in ["dockerd", "unshare", "nsenter"] {
        Command::new(program).arg("--version").output().map_err(|error| {
            format!("{program} cannot be run ({error}): install Docker and util-linux")
        })?;
    }
    Ok(())
}

/// The child of a process that has one.
fn only_child(parent: u32) -> Result<u32, String> {
    let file = format!("/proc/{parent}/task/{parent}/children");
    let children = fs::read_to_string(&file).map_err(|error| format!("{file}: {error}"))?;
    children.trim().parse().map_err(|error| format!("{file} is {children:?}: {error}"))
}

/// Removes the control groups of containers that nobody removed: in each hierarchy where there are
/// several, in the only one where there is one.
fn remove_groups(name: &str) -> io::Result<()> {
    let root = Path::new("/sys/fs/cgroup");
    let hierarchies = fs::read_dir(root)?.map(|entry| Ok(entry?.path()));
    let hierarchies: Vec<PathBuf> = hierarchies.collect::<io::Result<_>>()?;
    for hierarchy in hierarchies.iter().map(PathBuf::as_path).chain([root]) {
        let group = hierarchy.join(name);
        if group.is_dir() {
            remove_folders(&group)?;
        }
    }
    Ok(())
}

/// The files of a control group go with its folder.
fn remove_folders(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            remove_folders(&path)?;
        }
    }
    fs::remove_dir(folder)
}
