//! What a frozen image encoder says of the clips, made before training where it is not there yet.

use exp_core::event::Event;
use exp_data::View;
use exp_data::loader::Loader;

use crate::error::TrainError;
use crate::learner::Learner;
use crate::run::Run;

impl Run<'_> {
    /// Makes the features that the loaders lack; nothing where they deliver pixels. Whether it came
    /// to the end, or was stopped: what was made stays.
    pub(crate) fn make_features(&self, learner: &dyn Learner) -> Result<bool, TrainError> {
        let views = self.train.views(self.training.epochs.get(), self.augment);
        let views = views.into_iter().map(|view| (&self.train, view));
        let mut left: Vec<(&Loader, View, Vec<usize>)> = Vec::new();
        let measured = std::iter::once(&self.test).chain(&self.held_out);
        for (loader, view) in views.chain(measured.map(|clips| (clips, View::Test))) {
            let missing = loader.missing(&view)?;
            left.push((loader, view, missing));
        }
        let total = left.iter().map(|(.., missing)| missing.len()).sum();
        let mut done = 0;
        for (loader, view, missing) in left {
            let Some(mut batches) = loader.pixels(missing, &view) else {
                continue;
            };
            while let Some(batch) = batches.next() {
                let batch = batch?;
                // Another run may need the same clip, and have been quicker.
                if !batch
                    .clips
                    .iter()
                    .all(|&clip| loader.has_features(clip, &view))
                {
                    loader.keep(&batch, &view, learner.features(&batch))?;
                }
                done += 1;
                self.sink.emit(Event::Features { done, total });
                batches.reuse(batch);
                if (self.stop)() {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }
}
