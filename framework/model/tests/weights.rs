//! Weight files, written and read again, and what is said of wrong ones.
#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::BTreeMap;
use std::path::Path;

use burn::tensor::{Device, Tensor};
use exp_core::experiment::Activation;
use exp_model::backbone::{Backbone, SMALL};
use exp_model::clip::{Clip, ClipSizes};
use exp_model::parameters::{Which, collect, fit, load};
use exp_weights::{TokenRows, Weights, write};

type Tensors = BTreeMap<String, (Vec<usize>, Vec<f32>)>;

fn sizes() -> ClipSizes {
    ClipSizes {
        embed: 8,
        image: 16,
        patch: 8,
        vision_width: 64,
        vision_layers: 1,
        context: 77,
        tokens: 5,
        text_width: 64,
        text_layers: 1,
    }
}

/// The tensors of a fresh small CLIP as a file holds them.
fn tensors() -> Tensors {
    let mut tensors = collect(&Clip::init(&sizes(), &Device::flex()), Which::All);
    tensors.get_mut("visual.conv1.weight").unwrap().0 = vec![64, 3, 8, 8];
    tensors
}

fn written(tensors: &Tensors, ids: Option<&[u32]>, half: bool) -> Weights {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep/file.safetensors");
    write(&path, tensors, ids, half, &BTreeMap::new()).unwrap();
    assert_eq!(
        std::fs::read_dir(path.parent().unwrap()).unwrap().count(),
        1
    );
    Weights::open(&path).unwrap()
}

#[test]
fn what_is_written_is_read_again() {
    let device = Device::flex();
    let original = tensors();
    let weights = written(&original, None, false);
    assert_eq!(ClipSizes::of(&weights).unwrap(), sizes());
    let (clip, _) = load(Clip::init(&sizes(), &device), &weights, Which::All).unwrap();
    let mut again = collect(&clip, Which::All);
    again.get_mut("visual.conv1.weight").unwrap().0 = vec![64, 3, 8, 8];
    assert!(original == again, "every value, bit for bit");
}

#[test]
fn names_are_those_of_openai() {
    let names: Vec<String> = tensors().into_keys().collect();
    for name in [
        "visual.transformer.resblocks.0.attn.in_proj_weight",
        "visual.ln_post.weight",
        "transformer.resblocks.0.mlp.c_fc.bias",
        "token_embedding.weight",
        "text_projection",
    ] {
        assert!(
            names.iter().any(|other| other == name),
            "{name} in {names:?}"
        );
    }
}

#[test]
fn half_precision_is_read_as_single() {
    let tensors = Tensors::from([("x".to_owned(), (vec![2], vec![0.1, -65504.0]))]);
    let weights = written(&tensors, None, true);
    let values = weights.read("x").unwrap();
    assert_eq!(weights.shape("x").unwrap(), [2]);
    assert!((values[0] - 0.1).abs() < 1e-4);
    assert_eq!(values[1], -65504.0);
}

#[test]
fn a_part_of_the_token_table_knows_its_tokens() {
    let weights = written(&tensors(), Some(&[7, 49406, 49407, 9, 11]), true);
    let rows = weights.rows();
    assert_eq!(
        (rows.row(49407), rows.row(9), rows.row(8)),
        (Some(2), Some(3), None)
    );
    assert_eq!(TokenRows::whole(49408).row(49407), Some(49407));
    assert_eq!(TokenRows::whole(100).row(100), None);
}

#[test]
fn wrong_files_are_refused_with_names_and_shapes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("weights.safetensors");
    std::fs::write(&path, "no weights at all").unwrap();
    let error = Weights::open(&path).unwrap_err().to_string();
    assert!(
        error.contains("weights.safetensors is not a weight file"),
        "{error}"
    );

    let mut missing = tensors();
    missing.remove("visual.ln_pre.bias");
    missing.get_mut("text_projection").unwrap().0 = vec![8, 64];
    let weights = written(&missing, None, false);
    let error = load(Clip::init(&sizes(), &Device::flex()), &weights, Which::All).unwrap_err();
    let error = error.to_string();
    let (_, error) = error.split_once("do not fit").unwrap();
    insta::assert_snapshot!(error, @" the model: there is no tensor `visual.ln_pre.bias` [64]; tensor `text_projection` has shape [8, 64], the model needs [64, 8]");

    let mut other = tensors();
    other.remove("visual.conv1.weight");
    let error = ClipSizes::of(&written(&other, None, false)).unwrap_err();
    insta::assert_snapshot!(error, @"there is no tensor `visual.conv1.weight`, which every CLIP with a vision transformer has");

    let mut typo = tensors();
    let tensor = typo.remove("transformer.resblocks.0.ln_1.bias").unwrap();
    typo.insert("transformr.resblocks.0.ln_1.bias".to_owned(), tensor);
    let typo = written(&typo, None, false);
    let fit = fit(&Clip::init(&sizes(), &Device::flex()), &typo, Which::All);
    insta::assert_snapshot!(fit, @"there is no tensor `transformer.resblocks.0.ln_1.bias` [64] (the nearest: `transformr.resblocks.0.ln_1.bias`)");
    assert_eq!(fit.unused, ["transformr.resblocks.0.ln_1.bias"]);

    let error = Backbone::open("nowhere.safetensors", Path::new("somewhere")).unwrap_err();
    insta::assert_snapshot!(error, @"there is no backbone `nowhere.safetensors`: it is neither `small`, nor published weights (vit-b-32, vit-b-16, vit-l-14, vit-l-14-336), nor a file (somewhere/nowhere.safetensors does not exist)");
}

/// What pretraining absorbs into the first layer changes nothing but the values it takes.
#[test]
fn an_encoder_absorbs_the_normalisation_of_its_input() {
    let device = Device::flex();
    let small = Backbone::open(SMALL, Path::new("")).unwrap();
    let encoder = small.load(Activation::QuickGelu, &device).unwrap().visual;
    let values: Vec<f32> = (0..2 * 3 * 48 * 48)
        .map(|at| (at * 37 % 256) as f32 / 255.0)
        .collect();
    let images = Tensor::<1>::from_floats(values.as_slice(), &device).reshape([2, 3, 48, 48]);
    let normalised = (images.clone() - 0.4).div_scalar(0.3);
    let before = encoder.forward(normalised);
    let after = encoder.absorbing(0.4, 0.3).forward(images);
    let difference = (before - after).abs().max().into_scalar::<f32>();
    assert!(difference < 1e-3, "{difference}");
}
