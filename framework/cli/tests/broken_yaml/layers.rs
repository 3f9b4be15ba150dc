//! The same mistake in each of the four layers of settings: the message points at the layer that
//! it came from, however the layers are merged.

use insta::assert_snapshot;

use crate::{broken, broken_protocol, refused};

#[test]
fn in_the_protocol_file() {
    assert_snapshot!(broken_protocol("batch: 16", "batch: 0"), @r#"
    error: expected a whole number from 1 to 65536, found 0
     --> experiments/benchmarks/synthetic.yaml:7:10
      |
    7 |   batch: 0
      |          ^
    "#);
}

#[test]
fn in_the_base() {
    assert_snapshot!(broken("base:", "base:\n  train: {batch: 0}"), @r#"
    error: expected a whole number from 1 to 65536, found 0
     --> experiments/a.yaml:5:18
      |
    5 |   train: {batch: 0}
      |                  ^
    "#);
}

#[test]
fn in_the_grid() {
    assert_snapshot!(broken("temporal.transformer.depth: [1, 2]", "train.batch: [16, 0]"), @r#"
    error: expected a whole number from 1 to 65536, found 0
      --> experiments/a.yaml:10:21
       |
    10 |   train.batch: [16, 0]
       |                     ^
    "#);
    assert_snapshot!(broken("temporal.transformer.depth: [1, 2]", "train: [{batch: 16}, {batch: 0}]"), @r#"
    error: expected a whole number from 1 to 65536, found 0
      --> experiments/a.yaml:10:32
       |
    10 |   train: [{batch: 16}, {batch: 0}]
       |                                ^
    "#);
}

#[test]
fn in_a_flag() {
    assert_snapshot!(refused(&["--set", "train.batch=0"]), @r#"
    error: expected a whole number from 1 to 65536, found 0
     |
     | --set train.batch=0
     |                   ^
    "#);
    assert_snapshot!(refused(&["--set", "train.batch=16", "--set", "train.bach=8"]), @r#"
    error: unknown key `bach`
     |
     | --set train.bach=8
     |             ^^^^
     |
     = help: did you mean `batch`?
    "#);
    assert_snapshot!(refused(&["--set", "batch=0"]), @r"
    error: unknown key `batch` in the settings of a run
     |
     | --set batch=0
     |       ^^^^^
     |
     = help: there are: `benchmark`, `folds`, `backbone`, `activation`, `image_encoder`, `prompt`, `context`, `temporal`, `clip`, `augment`, `train`
    ");
    assert_snapshot!(refused(&["--set", "prompt=class_name"]), @r#"
    error: there is no prompt source `class_name`
     |
     | --set prompt=class_name
     |              ^^^^^^^^^^
     |
     = help: did you mean `class_names`? There are: `class_names`, `template`, `descriptions`, `ensemble`, `embedded`
    "#);
}

#[test]
fn in_a_flag_that_is_no_setting() {
    assert_snapshot!(refused(&["--set", "train.batch"]), @r#"
    error: expected PATH=VALUE, found no `=`
     |
     | --set train.batch
     |       ^^^^^^^^^^^
     |
     = help: write it as in `--set train.epochs=3`
    "#);
    assert_snapshot!(refused(&["--set", "train.batch="]), @r#"
    error: expected a value after `=`, found nothing
     |
     | --set train.batch=
     |       ^^^^^^^^^^^^
     |
     = help: write `train.batch=null` to unset it
    "#);
    assert_snapshot!(refused(&["--set", "train.batch=[1"]), @r#"
    error: this is not valid YAML: unclosed bracket '['
     |
     | --set train.batch=[1
     |                   ^
    "#);
}
