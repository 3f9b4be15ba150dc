//! The log of a folder of prepared clips: a CSV file, a line for each clip.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::clip::Record;
use super::error::VideoError;

/// The log while clips are being prepared: lines are added as clips end.
pub(super) struct Log {
    path: PathBuf,
    file: Mutex<File>,
}

/// The lines of a log in their order; none where there is no log. A line that cannot be read, as
/// after a power failure, is passed over: its clip is prepared again.
pub(super) fn read(path: &Path) -> Vec<Record> {
    let reader = csv::Reader::from_path(path).into_iter();
    let lines = reader.flat_map(csv::Reader::into_deserialize);
    lines.filter_map(Result::ok).collect()
}

impl Log {
    /// Writes the log anew with these lines, and keeps it open.
    pub(super) fn create(path: &Path, records: &[Record]) -> Result<Self, VideoError> {
        // Beside it and then in its place, so that no crash leaves half a log.
        let new = path.with_extension("new");
        let mut file = OpenOptions::new()
            .append(true)
            .create(true)
            .open(&new)
            .map_err(VideoError::io("write", &new))?;
        file.set_len(0).map_err(VideoError::io("write", &new))?;
        file.write_all(&lines(true, records))
            .map_err(VideoError::io("write", &new))?;
        fs::rename(&new, path).map_err(VideoError::io("write", path))?;
        Ok(Self {
            path: path.to_owned(),
            file: Mutex::new(file),
        })
    }

    /// Adds a line.
    pub(super) fn add(&self, record: &Record) -> Result<(), VideoError> {
        let line = lines(false, std::slice::from_ref(record));
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.write_all(&line)
            .map_err(VideoError::io("write", &self.path))
    }
}

fn lines(header: bool, records: &[Record]) -> Vec<u8> {
    let mut writer = csv::WriterBuilder::new()
        .has_headers(false)
        .from_writer(Vec::new());
    let names = [
        "clip", "result", "frames", "faces", "left", "top", "side", "message",
    ];
    // Writing to memory does not fail, and a record is a plain row.
    if header {
        let _ = writer.write_record(names);
    }
    for record in records {
        let _ = writer.serialize(record);
    }
    writer.into_inner().unwrap_or_default()
}
