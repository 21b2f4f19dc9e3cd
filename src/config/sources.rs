//! Where settings come from: the environment and one env file. Decides which file that is, whether
//! it may be trusted, and reads it. The file's grammar is in `env_file`.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::config::env_file::{self, Assignment};
use crate::config::settings::{Exposure, SETTINGS};
use crate::nearest::nearest;
use crate::text_encoding;

/// What dmon was started in: all that settings depend on beside the command line. Not `Debug`: the
/// variables hold secrets.
#[derive(Clone)]
pub struct Surroundings {
    /// The environment.
    pub variables: BTreeMap<String, OsString>,
    /// The env file of the system, read where none is named.
    pub system_env_file: PathBuf,
    /// Where `.env` is looked for last.
    pub working_directory: PathBuf,
    /// Whose process this is; `None` where `/proc` does not tell.
    pub caller_uid: Option<u32>,
}

impl Surroundings {
    /// Those of this process.
    pub fn of_process() -> Self {
        let variables = std::env::vars_os();
        Self {
            variables: variables.filter_map(|(k, v)| Some((k.into_string().ok()?, v))).collect(),
            system_env_file: PathBuf::from("/etc/dmon/dmon.env"),
            working_directory: PathBuf::new(),
            caller_uid: fs::metadata("/proc/self").ok().map(|process| process.uid()),
        }
    }

    /// A variable that names a path; empty means unset.
    pub(super) fn path(&self, name: &str) -> Option<PathBuf> {
        self.variables.get(name).filter(|value| !value.is_empty()).map(PathBuf::from)
    }

    /// `dmon` below a base directory of the XDG specification, which says to ignore relative ones.
    pub(super) fn xdg_path(&self, name: &str, below_home: &str) -> Option<PathBuf> {
        self.path(name)
            .filter(|base| base.is_absolute())
            .or_else(|| Some(self.path("HOME")?.join(below_home)))
            .map(|base| base.join("dmon"))
    }
}

/// An env file that was read.
pub(super) struct EnvFile {
    pub path: PathBuf,
    pub assignments: Vec<Assignment>,
}

/// What the search for an env file came to.
#[derive(Default)]
pub(super) struct Search {
    pub file: Option<EnvFile>,
    pub warnings: Vec<String>,
    pub refused: Vec<String>,
}

/// No env file is near to this; a device or a pipe could otherwise feed dmon for ever.
const FILE_MAX_BYTES: u64 = 1 << 20;

/// Reads the env file that is named, or the first of the usual ones that is there. `.env` in the
/// working directory must be the caller's or root's and writable by nobody else: dmon may be
/// started anywhere.
pub(super) fn search(named: Option<&Path>, surroundings: &Surroundings) -> Search {
    let mut search = Search::default();
    if let Some(path) = named.map(Path::to_owned).or_else(|| surroundings.path("DMON_ENV_FILE")) {
        match File::open(&path) {
            Ok(file) => search.read(path, file),
            Err(error) => search.refused.push(unreadable(&path, &error)),
        }
        return search;
    }
    let user = surroundings.xdg_path("XDG_CONFIG_HOME", ".config").map(|dir| dir.join("dmon.env"));
    let usual = [Some(surroundings.system_env_file.clone()), user];
    for path in usual.into_iter().flatten() {
        if search.try_usual(&path, |_| Ok(())) {
            return search;
        }
    }
    let caller = surroundings.caller_uid;
    let local = surroundings.working_directory.join(".env");
    search.try_usual(&local, |found| trusted(found.uid(), found.mode(), caller));
    search
}

/// Whether a file that nobody named may be believed.
fn trusted(owner: u32, mode: u32, caller: Option<u32>) -> Result<(), &'static str> {
    if owner != 0 && Some(owner) != caller {
        return Err("it belongs to somebody else");
    }
    if mode & 0o022 != 0 {
        return Err("others can write it (chmod go-w)");
    }
    Ok(())
}

impl Search {
    /// Reads one of the usual files; false where it is not there or is passed over.
    fn try_usual(
        &mut self,
        path: &Path,
        check: impl Fn(&Metadata) -> Result<(), &'static str>,
    ) -> bool {
        // Asked before it is opened: the open of a pipe would wait for somebody to write into it.
        match fs::metadata(path) {
            Ok(found) if !found.is_file() => return self.pass_over(path, "it is not a file"),
            Err(error) if error.kind() != io::ErrorKind::PermissionDenied => return false,
            _ => {}
        }
        let open = || {
            let file = File::open(path).map_err(|error| error.to_string())?;
            let found = file.metadata().map_err(|error| error.to_string())?;
            check(&found).map(|()| file).map_err(str::to_owned)
        };
        match open() {
            Err(reason) => self.pass_over(path, &reason),
            Ok(file) => {
                self.read(path.to_owned(), file);
                true
            }
        }
    }

    fn pass_over(&mut self, path: &Path, reason: &str) -> bool {
        self.warnings.push(format!("{} is passed over: {reason}", path.display()));
        false
    }

    fn read(&mut self, path: PathBuf, file: File) {
        let mode = file.metadata().map_or(0, |metadata| metadata.mode());
        let text = match read_text(file) {
            Ok(text) => text,
            Err(error) => return self.refused.push(unreadable(&path, &error)),
        };
        match env_file::parse(&text) {
            Ok(assignments) => {
                self.warn_of_exposure(&path, mode, &assignments);
                self.warn_of_slips(&path, &assignments);
                self.file = Some(EnvFile { path, assignments });
            }
            Err(faults) => {
                let path = path.display();
                let told = faults.iter().map(|f| format!("{path}, line {}: {}", f.line, f.reason));
                self.refused.extend(told);
            }
        }
    }

    fn warn_of_exposure(&mut self, path: &Path, mode: u32, assignments: &[Assignment]) {
        let is_secret =
            |key: &str| SETTINGS.iter().any(|s| s.name == key && s.exposure == Exposure::Hidden);
        let secret = assignments.iter().find(|a| is_secret(&a.key) && !a.value.trim().is_empty());
        if let Some(secret) = secret.filter(|_| mode & 0o004 != 0) {
            let path = path.display();
            let key = &secret.key;
            let warning = format!("everybody can read {path}, which holds {key}: chmod 600 {path}");
            self.warnings.push(warning);
        }
    }

    fn warn_of_slips(&mut self, path: &Path, assignments: &[Assignment]) {
        let names = || SETTINGS.iter().map(|setting| setting.name);
        for Assignment { key, line, .. } in assignments {
            if !names().any(|name| name == key)
                && let Some(name) = nearest(key, names())
            {
                let path = path.display();
                self.warnings.push(format!(
                    "{path}, line {line}: {key} is not a setting, did you mean {name}?"
                ));
            }
        }
    }
}

/// The text of a small file, without a byte order mark.
pub(super) fn read_text(file: File) -> io::Result<String> {
    String::from_utf8(read_bytes(file)?).map_err(|_| io::Error::other("it is not UTF-8"))
}

/// The same, of a file that need not be text.
fn read_bytes(file: File) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(FILE_MAX_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > FILE_MAX_BYTES {
        return Err(io::Error::other("it is larger than 1 MiB"));
    }
    Ok(text_encoding::utf8(bytes))
}

/// The sentence for a file that was asked for and cannot be read.
fn unreadable(path: &Path, error: &io::Error) -> String {
    format!("the env file {} cannot be read: {error}", path.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_nobody_named_is_believed_when_only_the_caller_or_root_wrote_it() {
        let check = |owner: u32, mode: u32, caller: Option<u32>, expected: bool| {
            let outcome = trusted(owner, mode, caller);
            assert_eq!(outcome.is_ok(), expected, "{owner} {mode:o} {caller:?}: {outcome:?}");
        };
        check(1000, 0o100_644, Some(1000), true);
        check(0, 0o100_644, Some(1000), true);
        check(0, 0o100_600, None, true);
        check(1001, 0o100_644, Some(1000), false);
        check(1001, 0o100_644, Some(0), false);
        check(1000, 0o100_644, None, false);
        check(1000, 0o100_664, Some(1000), false);
        check(1000, 0o100_646, Some(1000), false);
        check(0, 0o100_622, Some(1000), false);
    }
}
