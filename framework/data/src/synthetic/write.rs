//! The benchmark on disk: drawn once, recognised by its manifest.

use super::VERSION;
use super::action::Emotion;
use super::clip::perform;
use super::difficulty::{DIFFICULTY, Difficulty};
use super::identity::Identity;
use super::plan::{ClipPlan, Plan};
use super::rng::{Stream, generator};
use super::scene::{SIZE, Scene};
use exp_core::clip::{Clip, Split};
use jpeg_encoder::{ColorType, Encoder};
use rayon::prelude::*;
use serde::Serialize;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Quality of the JPEG files, of 100: artefacts as in a good video, none that hide a cue.
const QUALITY: u8 = 90;

const MANIFEST: &str = "manifest.json";

/// The embedded benchmark: `train` and `test` clips of drawn faces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Synthetic {
    /// Decides every pixel.
    pub seed: u64,
    /// Number of training clips.
    pub train: usize,
    /// Number of test clips.
    pub test: usize,
}

/// Why the benchmark could not be drawn.
#[derive(Debug, thiserror::Error)]
pub enum SyntheticError {
    /// A file or folder could not be written, read or renamed.
    #[error("cannot {action} {}: {source}; check that the disk is not full and the folder may be written", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// On which file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A frame could not be written.
    #[error("cannot write the frame {}: {source}; check that the disk is not full", path.display())]
    Frame {
        /// The frame's file.
        path: PathBuf,
        /// What the encoder said.
        source: jpeg_encoder::EncodingError,
    },
    /// The folder holds something else, which is not ours to delete.
    #[error(
        "{} is to hold the synthetic benchmark, but it has other files in it and no {MANIFEST}; name an empty or new folder, or remove what is in it",
        path.display()
    )]
    Occupied {
        /// The folder.
        path: PathBuf,
    },
    /// Too few clips for seven classes.
    #[error(
        "the synthetic benchmark has seven classes, so it needs at least 7 training and 7 test clips; found {train} and {test}"
    )]
    TooFew {
        /// Training clips asked for.
        train: usize,
        /// Test clips asked for.
        test: usize,
    },
}

/// What is drawn, in full: a folder with the same manifest is complete and needs no drawing.
#[derive(Serialize)]
struct Manifest<'a> {
    generator: u32,
    seed: u64,
    difficulty: &'a Difficulty,
    clips: Vec<ManifestClip<'a>>,
}

#[derive(Serialize)]
struct ManifestClip<'a> {
    name: &'a str,
    frames: usize,
    label: usize,
    subject: String,
}

impl Synthetic {
    /// Draws the benchmark into `root`, unless it is there already, and returns its clips.
    ///
    /// The frames are `SIZE` x `SIZE` JPEG files, `train/happiness_0001_s012/00001.jpg` and so on. They
    /// are drawn beside `root` and renamed when complete, so `root` never holds half a benchmark; one
    /// that was drawn with other settings is replaced. `progress` is called with the number of clips
    /// done and their total, from several threads at once, and not at all when nothing needs drawing.
    ///
    /// # Errors
    /// When there are too few clips for the classes, when `root` holds something else, or when a
    /// file cannot be written.
    pub fn write(
        &self,
        root: &Path,
        progress: &(dyn Fn(usize, usize) + Sync),
    ) -> Result<Split, SyntheticError> {
        if self.train < Emotion::ALL.len() || self.test < Emotion::ALL.len() {
            return Err(SyntheticError::TooFew {
                train: self.train,
                test: self.test,
            });
        }
        let plan = Plan::new(self.seed, self.train, self.test, &DIFFICULTY);
        let manifest = self.manifest(&plan);
        if !is_complete(root, &manifest, &plan) {
            // Of several processes one draws, and the others wait for it.
            let _drawing = lock(root)?;
            let occupied = fs::read_dir(root).is_ok_and(|mut entries| entries.next().is_some());
            if occupied && !root.join(MANIFEST).exists() {
                return Err(SyntheticError::Occupied {
                    path: root.to_owned(),
                });
            }
            if !is_complete(root, &manifest, &plan) {
                self.draw(root, &plan, &manifest, progress)?;
            }
        }
        let clips = |plans: &[ClipPlan]| plans.iter().map(|clip| record(root, clip)).collect();
        Ok(Split {
            classes: Emotion::ALL
                .map(|emotion| emotion.name().to_owned())
                .to_vec(),
            train: clips(&plan.train),
            test: clips(&plan.test),
            ..Split::default()
        })
    }

    fn manifest(&self, plan: &Plan) -> String {
        let clips = plan
            .clips()
            .map(|clip| ManifestClip {
                name: &clip.name,
                frames: clip.frames,
                label: clip.emotion as usize,
                subject: subject(clip),
            })
            .collect();
        let manifest = Manifest {
            generator: VERSION,
            seed: self.seed,
            difficulty: &DIFFICULTY,
            clips,
        };
        // Plain numbers and strings always serialise; an empty text would only mean drawing anew.
        serde_json::to_string_pretty(&manifest).unwrap_or_default()
    }

    /// Draws into a folder beside `root` and puts it in `root`'s place.
    fn draw(
        &self,
        root: &Path,
        plan: &Plan,
        manifest: &str,
        progress: &(dyn Fn(usize, usize) + Sync),
    ) -> Result<(), SyntheticError> {
        let (drawing, old) = (beside(root, "drawing"), beside(root, "old"));
        remove(&drawing)?;
        create(&drawing)?;
        let clips: Vec<&ClipPlan> = plan.clips().collect();
        let (done, total) = (AtomicUsize::new(0), clips.len());
        let drawn = clips.par_iter().try_for_each(|clip| {
            self.draw_clip(&drawing, clip)?;
            progress(done.fetch_add(1, Ordering::Relaxed) + 1, total);
            Ok(())
        });
        let written = drawn.and_then(|()| {
            let path = drawing.join(MANIFEST);
            fs::write(&path, manifest).map_err(|source| SyntheticError::Io {
                action: "write",
                path,
                source,
            })
        });
        if let Err(error) = written {
            // The first error is the one to report; what it left behind is best removed, if it can be.
            let _ = fs::remove_dir_all(&drawing);
            return Err(error);
        }
        if root.exists() {
            remove(&old)?;
            rename(root, &old)?;
        }
        rename(&drawing, root)?;
        remove(&old)
    }

    fn draw_clip(&self, root: &Path, plan: &ClipPlan) -> Result<(), SyntheticError> {
        create(&root.join(&plan.name))?;
        for (path, rgb) in frame_paths(root, plan).into_iter().zip(self.frames(plan)) {
            let side = SIZE as u16;
            Encoder::new_file(&path, QUALITY)
                .and_then(|encoder| encoder.encode(&rgb, side, side, ColorType::Rgb))
                .map_err(|source| SyntheticError::Frame { path, source })?;
        }
        Ok(())
    }

    /// The frames of a clip, one after the other: red, green, blue, row by row.
    fn frames(&self, plan: &ClipPlan) -> impl Iterator<Item = Vec<u8>> + use<> {
        let mut rng = generator(self.seed, Stream::Identity, plan.subject);
        let identity = Identity::draw(&mut rng, DIFFICULTY.resting_face);
        let mut rng = generator(self.seed, Stream::Camera, plan.index);
        let scene = Scene::draw(&mut rng, &DIFFICULTY);
        perform(self.seed, plan, &DIFFICULTY)
            .into_iter()
            .enumerate()
            .map(move |(t, action)| scene.frame(&identity, &action, t, &mut rng))
    }
}

fn subject(plan: &ClipPlan) -> String {
    format!("s{:03}", plan.subject)
}

fn frame_paths(root: &Path, plan: &ClipPlan) -> Vec<PathBuf> {
    let folder = root.join(&plan.name);
    (1..=plan.frames)
        .map(|number| folder.join(format!("{number:05}.jpg")))
        .collect()
}

fn record(root: &Path, plan: &ClipPlan) -> Clip {
    Clip {
        name: plan.name.clone(),
        frames: frame_paths(root, plan),
        label: plan.emotion as usize,
        subject: Some(subject(plan)),
    }
}

/// A file or folder of this kind beside `root`.
fn beside(root: &Path, kind: &str) -> PathBuf {
    let mut name = root.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{kind}"));
    root.with_file_name(name)
}

/// The right to draw into `root`, until the file is dropped.
fn lock(root: &Path) -> Result<File, SyntheticError> {
    let path = beside(root, "lock");
    if let Some(folder) = path.parent() {
        create(folder)?;
    }
    let locked = File::create(&path).and_then(|file| file.lock().map(|()| file));
    locked.map_err(|source| SyntheticError::Io {
        action: "lock",
        path,
        source,
    })
}

/// Whether `root` holds exactly what would be drawn: the same manifest, and every file it lists.
fn is_complete(root: &Path, manifest: &str, plan: &Plan) -> bool {
    fs::read_to_string(root.join(MANIFEST)).is_ok_and(|text| text == manifest)
        && plan
            .clips()
            .all(|clip| frame_paths(root, clip).iter().all(|path| path.is_file()))
}

fn create(path: &Path) -> Result<(), SyntheticError> {
    fs::create_dir_all(path).map_err(|source| SyntheticError::Io {
        action: "create the folder",
        path: path.to_owned(),
        source,
    })
}

fn rename(from: &Path, to: &Path) -> Result<(), SyntheticError> {
    fs::rename(from, to).map_err(|source| SyntheticError::Io {
        action: "rename to its place",
        path: from.to_owned(),
        source,
    })
}

/// Removes a folder, if it is there.
fn remove(path: &Path) -> Result<(), SyntheticError> {
    match fs::remove_dir_all(path) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => Err(SyntheticError::Io {
            action: "remove",
            path: path.to_owned(),
            source,
        }),
        _ => Ok(()),
    }
}
