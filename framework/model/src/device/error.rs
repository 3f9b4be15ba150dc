//! Why a GPU cannot be used, in words.

use std::path::{Path, PathBuf};

use super::LEAST_FREE_MIB;

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
        /// The names of GPUs that the driver shows all the same.
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
        /// The names of GPUs that the driver shows.
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
