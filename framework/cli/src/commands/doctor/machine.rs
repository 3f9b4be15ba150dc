//! Processor and memory.

use exp_model::device::DeviceChoice;
use sysinfo::{MemoryRefreshKind, RefreshKind, System};

use super::finding::{Finding, Section};

pub fn section() -> Section {
    Section::of("machine", vec![processor(), memory()])
}

fn processor() -> Finding {
    let devices = DeviceChoice::Cpu.open().unwrap_or_default();
    let name = devices
        .into_iter()
        .map(|device| device.name)
        .find(|name| !name.is_empty());
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let features = features();
    let found = format!(
        "{}, {threads} {}, {}",
        name.unwrap_or_else(|| "unknown".to_owned()),
        if threads == 1 { "thread" } else { "threads" },
        match features.is_empty() {
            true => "no vector instructions known".to_owned(),
            false => features.join(", "),
        },
    );
    let finding = Finding::ok("processor", found);
    match cfg!(target_arch = "x86_64") && !features.contains(&"AVX2") {
        true => finding.advice("without AVX2 and FMA, matrix products take several times as long"),
        false => finding,
    }
}

/// Vector instructions that the matrix products and the reading of clips choose among.
fn features() -> Vec<&'static str> {
    #[cfg(target_arch = "x86_64")]
    {
        let known = [
            ("AVX", is_x86_feature_detected!("avx")),
            ("AVX2", is_x86_feature_detected!("avx2")),
            ("FMA", is_x86_feature_detected!("fma")),
            ("AVX-512F", is_x86_feature_detected!("avx512f")),
            ("AVX-512BW", is_x86_feature_detected!("avx512bw")),
        ];
        known
            .into_iter()
            .filter_map(|(name, there)| there.then_some(name))
            .collect()
    }
    #[cfg(target_arch = "aarch64")]
    {
        // Every 64-bit Arm processor has it.
        vec!["NEON"]
    }
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    {
        Vec::new()
    }
}

fn memory() -> Finding {
    let memory = RefreshKind::nothing().with_memory(MemoryRefreshKind::nothing().with_ram());
    match System::new_with_specifics(memory) {
        Ok(system) => {
            let gib = |bytes: u64| bytes as f64 / f64::from(1 << 30);
            let (free, total) = (system.available_memory(), system.total_memory());
            Finding::ok(
                "memory",
                format!("{:.1} of {:.1} GiB free", gib(free), gib(total)),
            )
        }
        Err(error) => Finding::missing("memory", format!("unknown: {error}")),
    }
}
