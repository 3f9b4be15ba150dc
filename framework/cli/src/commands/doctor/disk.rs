//! The disks that runs write to.

use std::path::{Path, PathBuf};

use super::finding::{Finding, Section};

/// Less than this, in GiB, and a run with a large model may not find room for its checkpoints: those
/// of ViT-B/32 take about 0.6 GiB each, and a run keeps two and its state.
const LITTLE: f64 = 5.0;

pub fn section(store: &Path) -> Section {
    // The frame cache lies beside the store.
    let cache = store.with_file_name("cache");
    let mounts = std::fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    Section::of(
        "disks",
        vec![
            space("store", store),
            file_system(store, &mounts),
            space("frame cache", &cache),
        ],
    )
}

/// The folder that exists already, or will hold the others.
fn existing(path: &Path) -> PathBuf {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let there = path
        .ancestors()
        .find_map(|folder| folder.canonicalize().ok());
    there.unwrap_or(path)
}

fn space(what: &str, path: &Path) -> Finding {
    match free(&existing(path)) {
        Some(bytes) => {
            let gib = bytes as f64 / f64::from(1 << 30);
            let finding = Finding::ok(what, format!("{}, {gib:.1} GiB free", path.display()));
            match gib < LITTLE {
                true => finding.advice("that is little for checkpoints and decoded frames"),
                false => finding,
            }
        }
        None => Finding::missing(what, format!("{}, free space unknown", path.display())),
    }
}

#[cfg(unix)]
fn free(folder: &Path) -> Option<u64> {
    let disk = rustix::fs::statvfs(folder).ok()?;
    Some(disk.f_bavail.saturating_mul(disk.f_frsize))
}

#[cfg(not(unix))]
fn free(_folder: &Path) -> Option<u64> {
    None
}

fn file_system(store: &Path, mounts: &str) -> Finding {
    match file_system_of(&existing(store), mounts) {
        Some(kind) if is_network(&kind) => Finding::broken(
            "file system",
            format!(
                "the store is on {kind}, a network file system, where SQLite's log does not work"
            ),
        )
        .advice("name a store on a local disk with `--store FILE`"),
        Some(kind) => Finding::ok("file system", kind),
        None => Finding::missing("file system", "unknown"),
    }
}

/// The type of the file system that holds a path, out of the text of `/proc/self/mountinfo` (`man 5
/// proc_pid_mountinfo`): that of the longest mount point above it, and of equals the last, which
/// covers the others.
fn file_system_of(path: &Path, mounts: &str) -> Option<String> {
    let mount = |line: &str| -> Option<(usize, String)> {
        let (before, after) = line.split_once(" - ")?;
        let point = before
            .split(' ')
            .nth(4)?
            .replace("\\040", " ")
            .replace("\\011", "\t");
        let kind = after.split(' ').next()?.to_owned();
        path.starts_with(&point).then_some((point.len(), kind))
    };
    let above = mounts.lines().filter_map(mount);
    above
        .max_by_key(|(length, _)| *length)
        .map(|(_, kind)| kind)
}

fn is_network(kind: &str) -> bool {
    const KNOWN: [&str; 14] = [
        "nfs",
        "nfs4",
        "cifs",
        "smb3",
        "smbfs",
        "lustre",
        "gpfs",
        "beegfs",
        "ceph",
        "9p",
        "afs",
        "glusterfs",
        "fuse.sshfs",
        "fuse.glusterfs",
    ];
    KNOWN.contains(&kind)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, missing_docs)]
mod tests {
    use super::*;

    const MOUNTS: &str = "\
22 1 0:21 / / rw,relatime - ext4 /dev/sda1 rw
30 22 0:26 / /home rw shared:3 - nfs4 server:/home rw,vers=4.2
31 30 0:27 / /home/me/my\\040disk rw - xfs /dev/sdb1 rw
";

    #[test]
    fn the_nearest_mount_counts() {
        let kind = |path: &str| file_system_of(Path::new(path), MOUNTS).unwrap();
        assert_eq!(kind("/var/exp.db"), "ext4");
        assert_eq!(kind("/home/me/runs"), "nfs4");
        assert_eq!(kind("/homes"), "ext4");
        assert_eq!(kind("/home/me/my disk/runs"), "xfs");
        assert_eq!(file_system_of(Path::new("/x"), ""), None);
    }

    #[test]
    fn a_store_on_the_network_is_broken() {
        let mounts = "22 1 0:21 / / rw - nfs4 server:/ rw\n";
        let finding = file_system(Path::new("/no/such/exp.db"), mounts);
        assert_eq!(finding.status, super::super::finding::Status::Broken);
        assert!(finding.advice.unwrap().contains("--store"));
    }
}
