//! The device that models run on.

use burn::tensor::Device;

/// What the user asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DeviceChoice {
    /// A GPU where there is one, else the CPU.
    #[default]
    Auto,
    /// The CPU.
    Cpu,
    /// An NVIDIA GPU.
    Cuda,
}

/// A device that was asked for and is not there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeviceError {
    /// This binary has no code for GPUs.
    #[error(
        "this binary was built without GPU support: build it with `--features cuda`, or use `--device cpu`"
    )]
    NotBuilt,
    /// The driver shows no GPU.
    #[error(
        "no NVIDIA GPU is visible: check `nvidia-smi` and CUDA_VISIBLE_DEVICES, or use `--device cpu`"
    )]
    NoGpu,
}

/// A device with what reports call it.
#[derive(Debug, Clone)]
pub struct ChosenDevice {
    /// The device, without gradients.
    pub device: Device,
    /// Kind and precision, part of a run's identity: `cpu-f32` or `cuda-f32`.
    pub kind: &'static str,
}

impl DeviceChoice {
    /// Finds the device.
    pub fn open(self) -> Result<ChosenDevice, DeviceError> {
        match self {
            Self::Cpu => Ok(cpu()),
            Self::Cuda => cuda(),
            Self::Auto => Ok(cuda().unwrap_or_else(|_| cpu())),
        }
    }
}

fn cpu() -> ChosenDevice {
    ChosenDevice {
        device: Device::flex(),
        kind: "cpu-f32",
    }
}

#[cfg(feature = "cuda")]
fn cuda() -> Result<ChosenDevice, DeviceError> {
    use burn::tensor::DeviceType;
    match Device::enumerate(DeviceType::Cuda).into_iter().next() {
        Some(device) => Ok(ChosenDevice {
            device,
            kind: "cuda-f32",
        }),
        None => Err(DeviceError::NoGpu),
    }
}

#[cfg(not(feature = "cuda"))]
fn cuda() -> Result<ChosenDevice, DeviceError> {
    Err(DeviceError::NotBuilt)
}
