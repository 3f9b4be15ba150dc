//! What the driver's own program, `nvidia-smi`, says of GPUs.

use std::process::Command;

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

/// What `nvidia-smi` said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    /// The driver's version, as in `570.86.15`.
    pub driver: Option<String>,
    /// The newest CUDA that the driver runs, as in (12, 8).
    pub cuda: Option<(u32, u32)>,
    /// The GPUs, in the order of their places on the bus.
    pub gpus: Vec<Gpu>,
}

/// Asks `nvidia-smi`; where there is none, or it fails, the answer is empty.
pub fn ask() -> Answer {
    let ask = |arguments: &[&str]| {
        let output = Command::new("nvidia-smi").args(arguments).output().ok()?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        output.status.success().then_some(text)
    };
    let table = ask(&[
        "--query-gpu=name,uuid,memory.total,memory.free,driver_version",
        "--format=csv,noheader,nounits",
    ]);
    let Some(table) = table else {
        return Answer::default();
    };
    let mut answer = read(&table, &ask(&["-q", "-d", "MEMORY"]).unwrap_or_default());
    let variable = |name| std::env::var(name).ok();
    number(
        &mut answer.gpus,
        variable("CUDA_VISIBLE_DEVICES").as_deref(),
        variable("CUDA_DEVICE_ORDER").as_deref() == Some("PCI_BUS_ID"),
    );
    answer
}

/// The GPU memory that a process holds, in MiB; `None` where `nvidia-smi` does not name the process,
/// as in most containers.
pub fn used_mib(process: u32) -> Option<u64> {
    let output = Command::new("nvidia-smi")
        .args([
            "--query-compute-apps=pid,used_memory",
            "--format=csv,noheader,nounits",
        ])
        .output()
        .ok()?;
    held(&String::from_utf8_lossy(&output.stdout), process)
}

/// The sum over all GPUs of a table of processes.
fn held(table: &str, process: u32) -> Option<u64> {
    let held = table.lines().filter_map(|line| {
        let (id, mib) = line.split_once(',')?;
        (id.trim().parse() == Ok(process)).then(|| mib.trim().parse::<u64>().ok())?
    });
    held.reduce(|sum, mib| sum + mib)
}

/// Reads the table of GPUs, and the full page, which alone has CUDA's version.
fn read(table: &str, page: &str) -> Answer {
    let mut answer = Answer::default();
    for line in table.lines() {
        let fields: Vec<&str> = line.split(',').map(str::trim).collect();
        let [name, uuid, total, free, driver] = fields[..] else {
            continue;
        };
        answer.driver = Some(driver.to_owned());
        answer.gpus.push(Gpu {
            index: None,
            name: name.to_owned(),
            uuid: uuid.to_owned(),
            // `[N/A]` on devices that share the machine's memory: as much as one likes.
            total_mib: total.parse().unwrap_or(u64::MAX),
            free_mib: free.parse().unwrap_or(u64::MAX),
        });
    }
    answer.cuda = page.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        let key = key.trim();
        let (major, minor) = value.trim().split_once('.')?;
        (key.starts_with("CUDA") && key.ends_with("Version"))
            .then(|| Some((major.parse().ok()?, minor.parse().ok()?)))?
    });
    answer
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
#[allow(clippy::unwrap_used, missing_docs)]
mod tests {
    use super::*;

    const TABLE: &str = "NVIDIA A100-SXM4-40GB, GPU-aa11, 40960, 40326, 550.54.15\n\
                         NVIDIA A100-SXM4-40GB, GPU-bb22, 40960, 12, 550.54.15\n";
    const PAGE: &str = "\n==============NVSMI LOG==============\n\n\
                        Timestamp                                 : Mon Jan  6 10:00:00 2025\n\
                        Driver Version                            : 550.54.15\n\
                        CUDA Version                              : 12.4\n\n\
                        Attached GPUs                             : 2\n";

    fn numbers(visible: Option<&str>, by_bus: bool, mixed: bool) -> Vec<Option<usize>> {
        let mut gpus = read(TABLE, PAGE).gpus;
        if mixed {
            gpus[0].name = "NVIDIA T400".to_owned();
        }
        number(&mut gpus, visible, by_bus);
        gpus.iter().map(|gpu| gpu.index).collect()
    }

    #[test]
    fn the_drivers_answer_is_read() {
        let answer = read(TABLE, PAGE);
        assert_eq!(answer.driver.as_deref(), Some("550.54.15"));
        assert_eq!(answer.cuda, Some((12, 4)));
        assert_eq!(answer.gpus.len(), 2);
        assert_eq!(answer.gpus[1].uuid, "GPU-bb22");
        assert_eq!(answer.gpus[1].free_mib, 12);
        assert_eq!(read("", ""), Answer::default());
        assert_eq!(read("No devices were found\n", PAGE).gpus, []);
        let shared = read("NVIDIA GB10, GPU-cc, [N/A], [N/A], 580.95\n", "");
        assert_eq!(shared.gpus[0].free_mib, u64::MAX);
    }

    #[test]
    fn the_memory_of_a_process_is_summed_over_gpus() {
        let table = "71, 500\n72, 12\n71, 20\n73, [N/A]\n";
        assert_eq!(held(table, 71), Some(520));
        assert_eq!(held(table, 7), None);
        assert_eq!(held(table, 73), None);
        assert_eq!(held("", 71), None);
    }

    #[test]
    fn gpus_have_cudas_numbers() {
        assert_eq!(numbers(None, false, false), [Some(0), Some(1)]);
        assert_eq!(numbers(Some("1"), false, false), [None, Some(0)]);
        assert_eq!(numbers(Some("1,0"), false, false), [Some(1), Some(0)]);
        assert_eq!(numbers(Some("GPU-bb"), false, false), [None, Some(0)]);
        assert_eq!(numbers(Some(""), false, false), [None, None]);
        assert_eq!(numbers(Some("-1"), false, false), [None, None]);
        assert_eq!(numbers(Some("0,9,1"), false, false), [Some(0), None]);
        assert_eq!(numbers(Some("0,0"), false, false), [Some(0), None]);
        // Which of two kinds is the fastest, the driver does not tell.
        assert_eq!(numbers(None, false, true), [None, None]);
        assert_eq!(numbers(Some("1"), false, true), [None, None]);
        assert_eq!(numbers(Some("GPU-bb"), false, true), [None, Some(0)]);
        assert_eq!(numbers(None, true, true), [Some(0), Some(1)]);
    }
}
