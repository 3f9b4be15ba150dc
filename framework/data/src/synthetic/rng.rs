//! One generator a thing drawn, so that neither order nor thread count changes a pixel.

use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

/// What a generator is for. Each has numbers of its own, so that e.g. identity 3 and clip 3 are unrelated.
#[derive(Debug, Clone, Copy)]
pub(super) enum Stream {
    /// Which clip shows whom, for how long.
    Plan = 1,
    /// A face of the training or the test clips.
    Identity = 2,
    /// What the face does in a clip.
    Clip = 3,
    /// A clip's camera: light, backdrop, drift and noise.
    Camera = 6,
    /// A movement that two clips of an order-only pair share.
    Movement = 4,
    /// A still image, its face included: no still shows a face of the clips.
    Still = 5,
}

/// The generator of thing `index` of `stream`. The three numbers fill separate parts of ChaCha's
/// key, so no two things ever share a generator.
pub(super) fn generator(seed: u64, stream: Stream, index: u64) -> ChaCha8Rng {
    let mut key = [0; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    key[8..16].copy_from_slice(&(stream as u64).to_le_bytes());
    key[16..24].copy_from_slice(&index.to_le_bytes());
    ChaCha8Rng::from_seed(key)
}
