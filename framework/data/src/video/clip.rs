//! One clip: its face is found, and a square around it is cut out of every frame.

use std::fs;
use std::path::{Path, PathBuf};

use jpeg_encoder::{ColorType, Encoder};
use serde::{Deserialize, Serialize};
use tempfile::TempDir;

use super::boxes::Boxes;
use super::error::VideoError;
use super::face::{Face, Square, main_face};
use super::ffmpeg::Ffmpeg;
use super::source::{Content, Source, sources};
use super::yunet::FaceDetector;
use crate::resize::crop_resize;

/// Sides of the frames that are written, in pixels: what the model sees.
pub const SIDE: u16 = 224;
/// JPEG quality, 1 to 100.
const QUALITY: u8 = 95;

/// How faces are cut out.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// How much larger than the face's box the square is, as a share of the box's longer side.
    pub margin: f64,
    /// What becomes of clips without a face.
    pub no_face: NoFace,
    /// A CSV file of boxes to use in the detector's stead, with the columns `clip`, `frame`, `x`, `y`,
    /// `width` and `height`, named in its first line, in any order, among others: the clip's path
    /// below the input without the video's ending, the frame counted from 1, and a box in pixels of
    /// the frame from its upper left corner. A frame may have several boxes or none.
    pub boxes: Option<PathBuf>,
}

impl Default for Settings {
    /// A margin of 0.3; the middle of clips without a face; the built-in detector.
    fn default() -> Self {
        Self {
            margin: 0.3,
            no_face: NoFace::Crop,
            boxes: None,
        }
    }
}

/// What becomes of a clip in which no face was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoFace {
    /// The largest square in the middle is cut out.
    Crop,
    /// Nothing is written.
    Skip,
}

/// What became of a clip: a line of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The clip's name.
    pub clip: String,
    /// How it ended.
    pub result: Outcome,
    /// How many frames it has, where they were counted.
    pub frames: Option<usize>,
    /// How many of them show the face that was cut out.
    pub faces: usize,
    /// First column of the square in the first frame.
    pub left: Option<usize>,
    /// First row of the square in the first frame.
    pub top: Option<usize>,
    /// The square's side in pixels of the video, before it is scaled.
    pub side: Option<usize>,
    /// Why it failed, or what ffmpeg found damaged.
    pub message: String,
}

impl Record {
    fn new(source: &Source, result: Outcome) -> Self {
        Self {
            clip: source.name(),
            result,
            frames: None,
            faces: 0,
            left: None,
            top: None,
            side: None,
            message: String::new(),
        }
    }

    pub(super) fn failed(source: &Source, error: &VideoError) -> Self {
        Self {
            message: error.to_string(),
            ..Self::new(source, Outcome::Failed)
        }
    }
}

/// How the preparation of a clip ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// A face was found and cut out.
    Face,
    /// There was none, and the middle was cut out.
    NoFace,
    /// There was none, and nothing was written.
    Skipped,
    /// It could not be prepared.
    Failed,
}

/// A clip's frames as the model is to see them, in a folder of their own for as long as this lives.
#[derive(Debug)]
pub struct PreparedClip {
    /// The JPEG files in the order of time.
    pub frames: Vec<PathBuf>,
    /// What was found.
    pub record: Record,
    /// Removed with its content when this is dropped.
    _folder: TempDir,
}

/// Prepares one video or one folder of frames, as [`Job`](super::Job) does with many.
///
/// There are no frames where no face was found and [`NoFace::Skip`] is set.
pub fn prepare_clip(input: &Path, settings: &Settings) -> Result<PreparedClip, VideoError> {
    let found = sources(input, None)?;
    let [source] = &found[..] else {
        return Err(VideoError::Input {
            path: input.to_owned(),
            message: format!(
                "expected one video or one folder of frames, found {} clips in it; name one of them",
                found.len()
            ),
        });
    };
    let folder =
        tempfile::tempdir().map_err(VideoError::io("make a folder in", &std::env::temp_dir()))?;
    let preparer = Preparer::new(settings, &found)?;
    let record = preparer.prepare(source, folder.path())?;
    let count = match record.result {
        Outcome::Face | Outcome::NoFace => record.frames.unwrap_or_default(),
        Outcome::Skipped | Outcome::Failed => 0,
    };
    let frames = (1..=count).map(|number| frame_path(folder.path(), number));
    Ok(PreparedClip {
        frames: frames.collect(),
        record,
        _folder: folder,
    })
}

/// All that is needed to prepare clips, on any number of threads.
pub(super) struct Preparer {
    /// Absent where no clip is a video.
    ffmpeg: Option<Ffmpeg>,
    pub(super) faces: Faces,
    margin: f64,
    no_face: NoFace,
}

/// Who says where faces are.
pub(super) enum Faces {
    Detector(FaceDetector),
    File(Boxes),
}

impl Preparer {
    pub(super) fn new(settings: &Settings, sources: &[Source]) -> Result<Self, VideoError> {
        let videos = |source: &Source| matches!(source.content, Content::Video(_));
        Ok(Self {
            ffmpeg: match sources.iter().any(videos) {
                true => Some(Ffmpeg::find()?),
                false => None,
            },
            faces: match &settings.boxes {
                Some(file) => Faces::File(Boxes::read(file, sources)?),
                None => Faces::Detector(FaceDetector::new()?),
            },
            margin: settings.margin,
            no_face: settings.no_face,
        })
    }

    /// Writes a clip's frames to a folder. They are decoded twice, since the square is known only
    /// when all have been seen, and a long video would not fit in memory.
    pub(super) fn prepare(&self, source: &Source, folder: &Path) -> Result<Record, VideoError> {
        let mut record = Record::new(source, Outcome::Face);
        let mut found: Vec<Vec<Face>> = Vec::new();
        let found = match &self.faces {
            Faces::Detector(detector) => {
                let (count, message) = source.frames(self.ffmpeg, &mut |frame| {
                    found.push(detector.detect(&frame));
                    Ok(())
                })?;
                (record.frames, record.message) = (Some(count), message);
                &found
            }
            Faces::File(boxes) => boxes.of(&record.clip),
        };
        let face = main_face(found);
        record.faces = face.len();
        if face.is_empty() {
            record.result = match self.no_face {
                NoFace::Crop => Outcome::NoFace,
                NoFace::Skip => Outcome::Skipped,
            };
        }
        if record.result == Outcome::Skipped {
            return Ok(record);
        }
        let square = Square::follow(&face, self.margin);
        let (mut index, mut first) = (0, None);
        let (count, message) = source.frames(self.ffmpeg, &mut |frame| {
            let area = square.at(index, frame.width, frame.height);
            first.get_or_insert(area);
            index += 1;
            let side = usize::from(SIDE);
            write(
                &frame_path(folder, index),
                &crop_resize(&frame, area, side, side).rgb,
            )
        })?;
        if found.len() > count {
            return Err(VideoError::BoxBeyond {
                frame: found.len(),
                frames: count,
            });
        }
        record.frames = Some(count);
        record.message = message;
        record.left = first.map(|area| area.left);
        record.top = first.map(|area| area.top);
        record.side = first.map(|area| area.width);
        Ok(record)
    }
}

fn frame_path(folder: &Path, number: usize) -> PathBuf {
    folder.join(format!("{number:05}.jpg"))
}

fn write(path: &Path, rgb: &[u8]) -> Result<(), VideoError> {
    let mut bytes = Vec::new();
    Encoder::new(&mut bytes, QUALITY)
        .encode(rgb, SIDE, SIDE, ColorType::Rgb)
        .map_err(|reason| VideoError::Encode {
            path: path.to_owned(),
            reason,
        })?;
    fs::write(path, bytes).map_err(VideoError::io("write", path))
}
