//! The experiment file.

use serde::{Deserialize, Serialize};

use super::fields::Fields;
use crate::metrics::{Metric, Rule};
use crate::tree::{Diagnostic, Entry, Mark, Node, Value, decode, suggest};

const KEYS: [&str; 7] = [
    "name",
    "question",
    "benchmarks",
    "base",
    "grid",
    "seeds",
    "compare",
];

/// An experiment as its file says it.
#[derive(Debug, Clone)]
pub struct Experiment {
    /// Its name in the store: letters, digits, `_` and `-`.
    pub name: String,
    /// What it asks, for the report.
    pub question: String,
    /// The benchmarks it is measured on, each with its mark.
    pub benchmarks: Vec<(String, Mark)>,
    /// Settings that all its runs share.
    pub base: Node,
    /// What varies. Without an axis there is one setting.
    pub grid: Vec<Axis>,
    /// The seeds, each a run of its own.
    pub seeds: Vec<u64>,
    /// The one comparison that the question is about.
    pub compare: Option<Compare>,
}

/// One thing that varies.
#[derive(Debug, Clone)]
pub struct Axis {
    /// The dotted path of the setting.
    pub path: String,
    /// Where the path stands.
    pub mark: Mark,
    /// Its values with their labels, in order.
    pub levels: Vec<(String, Node)>,
}

/// The comparison that the experiment's question is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Compare {
    /// The path of the axis.
    pub factor: String,
    /// The label of the level that the others are compared with.
    pub baseline: String,
    /// The figure.
    pub metric: Metric,
    /// The selection rule.
    pub rule: Rule,
}

impl Experiment {
    /// Reads an experiment from its parsed file.
    pub fn from_node(node: &Node) -> Result<Self, Diagnostic> {
        let fields = Fields::of(node, "an experiment", &KEYS)?;
        let grid = match fields.entry("grid") {
            Some(entry) => axes(&entry.node)?,
            None => Vec::new(),
        };
        let compare = match fields.entry("compare") {
            Some(entry) => Some(comparison(&entry.node, &grid)?),
            None => None,
        };
        let base = fields.entry("base").map(|entry| entry.node.clone());
        Ok(Self {
            name: name(fields.required("name")?)?,
            question: decode(fields.required("question")?)?,
            benchmarks: benchmarks(fields.required("benchmarks")?)?,
            base: base.unwrap_or_else(|| Node {
                value: Value::Map(Vec::new()),
                mark: node.mark.clone(),
            }),
            grid,
            seeds: seeds(fields.required("seeds")?)?,
            compare,
        })
    }
}

fn name(node: &Node) -> Result<String, Diagnostic> {
    let name: String = decode(node)?;
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if name.is_empty() || name.len() > 100 || !name.chars().all(fits) {
        return Err(Diagnostic::new(format!(
            "`{name}` cannot name an experiment: expected 1 to 100 letters, digits, `_` or `-`"
        ))
        .at(&node.mark)
        .help("the name is used in file names and as `exp report NAME`"));
    }
    Ok(name)
}

/// The items of a list that must have at least one, none of them twice.
fn items<'a>(node: &'a Node, what: &str) -> Result<&'a [Node], Diagnostic> {
    let Value::List(items) = &node.value else {
        let found = node.in_words();
        return Err(
            Diagnostic::new(format!("expected a list of {what}, found {found}"))
                .at(&node.mark)
                .help("write it in brackets: `[…, …]`"),
        );
    };
    if items.is_empty() {
        return Err(Diagnostic::new(format!("the list of {what} is empty"))
            .at(&node.mark)
            .help("name at least one"));
    }
    for (index, item) in items.iter().enumerate() {
        let same = |before: &&Node| before.to_json() == item.to_json();
        if let Some(first) = items[..index].iter().find(same) {
            return Err(
                Diagnostic::new(format!("this stands twice in the list of {what}"))
                    .at(&item.mark)
                    .related(&first.mark, "first here")
                    .help("remove one of the two"),
            );
        }
    }
    Ok(items)
}

fn benchmarks(node: &Node) -> Result<Vec<(String, Mark)>, Diagnostic> {
    items(node, "benchmarks")?
        .iter()
        .map(|item| Ok((decode(item)?, item.mark.clone())))
        .collect()
}

fn seeds(node: &Node) -> Result<Vec<u64>, Diagnostic> {
    items(node, "seeds")?.iter().map(decode).collect()
}

fn axes(node: &Node) -> Result<Vec<Axis>, Diagnostic> {
    let Value::Map(entries) = &node.value else {
        return Err(Diagnostic::new(format!(
            "expected settings with their values, found {}",
            node.in_words()
        ))
        .at(&node.mark)
        .help("for example `grid: {temporal.transformer.depth: [1, 2]}`"));
    };
    if entries.is_empty() {
        return Err(Diagnostic::new("the grid is empty")
            .at(&node.mark)
            .help("name what varies, or leave `grid` out to run one setting"));
    }
    entries.iter().map(axis).collect()
}

fn axis(entry: &Entry) -> Result<Axis, Diagnostic> {
    let bad = |key: &str| key.is_empty() || key.contains(char::is_whitespace);
    if entry.key.split('.').any(bad) {
        return Err(Diagnostic::new(format!(
            "`{}` is no path of a setting: expected keys with dots between them",
            entry.key
        ))
        .at(&entry.key_mark)
        .help("write it as in `temporal.transformer.depth`"));
    }
    let mut levels: Vec<(String, Node)> = Vec::new();
    for item in items(&entry.node, "values")? {
        let (label, value) = level(item)?;
        if levels.iter().any(|(other, _)| *other == label) {
            return Err(
                Diagnostic::new(format!("two values have the label `{label}`"))
                    .at(&item.mark)
                    .help("give each a label of its own: `{label: …, value: …}`"),
            );
        }
        levels.push((label, value));
    }
    Ok(Axis {
        path: entry.key.clone(),
        mark: entry.key_mark.clone(),
        levels,
    })
}

/// A value of an axis, bare or as `{label: …, value: …}`.
fn level(node: &Node) -> Result<(String, Node), Diagnostic> {
    if let (Value::Map(_), Some(label)) = (&node.value, node.get("label")) {
        let fields = Fields::of(node, "a labelled value", &["label", "value"])?;
        return Ok((decode(label)?, fields.required("value")?.clone()));
    }
    Ok((label(node), node.clone()))
}

/// A short text for a value: `none`, `2`, `learnable (tokens 8)`.
fn label(node: &Node) -> String {
    match &node.value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Int(value) => value.to_string(),
        Value::Float(value) => value.to_string(),
        Value::Text(value) => value.clone(),
        Value::List(items) => items.iter().map(label).collect::<Vec<_>>().join(" "),
        Value::Map(entries) => {
            let parts = entries.iter().map(|entry| match &entry.node.value {
                Value::Map(inner) if inner.is_empty() => entry.key.clone(),
                Value::Map(_) => format!("{} ({})", entry.key, label(&entry.node)),
                _ => format!("{} {}", entry.key, label(&entry.node)),
            });
            parts.collect::<Vec<_>>().join(", ")
        }
    }
}

fn comparison(node: &Node, grid: &[Axis]) -> Result<Compare, Diagnostic> {
    let compare: Compare = decode(node)?;
    let mark = |key| node.get(key).map_or(&node.mark, |node: &Node| &node.mark);
    let Some(axis) = grid.iter().find(|axis| axis.path == compare.factor) else {
        let paths = grid.iter().map(|axis| axis.path.as_str());
        return Err(Diagnostic {
            help: suggest(&compare.factor, "the grid varies", paths),
            ..Diagnostic::new(format!("the grid does not vary `{}`", compare.factor))
                .at(mark("factor"))
        });
    };
    if !axis
        .levels
        .iter()
        .any(|(label, _)| *label == compare.baseline)
    {
        let labels: Vec<_> = axis
            .levels
            .iter()
            .map(|(label, _)| format!("`{label}`"))
            .collect();
        return Err(Diagnostic::new(format!(
            "`{}` has no value labelled `{}`",
            compare.factor, compare.baseline
        ))
        .at(mark("baseline"))
        .help(format!("its values are: {}", labels.join(", "))));
    }
    Ok(compare)
}
