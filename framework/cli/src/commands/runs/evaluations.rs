//! What `exp eval` measured.

use exp_core::metrics::Confusion;
use exp_report::text::{count, percent};
use exp_store::{EvaluationRecord, Store};
use serde_json::{Value, json};

use super::Arguments;
use crate::shown::{short, table};

/// Prints the evaluations, the earliest first.
pub fn print(store: &Store, arguments: &Arguments) -> anyhow::Result<()> {
    let mut evaluations = store.evaluations()?;
    if let Some(benchmark) = &arguments.benchmark {
        evaluations.retain(|evaluation| evaluation.benchmark == *benchmark);
    }
    let found = evaluations.len();
    evaluations.truncate(arguments.limit.unwrap_or(found));
    if arguments.json {
        let all: Value = evaluations.iter().map(json).collect();
        println!("{}", serde_json::to_string_pretty(&all)?);
        return Ok(());
    }
    if !evaluations.is_empty() {
        let header = [
            "evaluation",
            "run",
            "checkpoint",
            "benchmark",
            "fold",
            "clips",
            "uar",
            "war",
        ];
        println!(
            "{}\n",
            table(header, &[4, 5, 6, 7], evaluations.iter().map(row))
        );
    }
    match evaluations.len() == found {
        true => println!("{}", count(found, "evaluation")),
        false => println!("{} of {}", evaluations.len(), count(found, "evaluation")),
    }
    Ok(())
}

fn figures(evaluation: &EvaluationRecord) -> Confusion {
    let pairs = evaluation
        .predictions
        .iter()
        .map(|p| (p.target, p.predicted));
    Confusion::from_pairs(evaluation.classes.len(), pairs)
}

fn row(evaluation: &EvaluationRecord) -> Vec<String> {
    let confusion = figures(evaluation);
    let shown = |value: Option<f64>| value.map_or("–".to_owned(), percent);
    vec![
        short(&evaluation.id).to_owned(),
        evaluation.run.as_deref().map_or("–", short).to_owned(),
        evaluation.checkpoint.clone(),
        evaluation.benchmark.clone(),
        evaluation.fold.to_string(),
        evaluation.predictions.len().to_string(),
        shown(confusion.uar()),
        shown(confusion.war()),
    ]
}

fn json(evaluation: &EvaluationRecord) -> Value {
    let confusion = figures(evaluation);
    json!({
        "evaluation": evaluation.id,
        "run": evaluation.run,
        "checkpoint": evaluation.checkpoint,
        "benchmark": evaluation.benchmark,
        "fold": evaluation.fold,
        "clips": evaluation.predictions.len(),
        "uar": confusion.uar(),
        "war": confusion.war(),
    })
}
