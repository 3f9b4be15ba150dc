//! From a tree to a type, with serde.

use serde::de::value::StrDeserializer;
use serde::de::{
    self, DeserializeOwned, DeserializeSeed, Deserializer, IntoDeserializer, Unexpected, Visitor,
};
use serde::forward_to_deserialize_any;

use super::decode_error::Error;
use super::{Diagnostic, Entry, Mark, Node, Value};

/// The value of type `T` that `node` holds.
///
/// An error points at the innermost place that caused it: a value of the wrong type or out of range
/// at that value, also if the rule is the type's own (`D::Error::custom`); an unknown key at the
/// key; a missing key at the map that lacks it. A whole number is taken where a fraction is wanted,
/// but not the other way round. Enums are externally tagged: text for a variant without settings, a
/// map of one entry for others.
///
/// With `#[serde(flatten)]` or an untagged enum, serde keeps the values aside and loses their
/// places; errors then point at the map around them.
pub fn decode<T: DeserializeOwned>(node: &Node) -> Result<T, Diagnostic> {
    T::deserialize(node).map_err(|error| error.or_at(&node.mark).0)
}

impl Error {
    fn or_at(self, mark: &Mark) -> Self {
        Self(self.0.or_at(mark))
    }
}

impl<'de> Deserializer<'de> for &'de Node {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match &self.value {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(*value),
            // serde's own visitors take both kinds; others often know only the unsigned one.
            Value::Int(value) => match u64::try_from(*value) {
                Ok(value) => visitor.visit_u64(value),
                Err(_) => visitor.visit_i64(*value),
            },
            Value::Float(value) => visitor.visit_f64(*value),
            Value::Text(value) => visitor.visit_borrowed_str(value),
            Value::List(items) => visitor.visit_seq(List { items }),
            Value::Map(entries) => visitor.visit_map(Map {
                entries,
                value: None,
            }),
        }
        .map_err(|error| error.or_at(&self.mark))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match &self.value {
            Value::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
        .map_err(|error| error.or_at(&self.mark))
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor
            .visit_newtype_struct(self)
            .map_err(|error| error.or_at(&self.mark))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let variant = match self.tag() {
            Some((name, mark, settings)) => Variant {
                name,
                mark,
                settings,
            },
            None => return Err(Error::no_tag(self, variants)),
        };
        visitor
            .visit_enum(variant)
            .map_err(|error| error.or_at(&self.mark))
    }

    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.items() {
            // A longer list would otherwise lose its end without a word.
            Some(items) if items.len() != length => {
                Err(Error::length(length, items.len()).or_at(&self.mark))
            }
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_tuple(length, visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.value {
            // serde's derived types would take the items for their fields, in order.
            Value::List(_) => {
                let error: Error = de::Error::invalid_type(Unexpected::Seq, &visitor);
                Err(error.or_at(&self.mark))
            }
            _ => self.deserialize_any(visitor),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct seq map identifier ignored_any
    }
}

struct List<'de> {
    items: &'de [Node],
}

impl<'de> de::SeqAccess<'de> for List<'de> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Error> {
        let Some((node, rest)) = self.items.split_first() else {
            return Ok(None);
        };
        self.items = rest;
        value(node, seed).map(Some)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.items.len())
    }
}

struct Map<'de> {
    entries: &'de [Entry],
    value: Option<&'de Node>,
}

impl<'de> de::MapAccess<'de> for Map<'de> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Error> {
        let Some((entry, rest)) = self.entries.split_first() else {
            return Ok(None);
        };
        self.entries = rest;
        self.value = Some(&entry.node);
        name(&entry.key, &entry.key_mark, seed).map(Some)
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Error> {
        match self.value.take() {
            Some(node) => value(node, seed),
            None => Err(de::Error::custom("a value was asked for before its key")),
        }
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.entries.len())
    }
}

/// Decodes a value. A type may refuse it after our `Deserializer` returned (a range check), so the
/// place is added here again.
fn value<'de, T: DeserializeSeed<'de>>(node: &'de Node, seed: T) -> Result<T::Value, Error> {
    seed.deserialize(node)
        .map_err(|error| error.or_at(&node.mark))
}

/// Decodes a key or the name of a variant.
fn name<'de, T: DeserializeSeed<'de>>(
    text: &'de str,
    mark: &Mark,
    seed: T,
) -> Result<T::Value, Error> {
    let deserializer: StrDeserializer<'de, Error> = text.into_deserializer();
    seed.deserialize(deserializer)
        .map_err(|error| error.or_at(mark))
}

/// An externally tagged enum's variant: `mean` or `transformer: {depth: 2}`.
struct Variant<'de> {
    name: &'de str,
    mark: &'de Mark,
    settings: Option<&'de Node>,
}

impl<'de> Variant<'de> {
    fn settings(&self) -> Result<&'de Node, Error> {
        self.settings
            .ok_or_else(|| Error::no_settings(self.name).or_at(self.mark))
    }
}

impl<'de> de::EnumAccess<'de> for Variant<'de> {
    type Error = Error;
    type Variant = Self;

    fn variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<(T::Value, Self), Error> {
        Ok((name(self.name, self.mark, seed)?, self))
    }
}

impl<'de> de::VariantAccess<'de> for Variant<'de> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        match self.settings {
            None => Ok(()),
            Some(node) if node.entries().is_some_and(<[Entry]>::is_empty) => Ok(()),
            Some(node) => Err(Error::takes_no_settings(self.name).or_at(&node.mark)),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Error> {
        value(self.settings()?, seed)
    }

    fn tuple_variant<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, Error> {
        self.settings()?.deserialize_tuple(length, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.settings()?.deserialize_struct("", fields, visitor)
    }
}
