//! Reads PyTorch's zip files and TorchScript archives, whose entries are stored as they are.
//!
//! Only the directory of the archive is read here: where an entry's bytes lie. The reader is
//! strict on purpose. What no PyTorch version writes is refused: compression, encryption, entries
//! that overlap, two entries of one name, names that lead elsewhere.
//! Layout of the records: PKWARE, APPNOTE.TXT 6.3.10, sections 4.3.7 to 4.5.3.

use std::collections::HashMap;

use super::{pickle, tensors};
use crate::WeightError;
use crate::contents::Contents;
use crate::kind::Container;
use crate::source::Source;

/// Longest directory in bytes. That of a model with 600 tensors has fifty thousand.
const LONGEST_DIRECTORY: u64 = 16 << 20;

/// Lengths of the records without their names and comments.
const END: u64 = 22;
const LOCATOR: u64 = 20;
const END_64: u64 = 56;
const ENTRY: usize = 46;
const HEADER: u64 = 30;

/// An entry of the archive.
#[derive(Debug, Clone)]
struct Entry {
    /// Where its header begins in the file.
    header: u64,
    /// Length in bytes; that in the file and that of its content are the same.
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
    let Some((start, len)) = archive.place("data.pkl")? else {
        return Err(source.bad("the zip archive has no `data.pkl`, so PyTorch did not write it"));
    };
    let pickle = pickle::read(source, start, start + len)?;
    let found = tensors::find(source, &pickle.values, pickle.root, &|storage| {
        let place = archive.place(&format!("data/{}", storage.key));
        let place = place.map_err(|error| error.to_string())?;
        let (start, len) = place.ok_or_else(|| {
            format!(
                "its values, `data/{}`, are not in the archive",
                storage.key.escape_debug()
            )
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
        let (start, len, count) = directory(source)?;
        if len > LONGEST_DIRECTORY {
            return Err(bad(format!(
                "its directory is said to have {len} bytes; at most {LONGEST_DIRECTORY} are read"
            )));
        }
        let bytes = source.range(start, len)?;
        let mut rest = bytes.as_slice();
        let mut entries = HashMap::new();
        while !rest.is_empty() {
            let broken = || bad("its directory is damaged".to_owned());
            let (name, entry, next) = entry(rest).ok_or_else(broken)?;
            rest = next;
            let shown: String = name.chars().take(100).collect();
            let shown = shown.escape_debug();
            if name.starts_with('/')
                || name.contains(['\\', '\0'])
                || name.split('/').any(|part| part == "..")
            {
                return Err(bad(format!(
                    "an entry is called `{shown}`, which leads out of the archive"
                )));
            }
            if entries.contains_key(&name) {
                return Err(bad(format!("two entries are called `{shown}`")));
            }
            entries.insert(name, entry);
        }
        if entries.len() as u64 != count {
            return Err(bad(format!(
                "its directory lists {} entries; it should be {count}",
                entries.len()
            )));
        }
        // Each entry must end before the next begins, the last one before the directory.
        let mut places: Vec<_> = entries
            .iter()
            .map(|(name, e)| (e.header, e.len, name))
            .collect();
        places.sort_unstable();
        let next = places.iter().skip(1).map(|place| place.0).chain([start]);
        for ((header, len, name), next) in places.iter().zip(next) {
            let least = HEADER + name.len() as u64;
            let end = header
                .checked_add(least)
                .and_then(|end| end.checked_add(*len));
            if end.is_none_or(|end| end > next) {
                let name: String = name.chars().take(100).collect();
                let name = name.escape_debug();
                return Err(bad(format!("entry `{name}` overlaps what comes after it")));
            }
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

    /// Where an entry's content begins in the file, and its length.
    fn place(&self, name: &str) -> Result<Option<(u64, u64)>, WeightError> {
        let name = self.full(name);
        let Some(entry) = self.entries.get(&name) else {
            return Ok(None);
        };
        let shown = name.escape_debug();
        let bad = |reason: &str| self.source.bad(format!("entry `{shown}` {reason}"));
        if let Some(reason) = entry.refused {
            return Err(bad(reason));
        }
        let header = self.source.range(entry.header, HEADER)?;
        let (name_len, extra) = (u64::from(short(&header, 26)), u64::from(short(&header, 28)));
        let start = entry.header + HEADER + name_len + extra;
        let named = self.source.range(entry.header + HEADER, name_len)?;
        if !header.starts_with(b"PK\x03\x04") || named != name.as_bytes() {
            return Err(bad("is not where the archive's directory says"));
        }
        match start
            .checked_add(entry.len)
            .is_some_and(|end| end <= self.source.len())
        {
            true => Ok(Some((start, entry.len))),
            false => Err(bad("does not end inside the file")),
        }
    }

    /// The content of an entry of a few bytes.
    fn small(&self, name: &str) -> Result<Option<Vec<u8>>, WeightError> {
        match self.place(name)? {
            Some((start, len)) => Ok(Some(self.source.range(start, len.min(64))?)),
            None => Ok(None),
        }
    }
}

/// Where the directory begins, its length in bytes, and how many entries it has.
fn directory(source: &Source) -> Result<(u64, u64, u64), WeightError> {
    let bad = |reason: &str| source.bad(format!("as a zip archive: {reason}"));
    let cut = || bad("it does not end with its directory (an incomplete download?)");
    let at = source.len().checked_sub(END).ok_or_else(cut)?;
    let end = source.range(at, END)?;
    if !end.starts_with(b"PK\x05\x06") || short(&end, 20) != 0 {
        return Err(cut());
    }
    let count = u64::from(short(&end, 10));
    let (len, start) = (u64::from(word(&end, 12)), u64::from(word(&end, 16)));
    let large =
        count == u64::from(u16::MAX) || len == u64::from(u32::MAX) || start == u64::from(u32::MAX);
    let (start, len, count, end) = match large {
        false => (start, len, count, at),
        true => {
            let damaged = || bad("the record of its size is damaged");
            let at = at.checked_sub(LOCATOR).ok_or_else(damaged)?;
            let locator = source.range(at, LOCATOR)?;
            let at = long(&locator, 8);
            if !locator.starts_with(b"PK\x06\x07") || at > source.len() {
                return Err(damaged());
            }
            let end = source.range(at, END_64)?;
            if !end.starts_with(b"PK\x06\x06") {
                return Err(damaged());
            }
            (long(&end, 48), long(&end, 40), long(&end, 32), at)
        }
    };
    match start.checked_add(len).is_some_and(|after| after <= end) {
        true => Ok((start, len, count)),
        false => Err(bad("its directory lies outside it")),
    }
}

/// The first entry of a directory, and the bytes after it.
fn entry(bytes: &[u8]) -> Option<(String, Entry, &[u8])> {
    let (fixed, rest) = bytes.split_at_checked(ENTRY)?;
    if !fixed.starts_with(b"PK\x01\x02") {
        return None;
    }
    let (name, rest) = rest.split_at_checked(short(fixed, 28).into())?;
    let (mut extra, rest) = rest.split_at_checked(short(fixed, 30).into())?;
    let (_, rest) = rest.split_at_checked(short(fixed, 32).into())?;
    let name = String::from_utf8(name.to_vec()).ok()?;
    // Content, in the file, header: each moves into an extra field when it needs 64 bits.
    let mut places = [24, 20, 42].map(|at| u64::from(word(fixed, at)));
    while let Some((head, rest)) = extra.split_at_checked(4) {
        let (mut field, rest) = rest.split_at_checked(short(head, 2).into())?;
        extra = rest;
        if short(head, 0) != 1 {
            continue;
        }
        for place in places
            .iter_mut()
            .filter(|place| **place == u64::from(u32::MAX))
        {
            let (value, rest) = field.split_first_chunk::<8>()?;
            *place = u64::from_le_bytes(*value);
            field = rest;
        }
    }
    let [len, stored, header] = places;
    let refused = match (short(fixed, 8) & 1, short(fixed, 10)) {
        (1, _) => Some("is encrypted"),
        (_, 0) if len == stored => None,
        _ => Some(
            "is compressed, which PyTorch never does; unpack and load the file with PyTorch and save it again",
        ),
    };
    let entry = Entry {
        header,
        len: stored,
        refused,
    };
    Some((name, entry, rest))
}

// Numbers in a record, the lowest byte first; callers hand over whole records.
fn short(record: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([record[at], record[at + 1]])
}

fn word(record: &[u8], at: usize) -> u32 {
    u32::from(short(record, at)) | u32::from(short(record, at + 2)) << 16
}

fn long(record: &[u8], at: usize) -> u64 {
    u64::from(word(record, at)) | u64::from(word(record, at + 4)) << 32
}
