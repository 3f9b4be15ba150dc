//! What was measured, for people and for programs.

use exp_core::experiment::{CUDA_F32, TF32_NOTE};
use exp_model::device::{ChosenDevice, DeviceKind};
use exp_report::text::visible;
use exp_train::Part;
use serde_json::json;

use super::PreparedRun;
use super::measure::Measured;
use crate::shown;

/// What people call a part, and programs.
const PARTS: [(Part, &str, &str); 4] = [
    (Part::Frames, "frames, forward", "frames"),
    (Part::Texts, "texts, forward", "texts"),
    (Part::Backward, "loss and backward", "backward"),
    (Part::Optimiser, "optimiser", "optimiser"),
];

impl Measured {
    fn clips_per_second(&self, seconds: f64) -> f64 {
        self.clips as f64 / seconds
    }

    /// Operations a second while a run trains.
    fn rate(&self) -> f64 {
        self.operations / self.training
    }
}

pub fn print(run: &PreparedRun, device: &ChosenDevice, measured: &Measured, as_json: bool) {
    match as_json {
        true => println!("{:#}", json_of(run, device, measured)),
        false => print!("{}", visible(&text(run, device, measured))),
    }
}

fn text(run: &PreparedRun, device: &ChosenDevice, measured: &Measured) -> String {
    let settings = &run.planned.settings;
    let train = &settings.train;
    let mut lines = vec![
        format!("{}", run.label()),
        format!("{}  {}", run.computed_in, device.name),
        format!(
            "{} clips of {} frames a step, {}{}",
            measured.clips,
            settings.clip.frames.get(),
            match train.micro_batch {
                Some(clips) if clips.get() < measured.clips => {
                    format!("{} at once", clips.get())
                }
                _ => "all at once".to_owned(),
            },
            match train.recompute {
                true => ", recomputing",
                false => "",
            },
        ),
        String::new(),
        "a step in parts           ms   share".to_owned(),
    ];
    for (part, name, _) in PARTS {
        let seconds = measured.parts.get(&part).copied().unwrap_or_default();
        let share = 100.0 * seconds / measured.step;
        lines.push(format!("{name:20} {:>7.1}  {share:>5.1}%", 1e3 * seconds));
    }
    lines.push(format!("{:20} {:>7.1}", "together", 1e3 * measured.step));
    lines.push(String::new());
    lines.push("a batch                   ms   clips/s".to_owned());
    for (name, seconds) in [
        ("training, as it runs", measured.training),
        ("  waiting for clips", measured.waited),
        ("prediction", measured.prediction),
        ("loader alone", measured.loader),
    ] {
        let rate = match name.starts_with(' ') {
            true => String::new(),
            false => format!("  {:>8.1}", measured.clips_per_second(seconds)),
        };
        lines.push(format!("{name:20} {:>7.1}{rate}", 1e3 * seconds));
    }
    let giga = |rate: f64| format!("{:.1} GFLOP/s", rate / 1e9);
    lines.extend([
        String::new(),
        format!(
            "matrix products of the encoders: {} in training, {:.0}% of the {} of a large product here",
            giga(measured.rate()),
            100.0 * measured.rate() / measured.product_rate,
            giga(measured.product_rate),
        ),
        format!(
            "memory at the most: {}",
            measured.peak.map_or("unknown".to_owned(), shown::bytes)
        ),
    ]);
    if device.kind == DeviceKind::Cuda {
        lines.push(match measured.gpu_mib {
            Some(mib) => format!("GPU memory held at the end, by the driver: {mib} MiB"),
            None => "GPU memory: the driver does not name this process".to_owned(),
        });
    }
    if run.computed_in == CUDA_F32 {
        lines.push(format!("note: {TF32_NOTE}"));
    }
    lines.join("\n") + "\n"
}

fn json_of(run: &PreparedRun, device: &ChosenDevice, measured: &Measured) -> serde_json::Value {
    let parts: serde_json::Map<_, _> = PARTS
        .into_iter()
        .map(|(part, _, name)| (name.to_owned(), json!(measured.parts.get(&part))))
        .collect();
    let seconds = json!({
        "parts": parts,
        "step": measured.step,
        "training": measured.training,
        "waited": measured.waited,
        "prediction": measured.prediction,
        "loader": measured.loader,
    });
    json!({
        "run": run.label(),
        "settings": run.planned.settings.to_json(),
        "device": run.computed_in,
        "note": (run.computed_in == CUDA_F32).then_some(TF32_NOTE),
        "device_name": device.name,
        "clips": measured.clips,
        "loader_threads": measured.workers,
        "seconds": seconds,
        "clips_per_second": measured.clips_per_second(measured.training),
        "operations": measured.operations,
        "product_rate": measured.product_rate,
        "share_of_product_rate": measured.rate() / measured.product_rate,
        "peak_bytes": measured.peak,
        "gpu_mib": measured.gpu_mib,
    })
}
