//! Values of the wrong type or out of range.

use insta::assert_snapshot;

use crate::{broken, broken_protocol};

#[test]
fn a_number_of_tokens_out_of_range() {
    assert_snapshot!(broken("[none, {learnable: {tokens: 8}}]", "[none, {learnable: {tokens: 0}}]"), @r#"
    error: expected a whole number from 1 to 32, found 0
     --> experiments/a.yaml:9:40
      |
    9 |   context: [none, {learnable: {tokens: 0}}]
      |                                        ^
    "#);
    assert_snapshot!(broken("[none, {learnable: {tokens: 8}}]", "[none, {learnable: {tokens: 40}}]"), @r#"
    error: expected a whole number from 1 to 32, found 40
     --> experiments/a.yaml:9:40
      |
    9 |   context: [none, {learnable: {tokens: 40}}]
      |                                        ^^
    "#);
}

#[test]
fn a_depth_of_nothing() {
    assert_snapshot!(broken("depth: [1, 2]", "depth: [0, 1]"), @r#"
    error: expected a whole number from 1 to 32, found 0
      --> experiments/a.yaml:10:32
       |
    10 |   temporal.transformer.depth: [0, 1]
       |                                ^
    "#);
}

#[test]
fn a_share_above_one() {
    assert_snapshot!(broken_protocol("flip: 0.5", "flip: 1.5"), @r#"
    error: `flip` (a share of the clips) must lie within 0 and 1, found 1.5
     --> experiments/benchmarks/synthetic.yaml:4:17
      |
    4 | augment: {flip: 1.5}
      |                 ^^^
    "#);
}

#[test]
fn a_range_upside_down() {
    assert_snapshot!(broken_protocol("flip: 0.5", "brightness: [1.5, 0.5]"), @r#"
    error: `brightness` must be [smallest, largest] with 0 < smallest <= largest, found [1.5, 0.5]
     --> experiments/benchmarks/synthetic.yaml:4:23
      |
    4 | augment: {brightness: [1.5, 0.5]}
      |                       ^^^^^^^^^^
    "#);
}

#[test]
fn a_negative_learning_rate() {
    assert_snapshot!(broken_protocol("image: 0.0001", "image: -0.0001"), @r#"
    error: expected a number of at least 0, found -0.0001
     --> experiments/benchmarks/synthetic.yaml:8:42
      |
    8 |   learning_rate: {temporal: 0.01, image: -0.0001}
      |                                          ^^^^^^^
    "#);
}

#[test]
fn a_value_of_the_wrong_type() {
    assert_snapshot!(broken_protocol("epochs: 1", "epochs: many"), @r#"
    error: expected a whole number from 1 to 10000, found text `many`
     --> experiments/benchmarks/synthetic.yaml:6:11
      |
    6 |   epochs: many
      |           ^^^^
    "#);
    assert_snapshot!(broken_protocol("epochs: 1", "epochs: 1.5"), @r#"
    error: expected a whole number from 1 to 10000, found 1.5
     --> experiments/benchmarks/synthetic.yaml:6:11
      |
    6 |   epochs: 1.5
      |           ^^^
    "#);
    assert_snapshot!(broken_protocol("clip: {frames: 2, size: 48}", "clip: 48"), @r#"
    error: expected a map of settings, found 48
     --> experiments/benchmarks/synthetic.yaml:3:7
      |
    3 | clip: 48
      |       ^^
    "#);
    assert_snapshot!(broken("question: What does a mistake look like?", "question: 1"), @r#"
    error: expected text, found 1
     --> experiments/a.yaml:2:11
      |
    2 | question: 1
      |           ^
      |
      = help: put it in quotes
    "#);
}

#[test]
fn a_choice_that_is_none() {
    assert_snapshot!(broken("metric: uar", "metric: ua"), @r#"
    error: unknown name `ua`
      --> experiments/a.yaml:12:52
       |
    12 | compare: {factor: context, baseline: none, metric: ua, rule: last}
       |                                                    ^^
       |
       = help: did you mean `uar`?
    "#);
    assert_snapshot!(broken("rule: last", "rule: best"), @r#"
    error: unknown name `best`
      --> experiments/a.yaml:12:63
       |
    12 | compare: {factor: context, baseline: none, metric: uar, rule: best}
       |                                                               ^^^^
       |
       = help: valid names: `last`, `best_test`, `held_out`
    "#);
    assert_snapshot!(broken("base:", "base:\n  clip: {normalize: imagenet}"), @r#"
    error: unknown name `imagenet`
     --> experiments/a.yaml:5:21
      |
    5 |   clip: {normalize: imagenet}
      |                     ^^^^^^^^
      |
      = help: valid names: `none`, `clip`
    "#);
}

#[test]
fn a_name_that_is_no_file_name() {
    assert_snapshot!(broken("name: good", "name: my experiment"), @r#"
    error: `my experiment` cannot name an experiment: expected 1 to 100 letters, digits, `_` or `-`
     --> experiments/a.yaml:1:7
      |
    1 | name: my experiment
      |       ^^^^^^^^^^^^^
      |
      = help: the name is used in file names and as `exp report NAME`
    "#);
}

#[test]
fn seeds_that_are_none() {
    assert_snapshot!(broken("seeds: [1, 2]", "seeds: []"), @r#"
    error: the list of seeds is empty
      --> experiments/a.yaml:11:8
       |
    11 | seeds: []
       |        ^^
       |
       = help: name at least one
    "#);
    assert_snapshot!(broken("seeds: [1, 2]", "seeds: 5"), @r#"
    error: expected a list of seeds, found 5
      --> experiments/a.yaml:11:8
       |
    11 | seeds: 5
       |        ^
       |
       = help: write it in brackets: `[…, …]`
    "#);
    assert_snapshot!(broken("seeds: [1, 2]", "seeds: [1, -2]"), @r#"
    error: expected a whole number that is not negative, found -2
      --> experiments/a.yaml:11:12
       |
    11 | seeds: [1, -2]
       |            ^^
    "#);
    assert_snapshot!(broken("seeds: [1, 2]", "seeds: [1, 2, 1]"), @r#"
    error: this stands twice in the list of seeds
      --> experiments/a.yaml:11:15
       |
    11 | seeds: [1, 2, 1]
       |         -     ^
       |         |
       |         first here
       |
       = help: remove one of the two
    "#);
    assert_snapshot!(broken("seeds: [1, 2]", "seeds:"), @r#"
    error: expected a list of seeds, found nothing
      --> experiments/a.yaml:11:6
       |
    11 | seeds:
       |      ^
       |
       = help: write it in brackets: `[…, …]`
    "#);
}

#[test]
fn folds_that_are_none() {
    assert_snapshot!(broken("base:", "base:\n  folds: []"), @r#"
    error: no fold is named
     --> experiments/a.yaml:5:10
      |
    5 |   folds: []
      |          ^^
      |
      = help: benchmarks without folds have `folds: [1]`
    "#);
    assert_snapshot!(broken("base:", "base:\n  folds: [1, 2, 1]"), @r#"
    error: fold 1 is named twice
     --> experiments/a.yaml:5:17
      |
    5 |   folds: [1, 2, 1]
      |                 ^
    "#);
}

#[test]
fn a_part_that_is_more_than_half() {
    assert_snapshot!(broken_protocol("epochs: 1", "epochs: 1\n  held_out: 0.6"), @r#"
    error: expected a number from 0 to 0.5, found 0.6
     --> experiments/benchmarks/synthetic.yaml:7:13
      |
    7 |   held_out: 0.6
      |             ^^^
    "#);
    assert_snapshot!(broken_protocol("epochs: 1", "epochs: 1\n  held_out: yes"), @r#"
    error: expected a number from 0 to 0.5, found text `yes`
     --> experiments/benchmarks/synthetic.yaml:7:13
      |
    7 |   held_out: yes
      |             ^^^
    "#);
    assert_snapshot!(broken_protocol("epochs: 1", "epochs: 1\n  heldout: 0.1"), @r#"
    error: unknown key `heldout`
     --> experiments/benchmarks/synthetic.yaml:7:3
      |
    7 |   heldout: 0.1
      |   ^^^^^^^
      |
      = help: did you mean `held_out`?
    "#);
}

#[test]
fn a_rule_that_no_run_has() {
    assert_snapshot!(broken("rule: last", "rule: held_out"), @r#"
    error: the comparison is by the rule `held_out`, but runs on `synthetic` keep nothing out of training
      --> experiments/a.yaml:12:63
       |
    12 | compare: {factor: context, baseline: none, metric: uar, rule: held_out}
       |                                                               ^^^^^^^^
       |
       = help: set `train.held_out` to the share of the training clips that is to choose the epoch, as in `train: {held_out: 0.1}`
    "#);
}
