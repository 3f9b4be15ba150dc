//! Any bytes as the pickle of a PyTorch file, of the zip format and of the old one.
#![no_main]

#[path = "../../tests/support/mod.rs"]
mod support;

use exp_weights::Weights;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    for file in [support::torch(bytes), support::legacy(bytes)] {
        let Ok(weights) = Weights::from_bytes(file, "fuzz") else {
            continue;
        };
        for name in weights.names() {
            let values = weights.read(name).expect("a tensor that was accepted is there");
            assert!(values.len() <= 6);
        }
        weights.inspect().expect("what was accepted can be inspected");
    }
});
