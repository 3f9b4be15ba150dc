//! What `--device` may say.

use std::fmt;
use std::str::FromStr;

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
            _ => text.strip_prefix("cuda:").ok_or(
                "expected `auto`, `cpu`, `cuda`, or GPUs by their numbers as in `cuda:1` or \
                 `cuda:0,1`",
            )?,
        };
        let mut indices = Vec::new();
        for number in list.split(',') {
            // A sign would be taken by `parse`; Burn counts GPUs in 16 bits.
            let digits = number.bytes().all(|byte| byte.is_ascii_digit());
            let index = match number.parse::<u16>() {
                Ok(index) if digits => usize::from(index),
                _ => {
                    return Err(format!(
                        "`{number}` is no GPU's number: they count from 0, as in `cuda:0,1`"
                    ));
                }
            };
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

#[cfg(test)]
#[allow(clippy::unwrap_used, missing_docs)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_read() {
        let read = |text: &str| text.parse::<DeviceChoice>().unwrap();
        assert_eq!(read("auto"), DeviceChoice::Auto);
        assert_eq!(read("cpu"), DeviceChoice::Cpu);
        assert_eq!(read("cuda"), DeviceChoice::Cuda(vec![0]));
        assert_eq!(read("cuda:7"), DeviceChoice::Cuda(vec![7]));
        assert_eq!(read("cuda:2,0"), DeviceChoice::Cuda(vec![2, 0]));
        for text in ["auto", "cpu", "cuda:0", "cuda:2,0,11"] {
            assert_eq!(read(text).to_string(), text);
        }
    }

    #[test]
    fn what_is_no_device_is_refused() {
        let refused = |text: &str| text.parse::<DeviceChoice>().unwrap_err();
        for text in ["", "gpu", "CPU", "cuda0", "cpu:0"] {
            assert!(refused(text).starts_with("expected `auto`"), "{text}");
        }
        for text in [
            "cuda:",
            "cuda:0,",
            "cuda:-1",
            "cuda:+1",
            "cuda:0 1",
            "cuda:65536",
        ] {
            assert!(refused(text).contains("is no GPU's number"), "{text}");
        }
        assert_eq!(
            refused("cuda:1,0,1"),
            "GPU 1 stands there twice: name it once"
        );
    }
}
