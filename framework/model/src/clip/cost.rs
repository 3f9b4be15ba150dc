//! How many operations the matrix products of a CLIP take.
//!
//! A product of `[n, k]` and `[k, m]` takes `2 n k m`: a multiplication and its addition are two.

use super::ClipSizes;

/// A stack of blocks over one sequence: all blocks but the last for all tokens; the last computes
/// keys and values of all, and the rest of one.
fn blocks(count: usize, tokens: usize, width: usize) -> f64 {
    let (count, tokens, width) = (count as f64, tokens as f64, width as f64);
    // Per token: queries, keys and values 3, output 1, perceptron 4 and 4 square matrices.
    let whole = tokens * (24.0 * width * width + 4.0 * tokens * width);
    let last = tokens * (4.0 * width * width + 4.0 * width) + 20.0 * width * width;
    match count > 0.0 {
        true => (count - 1.0) * whole + last,
        false => 0.0,
    }
}

impl ClipSizes {
    /// Operations of the image encoder's products for one image, forwards.
    pub fn image_operations(&self) -> f64 {
        let (patches, width) = ((self.image / self.patch).pow(2), self.vision_width);
        let embedded = 2 * patches * 3 * self.patch.pow(2) * width;
        let projected = 2 * width * self.embed;
        blocks(self.vision_layers, patches + 1, width) + (embedded + projected) as f64
    }

    /// Operations of the text encoder's products for one text of so many tokens, forwards.
    pub fn text_operations(&self, tokens: usize) -> f64 {
        let projected = 2 * self.text_width * self.embed;
        blocks(self.text_layers, tokens, self.text_width) + projected as f64
    }
}

#[cfg(test)]
#[allow(missing_docs)]
mod tests {
    use super::*;

    /// ViT-B/32 takes 4.4 billion multiplications an image (OpenCLIP's table of models gives 4.41 for
    /// the whole last block; here that is for one token alone).
    #[test]
    fn the_image_encoder_of_vit_b_32_takes_what_is_published() {
        let sizes = ClipSizes {
            embed: 512,
            image: 224,
            patch: 32,
            vision_width: 768,
            vision_layers: 12,
            context: 77,
            tokens: 49408,
            text_width: 512,
            text_layers: 12,
        };
        let saved = 49.0 * (20.0 * 768.0 * 768.0 + 4.0 * 50.0 * 768.0);
        let multiplications = (sizes.image_operations() + saved) / 2.0;
        assert!(
            (multiplications / 4.4e9 - 1.0).abs() < 0.02,
            "{multiplications:e}"
        );
    }
}
