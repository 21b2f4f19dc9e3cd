//! The state directory: where dmon keeps what must outlive it. Knows files, not what is in the
//! state; a dmon without a directory it can write to has no [`Store`] and runs from memory.

#[macro_use]
mod stored;

pub mod alive;
pub mod lock;
pub mod memory;
pub mod state;

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::process;

use crate::clock;

/// A state directory that can be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Store {
    directory: PathBuf,
}

/// Whether a write must survive a loss of power.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Durability {
    Synced,
    Unsynced,
}

impl Store {
    /// Opens the first of these directories that can be written; one that is missing is made, for
    /// its owner only. The error says why each was refused.
    pub fn open(candidates: &[PathBuf]) -> Result<Self, String> {
        let mut refused = Vec::new();
        for directory in candidates {
            let store = Self { directory: directory.clone() };
            match store.prepare() {
                Ok(()) => return Ok(store),
                Err(error) => refused.push(format!("{}: {error}", directory.display())),
            }
        }
        Err(format!("no state directory can be written ({})", refused.join("; ")))
    }

    /// The first of these directories that is there, to read what another dmon wrote. Makes and
    /// writes nothing.
    pub fn find(candidates: &[PathBuf]) -> Option<Self> {
        let directory = candidates.iter().find(|directory| directory.is_dir())?;
        Some(Self { directory: directory.clone() })
    }

    /// Where it is.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    fn prepare(&self) -> io::Result<()> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.directory)?;
        if fs::metadata(&self.directory)?.mode() & 0o002 != 0 {
            let directory = self.directory.display();
            log::warn!(
                "everybody can write the state directory {directory}: chmod 700 {directory}"
            );
        }
        // Permissions do not tell of a file system that is mounted read-only: only trying does. The
        // name is nobody else's, also where several containers share the directory.
        let (process, now) = (process::id(), clock::wall().nanoseconds());
        let probe = self.file(&format!("probe-{process}-{now}"));
        OpenOptions::new().write(true).create_new(true).open(&probe)?;
        fs::remove_file(probe)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    /// Puts `bytes` in the place of a file, whole or not at all: a reader, and a dmon after a
    /// crash, finds the old content or the new. Only for who holds the lock: two at once would take
    /// each other's temporary file.
    fn replace(&self, name: &str, bytes: &[u8], durability: Durability) -> io::Result<()> {
        let fresh = self.file(&format!("{name}.tmp"));
        // What a crash left behind. Made anew, so that it is the owner's alone.
        match fs::remove_file(&fresh) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&fresh)?;
        file.write_all(bytes)?;
        if durability == Durability::Synced {
            file.sync_all()?;
        }
        fs::rename(&fresh, self.file(name))?;
        if durability == Durability::Synced {
            // The new name is in the directory, which is a file of its own to the disk.
            File::open(&self.directory)?.sync_all()?;
        }
        Ok(())
    }
}
