//! The device that models run on.

use std::fmt;
use std::str::FromStr;

use burn::tensor::Device;

/// What the user asked for: `auto`, `cpu`, `cuda`, `cuda:1` or `cuda:0,1`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum DeviceChoice {
    /// A GPU where there is one, else the CPU.
    #[default]
    Auto,
    /// The CPU.
    Cpu,
    /// NVIDIA GPUs by their numbers: at least one, none twice.
    Cuda(Vec<usize>),
}

impl DeviceChoice {
    /// How many devices it names.
    pub fn count(&self) -> usize {
        match self {
            Self::Auto | Self::Cpu => 1,
            Self::Cuda(indices) => indices.len(),
        }
    }
}

impl FromStr for DeviceChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let list = match text {
            "auto" => return Ok(Self::Auto),
            "cpu" => return Ok(Self::Cpu),
            "cuda" => return Ok(Self::Cuda(vec![0])),
            _ => text.strip_prefix("cuda:").ok_or_else(|| {
                "expected `auto`, `cpu`, `cuda`, or GPUs by their numbers as in `cuda:1` or \
                 `cuda:0,1`"
                    .to_owned()
            })?,
        };
        let mut indices = Vec::new();
        for number in list.split(',') {
            let index = number.parse().map_err(|_| {
                format!("`{number}` is no GPU's number: they count from 0, as in `cuda:0,1`")
            })?;
            if indices.contains(&index) {
                return Err(format!("GPU {index} stands there twice: name it once"));
            }
            indices.push(index);
        }
        Ok(Self::Cuda(indices))
    }
}

impl fmt::Display for DeviceChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Cpu => f.write_str("cpu"),
            Self::Cuda(indices) => {
                let indices: Vec<String> = indices.iter().map(usize::to_string).collect();
                write!(f, "cuda:{}", indices.join(","))
            }
        }
    }
}

/// A device that was asked for and is not there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeviceError {
    /// This binary has no code for GPUs.
    #[error(
        "this binary was built without GPU support: build it with `--features cuda`, or use `--device cpu`"
    )]
    NotBuilt,
    /// The driver shows no GPU of that number.
    #[error(
        "no NVIDIA GPU {index} is visible ({found} are): check `nvidia-smi` and CUDA_VISIBLE_DEVICES, or use \
         `--device cpu`"
    )]
    NoGpu {
        /// The GPU that was asked for.
        index: usize,
        /// How many there are.
        found: usize,
    },
}

/// A device with what reports call it.
#[derive(Debug, Clone)]
pub struct ChosenDevice {
    /// The device, without gradients.
    pub device: Device,
    /// Kind and precision, part of a run's identity: `cpu-f32` or `cuda-f32`.
    pub kind: &'static str,
    /// Its number among those of its kind; the CPU is 0.
    pub index: usize,
    /// What the maker calls it; empty where that is unknown.
    pub name: String,
}

impl DeviceChoice {
    /// Finds the devices, at least one, in the order they were named.
    pub fn open(&self) -> Result<Vec<ChosenDevice>, DeviceError> {
        match self {
            Self::Cpu => Ok(vec![cpu()]),
            Self::Cuda(indices) => indices.iter().map(|&index| cuda(index)).collect(),
            Self::Auto => Ok(vec![cuda(0).unwrap_or_else(|_| cpu())]),
        }
    }
}

fn cpu() -> ChosenDevice {
    ChosenDevice {
        device: Device::flex(),
        kind: "cpu-f32",
        index: 0,
        name: String::new(),
    }
}

#[cfg(feature = "cuda")]
fn cuda(index: usize) -> Result<ChosenDevice, DeviceError> {
    use burn::tensor::DeviceType;
    let devices: Vec<Device> = Device::enumerate(DeviceType::Cuda).into_iter().collect();
    match devices.get(index) {
        Some(device) => Ok(ChosenDevice {
            device: device.clone(),
            kind: "cuda-f32",
            index,
            name: format!("{device:?}"),
        }),
        None => Err(DeviceError::NoGpu {
            index,
            found: devices.len(),
        }),
    }
}

#[cfg(not(feature = "cuda"))]
fn cuda(_index: usize) -> Result<ChosenDevice, DeviceError> {
    Err(DeviceError::NotBuilt)
}
