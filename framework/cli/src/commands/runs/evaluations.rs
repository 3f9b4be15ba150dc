//! What `exp eval` measured.

use exp_report::text::{count, percent};
use exp_store::{EvaluationLine, Store};
use serde_json::{Value, json};

use super::Arguments;
use crate::shown::{moment, short, table};

/// Prints the evaluations, the earliest first.
pub fn print(store: &Store, arguments: &Arguments) -> anyhow::Result<()> {
    let mut evaluations = store.evaluation_lines()?;
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
            "uar",
            "war",
            "evaluated",
        ];
        println!(
            "{}\n",
            table(header, &[4, 5, 6], evaluations.iter().map(row))
        );
    }
    match evaluations.len() == found {
        true => println!("{}", count(found, "evaluation")),
        false => println!("{} of {}", evaluations.len(), count(found, "evaluation")),
    }
    Ok(())
}

fn row(evaluation: &EvaluationLine) -> Vec<String> {
    let shown = |value: Option<f64>| value.map_or("–".to_owned(), percent);
    vec![
        short(&evaluation.id).to_owned(),
        evaluation.run.as_deref().map_or("–", short).to_owned(),
        evaluation.checkpoint.clone(),
        evaluation.benchmark.clone(),
        evaluation.fold.to_string(),
        shown(evaluation.uar),
        shown(evaluation.war),
        moment(evaluation.evaluated),
    ]
}

fn json(evaluation: &EvaluationLine) -> Value {
    json!({
        "evaluation": evaluation.id,
        "run": evaluation.run,
        "checkpoint": evaluation.checkpoint,
        "benchmark": evaluation.benchmark,
        "fold": evaluation.fold,
        "uar": evaluation.uar,
        "war": evaluation.war,
        "evaluated": evaluation.evaluated.to_string(),
    })
}
