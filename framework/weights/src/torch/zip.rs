//! Reads PyTorch's zip files and TorchScript archives, whose entries are stored as they are.
//!
//! Only the directory of the archive is read here: where an entry's bytes lie. What no PyTorch
//! version writes is refused: compression, encryption, entries that overlap, two entries of one
//! name, names that lead elsewhere.

use std::collections::HashMap;
use std::io::{Error, Read, Seek, SeekFrom};

use ::zip::{CompressionMethod, ZipArchive};

use super::{pickle, tensors};
use crate::WeightError;
use crate::contents::Contents;
use crate::kind::Container;
use crate::shown::shown;
use crate::source::Source;

/// Most bytes that are read for the directory. That of a model with 600 tensors has fifty
/// thousand; one entry takes a few hundred bytes of memory.
const LONGEST_DIRECTORY: u64 = 16 << 20;

/// An entry of the archive.
#[derive(Debug, Clone)]
struct Entry {
    /// Where its content begins in the file.
    start: u64,
    /// Length of its content in bytes.
    len: u64,
    /// Why it cannot be read.
    refused: Option<&'static str>,
}

/// Reads the archive's directory and pickle.
pub(crate) fn open(source: &Source) -> Result<Contents, WeightError> {
    let archive = Archive::open(source)?;
    if let Some(order) = archive.small("byteorder")?
        && order != b"little"
    {
        return Err(source
            .bad("it was written on a big-endian machine; load and save it again on another one"));
    }
    let Some((start, len)) = archive
        .place("data.pkl")
        .map_err(|reason| source.bad(reason))?
    else {
        return Err(source.bad("the zip archive has no `data.pkl`, so PyTorch did not write it"));
    };
    let pickle = pickle::read(source, start, start + len)?;
    let found = tensors::find(source, &pickle.values, pickle.root, &|storage| {
        let (start, len) = archive
            .place(&format!("data/{}", storage.key))?
            .ok_or_else(|| {
                let key = shown(storage.key);
                format!("its values, `data/{key}`, are not in the archive")
            })?;
        let needed = storage.elements * (storage.dtype.bitsize() / 8) as u64;
        match needed <= len {
            true => Ok(start),
            false => Err(format!(
                "its storage should have {needed} bytes and has {len}"
            )),
        }
    })?;
    // TorchScript keeps code beside the values.
    let script = archive.entries.contains_key(&archive.full("constants.pkl"));
    Ok(Contents {
        container: match script {
            true => Container::TorchScript,
            false => Container::TorchZip,
        },
        tensors: found.tensors,
        metadata: found.metadata,
        beside: found.beside,
    })
}

/// The directory of an archive.
struct Archive<'a> {
    source: &'a Source,
    entries: HashMap<String, Entry>,
    /// The folder that everything in the archive is in.
    folder: String,
}

impl<'a> Archive<'a> {
    fn open(source: &'a Source) -> Result<Self, WeightError> {
        let bad = |reason: String| source.bad(format!("as a zip archive: {reason}"));
        let broken =
            |error: ::zip::result::ZipError| bad(format!("{error} (an incomplete download?)"));
        let mut archive = ZipArchive::new(Reader::new(source)).map_err(broken)?;
        if archive.has_duplicate_names() {
            return Err(bad("two entries have one name".to_owned()));
        }
        let mut entries = HashMap::new();
        let mut places = Vec::new();
        for index in 0..archive.len() {
            let entry = archive.by_index_raw(index).map_err(broken)?;
            let name = entry.name().map_err(broken)?.into_owned();
            let shown = shown(&name);
            if name.starts_with('/')
                || name.contains(['\\', '\0'])
                || name.split('/').any(|part| part == "..")
            {
                return Err(bad(format!(
                    "an entry is called `{shown}`, which leads out of the archive"
                )));
            }
            let (start, len) = (entry.data_start(), entry.compressed_size());
            let end = start.and_then(|start| start.checked_add(len));
            let (Some(start), Some(end)) = (start, end.filter(|end| *end <= source.len())) else {
                return Err(bad(format!("entry `{shown}` does not end inside the file")));
            };
            places.push((entry.header_start(), end, index));
            let stored = entry.compression() == CompressionMethod::Stored && entry.size() == len;
            let refused = match (entry.encrypted(), stored) {
                (true, _) => Some("is encrypted"),
                (_, false) => Some("is compressed, which PyTorch never does"),
                _ => None,
            };
            entries.insert(
                name,
                Entry {
                    start,
                    len,
                    refused,
                },
            );
        }
        places.sort_unstable();
        if places.windows(2).any(|pair| pair[0].1 > pair[1].0) {
            return Err(bad("entries overlap".to_owned()));
        }
        let mut folders = entries
            .keys()
            .filter_map(|name| name.strip_suffix("/data.pkl"))
            .filter(|folder| !folder.contains('/'));
        let folder = folders.next().unwrap_or_default().to_owned();
        if folders.next().is_some() {
            return Err(bad("it holds more than one `data.pkl`".to_owned()));
        }
        Ok(Self {
            source,
            entries,
            folder,
        })
    }

    fn full(&self, name: &str) -> String {
        format!("{}/{name}", self.folder)
    }

    /// Where an entry's content begins in the file, and its length; the reason why it cannot be
    /// read.
    fn place(&self, name: &str) -> Result<Option<(u64, u64)>, String> {
        let name = self.full(name);
        let Some(entry) = self.entries.get(&name) else {
            return Ok(None);
        };
        match entry.refused {
            Some(reason) => Err(format!("entry `{}` {reason}", shown(&name))),
            None => Ok(Some((entry.start, entry.len))),
        }
    }

    /// The content of an entry of a few bytes.
    fn small(&self, name: &str) -> Result<Option<Vec<u8>>, WeightError> {
        let place = self.place(name).map_err(|reason| self.source.bad(reason))?;
        match place {
            Some((start, len)) => Ok(Some(self.source.range(start, len.min(64))?)),
            None => Ok(None),
        }
    }
}

/// The bytes of the file as the `zip` crate wants them, up to a number that bounds how long a
/// directory it reads.
struct Reader<'a> {
    source: &'a Source,
    position: u64,
    left: u64,
}

impl<'a> Reader<'a> {
    fn new(source: &'a Source) -> Self {
        Self {
            source,
            position: 0,
            left: LONGEST_DIRECTORY,
        }
    }
}

impl Read for Reader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let rest = self.source.len().saturating_sub(self.position);
        let len = (buffer.len() as u64).min(rest);
        self.left = self.left.checked_sub(len).ok_or_else(|| {
            Error::other(format!(
                "its directory is longer than {LONGEST_DIRECTORY} bytes"
            ))
        })?;
        let buffer = &mut buffer[..len as usize];
        let filled = self.source.fill(self.position, buffer);
        filled.map_err(Error::other)?;
        self.position += len;
        Ok(len as usize)
    }
}

impl Seek for Reader<'_> {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        let position = match to {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::End(by) => self.source.len().checked_add_signed(by),
            SeekFrom::Current(by) => self.position.checked_add_signed(by),
        };
        self.position = position.ok_or(std::io::ErrorKind::InvalidInput)?;
        Ok(self.position)
    }
}
