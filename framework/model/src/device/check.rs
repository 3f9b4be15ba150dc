//! Whether a GPU can be used, told from what was found.

use super::DeviceError;
use super::driver::Gpu;
use super::findings::Findings;

/// The least free memory that a run is started with, in MiB. A CUDA context takes some hundred MiB of
/// it before the first tensor; the small CLIP fits in the rest, and what a larger model needs depends
/// on its batch.
pub const LEAST_FREE_MIB: u64 = 1024;

/// Whether the GPU of this number can be used, as far as that shows without computing.
pub fn check(findings: &Findings, index: usize) -> Result<(), DeviceError> {
    let names = |gpus: &mut dyn Iterator<Item = &Gpu>| gpus.map(|gpu| gpu.name.clone()).collect();
    let all = || names(&mut findings.gpus.iter());
    if findings.built_for.is_none() {
        return Err(DeviceError::NotBuilt { gpus: all() });
    }
    if findings.libcuda.is_none() {
        return Err(DeviceError::NoDriver { gpus: all() });
    }
    if findings.visible == 0 {
        return Err(DeviceError::NoGpu {
            driver: findings.driver.clone(),
            visible_devices: findings.visible_devices.clone(),
            gpus: all(),
        });
    }
    if index >= findings.visible {
        let mut numbered: Vec<&Gpu> = findings.gpus.iter().filter(|g| g.index.is_some()).collect();
        numbered.sort_by_key(|gpu| gpu.index);
        return Err(DeviceError::NoSuchGpu {
            index,
            visible: findings.visible,
            gpus: names(&mut numbered.into_iter()),
            visible_devices: findings.visible_devices.clone(),
        });
    }
    let Some(nvrtc) = &findings.nvrtc else {
        return Err(DeviceError::NoNvrtc {
            elsewhere: findings.nvrtc_elsewhere.clone(),
            driver_cuda: findings.driver_cuda,
        });
    };
    if !findings.headers {
        return Err(DeviceError::NoHeaders {
            toolkit: findings.toolkit.clone(),
            elsewhere: findings.headers_elsewhere.clone(),
            driver_cuda: findings.driver_cuda,
        });
    }
    // A driver compiles PTX on from no newer CUDA than its own: "CUDA Compatibility", section "Minor
    // version compatibility". A file name with the major version alone tells less.
    if let Some((major, minor)) = findings.driver_cuda {
        let newer = match nvrtc.version[..] {
            [of] => of > major,
            [of, part, ..] => (of, part) > (major, minor),
            [] => false,
        };
        if newer {
            return Err(DeviceError::OldDriver {
                driver: findings.driver_line().unwrap_or_default(),
                nvrtc: nvrtc.path.clone(),
                version: nvrtc.version.clone(),
            });
        }
    }
    match findings.gpus.iter().find(|gpu| gpu.index == Some(index)) {
        Some(gpu) if gpu.free_mib < LEAST_FREE_MIB => Err(DeviceError::LittleMemory {
            index,
            name: gpu.name.clone(),
            free_mib: gpu.free_mib,
            total_mib: gpu.total_mib,
        }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
