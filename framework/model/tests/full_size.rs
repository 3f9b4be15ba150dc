//! A ViT-B/32 of full size, in float16 as OpenAI publishes it, is loaded in a few seconds and needs
//! no more memory than the file's own size on top of the model.
#![allow(clippy::unwrap_used, missing_docs)]

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::time::Instant;

use burn::tensor::Device;
use exp_core::experiment::Activation;
use exp_model::backbone::Backbone;
use serde_json::json;

/// Names and shapes of ViT-B/32.
fn tensors() -> Vec<(String, Vec<usize>)> {
    let mut all = vec![
        ("logit_scale".to_owned(), vec![]),
        ("positional_embedding".to_owned(), vec![77, 512]),
        ("text_projection".to_owned(), vec![512, 512]),
        ("token_embedding.weight".to_owned(), vec![49408, 512]),
        ("ln_final.weight".to_owned(), vec![512]),
        ("ln_final.bias".to_owned(), vec![512]),
        ("visual.class_embedding".to_owned(), vec![768]),
        ("visual.positional_embedding".to_owned(), vec![50, 768]),
        ("visual.proj".to_owned(), vec![768, 512]),
        ("visual.conv1.weight".to_owned(), vec![768, 3, 32, 32]),
    ];
    for norm in ["ln_pre", "ln_post"] {
        for part in ["weight", "bias"] {
            all.push((format!("visual.{norm}.{part}"), vec![768]));
        }
    }
    for (tower, width) in [("visual.", 768), ("", 512)] {
        for block in 0..12 {
            for (part, shape) in [
                ("attn.in_proj_weight", vec![3 * width, width]),
                ("attn.in_proj_bias", vec![3 * width]),
                ("attn.out_proj.weight", vec![width, width]),
                ("attn.out_proj.bias", vec![width]),
                ("ln_1.weight", vec![width]),
                ("ln_1.bias", vec![width]),
                ("mlp.c_fc.weight", vec![4 * width, width]),
                ("mlp.c_fc.bias", vec![4 * width]),
                ("mlp.c_proj.weight", vec![width, 4 * width]),
                ("mlp.c_proj.bias", vec![width]),
                ("ln_2.weight", vec![width]),
                ("ln_2.bias", vec![width]),
            ] {
                all.push((
                    format!("{tower}transformer.resblocks.{block}.{part}"),
                    shape,
                ));
            }
        }
    }
    all
}

/// Writes the file without holding it in memory. Returns how many numbers it has.
fn write_file(path: &Path) -> usize {
    let mut header = serde_json::Map::new();
    let mut end = 0;
    for (name, shape) in tensors() {
        let bytes = 2 * shape.iter().product::<usize>();
        let entry = json!({ "dtype": "F16", "shape": shape, "data_offsets": [end, end + bytes] });
        header.insert(name, entry);
        end += bytes;
    }
    let header = serde_json::to_vec(&header).unwrap();
    let mut file = BufWriter::new(File::create(path).unwrap());
    file.write_all(&(header.len() as u64).to_le_bytes())
        .unwrap();
    file.write_all(&header).unwrap();
    let mut state = 1_u32;
    for _ in 0..end / 2 {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        // Sign and mantissa at random, an exponent of about 2^-6.
        let bits = 0x2400 | (state >> 16) as u16 & 0x83ff;
        file.write_all(&bits.to_le_bytes()).unwrap();
    }
    file.flush().unwrap();
    end / 2
}

/// A figure of this process in bytes, such as `VmHWM`, its largest memory so far.
fn memory(figure: &str) -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with(figure))
        .unwrap();
    let kilobytes: usize = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    kilobytes * 1024
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_size_file_is_loaded_quickly_and_in_little_memory() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ViT-B-32.safetensors");
    let numbers = write_file(&path);
    assert_eq!(numbers, 151_277_313, "the parameters of ViT-B/32");
    // Forgets the largest memory so far.
    std::fs::write("/proc/self/clear_refs", "5").unwrap();
    let before = memory("VmRSS");
    let start = Instant::now();
    let backbone = Backbone::open(path.to_str().unwrap(), Path::new("")).unwrap();
    let opened = (start.elapsed(), memory("VmHWM") - before);
    let clip = backbone
        .load(Activation::QuickGelu, &Device::flex())
        .unwrap();
    let (time, peak) = (start.elapsed(), memory("VmHWM") - before);
    let mega = |bytes: usize| bytes >> 20;
    println!(
        "{numbers} parameters, file {} MiB, model {} MiB; opened and hashed in {:.1} s with {} MiB \
         more memory, loaded after {:.1} s with {} MiB more at most",
        mega(2 * numbers),
        mega(4 * numbers),
        opened.0.as_secs_f64(),
        mega(opened.1),
        time.as_secs_f64(),
        mega(peak),
    );
    assert_eq!(backbone.sizes().image, 224);
    assert!(
        opened.1 < 32 << 20,
        "opening reads nothing into memory that stays"
    );
    assert!(
        peak < (4 + 2) * numbers,
        "the model and the file's own size"
    );
    assert!(time.as_secs() < 60);
    drop(clip);
}
