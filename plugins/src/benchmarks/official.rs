//! What the plugins of published benchmarks share: where their data lie, and what to say to someone
//! who does not have them.

use std::path::{Path, PathBuf};

use exp_core::official::Official;
use exp_core::plugin::PluginError;
use exp_core::tree::Diagnostic;

/// How someone comes by a benchmark's data.
pub struct Guide {
    /// The plugin's name in settings.
    pub plugin: &'static str,
    /// The environment variable that names the folder.
    pub variable: &'static str,
    /// What the folder holds.
    pub holds: &'static str,
    /// Whom to ask, and under which terms.
    pub request: &'static str,
}

/// The benchmark's folder: the setting `root` (relative to the project), else the environment
/// variable. With neither, the error says how to set it and how to get the data.
pub fn root(
    setting: Option<&Path>,
    guide: &Guide,
    official: &Official,
    project: &Path,
) -> Result<PathBuf, PluginError> {
    if let Some(root) = setting {
        return Ok(project.join(root));
    }
    let Guide {
        plugin,
        variable,
        holds,
        request,
    } = guide;
    match std::env::var_os(variable) {
        Some(root) if !root.is_empty() => Ok(root.into()),
        _ => Err(Diagnostic::new(format!(
            "nothing says where {} lies: its data do not come with this program",
            official.name
        ))
        .help(format!(
            "set the environment variable {variable}, or `--set benchmark.{plugin}.root=FOLDER`, to \
             the folder that holds {holds}. To get the data: {request}"
        ))
        .into()),
    }
}

/// Refuses a fold that the benchmark does not have.
pub fn check_fold(fold: u32, official: &Official) -> Result<(), PluginError> {
    let folds = official.folds.len();
    match (1..=folds).contains(&(fold as usize)) {
        true => Ok(()),
        false if folds == 1 => {
            Err(format!("{} has one fold, there is no fold {fold}", official.name).into())
        }
        false => Err(format!(
            "{} has the folds 1 to {folds}, there is no fold {fold}",
            official.name
        )
        .into()),
    }
}
