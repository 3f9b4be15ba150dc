//! The disks that runs write to.

use std::path::{Path, PathBuf};

use exp_store::FileSystem;

use super::finding::{Finding, Section};

/// Less than this, in GiB, and a run with a large model may not find room for its checkpoints: those
/// of ViT-B/32 take about 0.6 GiB each, and a run keeps two and its state.
const LITTLE: f64 = 5.0;

pub fn section(store: &Path) -> Section {
    // The frame cache lies beside the store.
    let cache = store.with_file_name("cache");
    Section::of(
        "disks",
        vec![
            space("store", store),
            file_system(FileSystem::of(store)),
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

fn file_system(found: Option<FileSystem>) -> Finding {
    match found {
        Some(FileSystem { kind, network, .. }) if network => Finding::broken(
            "file system",
            format!(
                "the store is on {kind}, a network file system, where SQLite's log does not work"
            ),
        )
        .advice("name a store on a local disk with `--store FILE`"),
        Some(found) => Finding::ok("file system", found.kind),
        None => Finding::missing("file system", "unknown"),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, missing_docs)]
mod tests {
    use super::super::finding::Status;
    use super::*;

    #[test]
    fn a_store_on_the_network_is_broken() {
        let on = |kind: &str, network| {
            file_system(Some(FileSystem {
                kind: kind.to_owned(),
                mount: "/".into(),
                network,
            }))
        };
        let finding = on("nfs4", true);
        assert_eq!(finding.status, Status::Broken);
        assert!(finding.advice.unwrap().contains("--store"));
        assert_eq!(on("ext4", false).status, Status::Ok);
        assert_eq!(file_system(None).status, Status::Missing);
    }
}
