//! What gives somebody access to a socket that is closed to them.

use std::fmt;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// The way to a socket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Remedy {
    /// Being in the group that owns it.
    Group {
        /// The group's id.
        gid: u32,
        /// The group's name and the user's; `None` where they have none (in a container).
        names: Option<(String, String)>,
    },
    /// Nothing but being root or its owner.
    Root,
}

impl Remedy {
    /// For that socket and this process.
    pub(super) fn of(socket: &Path) -> Self {
        // No metadata: a directory above is closed, and no group opens it.
        let Ok(metadata) = std::fs::metadata(socket) else { return Self::Root };
        let (gid, writable) = (metadata.gid(), metadata.mode() & 0o020 != 0);
        if gid == 0 || !writable {
            return Self::Root;
        }
        let uid = std::fs::metadata("/proc/self").map_or(0, |process| process.uid());
        let group = name_of("/etc/group", gid);
        Self::Group { gid, names: group.zip(name_of("/etc/passwd", uid)) }
    }
}

/// The name with that id in a file like `/etc/group` (`name:x:id:…`).
fn name_of(file: &str, id: u32) -> Option<String> {
    name_in(&std::fs::read_to_string(file).ok()?, id)
}

fn name_in(table: &str, id: u32) -> Option<String> {
    table.lines().find_map(|line| {
        let mut fields = line.split(':');
        let (name, number) = (fields.next()?, fields.nth(1)?);
        (number.parse() == Ok(id)).then(|| name.to_owned())
    })
}

impl fmt::Display for Remedy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Group { gid, names: Some((group, user)) } => write!(
                formatter,
                "run `sudo usermod -aG {group} {user}` and log in anew; in a container, add \
                 `--group-add {gid}`"
            ),
            Self::Group { gid, names: None } => {
                write!(formatter, "start the container with `--group-add {gid}`")
            }
            Self::Root => formatter.write_str("run dmon as root or as the owner of the socket"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_by_their_id() {
        let table = "root:x:0:\nbroken\ndocker:x:998:kim,lee\nlast:x:9980:\n";
        assert_eq!(name_in(table, 998).as_deref(), Some("docker"));
        assert_eq!(name_in(table, 0).as_deref(), Some("root"));
        assert_eq!(name_in(table, 5), None);
    }
}
