//! The numbers that a model's matrix products are computed in.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The numbers that a model's matrix products are computed in. Weights, sums, normalisations, softmax,
/// the loss and the optimiser are in 32-bit floats whatever it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// 32-bit floats. On CUDA they may be computed in TF32, which Burn's kernels choose by speed and no
    /// setting turns off.
    #[default]
    F32,
    /// TF32, 10 bits of mantissa instead of 23; on CUDA only, where `f32` is the same thing, and so the
    /// same run.
    Tf32,
    /// Both factors of each product rounded to bfloat16, 7 bits of mantissa; slower than `f32` on a CPU.
    Bf16,
}

impl Precision {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::F32, Self::Tf32, Self::Bf16];

    /// The name in settings.
    pub fn name(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::Tf32 => "tf32",
            Self::Bf16 => "bf16",
        }
    }
}

/// What runs with 32-bit floats on CUDA are called in their identity and provenance.
pub const CUDA_F32: &str = "cuda-f32";

/// What has to be known of figures that were computed in [`CUDA_F32`].
pub const TF32_NOTE: &str = "float32 on CUDA: Burn's kernels may compute matrix products in TF32 (10 bits of \
     mantissa instead of 23), and no setting turns that off, so `f32` and `tf32` cannot be told apart";
