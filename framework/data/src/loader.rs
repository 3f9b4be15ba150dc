//! Batches of clips, read by worker threads ahead of the training loop.
//!
//! Clip `i` of the order is read by worker `i % workers`, which hands it over through a bounded
//! channel of its own. So clips arrive in order without sorting, at most about one batch is read
//! ahead, and no clip depends on how many workers there are: every random draw comes from a
//! generator seeded by (seed, epoch, clip).

use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use exp_core::clip::Clip;
use exp_core::experiment::{Augmentation, Normalize};
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;
use rand::seq::SliceRandom;

use crate::error::DataError;
use crate::sampling::{segment_centres, segment_sample};
use crate::transform::{append_normalized, evaluation_pixels, training_pixels};

/// Sizes of what a loader delivers. All must be at least 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoaderSettings {
    /// Frames of a clip, the model's T.
    pub frames: usize,
    /// Side of the square input in pixels.
    pub size: usize,
    /// Clips in a batch.
    pub batch: usize,
    /// Threads that read clips.
    pub workers: usize,
    /// What is done to values in 0 to 1.
    pub normalize: Normalize,
}

/// Clips of one batch.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    /// Which clips: indices into the loader's clips.
    pub clips: Vec<usize>,
    /// Values, `[batch, frames, 3, size, size]`.
    pub pixels: Vec<f32>,
    /// The shape of `pixels`.
    pub shape: [usize; 5],
    /// Label of each clip.
    pub labels: Vec<usize>,
}

/// Reads clips in batches.
#[derive(Debug, Clone)]
pub struct Loader {
    clips: Arc<[Clip]>,
    settings: LoaderSettings,
}

impl Loader {
    /// A loader over clips; a `Vec` or an `Arc<[Clip]>` is taken without copying the clips.
    ///
    /// A size of 0 is an error ([`DataError::ZeroSetting`]).
    pub fn new(clips: impl Into<Arc<[Clip]>>, settings: LoaderSettings) -> Result<Self, DataError> {
        for (name, value) in [
            ("frames", settings.frames),
            ("size", settings.size),
            ("batch", settings.batch),
            ("workers", settings.workers),
        ] {
            if value == 0 {
                return Err(DataError::ZeroSetting { name });
            }
        }
        Ok(Self {
            clips: clips.into(),
            settings,
        })
    }

    /// The clips that indices of a [`Batch`] point at.
    pub fn clips(&self) -> &[Clip] {
        &self.clips
    }

    /// One epoch of training: shuffled, a random frame of each segment, augmented, an incomplete
    /// last batch dropped.
    ///
    /// Fewer clips than a batch takes is an error ([`DataError::TooFewClips`]).
    pub fn training(
        &self,
        augment: &Augmentation,
        seed: u64,
        epoch: u64,
    ) -> Result<Batches, DataError> {
        let (clips, batch) = (self.clips.len(), self.settings.batch);
        if clips < batch {
            return Err(DataError::TooFewClips { clips, batch });
        }
        let mut order: Vec<usize> = (0..clips).collect();
        order.shuffle(&mut generator(seed, epoch, u64::MAX));
        order.truncate(clips - clips % batch);

        let (settings, augment) = (self.settings, augment.clone());
        Ok(self.start(order, move |index, clip| {
            let rng = &mut generator(seed, epoch, index as u64);
            let indices = segment_sample(clip.frames.len(), settings.frames, rng);
            training_pixels(clip, &indices, settings.size, &augment, rng)
        }))
    }

    /// All clips in order: the middle frame of each segment, not augmented, the last batch kept.
    pub fn evaluation(&self) -> Batches {
        let settings = self.settings;
        self.start((0..self.clips.len()).collect(), move |_, clip| {
            let indices = segment_centres(clip.frames.len(), settings.frames);
            evaluation_pixels(clip, &indices, settings.size)
        })
    }

    fn start(
        &self,
        order: Vec<usize>,
        read: impl Fn(usize, &Clip) -> Result<Vec<u8>, DataError> + Clone + Send + 'static,
    ) -> Batches {
        let order: Arc<[usize]> = order.into();
        let workers = self.settings.workers.min(order.len());
        let ahead = self.settings.batch.div_ceil(workers.max(1));
        let (receivers, threads) = (0..workers)
            .map(|worker| {
                let (sender, receiver) = sync_channel(ahead);
                let (order, clips, read) = (order.clone(), self.clips.clone(), read.clone());
                let thread = thread::spawn(move || {
                    for &index in order.iter().skip(worker).step_by(workers) {
                        let pixels = read(index, &clips[index]);
                        let failed = pixels.is_err();
                        // Nobody listens once the batches are dropped or an error was met.
                        if sender.send(pixels).is_err() || failed {
                            return;
                        }
                    }
                });
                (receiver, thread)
            })
            .unzip();
        Batches {
            clips: self.clips.clone(),
            settings: self.settings,
            order,
            done: 0,
            receivers,
            threads,
            waited: Duration::ZERO,
        }
    }
}

/// The generator of one clip in one epoch. ChaCha takes the three numbers as its key, so no two
/// of them share a stream.
fn generator(seed: u64, epoch: u64, clip: u64) -> ChaCha8Rng {
    let mut key = [0; 32];
    for (bytes, number) in key.chunks_exact_mut(8).zip([seed, epoch, clip]) {
        bytes.copy_from_slice(&number.to_le_bytes());
    }
    ChaCha8Rng::from_seed(key)
}

/// The batches of one pass over the clips. Ends after the first error; dropping it ends its threads.
#[derive(Debug)]
pub struct Batches {
    clips: Arc<[Clip]>,
    settings: LoaderSettings,
    order: Arc<[usize]>,
    done: usize,
    receivers: Vec<Receiver<Result<Vec<u8>, DataError>>>,
    threads: Vec<JoinHandle<()>>,
    waited: Duration,
}

impl Batches {
    /// How long the caller has spent in `next`, waiting for clips and assembling batches.
    pub fn waited(&self) -> Duration {
        self.waited
    }

    /// Batches in the whole pass.
    pub fn total(&self) -> usize {
        self.order.len().div_ceil(self.settings.batch)
    }

    fn read_batch(&mut self, indices: &[usize]) -> Result<Batch, DataError> {
        let LoaderSettings { frames, size, .. } = self.settings;
        let plane = size * size;
        let values = indices.len() * frames * 3 * plane;
        let mut pixels = Vec::with_capacity(values);
        for position in self.done..self.done + indices.len() {
            let clip = self.receivers[position % self.receivers.len()]
                .recv()
                .map_err(|_| DataError::WorkerLost)??;
            append_normalized(self.settings.normalize, &clip, plane, &mut pixels);
        }
        Ok(Batch {
            clips: indices.to_vec(),
            labels: indices.iter().map(|i| self.clips[*i].label).collect(),
            pixels,
            shape: [indices.len(), frames, 3, size, size],
        })
    }
}

impl Iterator for Batches {
    type Item = Result<Batch, DataError>;

    fn next(&mut self) -> Option<Self::Item> {
        let start = Instant::now();
        let order = self.order.clone();
        let indices = order[self.done..].chunks(self.settings.batch).next()?;
        let batch = self.read_batch(indices);
        self.done = match batch {
            Ok(_) => self.done + indices.len(),
            Err(_) => order.len(),
        };
        self.waited += start.elapsed();
        Some(batch)
    }
}

impl Drop for Batches {
    fn drop(&mut self) {
        // Without receivers the workers' next `send` fails, so joining waits for one clip at most.
        self.receivers.clear();
        for thread in self.threads.drain(..) {
            // A panic in a worker has been reported as `WorkerLost` already.
            let _ = thread.join();
        }
    }
}
