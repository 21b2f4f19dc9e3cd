//! Which container dmon itself runs in, if any: it never tells of its own.

use std::fs;

/// The id of this process's container, or its first twelve digits; `None` outside of containers.
pub fn own_container() -> Option<String> {
    let read = |path| fs::read_to_string(path).unwrap_or_default();
    let (mounts, groups) = (read("/proc/self/mountinfo"), read("/proc/self/cgroup"));
    find(&mounts, &groups, read("/proc/sys/kernel/hostname").trim())
}

/// The Engine mounts files from the container's own directory (`…/containers/ID/hostname`), and
/// names its cgroup after it (`…/docker/ID`, `…/docker-ID.scope`, `…/libpod-ID.scope`), unless the
/// cgroup has a namespace of its own. What is left is the host name: the first twelve digits of the
/// id, where nobody set another.
fn find(mounts: &str, groups: &str, host_name: &str) -> Option<String> {
    let mounted = mounts.lines().filter_map(|line| {
        // The path within the file system that was mounted from is the fourth field.
        let parts: Vec<&str> = line.split(' ').nth(3)?.split('/').collect();
        let is_own = |file: &str| matches!(file, "hostname" | "hosts" | "resolv.conf" | "userdata");
        parts.windows(2).find(|pair| pair[0].len() == 64 && is_own(pair[1])).map(|pair| pair[0])
    });
    let grouped = groups.lines().filter_map(|line| {
        let last = line.rsplit('/').next()?;
        let name = last.strip_suffix(".scope").unwrap_or(last);
        Some(name.rsplit('-').next().unwrap_or(name))
    });
    let id = mounted.chain(grouped).find(|id| id.len() == 64 && is_hexadecimal(id));
    let short = Some(host_name).filter(|name| name.len() == 12 && is_hexadecimal(name));
    id.or(short).map(str::to_owned)
}

fn is_hexadecimal(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::find;

    #[test]
    fn the_own_id_is_found_where_engines_leave_it() {
        let id = "0123456789abcdef".repeat(4);
        let check = |mounts: &str, groups: &str, host_name: &str, expected: Option<&str>| {
            let with_id = |text: &str| text.replace("ID", &id);
            let found = find(&with_id(mounts), &with_id(groups), host_name);
            assert_eq!(found, expected.map(with_id), "{mounts:?} {groups:?} {host_name:?}");
        };
        let docker =
            "1 2 254:0 /var/lib/docker/containers/ID/hostname /etc/hostname rw - ext4 / rw";
        check(docker, "0::/", "web-1", Some("ID"));
        let podman = "1 2 0:1 /containers/overlay-containers/ID/userdata/hostname /etc/hostname rw";
        check(podman, "", "web-1", Some("ID"));
        check("", "12:pids:/docker/ID", "web-1", Some("ID"));
        check("", "0::/system.slice/docker-ID.scope", "web-1", Some("ID"));
        check("", "0::/machine.slice/libpod-ID.scope", "web-1", Some("ID"));
        check("", "0::/", "0123456789ab", Some("0123456789ab"));
        check("", "0::/user.slice/session-1.scope", "web-1", None);
        // The host sees what is mounted for other containers: not from there.
        check("1 2 0:1 / /var/lib/docker/containers/ID/hostname rw - tmpfs", "0::/", "h", None);
    }
}
