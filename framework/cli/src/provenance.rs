//! What is recorded of the program and the machine.

use std::path::Path;
use std::process::Command;

use exp_core::provenance::Provenance;
use exp_model::device::ChosenDevice;
use exp_prompts::provenance::sha256;
use sysinfo::System;

/// The version of Burn that the workspace pins.
const BURN: &str = "0.22.1";

/// The versions of everything that the program was built from.
const LOCK_FILE: &[u8] = include_bytes!("../../../Cargo.lock");

/// Provenance without a run's own inputs: those are filled in for each run.
pub fn provenance(project: &Path, device: &ChosenDevice) -> Provenance {
    let diff = git(project, &["diff", "HEAD"]).filter(|diff| !diff.is_empty());
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
mod tests {
    #[test]
    fn burns_version_is_the_pinned_one() {
        let pinned = format!("burn = {{ version = \"={}\"", super::BURN);
        assert!(include_str!("../../../Cargo.toml").contains(&pinned));
    }
}
