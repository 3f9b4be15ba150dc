//! The CSV file of `exp eval --logits`.

use std::fs::File;

use exp_train::Evaluation;

/// Writes a row for each clip: its name, the names of its class and of the predicted one, and the
/// logit of every class.
pub fn write(
    mut file: csv::Writer<File>,
    evaluation: &Evaluation,
    classes: &[String],
) -> csv::Result<()> {
    let logits = classes.iter().map(|class| format!("logit {class}"));
    let header = ["clip", "label", "prediction"].map(str::to_owned);
    file.write_record(header.into_iter().chain(logits))?;
    let rows = evaluation.logits.chunks_exact(classes.len());
    for (prediction, row) in evaluation.predictions.iter().zip(rows) {
        let names = [
            prediction.clip.clone(),
            classes[prediction.target].clone(),
            classes[prediction.predicted].clone(),
        ];
        // The shortest text that reads back as the same number.
        file.write_record(names.into_iter().chain(row.iter().map(f32::to_string)))?;
    }
    Ok(file.flush()?)
}
