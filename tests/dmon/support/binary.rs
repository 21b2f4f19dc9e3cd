//! The real binary, run as a user would run it, in a home of its own: nothing of this machine's
//! settings, state or environment reaches it.

use std::ffi::OsStr;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{self, Command};
use std::sync::atomic::{AtomicU32, Ordering};

use super::process::{Finished, Running};

/// A directory for one test, removed with it: dmon's working directory, home and env file, and
/// under it the state directory.
pub(crate) struct Home(PathBuf);

impl Home {
    /// Makes one, with an empty env file.
    pub(crate) fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("home-{}-{count}", process::id());
        let home = Self(Path::new(env!("CARGO_TARGET_TMPDIR")).join(name));
        fs::create_dir_all(home.path()).unwrap();
        home.write_env_file("");
        home
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Replaces the env file, which only its owner can read.
    pub(crate) fn write_env_file(&self, text: &str) {
        fs::write(self.env_file(), text).unwrap();
        fs::set_permissions(self.env_file(), Permissions::from_mode(0o600)).unwrap();
    }

    /// A run of dmon in this home, to be started or to be given more environment first.
    pub(crate) fn dmon<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>) -> Dmon {
        self.run_of(Path::new(env!("CARGO_BIN_EXE_dmon")), args)
    }

    /// The same with another build of dmon.
    pub(crate) fn run_of<A: AsRef<OsStr>>(
        &self,
        binary: &Path,
        args: impl IntoIterator<Item = A>,
    ) -> Dmon {
        let mut command = Command::new(binary);
        command.args(args).env_clear().current_dir(self.path());
        command.env("HOME", self.path()).env("STATE_DIR", self.path().join("state"));
        command.env("DMON_ENV_FILE", self.env_file());
        Dmon(command)
    }

    fn env_file(&self) -> PathBuf {
        self.path().join("dmon.env")
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        // A directory that stays behind lies under target/ and harms no one.
        let _ = fs::remove_dir_all(self.path());
    }
}

/// A run of dmon that has not begun.
pub(crate) struct Dmon(Command);

impl Dmon {
    /// Adds to its environment.
    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.0.env(name, value);
        self
    }

    /// Starts it.
    pub(crate) fn start(mut self) -> Running {
        Running::start(&mut self.0)
    }

    /// Starts it and waits for its end.
    pub(crate) fn run(self) -> Finished {
        self.start().finish()
    }
}
