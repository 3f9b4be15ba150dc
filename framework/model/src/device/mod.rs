//! The devices that models run on.

mod check;
mod choice;
mod driver;
mod error;
mod findings;
mod gpu;
mod library;
mod precision;
mod rate;

use burn::tensor::Device;
use sysinfo::{CpuRefreshKind, RefreshKind, System};

pub use check::{LEAST_FREE_MIB, check};
pub use choice::DeviceChoice;
pub use driver::{Gpu, Meter};
pub use error::DeviceError;
pub use findings::Findings;
pub use gpu::open_gpu;
pub use library::Library;
pub use precision::{DeviceKind, PrecisionError};
pub use rate::product_rate;

/// A device with what reports call it.
#[derive(Debug, Clone)]
pub struct ChosenDevice {
    /// The device, without gradients.
    pub device: Device,
    /// What it is.
    pub kind: DeviceKind,
    /// Its number among those of its kind; the CPU is 0.
    pub index: usize,
    /// What its maker calls it; empty where that is unknown.
    pub name: String,
    /// A GPU's driver, as in `570.86.15 (CUDA 12.8)`.
    pub driver: Option<String>,
    /// A GPU's unique name, where its driver tells.
    pub uuid: Option<String>,
}

impl ChosenDevice {
    /// Whether this is a GPU that computes nothing any more: after some faults everything fails that
    /// a process asks of it.
    pub fn is_lost(&self) -> bool {
        self.kind == DeviceKind::Cuda && !gpu::computes(&self.device)
    }

    /// What tells of a GPU's energy and memory; `None` on the CPU, and where the driver does not
    /// answer.
    pub fn meter(&self) -> Option<Meter> {
        Meter::of(self.uuid.as_deref()?)
    }
}

impl DeviceChoice {
    /// Finds the devices, at least one, in the order they were named. Each GPU has computed a sum
    /// when it comes back.
    ///
    /// `auto` takes the CPU only where no GPU can be seen: one that is there and cannot be used is an
    /// error, since nobody wants to wait for the CPU unknowingly.
    pub fn open(&self) -> Result<Vec<ChosenDevice>, DeviceError> {
        let indices = match self {
            Self::Cpu => return Ok(vec![cpu()]),
            // Nothing of CUDA is touched.
            Self::Auto if cfg!(not(feature = "cuda")) => return Ok(vec![cpu()]),
            Self::Auto => &vec![0],
            Self::Cuda(indices) => indices,
        };
        let findings = Findings::gather();
        if *self == Self::Auto && findings.visible == 0 {
            return Ok(vec![cpu()]);
        }
        // Opening takes seconds: first whether all can be.
        for &index in indices {
            check(&findings, index)?;
        }
        indices
            .iter()
            .map(|&index| open_gpu(&findings, index))
            .collect()
    }
}

fn cpu() -> ChosenDevice {
    let cpu = RefreshKind::nothing().with_cpu(CpuRefreshKind::nothing());
    let name = System::new_with_specifics(cpu)
        .ok()
        .and_then(|system| Some(system.cpus().first()?.brand().trim().to_owned()));
    ChosenDevice {
        device: Device::flex(),
        kind: DeviceKind::Cpu,
        index: 0,
        name: name.unwrap_or_default(),
        driver: None,
        uuid: None,
    }
}
