//! Any bytes as a weight file: opened, inspected, every tensor read.
#![no_main]

use exp_weights::Weights;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(weights) = Weights::from_bytes(bytes.to_vec(), "fuzz") else {
        return;
    };
    for name in weights.names() {
        let count = weights.shape(name).map(|shape| shape.iter().product::<usize>());
        if let Ok(values) = weights.read(name) {
            assert_eq!(Some(values.len()), count);
        }
    }
    let _ = weights.inspect();
});
