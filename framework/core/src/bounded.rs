//! Numbers that a plugin's settings hold, with the range as a part of the type.
//!
//! A value out of range is refused where it is decoded, so the error points at it, and the range
//! stands in the JSON schema. In code they are made with `new`, or with `literal` where the number
//! is written there and then.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserialize, Deserializer, Unexpected, Visitor};
use serde::{Serialize, Serializer};

/// A whole number from `MIN` to `MAX`, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Within<const MIN: usize, const MAX: usize>(usize);

impl<const MIN: usize, const MAX: usize> Within<MIN, MAX> {
    /// `value`, or `None` where it is out of range.
    pub const fn new(value: usize) -> Option<Self> {
        if MIN <= value && value <= MAX {
            Some(Self(value))
        } else {
            None
        }
    }

    /// A number that is written in the code, such as a default. Out of range it is a mistake in the
    /// code: it does not compile in a `const`, and panics elsewhere.
    #[track_caller]
    pub const fn literal(value: usize) -> Self {
        assert!(MIN <= value && value <= MAX, "this literal is out of range");
        Self(value)
    }

    /// The number.
    pub const fn get(self) -> usize {
        self.0
    }
}

impl<const MIN: usize, const MAX: usize> Serialize for Within<MIN, MAX> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de, const MIN: usize, const MAX: usize> Deserialize<'de> for Within<MIN, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct WithinVisitor<const MIN: usize, const MAX: usize>;

        impl<const MIN: usize, const MAX: usize> Visitor<'_> for WithinVisitor<MIN, MAX> {
            type Value = Within<MIN, MAX>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "a whole number from {MIN} to {MAX}")
            }

            fn visit_u64<E: de::Error>(self, value: u64) -> Result<Self::Value, E> {
                let number = usize::try_from(value).ok().and_then(Within::new);
                number.ok_or_else(|| E::invalid_value(Unexpected::Unsigned(value), &self))
            }

            fn visit_i64<E: de::Error>(self, value: i64) -> Result<Self::Value, E> {
                let number = usize::try_from(value).ok().and_then(Within::new);
                number.ok_or_else(|| E::invalid_value(Unexpected::Signed(value), &self))
            }
        }

        deserializer.deserialize_u64(WithinVisitor)
    }
}

impl<const MIN: usize, const MAX: usize> JsonSchema for Within<MIN, MAX> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("Within{MIN}To{MAX}").into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "integer", "minimum": MIN, "maximum": MAX})
    }
}

/// One type for each range of fractions that settings need.
macro_rules! bounded_fraction {
    ($(#[$doc:meta])* $name:ident, $words:literal, |$value:ident| $holds:expr, $schema:tt) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
        pub struct $name(f64);

        impl $name {
            /// `value`, or `None` where it is out of range, infinite or not a number.
            pub const fn new($value: f64) -> Option<Self> {
                if $value.is_finite() && $holds { Some(Self($value)) } else { None }
            }

            /// A number that is written in the code, such as a default. Out of range it is a
            /// mistake in the code: it does not compile in a `const`, and panics elsewhere.
            #[track_caller]
            pub const fn literal($value: f64) -> Self {
                assert!($value.is_finite() && $holds, "this literal is out of range");
                Self($value)
            }

            /// The number.
            pub const fn get(self) -> f64 {
                self.0
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                self.0.serialize(serializer)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_f64(Fraction {
                    words: $words,
                    new: Self::new,
                })
            }
        }

        impl JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!($schema)
            }
        }
    };
}

bounded_fraction! {
    /// A finite number above 0, such as a learning rate.
    Positive, "a number above 0", |value| value > 0.0,
    {"type": "number", "exclusiveMinimum": 0}
}

bounded_fraction! {
    /// A finite number of at least 0, such as a weight decay.
    NonNegative, "a number of at least 0", |value| value >= 0.0,
    {"type": "number", "minimum": 0}
}

bounded_fraction! {
    /// A number from 0 to 1, both included, such as a dropout rate.
    Share, "a number from 0 to 1", |value| 0.0 <= value && value <= 1.0,
    {"type": "number", "minimum": 0, "maximum": 1}
}

bounded_fraction! {
    /// A number from 0 to 0.5, both included: a share of something of which more is needed elsewhere.
    MinorShare, "a number from 0 to 0.5", |value| 0.0 <= value && value <= 0.5,
    {"type": "number", "minimum": 0, "maximum": 0.5}
}

struct Fraction<T> {
    words: &'static str,
    new: fn(f64) -> Option<T>,
}

impl<T> Visitor<'_> for Fraction<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words)
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<T, E> {
        (self.new)(value).ok_or_else(|| E::invalid_value(Unexpected::Float(value), &self))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<T, E> {
        (self.new)(value as f64).ok_or_else(|| E::invalid_value(Unexpected::Unsigned(value), &self))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<T, E> {
        (self.new)(value as f64).ok_or_else(|| E::invalid_value(Unexpected::Signed(value), &self))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::tree::{Node, decode};

    fn message<T: de::DeserializeOwned>(value: &str) -> String {
        let node = Node::parse_set(&format!("x={value}")).unwrap();
        match decode::<T>(node.get("x").unwrap()) {
            Ok(_) => "ok".to_owned(),
            Err(error) => {
                assert_eq!(error.mark.unwrap().text(), value);
                error.message
            }
        }
    }

    #[test]
    fn whole_numbers_stay_within_their_range() {
        type Tokens = Within<1, 32>;
        assert_eq!(Tokens::new(0), None);
        assert_eq!(Tokens::new(33), None);
        assert_eq!(Tokens::new(32).unwrap().get(), 32);
        assert_eq!(message::<Tokens>("1"), "ok");
        let refused = [
            ("40", "40"),
            ("0", "0"),
            ("-1", "-1"),
            ("2.0", "2.0"),
            ("two", "text `two`"),
        ];
        for (value, found) in refused {
            let expected = format!("expected a whole number from 1 to 32, found {found}");
            assert_eq!(message::<Tokens>(value), expected);
        }
    }

    #[test]
    fn fractions_stay_within_their_range() {
        assert_eq!(message::<Positive>("1e-5"), "ok");
        assert_eq!(message::<Positive>("3"), "ok");
        assert_eq!(
            message::<Positive>("0"),
            "expected a number above 0, found 0"
        );
        assert_eq!(message::<NonNegative>("0"), "ok");
        assert_eq!(
            message::<NonNegative>("-0.5"),
            "expected a number of at least 0, found -0.5"
        );
        assert_eq!(message::<Share>("1"), "ok");
        assert_eq!(
            message::<Share>("1.01"),
            "expected a number from 0 to 1, found 1.01"
        );
        assert_eq!(
            message::<Share>("true"),
            "expected a number from 0 to 1, found `true`"
        );
        assert_eq!(message::<MinorShare>("0.5"), "ok");
        assert_eq!(
            message::<MinorShare>("0.51"),
            "expected a number from 0 to 0.5, found 0.51"
        );
        for value in [f64::NAN, f64::INFINITY] {
            assert_eq!(MinorShare::new(value), None);
            assert_eq!(Positive::new(value), None);
            assert_eq!(NonNegative::new(value), None);
            assert_eq!(Share::new(value), None);
        }
    }

    #[test]
    fn the_schema_names_the_range() {
        let schema = |schema: Schema| serde_json::to_value(schema).unwrap();
        assert_eq!(
            schema(schemars::schema_for!(Within<1, 32>))["maximum"],
            serde_json::json!(32)
        );
        assert_eq!(
            schema(schemars::schema_for!(Positive))["exclusiveMinimum"],
            serde_json::json!(0)
        );
        assert_eq!(
            serde_json::to_string(&Share::new(0.5).unwrap()).unwrap(),
            "0.5"
        );
        assert_eq!(
            serde_json::to_string(&Within::<1, 9>::new(7).unwrap()).unwrap(),
            "7"
        );
    }
}
