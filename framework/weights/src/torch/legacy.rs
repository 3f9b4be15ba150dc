//! Reads PyTorch's format of before version 1.6: five pickles (a magic number, the version, the
//! machine, the objects, the keys of the storages), then each storage's length and values.

use std::collections::HashMap;

use super::pickle::{self, Pickle};
use super::storage::StorageRef;
use super::tensors;
use super::values::Value;
use crate::WeightError;
use crate::contents::Contents;
use crate::kind::Container;
use crate::shown::shown;
use crate::source::Source;

/// The number that PyTorch begins its files with, 0x1950a86a20f9469cfc6c, the lowest byte first.
const MAGIC: [u8; 10] = [0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];

/// The only version of the format.
const VERSION: i64 = 1001;

/// Bytes in which the pickle of the magic number ends.
const MAGIC_END: u64 = 64;

/// Whether the file begins with the pickle of the magic number.
pub(crate) fn has_magic(source: &Source) -> bool {
    let pickle = pickle::read(source, 0, source.len().min(MAGIC_END));
    pickle.is_ok_and(|pickle| match pickle.values.get(pickle.root) {
        Value::Long(bytes) => **bytes == MAGIC,
        _ => false,
    })
}

/// Reads the pickles, and where the storages lie.
pub(crate) fn open(source: &Source) -> Result<Contents, WeightError> {
    let next = |after: &Pickle| pickle::read(source, after.end, source.len());
    let magic = pickle::read(source, 0, source.len())?;
    let version = next(&magic)?;
    if version.values.int(version.root) != Some(VERSION) {
        return Err(source.bad(format!(
            "expected version {VERSION} of PyTorch's old format, found {}",
            match version.values.int(version.root) {
                Some(found) => found.to_string(),
                None => version.values.kind(version.root),
            }
        )));
    }
    let machine = next(&version)?;
    if let Value::Dict(entries) = machine.values.get(machine.root) {
        let little = |(key, value): &(_, _)| {
            machine.values.text(*key) == Some("little_endian")
                && matches!(machine.values.get(*value), Value::Bool(false))
        };
        if entries.iter().any(little) {
            return Err(source.bad(
                "it was written on a big-endian machine; load and save it again on another one",
            ));
        }
    }
    let objects = next(&machine)?;
    let keys = next(&objects)?;
    let storages = storages(source, &objects, &keys)?;
    let found = tensors::find(source, &objects.values, objects.root, &|storage| {
        let place = storages.get(storage.key);
        let key = shown(storage.key);
        let (start, elements) =
            place.ok_or_else(|| format!("its values, storage `{key}`, are not in the file"))?;
        match storage.elements <= *elements {
            true => Ok(*start),
            false => Err(format!(
                "its storage should have {} elements and has {elements}",
                storage.elements
            )),
        }
    })?;
    Ok(Contents {
        container: Container::TorchLegacy,
        tensors: found.tensors,
        metadata: found.metadata,
        beside: found.beside,
    })
}

/// Where each storage's values begin, and how many they are.
fn storages(
    source: &Source,
    objects: &Pickle,
    keys: &Pickle,
) -> Result<HashMap<String, (u64, u64)>, WeightError> {
    let mut widths = HashMap::new();
    for value in objects.values.iter() {
        if let Value::Persistent(id) = value {
            let storage = StorageRef::of(&objects.values, *id);
            if let Some(storage) = storage.map_err(|reason| source.bad(reason))? {
                widths.insert(storage.key, (storage.dtype.bitsize() / 8) as u64);
            }
        }
    }
    let list = keys.values.sequence(keys.root);
    let list = list.ok_or_else(|| source.bad("the list of its storages is missing"))?;
    let mut storages = HashMap::new();
    let mut at = keys.end;
    for key in list {
        let key = keys
            .values
            .text(*key)
            .and_then(|key| Some((key, *widths.get(key)?)));
        let Some((key, width)) = key else {
            return Err(source
                .bad("it lists a storage that nothing refers to, or of an unknown element type"));
        };
        let mut elements = [0; 8];
        source.fill(at, &mut elements)?;
        let elements = u64::from_le_bytes(elements);
        let start = at + 8;
        let end = elements
            .checked_mul(width)
            .and_then(|bytes| start.checked_add(bytes));
        at = end.filter(|end| *end <= source.len()).ok_or_else(|| {
            source.bad(format!(
                "storage `{}` should have {elements} elements of {width} bytes, but the file ends before (an incomplete download?)",
                shown(key)
            ))
        })?;
        if storages.insert(key.to_owned(), (start, elements)).is_some() {
            return Err(source.bad(format!("two storages are called `{}`", shown(key))));
        }
    }
    Ok(storages)
}
