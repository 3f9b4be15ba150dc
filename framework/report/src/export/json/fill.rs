//! The parts of the JSON document, filled from a report.

use exp_core::metrics::Confusion;
use exp_store::RunRecord;

use super::{
    Benchmark, Comparison, Comparisons, Experiment, Figure, Fold, Measured, Outcome, Recall, Run,
    SeedValue, Setting,
};
use crate::summary::{BenchmarkSummary, SettingSummary};
use crate::verdict::{BenchmarkVerdict, Effect};
use crate::{Report, figure, summary};

/// One experiment's part of the document.
pub(super) fn experiment(report: &Report) -> Experiment {
    let summary = &report.summary;
    let letter = |run: &RunRecord| {
        let setting = summary
            .settings
            .iter()
            .find(|setting| setting.levels == run.levels);
        setting.map_or_else(String::new, |setting| setting.letter.clone())
    };
    Experiment {
        name: summary.name.clone(),
        question: summary.question.clone(),
        file: summary.yaml.clone(),
        metric: report.view.metric,
        rule: report.view.rule,
        factors: summary.factors.clone(),
        settings: summary.settings.iter().map(setting).collect(),
        benchmarks: summary.benchmarks.iter().map(benchmark).collect(),
        comparisons: report.verdict.benchmarks.iter().map(comparisons).collect(),
        runs: report
            .data
            .runs
            .iter()
            .map(|one| run(one, letter(one)))
            .collect(),
    }
}

fn comparisons(verdict: &BenchmarkVerdict) -> Comparisons {
    Comparisons {
        benchmark: verdict.benchmark.clone(),
        answer: verdict.answer.clone(),
        notes: verdict.notes.clone(),
        primary: verdict.primary.iter().map(comparison).collect(),
        others: verdict.others.iter().map(comparison).collect(),
    }
}

fn comparison(effect: &Effect) -> Comparison {
    let evidence = &effect.evidence;
    let test = evidence.test;
    Comparison {
        factor: effect.factor.clone(),
        level: effect.level.clone(),
        baseline: effect.baseline.clone(),
        metric: effect.metric,
        seeds: evidence.seeds.iter().map(seed).collect(),
        mean: evidence.mean,
        sd: evidence.sd,
        n: evidence.n,
        interval: test.map(|test| (test.interval.low, test.interval.high)),
        p: test.map(|test| test.p),
        corrected_p: evidence.corrected,
        smallest_visible: test.map(|test| test.smallest_visible),
        sentence: effect.sentence.clone(),
    }
}

fn seed(value: &figure::SeedValue) -> SeedValue {
    SeedValue {
        seed: value.seed,
        value: value.value,
    }
}

fn setting(setting: &summary::Setting) -> Setting {
    let levels = setting.levels.iter();
    Setting {
        letter: setting.letter.clone(),
        levels: levels
            .map(|level| (level.factor.clone(), level.label.clone()))
            .collect(),
    }
}

fn benchmark(benchmark: &BenchmarkSummary) -> Benchmark {
    Benchmark {
        name: benchmark.name.clone(),
        synthetic: benchmark.synthetic,
        classes: benchmark.classes.clone(),
        absent: benchmark
            .absent
            .iter()
            .map(|(class, _)| class.clone())
            .collect(),
        folds: benchmark.folds.clone(),
        results: benchmark.settings.iter().flat_map(outcomes).collect(),
    }
}

fn outcomes(setting: &SettingSummary) -> impl Iterator<Item = Outcome> {
    let letter = setting.setting.letter.clone();
    let rules = setting.rules.iter().filter(|under| setting.has(under.rule));
    rules.map(move |under| Outcome {
        setting: letter.clone(),
        rule: under.rule,
        epochs: under.epochs,
        uar: values(&under.uar),
        war: values(&under.war),
        folds: under.folds.iter().map(fold).collect(),
        recalls: under.recalls.iter().map(recall).collect(),
        confusion: (under.confusion.iter())
            .map(|row| row.iter().map(|cell| cell.count).collect())
            .collect(),
    })
}

fn fold(fold: &summary::FoldSummary) -> Fold {
    Fold {
        fold: fold.fold,
        uar: values(&fold.uar),
        war: values(&fold.war),
    }
}

fn recall(recall: &summary::Recall) -> Recall {
    Recall {
        class: recall.class.clone(),
        recall: values(&recall.figure),
        clips: recall.clips,
    }
}

fn values(figure: &figure::Figure) -> Figure {
    Figure {
        values: figure.values.iter().map(seed).collect(),
        mean: figure.mean,
        sd: figure.sd,
        n: figure.n,
    }
}

fn run(run: &RunRecord, setting: String) -> Run {
    let measured = |selection: &exp_store::Selection| {
        let pairs = selection
            .predictions
            .iter()
            .map(|clip| (clip.target, clip.predicted));
        let confusion = Confusion::from_pairs(run.classes.len(), pairs);
        Measured {
            rule: selection.rule,
            epoch: selection.epoch,
            clips: selection.predictions.len(),
            uar: confusion.uar(),
            war: confusion.war(),
        }
    };
    let counts = run.status == exp_store::Status::Done;
    Run {
        id: run.id.clone(),
        benchmark: run.benchmark.clone(),
        setting,
        seed: run.seed,
        fold: run.fold,
        status: run.status.name().to_owned(),
        failure: run.failure.clone(),
        log_tail: run.history.log_tail.clone(),
        notes: (run.history.notes.iter())
            .map(|note| note.text.clone())
            .collect(),
        seconds: run.history.seconds,
        peak_memory: run
            .provenance
            .as_ref()
            .and_then(|provenance| provenance.peak_memory),
        started: run.started.map(|time| time.to_string()),
        finished: run.finished.map(|time| time.to_string()),
        results: run
            .selections
            .iter()
            .filter(|_| counts)
            .map(measured)
            .collect(),
    }
}
