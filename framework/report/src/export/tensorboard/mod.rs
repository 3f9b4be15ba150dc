//! Event files of the learning curves, as TensorBoard reads them: one folder a run.

mod event;
mod record;

use std::path::PathBuf;

use exp_store::RunRecord;

use super::{Exporter, Rendered, ReportError};
use crate::Report;
use crate::summary::Setting;

/// For looking at curves with `tensorboard --logdir FOLDER`.
pub struct TensorBoard;

impl Exporter for TensorBoard {
    fn name(&self) -> &'static str {
        "tensorboard"
    }

    fn describes(&self) -> &'static str {
        "TensorBoard event files of the learning curves, a folder for each run"
    }

    fn extension(&self) -> Option<&'static str> {
        None
    }

    fn series(&self) -> Option<&'static [&'static str]> {
        None
    }

    fn render(&self, reports: &[Report]) -> Result<Rendered, ReportError> {
        let files = reports.iter().flat_map(|report| {
            let runs = report.data.runs.iter().filter(|run| !run.points.is_empty());
            runs.map(|run| {
                let setting = report.summary.settings.iter();
                let setting = setting
                    .into_iter()
                    .find(|setting| setting.levels == run.levels);
                (path(&report.summary.name, setting, run), events(run))
            })
        });
        Ok(Rendered::Folder(files.collect()))
    }
}

/// `EXPERIMENT/BENCHMARK/SETTING seed S fold F ID/events.out.tfevents.SECONDS.HOST`; TensorBoard
/// shows the folder as the run's name.
fn path(experiment: &str, setting: Option<&Setting>, run: &RunRecord) -> PathBuf {
    let setting = setting.map_or_else(String::new, |setting| {
        format!("{} {} ", setting.letter, setting.title)
    });
    let id: String = run.id.chars().take(8).collect();
    let folder = format!(
        "{} seed {} fold {} {}",
        plain(&setting),
        run.seed,
        run.fold,
        plain(&id)
    );
    let seconds = run.started.map_or(0, |time| time.as_second());
    [
        plain(experiment),
        plain(&run.benchmark),
        folder,
        format!("events.out.tfevents.{seconds:010}.exp"),
    ]
    .iter()
    .collect()
}

/// The longest part of a path that is made of people's words; file systems take 255 bytes.
const LONGEST: usize = 120;

/// A text as part of a path on any file system: letters, digits, spaces and a few marks.
fn plain(text: &str) -> String {
    let keep = |letter: char| match letter {
        letter if letter.is_ascii_alphanumeric() || "-_.=+".contains(letter) => letter,
        _ => ' ',
    };
    let kept: String = text.chars().map(keep).collect();
    let words: Vec<&str> = kept.split_whitespace().collect();
    let name: String = words.join(" ").chars().take(LONGEST).collect();
    let name = name.trim_matches(['.', ' ']);
    match name.is_empty() {
        true => "unnamed".to_owned(),
        false => name.to_owned(),
    }
}

/// All points of a run, epoch by epoch.
fn events(run: &RunRecord) -> Vec<u8> {
    let begun = run
        .started
        .map_or(0.0, |time| time.as_millisecond() as f64 / 1e3);
    let mut file = record::framed(&event::version(begun));
    let mut points: Vec<_> = run.points.iter().collect();
    points.sort_by_key(|point| point.epoch);
    let mut time = begun;
    for epoch in points.chunk_by(|one, other| one.epoch == other.epoch) {
        let seconds = epoch
            .iter()
            .find(|point| point.series == "time/epoch_seconds");
        time += seconds.map_or(0.0, |point| point.value).max(0.0);
        let step = epoch.first().map_or(0, |point| point.epoch as u64);
        let values = epoch
            .iter()
            .map(|point| (point.series.as_str(), point.value as f32));
        file.extend(record::framed(&event::scalars(time, step, values)));
    }
    file
}
