//! `--device`: where a command computes.

use anyhow::ensure;
use clap::Args;
use exp_model::device::{ChosenDevice, DeviceChoice};

/// What `--device` says.
#[derive(Args)]
pub struct DeviceArgument {
    /// Where to compute: `auto` (a GPU where there is one, else the CPU), `cpu`, `cuda` or
    /// `cuda:N`; `exp run` spreads its runs over several, as in `cuda:0,1`.
    #[arg(long, value_name = "DEVICE", default_value_t)]
    device: DeviceChoice,
}

impl DeviceArgument {
    /// The devices, at least one: several for `cuda:0,1`, in the order they were named.
    pub fn open(&self) -> anyhow::Result<Vec<ChosenDevice>> {
        Ok(self.device.open()?)
    }

    /// The one device of a command that uses no more.
    pub fn one(&self) -> anyhow::Result<ChosenDevice> {
        ensure!(
            self.device.count() == 1,
            "this command computes on one device, and `--device {}` names {}: name one of them \
             (`exp run` spreads runs over several)",
            self.device,
            self.device.count()
        );
        Ok(self.open()?.swap_remove(0))
    }
}
