//! Made-up experiments to report on.
#![allow(dead_code, clippy::unwrap_used, missing_docs)]

use exp_core::event::{Point, Prediction};
use exp_core::experiment::{Compare, Level};
use exp_core::metrics::{Metric, Rule};
use exp_core::provenance::{HeldOut, Provenance};
use exp_store::{
    ExperimentData, ExperimentRecord, History, Note, PromptRecord, RunRecord, Selection, Status,
};

const ELEVEN: [&str; 11] = [
    "happiness",
    "sadness",
    "neutral",
    "anger",
    "surprise",
    "disgust",
    "fear",
    "contempt",
    "anxiety",
    "helplessness",
    "disappointment",
];

/// Clips of each of the first seven classes, unbalanced.
const CLIPS: [usize; 7] = [45, 36, 40, 32, 27, 6, 18];

const EPOCHS: usize = 12;

pub fn level(factor: &str, label: &str) -> Level {
    Level {
        factor: factor.to_owned(),
        label: label.to_owned(),
    }
}

/// A run that was done, with these (target, predicted) pairs under both rules.
pub fn run(
    seed: u64,
    fold: u32,
    levels: Vec<Level>,
    classes: &[&str],
    pairs: &[(usize, usize)],
) -> RunRecord {
    let clips = pairs.iter().enumerate();
    let predictions: Vec<Prediction> = clips
        .map(|(clip, &(target, predicted))| Prediction {
            clip: format!("clip {clip}"),
            target,
            predicted,
        })
        .collect();
    let selection = |rule, epoch| Selection {
        rule,
        epoch,
        predictions: predictions.clone(),
    };
    RunRecord {
        id: format!("{seed:04x}{fold:04x}8c1d2e3f4a5b6c7d"),
        benchmark: "synthetic".to_owned(),
        synthetic: true,
        fold,
        seed,
        levels,
        status: Status::Done,
        failure: None,
        settings: serde_json::json!({"backbone": "small", "train": {"epochs": 12}}),
        classes: classes.iter().map(|&class| class.to_owned()).collect(),
        provenance: None,
        prompts: Vec::new(),
        points: Vec::new(),
        selections: vec![selection(Rule::BestTest, 7), selection(Rule::Last, 12)],
        checkpoints: Vec::new(),
        started: Some("2026-01-05T10:00:00Z".parse().unwrap()),
        finished: Some("2026-01-05T10:04:10.25Z".parse().unwrap()),
        history: History {
            attempts: 1,
            seconds: 250.25,
            epoch: 12,
            ..History::default()
        },
    }
}

/// The same run with a part of its training set kept out, and epoch 5 chosen by it.
pub fn held_out(mut run: RunRecord, share: f64) -> RunRecord {
    run.settings["train"]["held_out"] = share.into();
    run.provenance = Some(Provenance {
        held_out: Some(HeldOut {
            clips: 14,
            of_clips: 70,
            persons: Some((3, 12 + run.seed as usize)),
        }),
        ..Provenance::default()
    });
    let mut selection = run.selections[0].clone();
    selection.rule = Rule::HeldOut;
    selection.epoch = 5;
    run.selections.insert(1, selection);
    run
}

pub fn experiment(runs: Vec<RunRecord>) -> ExperimentData {
    ExperimentData {
        experiment: ExperimentRecord {
            name: "ablation_context".to_owned(),
            question: "Does a learnable context help, and how long should it be?".to_owned(),
            yaml: YAML.to_owned(),
            compare: Some(Compare {
                factor: "context".to_owned(),
                baseline: "none".to_owned(),
                metric: Metric::Uar,
                rule: Rule::Last,
            }),
            benchmarks: vec!["synthetic".to_owned()],
        },
        created: "2026-01-05T10:00:00Z".parse().unwrap(),
        updated: "2026-01-05T10:00:00Z".parse().unwrap(),
        runs,
    }
}

/// 4 settings x 5 seeds x 12 epochs; one run failed, and one has a loss that is NaN.
pub fn ablation() -> ExperimentData {
    let mut random = Random(7);
    let mut runs = Vec::new();
    for (index, context) in ["none", "learnable (tokens 8)"].into_iter().enumerate() {
        for depth in ["1", "2"] {
            for seed in 1..=5 {
                let levels = vec![
                    level("context", context),
                    level("temporal.transformer.depth", depth),
                ];
                let skill = 0.47 + 0.09 * index as f64 + 0.02 * random.next();
                runs.push(trained(
                    seed,
                    levels,
                    &ELEVEN[..7],
                    skill,
                    index == 0,
                    &mut random,
                ));
            }
        }
    }
    runs[7].status = Status::Failed;
    runs[7].failure = Some(
        "the training loss is not finite in epoch 4, step 11; try a smaller learning rate"
            .to_owned(),
    );
    runs[7].selections.clear();
    runs[7].history.log_tail = Some(
        "epoch 3: training loss 1.612, test UAR 24.1\nepoch 4, step 11: the loss is not a number"
            .to_owned(),
    );
    let nan = runs[16]
        .points
        .iter_mut()
        .find(|point| point.series == "train/loss" && point.epoch == 6);
    nan.unwrap().value = f64::NAN;
    experiment(runs)
}

/// The ablation with texts everywhere that attack whoever shows them.
pub fn hostile() -> ExperimentData {
    let long = "x".repeat(10_000);
    let hostile = [
        "<script>alert(1)</script>",
        "{{7*7}}{% raw %}",
        "\"'><img onerror=alert(1)>",
        "</style></title>",
        "a\u{202e}b\u{200f}\0",
        &long,
    ];
    let joined = hostile.join(" ");
    let mut data = ablation();
    data.runs[3].history.notes = vec![Note {
        text: joined.clone(),
        written: "2026-01-06T08:30:00Z".parse().unwrap(),
    }];
    data.experiment.name.clone_from(&joined);
    data.experiment.question.clone_from(&joined);
    data.experiment.yaml.clone_from(&joined);
    data.experiment.benchmarks = vec![joined.clone()];
    if let Some(compare) = &mut data.experiment.compare {
        compare.baseline.clone_from(&joined);
    }
    for run in &mut data.runs {
        run.id = format!("<b>{}", run.id);
        run.benchmark.clone_from(&joined);
        run.classes = run
            .classes
            .iter()
            .map(|class| format!("{class} {joined}"))
            .collect();
        run.failure = run.failure.as_ref().map(|_| joined.clone());
        run.history.log_tail = run.failure.clone();
        run.settings = serde_json::json!({ joined.as_str(): joined });
        for level in &mut run.levels {
            level.factor = format!("{} {joined}", level.factor);
            level.label = format!("{} {joined}", level.label);
        }
        for prompt in &mut run.prompts {
            prompt.class.clone_from(&joined);
            prompt.text.clone_from(&joined);
        }
        if let Some(provenance) = &mut run.provenance {
            provenance.revision = Some(joined.clone());
            provenance.command = vec![joined.clone()];
            for text in [
                &mut provenance.version,
                &mut provenance.burn,
                &mut provenance.device,
                &mut provenance.device_name,
                &mut provenance.host,
                &mut provenance.system,
                &mut provenance.manifest,
                &mut provenance.backbone,
                &mut provenance.weights,
            ] {
                text.clone_from(&joined);
            }
        }
    }
    data
}

/// 9 settings x 2 seeds on a benchmark with 11 classes and 2 folds, and on a synthetic one with a
/// class that has no test clip.
pub fn two_benchmarks() -> ExperimentData {
    let mut random = Random(11);
    let mut runs = Vec::new();
    for (benchmark, classes, folds) in [
        ("mafw", &ELEVEN[..], 1..=2),
        ("synthetic", &ELEVEN[..8], 1..=1),
    ] {
        for prompt in ["class_names", "template", "descriptions observed-7"] {
            for context in ["none", "learnable 4", "learnable 16"] {
                let skill = 0.3 + 0.2 * random.next();
                for (fold, seed) in folds.clone().flat_map(|fold| [(fold, 1), (fold, 2)]) {
                    let levels = vec![level("prompt", prompt), level("context", context)];
                    let mut run = trained(
                        seed,
                        levels,
                        classes,
                        skill,
                        prompt == "class_names",
                        &mut random,
                    );
                    run.benchmark = benchmark.to_owned();
                    run.synthetic = benchmark == "synthetic";
                    run.fold = fold;
                    runs.push(run);
                }
            }
        }
    }
    runs[5].status = Status::Interrupted;
    runs[5].history.epoch = 5;
    runs[5].history.notes = vec![Note {
        text: "The machine went down in the night.".to_owned(),
        written: "2026-01-06T08:30:00Z".parse().unwrap(),
    }];
    let mut data = experiment(runs);
    data.experiment.name = "two_benchmarks".to_owned();
    data.experiment.compare = None;
    data.experiment.benchmarks = vec!["mafw".to_owned(), "synthetic".to_owned()];
    data
}

fn trained(
    seed: u64,
    levels: Vec<Level>,
    classes: &[&str],
    skill: f64,
    plain: bool,
    random: &mut Random,
) -> RunRecord {
    let clips = CLIPS.iter().chain(&[0, 12, 9, 10]).take(classes.len());
    let targets = clips
        .enumerate()
        .flat_map(|(class, &clips)| vec![class; clips]);
    let pairs: Vec<(usize, usize)> = targets
        .map(|target| {
            let rare = if target > 4 { 0.25 } else { 0.0 };
            let hit = random.next() < skill + 0.12 - rare;
            (
                target,
                if hit {
                    target
                } else {
                    (random.next() * random.next() * classes.len() as f64) as usize
                },
            )
        })
        .collect();
    let mut run = run(seed, 1, levels, classes, &pairs);
    let [best, last] = &mut run.selections[..] else {
        panic!("two rules")
    };
    best.epoch = 7 + (random.next() * 5.0) as usize;
    for (best, last) in best.predictions.iter_mut().zip(&last.predictions) {
        if random.next() < 0.06 {
            best.predicted = last.target;
        }
    }
    run.id = format!("{:016x}", (random.next() * 1e18) as u64);
    for epoch in 1..=EPOCHS {
        let learned = 1.0 - (-(epoch as f64) / 3.5).exp();
        let mut point = |series: &str, value: f64| {
            run.points.push(Point {
                series: series.to_owned(),
                epoch,
                value,
            });
        };
        point(
            "train/loss",
            1.95 - 1.15 * skill * 2.0 * learned + 0.05 * random.next(),
        );
        point(
            "test/loss",
            1.95 - 0.9 * skill * learned + 0.1 * random.next(),
        );
        point(
            "test/uar",
            14.3 + (skill * 100.0 - 16.0) * learned + 5.0 * random.next(),
        );
        point(
            "test/war",
            20.0 + (skill * 100.0 - 16.0) * learned + 5.0 * random.next(),
        );
    }
    run.prompts = classes.iter().map(|class| prompt(class, plain)).collect();
    run.provenance = Some(Provenance {
        peak_memory: Some(1_400_000_000 + 1_000_000 * seed),
        ..provenance()
    });
    run
}

fn prompt(class: &str, plain: bool) -> PromptRecord {
    let text = match (class, plain) {
        (_, true) => class.to_owned(),
        ("happiness", _) => "a smiling mouth with raised cheeks and narrowed eyes".to_owned(),
        ("surprise", _) => "raised brows, wide open eyes and a dropped jaw".to_owned(),
        _ => format!("a face that shows {class}"),
    };
    let tokens = text.split_whitespace().count() as u32 + 2;
    PromptRecord {
        class: class.to_owned(),
        text,
        token_ids: (0..tokens).collect(),
    }
}

fn provenance() -> Provenance {
    Provenance {
        revision: Some("5d0c7a91be2f4c338a6c0f1d27e9b4a8c6d5e3f2".to_owned()),
        diff: Some("--- a/x\n+++ b/x\n@@ -1 +1,2 @@\n-old\n+new\n+more\n".to_owned()),
        command: ["exp", "run", "experiments/ablation_context.yaml"]
            .map(str::to_owned)
            .to_vec(),
        version: "0.1.0".to_owned(),
        burn: "0.22.1".to_owned(),
        device: "cpu-f32".to_owned(),
        device_name: "Flex".to_owned(),
        host: "workstation".to_owned(),
        system: "Debian GNU/Linux 13".to_owned(),
        cores: 2,
        manifest: "9f2b6c01d4e8a7350b1c2d3e4f5061728394a5b6c7d8e9f00112233445566778".to_owned(),
        backbone: "small".to_owned(),
        weights: "40d365715913c9da98579312b702a82c18be219cc2a73407c4526f58eba950af".to_owned(),
        ..Provenance::default()
    }
}

/// A small generator with a fixed sequence (Knuth's MMIX constants); numbers in [0, 1).
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> f64 {
        self.0 = self
            .0
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }
}

const YAML: &str = "\
name: ablation_context
question: Does a learnable context help, and how long should it be?
benchmarks: [synthetic]            # where it is measured; --on dfew,ferv39k,mafw replaces it
base:
  prompt: {descriptions: {set: observed-7}}
grid:
  context: [none, {learnable: {tokens: 8}}]
  temporal.transformer.depth: [1, 2]
seeds: [1, 2, 3, 4, 5]
compare: {factor: context, baseline: none, metric: uar, rule: last}
";
