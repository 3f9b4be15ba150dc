//! What training changes at random, as settings say it. The data crate does it.

use schemars::JsonSchema;
use serde::de::{Deserializer, Error};
use serde::{Deserialize, Serialize};

/// What may be changed in training; everything is off unless it is named.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Augmentation {
    /// Smallest and largest factor of brightness, e.g. `[0.5, 1.5]`; drawn uniformly.
    #[serde(deserialize_with = "brightness")]
    pub brightness: Option<[f64; 2]>,
    /// Largest rotation in degrees to either side, 0 to 180; drawn uniformly.
    #[serde(deserialize_with = "rotation")]
    pub rotation: Option<f64>,
    /// A random part of the frame, scaled to the model's input.
    pub crop: Option<RandomResizedCrop>,
    /// Share of clips that are mirrored, 0 to 1.
    #[serde(deserialize_with = "flip")]
    pub flip: Option<f64>,
}

/// A random part of a frame. Width and height change places in half of the draws.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RandomResizedCrop {
    /// Smallest and largest share of the frame's area, within 0 to 1; drawn uniformly.
    #[serde(deserialize_with = "area")]
    pub area: [f64; 2],
    /// Smallest and largest width / height; drawn uniformly.
    #[serde(deserialize_with = "aspect")]
    pub aspect: [f64; 2],
}

fn brightness<'de, D: Deserializer<'de>>(decoder: D) -> Result<Option<[f64; 2]>, D::Error> {
    let range = Option::<[f64; 2]>::deserialize(decoder)?;
    range.map_or(Ok(()), |range| increasing("brightness", range))?;
    Ok(range)
}

fn rotation<'de, D: Deserializer<'de>>(decoder: D) -> Result<Option<f64>, D::Error> {
    within("rotation", "degrees", 180.0, Option::deserialize(decoder)?)
}

fn flip<'de, D: Deserializer<'de>>(decoder: D) -> Result<Option<f64>, D::Error> {
    within(
        "flip",
        "a share of the clips",
        1.0,
        Option::deserialize(decoder)?,
    )
}

fn area<'de, D: Deserializer<'de>>(decoder: D) -> Result<[f64; 2], D::Error> {
    let range = <[f64; 2]>::deserialize(decoder)?;
    increasing("area", range)?;
    if range[1] > 1.0 {
        return Err(D::Error::custom(format!(
            "`area` is a share of the frame and must not exceed 1, found {}",
            range[1]
        )));
    }
    Ok(range)
}

fn aspect<'de, D: Deserializer<'de>>(decoder: D) -> Result<[f64; 2], D::Error> {
    let range = <[f64; 2]>::deserialize(decoder)?;
    increasing("aspect", range)?;
    Ok(range)
}

fn increasing<E: Error>(name: &str, [min, max]: [f64; 2]) -> Result<(), E> {
    if min > 0.0 && min <= max && max.is_finite() {
        return Ok(());
    }
    Err(E::custom(format!(
        "`{name}` must be [smallest, largest] with 0 < smallest <= largest, found [{min}, {max}]"
    )))
}

fn within<E: Error>(
    name: &str,
    unit: &str,
    limit: f64,
    value: Option<f64>,
) -> Result<Option<f64>, E> {
    match value {
        Some(value) if !(0.0..=limit).contains(&value) => Err(E::custom(format!(
            "`{name}` ({unit}) must lie within 0 and {limit}, found {value}"
        ))),
        value => Ok(value),
    }
}
