//! Taking the times.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use exp_data::loader::{Batch, Batches, Loader};
use exp_model::device::{ChosenDevice, product_rate};
use exp_model::prompt::ClassPrompts;
use exp_train::{Learner, Loss, Part, TrainError};

use super::PreparedRun;
use crate::inputs::loader_settings;
use crate::learner;
use crate::provenance::peak_memory;

/// What came out, times in seconds.
pub struct Measured {
    /// Medians of the parts of a step, the device waited for after each.
    pub parts: BTreeMap<Part, f64>,
    /// The median of a whole step like that.
    pub step: f64,
    /// The mean time of a step as a run takes it, with the loader beside it.
    pub training: f64,
    /// Of that, waiting for the loader.
    pub waited: f64,
    /// The mean time in which the loader alone makes a batch.
    pub loader: f64,
    /// The median time of predicting a batch.
    pub prediction: f64,
    /// Operations a step takes in the matrix products of both encoders.
    pub operations: f64,
    /// Operations a second of a large product in the run's precision.
    pub product_rate: f64,
    /// Bytes of main memory at the most; `None` where the system does not tell.
    pub peak: Option<u64>,
    /// MiB that the driver says the process holds of a GPU.
    pub gpu_mib: Option<u64>,
    /// Clips of a step.
    pub clips: usize,
    /// Threads that read clips.
    pub workers: usize,
}

pub fn measure(run: &PreparedRun, device: &ChosenDevice, steps: usize) -> anyhow::Result<Measured> {
    let settings = &run.planned.settings;
    let mut size = (0, 0);
    let mut learner = learner::fresh::<TrainError>(
        settings,
        &run.backbone,
        device,
        run.planned.seed,
        |encoder| {
            let layout = settings.context.plugin.layout();
            let prompts =
                ClassPrompts::new(&run.texts, layout, run.backbone.weights().rows(), encoder);
            size = prompts.size();
            Ok(prompts)
        },
    )?;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let sizes = loader_settings(settings, cores);
    let feed = Feed {
        loader: Loader::new(run.trained_clips(), sizes)?,
        run,
    };
    // The first step compiles, tunes and allocates what the others use.
    let batch = feed.batches(1)?.remove(0);
    learner.timed_step(&batch, 1.0);
    let mut parts: BTreeMap<Part, Vec<Duration>> = BTreeMap::new();
    let mut whole = Vec::new();
    for _ in 0..steps {
        let times = learner.timed_step(&batch, 1.0);
        whole.push(times.values().sum());
        for (part, time) in times {
            parts.entry(part).or_default().push(time);
        }
    }
    let prediction = (0..steps)
        .map(|_| {
            let start = Instant::now();
            learner.logits(&batch);
            start.elapsed()
        })
        .collect();
    drop(batch);
    let (training, waited) = feed.train(learner.as_mut(), steps)?;
    Ok(Measured {
        parts: parts
            .into_iter()
            .map(|(part, times)| (part, median(times)))
            .collect(),
        step: median(whole),
        prediction: median(prediction),
        training,
        waited,
        loader: feed.alone(steps)?,
        operations: operations(run, size),
        // Before the product, whose matrices are large too.
        peak: peak_memory(),
        gpu_mib: (device.meter())
            .and_then(|meter| meter.memory_of(std::process::id()))
            .map(|bytes| bytes >> 20),
        product_rate: product_rate(&device.device, settings.train.precision),
        clips: sizes.batch,
        workers: sizes.workers,
    })
}

/// Batches as the run trains on them.
struct Feed<'a> {
    loader: Loader,
    run: &'a PreparedRun,
}

impl Feed<'_> {
    /// The batches of an epoch, counted from 1.
    fn epoch(&self, epoch: u64) -> anyhow::Result<Batches> {
        let planned = &self.run.planned;
        let augment = &planned.settings.augment;
        Ok(self.loader.training(augment, planned.seed, epoch, 0)?)
    }

    /// The first batches of the first epoch.
    fn batches(&self, count: usize) -> anyhow::Result<Vec<Batch>> {
        Ok(self.epoch(1)?.take(count).collect::<Result<_, _>>()?)
    }

    /// Seconds a batch when nobody else computes.
    fn alone(&self, steps: usize) -> anyhow::Result<f64> {
        let start = Instant::now();
        self.each(steps, |_| Ok(()))?;
        Ok(start.elapsed().as_secs_f64() / steps as f64)
    }

    /// Seconds a step, and those of them that were spent waiting for clips.
    fn train(&self, learner: &mut dyn Learner, steps: usize) -> anyhow::Result<(f64, f64)> {
        let start = Instant::now();
        let mut unread: Option<Loss> = None;
        let waited = self.each(steps, |batch| {
            if let Some(before) = unread.replace(learner.step(batch, 1.0)) {
                before();
            }
            Ok(())
        })?;
        if let Some(last) = unread {
            last();
        }
        let mean = |time: Duration| time.as_secs_f64() / steps as f64;
        Ok((mean(start.elapsed()), mean(waited)))
    }

    /// Hands over so many batches, of as many epochs as that takes; the time it waited for them.
    fn each(
        &self,
        steps: usize,
        mut work: impl FnMut(&Batch) -> anyhow::Result<()>,
    ) -> anyhow::Result<Duration> {
        let (mut left, mut epoch, mut waited) = (steps, 1, Duration::ZERO);
        while left > 0 {
            let mut batches = self.epoch(epoch)?;
            while left > 0
                && let Some(batch) = batches.next()
            {
                let batch = batch?;
                work(&batch)?;
                batches.reuse(batch);
                left -= 1;
            }
            waited += batches.waited();
            epoch += 1;
        }
        Ok(waited)
    }
}

/// Operations a step takes in the matrix products of both encoders, for prompts of (texts, tokens).
/// A backward pass computes the gradient of the input and, where it learns, that of the weights: each
/// takes what the forward pass takes.
fn operations(run: &PreparedRun, (texts, tokens): (usize, usize)) -> f64 {
    let (settings, sizes) = (&run.planned.settings, run.backbone.sizes());
    let train = &settings.train;
    let clips = train.batch.get();
    let frames = (clips * settings.clip.frames.get()) as f64;
    let image = match train.learning_rate.image.get() == 0.0 {
        true => 1.0,
        false => 3.0,
    };
    // Frozen, gradients only pass through it, once for each part of a batch; without a context its
    // features are constants.
    let text = match settings.context.plugin.layout() {
        Some(_) => {
            let parts = train
                .micro_batch
                .map_or(1, |at_once| clips.div_ceil(at_once.get()));
            2.0 * parts as f64
        }
        None => 0.0,
    };
    frames * image * sizes.image_operations() + texts as f64 * text * sizes.text_operations(tokens)
}

/// In seconds; of an even number of times, the upper of the two in the middle.
fn median(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    let middle = times.get(times.len() / 2);
    middle.copied().unwrap_or_default().as_secs_f64()
}
