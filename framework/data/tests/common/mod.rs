//! Reads the expected numbers: the small part in `tests/data`, or all of the parity data in the
//! folder that `EXP_PARITY` names.
#![allow(dead_code)]

use std::path::{Path, PathBuf};

use exp_data::decode::Frame;
use safetensors::SafeTensors;

/// The small data beside the tests.
pub fn twins() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data")
}

/// The parity data: all of it where it is at hand, else the small part.
pub fn parity() -> PathBuf {
    std::env::var_os("EXP_PARITY").map_or_else(twins, PathBuf::from)
}

pub fn json(path: &Path) -> serde_json::Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// Name, shape and bytes of every tensor in a file.
pub fn tensors(path: &Path) -> Vec<(String, Vec<usize>, Vec<u8>)> {
    let bytes = std::fs::read(path).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    file.iter()
        .map(|(name, view)| (name.to_owned(), view.shape().to_vec(), view.data().to_vec()))
        .collect()
}

pub fn tensor(path: &Path, name: &str) -> (Vec<usize>, Vec<u8>) {
    tensors(path)
        .into_iter()
        .find(|(n, ..)| n == name)
        .map(|(_, shape, bytes)| (shape, bytes))
        .unwrap_or_else(|| panic!("{name} in {}", path.display()))
}

/// A tensor `[height, width, 3]` as a frame.
pub fn frame(path: &Path, name: &str) -> Frame {
    let (shape, rgb) = tensor(path, name);
    Frame {
        width: shape[1],
        height: shape[0],
        rgb,
    }
}

/// Keeps every `step`-th row of `[.., rows, width * channels]`.
pub fn every_row(values: &[u8], row: usize, step: usize) -> Vec<u8> {
    values
        .chunks_exact(row)
        .step_by(step)
        .flatten()
        .copied()
        .collect()
}

/// Largest difference, share of differing values, and mean absolute difference.
pub fn difference(a: &[u8], b: &[u8]) -> (u8, f64, f64) {
    assert_eq!(a.len(), b.len());
    let differences = || a.iter().zip(b).map(|(a, b)| a.abs_diff(*b));
    let count = a.len() as f64;
    (
        differences().max().unwrap_or(0),
        differences().filter(|d| *d > 0).count() as f64 / count,
        differences().map(f64::from).sum::<f64>() / count,
    )
}
