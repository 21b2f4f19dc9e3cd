//! `lock`: one dmon that stays up for each state directory. The lock is the kernel's, so that it
//! goes with its process, however that ends; the file holds the process id for people.

use std::fmt;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::process;
use std::time::Duration;

use crate::clock;
use crate::store::Store;

const NAME: &str = "lock";

/// How often a held lock is asked for again, and the pause between. `dmon health` holds it for a
/// moment when it looks whether anybody does.
const TRIES: usize = 5;
const PAUSE: Duration = Duration::from_millis(50);

/// The directory is this process's until the lock is dropped.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

/// Why there is no lock.
#[derive(Debug)]
pub enum LockError {
    /// Another dmon has it.
    Suppressed {
        /// The state directory.
        directory: PathBuf,
        /// The other one, as it is numbered where it runs; `None` when it did not say yet.
        process: Option<u32>,
    },
    /// The file cannot be made or locked.
    Failed {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
}

impl Store {
    /// Takes the directory for this process, which shows no sign of life yet.
    pub fn lock(&self) -> Result<Lock, LockError> {
        let failed = |error| LockError::Failed { path: self.file(NAME), error };
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false).mode(0o600);
        let mut file = options.open(self.file(NAME)).map_err(failed)?;
        for turn in 1.. {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::Error(error)) => return Err(failed(error)),
                Err(TryLockError::WouldBlock) if turn < TRIES => clock::pause(PAUSE),
                Err(TryLockError::WouldBlock) => {
                    let directory = self.directory.clone();
                    return Err(LockError::Suppressed {
                        directory,
                        process: process_in(&mut file),
                    });
                }
            }
        }
        sign(&mut file).and_then(|()| self.forget_alive()).map_err(failed)?;
        Ok(Lock { _file: file })
    }

    /// Whether some dmon that stays up has this directory.
    pub(super) fn is_locked(&self) -> io::Result<bool> {
        let file = match File::open(self.file(NAME)) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(error),
        };
        match file.try_lock_shared() {
            Ok(()) => Ok(false),
            Err(TryLockError::WouldBlock) => Ok(true),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}

fn sign(file: &mut File) -> io::Result<()> {
    file.set_len(0)?;
    file.write_all(format!("{}\n", process::id()).as_bytes())
}

fn process_in(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.rewind().ok()?;
    file.take(16).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

impl fmt::Display for LockError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Suppressed { directory, process } => {
                write!(formatter, "another dmon")?;
                if let Some(process) = process {
                    write!(formatter, " (process {process})")?;
                }
                let directory = directory.display();
                write!(
                    formatter,
                    " uses the state directory {directory}: stop it, or set STATE_DIR"
                )
            }
            Self::Failed { path, error } => {
                write!(formatter, "{} cannot be locked: {error}", path.display())
            }
        }
    }
}

impl std::error::Error for LockError {}
