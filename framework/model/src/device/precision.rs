//! What a device computes in.

use burn::tensor::DType;
use exp_core::experiment::{CUDA_F32, Precision};

use super::ChosenDevice;

/// A kind of device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceKind {
    /// The processor.
    Cpu,
    /// An NVIDIA GPU.
    Cuda,
}

/// A precision that a device does not have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PrecisionError {
    /// TF32 on a CPU.
    #[error(
        "a CPU has no TF32, only GPUs have: write `f32`, or compute on one with `--device cuda`"
    )]
    Tf32OnCpu,
    /// A GPU that is too old for bfloat16.
    #[error("{0} does not compute in bfloat16: write `f32`")]
    NoBf16(String),
}

impl ChosenDevice {
    /// Kind and precision, part of a run's identity: `cpu-f32`, `cpu-bf16`, `cuda-f32` or `cuda-bf16`.
    ///
    /// There is no `cuda-tf32`: where a GPU has TF32, Burn computes float32 products in it whenever that
    /// is faster. The candidates among which `burn-cubecl` tunes a product are fixed, those on tensor
    /// cores are tried first for large ones, and `adjust_dtypes` of `cubek-matmul` makes TF32 of their
    /// operands; so does what stands in where nothing is tuned (0.22.1 and 0.3.1).
    pub fn computes_in(&self, precision: Precision) -> Result<&'static str, PrecisionError> {
        match (self.kind, precision) {
            (DeviceKind::Cpu, Precision::F32) => Ok("cpu-f32"),
            (DeviceKind::Cpu, Precision::Tf32) => Err(PrecisionError::Tf32OnCpu),
            (_, Precision::Bf16) if !self.device.supports_dtype(DType::BF16) => {
                Err(PrecisionError::NoBf16(self.name.clone()))
            }
            (DeviceKind::Cpu, Precision::Bf16) => Ok("cpu-bf16"),
            (DeviceKind::Cuda, Precision::F32 | Precision::Tf32) => Ok(CUDA_F32),
            (DeviceKind::Cuda, Precision::Bf16) => Ok("cuda-bf16"),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, missing_docs)]
mod tests {
    use super::super::DeviceChoice;
    use super::*;

    #[test]
    fn each_kind_has_its_name() {
        let cpu = DeviceChoice::Cpu.open().unwrap().swap_remove(0);
        assert_eq!(cpu.computes_in(Precision::F32), Ok("cpu-f32"));
        assert_eq!(cpu.computes_in(Precision::Bf16), Ok("cpu-bf16"));
        assert_eq!(
            cpu.computes_in(Precision::Tf32),
            Err(PrecisionError::Tf32OnCpu)
        );
        // What it is called is decided by its kind alone.
        let gpu = ChosenDevice {
            kind: DeviceKind::Cuda,
            ..cpu
        };
        assert_eq!(gpu.computes_in(Precision::F32), Ok("cuda-f32"));
        assert_eq!(gpu.computes_in(Precision::Tf32), Ok("cuda-f32"));
        assert_eq!(gpu.computes_in(Precision::Bf16), Ok("cuda-bf16"));
    }
}
