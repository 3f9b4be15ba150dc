//! The grid of an experiment, multiplied out.

use super::identity::that_count;
use super::settings::{Settings, TAGGED};
use super::spec::{Axis, Experiment};
use crate::plugin::Registry;
use crate::tree::{Diagnostic, Mark, Node, merge};

/// The value that a run has on one axis of the grid.
#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct Level {
    /// The path of the axis.
    pub factor: String,
    /// The value's label.
    pub label: String,
}

/// One run to be done.
pub struct PlannedRun<T: ?Sized> {
    /// The benchmark's name: that of its protocol file.
    pub benchmark: String,
    /// The place in the grid, an entry an axis.
    pub levels: Vec<Level>,
    /// The seed of everything random in it.
    pub seed: u64,
    /// The fold of the benchmark.
    pub fold: u32,
    /// What it does.
    pub settings: Settings<T>,
}

/// Multiplies an experiment out on one benchmark: every grid point, fold and seed, in that order.
///
/// `protocol` is the benchmark's protocol file; `sets` are the `--set` of the command line, the
/// last one strongest. One into the settings of a benchmark's plugin is passed over where the protocol
/// has another plugin, so that each of several benchmarks can be told where its data lie. The first
/// mistake found is the error.
pub fn plan<T: ?Sized + 'static>(
    experiment: &Experiment,
    benchmark: &str,
    protocol: &Node,
    sets: &[Node],
    registry: &Registry<T>,
) -> Result<Vec<PlannedRun<T>>, Diagnostic> {
    for axis in &experiment.grid {
        if let Some(set) = sets.iter().find(|set| overlaps(set, &axis.path)) {
            return Err(Diagnostic::new(format!(
                "this overrides `{}`, which the grid varies",
                axis.path
            ))
            .at(&whole(&set.mark))
            .help("change the grid in the experiment's file instead"));
        }
    }
    for layer in [protocol, &experiment.base].into_iter().chain(sets) {
        registry.check_names(layer)?;
    }
    for axis in &experiment.grid {
        for (_, value) in &axis.levels {
            registry.check_names(&nested(axis, value))?;
        }
    }
    let sets: Vec<&Node> = sets.iter().filter(|set| concerns(set, protocol)).collect();
    let ground = merge(protocol.clone(), experiment.base.clone(), &TAGGED);
    let mut runs: Vec<PlannedRun<T>> = Vec::new();
    for point in points(&experiment.grid) {
        let mut node = ground.clone();
        for (axis, (_, value)) in &point {
            check_tag(&node, axis)?;
            node = merge(node, nested(axis, value), &TAGGED);
        }
        for &set in &sets {
            node = merge(node, set.clone(), &TAGGED);
        }
        let levels: Vec<Level> = point
            .iter()
            .map(|(axis, (label, _))| Level {
                factor: axis.path.clone(),
                label: label.clone(),
            })
            .collect();
        let decode = || {
            // What no layer sets, most experiments set in their base.
            Settings::decode(&node, registry).map_err(|error| error.or_at(&experiment.base.mark))
        };
        for fold in decode()?.folds {
            for &seed in &experiment.seeds {
                let settings = decode()?;
                runs.push(PlannedRun {
                    benchmark: benchmark.to_owned(),
                    levels: levels.clone(),
                    seed,
                    fold,
                    settings,
                });
            }
        }
    }
    same_settings(&runs, experiment)?;
    Ok(runs)
}

/// Whether a `--set` is for a benchmark with this protocol: it does not reach into the settings of
/// another benchmark's plugin.
pub(super) fn concerns(set: &Node, protocol: &Node) -> bool {
    let plugin = |layer: &'_ Node| Some(layer.get("benchmark")?.tag()?.0.to_owned());
    let (set, protocol) = (plugin(set), plugin(protocol));
    set.is_none() || protocol.is_none() || set == protocol
}

/// Whether a `--set` changes the setting at `path`, a part of it, or a plugin around it.
fn overlaps(set: &Node, path: &str) -> bool {
    let mut parts = path.split('.');
    let used = parts.next().filter(|key| TAGGED.contains(key));
    let used = used.and_then(|key| set.get(key)).and_then(Node::tag);
    if let (Some((used, _, _)), Some(name)) = (used, parts.next())
        && used != name
    {
        return true;
    }
    set.get(path).is_some()
        || (1..path.split('.').count()).any(|depth| {
            let head: Vec<&str> = path.split('.').take(depth).collect();
            set.get(&head.join("."))
                .is_some_and(|node| !matches!(node.value, crate::tree::Value::Map(_)))
        })
}

/// All that is written after `--set`.
pub(super) fn whole(mark: &Mark) -> Mark {
    Mark::new(mark.source.clone(), mark.span.start..mark.source.text.len())
}

/// A value of an axis at its path, each key of the path with its own place.
fn nested(axis: &Axis, value: &Node) -> Node {
    let mark = &axis.mark;
    if mark.text() != axis.path {
        // The path is in quotes, and what they escape could shift its letters.
        return Node::nest(&axis.path, mark, value.clone());
    }
    let mut end = mark.span.end;
    axis.path.rsplit('.').fold(value.clone(), |node, key| {
        let start = end - key.len();
        let place = Mark::new(mark.source.clone(), start..end);
        end = start.saturating_sub(1);
        Node::nest(key, &place, node)
    })
}

type Point<'a> = Vec<(&'a Axis, &'a (String, Node))>;

/// All combinations of the axes' values; the last axis varies fastest.
fn points(grid: &[Axis]) -> Vec<Point<'_>> {
    grid.iter().fold(vec![Vec::new()], |points, axis| {
        points
            .into_iter()
            .flat_map(|point| {
                axis.levels.iter().map(move |level| {
                    let mut point = point.clone();
                    point.push((axis, level));
                    point
                })
            })
            .collect()
    })
}

/// A path into a plugin's settings must name the plugin that is in use: otherwise it would switch
/// the plugin behind the user's back.
fn check_tag(node: &Node, axis: &Axis) -> Result<(), Diagnostic> {
    let mut parts = axis.path.split('.');
    let (Some(key), Some(name)) = (parts.next(), parts.next()) else {
        return Ok(());
    };
    if !TAGGED.contains(&key) {
        return Ok(());
    }
    let Some((used, _, _)) = node.get(key).and_then(Node::tag) else {
        return Ok(());
    };
    if used == name {
        return Ok(());
    }
    Err(Diagnostic::new(format!(
        "`{}` names a setting of `{name}`, but `{key}` is `{used}` here",
        axis.path
    ))
    .at(&axis.mark)
    .help(format!(
        "list whole values instead: `{key}: [{used}, {{{name}: {{…}}}}]`"
    )))
}

/// Two points of the grid with equal settings would be one run in two rows of a table.
fn same_settings<T: ?Sized + 'static>(
    runs: &[PlannedRun<T>],
    experiment: &Experiment,
) -> Result<(), Diagnostic> {
    let mut seen: Vec<(serde_json::Value, &[Level])> = Vec::new();
    for run in runs {
        let settings = that_count(&run.settings.to_json());
        match seen.iter().find(|(other, _)| *other == settings) {
            Some((_, levels)) if *levels != run.levels.as_slice() => {
                return Err(same_points(levels, &run.levels, experiment));
            }
            Some(_) => {}
            None => seen.push((settings, &run.levels)),
        }
    }
    Ok(())
}

/// Two points of the grid, in the order of its axes, that are the same setting.
fn same_points(first: &[Level], second: &[Level], experiment: &Experiment) -> Diagnostic {
    let differ: Vec<_> = first.iter().zip(second).filter(|(a, b)| a != b).collect();
    let name = |levels: Vec<&Level>| {
        let labels = levels
            .iter()
            .map(|level| format!("{} = {}", level.factor, level.label));
        labels.collect::<Vec<_>>().join(", ")
    };
    let error = Diagnostic::new(format!(
        "two points of the grid are the same setting: `{}` and `{}`",
        name(differ.iter().map(|(first, _)| *first).collect()),
        name(differ.iter().map(|(_, second)| *second).collect()),
    ))
    .help("a default may make them equal, or one axis may undo another: take one of them out");
    let mark = |level: &Level| {
        let axis = experiment
            .grid
            .iter()
            .find(|axis| axis.path == level.factor)?;
        let (_, node) = axis
            .levels
            .iter()
            .find(|(label, _)| *label == level.label)?;
        Some(&node.mark)
    };
    match differ
        .first()
        .map(|(first, second)| (mark(first), mark(second)))
    {
        Some((Some(first), Some(second))) => error.at(second).related(first, "the same as this"),
        _ => error,
    }
}
