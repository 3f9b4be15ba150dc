//! What this machine has of what a GPU needs.

use std::path::PathBuf;

use super::driver::{self, Gpu};
use super::library::{Library, Loader, beside, toolkits};

/// What was found. Burn's CUDA backend looks for these things at its first use, by itself, and ends
/// the program where one is missing: so they are looked for beforehand, in the same places.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Findings {
    /// The version of CUDA that this binary was built for; `None` without the feature `cuda`.
    pub built_for: Option<(u32, u32)>,
    /// The driver's library, `libcuda`.
    pub libcuda: Option<Library>,
    /// The driver's version, as in `570.86.15`; `None` where it does not answer.
    pub driver: Option<String>,
    /// The newest CUDA that the driver runs, as in (12, 8).
    pub driver_cuda: Option<(u32, u32)>,
    /// All GPUs that the driver names, visible to CUDA or not.
    pub gpus: Vec<Gpu>,
    /// How many of them CUDA shows; 0 in a binary without the feature.
    pub visible: usize,
    /// `CUDA_VISIBLE_DEVICES`, if it is set.
    pub visible_devices: Option<String>,
    /// The compiler of CUDA's kernels, `libnvrtc`.
    pub nvrtc: Option<Library>,
    /// Where a `libnvrtc` lies that the loader does not find.
    pub nvrtc_elsewhere: Option<PathBuf>,
    /// The toolkit whose headers the kernels are compiled with: that of `CUDA_PATH`, or the one in the
    /// usual place.
    pub toolkit: Option<PathBuf>,
    /// Whether the headers are in it.
    pub headers: bool,
    /// Where a toolkit with headers lies that is not looked at.
    pub headers_elsewhere: Option<PathBuf>,
}

/// The header that stands for all: kernels include it for half-precision numbers.
const HEADER: &str = "cuda_fp16.h";

impl Findings {
    /// Looks for everything. Computes nothing, and opens no GPU.
    pub fn gather() -> Self {
        let loader = Loader::of_the_system();
        let toolkits = toolkits();
        let nvrtc_names = names("nvrtc");
        let nvrtc = loader.find(&nvrtc_names);
        let toolkit = toolkit();
        let header = [HEADER.to_owned()];
        let headers = toolkit
            .as_ref()
            .is_some_and(|toolkit| toolkit.join("include").join(HEADER).is_file());
        let answer = driver::ask();
        let libcuda = loader.find(&names("cuda"));
        Self {
            built_for: built_for(),
            // Without the library there is nothing to ask.
            visible: libcuda.as_ref().map_or(0, |_| visible()),
            libcuda,
            driver: answer.driver,
            driver_cuda: answer.cuda,
            gpus: answer.gpus,
            visible_devices: std::env::var("CUDA_VISIBLE_DEVICES").ok(),
            nvrtc_elsewhere: match nvrtc {
                Some(_) => None,
                None => beside(&toolkits, &["lib64", "lib"], &nvrtc_names),
            },
            nvrtc,
            headers_elsewhere: match headers {
                true => None,
                false => beside(&toolkits, &["include"], &header)
                    .and_then(|include| Some(include.parent()?.to_owned())),
            },
            toolkit,
            headers,
        }
    }

    /// The driver for people, as in `570.86.15 (CUDA 12.8)`.
    pub fn driver_line(&self) -> Option<String> {
        let driver = self.driver.as_ref()?;
        Some(match self.driver_cuda {
            Some((major, minor)) => format!("{driver} (CUDA {major}.{minor})"),
            None => driver.clone(),
        })
    }
}

/// The toolkit that Burn's CUDA backend takes the headers from: `cuda_path` in
/// `cubecl-cuda/src/lib.rs`.
fn toolkit() -> Option<PathBuf> {
    if let Some(path) = std::env::var_os("CUDA_PATH") {
        return Some(PathBuf::from(path));
    }
    let usual = ["/usr/local/cuda", "/opt/cuda"].map(PathBuf::from);
    let usual = usual.into_iter().find(|folder| folder.exists());
    usual.or_else(|| {
        let compiler = PathBuf::from("/usr/bin/nvcc");
        compiler.exists().then(|| PathBuf::from("/usr"))
    })
}

#[cfg(feature = "cuda")]
mod backend {
    use burn::tensor::{Device, DeviceType};

    /// The file names that the CUDA backend tries for a library.
    pub fn names(library: &str) -> Vec<String> {
        cudarc::get_lib_name_candidates(library)
    }

    pub fn built_for() -> Option<(u32, u32)> {
        let version = cudarc::driver::sys::CUDA_VERSION;
        Some((version / 1000, version % 1000 / 10))
    }

    pub fn visible() -> usize {
        Device::enumerate(DeviceType::Cuda).into_iter().count()
    }
}

#[cfg(not(feature = "cuda"))]
mod backend {
    /// The file names that there are for a library.
    pub fn names(library: &str) -> Vec<String> {
        ["", ".13", ".12", ".11", ".1"]
            .map(|version| format!("lib{library}.so{version}"))
            .into()
    }

    pub fn built_for() -> Option<(u32, u32)> {
        None
    }

    pub fn visible() -> usize {
        0
    }
}

use backend::{built_for, names, visible};
