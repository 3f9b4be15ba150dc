//! Network file systems: SQLite's write-ahead log needs memory that all programs on a file share,
//! and locks that hold, and such file systems have neither
//! (<https://www.sqlite.org/wal.html>, <https://www.sqlite.org/howtocorrupt.html>).

use std::fs;
use std::path::{Path, PathBuf};

use crate::StoreError;

/// File systems whose files lie on another machine, as the kernel names them.
const NETWORK: [&str; 25] = [
    "nfs",
    "nfs4",
    "cifs",
    "smb3",
    "smbfs",
    "smb2",
    "ncpfs",
    "lustre",
    "gpfs",
    "beegfs",
    "ceph",
    "afs",
    "coda",
    "glusterfs",
    "gfs",
    "gfs2",
    "ocfs2",
    "orangefs",
    "pvfs2",
    "panfs",
    "quobyte",
    "wekafs",
    "davfs",
    "sshfs",
    "fhgfs",
];

/// Programs that bring such files in through FUSE, as in `fuse.sshfs`.
const FUSE: [&str; 12] = [
    "sshfs",
    "glusterfs",
    "ceph",
    "s3fs",
    "rclone",
    "gcsfuse",
    "davfs2",
    "beegfs",
    "juicefs",
    "gvfsd-fuse",
    "quobyte",
    "smbnetfs",
];

/// The file system that files lie on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileSystem {
    /// Its kind as the kernel names it, as in `ext4`.
    pub kind: String,
    /// Where it is mounted.
    pub mount: PathBuf,
    /// Whether its files lie on another machine: no store may.
    pub network: bool,
}

impl FileSystem {
    /// That of a path, or of the nearest folder above it that exists. `None` where the system does not
    /// tell its mounts as Linux does.
    pub fn of(path: &Path) -> Option<Self> {
        let mounts = fs::read_to_string("/proc/self/mountinfo").ok()?;
        nearest(&mounts, &existing(path)?)
    }
}

/// Refuses a file on a network file system.
pub(crate) fn refuse_network(path: &Path) -> Result<(), StoreError> {
    match FileSystem::of(path) {
        Some(found) if found.network => Err(StoreError::NetworkFileSystem {
            path: path.to_owned(),
            mount: found.mount,
            kind: found.kind,
        }),
        _ => Ok(()),
    }
}

/// The file, or the nearest folder above it that exists, without links.
fn existing(path: &Path) -> Option<PathBuf> {
    let path = std::path::absolute(path).ok()?;
    path.ancestors().find_map(|path| path.canonicalize().ok())
}

/// The file system of the mount that `path` lies on.
///
/// `mounts` is the text of `/proc/self/mountinfo`, see proc_pid_mountinfo(5): the fifth field is
/// where it is mounted, and behind a lone hyphen come the kind, the source and the options. Of
/// mounts in one place the last covers the others.
fn nearest(mounts: &str, path: &Path) -> Option<FileSystem> {
    let mut nearest: Option<(PathBuf, &str, &str)> = None;
    for line in mounts.lines() {
        let Some((place, system)) = line.split_once(" - ") else {
            continue;
        };
        let (Some(place), Some(kind)) = (place.split(' ').nth(4), system.split(' ').next()) else {
            continue;
        };
        let place = PathBuf::from(unescaped(place));
        let depth = |path: &Path| path.components().count();
        let nearer = nearest
            .as_ref()
            .is_none_or(|(other, ..)| depth(&place) >= depth(other));
        if path.starts_with(&place) && nearer {
            nearest = Some((place, kind, system));
        }
    }
    let (mount, kind, system) = nearest?;
    let options = system.rsplit(' ').next().unwrap_or_default();
    Some(FileSystem {
        network: is_network(kind, options),
        kind: kind.to_owned(),
        mount,
    })
}

fn is_network(kind: &str, options: &str) -> bool {
    if let Some(program) = kind.strip_prefix("fuse.") {
        return FUSE.contains(&program);
    }
    // Plan 9's file system also joins a virtual machine to its host.
    let over_network = || {
        options
            .split(',')
            .any(|option| matches!(option, "trans=tcp" | "trans=rdma"))
    };
    NETWORK.contains(&kind) || (kind == "9p" && over_network())
}

/// Blanks and the like in a mount's place stand as `\040`: a byte in three octal digits.
fn unescaped(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let octal = after.get(..3).filter(|_| first == b'\\');
        let byte = octal
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 8).ok());
        bytes.push(byte.unwrap_or(first));
        rest = if byte.is_some() { &after[3..] } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTS: &str = r"22 1 254:0 / / rw,relatime - ext4 /dev/vda rw
25 22 0:23 / /proc rw,nosuid - proc proc rw
30 22 0:40 / /home rw,relatime shared:1 master:2 - nfs4 server:/home rw,vers=4.2,addr=10.0.0.1
31 30 254:1 / /home/me/local rw - xfs /dev/vdb rw
32 22 0:41 / /mnt/a\040share rw - cifs //server/share rw,vers=3.0
33 22 0:42 / /mnt/ssh rw - fuse.sshfs me@server: rw
34 22 0:43 / /mnt/disk rw - fuseblk /dev/sdb1 rw
35 22 0:44 / /mnt/vm rw - 9p host rw,trans=virtio
36 22 0:45 / /mnt/nine rw - 9p server rw,trans=tcp,port=564
37 22 0:46 / /covered rw - nfs server:/x rw
38 37 0:47 / /covered rw - tmpfs tmpfs rw
39 22 0:48 / /cover rw - tmpfs tmpfs rw
40 39 0:49 / /cover rw - lustre mgs:/fs rw
not a line of mounts
";

    fn kind(path: &str) -> Option<String> {
        let found = nearest(MOUNTS, Path::new(path))?;
        found.network.then_some(found.kind)
    }

    #[test]
    fn the_nearest_mount_decides() {
        for (path, expected) in [
            ("/var/exp.db", None),
            ("/home/me/exp.db", Some("nfs4")),
            ("/home/me/local/exp.db", None),
            ("/home/me/locally/exp.db", Some("nfs4")),
            ("/homes/exp.db", None),
            ("/mnt/a share/runs/exp.db", Some("cifs")),
            ("/mnt/ssh/exp.db", Some("fuse.sshfs")),
            ("/mnt/disk/exp.db", None),
            ("/mnt/vm/exp.db", None),
            ("/mnt/nine/exp.db", Some("9p")),
            ("/covered/exp.db", None),
            ("/cover/exp.db", Some("lustre")),
        ] {
            assert_eq!(kind(path).as_deref(), expected, "{path}");
        }
        let local = nearest(MOUNTS, Path::new("/home/me/local/exp.db"));
        assert_eq!(
            local.map(|found| (found.kind, found.mount)),
            Some(("xfs".to_owned(), "/home/me/local".into()))
        );
        assert_eq!(nearest("", Path::new("/x")), None);
    }

    #[test]
    fn the_refusal_names_the_way_out() {
        let error = StoreError::NetworkFileSystem {
            path: "/home/me/runs/exp.db".into(),
            mount: "/home".into(),
            kind: "nfs4".to_owned(),
        };
        insta::assert_snapshot!(error, @"the store `/home/me/runs/exp.db` would lie on a network file system (nfs4 at `/home`), where SQLite's locks do not hold and figures get lost; put it on a local disk with `--store FILE`, and bring stores of several machines together with `exp store merge OTHER.db`");
    }

    #[test]
    fn a_folder_that_is_still_to_be_made_lies_where_it_will() {
        let folder = tempfile::tempdir();
        let folder = folder
            .as_ref()
            .map(|folder| folder.path().canonicalize().ok())
            .ok()
            .flatten();
        assert!(folder.is_some());
        let inside = folder.as_ref().map(|folder| folder.join("a/b/../store.db"));
        assert_eq!(inside.and_then(|path| existing(&path)), folder);
    }
}
