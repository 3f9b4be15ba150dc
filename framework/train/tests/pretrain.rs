//! Pretraining repeats bit for bit.
#![allow(clippy::unwrap_used, missing_docs)]

use burn::tensor::Device;
use exp_model::clip::ClipSizes;
use exp_prompts::tokenizer::{END, START};
use exp_train::pretrain::{Pretraining, Progress};
use exp_weights::Weights;

fn small(seed: u64) -> Pretraining {
    Pretraining {
        seed,
        word_steps: 3,
        contrast_steps: 3,
        batch: 8,
        warm_up: 2,
        least_seen: 5,
        ..Pretraining::default()
    }
}

#[test]
fn the_same_seed_gives_the_same_file() {
    let folder = tempfile::tempdir().unwrap();
    let make = |name: &str, pretraining: Pretraining| {
        let path = folder.path().join(name);
        let mut steps = Vec::new();
        pretraining
            .run(&path, &Device::flex(), &mut |progress| steps.push(progress))
            .unwrap();
        assert_eq!(steps.len(), pretraining.steps());
        assert!(matches!(steps[0], Progress::Words { gain } if gain.is_finite()));
        assert!(matches!(steps[5], Progress::Contrast { loss, .. } if loss.is_finite()));
        Weights::open(&path).unwrap()
    };
    let first = make("first", small(1));
    assert_eq!(first.sha256(), make("second", small(1)).sha256());
    assert_ne!(first.sha256(), make("third", small(2)).sha256());
    let sizes = ClipSizes::of(&first).unwrap();
    assert_eq!((sizes.image, sizes.embed), (48, 64));
    // Of 48 captions every one has both ends, and hardly a word is in five of them.
    assert!(first.rows().row(START).is_some() && first.rows().row(END).is_some());
    assert!(sizes.tokens < 100, "{}", sizes.tokens);
}
