//! Keys that are unknown, missing or there twice, and files that cannot be read.

use insta::assert_snapshot;

use crate::{EXPERIMENT, Project, broken, broken_protocol, refused};

#[test]
fn an_unknown_key_at_the_top() {
    assert_snapshot!(broken("seeds: [1, 2]", "seed: [1, 2]"), @r#"
    error: unknown key `seed` in an experiment
      --> experiments/a.yaml:11:1
       |
    11 | seed: [1, 2]
       | ^^^^
       |
       = help: did you mean `seeds`?
    "#);
}

#[test]
fn an_unknown_key_that_is_near_no_other() {
    assert_snapshot!(broken("seeds: [1, 2]", "seeds: [1, 2]\nauthor: me"), @r#"
    error: unknown key `author` in an experiment
      --> experiments/a.yaml:12:1
       |
    12 | author: me
       | ^^^^^^
       |
       = help: there are: `name`, `question`, `benchmarks`, `base`, `grid`, `seeds`, `compare`
    "#);
}

#[test]
fn an_unknown_key_of_the_base() {
    assert_snapshot!(broken("  prompt:", "  promt:"), @r#"
    error: unknown key `promt` in the settings of a run
     --> experiments/a.yaml:5:3
      |
    5 |   promt: {descriptions: {set: observed-7}}
      |   ^^^^^
      |
      = help: did you mean `prompt`?
    "#);
}

#[test]
fn an_unknown_key_within_a_setting() {
    assert_snapshot!(broken("base:", "base:\n  train: {epoch: 3}"), @r#"
    error: unknown key `epoch`
     --> experiments/a.yaml:5:11
      |
    5 |   train: {epoch: 3}
      |           ^^^^^
      |
      = help: did you mean `epochs`?
    "#);
}

#[test]
fn an_unknown_key_of_the_comparison() {
    assert_snapshot!(broken("rule: last", "rules: last"), @r#"
    error: unknown key `rules`
      --> experiments/a.yaml:12:57
       |
    12 | compare: {factor: context, baseline: none, metric: uar, rules: last}
       |                                                         ^^^^^
       |
       = help: did you mean `rule`?
    "#);
}

#[test]
fn a_key_that_stands_twice() {
    assert_snapshot!(broken("seeds: [1, 2]", "seeds: [1, 2]\nname: again"), @r#"
    error: the key `name` is set twice
      --> experiments/a.yaml:12:1
       |
     1 | name: good
       | ---- first set here
    ...
    12 | name: again
       | ^^^^
       |
       = help: remove one of the two
    "#);
}

#[test]
fn a_missing_key() {
    assert_snapshot!(broken("question: What does a mistake look like?\n", ""), @r#"
    error: the key `question` of an experiment is missing
     --> experiments/a.yaml:1:1
      |
    1 | name: good
      | ^^^^^^^^^^
    "#);
}

#[test]
fn a_setting_that_no_layer_has() {
    assert_snapshot!(broken("  prompt: {descriptions: {set: observed-7}}\n", ""), @r#"
    error: nothing sets `prompt`
     --> experiments/a.yaml:5:3
      |
    5 |   context: {learnable: {tokens: 8}}
      |   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: set it in the experiment's `base`, or in the benchmark's protocol file
    "#);
    assert_snapshot!(broken_protocol("backbone: small\n", ""), @r#"
    error: nothing sets `backbone`
     --> experiments/a.yaml:5:3
      |
    5 |   prompt: {descriptions: {set: observed-7}}
      |   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: set it in the experiment's `base`, or in the benchmark's protocol file
    "#);
}

#[test]
fn a_file_that_is_no_yaml() {
    assert_snapshot!(broken("benchmarks: [synthetic]", "benchmarks: [synthetic"), @r#"
    error: this is not valid YAML: illegal placement of ':' indicator
     --> experiments/a.yaml:4:5
      |
    4 | base:
      |     ^
    "#);
    assert_snapshot!(broken("  prompt:", "\tprompt:"), @r#"
    error: this is not valid YAML: tabs disallowed within this context (block indentation)
     --> experiments/a.yaml:5:2
      |
    5 |     prompt: {descriptions: {set: observed-7}}
      |     ^
    "#);
}

#[test]
fn a_file_that_is_no_map() {
    let project = Project::new();
    std::fs::write(project.top.path().join(EXPERIMENT), "- name\n").unwrap();
    assert_snapshot!(project.refused(&[EXPERIMENT]), @r#"
    error: expected the keys of an experiment, found a list
     --> experiments/a.yaml:1:1
      |
    1 | - name
      | ^^^^^^
      |
      = help: there are: `name`, `question`, `benchmarks`, `base`, `grid`, `seeds`, `compare`
    "#);
}

#[test]
fn a_file_that_is_not_there() {
    assert_snapshot!(Project::new().refused(&["experiments/ab.yaml"]), @r#"
    error: cannot read experiments/ab.yaml: No such file or directory (os error 2)
     |
     = help: did you mean `experiments/a.yaml`?
    "#);
    assert_snapshot!(Project::new().refused(&["experiments"]), @r#"
    error: cannot read experiments: Is a directory (os error 21)
    "#);
}

#[test]
fn a_file_outside_a_project() {
    let project = Project::new();
    std::fs::remove_dir_all(project.top.path().join("experiments/benchmarks")).unwrap();
    assert_snapshot!(project.refused(&[EXPERIMENT]), @r#"
    error: TOP/experiments/a.yaml lies in no project: none of the folders above it has `experiments/benchmarks`; run exp inside the project
    "#);
}

#[test]
fn an_unknown_benchmark() {
    assert_snapshot!(broken("[synthetic]", "[synthetik]"), @r#"
    error: there is no benchmark `synthetik`: experiments/benchmarks/synthetik.yaml does not exist
     --> experiments/a.yaml:3:14
      |
    3 | benchmarks: [synthetik]
      |              ^^^^^^^^^
      |
      = help: did you mean `synthetic`?
    "#);
    assert_snapshot!(broken("[synthetic]", "[dfew]"), @r#"
    error: there is no benchmark `dfew`: experiments/benchmarks/dfew.yaml does not exist
     --> experiments/a.yaml:3:14
      |
    3 | benchmarks: [dfew]
      |              ^^^^
      |
      = help: there are: synthetic
    "#);
    assert_snapshot!(refused(&["--on", "synthetic,synthetic"]), @r#"
    error: `--on` names `synthetic` twice: name it once
    "#);
    assert_snapshot!(refused(&["--on", "synthetic,synthtic"]), @r#"
    error: there is no benchmark `synthtic`: experiments/benchmarks/synthtic.yaml does not exist
     |
     = help: did you mean `synthetic`?
    "#);
}
