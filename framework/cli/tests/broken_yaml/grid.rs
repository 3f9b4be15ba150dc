//! Grids that vary nothing, or nothing that there is.

use insta::assert_snapshot;

use crate::{broken, refused};

/// The message after the grid's line of depths has become another.
fn axis(line: &str) -> String {
    broken("temporal.transformer.depth: [1, 2]", line)
}

#[test]
fn an_empty_grid() {
    let grid =
        "grid:\n  context: [none, {learnable: {tokens: 8}}]\n  temporal.transformer.depth: [1, 2]";
    assert_snapshot!(broken(grid, "grid: {}"), @r#"
    error: the grid is empty
     --> experiments/a.yaml:8:7
      |
    8 | grid: {}
      |       ^^
      |
      = help: name what varies, or leave `grid` out to run one setting
    "#);
    assert_snapshot!(broken(grid, "grid:"), @r#"
    error: expected settings with their values, found nothing
     --> experiments/a.yaml:8:5
      |
    8 | grid:
      |     ^
      |
      = help: for example `grid: {temporal.transformer.depth: [1, 2]}`
    "#);
    assert_snapshot!(broken(grid, "grid: [context]"), @r#"
    error: expected settings with their values, found a list
     --> experiments/a.yaml:8:7
      |
    8 | grid: [context]
      |       ^^^^^^^^^
      |
      = help: for example `grid: {temporal.transformer.depth: [1, 2]}`
    "#);
}

#[test]
fn an_axis_without_values() {
    assert_snapshot!(axis("temporal.transformer.depth: []"), @r#"
    error: the list of values is empty
      --> experiments/a.yaml:10:31
       |
    10 |   temporal.transformer.depth: []
       |                               ^^
       |
       = help: name at least one
    "#);
    assert_snapshot!(axis("temporal.transformer.depth: 1"), @r#"
    error: expected a list of values, found 1
      --> experiments/a.yaml:10:31
       |
    10 |   temporal.transformer.depth: 1
       |                               ^
       |
       = help: write it in brackets: `[…, …]`
    "#);
}

#[test]
fn a_path_that_names_nothing() {
    assert_snapshot!(axis("trian.epochs: [1, 2]"), @r#"
    error: unknown key `trian` in the settings of a run
      --> experiments/a.yaml:10:3
       |
    10 |   trian.epochs: [1, 2]
       |   ^^^^^
       |
       = help: did you mean `train`?
    "#);
    assert_snapshot!(axis("train.epoch: [1, 2]"), @r#"
    error: unknown key `epoch`
      --> experiments/a.yaml:10:9
       |
    10 |   train.epoch: [1, 2]
       |         ^^^^^
       |
       = help: did you mean `epochs`?
    "#);
    assert_snapshot!(axis("temporal.transformer.dept: [1, 2]"), @r#"
    error: unknown key `dept`
      --> experiments/a.yaml:10:24
       |
    10 |   temporal.transformer.dept: [1, 2]
       |                        ^^^^
       |
       = help: did you mean `depth`?
    "#);
    assert_snapshot!(axis("train.epochs.first: [1, 2]"), @r#"
    error: expected a whole number from 1 to 10000, found a map
      --> experiments/a.yaml:10:16
       |
    10 |   train.epochs.first: [1, 2]
       |                ^^^^^
    "#);
    assert_snapshot!(axis("temporal.depth: [1, 2]"), @r#"
    error: there is no temporal model `depth`
      --> experiments/a.yaml:10:12
       |
    10 |   temporal.depth: [1, 2]
       |            ^^^^^
       |
       = help: there are: `transformer`, `transformer_mean`, `mean`
    "#);
    assert_snapshot!(axis("seeds: [1, 2]"), @r"
    error: unknown key `seeds` in the settings of a run
      --> experiments/a.yaml:10:3
       |
    10 |   seeds: [1, 2]
       |   ^^^^^
       |
       = help: there are: `benchmark`, `folds`, `backbone`, `activation`, `image_encoder`, `prompt`, `context`, `temporal`, `clip`, `augment`, `train`
    ");
    assert_snapshot!(axis("train..epochs: [1, 2]"), @r#"
    error: `train..epochs` is no path of a setting: expected keys with dots between them
      --> experiments/a.yaml:10:3
       |
    10 |   train..epochs: [1, 2]
       |   ^^^^^^^^^^^^^
       |
       = help: write it as in `temporal.transformer.depth`
    "#);
}

#[test]
fn a_path_into_a_plugin_that_is_not_in_use() {
    assert_snapshot!(axis("temporal.transformer_mean.depth: [1, 2]"), @r#"
    error: `temporal.transformer_mean.depth` names a setting of `transformer_mean`, but `temporal` is `transformer` here
      --> experiments/a.yaml:10:3
       |
    10 |   temporal.transformer_mean.depth: [1, 2]
       |   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
       |
       = help: list whole values instead: `temporal: [transformer, {transformer_mean: {…}}]`
    "#);
    assert_snapshot!(axis("temporal.transfomer.depth: [1, 2]"), @r#"
    error: there is no temporal model `transfomer`
      --> experiments/a.yaml:10:12
       |
    10 |   temporal.transfomer.depth: [1, 2]
       |            ^^^^^^^^^^
       |
       = help: did you mean `transformer`? There are: `transformer`, `transformer_mean`, `mean`
    "#);
    assert_snapshot!(axis("context.learnable.tokens: [4, 8]"), @r#"
    error: `context.learnable.tokens` names a setting of `learnable`, but `context` is `none` here
      --> experiments/a.yaml:10:3
       |
    10 |   context.learnable.tokens: [4, 8]
       |   ^^^^^^^^^^^^^^^^^^^^^^^^
       |
       = help: list whole values instead: `context: [none, {learnable: {…}}]`
    "#);
}

#[test]
fn two_values_that_are_one() {
    assert_snapshot!(axis("temporal.transformer.depth: [1, 2, 1]"), @r#"
    error: this stands twice in the list of values
      --> experiments/a.yaml:10:38
       |
    10 |   temporal.transformer.depth: [1, 2, 1]
       |                                -     ^
       |                                |
       |                                first here
       |
       = help: remove one of the two
    "#);
    assert_snapshot!(axis("temporal.transformer: [{depth: 1}, {depth: 1, heads: 8}]"), @r#"
    error: two points of the grid are the same setting: `temporal.transformer = depth 1` and `temporal.transformer = depth 1, heads 8`
      --> experiments/a.yaml:10:38
       |
    10 |   temporal.transformer: [{depth: 1}, {depth: 1, heads: 8}]
       |                          ----------  ^^^^^^^^^^^^^^^^^^^^
       |                          |
       |                          the same as this
       |
       = help: a default may make them equal, or one axis may undo another: take one of them out
    "#);
    assert_snapshot!(axis("temporal: [mean, {label: none, value: {mean: {}}}]"), @r#"
    error: two points of the grid are the same setting: `temporal = mean` and `temporal = none`
      --> experiments/a.yaml:10:41
       |
    10 |   temporal: [mean, {label: none, value: {mean: {}}}]
       |              ---- the same as this      ^^^^^^^^^^
       |
       = help: a default may make them equal, or one axis may undo another: take one of them out
    "#);
    assert_snapshot!(axis("temporal: [{label: a, value: mean}, {label: a, value: transformer}]"), @r#"
    error: two values have the label `a`
      --> experiments/a.yaml:10:39
       |
    10 |   temporal: [{label: a, value: mean}, {label: a, value: transformer}]
       |                                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
       |
       = help: give each a label of its own: `{label: …, value: …}`
    "#);
}

#[test]
fn a_labelled_value_without_its_value() {
    assert_snapshot!(axis("temporal: [{label: a}, mean]"), @r#"
    error: the key `value` of a labelled value is missing
      --> experiments/a.yaml:10:14
       |
    10 |   temporal: [{label: a}, mean]
       |              ^^^^^^^^^^
    "#);
    assert_snapshot!(axis("temporal: [{label: a, valu: mean}]"), @r#"
    error: unknown key `valu` in a labelled value
      --> experiments/a.yaml:10:25
       |
    10 |   temporal: [{label: a, valu: mean}]
       |                         ^^^^
       |
       = help: did you mean `value`?
    "#);
}

#[test]
fn a_comparison_of_nothing() {
    assert_snapshot!(broken("factor: context", "factor: contxt"), @r#"
    error: the grid does not vary `contxt`
      --> experiments/a.yaml:12:19
       |
    12 | compare: {factor: contxt, baseline: none, metric: uar, rule: last}
       |                   ^^^^^^
       |
       = help: did you mean `context`?
    "#);
    assert_snapshot!(broken("factor: context", "factor: prompt"), @r#"
    error: the grid does not vary `prompt`
      --> experiments/a.yaml:12:19
       |
    12 | compare: {factor: prompt, baseline: none, metric: uar, rule: last}
       |                   ^^^^^^
       |
       = help: the grid varies: `context`, `temporal.transformer.depth`
    "#);
    assert_snapshot!(broken("baseline: none", "baseline: learnable"), @r#"
    error: `context` has no value labelled `learnable`
      --> experiments/a.yaml:12:38
       |
    12 | compare: {factor: context, baseline: learnable, metric: uar, rule: last}
       |                                      ^^^^^^^^^
       |
       = help: its values are: `none`, `learnable (tokens 8)`
    "#);
}

#[test]
fn a_flag_that_overrides_what_varies() {
    assert_snapshot!(refused(&["--set", "temporal.transformer.depth=3"]), @r#"
    error: this overrides `temporal.transformer.depth`, which the grid varies
     |
     | --set temporal.transformer.depth=3
     |       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^
     |
     = help: change the grid in the experiment's file instead
    "#);
    assert_snapshot!(refused(&["--set", "temporal=mean"]), @r#"
    error: this overrides `temporal.transformer.depth`, which the grid varies
     |
     | --set temporal=mean
     |       ^^^^^^^^^^^^^
     |
     = help: change the grid in the experiment's file instead
    "#);
}
