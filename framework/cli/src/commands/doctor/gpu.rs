//! GPUs, their driver, and what kernels are compiled with.

use exp_core::experiment::TF32_NOTE;
use exp_model::device::{ChosenDevice, DeviceError, Findings, Library, check};

use super::finding::{Finding, Section};

/// What was found, and for each GPU that CUDA shows what `open` says.
pub fn section(
    findings: &Findings,
    open: &dyn Fn(&Findings, usize) -> Result<ChosenDevice, DeviceError>,
) -> Section {
    let mut list = vec![built(findings)];
    list.extend(gpus(findings, open));
    if findings.visible > 0 {
        list.push(Finding::ok("precision", TF32_NOTE));
    }
    list.push(driver(findings));
    list.push(library("libcuda", findings.libcuda.as_ref()));
    list.push(library("libnvrtc", findings.nvrtc.as_ref()));
    list.push(headers(findings));
    Section::of("GPU", list)
}

fn built(findings: &Findings) -> Finding {
    match findings.built_for {
        Some((major, minor)) => {
            Finding::ok("GPU support", format!("built in, for CUDA {major}.{minor}"))
        }
        None => Finding::missing("GPU support", "not built in")
            .advice("to train on an NVIDIA GPU, build with `--features cuda`"),
    }
}

fn gpus(
    findings: &Findings,
    open: &dyn Fn(&Findings, usize) -> Result<ChosenDevice, DeviceError>,
) -> Vec<Finding> {
    let mut list: Vec<Finding> = findings
        .gpus
        .iter()
        .filter(|gpu| gpu.index.is_none_or(|index| index >= findings.visible))
        .map(|gpu| Finding::missing("GPU", format!("{} is there and cannot be used", gpu.name)))
        .collect();
    for index in 0..findings.visible {
        let what = format!("cuda:{index}");
        list.push(match open(findings, index) {
            Ok(device) => {
                let memory = findings.gpus.iter().find(|gpu| gpu.index == Some(index));
                let memory =
                    memory.map(|gpu| format!(", {} of {} MiB free", gpu.free_mib, gpu.total_mib));
                Finding::ok(&what, device.name + &memory.unwrap_or_default())
            }
            Err(error) => Finding::broken(&what, error.to_string()),
        });
    }
    if findings.visible == 0 {
        match check(findings, 0) {
            // Said above already, and of which GPUs.
            Err(DeviceError::NotBuilt { .. }) if !list.is_empty() => {}
            Err(DeviceError::NotBuilt { .. }) | Ok(()) => {
                list.push(Finding::missing("GPU", "none"))
            }
            Err(error) => list.push(Finding::missing("GPU", error.to_string())),
        }
    }
    list
}

fn driver(findings: &Findings) -> Finding {
    match findings.driver_line() {
        Some(driver) => Finding::ok("driver", driver),
        None => Finding::missing("driver", "none answers (libnvidia-ml.so.1)"),
    }
}

fn library(what: &str, library: Option<&Library>) -> Finding {
    match library {
        Some(library) => Finding::ok(what, library.path.display().to_string()),
        None => Finding::missing(what, "the loader does not find it"),
    }
}

fn headers(findings: &Findings) -> Finding {
    match &findings.toolkit {
        Some(toolkit) if findings.headers => Finding::ok(
            "CUDA headers",
            toolkit.join("include").display().to_string(),
        ),
        Some(toolkit) => {
            let found = format!("{} has no include/cuda_fp16.h", toolkit.display());
            Finding::missing("CUDA headers", found)
        }
        None => Finding::missing(
            "CUDA headers",
            "CUDA_PATH is not set, and no toolkit is in the usual place",
        ),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, missing_docs)]
mod tests {
    use exp_model::device::Gpu;

    use super::super::finding;
    use super::*;

    fn library(path: &str) -> Option<Library> {
        Some(Library {
            path: path.into(),
            version: Vec::new(),
        })
    }

    fn gpu(index: Option<usize>, name: &str) -> Gpu {
        Gpu {
            index,
            name: name.to_owned(),
            uuid: String::new(),
            total_mib: 143_771,
            free_mib: 143_156,
        }
    }

    #[test]
    fn each_kind_of_machine_is_described() {
        let bare = Findings::default();
        let not_built = Findings {
            driver: Some("570.86.15".to_owned()),
            driver_cuda: Some((12, 8)),
            gpus: vec![gpu(Some(0), "NVIDIA H200")],
            libcuda: library("/usr/lib/libcuda.so.570.86.15"),
            ..Findings::default()
        };
        let built_for = Some((13, 0));
        let no_gpu = Findings {
            built_for,
            ..Findings::default()
        };
        let two = Findings {
            built_for,
            visible: 2,
            gpus: vec![gpu(Some(0), "NVIDIA H200"), gpu(Some(1), "NVIDIA H200")],
            nvrtc: library("/usr/local/cuda/lib64/libnvrtc.so.12.8.93"),
            toolkit: Some("/usr/local/cuda".into()),
            headers: true,
            ..not_built.clone()
        };
        let hidden = Findings {
            visible: 1,
            visible_devices: Some("1".to_owned()),
            gpus: vec![gpu(None, "NVIDIA T400"), gpu(Some(0), "NVIDIA H200")],
            ..two.clone()
        };
        // The first GPU works, the others do not.
        let open = |_: &Findings, index: usize| match index {
            0 => {
                let device = exp_model::device::DeviceChoice::Cpu.open()?.swap_remove(0);
                Ok(ChosenDevice {
                    name: "NVIDIA H200".to_owned(),
                    ..device
                })
            }
            _ => Err(DeviceError::Failed {
                index,
                reason: "CUDA_ERROR_ECC_UNCORRECTABLE".to_owned(),
                older: None,
            }),
        };
        let mut text = String::new();
        for (machine, findings) in [
            ("nothing", bare),
            ("a GPU, and no code for it", not_built),
            ("code, and no GPU", no_gpu),
            ("two GPUs, one of them defective", two),
            ("one of two is hidden", hidden),
        ] {
            let page = finding::text(&[section(&findings, &open)]);
            text += &format!("== {machine}\n{page}\n");
        }
        insta::assert_snapshot!("each_kind_of_machine", text);
    }
}
