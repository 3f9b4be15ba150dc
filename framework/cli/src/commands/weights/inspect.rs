//! `exp weights inspect`: what is in a weight file.

use std::path::PathBuf;

use clap::Args;
use exp_core::checkpoint::CheckpointCard;
use exp_model::clip::ClipSizes;
use exp_report::text::visible;
use exp_weights::{Layout, Weights};

use crate::Outcome;

/// How many names of a kind are listed; the rest is counted.
const NAMED: usize = 12;

/// Say what is in a weight file: safetensors, or a PyTorch file of any version. Nothing in it is
/// executed.
#[derive(Args)]
pub struct Arguments {
    /// The file.
    file: PathBuf,
}

pub fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    let weights = Weights::open(&arguments.file)?;
    let found = weights.inspect()?;
    let dtypes: Vec<String> = found
        .dtypes
        .iter()
        .map(|(dtype, count)| format!("{dtype} ({count})"))
        .collect();
    println!("file        {}, {} bytes", found.container, found.bytes);
    println!("sha256      {}", found.sha256);
    println!("holds       {}", found.layout);
    println!("tensors     {}: {}", found.tensors, dtypes.join(", "));
    println!("parameters  {}", found.parameters);
    for (name, value) in &found.integers {
        println!("{name} = {value}");
    }
    if let Some(card) = CheckpointCard::from_metadata(weights.metadata()) {
        let card = card?;
        let run = &card.run;
        println!(
            "trained     run {}: benchmark {}, fold {}, seed {}; {} epoch {}",
            visible(&run.run),
            visible(&run.benchmark),
            run.fold,
            run.seed,
            card.rule.name(),
            card.epoch
        );
        println!("backbone    sha256 {}", visible(&run.backbone_sha256));
    }
    if found.layout != Layout::Trained {
        match ClipSizes::of(&weights) {
            Ok(sizes) => print_sizes(&sizes),
            Err(error) => println!("no CLIP: {error}"),
        }
    }
    let pairs = |pairs: &[(String, String)], word: &str| -> Vec<String> {
        pairs
            .iter()
            .map(|(a, b)| format!("{a} {word} {b}"))
            .collect()
    };
    list("the same as another tensor", &pairs(&found.copies, "="));
    list(
        "differ where copies are expected",
        &pairs(&found.differing, "is passed over for"),
    );
    list("of no use here", &found.unmapped);
    list("beside the tensors", &found.beside);
    Ok(Outcome::Done)
}

fn print_sizes(sizes: &ClipSizes) {
    println!(
        "images      {0}x{0} pixels in patches of {1}, width {2}, {3} blocks",
        sizes.image, sizes.patch, sizes.vision_width, sizes.vision_layers
    );
    println!(
        "texts       {} tokens, vocabulary {}, width {}, {} blocks",
        sizes.context, sizes.tokens, sizes.text_width, sizes.text_layers
    );
    println!("features    {}", sizes.embed);
}

fn list(what: &str, names: &[String]) {
    if names.is_empty() {
        return;
    }
    println!("{} {what}:", names.len());
    for name in names.iter().take(NAMED) {
        println!("  {name}");
    }
    if names.len() > NAMED {
        println!("  and {} more", names.len() - NAMED);
    }
}
