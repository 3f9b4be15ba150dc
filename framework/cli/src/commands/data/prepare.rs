//! `exp data prepare`: from videos to face frames.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use exp_data::video::{self, Job, Record, Settings};

use crate::Outcome;
use crate::progress::steps_bar;

/// How many failed clips are named; the log names all.
const NAMED: usize = 10;

/// Turn videos into face frames: a square around the face, cut out of every frame of a clip.
///
/// Writes FOLDER/CLIP/00001.jpg and on (224 x 224 pixels) for each clip, and FOLDER/prepare.csv, which
/// says what was found. Videos are decoded by the program ffmpeg. When it was stopped, the same
/// command goes on where it was.
#[derive(Args)]
pub struct Arguments {
    /// A video, a folder of frames, or a folder that holds videos or folders of frames at any depth.
    input: PathBuf,
    /// Where to write; clips keep their names and folders.
    #[arg(short, long, value_name = "FOLDER")]
    out: PathBuf,
    /// How much larger than the face the square is: 0.3 makes it 1.3 times as large.
    #[arg(long, value_name = "SHARE", default_value_t = Settings::default().margin, value_parser = margin)]
    margin: f64,
    /// What to do with a clip in which no face is found.
    #[arg(long, value_enum, default_value_t = NoFace::Crop)]
    no_face: NoFace,
    /// Use the boxes of your own face detector: a CSV file with the columns clip, frame (from 1), x,
    /// y, width and height, in pixels.
    #[arg(long, value_name = "FILE")]
    boxes: Option<PathBuf>,
}

/// What to do with a clip in which no face is found.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum NoFace {
    /// Cut out the largest square in the middle.
    Crop,
    /// Leave it out.
    Skip,
}

fn margin(text: &str) -> Result<f64, String> {
    let margin: f64 = text.parse().map_err(|_| "expected a number".to_owned())?;
    match (0.0..=10.0).contains(&margin) {
        true => Ok(margin),
        false => Err("expected a share from 0 to 10, such as 0.3".to_owned()),
    }
}

pub fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    let settings = Settings {
        margin: arguments.margin,
        no_face: match arguments.no_face {
            NoFace::Crop => video::NoFace::Crop,
            NoFace::Skip => video::NoFace::Skip,
        },
        boxes: arguments.boxes.clone(),
    };
    let job = Job::open(&arguments.input, &arguments.out, &settings)?;
    let bar = steps_bar(job.pending(), "clips");
    let ran = job.run(&|record| bar.advance(1, &record.clip));
    bar.finish();
    let records = match ran {
        Ok(records) => records,
        Err(error) => return Ok(Outcome::BrokenOff(error.into())),
    };
    let failed = report(&records);
    println!("Log: {}", job.log().display());
    Ok(match failed {
        0 => Outcome::Done,
        _ => Outcome::SomeFailed,
    })
}

/// Prints what became of the clips; returns how many failed.
fn report(records: &[Record]) -> usize {
    let ended = |outcome| {
        records
            .iter()
            .filter(move |record| record.result == outcome)
    };
    for (outcome, text) in [
        (video::Outcome::Face, "with a face"),
        (
            video::Outcome::NoFace,
            "without a face: their middle was cut out",
        ),
        (video::Outcome::Skipped, "without a face: left out"),
        (video::Outcome::Failed, "failed"),
    ] {
        let count = ended(outcome).count();
        if count > 0 {
            println!("{count:>7} {text}");
        }
    }
    let damaged = records
        .iter()
        .filter(|record| record.result != video::Outcome::Failed && !record.message.is_empty());
    let failed = ended(video::Outcome::Failed);
    for (what, records) in [
        ("failed", failed.collect::<Vec<_>>()),
        ("damaged, but could be decoded", damaged.collect()),
    ] {
        for record in records.iter().take(NAMED) {
            eprintln!("{what}: {}: {}", record.clip, record.message);
        }
        if records.len() > NAMED {
            eprintln!("{what}: {} more; the log names them", records.len() - NAMED);
        }
    }
    ended(video::Outcome::Failed).count()
}
