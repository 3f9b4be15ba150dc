//! The bytes of a weight file, read where they are needed.

use std::borrow::Cow;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use sha2::{Digest, Sha256};

use crate::WeightError;

/// Bytes read at a time when a file is read from one end to the other.
const CHUNK: usize = 1 << 20;

/// A file, or bytes in memory, of which any range can be read.
#[derive(Debug)]
pub(crate) struct Source {
    name: String,
    len: u64,
    bytes: Bytes,
}

#[derive(Debug)]
enum Bytes {
    File(Mutex<File>),
    Memory(Cow<'static, [u8]>),
}

impl Source {
    /// Opens a file. Folders, pipes and devices are refused: their length is not known.
    pub fn open(path: &Path) -> Result<Self, WeightError> {
        let name = path.display().to_string();
        let failed = |error| WeightError::Read {
            path: path.to_owned(),
            error,
        };
        // Asked before it is opened, since opening a pipe waits for its writer.
        let about = std::fs::metadata(path).map_err(failed)?;
        if !about.is_file() {
            let found = match about.is_dir() {
                true => "a folder (name the file in it)",
                false => "something that is no regular file",
            };
            return Err(WeightError::Kind {
                name,
                found: found.to_owned(),
            });
        }
        let file = File::open(path).map_err(failed)?;
        let len = file.metadata().map_err(failed)?.len();
        let bytes = Bytes::File(Mutex::new(file));
        Ok(Self { name, len, bytes })
    }

    /// Bytes in memory; `name` is what messages call them.
    pub fn memory(bytes: Cow<'static, [u8]>, name: &str) -> Self {
        Self {
            name: name.to_owned(),
            len: bytes.len() as u64,
            bytes: Bytes::Memory(bytes),
        }
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// Length in bytes.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// The error that says what is wrong with this file.
    pub fn bad(&self, reason: impl Into<String>) -> WeightError {
        WeightError::Format {
            name: self.name.clone(),
            reason: reason.into(),
        }
    }

    /// Fills `buffer` from `start` on.
    pub fn fill(&self, start: u64, buffer: &mut [u8]) -> Result<(), WeightError> {
        self.check(start, buffer.len() as u64)?;
        match &self.bytes {
            Bytes::Memory(bytes) => {
                let start = start as usize;
                buffer.copy_from_slice(&bytes[start..start + buffer.len()]);
                Ok(())
            }
            Bytes::File(file) => {
                let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
                file.seek(SeekFrom::Start(start))
                    .and_then(|_| file.read_exact(buffer))
                    .map_err(|error| WeightError::Read {
                        path: self.name.clone().into(),
                        error,
                    })
            }
        }
    }

    /// The bytes of a range. Its length is checked against the file's before memory is taken.
    pub fn range(&self, start: u64, len: u64) -> Result<Vec<u8>, WeightError> {
        self.check(start, len)?;
        let mut bytes = vec![0; len as usize];
        self.fill(start, &mut bytes)?;
        Ok(bytes)
    }

    /// An error unless the file has so many bytes from `start` on.
    fn check(&self, start: u64, len: u64) -> Result<(), WeightError> {
        match start.checked_add(len).is_some_and(|end| end <= self.len) {
            true => Ok(()),
            false => Err(self.bad(format!(
                "it ends at byte {}, but {len} bytes are needed from byte {start} on (an incomplete download?)",
                self.len
            ))),
        }
    }

    /// Hands the bytes of a range to `take`, in order, a piece at a time. Every piece but the last
    /// is a multiple of `unit` bytes long.
    pub fn pieces(
        &self,
        start: u64,
        len: u64,
        unit: usize,
        mut take: impl FnMut(&[u8]),
    ) -> Result<(), WeightError> {
        let size = (CHUNK / unit * unit) as u64;
        let mut buffer = vec![0; size.min(len) as usize];
        let mut done = 0;
        while done < len {
            let piece = &mut buffer[..size.min(len - done) as usize];
            self.fill(start + done, piece)?;
            take(piece);
            done += piece.len() as u64;
        }
        Ok(())
    }

    /// SHA-256 of all bytes, in hexadecimal digits.
    pub fn sha256(&self) -> Result<String, WeightError> {
        let mut hash = Sha256::new();
        self.pieces(0, self.len, 1, |piece| hash.update(piece))?;
        let digits = hash.finalize();
        Ok(digits.iter().map(|byte| format!("{byte:02x}")).collect())
    }
}
