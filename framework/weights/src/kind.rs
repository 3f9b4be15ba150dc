//! What kind of file it is, told by its first bytes.

use std::fmt;

use crate::WeightError;
use crate::shown::shown;
use crate::source::Source;
use crate::torch::legacy;

/// The kind of file that tensors come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Container {
    /// safetensors.
    Safetensors,
    /// A TorchScript archive, as OpenAI publishes CLIP.
    TorchScript,
    /// PyTorch's zip format.
    TorchZip,
    /// PyTorch's format before version 1.6.
    TorchLegacy,
}

impl fmt::Display for Container {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Safetensors => "safetensors",
            Self::TorchScript => "TorchScript archive",
            Self::TorchZip => "PyTorch zip file",
            Self::TorchLegacy => "PyTorch file of before version 1.6",
        })
    }
}

/// Which reader a file needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Safetensors,
    Zip,
    Legacy,
}

/// Where the signature of a tar archive stands.
const TAR: usize = 257;

/// Kinds of file that are met where weights were expected, by their first bytes.
const OTHERS: [(&[u8], &str); 12] = [
    (
        b"version https://git-lfs",
        "a Git LFS pointer (fetch the file itself with `git lfs pull`)",
    ),
    (b"\x1f\x8b", "a gzip archive (unpack it first)"),
    (b"\xfd7zXZ", "an xz archive (unpack it first)"),
    (b"\x28\xb5\x2f\xfd", "a zstd archive (unpack it first)"),
    (b"BZh", "a bzip2 archive (unpack it first)"),
    (b"Rar!", "a RAR archive (unpack it first)"),
    (b"7z\xbc\xaf", "a 7-Zip archive (unpack it first)"),
    (b"\x89HDF", "an HDF5 file"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"GGUF", "a GGUF file"),
    (b"\x89PNG", "a PNG picture"),
    (b"{", "JSON"),
];

/// Tells the kind of a file.
pub(crate) fn of(source: &Source) -> Result<Kind, WeightError> {
    let start = source.range(0, source.len().min(512))?;
    if let Some((length, rest)) = start.split_first_chunk::<8>()
        && rest.first() == Some(&b'{')
        && u64::from_le_bytes(*length) < 1 << 40
    {
        return Ok(Kind::Safetensors);
    }
    if start.starts_with(b"PK\x03\x04") {
        return Ok(Kind::Zip);
    }
    if start.first() == Some(&0x80) && legacy::has_magic(source) {
        return Ok(Kind::Legacy);
    }
    Err(WeightError::Kind {
        name: source.name().to_owned(),
        found: other(&start),
    })
}

fn other(start: &[u8]) -> String {
    let known = OTHERS.iter().find(|(bytes, _)| start.starts_with(bytes));
    let text = start.trim_ascii_start();
    let html = text.first() == Some(&b'<');
    let tar = start.get(TAR..TAR + 5) == Some(b"ustar".as_slice());
    let found = match known {
        Some((_, found)) => *found,
        None if start.is_empty() => "an empty file",
        None if html => "HTML or XML (a failed download?)",
        None if tar => {
            "a tar archive (the format of the first PyTorch versions; load and save it again with a newer one)"
        }
        None if start.first() == Some(&0x80) => "a pickle that is not PyTorch's",
        None if std::str::from_utf8(start).is_ok() && !start.contains(&0) => {
            let line = String::from_utf8_lossy(text);
            let line = line.lines().next().unwrap_or_default();
            return format!("text that begins `{}`", shown(line));
        }
        None => {
            let bytes = start.iter().take(8).map(|byte| format!("{byte:02x}"));
            let bytes: Vec<String> = bytes.collect();
            return format!("a file that begins with the bytes {}", bytes.join(" "));
        }
    };
    found.to_owned()
}
