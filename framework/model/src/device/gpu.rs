//! Opening a GPU.

use super::{ChosenDevice, DeviceError, Findings, check};

/// Opens the GPU of this number and lets it compute a sum.
///
/// # Errors
/// When something that it needs was not found, or the sum failed. The CUDA backend panics then; that
/// does not reach the caller.
#[cfg(feature = "cuda")]
pub fn open_gpu(findings: &Findings, index: usize) -> Result<ChosenDevice, DeviceError> {
    use burn::tensor::{Device, DeviceType};

    use super::DeviceKind;

    check(findings, index)?;
    let failed = |reason| DeviceError::Failed {
        index,
        reason,
        older: findings
            .driver_cuda
            .zip(findings.built_for)
            .filter(|(driver, built)| driver < built),
    };
    let device = Device::enumerate(DeviceType::Cuda).into_iter().nth(index);
    let device = device.ok_or_else(|| failed("it is no longer there".to_owned()))?;
    let name = first_sum::caught(|| first_sum::of(&device)).map_err(failed)?;
    Ok(ChosenDevice {
        device,
        kind: DeviceKind::Cuda,
        index,
        name,
        driver: findings.driver_line(),
        uuid: (findings.gpus.iter())
            .find(|gpu| gpu.index == Some(index))
            .map(|gpu| gpu.uuid.clone()),
    })
}

/// Whether a GPU still computes a sum. What failed on it before is not counted.
#[cfg(feature = "cuda")]
pub fn computes(device: &burn::tensor::Device) -> bool {
    let sum = || {
        let _ = device.sync();
        first_sum::of(device).is_ok()
    };
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(sum)).unwrap_or(false)
}

/// This binary has no code for GPUs.
#[cfg(not(feature = "cuda"))]
pub fn computes(_: &burn::tensor::Device) -> bool {
    false
}

/// Says that this binary has no code for GPUs.
#[cfg(not(feature = "cuda"))]
pub fn open_gpu(findings: &Findings, index: usize) -> Result<ChosenDevice, DeviceError> {
    check(findings, index)?;
    Err(DeviceError::NotBuilt { gpus: Vec::new() })
}

#[cfg(any(feature = "cuda", test))]
mod first_sum {
    use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
    use std::sync::{Arc, Mutex, PoisonError};

    /// Adds on the device, which compiles a kernel and runs it. Returns the device's name.
    #[cfg(feature = "cuda")]
    pub fn of(device: &burn::tensor::Device) -> Result<String, String> {
        use burn::tensor::Tensor;

        let ones = Tensor::<1>::ones([1024], device);
        let sum = (ones.clone() + ones).sum().try_into_data();
        let sum = sum.map_err(|error| first_line(&error.to_string()))?;
        match sum.iter::<f32>().next() {
            Some(2048.0) => Ok(device
                .identity()
                .map(|known| known.name)
                .unwrap_or_default()),
            other => Err(format!("1024 times 2 is {other:?} there")),
        }
    }

    /// Does some work, and turns a panic, in whichever thread, into an error that says why. Nothing
    /// is printed. Only for a time when nothing else runs: the hook is the process's.
    pub fn caught<T>(work: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
        static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
        let _hook = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
        let said = Arc::new(Mutex::new(Vec::new()));
        let usual = take_hook();
        let listener = said.clone();
        set_hook(Box::new(move |panic| {
            let text = panic.payload_as_str().unwrap_or("no reason given");
            let mut said = listener.lock().unwrap_or_else(PoisonError::into_inner);
            said.push(first_line(text));
        }));
        let result = catch_unwind(AssertUnwindSafe(work));
        set_hook(usual);
        let said = said.lock().unwrap_or_else(PoisonError::into_inner);
        match (result, said.first()) {
            (Ok(Ok(value)), _) => Ok(value),
            // What came first is the cause; what the caller sees may be a channel that closed.
            (_, Some(reason)) => Err(reason.clone()),
            (Ok(Err(reason)), None) => Err(reason),
            (Err(_), None) => Err("it broke off".to_owned()),
        }
    }

    /// The backend's messages go on with its sources.
    fn first_line(text: &str) -> String {
        let lines = text.lines().map(str::trim);
        lines
            .into_iter()
            .find(|line| !line.is_empty())
            .unwrap_or_default()
            .to_owned()
    }

    #[cfg(test)]
    #[allow(clippy::unwrap_used, missing_docs)]
    mod tests {
        use super::*;

        #[test]
        fn the_first_panic_of_any_thread_is_the_reason() {
            let failed: Result<(), String> = caught(|| {
                let worker = std::thread::spawn(|| panic!("\nno such device\nat some place"));
                worker.join().map_err(|_| "the channel closed".to_owned())
            });
            assert_eq!(failed.unwrap_err(), "no such device");
            assert_eq!(caught(|| Ok(3)), Ok(3));
            let said: Result<(), String> = caught(|| Err("out of memory".to_owned()));
            assert_eq!(said.unwrap_err(), "out of memory");
        }

        #[cfg(feature = "cuda")]
        #[test]
        fn a_gpu_that_is_not_there_is_an_error_and_no_panic() {
            let device = burn::tensor::Device::cuda(60);
            assert!(caught(|| of(&device)).is_err());
        }
    }
}
