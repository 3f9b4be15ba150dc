//! Plugins that do not exist, and settings that a plugin does not have.

use insta::assert_snapshot;

use crate::{broken, broken_protocol};

#[test]
fn a_misspelt_prompt_source() {
    assert_snapshot!(broken("{descriptions:", "{description:"), @r"
    error: there is no prompt source `description`
     --> experiments/a.yaml:5:12
      |
    5 |   prompt: {description: {set: observed-7}}
      |            ^^^^^^^^^^^
      |
      = help: did you mean `descriptions`? There are: `class_names`, `template`, `descriptions`, `ensemble`, `embedded`
    ");
}

#[test]
fn a_misspelt_context() {
    assert_snapshot!(broken("  context: {learnable:", "  context: {learnabel:"), @r#"
    error: there is no context `learnabel`
     --> experiments/a.yaml:6:13
      |
    6 |   context: {learnabel: {tokens: 8}}
      |             ^^^^^^^^^
      |
      = help: did you mean `learnable`? There are: `none`, `learnable`
    "#);
    assert_snapshot!(broken("{learnable: {tokens: 8}}]", "{learned: {tokens: 8}}]"), @r#"
    error: there is no context `learned`
     --> experiments/a.yaml:9:20
      |
    9 |   context: [none, {learned: {tokens: 8}}]
      |                    ^^^^^^^
      |
      = help: there are: `none`, `learnable`
    "#);
}

#[test]
fn a_misspelt_temporal_model() {
    assert_snapshot!(broken("{transformer:", "{transfomer:"), @r#"
    error: there is no temporal model `transfomer`
     --> experiments/a.yaml:7:14
      |
    7 |   temporal: {transfomer: {depth: 1}}
      |              ^^^^^^^^^^
      |
      = help: did you mean `transformer`? There are: `transformer`, `transformer_mean`, `mean`
    "#);
}

#[test]
fn a_temporal_model_like_no_other() {
    assert_snapshot!(broken("temporal: {transformer: {depth: 1}}", "temporal: lstm"), @r#"
    error: there is no temporal model `lstm`
     --> experiments/a.yaml:7:13
      |
    7 |   temporal: lstm
      |             ^^^^
      |
      = help: there are: `transformer`, `transformer_mean`, `mean`
    "#);
}

#[test]
fn a_misspelt_kind_of_benchmark() {
    assert_snapshot!(broken_protocol("{synthetic:", "{syntetic:"), @r#"
    error: there is no benchmark `syntetic`
     --> experiments/benchmarks/synthetic.yaml:1:13
      |
    1 | benchmark: {syntetic: {train: 70, test: 70}}
      |             ^^^^^^^^
      |
      = help: did you mean `synthetic`? There are: `synthetic`, `dfew`, `ferv39k`, `mafw`, `frame_list`
    "#);
}

#[test]
fn an_unknown_setting_of_a_plugin() {
    assert_snapshot!(broken("{depth: 1}", "{deep: 1}"), @r#"
    error: unknown key `deep`
     --> experiments/a.yaml:7:28
      |
    7 |   temporal: {transformer: {deep: 1}}
      |                            ^^^^
      |
      = help: valid keys: `depth`, `heads`, `head_width`, `mlp_width`
    "#);
    assert_snapshot!(broken("{descriptions: {set: observed-7}}", "{class_names: {case: upper}}"), @r#"
    error: unknown key `case`
     --> experiments/a.yaml:5:26
      |
    5 |   prompt: {class_names: {case: upper}}
      |                          ^^^^
      |
      = help: nothing can be set here
    "#);
}

#[test]
fn a_plugin_without_a_setting_that_it_needs() {
    assert_snapshot!(broken("{descriptions: {set: observed-7}}", "descriptions"), @r#"
    error: the key `set` is missing
     --> experiments/a.yaml:5:11
      |
    5 |   prompt: descriptions
      |           ^^^^^^^^^^^^
      |
      = help: write `descriptions: {…}`
    "#);
}

#[test]
fn two_plugins_in_one_place() {
    assert_snapshot!(broken("{transformer: {depth: 1}}", "{transformer: {depth: 1}, mean: {}}"), @r#"
    error: expected one temporal model: a name, or a name with its settings as in `{name: {…}}`
     --> experiments/a.yaml:7:13
      |
    7 |   temporal: {transformer: {depth: 1}, mean: {}}
      |             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: there are: `transformer`, `transformer_mean`, `mean`
    "#);
}

#[test]
fn settings_that_are_no_map() {
    assert_snapshot!(broken("{descriptions: {set: observed-7}}", "{descriptions: observed-7}"), @r#"
    error: expected a map of settings, found text `observed-7`
     --> experiments/a.yaml:5:26
      |
    5 |   prompt: {descriptions: observed-7}
      |                          ^^^^^^^^^^
    "#);
    assert_snapshot!(broken("{descriptions: {set: observed-7}}", "[descriptions]"), @r"
    error: expected one prompt source: a name, or a name with its settings as in `{name: {…}}`
     --> experiments/a.yaml:5:11
      |
    5 |   prompt: [descriptions]
      |           ^^^^^^^^^^^^^^
      |
      = help: there are: `class_names`, `template`, `descriptions`, `ensemble`, `embedded`
    ");
}
