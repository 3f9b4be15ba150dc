//! Batches of clips, read by worker threads ahead of the training loop.
//!
//! Clip `i` of the order is read by worker `i % workers`, which hands it over through a bounded
//! channel of its own. So clips arrive in order without sorting, and no clip depends on how many
//! workers there are: every random draw comes from a generator seeded by (seed, epoch, clip). One
//! thread more makes batches of them, so that all the training loop does is take one.
//!
//! Memory is bounded, whatever the number of clips: one batch lies ready as 32-bit floats, and the next
//! is made in the memory that the caller gave back ([`Batches::reuse`]), if any. As bytes,
//! each worker holds the clip that it reads, and has ready its share of one batch, rounded up: at least
//! one clip, so more workers than a batch has clips hold more than a batch.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use exp_core::clip::Clip;
use exp_core::experiment::{Augmentation, DamagedFrame, Normalize, ShortClip};
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;
use rand::seq::SliceRandom;

use crate::cache::FrameCache;
use crate::error::DataError;
use crate::features::{ClipFeatures, FeatureFiles, Features, View};
use crate::sampling::{segment_centres, segment_sample};
use crate::transform::{ClipPixels, ClipReader, normalized};

/// Sizes of what a loader delivers, which must be at least 1, and its rules.
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
    /// What is shown of a clip with fewer frames than `frames`.
    pub short: ShortClip,
    /// What is done about a frame that cannot be decoded.
    pub damaged: DamagedFrame,
}

/// Clips of one batch.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    /// Which clips: indices into the loader's clips.
    pub clips: Vec<usize>,
    /// Values, `[batch, frames, 3, size, size]`; none where there are `features`.
    pub pixels: Vec<f32>,
    /// What the image encoder says of each frame, `[batch, frames, features]`, from a loader that
    /// has it ([`Loader::with_features`]).
    pub features: Option<Vec<f32>>,
    /// The shape of `pixels`, or of what they would be.
    pub shape: [usize; 5],
    /// Label of each clip.
    pub labels: Vec<usize>,
    /// Frames that could not be decoded and were replaced by a neighbour.
    pub damaged: usize,
}

/// Reads clips in batches.
#[derive(Debug, Clone)]
pub struct Loader {
    clips: Arc<[Clip]>,
    settings: LoaderSettings,
    dropped: usize,
    cache: Option<Arc<FrameCache>>,
    features: Option<Arc<Features>>,
}

impl Loader {
    /// A loader over clips, without the short ones where they are to be dropped
    /// ([`ShortClip::keeps`]). A `Vec` or an `Arc<[Clip]>` is taken without copying the clips.
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
        let mut clips = clips.into();
        let kept = |clip: &&Clip| settings.short.keeps(clip.frames.len(), settings.frames);
        let dropped = clips.len() - clips.iter().filter(kept).count();
        if dropped > 0 {
            clips = clips.iter().filter(kept).cloned().collect();
        }
        Ok(Self {
            dropped,
            clips,
            settings,
            cache: None,
            features: None,
        })
    }

    /// The same loader, which keeps decoded frames in a cache and asks that first.
    pub fn with_cache(mut self, cache: Option<Arc<FrameCache>>) -> Self {
        self.cache = cache;
        self
    }

    /// The same loader, whose passes deliver features instead of pixels. They must be there before:
    /// [`missing`](Self::missing) says which are not.
    ///
    /// A frame that is not there is an error.
    pub fn with_features(mut self, files: FeatureFiles) -> Result<Self, DataError> {
        if files.views == 0 {
            return Err(DataError::ZeroSetting { name: "views" });
        }
        let features = Features::new(files, &self.settings, &self.clips)?;
        self.features = Some(Arc::new(features));
        Ok(self)
    }

    /// The views of training clips that so many epochs see; none without features.
    pub fn views(&self, epochs: usize, augment: &Augmentation) -> Vec<View> {
        let features = self.features.as_ref();
        features.map_or(Vec::new(), |features| features.all_views(epochs, augment))
    }

    /// The clips whose features in a view are to be made, in no order; none without features. Every
    /// file is checked, and a damaged one counts as missing.
    pub fn missing(&self, view: &View) -> Result<Vec<usize>, DataError> {
        let features = self.features.as_ref();
        features.map_or(Ok(Vec::new()), |features| features.missing(view))
    }

    /// The pixels of clips in a view, each a batch of its own, so that no feature depends on which
    /// others are made beside it. `None` without features.
    pub fn pixels(&self, clips: Vec<usize>, view: &View) -> Option<Batches> {
        let features = self.features.clone()?;
        let mut one = self.clone();
        one.settings.batch = 1;
        let (settings, view) = (self.settings, view.clone());
        Some(one.start(clips, move |reader, index, clip| {
            let (count, frames) = (clip.frames.len(), settings.frames);
            match &view {
                View::Training { number, augment } => {
                    let rng = &mut generator(0, *number as u64, features.seed(index));
                    let indices = segment_sample(count, frames, settings.short, rng);
                    reader.training(clip, &indices, augment, rng)
                }
                View::Test => {
                    let indices = segment_centres(count, frames, settings.short);
                    reader.evaluation(clip, &indices)
                }
            }
        }))
    }

    /// Whether the features of a clip were made meanwhile, by this program or another.
    pub fn has_features(&self, clip: usize, view: &View) -> bool {
        let features = self.features.as_ref();
        features.is_some_and(|features| features.has(clip, view))
    }

    /// Keeps the features `[frames, features]` of the only clip of a batch from
    /// [`pixels`](Self::pixels). Does nothing without features.
    pub fn keep(&self, batch: &Batch, view: &View, values: Vec<f32>) -> Result<(), DataError> {
        let (Some(features), [clip]) = (&self.features, &batch.clips[..]) else {
            return Ok(());
        };
        let damaged = batch.damaged;
        features.keep(*clip, view, &ClipFeatures { values, damaged })
    }

    /// The clips that indices of a [`Batch`] point at.
    pub fn clips(&self) -> &[Clip] {
        &self.clips
    }

    /// The settings.
    pub fn settings(&self) -> &LoaderSettings {
        &self.settings
    }

    /// How many clips were too short and are left out.
    pub fn dropped(&self) -> usize {
        self.dropped
    }

    /// One epoch of training: shuffled, a random frame of each segment, augmented, an incomplete
    /// last batch dropped. The first `skip` batches, which were trained on before, are left out.
    ///
    /// Fewer clips than a batch takes is an error ([`DataError::TooFewClips`]).
    pub fn training(
        &self,
        augment: &Augmentation,
        seed: u64,
        epoch: u64,
        skip: usize,
    ) -> Result<Batches, DataError> {
        let (clips, batch) = (self.clips.len(), self.settings.batch);
        if clips < batch {
            return Err(DataError::TooFewClips { clips, batch });
        }
        let mut order: Vec<usize> = (0..clips).collect();
        order.shuffle(&mut generator(seed, epoch, u64::MAX));
        order.truncate(clips - clips % batch);
        order.drain(..order.len().min(skip * batch));

        if let Some(features) = &self.features {
            return Ok(self.start_features(features, order, features.of_epoch(epoch, augment)));
        }
        let (settings, augment) = (self.settings, augment.clone());
        Ok(self.start(order, move |reader, index, clip| {
            let rng = &mut generator(seed, epoch, index as u64);
            let (count, frames) = (clip.frames.len(), settings.frames);
            let indices = segment_sample(count, frames, settings.short, rng);
            reader.training(clip, &indices, &augment, rng)
        }))
    }

    /// All clips in order: the middle frame of each segment, not augmented, the last batch kept.
    pub fn evaluation(&self) -> Batches {
        let settings = self.settings;
        let order = (0..self.clips.len()).collect();
        if let Some(features) = &self.features {
            return self.start_features(features, order, View::Test);
        }
        self.start(order, move |reader, _, clip| {
            let indices = segment_centres(clip.frames.len(), settings.frames, settings.short);
            reader.evaluation(clip, &indices)
        })
    }

    fn start(
        &self,
        order: Vec<usize>,
        read: impl Fn(&mut ClipReader, usize, &Clip) -> Result<ClipPixels, DataError>
        + Clone
        + Send
        + 'static,
    ) -> Batches {
        let settings = self.settings;
        let order: Arc<[usize]> = order.into();
        let workers = settings.workers.min(order.len());
        let ahead = settings.batch.div_ceil(workers.max(1));
        let (clips_read, mut threads): (Vec<_>, Vec<_>) = (0..workers)
            .map(|worker| {
                let (sender, receiver) = sync_channel(ahead);
                // Memory that was read goes back to the worker; what finds no room is freed.
                let (give_back, given_back) = sync_channel::<Vec<u8>>(ahead);
                let (order, clips, read) = (order.clone(), self.clips.clone(), read.clone());
                let cache = self.cache.clone();
                let thread = thread::spawn(move || {
                    let mut reader = ClipReader::new(settings.size, settings.damaged, cache);
                    for &index in order.iter().skip(worker).step_by(workers) {
                        if let Ok(values) = given_back.try_recv() {
                            reader.reuse(values);
                        }
                        let pixels = read(&mut reader, index, &clips[index]);
                        let failed = pixels.is_err();
                        // Nobody listens once the batches are dropped or an error was met.
                        if sender.send(pixels).is_err() || failed {
                            return;
                        }
                    }
                });
                ((receiver, give_back), thread)
            })
            .unzip();
        let left = order.len().div_ceil(settings.batch);
        // Without room: one batch lies ready, and the next is not begun before that is taken.
        let (sender, batches) = sync_channel(0);
        let (give_back, given_back) = sync_channel::<Vec<f32>>(1);
        let clips = self.clips.clone();
        threads.push(thread::spawn(move || {
            let mut clips_read = clips_read.iter().cycle();
            for indices in order.chunks(settings.batch) {
                let memory = given_back.try_recv().unwrap_or_default();
                let batch = assemble(settings, &clips, indices, clips_read.by_ref(), memory);
                let failed = batch.is_err();
                if sender.send(batch).is_err() || failed {
                    return;
                }
            }
        }));
        Batches {
            batches: Some(batches),
            give_back,
            left,
            threads,
            waited: Duration::ZERO,
        }
    }

    /// Features come from small files, and one thread reads them quicker than any model takes them.
    fn start_features(&self, features: &Arc<Features>, order: Vec<usize>, view: View) -> Batches {
        let (settings, clips) = (self.settings, self.clips.clone());
        let left = order.len().div_ceil(settings.batch);
        let (sender, batches) = sync_channel(1);
        let features = features.clone();
        let thread = thread::spawn(move || {
            for indices in order.chunks(settings.batch) {
                let batch = assemble_features(settings, &clips, indices, &features, &view);
                let failed = batch.is_err();
                if sender.send(batch).is_err() || failed {
                    return;
                }
            }
        });
        Batches {
            batches: Some(batches),
            // Nobody takes memory back: there is little.
            give_back: sync_channel(0).0,
            left,
            threads: vec![thread],
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

/// The clips of one worker, and the way back for their memory.
type Clips = (Receiver<Result<ClipPixels, DataError>>, SyncSender<Vec<u8>>);

/// Waits for the clips of one batch, each from the next of the workers. `pixels` is memory for it.
fn assemble<'a>(
    settings: LoaderSettings,
    clips: &[Clip],
    indices: &[usize],
    clips_read: impl Iterator<Item = &'a Clips>,
    mut pixels: Vec<f32>,
) -> Result<Batch, DataError> {
    let LoaderSettings { frames, size, .. } = settings;
    let (plane, clip_length) = (size * size, frames * 3 * size * size);
    pixels.resize(indices.len() * clip_length, 0.0);
    let mut batch = Batch {
        clips: indices.to_vec(),
        labels: indices.iter().map(|i| clips[*i].label).collect(),
        pixels,
        features: None,
        shape: [indices.len(), frames, 3, size, size],
        damaged: 0,
    };
    let places = batch.pixels.chunks_exact_mut(clip_length);
    for (place, (clip, give_back)) in places.zip(clips_read) {
        let clip = clip.recv().map_err(|_| DataError::WorkerLost)??;
        normalized(settings.normalize, &clip.values, plane, place);
        batch.damaged += clip.damaged;
        // Without room, or when the worker is done, it is not needed.
        let _ = give_back.try_send(clip.values);
    }
    Ok(batch)
}

/// Reads the features of one batch.
fn assemble_features(
    settings: LoaderSettings,
    clips: &[Clip],
    indices: &[usize],
    features: &Features,
    view: &View,
) -> Result<Batch, DataError> {
    let LoaderSettings { frames, size, .. } = settings;
    let mut batch = Batch {
        clips: indices.to_vec(),
        labels: indices.iter().map(|i| clips[*i].label).collect(),
        pixels: Vec::new(),
        features: None,
        shape: [indices.len(), frames, 3, size, size],
        damaged: 0,
    };
    let mut values = Vec::new();
    for &index in indices {
        let clip = features.get(index, view)?;
        values.extend(clip.values);
        batch.damaged += clip.damaged;
    }
    batch.features = Some(values);
    Ok(batch)
}

/// The batches of one pass over the clips. Ends after the first error; dropping it ends its threads.
#[derive(Debug)]
pub struct Batches {
    /// Gone when the pass has ended.
    batches: Option<Receiver<Result<Batch, DataError>>>,
    give_back: SyncSender<Vec<f32>>,
    left: usize,
    threads: Vec<JoinHandle<()>>,
    waited: Duration,
}

impl Batches {
    /// How long the caller has waited in `next`.
    pub fn waited(&self) -> Duration {
        self.waited
    }

    /// Gives the memory of a batch to a later one. That saves the system from clearing new memory for
    /// each batch; nothing else depends on it.
    pub fn reuse(&mut self, batch: Batch) {
        // Without room, or when the last batch is made, it is not needed.
        let _ = self.give_back.try_send(batch.pixels);
    }
}

impl Iterator for Batches {
    type Item = Result<Batch, DataError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        let start = Instant::now();
        let batch = self.batches.as_ref()?.recv();
        self.waited += start.elapsed();
        let batch = batch.unwrap_or(Err(DataError::WorkerLost));
        if batch.is_err() {
            self.left = 0;
        }
        Some(batch)
    }
}

impl Drop for Batches {
    fn drop(&mut self) {
        // Without a receiver the next `send` of each thread fails, one after the other, so joining
        // waits for one clip at most.
        self.batches = None;
        for thread in self.threads.drain(..) {
            // A panic in a thread has been reported as `WorkerLost` already.
            let _ = thread.join();
        }
    }
}
