//! What a GPU's driver says, through its management library, NVML.

use nvml_wrapper::enums::device::UsedGpuMemory;
use nvml_wrapper::{Nvml, cuda_driver_version_major, cuda_driver_version_minor};

const MIB: u64 = 1024 * 1024;

/// A GPU as the driver sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gpu {
    /// CUDA's number for it, which `--device cuda:N` means; `None` where `CUDA_VISIBLE_DEVICES` hides
    /// it, or where CUDA's order cannot be told beforehand.
    pub index: Option<usize>,
    /// Its name, as in `NVIDIA H200`.
    pub name: String,
    /// Its unique name, as in `GPU-5f0c...`.
    pub uuid: String,
    /// All of its memory, in MiB.
    pub total_mib: u64,
    /// What nobody uses of it, in MiB.
    pub free_mib: u64,
}

/// What the driver said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    /// The driver's version, as in `570.86.15`.
    pub driver: Option<String>,
    /// The newest CUDA that the driver runs, as in (12, 8).
    pub cuda: Option<(u32, u32)>,
    /// The GPUs, in the order of their places on the bus.
    pub gpus: Vec<Gpu>,
}

/// Asks the driver; where there is none, or it fails, the answer is empty.
pub fn ask() -> Answer {
    let mut answer = Nvml::init().map_or_else(|_| Answer::default(), |nvml| read(&nvml));
    let variable = |name| std::env::var(name).ok();
    number(
        &mut answer.gpus,
        variable("CUDA_VISIBLE_DEVICES").as_deref(),
        variable("CUDA_DEVICE_ORDER").as_deref() == Some("PCI_BUS_ID"),
    );
    answer
}

/// All that is said, without CUDA's numbers.
fn read(nvml: &Nvml) -> Answer {
    let cuda = |version: i32| {
        let major = cuda_driver_version_major(version).try_into().ok()?;
        Some((major, cuda_driver_version_minor(version).try_into().ok()?))
    };
    Answer {
        driver: nvml.sys_driver_version().ok(),
        cuda: nvml.sys_cuda_driver_version().ok().and_then(cuda),
        gpus: (0..nvml.device_count().unwrap_or(0))
            .filter_map(|place| gpu(nvml, place))
            .collect(),
    }
}

/// The GPU at a place on the bus; `None` where this user may not see it.
fn gpu(nvml: &Nvml, place: u32) -> Option<Gpu> {
    let device = nvml.device_by_index(place).ok()?;
    let memory = device.memory_info().ok();
    // Devices that share the machine's memory name none: as much as one likes.
    let mib = |bytes: Option<u64>| bytes.map_or(u64::MAX, |bytes| bytes / MIB);
    Some(Gpu {
        index: None,
        name: device.name().ok()?,
        uuid: device.uuid().ok()?,
        total_mib: mib(memory.as_ref().map(|memory| memory.total)),
        free_mib: mib(memory.as_ref().map(|memory| memory.free)),
    })
}

/// What a GPU has used so far.
#[derive(Debug)]
pub struct Meter {
    nvml: Nvml,
    uuid: String,
}

impl Meter {
    /// That of the GPU of this unique name; `None` where the driver does not answer.
    pub fn of(uuid: &str) -> Option<Self> {
        Self::through(Nvml::init().ok()?, uuid)
    }

    fn through(nvml: Nvml, uuid: &str) -> Option<Self> {
        nvml.device_by_uuid(uuid).ok()?;
        Some(Self {
            nvml,
            uuid: uuid.to_owned(),
        })
    }

    /// The energy in joules that the whole GPU has used since its driver was loaded, whoever
    /// computed on it; `None` where it has no such counter (those before the Volta generation).
    pub fn joules(&self) -> Option<f64> {
        let device = self.nvml.device_by_uuid(self.uuid.as_str()).ok()?;
        let millijoules = device.total_energy_consumption().ok()?;
        Some(millijoules as f64 / 1e3)
    }

    /// The memory of the GPU that a process holds, in bytes; `None` where the driver does not know
    /// the process, as in most containers.
    pub fn memory_of(&self, process: u32) -> Option<u64> {
        let device = self.nvml.device_by_uuid(self.uuid.as_str()).ok()?;
        let processes = device.running_compute_processes().ok()?;
        let own = processes.into_iter().find(|one| one.pid == process)?;
        match own.used_gpu_memory {
            UsedGpuMemory::Used(bytes) => Some(bytes),
            UsedGpuMemory::Unavailable => None,
        }
    }
}

/// Gives the GPUs the numbers that CUDA gives them.
///
/// CUDA's guide, "CUDA environment variables": `CUDA_VISIBLE_DEVICES` lists numbers or beginnings of
/// unique names, and what follows the first invalid one is not visible; without
/// `CUDA_DEVICE_ORDER=PCI_BUS_ID` the fastest GPU comes first, which tells the order only where all
/// are alike.
fn number(gpus: &mut [Gpu], visible: Option<&str>, by_bus: bool) {
    let alike = gpus.windows(2).all(|pair| pair[0].name == pair[1].name);
    let ordered = by_bus || alike;
    let Some(visible) = visible else {
        if ordered {
            for (index, gpu) in gpus.iter_mut().enumerate() {
                gpu.index = Some(index);
            }
        }
        return;
    };
    for (index, entry) in visible.split(',').map(str::trim).enumerate() {
        let place = match entry.parse::<usize>() {
            Ok(place) if ordered => Some(place),
            Ok(_) => None,
            Err(_) if entry.is_empty() => None,
            Err(_) => gpus.iter().position(|gpu| gpu.uuid.starts_with(entry)),
        };
        match place.and_then(|place| gpus.get_mut(place)) {
            Some(gpu) if gpu.index.is_none() => gpu.index = Some(index),
            _ => return,
        }
    }
}

#[cfg(test)]
mod tests;
