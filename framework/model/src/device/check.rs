//! Whether a GPU can be used, told from what was found.

use std::path::{Path, PathBuf};

use super::findings::Findings;
use super::smi::Gpu;

/// The least free memory that a run is started with, in MiB. A CUDA context takes some hundred MiB of
/// it before the first tensor; the small CLIP fits in the rest, and what a larger model needs depends
/// on its batch.
pub const LEAST_FREE_MIB: u64 = 1024;

/// Why a device cannot be used. Each message says what was found, and the way out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeviceError {
    /// This binary has no code for GPUs.
    #[error(
        "this binary was built without GPU support{}: build it with `cargo build --release --features cuda`, or use `--device cpu`",
        there_is(gpus)
    )]
    NotBuilt {
        /// The names of GPUs that it could use otherwise.
        gpus: Vec<String>,
    },
    /// There is no `libcuda`.
    #[error(
        "no NVIDIA driver: the loader finds no libcuda.so.1{}. Install NVIDIA's driver, or start the container with its GPUs (`docker run --gpus all`), or use `--device cpu`",
        there_is(gpus)
    )]
    NoDriver {
        /// The names of GPUs that `nvidia-smi` shows all the same.
        gpus: Vec<String>,
    },
    /// The driver shows no GPU.
    #[error(
        "the NVIDIA driver{} shows no GPU{}; or use `--device cpu`",
        driver.as_ref().map(|driver| format!(" {driver}")).unwrap_or_default(),
        hidden(visible_devices.as_deref(), gpus)
    )]
    NoGpu {
        /// The driver.
        driver: Option<String>,
        /// `CUDA_VISIBLE_DEVICES`.
        visible_devices: Option<String>,
        /// The names of GPUs that `nvidia-smi` shows.
        gpus: Vec<String>,
    },
    /// There are GPUs, but not that one.
    #[error(
        "there is no GPU {index}: CUDA shows {}{}. Choose one of them, or use `--device cpu`",
        counted(*visible, gpus),
        visible_devices
            .as_ref()
            .map(|value| format!(" (CUDA_VISIBLE_DEVICES={value}, which numbers them anew from 0)"))
            .unwrap_or_default()
    )]
    NoSuchGpu {
        /// The GPU that was asked for.
        index: usize,
        /// How many there are.
        visible: usize,
        /// What they are called, as far as that is known.
        gpus: Vec<String>,
        /// `CUDA_VISIBLE_DEVICES`.
        visible_devices: Option<String>,
    },
    /// There is no `libnvrtc`.
    #[error(
        "the loader finds no libnvrtc.so, which compiles the kernels: {}, or use `--device cpu`",
        match elsewhere {
            Some(folder) => format!(
                "one lies in {0}: `export LD_LIBRARY_PATH={0}:$LD_LIBRARY_PATH`",
                folder.display()
            ),
            None => format!(
                "install CUDA's toolkit{} and set LD_LIBRARY_PATH to the folder that holds it",
                up_to(*driver_cuda)
            ),
        }
    )]
    NoNvrtc {
        /// A folder that has it.
        elsewhere: Option<PathBuf>,
        /// The newest CUDA that the driver runs.
        driver_cuda: Option<(u32, u32)>,
    },
    /// The headers are missing.
    #[error(
        "CUDA's headers are missing: {}; {}, or use `--device cpu`",
        looked(toolkit.as_deref()),
        match elsewhere {
            Some(folder) => format!("they lie in {0}: `export CUDA_PATH={0}`", folder.display()),
            None => format!(
                "install CUDA's toolkit{} and set CUDA_PATH to the folder whose `include` has them",
                up_to(*driver_cuda)
            ),
        }
    )]
    NoHeaders {
        /// The toolkit that was looked at.
        toolkit: Option<PathBuf>,
        /// A toolkit that has them.
        elsewhere: Option<PathBuf>,
        /// The newest CUDA that the driver runs.
        driver_cuda: Option<(u32, u32)>,
    },
    /// The driver cannot load what the compiler makes.
    #[error(
        "the NVIDIA driver is too old: {driver} cannot load what {} compiles, that is CUDA {}. Update the driver, or put an older libnvrtc first in LD_LIBRARY_PATH and its headers in CUDA_PATH, or use `--device cpu`",
        nvrtc.display(),
        dotted(version)
    )]
    OldDriver {
        /// The driver.
        driver: String,
        /// The compiler.
        nvrtc: PathBuf,
        /// Its version.
        version: Vec<u32>,
    },
    /// Others use the GPU's memory.
    #[error(
        "GPU {index} ({name}) has too little memory free: {free_mib} of {total_mib} MiB, and no run fits in less than {}. See with `nvidia-smi` who uses it, or choose another with `--device cuda:N`, or use `--device cpu`",
        LEAST_FREE_MIB
    )]
    LittleMemory {
        /// The GPU.
        index: usize,
        /// What it is called.
        name: String,
        /// Free memory, in MiB.
        free_mib: u64,
        /// All memory, in MiB.
        total_mib: u64,
    },
    /// Everything was found, and the first computation failed.
    #[error(
        "GPU {index} failed at its first sum: {reason}{}. `exp doctor` shows what was found; or use `--device cpu`",
        match older {
            Some((driver, built)) => format!(
                " (the driver runs CUDA up to {}.{}, and this binary was built for {}.{}: update the \
                 driver, or build with CUDARC_CUDA_VERSION={}0{}0)",
                driver.0, driver.1, built.0, built.1, driver.0, driver.1
            ),
            None => String::new(),
        }
    )]
    Failed {
        /// The GPU.
        index: usize,
        /// What the backend said.
        reason: String,
        /// The versions of CUDA that the driver runs and that the binary was built for, where the
        /// driver is the older.
        older: Option<((u32, u32), (u32, u32))>,
    },
}

/// Whether the GPU of this number can be used, as far as that shows without computing.
pub fn check(findings: &Findings, index: usize) -> Result<(), DeviceError> {
    let names = |gpus: &mut dyn Iterator<Item = &Gpu>| gpus.map(|gpu| gpu.name.clone()).collect();
    let all = || names(&mut findings.gpus.iter());
    if findings.built_for.is_none() {
        return Err(DeviceError::NotBuilt { gpus: all() });
    }
    if findings.libcuda.is_none() {
        return Err(DeviceError::NoDriver { gpus: all() });
    }
    if findings.visible == 0 {
        return Err(DeviceError::NoGpu {
            driver: findings.driver.clone(),
            visible_devices: findings.visible_devices.clone(),
            gpus: all(),
        });
    }
    if index >= findings.visible {
        let mut numbered: Vec<&Gpu> = findings.gpus.iter().filter(|g| g.index.is_some()).collect();
        numbered.sort_by_key(|gpu| gpu.index);
        return Err(DeviceError::NoSuchGpu {
            index,
            visible: findings.visible,
            gpus: names(&mut numbered.into_iter()),
            visible_devices: findings.visible_devices.clone(),
        });
    }
    let Some(nvrtc) = &findings.nvrtc else {
        return Err(DeviceError::NoNvrtc {
            elsewhere: findings.nvrtc_elsewhere.clone(),
            driver_cuda: findings.driver_cuda,
        });
    };
    if !findings.headers {
        return Err(DeviceError::NoHeaders {
            toolkit: findings.toolkit.clone(),
            elsewhere: findings.headers_elsewhere.clone(),
            driver_cuda: findings.driver_cuda,
        });
    }
    // A driver compiles PTX on from no newer CUDA than its own: "CUDA Compatibility", section "Minor
    // version compatibility". A file name with the major version alone tells less.
    if let Some((major, minor)) = findings.driver_cuda {
        let newer = match nvrtc.version[..] {
            [of] => of > major,
            [of, part, ..] => (of, part) > (major, minor),
            [] => false,
        };
        if newer {
            return Err(DeviceError::OldDriver {
                driver: findings.driver_line().unwrap_or_default(),
                nvrtc: nvrtc.path.clone(),
                version: nvrtc.version.clone(),
            });
        }
    }
    match findings.gpus.iter().find(|gpu| gpu.index == Some(index)) {
        Some(gpu) if gpu.free_mib < LEAST_FREE_MIB => Err(DeviceError::LittleMemory {
            index,
            name: gpu.name.clone(),
            free_mib: gpu.free_mib,
            total_mib: gpu.total_mib,
        }),
        _ => Ok(()),
    }
}

fn there_is(gpus: &[String]) -> String {
    match gpus {
        [] => String::new(),
        [gpu] => format!(" (there is a GPU, {gpu})"),
        [first, ..] => format!(" (there are {} GPUs, such as {first})", gpus.len()),
    }
}

fn hidden(visible_devices: Option<&str>, gpus: &[String]) -> String {
    match visible_devices {
        Some(value) => format!(
            "{}: CUDA_VISIBLE_DEVICES is `{value}`; unset it",
            there_is(gpus)
        ),
        None => format!("{}: see `nvidia-smi`", there_is(gpus)),
    }
}

fn counted(visible: usize, gpus: &[String]) -> String {
    let listed: Vec<String> = gpus
        .iter()
        .enumerate()
        .map(|(index, name)| format!("{index} is {name}"))
        .collect();
    match listed.is_empty() {
        true => visible.to_string(),
        false => format!("{visible} ({})", listed.join(", ")),
    }
}

fn up_to(cuda: Option<(u32, u32)>) -> String {
    cuda.map(|(major, minor)| format!(" (this driver runs CUDA up to {major}.{minor})"))
        .unwrap_or_default()
}

fn looked(toolkit: Option<&Path>) -> String {
    match toolkit {
        Some(toolkit) => format!("{} has no include/cuda_fp16.h", toolkit.display()),
        None => "CUDA_PATH is not set, and there is no /usr/local/cuda nor /opt/cuda".to_owned(),
    }
}

fn dotted(version: &[u32]) -> String {
    let parts: Vec<String> = version.iter().take(2).map(u32::to_string).collect();
    parts.join(".")
}

#[cfg(test)]
#[allow(clippy::unwrap_used, missing_docs)]
mod tests {
    use super::super::library::Library;
    use super::*;

    fn library(path: &str, version: &[u32]) -> Option<Library> {
        Some(Library {
            path: path.into(),
            version: version.to_vec(),
        })
    }

    fn gpu(index: Option<usize>, name: &str, free_mib: u64) -> Gpu {
        Gpu {
            index,
            name: name.to_owned(),
            uuid: String::new(),
            total_mib: 40_960,
            free_mib,
        }
    }

    /// A machine on which everything is right.
    fn right() -> Findings {
        Findings {
            built_for: Some((12, 8)),
            libcuda: library("/usr/lib/libcuda.so.570.86.15", &[570, 86, 15]),
            driver: Some("570.86.15".to_owned()),
            driver_cuda: Some((12, 8)),
            gpus: vec![
                gpu(Some(0), "NVIDIA A100-SXM4-40GB", 40_326),
                gpu(Some(1), "NVIDIA A100-SXM4-40GB", 312),
            ],
            visible: 2,
            visible_devices: None,
            nvrtc: library("/usr/local/cuda/lib64/libnvrtc.so.12.8.93", &[12, 8, 93]),
            nvrtc_elsewhere: None,
            toolkit: Some("/usr/local/cuda".into()),
            headers: true,
            headers_elsewhere: None,
        }
    }

    fn changed(change: impl FnOnce(&mut Findings)) -> Findings {
        let mut findings = right();
        change(&mut findings);
        findings
    }

    #[test]
    fn each_fault_has_its_message() {
        let on_cpu = |f: &mut Findings| {
            *f = Findings {
                built_for: f.built_for,
                ..Findings::default()
            }
        };
        let faults: Vec<(&str, Findings, usize)> = vec![
            ("not built, no GPU", Findings::default(), 0),
            (
                "not built, a GPU",
                changed(|f| {
                    f.built_for = None;
                    f.gpus.truncate(1)
                }),
                0,
            ),
            ("no driver", changed(on_cpu), 0),
            (
                "no library in the container",
                changed(|f| f.libcuda = None),
                0,
            ),
            (
                "no GPU",
                changed(|f| {
                    f.visible = 0;
                    f.gpus.clear()
                }),
                0,
            ),
            (
                "hidden",
                changed(|f| {
                    f.visible = 0;
                    f.visible_devices = Some(String::new())
                }),
                0,
            ),
            ("no such GPU", right(), 7),
            (
                "no such GPU among the visible",
                changed(|f| {
                    f.visible = 1;
                    f.visible_devices = Some("1".to_owned());
                    (f.gpus[0].index, f.gpus[1].index) = (None, Some(0));
                }),
                1,
            ),
            ("no such GPU, names unknown", changed(|f| f.gpus.clear()), 2),
            ("no NVRTC", changed(|f| f.nvrtc = None), 0),
            (
                "NVRTC elsewhere",
                changed(|f| {
                    f.nvrtc = None;
                    f.nvrtc_elsewhere = Some("/opt/cuda/lib64".into());
                }),
                0,
            ),
            (
                "no toolkit",
                changed(|f| {
                    f.headers = false;
                    f.toolkit = None;
                    f.driver_cuda = None
                }),
                0,
            ),
            ("no headers", changed(|f| f.headers = false), 0),
            (
                "headers elsewhere",
                changed(|f| {
                    f.headers = false;
                    f.headers_elsewhere = Some("/usr/local/cuda".into());
                    f.toolkit = Some("/wrong".into());
                }),
                0,
            ),
            ("old driver", changed(|f| f.driver_cuda = Some((12, 4))), 0),
            ("little memory", right(), 1),
        ];
        let mut text = String::new();
        for (fault, findings, index) in faults {
            let error = check(&findings, index).unwrap_err();
            text += &format!("{fault}:\n  {error}\n");
        }
        text += &format!(
            "failed:\n  {}\n",
            DeviceError::Failed {
                index: 0,
                reason: "CUDA_ERROR_UNKNOWN".to_owned(),
                older: Some(((12, 4), (12, 8))),
            }
        );
        insta::assert_snapshot!("each_fault_has_its_message", text);
    }

    #[test]
    fn nothing_is_said_where_all_is_right() {
        assert_eq!(check(&right(), 0), Ok(()));
        // A driver runs what an older compiler makes, and a name may tell the major version only.
        for version in [&[12, 6][..], &[12], &[11, 8], &[]] {
            let older = changed(|f| f.nvrtc = library("/lib/libnvrtc.so", version));
            assert_eq!(check(&older, 0), Ok(()), "{version:?}");
        }
        for version in [&[13][..], &[13, 0], &[12, 9]] {
            let newer = changed(|f| f.nvrtc = library("/lib/libnvrtc.so", version));
            assert!(check(&newer, 0).is_err(), "{version:?}");
        }
        // Without `nvidia-smi` nothing is known of driver and memory.
        let silent = changed(|f| {
            f.driver_cuda = None;
            f.driver = None;
            f.gpus.clear();
        });
        assert_eq!(check(&silent, 1), Ok(()));
    }
}
