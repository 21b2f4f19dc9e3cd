//! Where settings come from: the environment and one env file. Decides which file that is, whether
//! it may be trusted, and reads it. The file's grammar is in `env_file`.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt::Display;
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
    pub strictness: Strictness,
}

/// What becomes of that which is wrong in an env file.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Strictness {
    /// It is an error: somebody named the file, or it lies where only dmon's settings do.
    Strict,
    /// It is ignored with a warning: the file may be another application's.
    Lenient,
}

/// What the search for an env file came to.
#[derive(Default)]
pub(super) struct Search {
    pub file: Option<EnvFile>,
    pub warnings: Vec<String>,
    pub refused: Vec<String>,
    /// Files that this process has no permission to read. Their settings may have been passed in
    /// the environment, as systemd does with an `EnvironmentFile=` of root's.
    pub closed: Vec<String>,
}

/// No env file is near to this; a device or a pipe could otherwise feed dmon for ever.
const FILE_MAX_BYTES: u64 = 1 << 20;

/// The most lines that a warning names.
const LINES_NAMED_MAX: usize = 5;

/// Reads the env file that is named, or the first of the usual ones that is there. `.env` in the
/// working directory must be the caller's or root's and writable by nobody else: dmon may be
/// started anywhere.
pub(super) fn search(named: Option<&Path>, surroundings: &Surroundings) -> Search {
    let mut search = Search::default();
    if let Some(path) = named.map(Path::to_owned).or_else(|| surroundings.path("DMON_ENV_FILE")) {
        match File::open(&path) {
            Ok(file) => search.read_strictly(path, file),
            Err(error) => search.refused.push(unreadable(&path, &error)),
        }
        return search;
    }
    let user = surroundings.xdg_path("XDG_CONFIG_HOME", ".config").map(|dir| dir.join("dmon.env"));
    let usual = [Some(surroundings.system_env_file.clone()), user];
    for path in usual.into_iter().flatten() {
        if let Some((file, _)) = search.open_usual(&path) {
            search.read_strictly(path, file);
            return search;
        }
    }
    let local = surroundings.working_directory.join(".env");
    if let Some((file, found)) = search.open_usual(&local) {
        match trusted(found.uid(), found.mode(), surroundings.caller_uid) {
            Ok(()) => search.read_leniently(local, file),
            Err(reason) => search.ignore(&local, reason),
        }
    }
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
    /// Opens one of the usual files; `None` where it is not there or is ignored.
    fn open_usual(&mut self, path: &Path) -> Option<(File, Metadata)> {
        // Asked before it is opened: the open of a pipe would wait for somebody to write into it.
        let open = || {
            if !fs::metadata(path)?.is_file() {
                return Err(io::Error::other("it is not a file"));
            }
            let file = File::open(path)?;
            let found = file.metadata()?;
            Ok((file, found))
        };
        match open() {
            Ok(opened) => return Some(opened),
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                self.closed.push(format!(
                    "{} is not read ({error}): its settings hold only where the environment \
                     passes them on (EnvironmentFile= of systemd)",
                    path.display()
                ));
            }
            Err(error) if is_absence(&error) => {}
            Err(error) => self.ignore(path, error),
        }
        None
    }

    fn ignore(&mut self, path: &Path, reason: impl Display) {
        self.warnings.push(format!("{} is ignored: {reason}", path.display()));
    }

    fn read_strictly(&mut self, path: PathBuf, file: File) {
        let mode = file.metadata().map_or(0, |metadata| metadata.mode());
        let text = match read_text(file) {
            Ok(text) => text,
            Err(error) => return self.refused.push(unreadable(&path, &error)),
        };
        let (assignments, faults) = env_file::parse(&text);
        if faults.is_empty() {
            return self.take(path, mode, assignments, Strictness::Strict);
        }
        let path = path.display();
        let sentences = faults.iter().map(|f| format!("{path}, line {}: {}", f.line, f.reason));
        self.refused.extend(sentences);
    }

    fn read_leniently(&mut self, path: PathBuf, file: File) {
        let mode = file.metadata().map_or(0, |metadata| metadata.mode());
        let bytes = match read_bytes(file) {
            Ok(bytes) => bytes,
            Err(error) => return self.ignore(&path, error),
        };
        // What is not UTF-8 is refused where it is in a setting of dmon's, and does not matter
        // elsewhere.
        let (assignments, faults) = env_file::parse(&String::from_utf8_lossy(&bytes));
        if !faults.is_empty() {
            let lines: Vec<usize> = faults.iter().map(|fault| fault.line).collect();
            let place = format!("{}, {}", path.display(), lines_of(&lines));
            self.warnings.push(format!("{place}: ignored; accepted: KEY=VALUE"));
        }
        self.take(path, mode, assignments, Strictness::Lenient);
    }

    fn take(
        &mut self,
        path: PathBuf,
        mode: u32,
        assignments: Vec<Assignment>,
        strictness: Strictness,
    ) {
        self.warn_of_exposure(&path, mode, &assignments);
        self.warn_of_slips(&path, &assignments);
        self.file = Some(EnvFile { path, assignments, strictness });
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

/// Whether nothing is there: also where what should be a folder above it is a file.
fn is_absence(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// `line 3`, `lines 1, 2 and 7`; the first few of many.
fn lines_of(lines: &[usize]) -> String {
    let named: Vec<String> = lines.iter().take(LINES_NAMED_MAX).map(ToString::to_string).collect();
    match (named.as_slice(), lines.len() - named.len()) {
        ([line], 0) => format!("line {line}"),
        ([first @ .., last], 0) => format!("lines {} and {last}", first.join(", ")),
        (named, more) => format!("lines {} and {more} more", named.join(", ")),
    }
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

    #[test]
    fn of_many_lines_the_first_few_are_named() {
        let check = |count: usize, expected: &str| {
            assert_eq!(lines_of(&(1..=count).collect::<Vec<_>>()), expected);
        };
        check(1, "line 1");
        check(2, "lines 1 and 2");
        check(5, "lines 1, 2, 3, 4 and 5");
        check(6, "lines 1, 2, 3, 4, 5 and 1 more");
        check(1000, "lines 1, 2, 3, 4, 5 and 995 more");
    }
}
