//! What is recorded of the program and the machine.

use std::path::Path;
use std::process::Command;

use exp_core::provenance::{Provenance, UNTRACKED};
use exp_model::device::ChosenDevice;
use exp_prompts::provenance::sha256;
use sysinfo::System;

/// The version of Burn that the workspace pins.
const BURN: &str = "0.22.1";

/// The versions of everything that the program was built from.
const LOCK_FILE: &[u8] = include_bytes!("../../../Cargo.lock");

/// Provenance without a run's own inputs: those are filled in for each run.
pub fn provenance(project: &Path, device: &ChosenDevice) -> Provenance {
    // As `git apply` takes it, whatever the user's configuration says; of files that are not text
    // too.
    let diff = [
        "diff",
        "--binary",
        "--no-color",
        "--no-ext-diff",
        "--no-textconv",
        "--src-prefix=a/",
        "--dst-prefix=b/",
        "HEAD",
    ];
    let diff = git(project, &diff).filter(|diff| !diff.is_empty());
    let untracked = git(
        project,
        &["ls-files", "--others", "--exclude-standard", "-z"],
    );
    let untracked = untracked.unwrap_or_default();
    Provenance {
        revision: git(project, &["rev-parse", "HEAD"]).map(|text| text.trim().to_owned()),
        diff,
        command: std::env::args().collect(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        lock_file: Some(sha256(LOCK_FILE)),
        burn: BURN.to_owned(),
        device_name: device.name.clone(),
        host: System::host_name().unwrap_or_default(),
        system: System::long_os_version().unwrap_or_default(),
        cores: std::thread::available_parallelism().map_or(1, usize::from),
        driver: device.driver.clone(),
        rustc: Some(env!("EXP_RUSTC").to_owned()),
        untracked: untracked
            .split_terminator('\0')
            .take(UNTRACKED)
            .map(str::to_owned)
            .collect(),
        ..Provenance::default()
    }
}

/// The most memory in bytes that this process had so far; `None` where the system does not tell.
pub fn peak_memory() -> Option<u64> {
    // proc_pid_status(5): "peak resident set size", in kibibytes.
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

/// What a git command prints; `None` where there is no git or no repository.
fn git(folder: &Path, arguments: &[&str]) -> Option<String> {
    let output = Command::new("git")
        .arg("-C")
        .arg(folder)
        .args(arguments)
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    output.status.success().then_some(text)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::fs;
    use std::path::Path;
    use std::process::Command;

    use exp_model::device::DeviceChoice;

    fn git(folder: &Path, arguments: &[&str]) {
        let mut git = Command::new("git");
        git.args(["-c", "user.name=x", "-c", "user.email=x@x", "-C"]);
        let output = git.arg(folder).args(arguments).output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{told}");
    }

    #[test]
    fn uncommitted_changes_can_be_applied_whatever_git_is_told_to_show() {
        let folder = tempfile::tempdir().unwrap();
        let (project, again) = (folder.path().join("project"), folder.path().join("again"));
        fs::create_dir(&project).unwrap();
        git(&project, &["init", "-q"]);
        let write = |name: &str, bytes: &[u8]| fs::write(project.join(name), bytes).unwrap();
        write("text", b"one\ntwo\n");
        write("image", b"\0\x01\xff");
        git(&project, &["add", "."]);
        git(&project, &["commit", "-q", "-m", "first"]);
        git(&project, &["config", "color.ui", "always"]);
        git(&project, &["config", "diff.noprefix", "true"]);
        git(folder.path(), &["clone", "-q", "project", "again"]);
        write("text", b"one\nthree\n");
        write("image", b"\0\x02\xfe\xfd");
        write("new plugin.rs", b"");
        let device = DeviceChoice::Cpu.open().unwrap().remove(0);
        let known = super::provenance(&project, &device);
        assert_eq!(known.untracked, ["new plugin.rs"]);
        let patch = folder.path().join("uncommitted.patch");
        fs::write(&patch, known.diff.unwrap()).unwrap();
        git(&again, &["apply", patch.to_str().unwrap()]);
        for name in ["text", "image"] {
            let read = |folder: &Path| fs::read(folder.join(name)).unwrap();
            assert_eq!(read(&again), read(&project));
        }
        assert!(known.rustc.unwrap().starts_with("rustc "));
    }

    #[test]
    fn burns_version_is_the_pinned_one() {
        let pinned = format!("burn = {{ version = \"={}\"", super::BURN);
        assert!(include_str!("../../../Cargo.toml").contains(&pinned));
    }
}
