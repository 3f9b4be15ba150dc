//! Many clips: prepared side by side into one folder, and taken up again where they were left.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use serde::Serialize;
use serde_json::{Map, Value};

use super::clip::{Faces, NoFace, Outcome, Preparer, Record, SIDE, Settings};
use super::error::VideoError;
use super::log::{self, Log};
use super::source::{Source, sources};

/// The settings, in the output folder; its lock is the folder's.
const SETTINGS: &str = "prepare.json";
/// The log, in the output folder.
const LOG: &str = "prepare.csv";
/// Frames of clips that are being prepared, in the output folder.
const UNFINISHED: &str = ".unfinished";
/// What no clip's folder may be called: the above, and the log while it is written anew.
pub(super) const OWN_NAMES: [&str; 4] = [SETTINGS, LOG, "prepare.new", UNFINISHED];

/// What frames in a folder depend on, as it stands in [`SETTINGS`].
#[derive(Serialize)]
struct Made {
    /// Its path. One that is not UTF-8 is quoted, with the odd bytes as `\xE9`.
    input: String,
    /// `yunet`, or the SHA-256 of the file of boxes.
    faces: String,
    margin: f64,
    no_face: NoFace,
    side: u16,
}

/// The work to be done between an input and an output folder.
pub struct Job {
    preparer: Preparer,
    output: PathBuf,
    sources: Vec<Source>,
    /// What became of clips before, from the log.
    earlier: HashMap<String, Record>,
    /// Keeps the lock for as long as this lives.
    _lock: File,
}

impl Job {
    /// Looks what `input` holds and what `output` has of it already; makes `output` where it is not.
    ///
    /// An `output` that has other content, that was made from another input or with other settings,
    /// or that another process writes to, is an error. So is a missing ffmpeg if there are videos.
    pub fn open(input: &Path, output: &Path, settings: &Settings) -> Result<Self, VideoError> {
        let sources = sources(input, Some(output))?;
        let preparer = Preparer::new(settings, &sources)?;
        let whole = fs::canonicalize(input).map_err(VideoError::io("read", input))?;
        let made = Made {
            input: match whole.to_str() {
                Some(path) => path.to_owned(),
                None => format!("{whole:?}"),
            },
            faces: match &preparer.faces {
                Faces::Detector(_) => "yunet".to_owned(),
                Faces::File(boxes) => boxes.sha256.clone(),
            },
            margin: settings.margin,
            no_face: settings.no_face,
            side: SIDE,
        };
        let lock = occupy(output, &made)?;
        remove(&output.join(UNFINISHED))?;
        let earlier = log::read(&output.join(LOG)).into_iter();
        Ok(Self {
            preparer,
            output: output.to_owned(),
            sources,
            // A later line of a clip replaces an earlier one.
            earlier: earlier.map(|r| (r.clip.clone(), r)).collect(),
            _lock: lock,
        })
    }

    /// The log: a line for each clip.
    pub fn log(&self) -> PathBuf {
        self.output.join(LOG)
    }

    /// How many clips the input has.
    pub fn clips(&self) -> usize {
        self.sources.len()
    }

    /// How many of them are not done yet.
    pub fn pending(&self) -> usize {
        let done = |source: &&Source| self.done(source).is_none();
        self.sources.iter().filter(done).count()
    }

    /// What became of a clip earlier on. One that failed is tried again.
    fn done(&self, source: &Source) -> Option<&Record> {
        let record = self.earlier.get(&source.name())?;
        let done = match record.result {
            Outcome::Face | Outcome::NoFace => self.output.join(&source.folder).is_dir(),
            Outcome::Skipped => true,
            Outcome::Failed => false,
        };
        done.then_some(record)
    }

    /// Prepares what is pending, on all cores, and tells `progress` of every clip that ends. Returns
    /// what became of all clips of the input, in natural order, also of those done before.
    ///
    /// A clip that cannot be prepared is recorded with its reason, and the others go on.
    pub fn run(&self, progress: &(dyn Fn(&Record) + Sync)) -> Result<Vec<Record>, VideoError> {
        let done = |source| self.done(source).cloned();
        let done: Vec<Record> = self.sources.iter().filter_map(done).collect();
        let log = Log::create(&self.log(), &done)?;
        let records: Vec<Record> = self
            .sources
            .par_iter()
            .enumerate()
            .map(|(index, source)| match self.done(source) {
                Some(record) => Ok(record.clone()),
                None => {
                    let record = self.clip(index, source, &log)?;
                    progress(&record);
                    Ok(record)
                }
            })
            .collect::<Result<_, VideoError>>()?;
        remove(&self.output.join(UNFINISHED))?;
        // Once more, in order.
        Log::create(&self.log(), &records)?;
        Ok(records)
    }

    /// Prepares a clip in a folder of its own, which then goes to its place: what is there is whole.
    fn clip(&self, index: usize, source: &Source, log: &Log) -> Result<Record, VideoError> {
        let unfinished = self.output.join(UNFINISHED).join(index.to_string());
        create(&unfinished)?;
        let place = self.output.join(&source.folder);
        let record = only_frames(&place)
            .and_then(|()| self.preparer.prepare(source, &unfinished))
            .unwrap_or_else(|error| Record::failed(source, &error));
        // Before the folder, so that every finished clip has its line.
        log.add(&record)?;
        match record.result {
            Outcome::Face | Outcome::NoFace => {
                // A clip without a line in the log.
                remove(&place)?;
                create(place.parent().unwrap_or(&self.output))?;
                fs::rename(&unfinished, &place).map_err(VideoError::io("make", &place))?;
            }
            Outcome::Skipped | Outcome::Failed => remove(&unfinished)?,
        }
        Ok(record)
    }
}

/// Makes the output folder ours: locks it, and writes down or compares what its frames depend on.
fn occupy(output: &Path, made: &Made) -> Result<File, VideoError> {
    let path = output.join(SETTINGS);
    let refuse = |message: &str| VideoError::Output {
        path: output.to_owned(),
        message: message.to_owned(),
    };
    let now = serde_json::to_value(made)
        .map_err(|error| refuse(&format!("the settings cannot be written down: {error}")))?;
    create(output)?;
    let mut entries = fs::read_dir(output).map_err(VideoError::io("read", output))?;
    if entries.next().is_some() && !path.exists() {
        return Err(refuse(
            "the folder is not empty and was not made by `exp data prepare`; name one that is empty or new",
        ));
    }
    let options = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path);
    let mut file = options.map_err(VideoError::io("write", &path))?;
    // Some network file systems have no locks; there it is up to the user.
    if let Err(TryLockError::WouldBlock) = file.try_lock() {
        return Err(refuse(
            "another `exp data prepare` is writing to this folder; wait until it has ended",
        ));
    }
    let mut text = String::new();
    file.read_to_string(&mut text)
        .map_err(VideoError::io("read", &path))?;
    if text.is_empty() {
        file.write_all(format!("{now:#}\n").as_bytes())
            .map_err(VideoError::io("write", &path))?;
        return Ok(file);
    }
    let before: Map<String, Value> = serde_json::from_str(&text).unwrap_or_default();
    let now = now.as_object().into_iter().flatten();
    let changed: Vec<String> = now
        .filter(|(name, now)| before.get(*name) != Some(now))
        .map(|(name, now)| {
            let before = before.get(name).unwrap_or(&Value::Null);
            format!("`{name}` was {before} and is {now}")
        })
        .collect();
    if !changed.is_empty() {
        return Err(refuse(&format!(
            "its clips were made in another way: {}; name another folder, or remove this one",
            changed.join(", ")
        )));
    }
    Ok(file)
}

fn create(path: &Path) -> Result<(), VideoError> {
    fs::create_dir_all(path).map_err(VideoError::io("make the folder", path))
}

/// Refuses to replace a folder that holds anything but frames as they are written here, such as
/// another clip's folder from an earlier run, or files of the user.
fn only_frames(place: &Path) -> Result<(), VideoError> {
    let entries = match fs::read_dir(place) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        entries => entries.map_err(VideoError::io("read", place))?,
    };
    for entry in entries {
        let path = entry.map_err(VideoError::io("read", place))?.path();
        let number = path.file_stem().unwrap_or_default().as_encoded_bytes();
        let is_frame = path.extension().is_some_and(|extension| extension == "jpg")
            && number.iter().all(u8::is_ascii_digit);
        if !is_frame || path.is_dir() {
            return Err(VideoError::Output {
                path: place.to_owned(),
                message: format!(
                    "a clip is to be written here, but {} is no frame of one; move it elsewhere",
                    path.display()
                ),
            });
        }
    }
    Ok(())
}

/// Removes a folder, if it is there.
fn remove(path: &Path) -> Result<(), VideoError> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(VideoError::io("remove", path)(error))
        }
        _ => Ok(()),
    }
}
