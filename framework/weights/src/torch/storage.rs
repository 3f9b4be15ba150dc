//! How pickles name the storages that tensors lie in.

use ::safetensors::Dtype;

use super::values::{Id, Value, Values};

/// Longest name of a storage in bytes: they are numbers, so that many tensors can look them up.
const LONGEST_KEY: usize = 64;

/// A tensor's storage as the pickle names it.
#[derive(Debug)]
pub(super) struct StorageRef<'a> {
    pub key: &'a str,
    pub dtype: Dtype,
    /// How many elements the pickle says it has.
    pub elements: u64,
}

impl<'a> StorageRef<'a> {
    /// What a persistent id says: `("storage", class, key, device, elements)`, in old files with a
    /// sixth part that says whether it is part of another storage. `None` when its elements are of
    /// a type that no parameter has.
    pub fn of(values: &'a Values, id: Id) -> Result<Option<Self>, String> {
        let wrong = || "it refers to a storage in an unknown way".to_owned();
        let [kind, class, key, _device, elements, rest @ ..] =
            values.sequence(id).ok_or_else(wrong)?
        else {
            return Err(wrong());
        };
        let named = values.text(*kind) == Some("storage");
        let (Some((_, class)), Some(key), true) = (values.global(*class), values.text(*key), named)
        else {
            return Err(wrong());
        };
        if key.len() > LONGEST_KEY {
            return Err(format!("its storage has a name of {} bytes", key.len()));
        }
        if rest
            .iter()
            .any(|part| !matches!(values.get(*part), Value::None))
        {
            return Err("its storage is part of another one, as only early versions of PyTorch wrote it; load and save the file again".to_owned());
        }
        let elements = values
            .int(*elements)
            .and_then(|count| u64::try_from(count).ok());
        let elements = elements.ok_or_else(|| "its storage has a negative size".to_owned())?;
        let dtype = match class.strip_suffix("Storage") {
            Some("Untyped") => Some(Dtype::U8),
            Some(class) => dtype_of(class),
            None => None,
        };
        let Some(dtype) = dtype else { return Ok(None) };
        let bytes = elements.checked_mul((dtype.bitsize() / 8) as u64);
        bytes.ok_or_else(|| "the size of its storage overflows".to_owned())?;
        Ok(Some(Self {
            key,
            dtype,
            elements,
        }))
    }
}

/// The element type by the names that PyTorch gives it: of the storage's class, or of the dtype.
pub(super) fn dtype_of(name: &str) -> Option<Dtype> {
    Some(match name {
        "Double" | "float64" => Dtype::F64,
        "Float" | "float32" => Dtype::F32,
        "Half" | "float16" => Dtype::F16,
        "BFloat16" | "bfloat16" => Dtype::BF16,
        "Long" | "int64" => Dtype::I64,
        "Int" | "int32" => Dtype::I32,
        "Short" | "int16" => Dtype::I16,
        "Char" | "int8" => Dtype::I8,
        "Byte" | "uint8" => Dtype::U8,
        "Bool" | "bool" => Dtype::BOOL,
        "uint16" => Dtype::U16,
        "uint32" => Dtype::U32,
        "uint64" => Dtype::U64,
        "float8_e4m3fn" => Dtype::F8_E4M3,
        "float8_e5m2" => Dtype::F8_E5M2,
        _ => return None,
    })
}
