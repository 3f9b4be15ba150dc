//! What is recorded of the program and the machine.

use std::path::Path;
use std::process::Command;

use exp_core::provenance::Provenance;
use sysinfo::{CpuRefreshKind, RefreshKind, System};

/// Provenance without a run's own inputs: those are filled in for each run.
pub fn provenance(project: &Path, device: &str) -> Provenance {
    let cpu = RefreshKind::nothing().with_cpu(CpuRefreshKind::nothing());
    let processor = System::new_with_specifics(cpu).ok().and_then(|system| {
        let cpu = system.cpus().first()?;
        Some(cpu.brand().trim().to_owned())
    });
    let diff = git(project, &["diff", "HEAD"]).filter(|diff| !diff.is_empty());
    Provenance {
        revision: git(project, &["rev-parse", "HEAD"]),
        diff,
        command: std::env::args().collect(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        burn: "0.22.1".to_owned(),
        device: device.to_owned(),
        device_name: processor.unwrap_or_default(),
        host: System::host_name().unwrap_or_default(),
        system: System::long_os_version().unwrap_or_default(),
        cores: std::thread::available_parallelism().map_or(1, usize::from),
        ..Provenance::default()
    }
}

/// What a git command prints; `None` where there is no git or no repository.
fn git(folder: &Path, arguments: &[&str]) -> Option<String> {
    let output = Command::new("git")
        .arg("-C")
        .arg(folder)
        .args(arguments)
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    output.status.success().then_some(text)
}
