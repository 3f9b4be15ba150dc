//! Finds the tensors among the values of a pickle.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::storage::{StorageRef, dtype_of};
use super::values::{Id, Value, Values};
use crate::WeightError;
use crate::shown::shown;
use crate::source::Source;
use crate::stored::{Storage, Stored, wrong_name};

/// Keys under which checkpoints keep the state dict among other things.
const NESTED: [&str; 3] = ["state_dict", "model_state_dict", "model"];

/// How deep state dicts and modules are followed.
const DEEPEST: usize = 32;

/// Most tensors and modules of a file. ViT-L/14 has 590 tensors.
const MOST: usize = 1 << 17;

/// Where a storage begins in the file, or the reason why it is not there whole.
pub(super) type Locate<'a> = dyn Fn(&StorageRef<'_>) -> Result<u64, String> + 'a;

/// The tensors of a pickle, and what lies beside them.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub tensors: BTreeMap<String, Stored>,
    pub metadata: BTreeMap<String, String>,
    pub beside: Vec<String>,
}

/// Finds the tensors of a state dict, or of a TorchScript module.
pub(super) fn find(
    source: &Source,
    values: &Values,
    root: Id,
    locate: &Locate<'_>,
) -> Result<Found, WeightError> {
    let mut walk = Walk {
        source,
        values,
        locate,
        found: Found::default(),
        visited: 0,
    };
    let module = values
        .object(root)
        .is_some_and(|(_, module, _)| module.starts_with("__torch__"));
    match module {
        true => walk.module(root, "", 0)?,
        false => walk.checkpoint(root, 0)?,
    }
    if walk.found.tensors.is_empty() {
        let keys: Vec<String> = entries(values, root)
            .iter()
            .flatten()
            .filter_map(|(key, _)| values.text(*key).map(shown))
            .take(8)
            .collect();
        let keys = match keys.is_empty() {
            true => String::new(),
            false => format!(" with the keys {}", keys.join(", ")),
        };
        return Err(source.bad(format!(
            "expected a state dict (names and tensors, at the top or under `state_dict`, `model_state_dict` or `model`), found {}{keys}",
            values.kind(root)
        )));
    }
    Ok(walk.found)
}

struct Walk<'a> {
    source: &'a Source,
    values: &'a Values,
    locate: &'a Locate<'a>,
    found: Found,
    visited: usize,
}

impl Walk<'_> {
    /// A dictionary that is a state dict, or holds one.
    fn checkpoint(&mut self, id: Id, depth: usize) -> Result<(), WeightError> {
        let Some(entries) = entries(self.values, id) else {
            return Ok(());
        };
        self.room_for(entries.len())?;
        let named = |wanted: &str| {
            let entry = entries
                .iter()
                .find(|(key, _)| self.values.text(*key) == Some(wanted));
            entry
                .map(|entry| entry.1)
                .filter(|id| self::entries(self.values, *id).is_some())
        };
        let nested = NESTED.iter().find_map(|key| named(key));
        for (key, value) in entries {
            self.visit()?;
            if Some(value) == nested {
                continue;
            }
            let name: Cow<'_, str> = match self.values.get(key) {
                Value::Text(text) => Cow::Borrowed(text),
                Value::Int(number) => Cow::Owned(number.to_string()),
                _ => continue,
            };
            // Numbers beside a state dict, such as the epoch, say something of the file.
            if nested.is_none() && self.tensor(value, &name)? {
                continue;
            }
            let said = match self.values.get(value) {
                Value::Int(value) => Some(value.to_string()),
                Value::Float(value) => Some(value.to_string()),
                Value::Text(text) => Some(shown(text)),
                _ => None,
            };
            match said {
                Some(said) => {
                    self.found.metadata.insert(shown(&name), said);
                }
                None => {
                    let kind = self.values.kind(value);
                    self.found.beside.push(format!("{}: {kind}", shown(&name)));
                }
            }
        }
        match nested {
            Some(_) if depth >= DEEPEST => Err(self.too_deep()),
            Some(nested) => self.checkpoint(nested, depth + 1),
            None => Ok(()),
        }
    }

    /// A module of a TorchScript archive: its attributes are tensors, and modules inside it.
    fn module(&mut self, id: Id, prefix: &str, depth: usize) -> Result<(), WeightError> {
        if depth >= DEEPEST {
            return Err(self.too_deep());
        }
        let Some((object, ..)) = self.values.object(id) else {
            return Ok(());
        };
        let attributes = object.state.and_then(|state| entries(self.values, state));
        let attributes = attributes.unwrap_or_default();
        self.room_for(attributes.len())?;
        for (key, value) in attributes {
            self.visit()?;
            let Some(key) = self.values.text(key) else {
                continue;
            };
            let name = format!("{prefix}{key}");
            if let Some(reason) = wrong_name(&name) {
                return Err(self.source.bad(reason));
            }
            if !self.tensor(value, &name)? {
                self.module(value, &format!("{name}."), depth + 1)?;
            }
        }
        Ok(())
    }

    /// Takes the value up when it is a tensor; whether it is one.
    fn tensor(&mut self, id: Id, name: &str) -> Result<bool, WeightError> {
        let values = self.values;
        let Some((object, module, class)) = values.object(id) else {
            return Ok(false);
        };
        let arguments = values.sequence(object.arguments).unwrap_or_default();
        let (arguments, dtype) = match (module, class, arguments) {
            ("torch._utils", "_rebuild_parameter", [data, ..]) if *data != id => {
                // A parameter holds a tensor, never another parameter.
                match values.object(*data) {
                    Some((data, "torch._utils", "_rebuild_tensor_v2")) => {
                        (values.sequence(data.arguments).unwrap_or_default(), None)
                    }
                    _ => return Ok(false),
                }
            }
            ("torch._utils", "_rebuild_tensor" | "_rebuild_tensor_v2", _) => (arguments, None),
            ("torch._utils", "_rebuild_tensor_v3", [_, _, _, _, _, _, dtype, ..]) => {
                (arguments, Some(*dtype))
            }
            _ => return Ok(false),
        };
        let tensor = wrong_name(name).map_or_else(|| self.stored(arguments, dtype), Err);
        let shown = shown(name);
        let stored = match tensor {
            Ok(Some(stored)) => stored,
            Ok(None) => {
                self.found
                    .beside
                    .push(format!("{shown}: a tensor of another element type"));
                return Ok(true);
            }
            Err(reason) => return Err(self.source.bad(format!("tensor `{shown}`: {reason}"))),
        };
        match self.found.tensors.entry(name.to_owned()) {
            Entry::Vacant(entry) => entry.insert(stored),
            Entry::Occupied(_) => {
                return Err(self.source.bad(format!("two tensors are called `{shown}`")));
            }
        };
        Ok(true)
    }

    /// The tensor that `_rebuild_tensor_v2(storage, offset, sizes, strides, …)` describes; `None`
    /// when its elements are of a type that no parameter has, such as complex numbers.
    fn stored(&self, arguments: &[Id], dtype: Option<Id>) -> Result<Option<Stored>, String> {
        let [storage, offset, sizes, strides, ..] = arguments else {
            return Err(format!(
                "it is described by {} values, not 4",
                arguments.len()
            ));
        };
        let numbers = |id: Id| -> Option<Vec<i64>> {
            let ids = self.values.sequence(id)?;
            let ids = ids.iter().take(64);
            ids.map(|id| self.values.int(*id)).collect()
        };
        let described = (self.values.int(*offset), numbers(*sizes), numbers(*strides));
        let (Some(offset), Some(sizes), Some(strides)) = described else {
            return Err("its sizes, strides and offset are not all whole numbers".to_owned());
        };
        let Value::Persistent(reference) = self.values.get(*storage) else {
            return Err("it refers to no storage".to_owned());
        };
        let Some(mut storage) = StorageRef::of(self.values, *reference)? else {
            return Ok(None);
        };
        if let Some(dtype) = dtype {
            let Some(dtype) = self
                .values
                .global(dtype)
                .and_then(|(_, name)| dtype_of(name))
            else {
                return Ok(None);
            };
            let bytes = storage.elements * (storage.dtype.bitsize() / 8) as u64;
            storage.elements = bytes / (dtype.bitsize() / 8) as u64;
            storage.dtype = dtype;
        }
        let start = (self.locate)(&storage)?;
        let storage = Storage {
            dtype: storage.dtype,
            start,
            elements: storage.elements,
        };
        Stored::view(storage, offset, &sizes, &strides).map(Some)
    }

    fn visit(&mut self) -> Result<(), WeightError> {
        self.room_for(1)?;
        self.visited += 1;
        Ok(())
    }

    /// A module that holds itself would otherwise be held many times over before it is refused.
    fn room_for(&self, more: usize) -> Result<(), WeightError> {
        match self.visited + more > MOST {
            true => Err(self
                .source
                .bad(format!("it holds more than {MOST} tensors and modules"))),
            false => Ok(()),
        }
    }

    fn too_deep(&self) -> WeightError {
        self.source.bad(format!(
            "its dictionaries or modules are nested deeper than {DEEPEST}"
        ))
    }
}

/// The entries of a dictionary: a plain one, or an `OrderedDict` as any Python version pickles it.
fn entries(values: &Values, id: Id) -> Option<Vec<(Id, Id)>> {
    match values.get(id) {
        Value::Dict(entries) => Some(entries.clone()),
        Value::Object(object) => {
            let ("collections", "OrderedDict") = values.global(object.class)? else {
                return None;
            };
            // Python 2 hands the entries over as a list of pairs.
            let pairs = values.sequence(object.arguments)?.first();
            let pairs = pairs
                .and_then(|pairs| values.sequence(*pairs))
                .unwrap_or_default();
            let pairs = pairs
                .iter()
                .filter_map(|pair| match values.sequence(*pair)? {
                    [key, value] => Some((*key, *value)),
                    _ => None,
                });
            Some(pairs.chain(object.items.iter().copied()).collect())
        }
        _ => None,
    }
}
