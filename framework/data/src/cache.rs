//! Decoded frames in a file, so that the next epoch need not decode them again.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::decode::Frame;
use crate::error::DataError;

/// A file of decoded frames, bounded in size, that lives as long as this value: it has no name on
/// disk, so even a run that is killed leaves nothing behind, and no frame can be out of date.
///
/// Frames are kept as they come until the file is full; none gives way to another, since every frame
/// is as likely to be asked for again. What is read is what decoding gave, byte for byte.
#[derive(Debug)]
pub struct FrameCache {
    limit: u64,
    kept: Mutex<Kept>,
}

#[derive(Debug)]
struct Kept {
    file: File,
    end: u64,
    places: HashMap<PathBuf, Place>,
}

#[derive(Debug, Clone, Copy)]
struct Place {
    start: u64,
    width: usize,
    height: usize,
}

impl FrameCache {
    /// An empty cache of at most `limit` bytes in a folder, which is made where it is missing.
    ///
    /// A folder that cannot be written to is an error.
    pub fn new(folder: &Path, limit: u64) -> Result<Self, DataError> {
        let file = fs::create_dir_all(folder)
            .and_then(|()| tempfile::tempfile_in(folder))
            .map_err(|source| DataError::Cache {
                folder: folder.to_owned(),
                source,
            })?;
        let kept = Kept {
            file,
            end: 0,
            places: HashMap::new(),
        };
        Ok(Self {
            limit,
            kept: Mutex::new(kept),
        })
    }

    /// Bytes in the file.
    pub fn size(&self) -> u64 {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).end
    }

    /// Reads a frame into `frame` if it is kept; says whether it was.
    pub(crate) fn get(&self, path: &Path, frame: &mut Frame) -> bool {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(&Place {
            start,
            width,
            height,
        }) = kept.places.get(path)
        else {
            return false;
        };
        frame.rgb.resize(width * height * 3, 0);
        (frame.width, frame.height) = (width, height);
        // What the file does not give any more is decoded again.
        kept.read(start, &mut frame.rgb).is_ok()
    }

    /// Keeps a decoded frame if there is room.
    pub(crate) fn put(&self, path: &Path, frame: &Frame) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let (start, length) = (kept.end, frame.rgb.len() as u64);
        // Two workers may have decoded the same frame at the same time. A disk that is full before
        // the limit is met only means that less is kept.
        if kept.places.contains_key(path)
            || start + length > self.limit
            || kept.write(start, &frame.rgb).is_err()
        {
            return;
        }
        kept.end += length;
        let place = Place {
            start,
            width: frame.width,
            height: frame.height,
        };
        kept.places.insert(path.to_owned(), place);
    }
}

impl Kept {
    fn read(&mut self, start: u64, out: &mut [u8]) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(start))?;
        self.file.read_exact(out)
    }

    fn write(&mut self, start: u64, values: &[u8]) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(start))?;
        self.file.write_all(values)
    }
}
