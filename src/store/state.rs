//! `state.json`: one value with the version of its shape. What the value means belongs to who saves
//! it.

use std::fs::{self, File};
use std::io::{self, Read};

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::clock;
use crate::store::stored::{self, Stored};
use crate::store::{Durability, Store};

const NAME: &str = "state.json";

/// No state comes near to this; a file that does is none of ours.
const FILE_MAX_BYTES: u64 = 64 << 20;

/// Read in two steps, since a state of another version has another shape.
#[derive(Deserialize)]
struct Version {
    version: u32,
}

#[derive(Deserialize)]
struct Saved<'a> {
    #[serde(borrow)]
    state: &'a RawValue,
}

impl Store {
    /// What was saved last; `None` where nothing was. A file that cannot be understood is renamed,
    /// never changed, and the error is the sentence that tells of it: go on without.
    pub fn load<T: Stored>(&self, version: u32) -> Result<Option<T>, String> {
        let bytes = match self.read_state() {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(self.set_aside("unreadable", &error.to_string())),
        };
        let written = serde_json::from_slice::<Version>(&bytes).map(|saved| saved.version);
        match written {
            Ok(written) if written != version => {
                let reason = format!("it has version {written}, this dmon reads {version}");
                Err(self.set_aside(&format!("version-{written}"), &reason))
            }
            Ok(_) => match serde_json::from_slice::<Saved>(&bytes) {
                Ok(saved) => T::read(saved.state)
                    .map(Some)
                    .map_err(|error| self.set_aside("corrupt", &error.to_string())),
                Err(error) => Err(self.set_aside("corrupt", &error.to_string())),
            },
            Err(error) => Err(self.set_aside("corrupt", &error.to_string())),
        }
    }

    /// Saves the state in the place of the last one; it survives a loss of power from then on.
    pub fn save(&self, version: u32, state: &impl Stored) -> io::Result<()> {
        let bytes = stored::to_bytes(|out| out.object(&[("version", &version), ("state", state)]));
        self.replace(NAME, &bytes, Durability::Synced)
    }

    fn read_state(&self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        File::open(self.file(NAME))?.take(FILE_MAX_BYTES + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > FILE_MAX_BYTES {
            return Err(io::Error::other("it is larger than 64 MiB"));
        }
        Ok(bytes)
    }

    /// Renames the state to what is wrong with it and when that was seen.
    fn set_aside(&self, fault: &str, reason: &str) -> String {
        let state = self.file(NAME);
        let aside = self.file(&format!("{NAME}.{fault}-{}", clock::wall().seconds()));
        let outcome = match fs::rename(&state, &aside) {
            Ok(()) => format!("it is kept as {}", aside.display()),
            Err(error) => format!("it cannot be renamed: {error}"),
        };
        format!("the state in {} is not used: {reason}; {outcome}", state.display())
    }
}
