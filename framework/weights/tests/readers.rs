//! The same tensors come out of every kind of file, under the same names.
//!
//! `files/` is made by `make_files.py`. `EXP_PARITY=FOLDER` runs the same checks on the full data.
#![allow(clippy::unwrap_used, missing_docs)]

mod support;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use exp_weights::{Container, Layout, Weights, write};
use proptest::prelude::*;
use safetensors::Dtype;
use safetensors::tensor::TensorView;

type Tensors = BTreeMap<String, (Vec<usize>, Vec<f32>)>;

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/files")
        .join(name)
}

fn open(name: &str) -> Weights {
    Weights::open(&file(name)).unwrap()
}

fn tensors(weights: &Weights) -> Tensors {
    let tensor = |name: &str| {
        let shape = weights.shape(name).unwrap().to_vec();
        let values = weights.read(name).unwrap();
        assert_eq!(values.len(), shape.iter().product::<usize>(), "{name}");
        (name.to_owned(), (shape, values))
    };
    weights.names().map(tensor).collect()
}

/// Equal names, shapes and bits.
fn assert_equal(found: &Tensors, expected: &Tensors) {
    let names = |tensors: &Tensors| tensors.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(found), names(expected));
    for (name, (shape, values)) in expected {
        let (found_shape, found_values) = &found[name];
        assert_eq!(found_shape, shape, "{name}");
        let bits = |values: &[f32]| values.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(found_values), bits(values), "{name}");
    }
}

/// The tensors under Hugging Face's names, as a safetensors file.
fn hugging_face(tensors: &Tensors, prefix: &str) -> Vec<u8> {
    let mut renamed: BTreeMap<String, (Vec<usize>, Vec<f32>)> = BTreeMap::new();
    for (name, (shape, values)) in tensors {
        let (model, rest) = match name.strip_prefix("visual.") {
            Some(rest) => ("vision_model", rest),
            None => ("text_model", name.as_str()),
        };
        let embedding = |rest: &str| format!("{model}.embeddings.{rest}");
        let single = match rest {
            "positional_embedding" => Some(embedding("position_embedding.weight")),
            "class_embedding" => Some(embedding("class_embedding")),
            "conv1.weight" => Some(embedding("patch_embedding.weight")),
            "token_embedding.weight" => Some(embedding("token_embedding.weight")),
            "logit_scale" => Some("logit_scale".to_owned()),
            "ln_pre.weight" => Some(format!("{model}.pre_layrnorm.weight")),
            "ln_pre.bias" => Some(format!("{model}.pre_layrnorm.bias")),
            "ln_post.weight" => Some(format!("{model}.post_layernorm.weight")),
            "ln_post.bias" => Some(format!("{model}.post_layernorm.bias")),
            "ln_final.weight" => Some(format!("{model}.final_layer_norm.weight")),
            "ln_final.bias" => Some(format!("{model}.final_layer_norm.bias")),
            _ => None,
        };
        if let Some(single) = single {
            renamed.insert(single, (shape.clone(), values.clone()));
            continue;
        }
        if rest == "proj" || rest == "text_projection" {
            let (rows, columns) = (shape[0], shape[1]);
            let column = |column: usize| (0..rows).map(move |row| values[row * columns + column]);
            let turned = (0..columns).flat_map(column).collect();
            let name = match rest {
                "proj" => "visual_projection.weight",
                _ => "text_projection.weight",
            };
            renamed.insert(name.to_owned(), (vec![columns, rows], turned));
            continue;
        }
        let block = rest.strip_prefix("transformer.resblocks.").unwrap();
        let (number, layer) = block.split_once('.').unwrap();
        let block = format!("{model}.encoder.layers.{number}");
        if let Some(kind) = layer.strip_prefix("attn.in_proj_") {
            for (part, values) in ["q", "k", "v"].iter().zip(values.chunks(values.len() / 3)) {
                let mut shape = shape.clone();
                shape[0] /= 3;
                let name = format!("{block}.self_attn.{part}_proj.{kind}");
                renamed.insert(name, (shape, values.to_vec()));
            }
            continue;
        }
        let layer = layer
            .replace("attn.", "self_attn.")
            .replace("ln_", "layer_norm")
            .replace("c_fc", "fc1")
            .replace("c_proj", "fc2");
        renamed.insert(format!("{block}.{layer}"), (shape.clone(), values.clone()));
    }
    let bytes = |values: &[f32]| {
        values
            .iter()
            .flat_map(|v| v.to_le_bytes())
            .collect::<Vec<_>>()
    };
    let data: Vec<_> = renamed
        .iter()
        .map(|(name, (shape, values))| (format!("{prefix}{name}"), shape.clone(), bytes(values)))
        .collect();
    let views = data.iter().map(|(name, shape, data)| {
        let view = TensorView::new(Dtype::F32, shape.clone(), data).unwrap();
        (name.as_str(), view)
    });
    safetensors::serialize(views, None).unwrap()
}

#[test]
fn a_clip_is_the_same_out_of_every_kind_of_file() {
    let expected = open("clip_torchscript.pt");
    assert_eq!(expected.container(), Container::TorchScript);
    assert_eq!(expected.layout(), Layout::OpenAi);
    let expected = tensors(&expected);
    assert_eq!(expected.len(), 62);
    assert_eq!(expected["visual.conv1.weight"].0, [4, 3, 2, 2]);

    for (name, container, layout) in [
        ("clip.pt", Container::TorchZip, Layout::OpenAi),
        ("clip_protocol_5.pt", Container::TorchZip, Layout::OpenAi),
        ("clip_legacy.pt", Container::TorchLegacy, Layout::OpenAi),
        ("clip_legacy_4.pt", Container::TorchLegacy, Layout::OpenAi),
        (
            "clip_hugging_face.bin",
            Container::TorchZip,
            Layout::HuggingFace,
        ),
    ] {
        let weights = open(name);
        assert_eq!(
            (weights.container(), weights.layout()),
            (container, layout),
            "{name}"
        );
        assert_eq!(weights.unmapped(), <[&str; 0]>::default(), "{name}");
        assert_equal(&tensors(&weights), &expected);
        let bytes = std::fs::read(file(name)).unwrap();
        let memory = Weights::from_bytes(bytes, "memory").unwrap();
        assert_eq!(memory.sha256(), weights.sha256());
        assert_equal(&tensors(&memory), &expected);
    }

    for prefix in ["", "clip.", "model."] {
        let weights = Weights::from_bytes(hugging_face(&expected, prefix), "renamed").unwrap();
        assert_eq!(weights.layout(), Layout::HuggingFace);
        assert_equal(&tensors(&weights), &expected);
    }

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("written.safetensors");
    write(&path, &expected, None, false, &BTreeMap::new()).unwrap();
    let weights = Weights::open(&path).unwrap();
    assert_eq!(weights.container(), Container::Safetensors);
    assert_equal(&tensors(&weights), &expected);
}

#[test]
fn half_precision_is_read_as_float32() {
    let expected = tensors(&open("clip.pt"));
    for (name, error) in [
        ("clip_half.pt", 2_f32.powi(-11)),
        ("clip_bfloat.pt", 2_f32.powi(-8)),
    ] {
        let found = tensors(&open(name));
        assert_eq!(found.len(), expected.len());
        for (tensor, (_, values)) in &expected {
            for (found, value) in found[tensor].1.iter().zip(values) {
                let close = (found - value).abs() <= error * value.abs() + 1e-7;
                assert!(close, "{tensor} in {name}: {found}, not {value}");
            }
        }
    }
}

#[test]
fn tensors_may_be_any_view_of_their_storage() {
    let weights = open("views.pt");
    let floats = |values: &[u8]| values.iter().map(|v| f32::from(*v)).collect::<Vec<_>>();
    let whole: Vec<u8> = (0..24).collect();
    assert_eq!(weights.read("double").unwrap(), floats(&whole));
    assert_eq!(weights.shape("transposed"), Some([6, 4].as_slice()));
    assert_eq!(
        weights.read("transposed").unwrap()[..6],
        floats(&[0, 6, 12, 18, 1, 7])
    );
    let odd: Vec<u8> = (0..12).map(|v| 2 * v + 1).collect();
    assert_eq!(weights.read("every_other").unwrap(), floats(&odd));
    assert_eq!(weights.shape("permuted"), Some([4, 2, 3].as_slice()));
    assert_eq!(
        weights.read("permuted").unwrap()[..12],
        floats(&[0, 4, 8, 12, 16, 20, 1, 5, 9, 13, 17, 21])
    );
    assert_eq!(weights.read("empty").unwrap(), floats(&[]));
    assert_eq!(weights.shape("empty"), Some([0, 3].as_slice()));
    assert_eq!(weights.read("one").unwrap(), [7.0]);
    assert_eq!(weights.shape("one"), Some([].as_slice()));
    assert_eq!(weights.read("parameter").unwrap(), floats(&whole));
    assert_eq!(
        weights.names().collect::<Vec<_>>(),
        [
            "double",
            "empty",
            "every_other",
            "one",
            "parameter",
            "permuted",
            "transposed"
        ]
    );
    assert_eq!(
        weights.unmapped(),
        ["eight_bits", "integers", "sixteen_bits"]
    );
    let error = weights.read("doubles").unwrap_err().to_string();
    assert!(
        error.ends_with("there is no tensor `doubles` (there is `double`)"),
        "{error}"
    );
}

#[test]
fn a_checkpoint_of_the_authors_script_has_our_names() {
    let clip = tensors(&open("clip.pt"));
    for (name, classes) in [("checkpoint.pth", 2), ("checkpoint_shared_legacy.pth", 1)] {
        let weights = open(name);
        assert_eq!(weights.layout(), Layout::DferClip, "{name}");
        assert_eq!(weights.unmapped(), <[&str; 0]>::default());
        assert_eq!(weights.metadata()["epoch"], "3");
        let found = tensors(&weights);
        for (tensor, expected) in &clip {
            assert_eq!(found[tensor], *expected, "{tensor}");
            if let Some(rest) = tensor.strip_prefix("visual.") {
                assert_eq!(found[&format!("image.{rest}")], *expected, "{tensor}");
            }
        }
        assert_eq!(weights.shape("context"), Some([classes, 2, 4].as_slice()));
        assert_eq!(weights.shape("prompt.prefix"), Some([2, 1, 4].as_slice()));
        assert_eq!(weights.shape("prompt.suffix"), Some([2, 2, 4].as_slice()));
        let temporal: Vec<&str> = weights
            .names()
            .filter_map(|name| name.strip_prefix("temporal."))
            .collect();
        insta::allow_duplicates! {
            insta::assert_snapshot!(temporal.join("\n"), @"
            cls_token
            layers.0.fc.bias
            layers.0.fc.weight
            layers.0.norm_1.bias
            layers.0.norm_1.weight
            layers.0.norm_2.bias
            layers.0.norm_2.weight
            layers.0.proj.bias
            layers.0.proj.weight
            layers.0.to_out.bias
            layers.0.to_out.weight
            layers.0.to_qkv.weight
            pos_embedding
            ");
        }
    }
}

#[test]
#[ignore = "reads the full data: EXP_PARITY=FOLDER … -- --ignored"]
fn the_full_parity_data_agree() {
    let folder = std::env::var_os("EXP_PARITY").expect("EXP_PARITY names the folder");
    let open = |name: &str| Weights::open(&Path::new(&folder).join(name)).unwrap();
    let script = open("clip_tiny_torchscript.pt");
    assert_eq!(script.container(), Container::TorchScript);
    let expected = tensors(&open("clip_tiny_openai.safetensors"));
    assert_equal(&tensors(&script), &expected);
    let renamed = Weights::from_bytes(hugging_face(&expected, ""), "renamed").unwrap();
    assert_eq!(renamed.layout(), Layout::HuggingFace);
    assert_equal(&tensors(&renamed), &expected);

    let checkpoint = open("checkpoint_reference.pth");
    assert_eq!(checkpoint.layout(), Layout::DferClip);
    assert_eq!(checkpoint.shape("context"), Some([7, 8, 128].as_slice()));
    assert_eq!(
        checkpoint.shape("prompt.prefix"),
        Some([7, 1, 128].as_slice())
    );
    assert_eq!(
        checkpoint.shape("prompt.suffix"),
        Some([7, 68, 128].as_slice())
    );
    assert_eq!(checkpoint.metadata()["epoch"], "5");
    let found = tensors(&checkpoint);
    for (name, (shape, _)) in &expected {
        assert_eq!(found[name].0, *shape, "{name}");
        if let Some(rest) = name.strip_prefix("visual.") {
            assert_eq!(found[&format!("image.{rest}")], found[name], "{name}");
        }
    }
    assert_eq!(found["temporal.layers.0.to_qkv.weight"].0, [384, 64]);
}

#[test]
fn inspection_says_what_a_file_holds() {
    let inspection = open("clip_torchscript.pt").inspect().unwrap();
    assert_eq!(inspection.tensors, 65);
    assert_eq!(inspection.bytes, 35_367);
    assert_eq!(inspection.sha256, open("clip_torchscript.pt").sha256());
    assert_eq!(inspection.copies, []);
    insta::assert_debug_snapshot!((&inspection.dtypes, &inspection.integers), @r#"
    (
        {
            "F32": 62,
            "I64": 3,
        },
        {
            "context_length": 5,
            "input_resolution": 4,
            "vocab_size": 6,
        },
    )
    "#);
    // The joined tensors of attention are three in Hugging Face's files.
    let other = open("clip_hugging_face.bin").inspect().unwrap();
    assert_eq!(other.tensors, 62 + 2 * 8 + 2);
    assert_eq!(other.parameters, inspection.parameters);

    let inspection = open("checkpoint.pth").inspect().unwrap();
    assert_eq!(inspection.differing, []);
    assert_eq!(inspection.copies.len(), 60);
    assert_eq!(
        inspection.copies[0],
        (
            "module.clip_model_.ln_final.bias".to_owned(),
            "module.text_encoder.ln_final.bias".to_owned()
        )
    );
    insta::assert_debug_snapshot!(inspection.beside, @r#"
    [
        "best_acc: a tensor",
        "optimizer: a dictionary",
        "recorder: an object of class `__main__.Recorder`",
    ]
    "#);
    let views = open("views.pt").inspect().unwrap();
    insta::assert_debug_snapshot!((&views.dtypes, &views.unmapped, &views.beside), @r#"
    (
        {
            "F32": 1,
            "F64": 6,
            "F8_E4M3": 1,
            "I64": 1,
            "U16": 1,
        },
        [
            "eight_bits",
            "integers",
            "sixteen_bits",
        ],
        [
            "complex: a tensor of another element type",
        ],
    )
    "#);
}

/// A safetensors file of tensors of two numbers each.
fn small(tensors: &[(&str, [f32; 2])]) -> Result<Weights, String> {
    let data: Vec<_> = tensors
        .iter()
        .map(|(name, values)| (*name, values.map(f32::to_le_bytes).concat()))
        .collect();
    let view = |data| TensorView::new(Dtype::F32, vec![2], data).unwrap();
    let views = data.iter().map(|(name, data)| (*name, view(data)));
    let bytes = safetensors::serialize(views, None).unwrap();
    Weights::from_bytes(bytes, "small").map_err(|error| error.to_string())
}

#[test]
fn the_encoder_goes_before_the_clip_it_was_made_of() {
    let weights = small(&[
        ("clip_model_.ln_final.bias", [1.0, 2.0]),
        ("clip_model_.ln_final.weight", [3.0, 4.0]),
        ("clip_model_.token_embedding.weight", [5.0, 6.0]),
        ("image_encoder.proj", [7.0, 8.0]),
        ("clip_model_.visual.proj", [7.0, 9.0]),
        ("text_encoder.ln_final.bias", [1.0, 2.0]),
        ("text_encoder.ln_final.weight", [3.0, 5.0]),
        ("text_encoder.other", [0.0, 0.0]),
    ])
    .unwrap();
    assert_eq!(weights.read("ln_final.weight").unwrap(), [3.0, 5.0]);
    assert_eq!(weights.read("token_embedding.weight").unwrap(), [5.0, 6.0]);
    assert_eq!(weights.read("image.proj").unwrap(), [7.0, 8.0]);
    assert_eq!(weights.read("visual.proj").unwrap(), [7.0, 9.0]);
    assert_eq!(weights.unmapped(), ["text_encoder.other"]);
    let inspection = weights.inspect().unwrap();
    let pair = |left: &str, right: &str| (left.to_owned(), right.to_owned());
    assert_eq!(
        inspection.copies,
        [pair(
            "clip_model_.ln_final.bias",
            "text_encoder.ln_final.bias"
        )]
    );
    assert_eq!(
        inspection.differing,
        [
            pair(
                "clip_model_.ln_final.weight",
                "text_encoder.ln_final.weight"
            ),
            pair("clip_model_.visual.proj", "image_encoder.proj"),
        ]
    );
    // Without the CLIP, its image encoder is the trained one.
    let weights = small(&[("image_encoder.proj", [7.0, 8.0])]).unwrap();
    assert_eq!(weights.read("visual.proj").unwrap(), [7.0, 8.0]);
}

#[test]
fn names_tell_the_layout() {
    for (name, layout, ours) in [
        ("module.visual.proj", Layout::OpenAi, "visual.proj"),
        ("image.proj", Layout::Trained, "image.proj"),
        ("context", Layout::Trained, "context"),
        ("temporal.cls_token", Layout::Trained, "temporal.cls_token"),
        (
            "temporal_net.cls_token",
            Layout::DferClip,
            "temporal.cls_token",
        ),
        ("encoder.weight", Layout::Unknown, "encoder.weight"),
        (
            "clip.vision_model.pre_layrnorm.bias",
            Layout::HuggingFace,
            "visual.ln_pre.bias",
        ),
    ] {
        let weights = small(&[(name, [1.0, 2.0])]).unwrap();
        assert_eq!(weights.layout(), layout, "{name}");
        assert_eq!(weights.names().collect::<Vec<_>>(), [ours]);
    }
}

#[test]
fn tensors_in_parts_must_be_whole() {
    let part = |letter| format!("text_model.encoder.layers.0.self_attn.{letter}_proj.bias");
    let (q, k, v) = (part('q'), part('k'), part('v'));
    let whole = [(&*v, [5.0, 6.0]), (&*q, [1.0, 2.0]), (&*k, [3.0, 4.0])];
    let weights = small(&whole).unwrap();
    let name = "transformer.resblocks.0.attn.in_proj_bias";
    assert_eq!(weights.read(name).unwrap(), [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    insta::assert_snapshot!(small(&whole[..2]).unwrap_err(), @"cannot use the weights in small: `transformer.resblocks.0.attn.in_proj_bias` is made of 3 tensors, but there is only text_model.encoder.layers.0.self_attn.q_proj.bias, text_model.encoder.layers.0.self_attn.v_proj.bias");
    let vector = small(&[
        ("text_projection.weight", [1.0, 2.0]),
        ("text_model.x", [0.0, 0.0]),
    ]);
    insta::assert_snapshot!(vector.unwrap_err(), @"cannot use the weights in small: `text_projection.weight` has shape [2]; expected a matrix");
}

#[test]
fn python_2_and_protocol_0_wrote_pickles_too() {
    // An `OrderedDict` that is handed its entries as a list of pairs, with texts of protocol 0.
    let mut pickle = b"ccollections\nOrderedDict\np0\n((lp1\n(S'w'\np2\n".to_vec();
    pickle.extend(support::good());
    pickle.extend(b"tatR.");
    // The epoch as a number of protocol 0, the names as short texts of Python 2.
    let mut nested = b"(dU\x05epochI7\nsU\x0astate_dict}U\x01w".to_vec();
    nested.extend(support::good());
    nested.extend(b"ss.");
    for pickle in [pickle, nested.clone()] {
        for file in [support::torch(&pickle), support::legacy(&pickle)] {
            let weights = Weights::from_bytes(file, "old").unwrap();
            assert_eq!(weights.shape("w"), Some([2, 3].as_slice()));
        }
    }
    let weights = Weights::from_bytes(support::torch(&nested), "old").unwrap();
    assert_eq!(weights.metadata()["epoch"], "7");
}

proptest! {
    /// Whatever its sizes and strides, a tensor is refused or has the values that they say.
    #[test]
    fn strides_say_which_values_a_tensor_has(
        offset in 0..8_i64,
        steps in prop::collection::vec((0..4_i64, 0..7_i64), 0..4),
    ) {
        let (sizes, strides): (Vec<i64>, Vec<i64>) = steps.into_iter().unzip();
        let tensor = support::tensor("FloatStorage", "0", 12, offset, &sizes, &strides);
        let pickle = support::dictionary(&[("w", tensor)]);
        let values: Vec<u8> = (0..12_u8).flat_map(|v| f32::from(v).to_le_bytes()).collect();
        let file = support::zip(&[("a/data.pkl", &pickle), ("a/data/0", &values)]);
        let mut expected = vec![offset];
        for (size, stride) in sizes.iter().zip(&strides) {
            let next = |at: &i64| (0..*size).map(|step| at + step * stride).collect::<Vec<_>>();
            expected = expected.iter().flat_map(next).collect();
        }
        let fits = expected.len() <= 12 && expected.iter().all(|at| *at < 12);
        match Weights::from_bytes(file, "views") {
            Ok(weights) => {
                prop_assert!(fits);
                let expected: Vec<f32> = expected.into_iter().map(|at| at as f32).collect();
                prop_assert_eq!(weights.read("w").unwrap(), expected);
            }
            Err(error) => prop_assert!(!fits, "{}", error),
        }
    }
}
