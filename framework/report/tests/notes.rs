//! What has to be known of figures stands wherever people read them.
#![allow(clippy::unwrap_used, missing_docs)]

mod sample;

use exp_core::experiment::{CUDA_F32, FROZEN_NOTE, TF32_NOTE};
use exp_report::export::{EXPORTERS, Rendered};
use exp_report::published::Published;
use exp_report::{Options, Report, summarize, terminal};
use exp_store::ExperimentData;
use serde_json::json;

/// The ablation as the terminal, the page, Markdown and LaTeX show it, line breaks and escapes aside.
fn shown(data: &ExperimentData) -> Vec<(&'static str, String)> {
    let report = Report::new(data.clone(), &Options::default(), &Published::default()).unwrap();
    let exported = EXPORTERS.into_iter().filter_map(|exporter| {
        let people = ["html", "markdown", "latex"].contains(&exporter.name());
        match exporter.render(std::slice::from_ref(&report)).unwrap() {
            Rendered::Text(text) if people => Some((exporter.name(), text)),
            _ => None,
        }
    });
    std::iter::once(("terminal", terminal::table(&summarize(data))))
        .chain(exported)
        .map(|(name, text)| (name, text.replace(['`', '\\'], "").replace('\n', " ")))
        .collect()
}

/// The beginning of a note, up to where a format may write it in another way.
fn beginning(note: &str) -> &str {
    note.split(['`', '(', ':']).next().unwrap()
}

#[test]
fn tf32_and_frozen_encoders_are_told() {
    let plain = sample::ablation();
    let mut noted = plain.clone();
    for run in &mut noted.runs {
        if let Some(from) = &mut run.provenance {
            from.device = CUDA_F32.to_owned();
        }
        run.settings["image_encoder"] = json!({"frozen": {"views": 4}});
    }
    let (plain, noted) = (shown(&plain), shown(&noted));
    assert_eq!(noted.len(), 4);
    for ((name, plain), (_, noted)) in plain.iter().zip(&noted) {
        for note in [TF32_NOTE, FROZEN_NOTE] {
            let words = beginning(note);
            assert!(noted.contains(words), "{name} lacks `{words}`");
            assert!(!plain.contains(words), "{name} has `{words}`");
        }
    }
}
