//! A project with a tiny version of the embedded benchmark, and what its runs left behind.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use exp_store::{ExperimentData, RunRecord, Store};
use tempfile::TempDir;

/// A project with the benchmark's protocol, one experiment named `tiny` and one description set.
pub fn project(protocol: &str, experiment: &str) -> TempDir {
    let top = tempfile::tempdir().unwrap();
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../prompts/observed-7.yaml");
    let set = fs::read_to_string(shipped).unwrap();
    for (path, text) in [
        ("experiments/benchmarks/synthetic.yaml", protocol),
        ("experiments/tiny.yaml", experiment),
        ("prompts/observed-7.yaml", &set),
    ] {
        let path = top.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    top
}

/// Runs the program in a project.
pub fn exp(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_exp"))
        .current_dir(folder)
        .args(arguments)
        .output()
        .unwrap()
}

/// The experiment in a store.
pub fn data(store: &Path) -> ExperimentData {
    Store::open(store).unwrap().experiment("tiny").unwrap()
}

/// What the program printed.
pub fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// A run's figures to the last bit; how long things took is left out.
pub fn figures(run: &RunRecord) -> Vec<(String, usize, u64)> {
    run.points
        .iter()
        .filter(|point| !point.is_of_the_machine())
        .map(|point| (point.series.clone(), point.epoch, point.value.to_bits()))
        .collect()
}

/// The files of all runs' checkpoints beside a store: their bytes by their paths there.
pub fn checkpoints(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let folder = folder.join("exp.files/checkpoints");
    fs::read_dir(&folder)
        .unwrap()
        .flat_map(|run| fs::read_dir(run.unwrap().path()).unwrap())
        .map(|file| {
            let path = file.unwrap().path();
            let bytes = fs::read(&path).unwrap();
            (path.strip_prefix(&folder).unwrap().to_owned(), bytes)
        })
        .collect()
}
