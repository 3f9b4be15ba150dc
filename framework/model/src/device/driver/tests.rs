#![allow(clippy::unwrap_used, missing_docs)]

use std::path::Path;
use std::process::Command;

use super::*;

/// The management library of `tests/fake_nvml.c`, loaded as a driver's own is.
fn fake(folder: &Path) -> Nvml {
    let library = folder.join("libnvidia-ml.so.1");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fake_nvml.c");
    let mut compiler = Command::new("cc");
    compiler.args(["-shared", "-fPIC", "-o"]).arg(&library);
    assert!(compiler.arg(source).status().unwrap().success());
    Nvml::builder()
        .lib_path(library.as_os_str())
        .init()
        .unwrap()
}

#[test]
fn the_drivers_answer_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let answer = read(&fake(folder.path()));
    assert_eq!(answer.driver.as_deref(), Some("570.86.15"));
    assert_eq!(answer.cuda, Some((12, 8)));
    let gpu = |name: &str, uuid: &str, total_mib, free_mib| Gpu {
        index: None,
        name: name.to_owned(),
        uuid: uuid.to_owned(),
        total_mib,
        free_mib,
    };
    assert_eq!(
        answer.gpus,
        [
            gpu("NVIDIA H200", "GPU-aa11", 143_771, 140_000),
            gpu("NVIDIA GB10", "GPU-bb22", u64::MAX, u64::MAX),
        ]
    );
}

#[test]
fn a_meter_reads_energy_and_memory_where_there_are_any() {
    let folder = tempfile::tempdir().unwrap();
    let meter = Meter::through(fake(folder.path()), "GPU-aa11").unwrap();
    let first = meter.joules().unwrap();
    assert_eq!(meter.joules().unwrap() - first, 3.0);
    assert_eq!(meter.memory_of(71), Some(500 << 20));
    // One whose memory the driver does not tell, and one that it does not know.
    assert_eq!(meter.memory_of(73), None);
    assert_eq!(meter.memory_of(7), None);
    let without = Meter::through(fake(folder.path()), "GPU-bb22").unwrap();
    assert_eq!(without.joules(), None);
    assert_eq!(without.memory_of(71), None);
    assert!(Meter::through(fake(folder.path()), "GPU-cc33").is_none());
}

fn numbers(visible: Option<&str>, by_bus: bool, mixed: bool) -> Vec<Option<usize>> {
    let gpu = |name: &str, uuid: &str| Gpu {
        index: None,
        name: name.to_owned(),
        uuid: uuid.to_owned(),
        total_mib: 40_960,
        free_mib: 40_326,
    };
    let first = if mixed { "NVIDIA T400" } else { "NVIDIA A100" };
    let mut gpus = [gpu(first, "GPU-aa11"), gpu("NVIDIA A100", "GPU-bb22")];
    number(&mut gpus, visible, by_bus);
    gpus.iter().map(|gpu| gpu.index).collect()
}

#[test]
fn gpus_have_cudas_numbers() {
    assert_eq!(numbers(None, false, false), [Some(0), Some(1)]);
    assert_eq!(numbers(Some("1"), false, false), [None, Some(0)]);
    assert_eq!(numbers(Some("1,0"), false, false), [Some(1), Some(0)]);
    assert_eq!(numbers(Some("GPU-bb"), false, false), [None, Some(0)]);
    assert_eq!(numbers(Some(""), false, false), [None, None]);
    assert_eq!(numbers(Some("-1"), false, false), [None, None]);
    assert_eq!(numbers(Some("0,9,1"), false, false), [Some(0), None]);
    assert_eq!(numbers(Some("0,0"), false, false), [Some(0), None]);
    // Which of two kinds is the fastest, the driver does not tell.
    assert_eq!(numbers(None, false, true), [None, None]);
    assert_eq!(numbers(Some("1"), false, true), [None, None]);
    assert_eq!(numbers(Some("GPU-bb"), false, true), [None, Some(0)]);
    assert_eq!(numbers(None, true, true), [Some(0), Some(1)]);
}
