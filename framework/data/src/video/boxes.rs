//! Boxes of the user's own face detector, from a file.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::error::VideoError;
use super::face::Face;
use super::source::Source;

/// The last frame that may have a box, eleven hours into a video of 25 frames a second: memory is
/// taken for all frames before it.
const LAST_FRAME: usize = 1_000_000;

/// What a file of boxes says of each clip.
#[derive(Debug)]
pub(super) struct Boxes {
    /// For each clip by its name the boxes of its frames; frames behind the last box are left out.
    clips: HashMap<String, Vec<Vec<Face>>>,
    /// SHA-256 of the file in hexadecimal.
    pub(super) sha256: String,
}

#[derive(Deserialize)]
struct Row {
    clip: String,
    frame: usize,
    x: f64,
    y: f64,
    width: f64,
    height: f64,
}

impl Boxes {
    /// Reads a file as [`Settings::boxes`](super::Settings::boxes) describes it. Where not one line is
    /// about one of `sources`, the names are likely others, and that is an error.
    pub(super) fn read(file: &Path, sources: &[Source]) -> Result<Self, VideoError> {
        let bytes = fs::read(file).map_err(VideoError::io("read", file))?;
        let problem = |message| VideoError::Boxes {
            path: file.to_owned(),
            message,
        };
        let mut clips: HashMap<String, Vec<Vec<Face>>> = HashMap::new();
        let mut reader = csv::ReaderBuilder::new()
            .trim(csv::Trim::All)
            .from_reader(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes));
        let headers = reader
            .headers()
            .map_err(|error| problem(error.to_string()))?
            .clone();
        let mut record = csv::StringRecord::new();
        while reader
            .read_record(&mut record)
            .map_err(|error| problem(error.to_string()))?
        {
            let line = record.position().map_or(0, csv::Position::line);
            let row: Row = record.deserialize(Some(&headers)).map_err(|error| {
                problem(format!(
                    "line {line}: expected the columns clip, frame, x, y, width, height; {error}"
                ))
            })?;
            let face = row
                .face()
                .map_err(|message| problem(format!("line {line}: {message}")))?;
            let frames = clips.entry(row.clip).or_default();
            if frames.len() < row.frame {
                frames.resize(row.frame, Vec::new());
            }
            frames[row.frame - 1].push(face);
        }
        if let Some(source) = sources.first()
            && !sources.iter().any(|s| clips.contains_key(&s.name()))
        {
            let named = clips.keys().min().cloned().unwrap_or_default();
            return Err(problem(format!(
                "it has none of the clips: the first that it names is `{named}`, the first of the input is `{}`; \
                 a clip is named by its path below the input, without a video's ending",
                source.name()
            )));
        }
        let sha256 = Sha256::digest(&bytes);
        Ok(Self {
            clips,
            sha256: sha256.iter().map(|byte| format!("{byte:02x}")).collect(),
        })
    }

    /// The boxes of a clip's frames in order, up to the last frame that has one.
    pub(super) fn of(&self, clip: &str) -> &[Vec<Face>] {
        self.clips.get(clip).map_or(&[], Vec::as_slice)
    }
}

impl Row {
    fn face(&self) -> Result<Face, String> {
        if self.frame == 0 {
            return Err("frames count from 1, found 0; add 1 to all of them".into());
        }
        if self.frame > LAST_FRAME {
            return Err(format!(
                "expected the number of a frame, from 1 to {LAST_FRAME}, found {}",
                self.frame
            ));
        }
        let numbers = [self.x, self.y, self.width, self.height];
        if !numbers.iter().all(|number| number.is_finite()) || self.width.min(self.height) <= 0.0 {
            return Err(format!(
                "expected a box with a width and a height above 0, found x {}, y {}, width {}, height {}",
                self.x, self.y, self.width, self.height
            ));
        }
        Ok(Face {
            left: self.x,
            top: self.y,
            width: self.width,
            height: self.height,
            score: 1.0,
        })
    }
}
