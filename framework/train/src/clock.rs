//! What an epoch takes: seconds, and of a GPU energy.

use std::time::Instant;

use crate::pass::Pass;

/// What a GPU's driver tells while a run is trained on it; nothing, for a run on the CPU.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct GpuUse {
    /// The energy in joules that the GPU has used since some moment, the same one at each look.
    pub joules: Option<f64>,
    /// The bytes of its memory that this process holds.
    pub memory: Option<u64>,
}

/// Seconds and joules of an epoch: those of earlier attempts at it, and those since.
pub(crate) struct Clock<'a> {
    before: Pass,
    start: Instant,
    gpu: &'a dyn Fn() -> GpuUse,
    joules: Option<f64>,
}

impl<'a> Clock<'a> {
    /// Goes on from what earlier attempts at the epoch took.
    pub fn from(before: &Pass, gpu: &'a dyn Fn() -> GpuUse) -> Self {
        Self {
            before: *before,
            start: Instant::now(),
            gpu,
            joules: gpu().joules,
        }
    }

    pub fn seconds(&self) -> f64 {
        self.before.seconds + self.start.elapsed().as_secs_f64()
    }

    /// What the GPU uses by now, its joules those of the epoch.
    pub fn gpu(&self) -> GpuUse {
        let now = (self.gpu)();
        let since = |(now, start): (f64, f64)| self.before.joules + (now - start);
        GpuUse {
            joules: now.joules.zip(self.joules).map(since),
            ..now
        }
    }

    /// The joules to go on from when the epoch is left.
    pub fn joules(&self) -> f64 {
        self.gpu().joules.unwrap_or(self.before.joules)
    }
}
